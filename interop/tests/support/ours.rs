//! A client of this project's engine.

use mls_codec::{Decode, Encode};
use mls_core::credential::{Credential, CredentialType};
use mls_core::extension::{Extensions, RequiredCapabilities};

use mls_core::framing::{MlsMessage, MlsMessageBody, Padding as EnginePadding};
use mls_core::group::*;
use mls_core::psk::Psk;
use mls_core::tree::leaf_node::Lifetime;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::CipherSuite;

use super::common::{Event, NOW, Peer};
use super::{Actor, Ask, EXPORT_CONTEXT, EXPORT_LABEL, EXPORT_LENGTH, Got, Padding, Sent, Settings, View};

/// A lifetime that no clock leaves.
pub const LONG: Lifetime = Lifetime { not_before: NOW - 3600, not_after: 1 << 40 };

pub struct Ours {
    peer: Peer,
    settings: Settings,
}

impl Ours {
    pub fn new(name: &str, seed: u64, settings: Settings) -> Self {
        let mut peer = Peer::new(name, CipherSuite(settings.suite), seed);
        // Others read the clock: their lifetimes, and ours, begin and end far away from it.
        peer.world.limits.max_lifetime = u64::MAX;
        Self { peer, settings }
    }

    const fn padding(&self) -> EnginePadding {
        match self.settings.padding {
            Padding::None => EnginePadding::None,
            Padding::Step => EnginePadding::Step,
            Padding::Padme => EnginePadding::Padme,
        }
    }

    fn options(&self) -> SendOptions {
        SendOptions { encrypt: self.settings.encrypt, padding: self.padding(), ..SendOptions::default() }
    }

    fn plan(&self) -> CommitPlan {
        CommitPlan {
            path: if self.settings.path { PathPolicy::Always } else { PathPolicy::WhenRequired },
            options: self.options(),
            ratchet_tree_in_welcome: self.settings.tree_in_welcome,
            ..CommitPlan::default()
        }
    }

    fn new_key(&mut self) -> LeafChange {
        self.peer.signature_key = self.peer.new_signer();
        LeafChange { signature_key: Some(self.peer.signature_key.clone()), ..LeafChange::default() }
    }

    fn commit_as(&mut self, plan: &CommitPlan) -> Sent {
        let step = self.again(|e: &CommitError| e.missing().cloned(), |peer| peer.try_commit(plan)).unwrap();
        let output = self.peer.apply(step);
        assert!(output.dropped.is_empty(), "{:?}", output.dropped);
        Sent { message: output.message, welcome: output.welcome, tree: output.ratchet_tree }
    }

    fn proposing(&mut self, ask: &Ask) -> Proposing {
        match ask {
            Ask::Add(bytes) => {
                let message = MlsMessage::from_bytes(bytes).unwrap();
                let MlsMessageBody::KeyPackage(key_package) = message.body else { panic!() };
                Proposing::Add(key_package)
            }
            Ask::Update => Proposing::Update(LeafChange::default()),
            Ask::Rekey => Proposing::Update(self.new_key()),
            Ask::Remove(leaf) => Proposing::Remove(LeafIndex::new(*leaf).unwrap()),
            Ask::ExternalPsk(id) => Proposing::ExternalPsk(id.clone()),
            Ask::ResumptionPsk(epoch) => {
                Proposing::ResumptionPsk { group_id: self.peer.group().id().0.clone(), epoch: *epoch }
            }
            Ask::RequireBasic => {
                let mut extensions = Extensions::new();
                let required =
                    RequiredCapabilities { credential_types: vec![CredentialType::BASIC], ..Default::default() };
                extensions.set(&required).unwrap();
                Proposing::GroupContextExtensions(extensions)
            }
        }
    }

    /// Reads what the engine asks for, and tries again.
    fn again<T, E>(
        &mut self,
        missing: impl Fn(&E) -> Option<mls_core::record::Missing>,
        mut op: impl FnMut(&mut Peer) -> Result<T, E>,
    ) -> Result<T, E> {
        for _ in 0..8 {
            match op(&mut self.peer) {
                Err(error) => match missing(&error) {
                    Some(keys) => {
                        let records = self.peer.store.read(&keys);
                        let group = self.peer.group.as_mut().unwrap();
                        group.admit(records, &mut self.peer.world.env()).unwrap();
                    }
                    None => return Err(error),
                },
                done => return done,
            }
        }
        panic!("an operation never finds what it needs");
    }
}

