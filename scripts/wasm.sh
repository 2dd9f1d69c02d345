#!/usr/bin/env bash
# Builds the client with the pure Rust backend for WebAssembly, and runs a group of two in Node.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/target.sh

target=wasm32-unknown-unknown
build_for "$target" std,panic_abort --config profile.dev.opt-level=1 --config profile.dev.debug=false \
    -p interop-wasm
program=$other_dir/$target/debug/interop_wasm.wasm
echo "$(($(wc -c <"$program") / 1024)) KiB of WebAssembly"
node interop/wasm/run.mjs "$program"
