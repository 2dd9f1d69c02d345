//! A client of OpenMLS.

use openmls::credentials::NewSignerBundle;
use openmls::messages::external_proposals::{ExternalProposal, JoinProposal};
use openmls::prelude::tls_codec::{Deserialize, Serialize};
use openmls::prelude::*;
use openmls::schedule::psk::ResumptionPskUsage;
use openmls::schedule::{ExternalPsk, PreSharedKeyId, Psk};
use openmls::treesync::LeafNodeParameters;
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::random::OpenMlsRand;

use crate::world::actor::{
    Actor, Ask, CUSTOM_EXTENSION, EXPORT_CONTEXT, EXPORT_LABEL, EXPORT_LENGTH, Got, Maker, NEVER, NOW, Outside, Sent,
    Settings, Succession, View,
};

pub const OPEN_MLS: Maker = Maker { name: "OpenMLS", make: |name, _, settings| Box::new(OpenMls::new(name, settings)) };

pub struct OpenMls {
    name: String,
    settings: Settings,
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    /// The signer of an update that is proposed and not committed yet.
    next_signer: Option<SignatureKeyPair>,
    group: Option<MlsGroup>,
}

/// It reads the clock: a lifetime that no clock leaves.
fn lifetime() -> Lifetime {
    Lifetime::init(NOW - 3600, NEVER)
}

fn read(bytes: &[u8]) -> MlsMessageIn {
    MlsMessageIn::tls_deserialize_exact(bytes).unwrap()
}

fn tree(bytes: &[u8]) -> RatchetTreeIn {
    RatchetTreeIn::tls_deserialize_exact(bytes).unwrap()
}

fn list(bytes: &[u8]) -> Extensions<GroupContext> {
    Extensions::tls_deserialize_exact(bytes).unwrap()
}

fn written(value: &impl Serialize) -> Vec<u8> {
    value.tls_serialize_detached().unwrap()
}

fn psk_proposal(id: PreSharedKeyId) -> Proposal {
    Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(id)))
}

fn capabilities() -> Capabilities {
    Capabilities::new(None, None, Some(&[ExtensionType::Unknown(CUSTOM_EXTENSION)]), None, None)
}

impl OpenMls {
    pub fn new(name: &str, settings: Settings) -> Self {
        let provider = OpenMlsRustCrypto::default();
        let suite = Ciphersuite::try_from(settings.suite).unwrap();
        let signer = SignatureKeyPair::new(suite.signature_algorithm()).unwrap();
        signer.store(provider.storage()).unwrap();
        Self { name: name.to_owned(), settings, provider, signer, next_signer: None, group: None }
    }

    fn suite(&self) -> Ciphersuite {
        Ciphersuite::try_from(self.settings.suite).unwrap()
    }

    fn credential(&self, signer: &SignatureKeyPair) -> CredentialWithKey {
        let credential = BasicCredential::new(self.name.as_bytes().to_vec()).into();
        CredentialWithKey { credential, signature_key: signer.public().into() }
    }

    fn new_signer(&self) -> SignatureKeyPair {
        let signer = SignatureKeyPair::new(self.suite().signature_algorithm()).unwrap();
        signer.store(self.provider.storage()).unwrap();
        signer
    }

    fn wire_format(&self) -> WireFormatPolicy {
        if self.settings.encrypt { MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY } else { MIXED_PLAINTEXT_WIRE_FORMAT_POLICY }
    }

    fn leaf_extensions(&self) -> Extensions<LeafNode> {
        if !self.settings.custom_leaf {
            return Extensions::empty();
        }
        let data = UnknownExtension(self.name.as_bytes().to_vec());
        Extensions::single(Extension::Unknown(CUSTOM_EXTENSION, data)).unwrap()
    }

