//! The MLS cipher suites on RustCrypto: pure Rust, no_std.
