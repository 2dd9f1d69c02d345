//! Members with a store in memory, driven as an application would: every question is answered, every delta stored
//! before it is applied.
#![allow(
    dead_code,
    unreachable_patterns,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::unwrap_in_result,
    clippy::missing_errors_doc,
    reason = "test support"
)]

use std::borrow::ToOwned;
use std::boxed::Box;
use std::collections::BTreeMap;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use mls_codec::Decode;
use mls_core::credential::Credential;
use mls_core::custom::CustomTypes;
use mls_core::env::{Env, Signers, UnixTime};
use mls_core::extension::Extensions;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::*;
use mls_core::identity::MemberId;
use mls_core::limits::Limits;
use mls_core::psk::{PreSharedKeyId, Psk, PskValue};
use mls_core::record::{
    Delta, Durable, GroupId, Missing as MissingRecords, Precondition, RecordKey, Records, SharedNode, Write,
};
use mls_core::tree::leaf_node::{Capabilities, Lifetime};
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CipherSuite, CryptoError, CryptoProvider, Rng, SecretBytes, SignaturePublicKey, SigningKey};
use zeroize::Zeroize;

pub const NOW: u64 = 1_700_000_000;

/// A small deterministic generator (`SplitMix64`); no security is needed here.
pub struct TestRng(pub u64);

impl Rng for TestRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for chunk in out.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// A store that counts what is read and written, and wipes what is replaced or deleted.
#[derive(Default)]
pub struct Store {
    pub records: BTreeMap<RecordKey, Vec<u8>>,
    /// The records of tree nodes once more, to be shared.
    pub nodes: BTreeMap<RecordKey, SharedNode>,
    pub reads: usize,
    pub writes: usize,
    pub bytes: usize,
}

impl Store {
    pub fn commit(&mut self, delta: &Delta) -> Durable {
        for precondition in delta.preconditions() {
            match precondition {
                Precondition::Equals(key, value) => {
                    assert_eq!(self.records.get(key).map(Vec::as_slice), Some(value.as_bytes()), "{key:?}");
                }
                Precondition::Present(key) => assert!(self.records.contains_key(key), "{key:?}"),
                Precondition::Absent(key) => assert!(!self.records.contains_key(key), "{key:?}"),
                other => panic!("{other:?}"),
            }
        }
        for (write, node) in delta.writes_and_nodes() {
            self.writes += 1;
            match write {
                Write::DeletePrefix(prefix) => {
                    self.nodes.retain(|key, _| !prefix.covers(key));
                    self.records.retain(|key, value| {
                        let stays = !prefix.covers(key);
                        if !stays {
                            value.zeroize();
                        }
                        stays
                    });
                }
                Write::Put(key, value) => {
                    self.bytes += value.len();
                    self.records.insert(key.clone(), value.to_vec()).zeroize();
                    self.nodes.extend(node.map(|node| (key.clone(), SharedNode::from(node))));
                }
                Write::Delete(key) => {
                    self.nodes.remove(key);
                    self.records.remove(key).zeroize();
                }
                other => panic!("{other:?}"),
            }
        }
        Durable::i_stored(delta)
    }

    pub fn get(&mut self, key: &RecordKey) -> Option<SecretBytes> {
        self.reads += 1;
        self.records.get(key).map(|value| SecretBytes::from_slice(value))
    }

    pub fn read(&mut self, missing: &MissingRecords) -> Records {
        let records = missing.keys.iter().map(|key| (key.clone(), self.get(key))).collect();
        let sets = missing
            .prefixes
            .iter()
            .map(|prefix| {
                self.reads += 1;
                // In an order of its own, as a store may.
                let set = self
                    .records
                    .iter()
                    .rev()
                    .filter(|(key, _)| prefix.covers(key))
                    .map(|(key, value)| (key.clone(), SecretBytes::from_slice(value)))
                    .collect();
                (prefix.clone(), set)
            })
            .collect();
        Records { records, sets }
    }
}

#[derive(Default)]
pub struct KeyStore(pub BTreeMap<SignaturePublicKey, Arc<dyn SigningKey>>);

impl Signers for KeyStore {
    fn signer(&self, public: &SignaturePublicKey) -> Option<Arc<dyn SigningKey>> {
        self.0.get(public).cloned()
    }
}

