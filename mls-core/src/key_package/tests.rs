//! Tests of key package signatures and references.

#![allow(clippy::unwrap_used, reason = "tests")]

use mls_codec::encode_opaque;
use serde::Deserialize;

use super::*;
use crate::extension::Extensions;
use crate::framing::tests::fixtures;
use crate::framing::{MlsMessage, MlsMessageBody};
use crate::key_schedule::tests::test_vectors::{self, Hex};

fn signed() -> KeyPackage {
    let suite = fixtures::suite();
    let key = fixtures::signing_key(suite, 1);
    let mut key_package = fixtures::key_package();
    key_package.leaf_node.signature_key = key.public_key().clone();
    key_package.sign(suite, &*key).unwrap();
    key_package
}

// req: R-10-06, R-17.6-01
#[test]
fn the_signature_covers_every_other_field() {
    let suite = fixtures::suite();
    let key_package = signed();
    let bytes = key_package.to_bytes().unwrap();
    // The signature ends the structure: 64 bytes behind a header of two.
    let tbs = &bytes[..bytes.len() - 66];
    assert_eq!(key_package.tbs().unwrap(), tbs);
    let key = &key_package.leaf_node.signature_key;
    let signature = &key_package.signature;
    assert_eq!(suite.verify_with_label(key, b"KeyPackageTBS", &[tbs], signature), Ok(()));
}

// req: R-10-07, R-10.1-05
#[test]
fn a_key_package_that_was_changed_does_not_verify() {
    let suite = fixtures::suite();
    let spoilt = |spoil: fn(&mut KeyPackage)| {
        let mut key_package = signed();
        spoil(&mut key_package);
        key_package.verify_signature(suite)
    };
    assert_eq!(spoilt(|_| ()), Ok(()));
    let want = Err(CryptoError::InvalidSignature);
    assert_eq!(spoilt(|k| k.version = ProtocolVersion(2)), want);
    assert_eq!(spoilt(|k| k.cipher_suite = CipherSuite::from(2)), want);
    assert_eq!(spoilt(|k| k.init_key = vec_key()), want);
    assert_eq!(spoilt(|k| k.leaf_node.signature.push(0)), want);
    assert_eq!(spoilt(|k| k.extensions = Extensions::new()), want);
    assert_eq!(spoilt(|k| k.signature[0] ^= 1), want);
    assert_eq!(spoilt(|k| k.signature.clear()), want);
    let other = |k: &mut KeyPackage| {
        k.leaf_node.signature_key = fixtures::signing_key(fixtures::suite(), 2).public_key().clone();
    };
    assert_eq!(spoilt(other), want);
}

fn vec_key() -> HpkePublicKey {
    Vec::from([5; 4]).into()
}

// req: R-5.2-01, R-5.2-02
#[test]
fn the_reference_hashes_the_whole_key_package() {
    let suite = fixtures::suite();
    let key_package = signed();
    let mut input = Vec::new();
    encode_opaque(b"MLS 1.0 KeyPackage Reference", &mut input).unwrap();
    encode_opaque(&key_package.to_bytes().unwrap(), &mut input).unwrap();
    let reference = key_package.reference(suite).unwrap();
    assert_eq!(reference.as_bytes(), suite.hash(&[&input]).unwrap().as_bytes());
    let mut other = KeyPackage::clone(&key_package);
    other.signature[0] ^= 1;
    assert_ne!(other.reference(suite).unwrap(), reference);
}

#[derive(Deserialize)]
struct Case {
    cipher_suite: u16,
    key_package: Hex,
    welcome: Hex,
}

// req: R-5.2-02, R-10.1-05, R-12.4.3.1-03
#[test]
fn key_packages_of_the_vectors_verify_and_are_found_in_their_welcome() {
    for case in test_vectors::load::<Case>("welcome.json") {
        let Some(suite) = test_vectors::suite(case.cipher_suite) else {
            continue;
        };
        let message = |bytes: &Hex| MlsMessage::from_bytes(&bytes.0).unwrap().body;
        let MlsMessageBody::KeyPackage(key_package) = message(&case.key_package) else { panic!("no KeyPackage") };
        assert_eq!(key_package.verify_signature(suite), Ok(()));
        assert_eq!(key_package.leaf_node.verify_signature(suite, None), Ok(()));
        let MlsMessageBody::Welcome(welcome) = message(&case.welcome) else { panic!("no Welcome") };
        let reference = key_package.reference(suite).unwrap();
        assert!(welcome.secrets_for(&reference).is_some());
        let mut other = KeyPackage::clone(&key_package);
        other.signature[0] ^= 1;
        assert!(welcome.secrets_for(&other.reference(suite).unwrap()).is_none());
    }
}
