//! A member that acts: the engine with a store in memory, every question answered with yes.

use std::collections::BTreeMap;
use std::sync::Arc;

use mls_codec::Decode;
use mls_core::credential::Credential;
use mls_core::custom::CustomTypes;
use mls_core::env::{Env, Signers, UnixTime};
use mls_core::extension::Extensions;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::*;
use mls_core::identity::{CredentialCheck, MemberId};
use mls_core::limits::Limits;
use mls_core::psk::{PreSharedKeyId, Psk, PskValue};
use mls_core::record::{Delta, Durable, GroupId, Missing, RecordKey, RecordPrefix, Records, Write};
use mls_core::tree::leaf_node::Capabilities;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::{CipherSuite, CryptoProvider, SecretBytes, SignaturePublicKey, SigningKey};

use super::super::cases::{Outcome, must, some};
use super::source::{NOW, Seeded, Source, lifetime};

#[derive(Default)]
struct Keys(BTreeMap<SignaturePublicKey, Arc<dyn SigningKey>>);

impl Signers for Keys {
    fn signer(&self, public: &SignaturePublicKey) -> Option<Arc<dyn SigningKey>> {
        self.0.get(public).cloned()
    }
}

pub(super) struct Member<'a> {
    name: String,
    crypto: &'a dyn CryptoProvider,
    suite: CipherSuite,
    rng: Seeded,
    keys: Keys,
    records: BTreeMap<RecordKey, SecretBytes>,
    pub(super) psks: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(super) signature_key: SignaturePublicKey,
    group: Option<Group>,
}

impl<'a> Member<'a> {
    pub(super) fn new(source: &mut Source<'a>, name: &str) -> Result<Self, String> {
        let seed = u64::from(source.below(u32::MAX));
        let mut member = Self {
            name: name.to_owned(),
            crypto: source.crypto,
            suite: source.suite.id(),
            rng: Seeded(seed),
            keys: Keys::default(),
            records: BTreeMap::new(),
            psks: BTreeMap::new(),
            signature_key: SignaturePublicKey::from(Vec::new()),
            group: None,
        };
        let fresh = must("signer", generate_signer(member.suite, &mut member.env()))?;
        let durable = member.store(fresh.delta());
        let public = must("signer", fresh.release(durable))?;
        let key = RecordKey::Signer(public.clone());
        let record = SecretBytes::from_slice(some("record", member.records.get(&key))?.as_bytes());
        let signer = must("signer", signer_from_record(record.as_bytes(), &member.env()))?;
        member.keys.0.insert(public.clone(), signer);
        member.signature_key = public;
        Ok(member)
    }

