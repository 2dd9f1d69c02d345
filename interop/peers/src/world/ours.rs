//! A client of this project.

use std::sync::Arc;

use mls_client::mls_core::extension::{ExtensionPlace, ExtensionType, Extensions, ExternalSender};
use mls_client::mls_core::framing::{MlsMessage, MlsMessageBody, Padding as EnginePadding, ProtocolVersion};
use mls_client::mls_core::group::{CreateGroup, KeyPackageSpec};
use mls_client::mls_core::key_package::KeyPackage;
use mls_client::mls_core::proposal::{Proposal, ReInit};
use mls_client::mls_core::psk::PskValue;
use mls_client::mls_core::tree::leaf_node::Lifetime;
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{
    BasicIdentity, CipherSuite, Client, Clock, CommitPlan, Credential, CustomTypes, DefaultRules, EncryptOptions,
    Event, ExternalJoinPlan, ExternalProposal, Group, GroupId, GroupInfoOptions, Identity, LeafChange, LeafIndex,
    LeafSpec, Limits, MemoryStorage, NewMemberProposal, PathPolicy, Proposing, SendOptions, SuccessorKind,
    SuccessorPlan, UnixTime,
};
use mls_codec::{Decode, Encode};

use super::actor::{
    Actor, Ask, CUSTOM_EXTENSION, EXPORT_CONTEXT, EXPORT_LABEL, EXPORT_LENGTH, Got, Maker, NEVER, NOW, Outside,
    Padding, Sent, Settings, Succession, TestRng, View, custom_extension,
};

pub const OURS: Maker = Maker { name: "ours", make: |name, seed, settings| Box::new(Ours::new(name, seed, settings)) };

pub struct Ours {
    name: String,
    seed: u64,
    settings: Settings,
    storage: Arc<MemoryStorage>,
    client: Client,
    identity: Identity,
    group: Option<Group>,
}

struct Standstill;

impl Clock for Standstill {
    fn now(&self) -> UnixTime {
        UnixTime(NOW)
    }
}

fn client(storage: &Arc<MemoryStorage>, seed: u64, settings: Settings) -> Client {
    let places = [ExtensionPlace::LeafNode, ExtensionPlace::GroupContext];
    let custom = CustomTypes::new().extension(ExtensionType(CUSTOM_EXTENSION), &places).unwrap();
    let rules = DefaultRules::new().allow_external_commits().allow_external_senders().allow_new_member_proposals();
    // The lifetimes of all leaves end far away from the clocks that some read.
    let mut limits = Limits::default();
    limits.max_lifetime = u64::MAX;
    Client::builder(storage.clone(), Arc::new(BasicIdentity::new()))
        .rules(Arc::new(rules))
        .custom_types(custom)
        .limits(limits)
        .clock(Arc::new(Standstill))
        .rng(Box::new(TestRng(seed)))
        .grease(settings.grease)
        .build()
        .unwrap()
}

fn key_package(message: &[u8]) -> Arc<KeyPackage> {
    let MlsMessageBody::KeyPackage(key_package) = MlsMessage::from_bytes(message).unwrap().body else { panic!() };
    key_package
}

impl Ours {
    pub fn new(name: &str, seed: u64, settings: Settings) -> Self {
        let storage = Arc::new(MemoryStorage::new());
        let client = client(&storage, seed, settings);
        let identity = client.new_identity(CipherSuite(settings.suite), Credential::basic(name)).unwrap();
        Self { name: name.to_owned(), seed, settings, storage, client, identity, group: None }
    }

