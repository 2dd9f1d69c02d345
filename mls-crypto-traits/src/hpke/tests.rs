#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::format;

use super::*;
use crate::tests::mock::{Counter, Mock};

const PSK: Mode<'_> = Mode::Psk { psk: &[7; 32], psk_id: b"id" };

#[test]
fn contexts_run_in_sequence() {
    let mock = Mock::new();
    let suite = mock.suite();
    let pair = suite.derive_key_pair(b"receiver").unwrap();
    for mode in [Mode::Base, PSK] {
        let rng = &mut Counter::from(1);
        let (kem_output, mut sender) = setup_sender(suite, mode, &pair.public, b"info", rng).unwrap();
        let mut receiver = setup_receiver(suite, mode, &pair.private, &kem_output, b"info").unwrap();
        let first = sender.seal(b"aad", b"plaintext").unwrap();
        let second = sender.seal(b"aad", b"plaintext").unwrap();
        assert_ne!(first, second);
        let bad = CryptoError::InvalidCiphertext;
        assert_eq!(receiver.open(b"aad", &second).unwrap_err(), bad);
        assert_eq!(receiver.open(b"", &first).unwrap_err(), bad);
        assert_eq!(receiver.open(b"aad", &first).unwrap().as_bytes(), b"plaintext");
        assert_eq!(receiver.open(b"aad", &first).unwrap_err(), bad);
        assert_eq!(receiver.open(b"aad", &second).unwrap().as_bytes(), b"plaintext");
        let exported = sender.export(b"context", 40).unwrap();
        assert_eq!(exported.len(), 40);
        assert!(exported.ct_eq(receiver.export(b"context", 40).unwrap().as_bytes()));
        assert!(!exported.ct_eq(receiver.export(b"other", 40).unwrap().as_bytes()));
    }
}

#[test]
fn a_context_ends_after_the_last_sequence_number() {
    let mock = Mock::new();
    let pair = mock.suite().derive_key_pair(b"receiver").unwrap();
    let rng = &mut Counter::from(1);
    let (_, mut sender) = setup_sender(mock.suite(), Mode::Base, &pair.public, b"", rng).unwrap();
    sender.0.set_sequence(u64::MAX);
    assert!(sender.seal(b"", b"").is_ok());
    assert_eq!(sender.seal(b"", b"").unwrap_err(), CryptoError::MessageLimit);
}

#[test]
fn mode_info_and_psk_separate() {
    let mock = Mock::new();
    let suite = mock.suite();
    let pair = suite.derive_key_pair(b"receiver").unwrap();
    let sealed = seal(suite, PSK, &pair.public, b"info", b"aad", b"p", &mut Counter::from(1)).unwrap();
    let read = |mode, info: &[u8], aad: &[u8]| open(suite, mode, &pair.private, info, aad, &sealed);
    assert_eq!(read(PSK, b"info", b"aad").unwrap().as_bytes(), b"p");
    let bad = CryptoError::InvalidCiphertext;
    let other_psk = Mode::Psk { psk: &[8; 32], psk_id: b"id" };
    let other_id = Mode::Psk { psk: &[7; 32], psk_id: b"ID" };
    for mode in [Mode::Base, other_psk, other_id] {
        assert_eq!(read(mode, b"info", b"aad").unwrap_err(), bad);
    }
    assert_eq!(read(PSK, b"", b"aad").unwrap_err(), bad);
    assert_eq!(read(PSK, b"info", b"").unwrap_err(), bad);
}

#[test]
fn a_psk_is_32_bytes_and_has_an_identifier() {
    let mock = Mock::new();
    for (psk, psk_id) in [(&[7; 31][..], &b"id"[..]), (&[], b"id"), (&[7; 32], b"")] {
        let schedule = KeySchedule::new(&mock, Mode::Psk { psk, psk_id }, &[]);
        assert_eq!(schedule.unwrap_err(), CryptoError::InvalidPsk);
    }
}

#[test]
fn single_shot_exports_agree() {
    let mock = Mock::new();
    let suite = mock.suite();
    let pair = suite.derive_key_pair(b"receiver").unwrap();
    let rng = &mut Counter::from(3);
    let (kem_output, sent) = send_export(suite, Mode::Base, &pair.public, b"info", b"context", 20, rng).unwrap();
    let received = receive_export(suite, Mode::Base, &pair.private, &kem_output, b"info", b"context", 20);
    assert!(sent.ct_eq(received.unwrap().as_bytes()));
    let context = setup_receiver(suite, Mode::Base, &pair.private, &kem_output, b"info").unwrap();
    assert!(sent.ct_eq(context.export(b"context", 20).unwrap().as_bytes()));
}

#[test]
fn nothing_secret_is_shown() {
    let mock = Mock::new();
    let pair = mock.suite().derive_key_pair(b"receiver").unwrap();
    let rng = &mut Counter::from(1);
    let (_, sender) = setup_sender(mock.suite(), PSK, &pair.public, b"", rng).unwrap();
    assert!(format!("{sender:?}").ends_with("sequence: Some(0), .. })"));
    assert_eq!(format!("{PSK:?}"), "Psk { psk_id: [105, 100], .. }");
}
