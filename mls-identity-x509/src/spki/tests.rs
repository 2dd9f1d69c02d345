#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

use alloc::vec::Vec;
use std::vec;

use super::*;

/// `RSAPublicKey` with a modulus of `bits` bits.
fn rsa_key(bits: usize, last: u8, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0xa5; bits.div_ceil(8)];
    let unused = modulus.len() * 8 - bits;
    modulus[0] = 0xff >> unused;
    *modulus.last_mut().unwrap() = last;
    let key =
        RsaPublicKey { modulus: UintRef::new(&modulus).unwrap(), public_exponent: UintRef::new(exponent).unwrap() };
    key.to_der().unwrap()
}

#[test]
fn rsa_keys_are_odd_and_of_a_bounded_size() {
    let f4 = [1, 0, 1];
    for bits in [2048, 2049, 3072, 4096, 8192] {
        assert!(is_good_rsa_key(&rsa_key(bits, 1, &f4)), "{bits}");
    }
    for bits in [512, 1024, 2047, 8193, 16_384] {
        assert!(!is_good_rsa_key(&rsa_key(bits, 1, &f4)), "{bits}");
    }
    assert!(!is_good_rsa_key(&rsa_key(2048, 2, &f4)));
    assert!(is_good_rsa_key(&rsa_key(2048, 1, &[3])));
    assert!(is_good_rsa_key(&rsa_key(2048, 1, &[1, 0, 0, 0, 1])));
    for exponent in [&[0][..], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1; 256]] {
        assert!(!is_good_rsa_key(&rsa_key(2048, 1, exponent)), "{exponent:?}");
    }
    let mut trailing = rsa_key(2048, 1, &f4);
    trailing.push(0);
    assert!(!is_good_rsa_key(&trailing));
    assert!(!is_good_rsa_key(&[]));
}

#[test]
fn a_key_of_one_curve_does_not_go_with_the_signatures_of_another() {
    let (p256, with_sha256) = scheme_ids(SignatureScheme::EcdsaP256).unwrap();
    let (ed25519, with_ed25519) = scheme_ids(SignatureScheme::Ed25519).unwrap();
    assert!(!is_mismatch(p256.as_ref(), with_sha256.as_ref()));
    assert!(is_mismatch(p256.as_ref(), with_ed25519.as_ref()));
    assert!(is_mismatch(ed25519.as_ref(), with_sha256.as_ref()));
    // Of a key that nobody knows nothing is said.
    assert!(!is_mismatch(b"unknown", with_sha256.as_ref()));
}
