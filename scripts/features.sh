#!/usr/bin/env bash
# Checks each library without default features. Those that do without std are built for a target that has none by
# `make no-std`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo=${CARGO:-cargo}

for crate in mls-codec mls-crypto-traits mls-crypto-rustcrypto mls-core mls-identity-x509 mls-client; do
    "$cargo" clippy --locked -p "$crate" --lib --no-default-features -- -D warnings
done
