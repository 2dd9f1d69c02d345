#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::{format, vec};

use mls_codec::{Decode, Encode};

use super::*;

#[test]
fn public_keys_are_opaque_vectors_on_the_wire() {
    let key = SignaturePublicKey::from(vec![1, 2]);
    assert_eq!(key.to_bytes().unwrap(), [2, 1, 2]);
    assert_eq!(HpkePublicKey::from_bytes(&[2, 1, 2]), Ok(HpkePublicKey::from(vec![1, 2])));
    assert_eq!(format!("{key:?}"), "SignaturePublicKey(0102)");
}

#[test]
fn private_keys_show_nothing() {
    let pair =
        HpkeKeyPair { private: HpkePrivateKey::from_bytes(vec![0x5a; 32]), public: HpkePublicKey::from(vec![1]) };
    let shown = format!("{pair:?}");
    assert_eq!(shown, "HpkeKeyPair { private: HpkePrivateKey(..), public: HpkePublicKey(01) }");
    let key = SignaturePrivateKey::from_bytes(vec![3]);
    assert_eq!(format!("{key:?}"), "SignaturePrivateKey(..)");
    assert_eq!(key.duplicate().as_bytes(), [3]);
}

#[test]
fn hpke_ciphertext_is_two_vectors() {
    let sealed = HpkeCiphertext { kem_output: vec![1, 2], ciphertext: vec![3] };
    assert_eq!(sealed.to_bytes().unwrap(), [2, 1, 2, 1, 3]);
    assert_eq!(HpkeCiphertext::from_bytes(&[2, 1, 2, 1, 3]), Ok(sealed));
}
