//! The target that the environment names in `FUZZ`, run by libFuzzer.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FUZZ").unwrap_or_default();
    let target = interop_fuzz::target(&name).unwrap_or_else(|| panic!("FUZZ={name} names no target"));
    target.run
});

fuzz_target!(|data: &[u8]| RUN(data));
