//! A client of OpenMLS, with its store in memory.

use std::collections::HashMap;

use openmls::prelude::tls_codec::{Deserialize, Serialize};
use openmls::prelude::*;
use openmls::treesync::LeafNodeParameters;
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;

use crate::row::Sheet;
use crate::scenario::{Committed, Library, Stored, Tree, filler};

/// The client with one suite.
pub struct OpenMls {
    pub suite: u16,
}

pub struct OpenMlsMember {
    name: String,
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    group: Option<MlsGroup>,
    id: Option<GroupId>,
    /// What the store held when it was last asked.
    seen: HashMap<Vec<u8>, Vec<u8>>,
}

impl OpenMlsMember {
    fn credential(&self) -> CredentialWithKey {
        let credential = BasicCredential::new(self.name.as_bytes().to_vec()).into();
        CredentialWithKey { credential, signature_key: self.signer.public().into() }
    }

    fn enter(&mut self, group: MlsGroup) {
        self.id = Some(group.group_id().clone());
        self.group = Some(group);
    }
}

fn read(bytes: &[u8]) -> MlsMessageIn {
    MlsMessageIn::tls_deserialize_exact(bytes).unwrap()
}

fn written(value: &impl Serialize) -> Vec<u8> {
    value.tls_serialize_detached().unwrap()
}

impl OpenMls {
    fn suite(&self) -> Ciphersuite {
        Ciphersuite::try_from(self.suite).unwrap()
    }

    fn config(tree_in_welcome: bool) -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(tree_in_welcome)
            .build()
    }
}

impl Library for OpenMls {
    type Member = OpenMlsMember;

    fn sheet(&self, members: u32) -> Sheet {
        Sheet { implementation: "OpenMLS", backend: "RustCrypto", suite: self.suite, members }
    }

    fn member(&self, name: &str) -> OpenMlsMember {
        let provider = OpenMlsRustCrypto::default();
        let signer = SignatureKeyPair::new(self.suite().signature_algorithm()).unwrap();
        signer.store(provider.storage()).unwrap();
        OpenMlsMember { name: name.to_owned(), provider, signer, group: None, id: None, seen: HashMap::new() }
    }

    fn key_package(&self, member: &mut OpenMlsMember) -> Vec<u8> {
        let bundle =
            KeyPackage::builder().build(self.suite(), &member.provider, &member.signer, member.credential()).unwrap();
        written(&MlsMessageOut::from(bundle.key_package().clone()))
    }

    fn key_packages(&self, count: u32) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.key_package(&mut self.member(&filler()))).collect()
    }

    fn create(&self, member: &mut OpenMlsMember) {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(self.suite())
            .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
            .build();
        let group = MlsGroup::new(&member.provider, &member.signer, &config, member.credential()).unwrap();
        member.enter(group);
    }

    fn add(&self, member: &mut OpenMlsMember, key_packages: &[Vec<u8>], tree: Tree) -> Committed {
        let OpenMlsMember { provider, signer, group, .. } = member;
        let group = group.as_mut().unwrap();
        group.set_configuration(provider.storage(), &Self::config(tree == Tree::InWelcome)).unwrap();
        let key_packages: Vec<KeyPackage> = key_packages
            .iter()
            .map(|bytes| {
                let MlsMessageBodyIn::KeyPackage(key_package) = read(bytes).extract() else { panic!("no key package") };
                key_package.validate(provider.crypto(), ProtocolVersion::Mls10).unwrap()
            })
            .collect();
        let builder = group.commit_builder().force_self_update(false).propose_adds(key_packages);
        let loaded = builder.load_psks(provider.storage()).unwrap();
        let built = loaded.build(provider.rand(), provider.crypto(), signer, |_| true).unwrap();
        let bundle = built.stage_commit(provider).unwrap();
        let tree = (tree == Tree::Beside).then(|| {
            let pending = group.pending_commit().unwrap();
            written(&pending.export_ratchet_tree(provider.crypto(), group.export_ratchet_tree()).unwrap().unwrap())
        });
        Committed {
            message: written(bundle.commit()),
            welcome: bundle.to_welcome_msg().map(|welcome| written(&welcome)),
            tree,
        }
    }

    fn remove(&self, member: &mut OpenMlsMember, leaf: u32) -> Vec<u8> {
        let OpenMlsMember { provider, signer, group, .. } = member;
        let group = group.as_mut().unwrap();
        written(&group.remove_members(provider, signer, &[LeafNodeIndex::new(leaf)]).unwrap().0)
    }

    fn update(&self, member: &mut OpenMlsMember) -> Vec<u8> {
        let OpenMlsMember { provider, signer, group, .. } = member;
        let bundle = group.as_mut().unwrap().self_update(provider, signer, LeafNodeParameters::default()).unwrap();
        written(bundle.commit())
    }

    fn apply(&self, member: &mut OpenMlsMember) {
        member.group.as_mut().unwrap().merge_pending_commit(&member.provider).unwrap();
    }

    fn join(&self, member: &mut OpenMlsMember, welcome: &[u8], tree: Option<&[u8]>) {
        let MlsMessageBodyIn::Welcome(welcome) = read(welcome).extract() else { panic!("no Welcome") };
        let tree = tree.map(|tree| RatchetTreeIn::tls_deserialize_exact(tree).unwrap());
        let config = Self::config(tree.is_none());
        let staged = StagedWelcome::new_from_welcome(&member.provider, &config, welcome, tree).unwrap();
        let group = staged.into_group(&member.provider).unwrap();
        member.enter(group);
    }

    fn process(&self, member: &mut OpenMlsMember, commit: &[u8]) {
        let group = member.group.as_mut().unwrap();
        let message = read(commit).try_into_protocol_message().unwrap();
        let processed = group.process_message(&member.provider, message).unwrap();
        let ProcessedMessageContent::StagedCommitMessage(commit) = processed.into_content() else {
            panic!("no commit")
        };
        group.merge_staged_commit(&member.provider, *commit).unwrap();
    }

    fn send(&self, member: &mut OpenMlsMember, data: &[u8]) -> Vec<u8> {
        let OpenMlsMember { provider, signer, group, .. } = member;
        written(&group.as_mut().unwrap().create_message(provider, signer, data).unwrap())
    }

    fn receive(&self, member: &mut OpenMlsMember, message: &[u8]) {
        let group = member.group.as_mut().unwrap();
        let message = read(message).try_into_protocol_message().unwrap();
        group.process_message(&member.provider, message).unwrap();
    }

    fn authenticator(&self, member: &mut OpenMlsMember) -> Vec<u8> {
        member.group.as_ref().unwrap().epoch_authenticator().as_slice().to_vec()
    }

    /// It stores as it goes.
    fn persist(&self, _: &mut OpenMlsMember) {}

    fn stored(&self, member: &mut OpenMlsMember) -> Stored {
        let now = member.provider.storage().values.read().unwrap().clone();
        let changed = now.iter().filter(|(key, value)| member.seen.get(*key) != Some(*value));
        let stored = changed.fold(Stored::default(), |sum, (_, value)| Stored {
            records: sum.records + 1,
            bytes: sum.bytes + value.len() as u64,
        });
        member.seen = now;
        stored
    }

    fn unload(&self, member: &mut OpenMlsMember) {
        member.group = None;
    }

    fn load(&self, member: &mut OpenMlsMember) {
        let id = member.id.as_ref().unwrap();
        member.group = Some(MlsGroup::load(member.provider.storage(), id).unwrap().unwrap());
    }
}
