//! Tests of leaf node signatures.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::framing::tests::fixtures::{self, LIFETIME, leaf};

const SOURCES: [fn() -> LeafNodeSource; 3] = [
    || LeafNodeSource::KeyPackage(LIFETIME),
    || LeafNodeSource::Update,
    || LeafNodeSource::Commit { parent_hash: Vec::from([4; 5]) },
];

fn position() -> Option<(&'static [u8], LeafIndex)> {
    Some((b"group", leaf(0x102)))
}

fn signed(source: LeafNodeSource) -> LeafNode {
    let suite = fixtures::suite();
    let key = fixtures::signing_key(suite, 1);
    let mut leaf_node = fixtures::leaf_node(source);
    leaf_node.signature_key = key.public_key().clone();
    leaf_node.sign(suite, &*key, position()).unwrap();
    leaf_node
}

// req: R-7.2-14, R-17.6-01
#[test]
fn the_signed_bytes_end_with_the_position_except_in_a_key_package() {
    let suite = fixtures::suite();
    for (source, tail) in SOURCES.iter().zip([&[][..], b"\x05group\0\0\x01\x02", b"\x05group\0\0\x01\x02"]) {
        let leaf_node = signed(source());
        let bytes = leaf_node.to_bytes().unwrap();
        // The signature ends the structure: 64 bytes behind a header of two.
        let tbs = [&bytes[..bytes.len() - 66], tail].concat();
        assert_eq!(leaf_node.tbs(position()).unwrap(), tbs);
        let key = &leaf_node.signature_key;
        let verified = suite.verify_with_label(key, b"LeafNodeTBS", &[&tbs], &leaf_node.signature);
        assert_eq!(verified, Ok(()));
    }
}

// req: R-7.2-16
#[test]
fn a_leaf_signed_for_another_place_does_not_verify() {
    let suite = fixtures::suite();
    let want = Err(CryptoError::InvalidSignature);
    for source in &SOURCES[1..] {
        let leaf_node = signed(source());
        let verify = |position| leaf_node.verify_signature(suite, position);
        assert_eq!(verify(position()), Ok(()));
        assert_eq!(verify(Some((b"groep", leaf(0x102)))), want);
        assert_eq!(verify(Some((b"group", leaf(0x103)))), want);
        assert_eq!(verify(None), want);
    }
    let leaf_node = signed(SOURCES[0]());
    assert_eq!(leaf_node.verify_signature(suite, None), Ok(()));
    assert_eq!(leaf_node.verify_signature(suite, position()), Ok(()));
}

// req: R-7.2-15
#[test]
fn a_leaf_that_was_changed_does_not_verify() {
    let suite = fixtures::suite();
    let spoilt = |spoil: fn(&mut LeafNode)| {
        let mut leaf_node = signed(LeafNodeSource::Update);
        spoil(&mut leaf_node);
        leaf_node.verify_signature(suite, position())
    };
    assert_eq!(spoilt(|_| ()), Ok(()));
    let want = Err(CryptoError::InvalidSignature);
    assert_eq!(spoilt(|l| l.encryption_key = Vec::from([9]).into()), want);
    assert_eq!(spoilt(|l| l.credential = Credential::basic(*b"bob")), want);
    assert_eq!(spoilt(|l| l.capabilities.versions.clear()), want);
    assert_eq!(spoilt(|l| l.leaf_node_source = LeafNodeSource::Commit { parent_hash: Vec::new() }), want);
    assert_eq!(spoilt(|l| l.extensions = Extensions::new()), want);
    assert_eq!(spoilt(|l| l.signature[0] ^= 1), want);
    let other = |l: &mut LeafNode| {
        l.signature_key = fixtures::signing_key(fixtures::suite(), 2).public_key().clone();
    };
    assert_eq!(spoilt(other), want);
    assert_eq!(spoilt(|l| l.signature_key = Vec::new().into()), Err(CryptoError::InvalidPublicKey));
}

// req: R-7.2-10, R-7.2-12
#[test]
fn a_lifetime_includes_both_ends() {
    let lifetime = Lifetime { not_before: 7, not_after: 9 };
    let inside: Vec<u64> = (5..12).filter(|now| lifetime.contains(*now)).collect();
    assert_eq!(inside, [7, 8, 9]);
    assert_eq!(lifetime.span(), Some(2));
    assert_eq!(Lifetime { not_before: 9, not_after: 7 }.span(), None);
    assert_eq!(Lifetime { not_before: 0, not_after: u64::MAX }.span(), Some(u64::MAX));
}

// req: R-7.2-08
#[test]
fn support_is_what_is_listed_and_the_defaults() {
    let capabilities = fixtures::leaf_node(LeafNodeSource::Update).capabilities;
    assert!(capabilities.supports_extension(ExtensionType(0xff00)));
    assert!(capabilities.supports_extension(ExtensionType::EXTERNAL_SENDERS));
    assert!(!capabilities.supports_extension(ExtensionType(0xff01)));
    assert!(capabilities.supports_proposal(ProposalType(0xff01)));
    assert!(capabilities.supports_proposal(ProposalType::ADD));
    assert!(!capabilities.supports_proposal(ProposalType(0xff00)));
    assert!(capabilities.supports_credential(CredentialType::BASIC));
    assert!(!capabilities.supports_credential(CredentialType::X509));
}