    fn group(&mut self) -> &mut Group {
        self.group.as_mut().unwrap()
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

    const fn path(&self) -> PathPolicy {
        if self.settings.path { PathPolicy::Always } else { PathPolicy::WhenRequired }
    }

    fn leaf(&self) -> LeafSpec {
        let mut leaf = self.client.leaf(&self.identity);
        leaf.lifetime = Lifetime { not_before: NOW - 3600, not_after: NEVER };
        if self.settings.custom_leaf {
            leaf.extensions.0.push(custom_extension(self.name.as_bytes()));
        }
        leaf
    }

    fn new_key(&mut self) -> LeafChange {
        self.identity = self.client.new_identity(self.identity.cipher_suite, Credential::basic(&*self.name)).unwrap();
        LeafChange { signature_key: Some(self.identity.signature_key.clone()), ..LeafChange::default() }
    }

    fn commit_as(&mut self, proposals: Vec<Proposing>, leaf: LeafChange) -> Sent {
        let plan = CommitPlan {
            proposals,
            leaf,
            path: self.path(),
            options: self.options(),
            ratchet_tree_in_welcome: self.settings.tree_in_welcome,
            ..CommitPlan::default()
        };
        let output = self.group().commit(&plan).unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        assert!(output.dropped.is_empty(), "{:?}", output.dropped);
        Sent { message: output.message, welcome: output.welcome, tree: output.ratchet_tree }
    }

    fn proposing(&mut self, ask: &Ask) -> Proposing {
        match ask {
            Ask::Add(bytes) => Proposing::Add(key_package(bytes)),
            Ask::Update => Proposing::Update(LeafChange::default()),
            Ask::Rekey => Proposing::Update(self.new_key()),
            Ask::Remove(leaf) => Proposing::Remove(LeafIndex::new(*leaf).unwrap()),
            Ask::ExternalPsk(id) => Proposing::ExternalPsk(id.clone()),
            Ask::ResumptionPsk(epoch) => {
                Proposing::ResumptionPsk { group_id: self.group().id().as_bytes().to_vec(), epoch: *epoch }
            }
            Ask::Context(list) => Proposing::GroupContextExtensions(Extensions::from_bytes(list).unwrap()),
            Ask::ReInit { suite, id } => Proposing::ReInit(ReInit {
                group_id: id.clone(),
                version: ProtocolVersion::MLS10,
                cipher_suite: CipherSuite(*suite),
                extensions: Extensions::new(),
            }),
        }
    }

    fn fresh_key_package(&self) -> (Vec<u8>, Arc<KeyPackage>) {
        let spec = KeyPackageSpec {
            cipher_suite: self.identity.cipher_suite,
            leaf: self.leaf(),
            extensions: Extensions::new(),
        };
        let made = self.client.key_package_with(&spec).unwrap();
        (made.message, Arc::new(made.key_package))
    }
}

impl Actor for Ours {
    fn maker(&self) -> &'static str {
        OURS.name
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn create(&mut self, id: &[u8]) {
        let plan = CreateGroup {
            group_id: Some(GroupId::from(id.to_vec())),
            cipher_suite: self.identity.cipher_suite,
            leaf: self.leaf(),
            extensions: Extensions::new(),
        };
        self.group = Some(self.client.create_group_with(&plan).unwrap());
    }

    fn key_package(&mut self) -> Vec<u8> {
        self.fresh_key_package().0
    }

    fn propose(&mut self, ask: &Ask) -> Vec<u8> {
        let proposing = self.proposing(ask);
        let options = self.options();
        self.group().propose_with(&proposing, &options).unwrap().message
    }

    fn commit(&mut self, asks: &[Ask]) -> Sent {
        let proposals = asks.iter().map(|ask| self.proposing(ask)).collect();
        self.commit_as(proposals, LeafChange::default())
    }

    fn commit_rekey(&mut self) -> Sent {
        let leaf = self.new_key();
        self.commit_as(Vec::new(), leaf)
    }

    fn accept(&mut self) {
        self.group().accept_commit().unwrap();
    }

    fn send(&mut self, data: &[u8], aad: &[u8]) -> Vec<u8> {
        let options =
            EncryptOptions { authenticated_data: aad.to_vec(), padding: self.padding(), ..EncryptOptions::default() };
        self.group().send_with(data, &options).unwrap().message
    }

    fn receive(&mut self, message: &[u8]) -> Got {
        let event = self.group().receive(message);
        match event.unwrap_or_else(|error| panic!("{}: {error:?}", self.name)) {
            Event::Message(received) => Got::Message {
                data: received.data,
                aad: received.authenticated_data,
                sender: received.sender.index.as_u32(),
            },
            Event::Proposal(_) => Got::Proposal,
            Event::Epoch(_) => Got::Epoch,
            Event::Removed(_) => Got::Removed,
            other => panic!("{other:?}"),
        }
    }

    fn join(&mut self, welcome: &[u8], tree: Option<&[u8]>) {
        let joined = self.client.join(welcome, tree);
        self.group = Some(joined.unwrap_or_else(|error| panic!("{}: {error:?}", self.name)));
    }

    fn group_info(&mut self, tree: bool) -> Vec<u8> {
        self.group().group_info(GroupInfoOptions { external_pub: true, ratchet_tree: tree }).unwrap()
    }

