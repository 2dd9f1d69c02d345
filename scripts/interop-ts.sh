#!/usr/bin/env bash
# Groups of ours, ts-mls, mls-rs and OpenMLS. Needs Node; its packages go under the target directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=$PWD/${CARGO_TARGET_DIR:-target}/peers
case ${CARGO_TARGET_DIR:-} in /*) target=$CARGO_TARGET_DIR/peers ;; esac
mkdir -p "$target/ts"
cp interop/peers/ts/{.npmrc,package.json,package-lock.json,client.mjs} "$target/ts"
npm ci --prefix "$target/ts" --no-audit --no-fund
exec scripts/interop.sh --ts "$target/ts/client.mjs" "$@"
