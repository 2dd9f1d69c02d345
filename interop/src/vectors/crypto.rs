//! The files about primitives and derivations: RFC 9420 sections 2, 5, 8 and 9.

use mls_codec::{Decode, Encode, Reader, decode_header, encode_header};
use mls_core::framing::{AuthenticatedContent, confirmed_transcript_hash, interim_transcript_hash};
use mls_core::group_context::GroupContext;
use mls_core::key_schedule::{
    CommitSecret, ConfirmationKey, EncryptionSecret, InitSecret, JoinerSecret, PskSecret, SenderDataSecret,
    verify_confirmation_tag,
};
use mls_core::psk::{PreSharedKeyId, Psk, PskValue, psk_secret as combine};
use mls_core::secret_tree::{RatchetType, SecretTree, SecretTreeLimits};
use mls_core::tree::math::{LeafIndex, TreeSize};
use mls_crypto_traits::{
    CryptoProvider, HpkeCiphertext, HpkePrivateKey, HpkePublicKey, SignaturePrivateKey, SignaturePublicKey,
};
use serde::Deserialize;
use serde_json::Value;

use super::cases::{CountingRng, Hex, Outcome, equal, holds, must, parse, some};
use super::suite;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Basics {
    cipher_suite: u16,
    ref_hash: RefHash,
    expand_with_label: Expand,
    derive_secret: Derive,
    derive_tree_secret: DeriveTree,
    sign_with_label: Sign,
    encrypt_with_label: EncryptCase,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefHash {
    label: String,
    value: Hex,
    out: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expand {
    secret: Hex,
    label: String,
    context: Hex,
    length: usize,
    out: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Derive {
    secret: Hex,
    label: String,
    out: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeriveTree {
    secret: Hex,
    label: String,
    generation: u32,
    length: usize,
    out: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sign {
    #[serde(rename = "priv")]
    private: Hex,
    #[serde(rename = "pub")]
    public: Hex,
    content: Hex,
    label: String,
    signature: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EncryptCase {
    #[serde(rename = "priv")]
    private: Hex,
    #[serde(rename = "pub")]
    public: Hex,
    label: String,
    context: Hex,
    plaintext: Hex,
    kem_output: Hex,
    ciphertext: Hex,
}

pub(super) fn crypto_basics(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: Basics = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let RefHash { label, value, out } = case.ref_hash;
    equal("RefHash", must("RefHash", suite.ref_hash(label.as_bytes(), &value.0))?.as_bytes(), &out.0)?;
    let Expand { secret, label, context, length, out } = case.expand_with_label;
    let found = must("ExpandWithLabel", suite.expand_with_label(&secret.0, label.as_bytes(), &context.0, length))?;
    equal("ExpandWithLabel", found.as_bytes(), &out.0)?;
    let Derive { secret, label, out } = case.derive_secret;
    let found = must("DeriveSecret", suite.derive_secret(&secret.0, label.as_bytes()))?;
    equal("DeriveSecret", found.as_bytes(), &out.0)?;
    let DeriveTree { secret, label, generation, length, out } = case.derive_tree_secret;
    let found = suite.derive_tree_secret(&secret.0, label.as_bytes(), generation, length);
    equal("DeriveTreeSecret", must("DeriveTreeSecret", found)?.as_bytes(), &out.0)?;

    let Sign { private, public, content, label, signature } = case.sign_with_label;
    let public = SignaturePublicKey::from(public.0);
    let verify = |signature: &[u8]| suite.verify_with_label(&public, label.as_bytes(), &[&content.0], signature);
    must("VerifyWithLabel", verify(&signature.0))?;
    let key = must("signing key", suite.signing_key(&SignaturePrivateKey::from_bytes(private.0)))?;
    let ours = must("SignWithLabel", suite.sign_with_label(key.as_ref(), label.as_bytes(), &[&content.0]))?;
    must("own signature", verify(&ours))?;

    let EncryptCase { private, public, label, context, plaintext, kem_output, ciphertext } = case.encrypt_with_label;
    let private = HpkePrivateKey::from_bytes(private.0);
    let open = |sealed: &HpkeCiphertext| suite.decrypt_with_label(&private, label.as_bytes(), &context.0, sealed);
    let theirs = HpkeCiphertext { kem_output: kem_output.0, ciphertext: ciphertext.0 };
    equal("DecryptWithLabel", must("DecryptWithLabel", open(&theirs))?.as_bytes(), &plaintext.0)?;
    let public = HpkePublicKey::from(public.0);
    let rng = &mut CountingRng(1);
    let ours = suite.encrypt_with_label(&public, label.as_bytes(), &context.0, &plaintext.0, rng);
    equal("own ciphertext", must("open", open(&must("EncryptWithLabel", ours)?))?.as_bytes(), &plaintext.0)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    vlbytes_header: Hex,
    length: usize,
}

pub(super) fn deserialization(_: &dyn CryptoProvider, case: Value) -> Outcome {
    let Header { vlbytes_header, length } = parse(case)?;
    let mut reader = Reader::new(&vlbytes_header.0);
    let found = must("header", decode_header(&mut reader))?;
    holds("length", found == length && reader.is_empty())?;
    let mut ours = Vec::new();
    must("encoding", encode_header(length, &mut ours))?;
    equal("own header", &ours, &vlbytes_header.0)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    cipher_suite: u16,
    group_id: Hex,
    initial_init_secret: Hex,
    epochs: Vec<ScheduleEpoch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleEpoch {
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
#[serde(deny_unknown_fields)]
struct Exporter {
    label: String,
    context: Hex,
    length: usize,
    secret: Hex,
}

pub(super) fn key_schedule(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: Schedule = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let mut init = InitSecret::from_bytes(case.initial_init_secret.secret());
    for (number, epoch) in (0_u64..).zip(&case.epochs) {
        let context = must("GroupContext", GroupContext::from_bytes(&epoch.group_context.0))?;
        equal("GroupContext", &must("GroupContext", context.to_bytes())?, &epoch.group_context.0)?;
        holds("epoch", context.epoch == number && context.cipher_suite == suite.id())?;
        equal("group_id", &context.group_id, &case.group_id.0)?;
        equal("tree_hash", &context.tree_hash, &epoch.tree_hash.0)?;
        let confirmed = &epoch.confirmed_transcript_hash.0;
        equal("confirmed_transcript_hash", &context.confirmed_transcript_hash, confirmed)?;
        let commit_secret = CommitSecret::from_bytes(epoch.commit_secret.secret());
        let psk_secret = PskSecret::from_bytes(epoch.psk_secret.secret());
        let joiner = JoinerSecret::derive(suite, init, &commit_secret, &epoch.group_context.0);
        let joiner = must("joiner_secret", joiner)?;
        equal("joiner_secret", joiner.as_bytes(), &epoch.joiner_secret.0)?;
        let intermediate = must("psk", joiner.mix_psk(suite, &psk_secret))?;
        let welcome = must("welcome_secret", intermediate.welcome_secret(suite))?;
        equal("welcome_secret", welcome.as_bytes(), &epoch.welcome_secret.0)?;
        let secrets = must("epoch", intermediate.enter_epoch(suite, &epoch.group_context.0))?;
        equal("sender_data_secret", secrets.sender_data.as_bytes(), &epoch.sender_data_secret.0)?;
        equal("encryption_secret", secrets.encryption.as_bytes(), &epoch.encryption_secret.0)?;
        equal("exporter_secret", secrets.exporter.as_bytes(), &epoch.exporter_secret.0)?;
        equal("external_secret", secrets.external.as_bytes(), &epoch.external_secret.0)?;
        equal("confirmation_key", secrets.confirmation_key.as_bytes(), &epoch.confirmation_key.0)?;
        equal("membership_key", secrets.membership_key.as_bytes(), &epoch.membership_key.0)?;
        equal("resumption_psk", secrets.resumption_psk.as_bytes(), &epoch.resumption_psk.0)?;
        equal("epoch_authenticator", secrets.epoch_authenticator.as_bytes(), &epoch.epoch_authenticator.0)?;
        equal("init_secret", secrets.init.as_bytes(), &epoch.init_secret.0)?;
        let external = must("external_pub", secrets.external.key_pair(suite))?;
        equal("external_pub", external.public.as_bytes(), &epoch.external_pub.0)?;
        let Exporter { label, context, length, secret } = &epoch.exporter;
        let exported = secrets.exporter.export(suite, label.as_bytes(), &context.0, *length);
        equal("exporter", must("exporter", exported)?.as_bytes(), &secret.0)?;
        init = secrets.init;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PskCase {
    cipher_suite: u16,
    psks: Vec<PskEntry>,
    psk_secret: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PskEntry {
    psk_id: Hex,
    psk: Hex,
    psk_nonce: Hex,
}

pub(super) fn psk_secret(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: PskCase = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let psks: Vec<_> = case
        .psks
        .into_iter()
        .map(|PskEntry { psk_id, psk, psk_nonce }| {
            let id = PreSharedKeyId { psk: Psk::External { psk_id: psk_id.0 }, psk_nonce: psk_nonce.0 };
            (id, PskValue::from_bytes(psk.secret()))
        })
        .collect();
    let psks: Vec<_> = psks.iter().map(|(id, psk)| (id, psk)).collect();
    equal("psk_secret", must("psk_secret", combine(suite, &psks))?.as_bytes(), &case.psk_secret.0)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretTreeCase {
    cipher_suite: u16,
    encryption_secret: Hex,
    sender_data: SenderDataCase,
    leaves: Vec<Vec<Generation>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SenderDataCase {
    sender_data_secret: Hex,
    ciphertext: Hex,
    key: Hex,
    nonce: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generation {
    generation: u32,
    application_key: Hex,
    application_nonce: Hex,
    handshake_key: Hex,
    handshake_nonce: Hex,
}

pub(super) fn secret_tree(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: SecretTreeCase = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let SenderDataCase { sender_data_secret, ciphertext, key, nonce } = case.sender_data;
    let secret = SenderDataSecret::from_bytes(sender_data_secret.secret());
    let found = must("sender data", secret.key_and_nonce(suite, &ciphertext.0))?;
    equal("sender data key", found.key.as_bytes(), &key.0)?;
    equal("sender data nonce", found.nonce.as_bytes(), &nonce.0)?;
    let leaves = u32::try_from(case.leaves.len()).map_err(|error| error.to_string())?;
    let size = some("size", TreeSize::for_leaves(leaves))?;
    let mut tree = SecretTree::new(size, EncryptionSecret::from_bytes(case.encryption_secret.secret()));
    for (leaf, generations) in (0..).zip(&case.leaves) {
        let leaf = some("leaf", LeafIndex::new(leaf))?;
        for at in generations {
            for (kind, key, nonce) in [
                (RatchetType::Application, &at.application_key, &at.application_nonce),
                (RatchetType::Handshake, &at.handshake_key, &at.handshake_nonce),
            ] {
                let step = tree.plan_open(suite, leaf, kind, at.generation, &SecretTreeLimits::DEFAULT);
                let step = must("ratchet", step)?;
                equal("key", step.message_key().key().as_bytes(), &key.0)?;
                equal("nonce", step.message_key().nonce().as_bytes(), &nonce.0)?;
                drop(tree.apply(step));
            }
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transcript {
    cipher_suite: u16,
    confirmation_key: Hex,
    authenticated_content: Hex,
    interim_transcript_hash_before: Hex,
    confirmed_transcript_hash_after: Hex,
    interim_transcript_hash_after: Hex,
}

pub(super) fn transcript_hashes(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: Transcript = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let commit = must("AuthenticatedContent", AuthenticatedContent::from_bytes(&case.authenticated_content.0))?;
    let before = &case.interim_transcript_hash_before.0;
    let confirmed = must("confirmed", confirmed_transcript_hash(suite, before, &commit))?;
    equal("confirmed_transcript_hash", confirmed.as_bytes(), &case.confirmed_transcript_hash_after.0)?;
    let tag = some("confirmation_tag", commit.auth.confirmation_tag)?;
    let interim = must("interim", interim_transcript_hash(suite, confirmed.as_bytes(), &tag))?;
    equal("interim_transcript_hash", interim.as_bytes(), &case.interim_transcript_hash_after.0)?;
    let key = ConfirmationKey::from_bytes(case.confirmation_key.secret());
    let good = verify_confirmation_tag(suite, &key, confirmed.as_bytes(), &tag);
    holds("confirmation_tag", must("confirmation_tag", good)?)
}
