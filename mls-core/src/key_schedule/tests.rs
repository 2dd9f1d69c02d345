#![allow(clippy::arithmetic_side_effects, reason = "tests")]

extern crate std;

use std::{format, vec::Vec};

use mls_crypto_traits::{CryptoError, Rng, SecretBytes};
use serde::Deserialize;

use super::*;

pub(crate) mod test_vectors;

use test_vectors::{Hex, load, suite};

#[derive(Deserialize)]
struct Case {
    cipher_suite: u16,
    group_id: Hex,
    initial_init_secret: Hex,
    epochs: Vec<Epoch>,
}

#[derive(Deserialize)]
struct Epoch {
    tree_hash: Hex,
    commit_secret: Hex,
    psk_secret: Hex,
    confirmed_transcript_hash: Hex,
    group_context: Hex,
    joiner_secret: Hex,
    welcome_secret: Hex,
    init_secret: Hex,
    sender_data_secret: Hex,
    encryption_secret: Hex,
    exporter_secret: Hex,
    epoch_authenticator: Hex,
    external_secret: Hex,
    confirmation_key: Hex,
    membership_key: Hex,
    resumption_psk: Hex,
    external_pub: Hex,
    exporter: Exporter,
}

#[derive(Deserialize)]
struct Exporter {
    label: std::string::String,
    context: Hex,
    length: usize,
    secret: Hex,
}

/// The `GroupContext` of an epoch of the vectors, which has no extensions.
fn group_context(case: &Case, number: u64, epoch: &Epoch) -> Vec<u8> {
    let mut out = std::vec![0, 1];
    out.extend(case.cipher_suite.to_be_bytes());
    mls_codec::encode_opaque(&case.group_id.0, &mut out).unwrap();
    out.extend(number.to_be_bytes());
    mls_codec::encode_opaque(&epoch.tree_hash.0, &mut out).unwrap();
    mls_codec::encode_opaque(&epoch.confirmed_transcript_hash.0, &mut out).unwrap();
    out.push(0);
    out
}

// req: R-8-03
// req: R-8-04
// req: R-8-05
// req: R-8-06
// req: R-8-08
#[test]
fn official_key_schedule() {
    for case in load::<Case>("key-schedule.json") {
        let Some(suite) = suite(case.cipher_suite) else {
            continue;
        };
        let mut init = InitSecret::from_bytes(case.initial_init_secret.secret());
        for (number, epoch) in (0_u64..).zip(&case.epochs) {
            let context = &epoch.group_context.0;
            assert_eq!(&group_context(&case, number, epoch), context);
            let commit_secret = CommitSecret::from_bytes(epoch.commit_secret.secret());
            let psk_secret = PskSecret::from_bytes(epoch.psk_secret.secret());

            let joiner = JoinerSecret::derive(suite, init, &commit_secret, context).unwrap();
            assert_eq!(joiner.as_bytes(), epoch.joiner_secret.0);
            let intermediate = joiner.mix_psk(suite, &psk_secret).unwrap();
            let welcome = intermediate.welcome_secret(suite).unwrap();
            assert_eq!(welcome.as_bytes(), epoch.welcome_secret.0);

            let secrets = intermediate.enter_epoch(suite, context).unwrap();
            assert_eq!(secrets.sender_data.as_bytes(), epoch.sender_data_secret.0);
            assert_eq!(secrets.encryption.as_bytes(), epoch.encryption_secret.0);
            assert_eq!(secrets.exporter.as_bytes(), epoch.exporter_secret.0);
            assert_eq!(secrets.external.as_bytes(), epoch.external_secret.0);
            assert_eq!(secrets.confirmation_key.as_bytes(), epoch.confirmation_key.0);
            assert_eq!(secrets.membership_key.as_bytes(), epoch.membership_key.0);
            assert_eq!(secrets.resumption_psk.as_bytes(), epoch.resumption_psk.0);
            assert_eq!(secrets.epoch_authenticator.as_bytes(), epoch.epoch_authenticator.0);
            assert_eq!(secrets.init.as_bytes(), epoch.init_secret.0);

            let exported = secrets
                .exporter
                .export(suite, epoch.exporter.label.as_bytes(), &epoch.exporter.context.0, epoch.exporter.length)
                .unwrap();
            assert_eq!(exported.as_bytes(), epoch.exporter.secret.0);
            let external = secrets.external.key_pair(suite).unwrap();
            assert_eq!(external.public.as_bytes(), epoch.external_pub.0);
            init = secrets.init;
        }
    }
}

