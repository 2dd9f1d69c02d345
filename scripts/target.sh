# Sourced: `build_for TARGET LIBRARIES ARGUMENTS..` runs `cargo build` for a target beside the host's.
#
# Where rustup has the target, that is all. Elsewhere Debian's compiler builds the target's libraries from their source
# (apt-get install rustc-web rust-web-src lld-22), with the same cargo; where that is not there either, it fails.
# Everything goes to a target directory of its own, since the two compilers would throw away each other's work.

cargo=${CARGO:-cargo}
debian=/usr/bin/rustc
other_dir=${CARGO_TARGET_DIR:-target}/other

build_for() {
    local target=$1 libraries=$2
    shift 2
    if [ -d "$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/$target/lib" ]; then
        CARGO_TARGET_DIR=$other_dir "$cargo" build --locked --target "$target" "$@"
    elif [ -d "$("$debian" --print sysroot 2>/dev/null)/lib/rustlib/src" ]; then
        CARGO_TARGET_DIR=$other_dir RUSTC=$debian RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22 \
            "$cargo" build --locked --target "$target" "-Zbuild-std=$libraries" "$@"
    else
        echo "the target $target is not installed: rustup target add $target" >&2
        return 1
    fi
}