    fn join_config(&self) -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(self.wire_format())
            .use_ratchet_tree_extension(self.settings.tree_in_welcome)
            .max_past_epochs(5)
            .number_of_resumption_psks(5)
            .sender_ratchet_configuration(SenderRatchetConfiguration::new(20, 2000))
            .build()
    }

    fn key_package_of(&self, bytes: &[u8]) -> KeyPackage {
        let MlsMessageBodyIn::KeyPackage(key_package) = read(bytes).extract() else { panic!("no key package") };
        key_package.validate(self.provider.crypto(), ProtocolVersion::Mls10).unwrap()
    }

    fn external_psk(&self, id: &[u8]) -> PreSharedKeyId {
        let psk = Psk::External(ExternalPsk::new(id.to_vec()));
        PreSharedKeyId::new(self.suite(), self.provider.rand(), psk).unwrap()
    }

    fn resumption_psk(&self, group: &MlsGroup, epoch: u64) -> PreSharedKeyId {
        let nonce = self.provider.rand().random_vec(self.suite().hash_length()).unwrap();
        PreSharedKeyId::resumption(ResumptionPskUsage::Application, group.group_id().clone(), epoch.into(), nonce)
    }

    fn fresh_key_package(&self) -> KeyPackage {
        let bundle = KeyPackage::builder()
            .key_package_lifetime(lifetime())
            .leaf_node_capabilities(capabilities())
            .leaf_node_extensions(self.leaf_extensions())
            .build(self.suite(), &self.provider, &self.signer, self.credential(&self.signer));
        bundle.unwrap().key_package().clone()
    }

    fn commit_as(&mut self, asks: &[Ask], new_signer: Option<&SignatureKeyPair>) -> Sent {
        let mut group = self.group.take().unwrap();
        let resumption = |group: &MlsGroup, epoch| self.resumption_psk(group, epoch);
        let asks = asks.iter().map(|ask| match ask {
            Ask::ResumptionPsk(epoch) => (ask, Some(resumption(&group, *epoch))),
            _ => (ask, None),
        });
        let asks = asks.collect::<Vec<_>>();
        // A commit of before that lost.
        group.clear_pending_commit(self.provider.storage()).unwrap();
        let mut builder = group.commit_builder().force_self_update(self.settings.path || new_signer.is_some());
        for (ask, psk) in asks {
            builder = match ask {
                Ask::Add(bytes) => builder.propose_adds([self.key_package_of(bytes)]),
                Ask::Remove(leaf) => builder.propose_removals([LeafNodeIndex::new(*leaf)]),
                Ask::ExternalPsk(id) => builder.add_proposal(psk_proposal(self.external_psk(id))),
                Ask::ResumptionPsk(_) => builder.add_proposal(psk_proposal(psk.unwrap())),
                Ask::Context(bytes) => builder.propose_group_context_extensions(list(bytes)).unwrap(),
                other => panic!("not asked of OpenMLS: {other:?}"),
            };
        }
        let (rand, crypto) = (self.provider.rand(), self.provider.crypto());
        let loaded = builder.load_psks(self.provider.storage()).unwrap();
        let built = match new_signer {
            None => loaded.build(rand, crypto, &self.signer, |_| true).unwrap(),
            Some(signer) => {
                let bundle = NewSignerBundle { signer, credential_with_key: self.credential(signer) };
                loaded.build_with_new_signer(rand, crypto, &self.signer, bundle, |_| true).unwrap()
            }
        };
        let bundle = built.stage_commit(&self.provider).unwrap();
        let sent = Sent {
            message: written(bundle.commit()),
            welcome: bundle.to_welcome_msg().map(|welcome| written(&welcome)),
            tree: None,
        };
        self.group = Some(group);
        sent
    }

    /// Signs with the key of its leaf: an update or a commit with a new one may be in by now.
    fn settle_signer(&mut self) {
        let group = self.group.as_ref().unwrap();
        let Some(leaf) = group.own_leaf_node() else { return };
        if let Some(next) = self.next_signer.take_if(|next| leaf.signature_key().as_slice() == next.public()) {
            self.signer = next;
        }
    }
}

impl Actor for OpenMls {
    fn maker(&self) -> &'static str {
        OPEN_MLS.name
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn create(&mut self, id: &[u8]) {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(self.suite())
            .wire_format_policy(self.wire_format())
            .use_ratchet_tree_extension(self.settings.tree_in_welcome)
            .max_past_epochs(5)
            .number_of_resumption_psks(5)
            .sender_ratchet_configuration(SenderRatchetConfiguration::new(20, 2000))
            .lifetime(lifetime())
            .capabilities(capabilities())
            .with_leaf_node_extensions(self.leaf_extensions())
            .unwrap()
            .build();
        let (id, credential) = (GroupId::from_slice(id), self.credential(&self.signer));
        let group = MlsGroup::new_with_group_id(&self.provider, &self.signer, &config, id, credential);
        self.group = Some(group.unwrap());
    }

