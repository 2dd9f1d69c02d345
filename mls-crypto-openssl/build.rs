//! Says which version of OpenSSL is linked, as `openssl-sys` found it.

use std::env;

/// The first version that has deterministic ECDSA (RFC 6979).
const DETERMINISTIC_ECDSA: u64 = 0x3020_0000;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(deterministic_ecdsa)");
    let version = env::var("DEP_OPENSSL_VERSION_NUMBER").ok();
    let version = version.and_then(|version| u64::from_str_radix(&version, 16).ok());
    if version.is_some_and(|version| version >= DETERMINISTIC_ECDSA) {
        println!("cargo:rustc-cfg=deterministic_ecdsa");
    }
}
