#!/usr/bin/env bash
# Packs every published crate, builds each from its package, and fails on any warning. The workspace is packed as a
# whole: the crates depend on each other's versions, which no registry has before the release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A folder of its own: cargo keeps what it unpacked from the packages by folder and version, and would take the crates
# of an earlier run for these.
mkdir -p target
dir=$(mktemp -d "$PWD/target/package-XXXXXX")
log=$dir/log
trap 'rm -rf "$dir"' EXIT

# Built to see that it builds, and never run.
export CARGO_PROFILE_DEV_DEBUG=false
"${CARGO:-cargo}" package --locked --workspace --exclude interop --exclude interop-fuzz --exclude interop-grpc --exclude interop-speed --exclude interop-wasm --target-dir "$dir" "$@" 2>&1 | tee "$log"
if grep -q '^warning' "$log"; then
    echo "package: warnings, see above" >&2
    exit 1
fi
