//! The files that follow a group through the whole engine: RFC 9420 sections 12.4.2 and 12.4.3.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use mls_codec::Decode;
use mls_core::credential::Credential;
use mls_core::custom::CustomTypes;
use mls_core::env::{Env, Signers, UnixTime};
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{Answers, Group, Inbound, Step, key_package_record, open_welcome, receive};
use mls_core::identity::{CredentialCheck, MemberId};
use mls_core::limits::Limits;
use mls_core::psk::{PreSharedKeyId, Psk, PskValue};
use mls_core::record::Durable;
use mls_core::tree::leaf_node::LeafNodeSource;
use mls_crypto_traits::{CryptoProvider, HpkePrivateKey, SignaturePrivateKey, SignaturePublicKey, SigningKey};
use serde::Deserialize;
use serde_json::Value;

use super::cases::{CountingRng, Hex, Outcome, belong, equal, holds, must, parse, some};
use super::suite;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PassiveClient {
    cipher_suite: u16,
    external_psks: Vec<ExternalPsk>,
    key_package: Hex,
    signature_priv: Hex,
    encryption_priv: Hex,
    init_priv: Hex,
    welcome: Hex,
    ratchet_tree: Option<Hex>,
    initial_epoch_authenticator: Hex,
    epochs: Vec<Epoch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExternalPsk {
    psk_id: Hex,
    psk: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Epoch {
    proposals: Vec<Hex>,
    commit: Hex,
    epoch_authenticator: Hex,
}

struct NoSigners;

impl Signers for NoSigners {
    fn signer(&self, _: &SignaturePublicKey) -> Option<Arc<dyn SigningKey>> {
        None
    }
}

/// What the client has around its group. It only ever listens.
struct Client<'a> {
    crypto: &'a dyn CryptoProvider,
    rng: CountingRng,
    now: UnixTime,
    psks: BTreeMap<Vec<u8>, Hex>,
}

impl Client<'_> {
    fn env(&mut self) -> Env<'_> {
        let mut limits = Limits::default();
        // Some lifetimes in the files end with the last second that there is.
        limits.max_lifetime = u64::MAX;
        Env {
            crypto: self.crypto,
            signers: &NoSigners,
            rng: &mut self.rng,
            now: self.now,
            limits,
            custom: CustomTypes::none(),
        }
    }

    /// Vouches for everybody, and hands out the pre-shared keys of the file.
    fn answers(&self, checks: &[CredentialCheck], psks: &[PreSharedKeyId]) -> Answers {
        let mut answers = Answers::new();
        for check in checks {
            let member = match &check.credential {
                Credential::Basic { identity } => identity.clone(),
                _ => check.signature_key.as_bytes().to_vec(),
            };
            answers.vouch(check.accept(MemberId(member)));
        }
        for id in psks {
            if let Psk::External { psk_id } = &id.psk
                && let Some(value) = self.psks.get(psk_id)
            {
                answers.psk(id.clone(), PskValue::from_bytes(value.secret()));
            }
        }
        answers
    }

    fn join(&mut self, case: &PassiveClient) -> Result<Group, String> {
        let message = must("key package", MlsMessage::from_bytes(&case.key_package.0))?;
        let MlsMessageBody::KeyPackage(key_package) = message.body else {
            return Err("no KeyPackage".to_owned());
        };
        let suite = suite(self.crypto, case.cipher_suite)?;
        let signer = SignaturePrivateKey::from_bytes(case.signature_priv.0.clone());
        let signer = must("signer", suite.signing_key(&signer))?;
        holds("signature key", *signer.public_key() == key_package.leaf_node.signature_key)?;
        if let LeafNodeSource::KeyPackage(lifetime) = key_package.leaf_node.leaf_node_source {
            self.now = UnixTime(lifetime.not_before.saturating_add(1));
        }
        let reference = must("reference", key_package.reference(suite))?;
        let len = suite.provider().kem().private_key_len();
        let (init, leaf) = (padded(&case.init_priv, len), padded(&case.encryption_priv, len));
        belong("init key", suite, &init, &key_package.init_key)?;
        belong("encryption key", suite, &leaf, &key_package.leaf_node.encryption_key)?;
        let record = must("record", key_package_record(Arc::unwrap_or_clone(key_package), init, leaf))?;
        let MlsMessageBody::Welcome(welcome) = must("welcome", MlsMessage::from_bytes(&case.welcome.0))?.body else {
            return Err("no Welcome".to_owned());
        };
        let tree = case.ratchet_tree.as_ref().map(|tree| tree.0.as_slice());
        let opened = must("welcome", open_welcome(&welcome, &reference, record.as_bytes(), tree, &mut self.env()))?;
        let answers = self.answers(&[], opened.psks());
        let pending = must("psks", opened.resume(&answers, &mut self.env()))?;
        let answers = self.answers(pending.credentials(), &[]);
        let fresh = must("join", pending.resume(&answers, &mut self.env()))?;
        let durable = Durable::i_stored(fresh.delta());
        must("release", fresh.release(durable))
    }

    fn handle(&mut self, group: &mut Group, bytes: &[u8]) -> Outcome {
        let message = must("message", MlsMessage::from_bytes(bytes))?;
        match must("receive", receive(group, &message, &mut self.env()))? {
            Inbound::Proposal(pending) => {
                let answers = self.answers(pending.credentials(), &[]);
                let step = must("proposal", pending.resume(group, &answers, &mut self.env()))?;
                apply(group, step)
            }
            Inbound::Commit(pending) => {
                let ruling = pending.question().accept();
                let vetted = must("commit", pending.rule(ruling, group, &mut self.env()))?;
                let answers = self.answers(vetted.credentials(), vetted.psks());
                let step = must("commit", vetted.resume(group, &answers, &mut self.env()))?;
                apply(group, step)
            }
            other => Err(format!("unexpected {other:?}")),
        }
    }
}

/// A private key of full length: the files leave out the zeros that a scalar begins with.
fn padded(key: &Hex, len: usize) -> HpkePrivateKey {
    let mut bytes = vec![0; len.saturating_sub(key.0.len())];
    bytes.extend(&key.0);
    HpkePrivateKey::from_bytes(bytes)
}

fn apply<T>(group: &mut Group, step: Step<T>) -> Outcome {
    let durable = Durable::i_stored(step.delta());
    must("apply", step.apply(group, durable)).map(drop)
}

pub(super) fn passive_client(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: PassiveClient = parse(case)?;
    let psks = case.external_psks.iter().map(|entry| (entry.psk_id.0.clone(), entry.psk.clone())).collect();
    let mut client = Client { crypto: provider, rng: CountingRng(3), now: UnixTime(0), psks };
    let mut group = client.join(&case)?;
    equal("initial epoch", group.epoch_authenticator(), &case.initial_epoch_authenticator.0)?;
    let first = group.epoch();
    for (number, epoch) in (1_u64..).zip(&case.epochs) {
        for proposal in &epoch.proposals {
            client.handle(&mut group, &proposal.0).map_err(|error| format!("epoch {number}: {error}"))?;
        }
        client.handle(&mut group, &epoch.commit.0).map_err(|error| format!("epoch {number}: {error}"))?;
        holds("epoch number", Some(group.epoch()) == first.checked_add(number))?;
        equal("epoch authenticator", group.epoch_authenticator(), &epoch.epoch_authenticator.0)?;
    }
    some("member", group.is_active().then_some(()))
}