/// What is needed around the engine.
pub struct World {
    pub crypto: Arc<dyn CryptoProvider>,
    pub signers: KeyStore,
    pub rng: TestRng,
    pub now: u64,
    pub limits: Limits,
    pub custom: CustomTypes,
}

impl World {
    pub fn env(&mut self) -> Env<'_> {
        Env {
            crypto: self.crypto.as_ref(),
            signers: &self.signers,
            rng: &mut self.rng,
            now: UnixTime(self.now),
            limits: self.limits,
            custom: &self.custom,
        }
    }
}

/// One client in one group.
pub struct Peer {
    pub name: String,
    pub world: World,
    pub store: Store,
    pub suite: CipherSuite,
    pub signature_key: SignaturePublicKey,
    pub group: Option<Group>,
    pub psks: BTreeMap<Psk, Vec<u8>>,
}

pub fn lifetime() -> Lifetime {
    Lifetime { not_before: NOW - 3600, not_after: NOW + 90 * 24 * 3600 }
}

impl Peer {
    pub fn new(name: &str, suite: CipherSuite, seed: u64) -> Self {
        Self::with_crypto(name, suite, seed, Arc::new(RustCryptoProvider::new()))
    }

    pub fn with_crypto(name: &str, suite: CipherSuite, seed: u64, crypto: Arc<dyn CryptoProvider>) -> Self {
        let mut peer = Self {
            name: name.to_owned(),
            world: World {
                crypto,
                signers: KeyStore::default(),
                rng: TestRng(seed),
                now: NOW,
                limits: Limits::default(),
                custom: CustomTypes::new(),
            },
            store: Store::default(),
            suite,
            signature_key: SignaturePublicKey::from(Vec::new()),
            group: None,
            psks: BTreeMap::new(),
        };
        peer.signature_key = peer.new_signer();
        peer
    }

    pub fn new_signer(&mut self) -> SignaturePublicKey {
        let fresh = generate_signer(self.suite, &mut self.world.env()).unwrap();
        let durable = self.store.commit(fresh.delta());
        let public = fresh.release(durable).unwrap();
        let record = self.store.get(&RecordKey::Signer(public.clone())).unwrap();
        let signer = signer_from_record(record.as_bytes(), &self.world.env()).unwrap();
        self.world.signers.0.insert(public.clone(), signer);
        public
    }

    pub fn leaf(&self) -> LeafSpec {
        LeafSpec {
            credential: Credential::Basic { identity: self.name.clone().into_bytes() },
            signature_key: self.signature_key.clone(),
            capabilities: Capabilities::of_engine(&*self.world.crypto),
            extensions: Extensions::new(),
            lifetime: lifetime(),
        }
    }

    pub fn create(&mut self, id: &[u8]) {
        let plan = CreateGroup {
            group_id: Some(GroupId::from(id.to_vec())),
            cipher_suite: self.suite,
            leaf: self.leaf(),
            extensions: Extensions::new(),
        };
        let fresh = create_group(&plan, &mut self.world.env()).unwrap();
        let durable = self.store.commit(fresh.delta());
        self.group = Some(fresh.release(durable).unwrap());
    }

    pub fn key_package(&mut self) -> NewKeyPackage {
        let spec = KeyPackageSpec { cipher_suite: self.suite, leaf: self.leaf(), extensions: Extensions::new() };
        let fresh = generate_key_package(&spec, &mut self.world.env()).unwrap();
        let durable = self.store.commit(fresh.delta());
        fresh.release(durable).unwrap()
    }

    pub fn group(&self) -> &Group {
        self.group.as_ref().unwrap()
    }

