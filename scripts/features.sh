#!/usr/bin/env bash
# Checks each library without default features, and those that do without std for a target that has none
# (rustup target add thumbv7em-none-eabi; skipped, with a line, where it is not installed).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo=${CARGO:-cargo}
bare=thumbv7em-none-eabi
no_std=(mls-codec mls-crypto-traits mls-crypto-rustcrypto mls-core mls-identity-x509)

for crate in "${no_std[@]}" mls-client; do
    "$cargo" clippy --locked -p "$crate" --lib --no-default-features -- -D warnings
done

if [ -d "$(rustc --print sysroot)/lib/rustlib/$bare" ]; then
    "$cargo" check --locked --target "$bare" --no-default-features "${no_std[@]/#/--package=}" \
        --features mls-crypto-rustcrypto/curve448
else
    echo "features: target $bare is not installed: not checked without std"
fi
