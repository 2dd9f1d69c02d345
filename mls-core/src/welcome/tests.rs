//! Tests of group information and group secrets.

#![allow(clippy::unwrap_used, reason = "tests")]

use alloc::format;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CryptoError, SecretBytes};

use super::*;
use crate::extension::Extensions;
use crate::framing::tests::fixtures;

// req: R-12.4.3-06, R-17.6-01
#[test]
fn the_signature_covers_every_other_field_of_a_group_info() {
    let suite = fixtures::suite();
    let key = fixtures::signing_key(suite, 1);
    let mut group_info = fixtures::group_info();
    group_info.sign(suite, &*key).unwrap();
    let bytes = group_info.to_bytes().unwrap();
    // The signature ends the structure: 64 bytes behind a header of two.
    let tbs = &bytes[..bytes.len() - 66];
    assert_eq!(group_info.tbs().unwrap(), tbs);
    let signature = &group_info.signature;
    assert_eq!(suite.verify_with_label(key.public_key(), b"GroupInfoTBS", &[tbs], signature), Ok(()));

    let spoilt = |spoil: fn(&mut GroupInfo)| {
        let mut group_info = group_info.clone();
        spoil(&mut group_info);
        group_info.verify_signature(suite, key.public_key())
    };
    assert_eq!(spoilt(|_| ()), Ok(()));
    let want = Err(CryptoError::InvalidSignature);
    assert_eq!(spoilt(|g| g.group_context.epoch = 6), want);
    assert_eq!(spoilt(|g| g.extensions = Extensions::new()), want);
    assert_eq!(spoilt(|g| g.confirmation_tag[0] ^= 1), want);
    assert_eq!(spoilt(|g| g.signer = fixtures::leaf(3)), want);
    assert_eq!(spoilt(|g| g.signature[0] ^= 1), want);
    let other = fixtures::signing_key(suite, 2);
    assert_eq!(group_info.verify_signature(suite, other.public_key()), want);
}

#[test]
fn group_secrets_encode_into_one_buffer_of_their_length() {
    let psks = fixtures::psk_ids().to_bytes().unwrap();
    let cases = [
        (None, &[4, 0xa5, 0xa5, 0xa5, 0xa5, 0][..]),
        (Some(SecretBytes::from_slice(&[7; 2])), &[4, 0xa5, 0xa5, 0xa5, 0xa5, 1, 2, 7, 7]),
    ];
    for (path_secret, head) in cases {
        let bytes = fixtures::group_secrets(path_secret).to_secret_bytes().unwrap();
        assert_eq!(*bytes, [head, &psks].concat());
        assert_eq!(bytes.capacity(), bytes.len());
        let again = GroupSecrets::from_bytes(&bytes).unwrap();
        assert_eq!(again.to_secret_bytes().unwrap(), bytes);
    }
}

// req: R-2-01
#[test]
fn debug_shows_no_secret() {
    let secrets = fixtures::group_secrets(Some(SecretBytes::from_slice(&[0xa6; 3])));
    let text = format!("{secrets:?} {secrets:#?}").to_lowercase();
    for shown in ["a5", "165", "a6", "166"] {
        assert!(!text.contains(shown), "{text}");
    }
}
