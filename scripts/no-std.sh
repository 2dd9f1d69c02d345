#!/usr/bin/env bash
# Builds what needs no std for a target that has none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/target.sh

# Nothing of it is run: it need not be fast.
build_for thumbv7em-none-eabi core,alloc --no-default-features \
    --config profile.dev.opt-level=0 --config profile.dev.debug=false \
    -p mls-codec -p mls-crypto-traits -p mls-crypto-rustcrypto -p mls-core -p mls-identity-x509 \
    --features mls-crypto-rustcrypto/curve448
echo "built without std"
