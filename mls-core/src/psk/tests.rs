#![allow(clippy::arithmetic_side_effects, reason = "tests")]

extern crate std;

use std::{vec, vec::Vec};

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode};
use mls_crypto_traits::{CryptoError, Rng, SecretBytes};
use serde::Deserialize;

use super::*;
use crate::key_schedule::tests::test_vectors::{Hex, load, suite};

#[derive(Deserialize)]
struct Case {
    cipher_suite: u16,
    psks: Vec<CasePsk>,
    psk_secret: Hex,
}

#[derive(Deserialize)]
struct CasePsk {
    psk_id: Hex,
    psk: Hex,
    psk_nonce: Hex,
}

fn external(psk_id: &[u8], nonce: &[u8]) -> PreSharedKeyId {
    PreSharedKeyId { psk: Psk::External { psk_id: psk_id.to_vec() }, psk_nonce: nonce.to_vec() }
}

fn resumption(usage: ResumptionPskUsage) -> PreSharedKeyId {
    PreSharedKeyId {
        psk: Psk::Resumption { usage, psk_group_id: vec![0xaa, 0xbb], psk_epoch: 0x0102_0304_0506_0708 },
        psk_nonce: vec![0xcc],
    }
}

fn value(bytes: &[u8]) -> PskValue {
    PskValue::from_bytes(SecretBytes::from_slice(bytes))
}

/// The PSK secret of a list under suite 1.
fn secret_of(psks: &[(PreSharedKeyId, PskValue)]) -> Vec<u8> {
    let psks: Vec<_> = psks.iter().map(|(id, psk)| (id, psk)).collect();
    let secret = psk_secret(suite(1).unwrap(), &psks).unwrap();
    secret.as_bytes().to_vec()
}

// req: R-8.4-03
#[test]
fn official_psk_secret() {
    for case in load::<Case>("psk_secret.json") {
        let Some(suite) = suite(case.cipher_suite) else {
            continue;
        };
        let psks: Vec<_> =
            case.psks.iter().map(|psk| (external(&psk.psk_id.0, &psk.psk_nonce.0), value(&psk.psk.0))).collect();
        let psks: Vec<_> = psks.iter().map(|(id, psk)| (id, psk)).collect();
        let secret = psk_secret(suite, &psks).unwrap();
        assert_eq!(secret.as_bytes(), case.psk_secret.0);
    }
}

// req: R-8-07
#[test]
fn no_psks_give_zeros() {
    assert_eq!(secret_of(&[]), vec![0; 32]);
}

// req: R-8.4-04
#[test]
fn any_change_to_the_list_changes_the_secret() {
    let a = || (external(b"a", b"1"), value(b"psk a"));
    let b = || (external(b"b", b"2"), value(b"psk b"));
    let secrets = [
        secret_of(&[a(), b()]),
        secret_of(&[b(), a()]),
        secret_of(&[a()]),
        secret_of(&[b()]),
        secret_of(&[a(), b(), b()]),
        secret_of(&[a(), (external(b"b", b"3"), value(b"psk b"))]),
        secret_of(&[a(), (external(b"c", b"2"), value(b"psk b"))]),
        secret_of(&[a(), (external(b"b", b"2"), value(b"psk c"))]),
    ];
    for (at, one) in secrets.iter().enumerate() {
        assert!(secrets[at + 1..].iter().all(|other| other != one));
    }
}

#[test]
fn more_psks_than_16_bits_count_are_refused() {
    let suite = suite(1).unwrap();
    let (id, psk) = (external(b"a", b"1"), value(b"psk"));
    let psks = vec![(&id, &psk); 65_536];
    assert_eq!(psk_secret(suite, &psks).unwrap_err(), PskError::TooManyPsks);
}

#[test]
fn ids_have_their_wire_form() {
    let id = external(b"id", b"nonce");
    let bytes = b"\x01\x02id\x05nonce";
    assert_eq!(id.to_bytes().unwrap(), bytes);
    assert_eq!(PreSharedKeyId::from_bytes(bytes), Ok(id));

    for (usage, tag) in
        [(ResumptionPskUsage::Application, 1), (ResumptionPskUsage::Reinit, 2), (ResumptionPskUsage::Branch, 3)]
    {
        let id = resumption(usage);
        let bytes = [2, tag, 2, 0xaa, 0xbb, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0xcc];
        assert_eq!(id.to_bytes().unwrap(), bytes);
        assert_eq!(PreSharedKeyId::from_bytes(&bytes), Ok(id));
    }
}

#[test]
fn the_label_binds_place_and_count() {
    let id = external(b"id", b"n");
    let label = PskLabel { id: &id, index: 1, count: 0x0203 };
    assert_eq!(label.to_bytes().unwrap(), b"\x01\x02id\x01n\x00\x01\x02\x03");
}

// req: R-8.4-06
#[test]
fn unknown_types_and_usages_are_refused() {
    let unknown = |offset| DecodeError::new(DecodeErrorKind::UnknownValue, offset);
    for tag in [0, 3, 255] {
        let bytes = [tag, 2, b'i', b'd', 0];
        assert_eq!(PreSharedKeyId::from_bytes(&bytes), Err(unknown(0)));
        assert_eq!(PskType::from_bytes(&[tag]), Err(unknown(0)));
    }
    for usage in [0, 4, 255] {
        let bytes = [2, usage, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(PreSharedKeyId::from_bytes(&bytes), Err(unknown(1)));
    }
}

#[test]
fn types_are_told() {
    assert_eq!(external(b"", b"").psk.psk_type(), PskType::External);
    let id = resumption(ResumptionPskUsage::Branch);
    assert_eq!(id.psk.psk_type(), PskType::Resumption);
}

struct Sevens;

impl Rng for Sevens {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.fill(7);
        Ok(())
    }
}

// req: R-8.4-02
#[test]
fn a_nonce_has_the_length_of_the_suites_hash() {
    for (suite_id, len) in [(1, 32), (7, 48), (5, 64)] {
        let suite = suite(suite_id).unwrap();
        let psk = external(b"id", b"").psk;
        let id = PreSharedKeyId::with_fresh_nonce(suite, psk, &mut Sevens).unwrap();
        assert_eq!(id.psk_nonce, vec![7; len]);
        assert_eq!(id.check_nonce(suite), Ok(()));
        for wrong in [0, len - 1, len + 1] {
            let id = external(b"id", &vec![7; wrong]);
            assert_eq!(id.check_nonce(suite), Err(PskError::NonceLength));
        }
    }
}

// req: R-8.4-05
#[test]
fn a_resumption_psk_is_the_value_it_was() {
    let psk = ResumptionPsk::from_bytes(SecretBytes::from_slice(b"resumption"));
    let kept = psk.duplicate();
    assert_eq!(PskValue::from(psk).as_bytes(), b"resumption");
    assert_eq!(kept.as_bytes(), b"resumption");
}