impl Actor for Ours {
    fn name(&self) -> &str {
        &self.peer.name
    }

    fn create(&mut self, id: &[u8]) {
        self.peer.create(id);
    }

    fn key_package(&mut self) -> Vec<u8> {
        let leaf = LeafSpec { lifetime: LONG, ..self.peer.leaf() };
        let spec = KeyPackageSpec { cipher_suite: self.peer.suite, leaf, extensions: Extensions::new() };
        let fresh = generate_key_package(&spec, &mut self.peer.world.env()).unwrap();
        let durable = self.peer.store.commit(fresh.delta());
        fresh.release(durable).unwrap().message
    }

    fn propose(&mut self, ask: &Ask) -> Vec<u8> {
        let proposing = self.proposing(ask);
        let options = self.options();
        self.peer.propose(proposing, &options)
    }

    fn commit(&mut self, asks: &[Ask]) -> Sent {
        let proposals = asks.iter().map(|ask| self.proposing(ask)).collect();
        let plan = CommitPlan { proposals, ..self.plan() };
        self.commit_as(&plan)
    }

    fn commit_rekey(&mut self) -> Sent {
        let plan = CommitPlan { leaf: self.new_key(), ..self.plan() };
        self.commit_as(&plan)
    }

    fn accept(&mut self) {
        self.peer.accept();
    }

    fn send(&mut self, data: &[u8], aad: &[u8]) -> Vec<u8> {
        let options =
            EncryptOptions { authenticated_data: aad.to_vec(), padding: self.padding(), ..EncryptOptions::default() };
        let step = self
            .peer
            .run(|e: &EncryptError| e.missing().cloned(), |group, env| encrypt(group, data, &options, env))
            .unwrap();
        self.peer.apply(step).message
    }

    fn receive(&mut self, message: &[u8]) -> Got {
        let event = self
            .again(|e: &ReceiveError| e.missing().cloned(), |peer| peer.try_receive(message))
            .unwrap_or_else(|error| panic!("{}: {error:?}", self.peer.name));
        match event {
            Event::Message(received) => Got::Message {
                data: received.data,
                aad: received.authenticated_data,
                sender: received.sender.index.as_u32(),
            },
            Event::Proposal(_) => Got::Proposal,
            Event::Epoch(change) if change.removed_self => Got::Removed,
            Event::Epoch(_) => Got::Epoch,
        }
    }

    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) {
        self.peer.join(welcome, tree);
    }

    fn group_info(&mut self, tree: bool) -> Vec<u8> {
        let options = GroupInfoOptions { external_pub: true, ratchet_tree: tree };
        self.peer.run(|e: &ExportError| e.missing().cloned(), |group, env| group_info(group, options, env)).unwrap()
    }

    fn join_external(&mut self, info: &[u8], tree: Option<&[u8]>, resync: Option<u32>) -> Vec<u8> {
        self.peer.join_external(info, tree, resync)
    }

    fn restart(&mut self) {
        self.peer.restart();
    }

    fn store_psk(&mut self, id: &[u8], value: &[u8]) {
        self.peer.psks.insert(Psk::External { psk_id: id.to_vec() }, value.to_vec());
    }

    fn view(&mut self) -> View {
        let exported = self
            .peer
            .run(
                |e: &ExportError| e.missing().cloned(),
                |group, env| export_secret(group, EXPORT_LABEL, EXPORT_CONTEXT, EXPORT_LENGTH, env),
            )
            .unwrap();
        let tree =
            self.peer.run(|e: &ExportError| e.missing().cloned(), |group, _| export_ratchet_tree(group)).unwrap();
        let group = self.peer.group();
        let members = group.members().unwrap().into_iter().map(|member| {
            let Credential::Basic { identity } = member.credential else { panic!() };
            (member.index.as_u32(), identity)
        });
        View {
            epoch: group.epoch(),
            context: group.context().to_bytes().unwrap(),
            members: members.collect(),
            authenticator: group.epoch_authenticator().to_vec(),
            exported: exported.as_bytes().to_vec(),
            tree,
        }
    }
}
