//! Encryption of content and sender data: one thing wrong at a time.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_codec::{DecodeError, DecodeErrorKind, Encode, encode_opaque};
use mls_crypto_traits::SecretBytes;

use super::fixtures::{self, application, leaf, remove, signed, signed_commit};
use crate::framing::{
    AuthenticatedContent, Content, ContentType, FramingError, MlsMessage, MlsMessageBody, Padding, PrivateMessage,
    Sealing, Sender, SenderData, WireFormat,
};
use crate::key_schedule::{EncryptionSecret, SenderDataSecret};
use crate::secret_tree::{RatchetMove, RatchetType, SecretTree};
use crate::tree::math::TreeSize;

const GUARD: [u8; 4] = [1, 2, 3, 4];

fn ratchet_move(leaf_index: u32) -> RatchetMove {
    let secret = EncryptionSecret::from_bytes(SecretBytes::from_slice(&[1; 32]));
    let tree = SecretTree::new(TreeSize::for_leaves(2).unwrap(), secret);
    tree.plan_next_send(fixtures::suite(), leaf(leaf_index), RatchetType::Application).unwrap()
}

fn sender_data_secret(fill: u8) -> SenderDataSecret {
    SenderDataSecret::from_bytes(SecretBytes::from_slice(&[fill; 32]))
}

fn seal(content: &AuthenticatedContent, padding: Padding) -> Result<PrivateMessage, FramingError> {
    let step = ratchet_move(1);
    let secret = sender_data_secret(2);
    PrivateMessage::seal(fixtures::suite(), content, step.message_key(), GUARD, &secret, padding)
}

fn open(message: &PrivateMessage) -> Result<AuthenticatedContent, FramingError> {
    let sender_data = message.open_sender_data(fixtures::suite(), &sender_data_secret(2))?;
    open_content(message, &sender_data)
}

fn open_content(message: &PrivateMessage, sender_data: &SenderData) -> Result<AuthenticatedContent, FramingError> {
    message.open_content(fixtures::suite(), ratchet_move(1).message_key(), sender_data)
}

fn sender_data() -> SenderData {
    SenderData { leaf_index: leaf(1), generation: 0, reuse_guard: GUARD }
}

// req: R-6.3-01, R-6.3.1-03
#[test]
fn every_content_comes_back_as_it_was_signed() {
    let contents = [
        signed(WireFormat::PrivateMessage, application()),
        signed(WireFormat::PrivateMessage, Content::Application(vec![])),
        signed(WireFormat::PrivateMessage, remove()),
        signed_commit(WireFormat::PrivateMessage),
    ];
    for content in contents {
        for padding in [Padding::None, Padding::Block(1000), Padding::Step, Padding::Padme] {
            let message = seal(&content, padding).unwrap();
            assert_eq!(message.group_id, content.content.group_id);
            assert_eq!(message.epoch, content.content.epoch);
            assert_eq!(message.content_type, content.content.content_type());
            assert_eq!(message.authenticated_data, content.content.authenticated_data);
            assert_eq!(open(&message), Ok(content.clone()));
        }
    }
}

#[test]
fn what_is_sent_is_the_message_behind_its_version_and_wire_format() {
    let content = signed(WireFormat::PrivateMessage, application());
    let (step, secret) = (ratchet_move(1), sender_data_secret(2));
    let sealing = Sealing {
        suite: fixtures::suite(),
        content: &content,
        key: step.message_key(),
        reuse_guard: GUARD,
        sender_data_secret: &secret,
        padding: Padding::Block(50),
    };
    let message = MlsMessage::new(MlsMessageBody::PrivateMessage(seal(&content, Padding::Block(50)).unwrap()));
    assert_eq!(sealing.message(), Ok(message.to_bytes().unwrap()));
}

// req: R-6.3.1-01, R-15.1-01
#[test]
fn padding_lengthens_the_ciphertext_to_its_class() {
    let content = signed(WireFormat::PrivateMessage, application());
    // 1 + 5 bytes of data, 2 + 64 of signature; 16 of the AEAD's tag.
    assert_eq!(seal(&content, Padding::None).unwrap().ciphertext.len(), 72 + 16);
    assert_eq!(seal(&content, Padding::Step).unwrap().ciphertext.len(), 96 + 16);
    assert_eq!(seal(&content, Padding::Block(100)).unwrap().ciphertext.len(), 100 + 16);
}

// req: R-6.3.2-01, R-6.3.1-08
#[test]
fn sender_data_names_leaf_generation_and_reuse_guard() {
    let message = seal(&signed(WireFormat::PrivateMessage, remove()), Padding::None).unwrap();
    let opened = message.open_sender_data(fixtures::suite(), &sender_data_secret(2));
    assert_eq!(opened, Ok(sender_data()));
    let bytes = [0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];
    assert_eq!(sender_data().to_bytes().unwrap(), bytes);
}