    /// Calls an operation until nothing it needs is missing.
    pub fn run<T, E>(
        &mut self,
        missing: impl Fn(&E) -> Option<MissingRecords>,
        mut op: impl FnMut(&Group, &mut Env<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        for _ in 0..8 {
            match op(self.group.as_ref().unwrap(), &mut self.world.env()) {
                Err(error) => match missing(&error) {
                    Some(keys) => {
                        let records = self.store.read(&keys);
                        self.group.as_mut().unwrap().admit(records, &mut self.world.env()).unwrap();
                    }
                    None => return Err(error),
                },
                done => return done,
            }
        }
        panic!("an operation never finds what it needs");
    }

    pub fn apply<T>(&mut self, step: Step<T>) -> T {
        let durable = self.store.commit(step.delta());
        step.apply(self.group.as_mut().unwrap(), durable).unwrap()
    }

    pub fn send(&mut self, data: &[u8]) -> Vec<u8> {
        let step = self
            .run(|e: &EncryptError| e.missing().cloned(), |g, env| encrypt(g, data, &EncryptOptions::default(), env))
            .unwrap();
        self.apply(step).message
    }

    pub fn propose(&mut self, proposing: Proposing, options: &SendOptions) -> Vec<u8> {
        let step = self
            .run(|e: &ProposeError| e.missing().cloned(), |g, env| propose(g, proposing.clone(), options, env))
            .unwrap();
        self.apply(step).message
    }

    pub fn answers(&self, checks: &[mls_core::identity::CredentialCheck], psks: &[PreSharedKeyId]) -> Answers {
        let mut answers = Answers::new();
        for check in checks {
            let Credential::Basic { identity } = &check.credential else { panic!() };
            answers.vouch(check.accept(MemberId(identity.clone())));
        }
        for id in psks {
            if let Some(value) = self.psks.get(&id.psk) {
                answers.psk(id.clone(), PskValue::from_bytes(SecretBytes::from_slice(value)));
            }
        }
        answers
    }

    pub fn try_commit(&mut self, plan: &CommitPlan) -> Result<Step<CommitOutput>, CommitError> {
        let draft = self.run(|e: &CommitError| e.missing().cloned(), |g, env| commit(g, plan, env))?;
        let ruling = draft.question().accept();
        let group = self.group.take().unwrap();
        let vetted = draft.rule(ruling, &group, &mut self.world.env());
        let result = vetted.and_then(|vetted| {
            let answers = self.answers(vetted.credentials(), vetted.psks());
            vetted.resume(&group, &answers, &mut self.world.env())
        });
        self.group = Some(group);
        result
    }

    pub fn commit(&mut self, plan: &CommitPlan) -> CommitOutput {
        let step = self.try_commit(plan).unwrap();
        self.apply(step)
    }

    pub fn accept(&mut self) -> EpochChange {
        let step = self.run(|e: &CommitError| e.missing().cloned(), accept_commit).unwrap();
        self.apply(step)
    }

    /// Handles a message of the group, all questions answered with yes.
    pub fn try_receive(&mut self, bytes: &[u8]) -> Result<Event, ReceiveError> {
        let message = MlsMessage::from_bytes(bytes).unwrap();
        let inbound = self.run(|e: &ReceiveError| e.missing().cloned(), |g, env| receive(g, &message, env))?;
        self.finish(inbound)
    }

    pub fn finish(&mut self, inbound: Inbound) -> Result<Event, ReceiveError> {
        Ok(match inbound {
            Inbound::Application(step) => Event::Message(self.apply(step)),
            Inbound::OwnCommit(step) => Event::Epoch(self.apply(step)),
            Inbound::ExternalProposal(pending) => {
                let ruling = pending.question().accept();
                let pending = pending.rule(ruling, self.group.as_ref().unwrap(), &mut self.world.env())?;
                return self.finish(Inbound::Proposal(Box::new(pending)));
            }
            Inbound::Proposal(pending) => {
                let answers = self.answers(pending.credentials(), &[]);
                let group = self.group.take().unwrap();
                let step = pending.resume(&group, &answers, &mut self.world.env());
                self.group = Some(group);
                Event::Proposal(self.apply(step?))
            }
            Inbound::Commit(pending) => {
                let step = self.stage(*pending)?;
                Event::Epoch(self.apply(step))
            }
            other => panic!("{other:?}"),
        })
    }

    pub fn stage(&mut self, pending: PendingCommit) -> Result<Step<EpochChange>, ReceiveError> {
        let ruling = pending.question().accept();
        let group = self.group.take().unwrap();
        let result = pending.rule(ruling, &group, &mut self.world.env()).and_then(|vetted| {
            let answers = self.answers(vetted.credentials(), vetted.psks());
            vetted.resume(&group, &answers, &mut self.world.env())
        });
        self.group = Some(group);
        match result {
            Err(error) if error.missing().is_some() => {
                let records = self.store.read(error.missing().unwrap());
                self.group.as_mut().unwrap().admit(records, &mut self.world.env()).unwrap();
                Err(error)
            }
            other => other,
        }
    }

    pub fn receive(&mut self, bytes: &[u8]) -> Event {
        self.try_receive(bytes).unwrap()
    }

    pub fn try_join(&mut self, welcome: &[u8], tree: Option<&[u8]>) -> Result<(), JoinError> {
        let message = MlsMessage::from_bytes(welcome).unwrap();
        let MlsMessageBody::Welcome(welcome) = message.body else { panic!() };
        let (reference, record) = welcome
            .secrets
            .iter()
            .find_map(|entry| {
                let record = self.store.get(&RecordKey::KeyPackage(entry.new_member.into()))?;
                Some((entry.new_member, record))
            })
            .expect("a key package of ours");
        let opened = open_welcome(&welcome, &reference, record.as_bytes(), tree, &mut self.world.env())?;
        let answers = self.answers(&[], opened.psks());
        let pending = opened.resume(&answers, &mut self.world.env())?;
        let answers = self.answers(pending.credentials(), &[]);
        let fresh = pending.resume(&answers, &mut self.world.env())?;
        let durable = self.store.commit(fresh.delta());
        self.group = Some(fresh.release(durable).unwrap());
        Ok(())
    }

    pub fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) {
        self.try_join(welcome, tree).unwrap();
    }

