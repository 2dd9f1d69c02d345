#!/usr/bin/env bash
# Starts our gRPC server on each backend, on ports that are free, and runs all scenarios against them: those of the
# working group where ../shared/interop-configs (or INTEROP_CONFIGS) has them, else our own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo=${CARGO:-cargo}
assignments=${ASSIGNMENTS:-4}
suites=${SUITES:-1,2,3,4,5,6,7}
# deep_random alone has 841 actors and thousands of calls: by default one assignment in each suite and mode. A suite takes
# one minute on two cores with X25519, and several with the larger curves.
deep_suites=${DEEP_SUITES:-$suites}
deep_assignments=${DEEP_ASSIGNMENTS:-1}

# What it is given says what to build it with: the Makefile builds all programs alike.
[ "$#" != 0 ] || set -- --locked -p interop-grpc
"$cargo" build "$@" --bin mls-interop-client --bin mls-interop-runner
bin=${CARGO_TARGET_DIR:-target}/debug

configs=${INTEROP_CONFIGS:-../shared/interop-configs}
if ! [ -d "$configs" ]; then
    echo "no $configs: our own scenarios only"
    configs=interop/grpc/scenarios
fi

logs=$(mktemp -d)
pids=()
stop() {
    [ "${#pids[@]}" = 0 ] || kill "${pids[@]}" 2>/dev/null || true
    rm -rf "$logs"
}
trap stop EXIT

clients=()
for backend in rustcrypto openssl awslc; do
    : >"$logs/$backend"
    "$bin/mls-interop-client" --port 0 --backend "$backend" >"$logs/$backend" &
    pids+=($!)
    for _ in $(seq 100); do
        address=$(sed -n 's/.* listens at //p' "$logs/$backend")
        [ -z "$address" ] || break
        sleep 0.1
    done
    [ -n "$address" ] || { echo "the server on $backend does not start"; exit 1; }
    clients+=(--client "$address")
done

scenarios=() deep=()
for file in "$configs"/*.json; do
    case $file in
        */deep_random.json) deep+=(--config "$file") ;;
        *) scenarios+=(--config "$file") ;;
    esac
done
failed=0
"$bin/mls-interop-runner" "${clients[@]}" "${scenarios[@]}" --suites "$suites" --max-assignments "$assignments" || failed=1
if [ "${#deep[@]}" != 0 ] && [ "$deep_suites" != none ]; then
    printf '\ndeep_random, bounded to suites %s and %s assignments (DEEP_SUITES, DEEP_ASSIGNMENTS)\n' \
        "$deep_suites" "$deep_assignments"
    "$bin/mls-interop-runner" "${clients[@]}" "${deep[@]}" --suites "$deep_suites" \
        --max-assignments "$deep_assignments" || failed=1
elif [ "${#deep[@]}" != 0 ]; then
    printf '\ndeep_random is left out (DEEP_SUITES)\n'
fi
exit "$failed"
