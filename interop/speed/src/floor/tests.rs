use std::sync::Arc;

use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::CipherSuite;

use super::{Floor, Price, Prices, Primitive, Row};

/// How often an operation needs a primitive: what it costs, in microseconds, where that costs one and nothing else
/// anything. `more` keys are sealed to beyond one for each level.
fn times(primitive: Primitive, operation: &str, members: u32, more: u32) -> f64 {
    let mut prices = Prices::default();
    *prices.of(primitive) = Price { call: 1e3, byte: 0.0 };
    prices.floor(operation, members, 0.0, f64::from(more)).unwrap().round()
}

#[track_caller]
fn assert_times(operation: &str, members: u32, more: u32, expected: [u32; 5]) {
    let primitives = [Primitive::Derive, Primitive::Sign, Primitive::Verify, Primitive::Seal, Primitive::Open];
    let found = primitives.map(|primitive| format!("{}", times(primitive, operation, members, more)));
    assert_eq!(
        found,
        expected.map(|times| times.to_string()),
        "{operation}: key pairs, signatures, verifications, HPKE"
    );
}

#[test]
fn public_key_operations_are_those_that_the_rfc_demands() {
    assert_times("key package", 100, 0, [2, 2, 0, 0, 0]);
    assert_times("create", 100, 0, [1, 1, 0, 0, 0]);
    // A key package and its leaf are signed each by itself (RFC 9420 section 10.1).
    assert_times("bulk add, tree outside", 100, 0, [0, 2, 198, 99, 0]);
    // Each leaf, and the GroupInfo (section 12.4.3.1).
    assert_times("join", 100, 0, [0, 0, 101, 0, 1]);
    // A key pair for each parent of the path and the leaf (section 7.4), a seal to each other member.
    assert_times("path commit, fresh", 100, 0, [8, 2, 0, 99, 0]);
    assert_times("path commit, warm", 100, 0, [8, 2, 0, 7, 0]);
    assert_times("remove one", 100, 3, [8, 2, 0, 10, 0]);
    assert_times("process it, fresh", 100, 0, [7, 0, 2, 0, 1]);
    assert_times("process it, warm, beside", 128, 0, [7, 0, 2, 0, 1]);
    // Only the root is common.
    assert_times("process it, warm, other half", 128, 0, [1, 0, 2, 0, 1]);
    assert_times("add one", 1_000, 0, [0, 2, 2, 1, 0]);
    assert_times("process it, add", 1_000, 0, [0, 0, 3, 0, 0]);
    assert_times("1 000 single adds", 1_000, 0, [0, 2_000, 2_000, 1_000, 0]);
    assert_times("send 1 KiB", 10, 0, [0, 1, 0, 0, 0]);
    assert_times("receive 1 KiB", 10, 0, [0, 0, 1, 0, 0]);
}

#[test]
fn what_is_no_cryptography_has_no_floor() {
    for operation in ["load", "persist a message", "cold start, send"] {
        assert_eq!(Prices::default().floor(operation, 10, 0.0, 0.0), None, "{operation}");
    }
}

#[test]
fn each_byte_of_a_message_is_signed_and_encrypted() {
    let per_byte = |primitive, operation| {
        let mut prices = Prices::default();
        *prices.of(primitive) = Price { call: 0.0, byte: 1e3 };
        prices.floor(operation, 10, 0.0, 0.0).map(|us| format!("{us:.0}"))
    };
    for (operation, len) in [("send 32 B", "32"), ("send 1 KiB", "1024"), ("send 64 KiB", "65536")] {
        assert_eq!(per_byte(Primitive::Sign, operation).as_deref(), Some(len), "{operation}");
        assert_eq!(per_byte(Primitive::Aead, operation).as_deref(), Some(len), "{operation}");
    }
}

/// How many keys a removal is sealed to is told by how much longer it is than a commit in a warm tree.
#[test]
fn a_removal_is_sealed_to_as_many_keys_as_it_has_ciphertexts() {
    let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
    let floor = Floor::new(&[("RustCrypto", Arc::new(RustCryptoProvider::new()))], suite).unwrap();
    let row = |operation: &str, message| Row {
        implementation: "ours".to_owned(),
        backend: "RustCrypto".to_owned(),
        suite: 1,
        operation: operation.to_owned(),
        members: 100,
        runs: 1,
        cpu_us: 1.0,
        wall_us: 1.0,
        allocations: 0,
        message: Some(message),
        records: None,
        stored: None,
        live: None,
        floor_us: None,
        stopped: None,
    };
    let warm = floor.of_row(&row("path commit, warm", 1_000)).unwrap();
    assert_eq!(warm, floor.prices().floor("path commit, warm", 100, 1_000.0, 0.0).unwrap());
    // A sealed secret of 32 bytes: 33 of the KEM and 49 of the AEAD; and the proposal, of 7.
    let removal = floor.of_row(&row("remove one", 1_000 + 7 + 5 * 82)).unwrap();
    assert_eq!(removal, floor.prices().floor("remove one", 100, 1_417.0, 5.0).unwrap());
}