    fn env(&mut self) -> Env<'_> {
        let limits = Limits::default();
        Env {
            crypto: self.crypto,
            signers: &self.keys,
            rng: &mut self.rng,
            now: UnixTime(NOW),
            limits,
            custom: CustomTypes::none(),
        }
    }

    fn store(&mut self, delta: &Delta) -> Durable {
        for write in delta.writes() {
            match write {
                Write::DeletePrefix(prefix) => self.records.retain(|key, _| !prefix.covers(key)),
                Write::Put(key, value) => {
                    self.records.insert(key.clone(), SecretBytes::from_slice(value));
                }
                Write::Delete(key) => {
                    self.records.remove(key);
                }
                _ => {}
            }
        }
        Durable::i_stored(delta)
    }

    fn read(&self, missing: &Missing) -> Records {
        let copy = |value: &SecretBytes| SecretBytes::from_slice(value.as_bytes());
        let records = missing.keys.iter().map(|key| (key.clone(), self.records.get(key).map(copy))).collect();
        let below = |prefix: &RecordPrefix| {
            let found = self.records.iter().filter(|(key, _)| prefix.covers(key));
            found.map(|(key, value)| (key.clone(), copy(value))).collect()
        };
        Records { records, sets: missing.prefixes.iter().map(|prefix| (prefix.clone(), below(prefix))).collect() }
    }

    fn leaf(&self) -> LeafSpec {
        LeafSpec {
            credential: Credential::Basic { identity: self.name.clone().into_bytes() },
            signature_key: self.signature_key.clone(),
            capabilities: Capabilities::of_engine(self.crypto),
            extensions: Extensions::new(),
            lifetime: lifetime(),
        }
    }

    pub(super) fn group(&self) -> Result<&Group, String> {
        some("group", self.group.as_ref())
    }

    pub(super) fn own_leaf(&self) -> Result<LeafIndex, String> {
        Ok(self.group()?.own_leaf())
    }

    pub(super) fn create(&mut self, id: Vec<u8>) -> Outcome {
        let group_id = Some(GroupId::from(id));
        let plan = CreateGroup { group_id, cipher_suite: self.suite, leaf: self.leaf(), extensions: Extensions::new() };
        let fresh = must("create", create_group(&plan, &mut self.env()))?;
        let durable = self.store(fresh.delta());
        self.group = Some(must("create", fresh.release(durable))?);
        Ok(())
    }

    pub(super) fn key_package(&mut self) -> Result<NewKeyPackage, String> {
        let spec = KeyPackageSpec { cipher_suite: self.suite, leaf: self.leaf(), extensions: Extensions::new() };
        let fresh = must("key package", generate_key_package(&spec, &mut self.env()))?;
        let durable = self.store(fresh.delta());
        must("key package", fresh.release(durable))
    }

    fn answers(&self, checks: &[CredentialCheck], psks: &[PreSharedKeyId]) -> Answers {
        let mut answers = Answers::new();
        for check in checks {
            let id = MemberId(check.signature_key.as_bytes().to_vec());
            let id =
                if let Credential::Basic { identity } = &check.credential { MemberId(identity.clone()) } else { id };
            answers.vouch(check.accept(id));
        }
        for id in psks {
            if let Psk::External { psk_id } = &id.psk
                && let Some(value) = self.psks.get(psk_id)
            {
                answers.psk(id.clone(), PskValue::from_bytes(SecretBytes::from_slice(value)));
            }
        }
        answers
    }

    /// Calls an operation until no record that it needs is missing. The group is out of `self` meanwhile.
    fn with<T, E: core::fmt::Debug>(
        &mut self,
        what: &str,
        missing: impl Fn(&E) -> Option<&Missing>,
        mut op: impl FnMut(&mut Self, &Group) -> Result<T, E>,
    ) -> Result<T, String> {
        let mut group = some("group", self.group.take())?;
        for _ in 0..8 {
            match op(self, &group) {
                Err(error) => {
                    let keys = missing(&error).ok_or_else(|| format!("{what}: {error:?}"))?;
                    let records = self.read(keys);
                    must(what, group.admit(records, &mut self.env()))?;
                }
                Ok(done) => {
                    self.group = Some(group);
                    return Ok(done);
                }
            }
        }
        Err(format!("{what}: never finds what it needs"))
    }

    fn apply<T>(&mut self, step: Step<T>) -> Result<T, String> {
        let durable = self.store(step.delta());
        must("apply", step.apply(some("group", self.group.as_mut())?, durable))
    }

    pub(super) fn propose(&mut self, proposing: &Proposing, options: &SendOptions) -> Result<Vec<u8>, String> {
        let step = self.with("propose", ProposeError::missing, |this, group| {
            propose(group, proposing.clone(), options, &mut this.env())
        })?;
        Ok(self.apply(step)?.message)
    }

    /// Commits and moves on.
    pub(super) fn commit(&mut self, plan: &CommitPlan) -> Result<CommitOutput, String> {
        let step = self.with("commit", CommitError::missing, |this, group| {
            let draft = commit(group, plan, &mut this.env())?;
            let ruling = draft.question().accept();
            let vetted = draft.rule(ruling, group, &mut this.env())?;
            let answers = this.answers(vetted.credentials(), vetted.psks());
            vetted.resume(group, &answers, &mut this.env())
        })?;
        let output = self.apply(step)?;
        let step = self.with("accept", CommitError::missing, |this, group| accept_commit(group, &mut this.env()))?;
        self.apply(step)?;
        Ok(output)
    }

    pub(super) fn receive(&mut self, bytes: &[u8]) -> Outcome {
        let message = must("message", MlsMessage::from_bytes(bytes))?;
        let (proposal, commit) = self.with("receive", ReceiveError::missing, |this, group| {
            Ok::<_, ReceiveError>(match receive(group, &message, &mut this.env())? {
                Inbound::Proposal(pending) => {
                    let answers = this.answers(pending.credentials(), &[]);
                    (Some(pending.resume(group, &answers, &mut this.env())?), None)
                }
                Inbound::Commit(pending) => {
                    let ruling = pending.question().accept();
                    let vetted = pending.rule(ruling, group, &mut this.env())?;
                    let answers = this.answers(vetted.credentials(), vetted.psks());
                    (None, Some(vetted.resume(group, &answers, &mut this.env())?))
                }
                _ => (None, None),
            })
        })?;
        match (proposal, commit) {
            (Some(step), _) => self.apply(step).map(drop),
            (_, Some(step)) => self.apply(step).map(drop),
            _ => Err("neither proposal nor commit".to_owned()),
        }
    }

    pub(super) fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> Outcome {
        let MlsMessageBody::Welcome(welcome) = must("welcome", MlsMessage::from_bytes(welcome))?.body else {
            return Err("no Welcome".to_owned());
        };
        let own = welcome.secrets.iter().find_map(|entry| {
            let record = self.records.get(&RecordKey::KeyPackage(entry.new_member.into()))?;
            Some((entry.new_member, SecretBytes::from_slice(record.as_bytes())))
        });
        let (reference, record) = some("key package", own)?;
        let opened = must("join", open_welcome(&welcome, &reference, record.as_bytes(), tree, &mut self.env()))?;
        let answers = self.answers(&[], opened.psks());
        let pending = must("join", opened.resume(&answers, &mut self.env()))?;
        let answers = self.answers(pending.credentials(), &[]);
        let fresh = must("join", pending.resume(&answers, &mut self.env()))?;
        let durable = self.store(fresh.delta());
        self.group = Some(must("join", fresh.release(durable))?);
        Ok(())
    }
}