// req: R-6.3.2-01
// bad: valn-1305
#[test]
fn sender_data_is_refused_to_all_but_members() {
    for sender in [Sender::External(0), Sender::NewMemberProposal, Sender::NewMemberCommit] {
        let want = Err(FramingError::NonMemberInPrivateMessage);
        assert_eq!(SenderData::new(sender, 0, GUARD), want);
        let mut content = signed(WireFormat::PrivateMessage, remove());
        content.content.sender = sender;
        assert_eq!(seal(&content, Padding::None).map(drop), Err(FramingError::NonMemberInPrivateMessage));
    }
}

// req: R-6.3.1-07, R-6.3.1-09, R-6.3.1-10
#[test]
fn the_reuse_guard_is_mixed_into_the_nonce() {
    let suite = fixtures::suite();
    let message = seal(&signed(WireFormat::PrivateMessage, remove()), Padding::None).unwrap();
    let step = ratchet_move(1);
    let key = step.message_key();
    let mut nonce = key.nonce().as_bytes().to_vec();
    let aad = content_aad(&message);
    assert!(suite.aead_open(key.key().as_bytes(), &nonce, &aad, &message.ciphertext).is_err());
    for (byte, guard) in nonce.iter_mut().zip(GUARD) {
        *byte ^= guard;
    }
    assert!(suite.aead_open(key.key().as_bytes(), &nonce, &aad, &message.ciphertext).is_ok());
    let unguarded = SenderData { reuse_guard: [0; 4], ..sender_data() };
    assert_eq!(open_content(&message, &unguarded), Err(FramingError::DecryptionFailed));
}

/// `PrivateContentAAD`, written by hand.
fn content_aad(message: &PrivateMessage) -> Vec<u8> {
    let mut aad = vec![];
    encode_opaque(&message.group_id, &mut aad).unwrap();
    aad.extend(message.epoch.to_be_bytes());
    message.content_type.encode(&mut aad).unwrap();
    encode_opaque(&message.authenticated_data, &mut aad).unwrap();
    aad
}

// req: R-6.3.1-10
#[test]
fn the_content_s_encryption_covers_every_field_in_the_clear() {
    let want = Err(FramingError::DecryptionFailed);
    let message = seal(&signed(WireFormat::PrivateMessage, remove()), Padding::None).unwrap();
    let spoilt = |spoil: fn(&mut PrivateMessage)| {
        let mut message = message.clone();
        spoil(&mut message);
        open_content(&message, &sender_data())
    };
    assert!(spoilt(|_| ()).is_ok());
    assert_eq!(spoilt(|m| m.group_id[0] ^= 1), want);
    assert_eq!(spoilt(|m| m.epoch += 1), want);
    assert_eq!(spoilt(|m| m.content_type = ContentType::Commit), want);
    assert_eq!(spoilt(|m| m.authenticated_data.push(0)), want);
    assert_eq!(spoilt(|m| m.ciphertext[0] ^= 1), want);
    assert_eq!(spoilt(|m| m.ciphertext.truncate(15)), want);
    assert_eq!(spoilt(|m| m.ciphertext.clear()), want);
}

// req: R-6.3.2-04
#[test]
fn the_sender_data_s_encryption_covers_group_epoch_type_and_sample() {
    let want = Err(FramingError::DecryptionFailed);
    let suite = fixtures::suite();
    let message = seal(&signed(WireFormat::PrivateMessage, remove()), Padding::None).unwrap();
    let spoilt = |spoil: fn(&mut PrivateMessage)| {
        let mut message = message.clone();
        spoil(&mut message);
        message.open_sender_data(suite, &sender_data_secret(2))
    };
    assert_eq!(spoilt(|m| m.group_id[0] ^= 1), want);
    assert_eq!(spoilt(|m| m.epoch += 1), want);
    assert_eq!(spoilt(|m| m.content_type = ContentType::Commit), want);
    assert_eq!(spoilt(|m| m.encrypted_sender_data[0] ^= 1), want);
    assert_eq!(spoilt(|m| m.encrypted_sender_data.clear()), want);
    // req: R-6.3.2-02
    assert_eq!(spoilt(|m| m.ciphertext[31] ^= 1), want);
    // Neither beyond the sample nor the authenticated data.
    assert_eq!(spoilt(|m| m.ciphertext[32] ^= 1), Ok(sender_data()));
    assert_eq!(spoilt(|m| m.authenticated_data.push(0)), Ok(sender_data()));
    assert_eq!(message.open_sender_data(suite, &sender_data_secret(3)), want);
}

/// A message around this ciphertext, with `plaintext` as its sender data; the sample is given.
fn with_sender_data(ciphertext: &[u8], sample: &[u8], plaintext: &[u8]) -> PrivateMessage {
    let suite = fixtures::suite();
    let secret = sender_data_secret(2);
    let key = suite.expand_with_label(secret.as_bytes(), b"key", sample, suite.aead_key_len()).unwrap();
    let nonce = suite.expand_with_label(secret.as_bytes(), b"nonce", sample, suite.aead_nonce_len()).unwrap();
    let mut message = fixtures::private_message();
    message.ciphertext = ciphertext.to_vec();
    let aad = [&[5][..], b"group", &[0, 0, 0, 0, 0, 0, 0, 5, 3]].concat();
    message.encrypted_sender_data = suite.aead_seal(key.as_bytes(), nonce.as_bytes(), &aad, plaintext).unwrap();
    message
}