    fn key_package(&mut self) -> Vec<u8> {
        written(&MlsMessageOut::from(self.fresh_key_package()))
    }

    fn propose(&mut self, ask: &Ask) -> Vec<u8> {
        let mut group = self.group.take().unwrap();
        let (provider, signer) = (&self.provider, &self.signer);
        let message = match ask {
            Ask::Add(bytes) => group.propose_add_member(provider, signer, &self.key_package_of(bytes)).unwrap().0,
            Ask::Update => group.propose_self_update(provider, signer, LeafNodeParameters::default()).unwrap().0,
            Ask::Rekey => {
                let next = self.next_signer.insert(self.new_signer());
                let credential_with_key = CredentialWithKey {
                    credential: BasicCredential::new(self.name.as_bytes().to_vec()).into(),
                    signature_key: next.public().into(),
                };
                let bundle = NewSignerBundle { signer: &*next, credential_with_key };
                let parameters = LeafNodeParameters::default();
                group.propose_self_update_with_new_signer(provider, signer, bundle, parameters).unwrap().0
            }
            Ask::Remove(leaf) => group.propose_remove_member(provider, signer, LeafNodeIndex::new(*leaf)).unwrap().0,
            Ask::ExternalPsk(id) => group.propose_pre_shared_key(provider, signer, self.external_psk(id)).unwrap().0,
            Ask::ResumptionPsk(epoch) => {
                let psk = self.resumption_psk(&group, *epoch);
                group.propose_pre_shared_key(provider, signer, psk).unwrap().0
            }
            Ask::Context(bytes) => group.propose_group_context_extensions(provider, list(bytes), signer).unwrap().0,
            Ask::ReInit { .. } => panic!("not asked of OpenMLS"),
        };
        self.group = Some(group);
        written(&message)
    }

    fn commit(&mut self, asks: &[Ask]) -> Sent {
        self.commit_as(asks, None)
    }

    fn commit_rekey(&mut self) -> Sent {
        let next = self.new_signer();
        let sent = self.commit_as(&[], Some(&next));
        self.next_signer = Some(next);
        sent
    }

    fn accept(&mut self) {
        self.group.as_mut().unwrap().merge_pending_commit(&self.provider).unwrap();
        self.settle_signer();
    }

    fn send(&mut self, data: &[u8], aad: &[u8]) -> Vec<u8> {
        let group = self.group.as_mut().unwrap();
        group.set_aad(aad.to_vec());
        written(&group.create_message(&self.provider, &self.signer, data).unwrap())
    }