    fn join_external(&mut self, info: &[u8], tree: Option<&[u8]>, resync: Option<u32>) -> Vec<u8> {
        let resync = resync.map(|leaf| LeafIndex::new(leaf).unwrap());
        let plan = ExternalJoinPlan { resync, ..ExternalJoinPlan::new(self.leaf()) };
        let join = self.client.join_external_with(&plan, info, tree);
        let join = join.unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        let message = join.message().to_vec();
        self.group = Some(join.accept().unwrap());
        message
    }

    fn restart(&mut self) {
        let id = self.group.take().unwrap().id().clone();
        self.seed += 1 << 32;
        self.client = client(&self.storage, self.seed, self.settings);
        self.group = Some(self.client.load_group(&id).unwrap());
    }

    fn store_psk(&mut self, id: &[u8], value: &[u8]) {
        self.client.store_psk(id, &PskValue::from_bytes(SecretBytes::from_slice(value))).unwrap();
    }

    fn view(&mut self) -> View {
        let group = self.group();
        let members = group.members().unwrap().into_iter().map(|member| {
            let Credential::Basic { identity } = member.credential else { panic!() };
            (member.index.as_u32(), identity)
        });
        View {
            members: members.collect(),
            exported: group.export(EXPORT_LABEL.as_bytes(), EXPORT_CONTEXT, EXPORT_LENGTH).unwrap().as_bytes().to_vec(),
            tree: group.ratchet_tree().unwrap(),
            epoch: group.epoch(),
            context: group.context().to_bytes().unwrap(),
            authenticator: group.epoch_authenticator().to_vec(),
        }
    }

    fn next_key_package(&mut self, _: &Succession, suite: u16) -> Vec<u8> {
        if suite != self.identity.cipher_suite.0 {
            self.identity = self.client.new_identity(CipherSuite(suite), Credential::basic(&*self.name)).unwrap();
        }
        self.fresh_key_package().0
    }

    fn found(&mut self, kind: &Succession, key_packages: &[Vec<u8>]) -> Sent {
        let kind = match kind {
            Succession::ReInit => SuccessorKind::ReInit,
            Succession::Branch(id) => SuccessorKind::Branch {
                group_id: Some(GroupId::from(id.clone())),
                extensions: self.group().context().extensions.clone(),
            },
        };
        let key_packages = key_packages.iter().map(|message| Arc::unwrap_or_clone(key_package(message))).collect();
        let mut plan = SuccessorPlan::new(kind, self.leaf(), key_packages);
        plan.path = self.path();
        plan.ratchet_tree_in_welcome = self.settings.tree_in_welcome;
        let successor = self.group().create_successor(&plan).unwrap();
        let sent = Sent {
            message: Vec::new(),
            welcome: successor.welcome().map(<[u8]>::to_vec),
            tree: successor.ratchet_tree().map(<[u8]>::to_vec),
        };
        self.group = Some(successor.accept().unwrap());
        sent
    }

    fn succeed(&mut self, kind: &Succession, welcome: &[u8], tree: Option<&[u8]>) {
        let joined = match kind {
            Succession::ReInit => self.group().join_successor(welcome, tree),
            Succession::Branch(_) => self.group().join_branch(welcome, tree),
        };
        self.group = Some(joined.unwrap_or_else(|error| panic!("{}: {error:?}", self.name)));
    }

    fn external_sender(&mut self) -> Vec<u8> {
        let Identity { credential, signature_key, .. } = self.identity.clone();
        ExternalSender { signature_key, credential }.to_bytes().unwrap()
    }

    fn propose_outside(&mut self, group: &Outside, ask: &Ask) -> Vec<u8> {
        self.client.verify_group_info(&group.info, group.tree.as_deref()).unwrap();
        let proposal = match ask {
            Ask::Add(bytes) => Proposal::Add(key_package(bytes)),
            Ask::Remove(leaf) => Proposal::Remove(LeafIndex::new(*leaf).unwrap().into()),
            other => panic!("not asked of external senders: {other:?}"),
        };
        let plan = ExternalProposal {
            group_id: GroupId::from(group.group_id.as_slice()),
            epoch: group.epoch,
            cipher_suite: self.identity.cipher_suite,
            sender_index: 0,
            signature_key: self.identity.signature_key.clone(),
            proposal,
            authenticated_data: Vec::new(),
        };
        self.client.propose_from_outside(&plan).unwrap().message
    }

    fn ask_in(&mut self, group: &Outside) -> Vec<u8> {
        let plan = NewMemberProposal {
            group_id: GroupId::from(group.group_id.as_slice()),
            epoch: group.epoch,
            key_package: self.fresh_key_package().1,
            authenticated_data: Vec::new(),
        };
        self.client.propose_as_new_member(&plan).unwrap().message
    }
}