// req: R-6.3.2-02, R-6.3.2-03, R-6.3.2-04
#[test]
fn the_sample_is_the_hash_length_or_the_whole_ciphertext() {
    let plaintext = sender_data().to_bytes().unwrap();
    let ciphertext: Vec<u8> = (0..40).collect();
    for len in [0, 1, 31, 32, 33, 40] {
        let ciphertext = &ciphertext[..len];
        let message = with_sender_data(ciphertext, &ciphertext[..len.min(32)], &plaintext);
        let opened = message.open_sender_data(fixtures::suite(), &sender_data_secret(2));
        assert_eq!(opened, Ok(sender_data()));
    }
}

#[test]
fn sender_data_of_another_length_is_malformed() {
    let opened = |plaintext: &[u8]| {
        with_sender_data(b"text", b"text", plaintext).open_sender_data(fixtures::suite(), &sender_data_secret(2))
    };
    let malformed = |kind, offset| Err(FramingError::Malformed(DecodeError::new(kind, offset)));
    let plaintext = [0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 0];
    assert_eq!(opened(&plaintext), malformed(DecodeErrorKind::TrailingBytes, 12));
    assert_eq!(opened(&plaintext[..11]), malformed(DecodeErrorKind::UnexpectedEnd, 8));
    let no_leaf = [0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
    assert_eq!(opened(&no_leaf), malformed(DecodeErrorKind::InvalidValue, 0));
}

/// A message of application data whose plaintext is made by hand.
fn with_plaintext(plaintext: &[u8]) -> PrivateMessage {
    let step = ratchet_move(1);
    let key = step.message_key();
    let mut message = fixtures::private_message();
    message.content_type = ContentType::Application;
    let nonce = key.guarded_nonce(GUARD);
    let aad = content_aad(&message);
    message.ciphertext = fixtures::suite().aead_seal(key.key().as_bytes(), nonce.as_bytes(), &aad, plaintext).unwrap();
    message
}

// req: R-6.3.1-02, R-6.3.1-03
#[test]
fn padding_that_is_not_all_zero_is_refused() {
    // Data "a", a signature of two bytes, then padding.
    let content = [1, b'a', 2, 8, 9];
    for padding in [&[][..], &[0], &[0; 40]] {
        let message = with_plaintext(&[&content, padding].concat());
        let opened = open_content(&message, &sender_data()).unwrap();
        assert_eq!(opened.content.content, Content::Application(b"a".to_vec()));
        assert_eq!(opened.auth.signature, [8, 9]);
    }
    for padding in [&[1][..], &[0, 0x80], &[0, 1, 0], &[0xff, 0xff]] {
        let message = with_plaintext(&[&content, padding].concat());
        assert_eq!(open_content(&message, &sender_data()), Err(FramingError::NonZeroPadding));
    }
}

#[test]
fn a_plaintext_that_does_not_decode_is_malformed() {
    let malformed = |kind, offset| Err(FramingError::Malformed(DecodeError::new(kind, offset)));
    let opened = |plaintext: &[u8]| open_content(&with_plaintext(plaintext), &sender_data());
    assert_eq!(opened(&[]), malformed(DecodeErrorKind::UnexpectedEnd, 0));
    assert_eq!(opened(&[1, b'a']), malformed(DecodeErrorKind::UnexpectedEnd, 2));
    assert_eq!(opened(&[3, b'a']), malformed(DecodeErrorKind::LengthOverflow, 0));
    assert_eq!(opened(&[0x40, 1, b'a', 0]), malformed(DecodeErrorKind::NonMinimalLength, 0));
}

// req: R-6.1-14
#[test]
fn a_confirmation_tag_is_on_commits_and_nowhere_else() {
    let commit = signed(WireFormat::PrivateMessage, Content::Commit(Arc::new(fixtures::commit())));
    assert_eq!(seal(&commit, Padding::None), Err(FramingError::MissingConfirmationTag));
    let mut proposal = signed(WireFormat::PrivateMessage, remove());
    proposal.auth.confirmation_tag = Some(vec![9; 32]);
    assert_eq!(seal(&proposal, Padding::None), Err(FramingError::UnexpectedConfirmationTag));
}

// req: R-6.1-17
#[test]
fn content_for_another_wire_format_is_not_encrypted() {
    let content = signed(WireFormat::PublicMessage, remove());
    assert_eq!(seal(&content, Padding::None), Err(FramingError::WrongWireFormat));
}

#[test]
fn debug_shows_no_application_data() {
    let text = format!("{:?}", signed(WireFormat::PrivateMessage, application()));
    assert!(text.contains("Application(<5 bytes>)"), "{text}");
    assert!(!text.contains("hello") && !text.contains("104, 101"), "{text}");
}