    fn receive(&mut self, message: &[u8]) -> Got {
        let group = self.group.as_mut().unwrap();
        let message = read(message).try_into_protocol_message().unwrap();
        let processed = group.process_message(&self.provider, message);
        let processed = processed.unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        let (sender, aad) = (processed.sender().clone(), processed.aad().to_vec());
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(data) => {
                let Sender::Member(sender) = sender else { panic!("{sender:?}") };
                Got::Message { data: data.into_bytes(), aad, sender: sender.u32() }
            }
            ProcessedMessageContent::ProposalMessage(proposal)
            | ProcessedMessageContent::ExternalJoinProposalMessage(proposal) => {
                group.store_pending_proposal(self.provider.storage(), *proposal).unwrap();
                Got::Proposal
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                let removed = commit.self_removed();
                group.merge_staged_commit(&self.provider, *commit).unwrap();
                self.settle_signer();
                if removed { Got::Removed } else { Got::Epoch }
            }
            other => panic!("{other:?}"),
        }
    }

    fn join(&mut self, welcome: &[u8], bytes: Option<&[u8]>) {
        let MlsMessageBodyIn::Welcome(welcome) = read(welcome).extract() else { panic!("no Welcome") };
        let builder = StagedWelcome::build_from_welcome(&self.provider, &self.join_config(), welcome);
        let builder = builder.unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        let builder = match bytes {
            Some(bytes) => builder.with_ratchet_tree(tree(bytes)),
            None => builder,
        };
        let staged = builder.build().unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        self.group = Some(staged.into_group(&self.provider).unwrap());
    }

    fn group_info(&mut self, tree: bool) -> Vec<u8> {
        let group = self.group.as_ref().unwrap();
        written(&group.export_group_info(self.provider.crypto(), &self.signer, tree).unwrap())
    }

    fn join_external(&mut self, info: &[u8], bytes: Option<&[u8]>, resync: Option<u32>) -> Vec<u8> {
        let MlsMessageBodyIn::GroupInfo(info) = read(info).extract() else { panic!("no GroupInfo") };
        if resync.is_some() {
            // It removes the leaf that has our signature key, unasked.
            let mut old = self.group.take().unwrap();
            old.delete(self.provider.storage()).unwrap();
        }
        let builder = MlsGroup::external_commit_builder().with_config(self.join_config());
        let builder = match bytes {
            Some(bytes) => builder.with_ratchet_tree(tree(bytes)),
            None => builder,
        };
        let parameters = LeafNodeParameters::builder()
            .with_capabilities(capabilities())
            .with_extensions(self.leaf_extensions())
            .build();
        let builder = builder.build_group(&self.provider, info, self.credential(&self.signer)).unwrap();
        let builder = builder.leaf_node_parameters(parameters);
        let (rand, crypto) = (self.provider.rand(), self.provider.crypto());
        let loaded = builder.load_psks(self.provider.storage()).unwrap();
        let built = loaded.build(rand, crypto, &self.signer, |_| true).unwrap();
        let (group, bundle) = built.finalize(&self.provider).unwrap();
        self.group = Some(group);
        written(bundle.commit())
    }

    fn restart(&mut self) {
        let id = self.group.take().unwrap().group_id().clone();
        self.group = Some(MlsGroup::load(self.provider.storage(), &id).unwrap().unwrap());
    }

    fn store_psk(&mut self, id: &[u8], value: &[u8]) {
        self.external_psk(id).store(&self.provider, value).unwrap();
    }

    fn view(&mut self) -> View {
        let group = self.group.as_ref().unwrap();
        let exported = group.export_secret(self.provider.crypto(), EXPORT_LABEL, EXPORT_CONTEXT, EXPORT_LENGTH);
        let member = |member: Member| (member.index.u32(), member.credential.serialized_content().to_vec());
        View {
            epoch: group.epoch().as_u64(),
            context: written(group.public_group().group_context()),
            members: group.members().map(member).collect(),
            authenticator: group.epoch_authenticator().as_slice().to_vec(),
            exported: exported.unwrap(),
            tree: written(&group.export_ratchet_tree()),
        }
    }

    fn next_key_package(&mut self, _: &Succession, _: u16) -> Vec<u8> {
        panic!("not asked of OpenMLS")
    }

    fn found(&mut self, _: &Succession, _: &[Vec<u8>]) -> Sent {
        panic!("not asked of OpenMLS")
    }

    fn succeed(&mut self, _: &Succession, _: &[u8], _: Option<&[u8]>) {
        panic!("not asked of OpenMLS")
    }

    fn external_sender(&mut self) -> Vec<u8> {
        let credential = self.credential(&self.signer);
        written(&ExternalSender::new(credential.signature_key, credential.credential))
    }

    fn propose_outside(&mut self, group: &Outside, ask: &Ask) -> Vec<u8> {
        let (id, epoch) = (GroupId::from_slice(&group.group_id), group.epoch.into());
        let place = SenderExtensionIndex::new(0);
        let message = match ask {
            Ask::Add(bytes) => {
                let key_package = self.key_package_of(bytes);
                ExternalProposal::new_add::<OpenMlsRustCrypto>(key_package, id, epoch, &self.signer, place).unwrap()
            }
            Ask::Remove(leaf) => {
                let leaf = LeafNodeIndex::new(*leaf);
                ExternalProposal::new_remove::<OpenMlsRustCrypto>(leaf, id, epoch, &self.signer, place).unwrap()
            }
            other => panic!("not asked of external senders: {other:?}"),
        };
        written(&message)
    }

    fn ask_in(&mut self, group: &Outside) -> Vec<u8> {
        let (id, epoch) = (GroupId::from_slice(&group.group_id), group.epoch.into());
        let key_package = self.fresh_key_package();
        let message = JoinProposal::new::<<OpenMlsRustCrypto as openmls_traits::OpenMlsProvider>::StorageProvider>(
            key_package,
            id,
            epoch,
            &self.signer,
        );
        written(&message.unwrap())
    }
}
