#!/usr/bin/env bash
# Packs every published crate, builds each from its package, and fails on any warning. The workspace is packed as a
# whole: the crates depend on each other's versions, which no registry has before the release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

"${CARGO:-cargo}" package --locked --workspace --all-features "$@" 2>&1 | tee "$log"
if grep -q '^warning' "$log"; then
    echo "package: warnings, see above" >&2
    exit 1
fi