#[derive(Deserialize)]
struct TranscriptCase {
    cipher_suite: u16,
    confirmation_key: Hex,
    authenticated_content: Hex,
    interim_transcript_hash_before: Hex,
    confirmed_transcript_hash_after: Hex,
    interim_transcript_hash_after: Hex,
}

// req: R-8.2-02
// req: R-8.2-03
// req: R-8.2-04
#[test]
fn official_transcript_hashes() {
    for case in load::<TranscriptCase>("transcript-hashes.json") {
        let Some(suite) = suite(case.cipher_suite) else {
            continue;
        };
        // A Commit's AuthenticatedContent ends with its confirmation tag, a vector of `Nh` bytes.
        let tagged = &case.authenticated_content.0;
        let header = mls_codec::header_len(suite.hash_len());
        let (input, tag) = tagged.split_at(tagged.len() - suite.hash_len() - header);
        let tag = &tag[header..];

        let before = &case.interim_transcript_hash_before.0;
        let confirmed = confirmed_transcript_hash(suite, before, input).unwrap();
        assert_eq!(confirmed.as_bytes(), case.confirmed_transcript_hash_after.0);
        let interim = interim_transcript_hash(suite, &confirmed, tag).unwrap();
        assert_eq!(interim.as_bytes(), case.interim_transcript_hash_after.0);

        let key = ConfirmationKey::from_bytes(case.confirmation_key.secret());
        let made = confirmation_tag(suite, &key, &confirmed).unwrap();
        assert_eq!(made.as_bytes(), tag);
        let verify = |tag: &[u8]| verify_confirmation_tag(suite, &key, &confirmed, tag);
        assert_eq!(verify(tag), Ok(true));
        let mut forged = tag.to_vec();
        forged[0] ^= 1;
        assert_eq!(verify(&forged), Ok(false));
        assert_eq!(verify(&tag[1..]), Ok(false));
        assert_eq!(verify(&[]), Ok(false));
    }
}

/// The first secrets of a group, from an epoch secret of `byte`s.
fn epoch_of(byte: u8) -> EpochSecrets {
    let suite = suite(1).unwrap();
    let secret = EpochSecret::from_bytes(SecretBytes::from(std::vec![byte; 32]));
    EpochSecrets::from_epoch_secret(suite, secret).unwrap()
}

// req: R-8-06
#[test]
fn each_secret_of_an_epoch_is_another() {
    let secrets = epoch_of(7);
    let EpochSecrets {
        sender_data,
        encryption,
        exporter,
        external,
        confirmation_key,
        membership_key,
        resumption_psk,
        epoch_authenticator,
        init,
    } = &secrets;
    let mut all = [
        sender_data.as_bytes(),
        encryption.as_bytes(),
        exporter.as_bytes(),
        external.as_bytes(),
        confirmation_key.as_bytes(),
        membership_key.as_bytes(),
        resumption_psk.as_bytes(),
        epoch_authenticator.as_bytes(),
        init.as_bytes(),
    ];
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(all.iter().all(|secret| secret.len() == 32));
}

// req: R-8-07
#[test]
fn absent_inputs_are_zeros_of_the_hash_length() {
    for (id, len) in [(1, 32), (7, 48), (5, 64)] {
        let suite = suite(id).unwrap();
        assert_eq!(CommitSecret::zeros(suite).as_bytes(), std::vec![0; len]);
        assert_eq!(PskSecret::zeros(suite).as_bytes(), std::vec![0; len]);
    }
}

