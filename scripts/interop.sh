#!/usr/bin/env bash
# Groups of ours and other implementations: all scenarios, then random histories. The workspace in interop/peers has its
# own Cargo.lock; what it builds is kept apart under the target directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=$PWD/${CARGO_TARGET_DIR:-target}/peers
case ${CARGO_TARGET_DIR:-} in /*) target=$CARGO_TARGET_DIR/peers ;; esac
cd interop/peers
"${CARGO:-cargo}" build --locked --target-dir "$target"
exec "$target/debug/interop-peers" "$@"