    /// Makes an external commit; the group is entered at once.
    pub fn join_external(&mut self, info: &[u8], tree: Option<&[u8]>, resync: Option<u32>) -> Vec<u8> {
        let message = MlsMessage::from_bytes(info).unwrap();
        let MlsMessageBody::GroupInfo(info) = message.body else { panic!() };
        let plan = ExternalJoinPlan {
            resync: resync.map(|leaf| mls_core::tree::math::LeafIndex::new(leaf).unwrap()),
            ..ExternalJoinPlan::new(self.leaf())
        };
        let pending = external_join(&info, tree, &plan, &mut self.world.env()).unwrap();
        let ruling = pending.question().accept();
        let vetted = pending.rule(ruling, &mut self.world.env()).unwrap();
        let answers = self.answers(vetted.credentials(), vetted.psks());
        let fresh = vetted.resume(&answers, &mut self.world.env()).unwrap();
        let durable = self.store.commit(fresh.delta());
        let join = fresh.release(durable).unwrap();
        let bytes = join.message().to_vec();
        let record = self.store.get(&RecordKey::ExternalJoin(join.group_id())).unwrap();
        drop(join);
        let join = ExternalJoin::from_record(record.as_bytes(), &mut self.world.env()).unwrap();
        let fresh = join.accept(&mut self.world.env()).unwrap();
        let durable = self.store.commit(fresh.delta());
        self.group = Some(fresh.release(durable).unwrap());
        bytes
    }

    /// The process ends and starts again: only what is stored is left.
    pub fn restart(&mut self) {
        let id = self.group().id().clone();
        let [header, status] = Group::records_to_load(&id).map(|key| self.store.get(&key).unwrap());
        self.group = Some(Group::load(&id, header.as_bytes(), status.as_bytes()).unwrap());
    }
}

#[derive(Debug)]
pub enum Event {
    Message(Received),
    Proposal(ProposalReceived),
    Epoch(EpochChange),
}

impl Event {
    pub fn data(self) -> Vec<u8> {
        match self {
            Self::Message(received) => received.data,
            other => panic!("{other:?}"),
        }
    }
}

/// A group of these members, all added by the first.
pub fn group_of(names: &[&str], suite: CipherSuite) -> Vec<Peer> {
    let mut peers: Vec<Peer> =
        names.iter().enumerate().map(|(i, name)| Peer::new(name, suite, 1000 + i as u64)).collect();
    peers[0].create(b"group");
    let proposals = (1..peers.len()).map(|i| Proposing::Add(Arc::new(peers[i].key_package().key_package))).collect();
    let output = peers[0].commit(&CommitPlan { proposals, ..CommitPlan::default() });
    peers[0].accept();
    for peer in &mut peers[1..] {
        peer.join(output.welcome.as_ref().unwrap(), None);
    }
    agree(&peers);
    peers
}

/// All are in the same epoch with the same secrets.
pub fn agree(peers: &[Peer]) {
    for peer in &peers[1..] {
        assert_eq!(peer.group().epoch(), peers[0].group().epoch(), "{}", peer.name);
        assert_eq!(peer.group().context(), peers[0].group().context(), "{}", peer.name);
        assert_eq!(peer.group().epoch_authenticator(), peers[0].group().epoch_authenticator(), "{}", peer.name);
    }
}