#[test]
fn a_borrowed_init_secret_gives_the_same_epoch() {
    let suite = suite(1).unwrap();
    let init = epoch_of(1).init;
    let commit_secret = CommitSecret::zeros(suite);
    let lent = JoinerSecret::derive(suite, &init, &commit_secret, b"context").unwrap();
    let given = JoinerSecret::derive(suite, init, &commit_secret, b"context").unwrap();
    assert_eq!(lent.as_bytes(), given.as_bytes());
}

// req: R-8.5-01
#[test]
fn exports_differ_by_label_context_and_length() {
    let suite = suite(1).unwrap();
    let exporter = epoch_of(2).exporter;
    let export = |label: &[u8], context: &[u8], length| {
        let secret = exporter.export(suite, label, context, length);
        secret.map(|secret| secret.as_bytes().to_vec())
    };
    let one = export(b"a", b"x", 16).unwrap();
    assert_eq!(one.len(), 16);
    assert_ne!(export(b"b", b"x", 16).unwrap(), one);
    assert_ne!(export(b"a", b"y", 16).unwrap(), one);
    assert_ne!(export(b"a", b"x", 32).unwrap()[..16], one);
    assert_eq!(export(b"a", b"x", 0), Ok(Vec::new()));
    assert_eq!(export(b"a", b"x", 255 * 32).unwrap().len(), 255 * 32);
    assert_eq!(export(b"a", b"x", 255 * 32 + 1), Err(CryptoError::TooLong));
}

struct Counter(u8);

impl Rng for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for byte in out {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

// req: R-8.3-01
// req: R-8.3-02
#[test]
fn external_init_secret_agrees_on_both_sides() {
    for id in [1, 2, 3, 5, 7] {
        let suite = suite(id).unwrap();
        let external = ExternalSecret::from_bytes(SecretBytes::from(std::vec![3; suite.hash_len()]));
        let keys = external.key_pair(suite).unwrap();
        let (kem_output, sent) = InitSecret::for_external_sender(suite, &keys.public, &mut Counter(0)).unwrap();
        let received = InitSecret::for_external_receiver(suite, &keys.private, &kem_output).unwrap();
        assert_eq!(sent.as_bytes().len(), suite.hash_len());
        assert_eq!(sent.as_bytes(), received.as_bytes());

        let (_, other) = InitSecret::for_external_sender(suite, &keys.public, &mut Counter(99)).unwrap();
        assert_ne!(other.as_bytes(), sent.as_bytes());
    }
}

#[test]
fn a_short_ciphertext_is_its_own_sample() {
    let suite = suite(1).unwrap();
    let secret = epoch_of(4).sender_data;
    let key = |ciphertext: &[u8]| {
        let keys = secret.key_and_nonce(suite, ciphertext).unwrap();
        (keys.key.as_bytes().to_vec(), keys.nonce.as_bytes().to_vec())
    };
    assert_eq!(key(&[9; 32]), key(&[9; 40]));
    assert_ne!(key(&[9; 31]), key(&[9; 32]));
    assert_ne!(key(&[]), key(&[9]));
    assert_eq!((key(&[]).0.len(), key(&[]).1.len()), (16, 12));
}

// req: R-2-01
#[test]
fn debug_shows_no_secret() {
    let secrets = epoch_of(5);
    assert_eq!(
        format!("{secrets:?}"),
        "EpochSecrets { sender_data: SenderDataSecret(..), encryption: EncryptionSecret(..), \
         exporter: ExporterSecret(..), external: ExternalSecret(..), confirmation_key: \
         ConfirmationKey(..), membership_key: MembershipKey(..), resumption_psk: \
         ResumptionPsk(..), epoch_authenticator: EpochAuthenticator(..), init: InitSecret(..) }"
    );
}
