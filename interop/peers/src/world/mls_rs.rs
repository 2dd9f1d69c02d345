//! A client of mls-rs.

use std::time::Duration;

use mls_rs::client_builder::{BaseConfig, PaddingMode, WithCryptoProvider, WithIdentityProvider, WithMlsRules};
use mls_rs::crypto::SignatureSecretKey;
use mls_rs::external_client::ExternalClient;
use mls_rs::group::{CommitEffect, CommitOutput, ExportedTree, Group, ReceivedMessage, ReinitClient};
use mls_rs::identity::SigningIdentity;
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::mls_rs_codec::{MlsDecode, MlsEncode};
use mls_rs::mls_rules::{CommitOptions, DefaultMlsRules, EncryptionOptions};
use mls_rs::psk::{ExternalPskId, PreSharedKey};
use mls_rs::time::MlsTime;
use mls_rs::{
    CipherSuite, CipherSuiteProvider, Client, CryptoProvider, Extension, ExtensionList, MlsMessage, ProtocolVersion,
};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;

use super::actor::{
    Actor, Ask, CUSTOM_EXTENSION, EXPORT_CONTEXT, EXPORT_LABEL, EXPORT_LENGTH, Got, Maker, NEVER, NOW, Outside,
    Padding, Sent, Settings, Succession, View,
};

pub const MLS_RS: Maker = Maker { name: "mls-rs", make: |name, _, settings| Box::new(MlsRs::new(name, settings)) };

type Config = WithMlsRules<
    DefaultMlsRules,
    WithCryptoProvider<RustCryptoProvider, WithIdentityProvider<BasicIdentityProvider, BaseConfig>>,
>;

pub struct MlsRs {
    name: String,
    suite: CipherSuite,
    custom_leaf: bool,
    signer: (SignatureSecretKey, SigningIdentity),
    client: Client<Config>,
    group: Option<Group<Config>>,
    next: Option<ReinitClient<Config>>,
}

fn time() -> MlsTime {
    MlsTime::from(NOW)
}

fn read(bytes: &[u8]) -> MlsMessage {
    MlsMessage::from_bytes(bytes).unwrap()
}

fn tree(bytes: Option<&[u8]>) -> Option<ExportedTree<'static>> {
    bytes.map(|bytes| ExportedTree::from_bytes(bytes).unwrap())
}

fn list(bytes: &[u8]) -> ExtensionList {
    ExtensionList::mls_decode(&mut &*bytes).unwrap()
}

fn new_identity(name: &str, suite: CipherSuite) -> (SignatureSecretKey, SigningIdentity) {
    let provider = RustCryptoProvider::new().cipher_suite_provider(suite).unwrap();
    let (secret, public) = provider.signature_key_generate().unwrap();
    let credential = BasicCredential::new(name.as_bytes().to_vec()).into_credential();
    (secret, SigningIdentity::new(credential, public))
}

fn sent(output: &CommitOutput) -> Sent {
    assert!(output.unused_proposals.is_empty(), "{:?}", output.unused_proposals);
    assert!(output.welcome_messages.len() <= 1);
    Sent {
        message: output.commit_message.to_bytes().unwrap(),
        welcome: output.welcome_messages.first().map(|welcome| welcome.to_bytes().unwrap()),
        tree: output.ratchet_tree.as_ref().map(|tree| tree.to_bytes().unwrap()),
    }
}

impl MlsRs {
    pub fn new(name: &str, settings: Settings) -> Self {
        let suite = CipherSuite::from(settings.suite);
        let (secret, identity) = new_identity(name, suite);
        let padding = match settings.padding {
            Padding::None => PaddingMode::None,
            Padding::Step => PaddingMode::StepFunction,
            Padding::Padme => PaddingMode::Padme,
        };
        let rules = DefaultMlsRules::new()
            .with_commit_options(
                CommitOptions::new()
                    .with_path_required(settings.path)
                    .with_ratchet_tree_extension(settings.tree_in_welcome),
            )
            .with_encryption_options(EncryptionOptions::new(settings.encrypt, padding));
        let client = Client::builder()
            .extension_type(CUSTOM_EXTENSION.into())
            .key_package_lifetime(Duration::from_secs(NEVER - NOW))
            .identity_provider(BasicIdentityProvider::new())
            .crypto_provider(RustCryptoProvider::new())
            .mls_rules(rules)
            .signing_identity(identity.clone(), secret.clone(), suite)
            .build();
        let signer = (secret, identity);
        Self {
            name: name.to_owned(),
            suite,
            custom_leaf: settings.custom_leaf,
            signer,
            client,
            group: None,
            next: None,
        }
    }

    fn group(&mut self) -> &mut Group<Config> {
        self.group.as_mut().unwrap()
    }

    fn enter(&mut self, mut group: Group<Config>) {
        group.write_to_storage().unwrap();
        self.group = Some(group);
    }

    fn leaf_extensions(&self) -> ExtensionList {
        let mut extensions = ExtensionList::new();
        if self.custom_leaf {
            extensions.set(Extension::new(CUSTOM_EXTENSION.into(), self.name.as_bytes().to_vec()));
        }
        extensions
    }
}

impl Actor for MlsRs {
    fn maker(&self) -> &'static str {
        MLS_RS.name
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn create(&mut self, id: &[u8]) {
        let leaf = self.leaf_extensions();
        let group = self.client.create_group_with_id(id.to_vec(), ExtensionList::new(), leaf, Some(time()));
        self.enter(group.unwrap());
    }

    fn key_package(&mut self) -> Vec<u8> {
        let leaf = self.leaf_extensions();
        let message = self.client.generate_key_package_message(ExtensionList::new(), leaf, Some(time()));
        message.unwrap().to_bytes().unwrap()
    }

    fn propose(&mut self, ask: &Ask) -> Vec<u8> {
        let (secret, identity) = new_identity(&self.name, self.suite);
        let group = self.group();
        let message = match ask {
            Ask::Add(key_package) => group.propose_add(read(key_package), Vec::new()),
            Ask::Update => group.propose_update(Vec::new()),
            Ask::Rekey => group.propose_update_with_identity(secret, identity, Vec::new()),
            Ask::Remove(leaf) => group.propose_remove(*leaf, Vec::new()),
            Ask::ExternalPsk(id) => group.propose_external_psk(ExternalPskId::new(id.clone()), Vec::new()),
            Ask::ResumptionPsk(epoch) => group.propose_resumption_psk(*epoch, Vec::new()),
            Ask::Context(bytes) => group.propose_group_context_extensions(list(bytes), Vec::new()),
            Ask::ReInit { suite, id } => group.propose_reinit(
                Some(id.clone()),
                ProtocolVersion::MLS_10,
                CipherSuite::from(*suite),
                ExtensionList::new(),
                Vec::new(),
            ),
        };
        message.unwrap().to_bytes().unwrap()
    }

    fn commit(&mut self, asks: &[Ask]) -> Sent {
        let mut builder = self.group().commit_builder().commit_time(time());
        for ask in asks {
            builder = match ask {
                Ask::Add(key_package) => builder.add_member(read(key_package)),
                Ask::Remove(leaf) => builder.remove_member(*leaf),
                Ask::ExternalPsk(id) => builder.add_external_psk(ExternalPskId::new(id.clone())),
                Ask::ResumptionPsk(epoch) => builder.add_resumption_psk(*epoch),
                Ask::Context(bytes) => builder.set_group_context_ext(list(bytes)),
                Ask::ReInit { suite, id } => builder.reinit(
                    Some(id.clone()),
                    ProtocolVersion::MLS_10,
                    CipherSuite::from(*suite),
                    ExtensionList::new(),
                ),
                Ask::Update | Ask::Rekey => panic!("an update is not proposed by value"),
            }
            .unwrap();
        }
        sent(&builder.build().unwrap())
    }

    fn commit_rekey(&mut self) -> Sent {
        let (secret, identity) = new_identity(&self.name, self.suite);
        let builder = self.group().commit_builder().commit_time(time()).set_new_signing_identity(secret, identity);
        sent(&builder.build().unwrap())
    }

    fn accept(&mut self) {
        self.group().apply_pending_commit().unwrap();
        self.group().write_to_storage().unwrap();
    }

    fn send(&mut self, data: &[u8], aad: &[u8]) -> Vec<u8> {
        self.group().encrypt_application_message(data, aad.to_vec()).unwrap().to_bytes().unwrap()
    }

    fn receive(&mut self, message: &[u8]) -> Got {
        let received = self.group().process_incoming_message_with_time(read(message), time());
        let got = match received.unwrap_or_else(|error| panic!("{}: {error:?}", self.name)) {
            ReceivedMessage::ApplicationMessage(message) => Got::Message {
                data: message.data().to_vec(),
                aad: message.authenticated_data.clone(),
                sender: message.sender_index,
            },
            ReceivedMessage::Proposal(_) => Got::Proposal,
            ReceivedMessage::Commit(commit) => match commit.effect {
                CommitEffect::NewEpoch(_) | CommitEffect::ReInit(_) => Got::Epoch,
                CommitEffect::Removed { .. } => Got::Removed,
            },
            other => panic!("{other:?}"),
        };
        self.group().write_to_storage().unwrap();
        got
    }

    fn join(&mut self, welcome: &[u8], bytes: Option<&[u8]>) {
        let joined = self.client.join_group(tree(bytes), &read(welcome), Some(time()));
        let (group, _) = joined.unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        self.enter(group);
    }

    fn group_info(&mut self, tree: bool) -> Vec<u8> {
        self.group().group_info_message_allowing_ext_commit(tree).unwrap().to_bytes().unwrap()
    }

    fn join_external(&mut self, info: &[u8], bytes: Option<&[u8]>, resync: Option<u32>) -> Vec<u8> {
        let leaf = self.leaf_extensions();
        let builder = self.client.external_commit_builder().unwrap();
        let mut builder = builder.commit_time(time()).with_leaf_node_extensions(leaf);
        if let Some(tree) = tree(bytes) {
            builder = builder.with_tree_data(tree);
        }
        if let Some(leaf) = resync {
            builder = builder.with_removal(leaf);
        }
        let (group, message) = builder.build(read(info)).unwrap();
        self.enter(group);
        message.to_bytes().unwrap()
    }

    fn restart(&mut self) {
        self.group().write_to_storage().unwrap();
        let id = self.group().group_id().to_vec();
        self.group = Some(self.client.load_group(&id).unwrap());
    }

    fn store_psk(&mut self, id: &[u8], value: &[u8]) {
        self.client.secret_store().insert(ExternalPskId::new(id.to_vec()), PreSharedKey::new(value.to_vec()));
    }

    fn view(&mut self) -> View {
        let group = self.group();
        let members = group.roster().members_iter().map(|member| {
            let credential = member.signing_identity.credential.as_basic().unwrap();
            (member.index, credential.identifier.clone())
        });
        let exported = group.export_secret(EXPORT_LABEL.as_bytes(), EXPORT_CONTEXT, EXPORT_LENGTH).unwrap();
        View {
            epoch: group.current_epoch(),
            context: group.context().mls_encode_to_vec().unwrap(),
            members: members.collect(),
            authenticator: group.epoch_authenticator().unwrap().as_bytes().to_vec(),
            exported: exported.as_bytes().to_vec(),
            tree: group.export_tree().to_bytes().unwrap(),
        }
    }

    fn next_key_package(&mut self, kind: &Succession, suite: u16) -> Vec<u8> {
        if matches!(kind, Succession::Branch(_)) {
            return self.key_package();
        }
        let suite = CipherSuite::from(suite);
        let changed = suite != self.suite;
        self.suite = suite;
        let (secret, identity) = if changed {
            self.signer = new_identity(&self.name, suite);
            let (secret, identity) = self.signer.clone();
            (Some(secret), Some(identity))
        } else {
            (None, None)
        };
        let next = self.group.take().unwrap().get_reinit_client(secret, identity).unwrap();
        let key_package = next.generate_key_package(Some(time())).unwrap();
        self.next = Some(next);
        key_package.to_bytes().unwrap()
    }

    fn found(&mut self, kind: &Succession, key_packages: &[Vec<u8>]) -> Sent {
        let key_packages = key_packages.iter().map(|message| read(message)).collect();
        let (group, welcomes) = match kind {
            Succession::ReInit => {
                self.next.take().unwrap().commit(key_packages, ExtensionList::new(), Some(time())).unwrap()
            }
            Succession::Branch(id) => self.group().branch(id.clone(), key_packages, Some(time())).unwrap(),
        };
        self.enter(group);
        Sent { message: Vec::new(), welcome: welcomes.first().map(|welcome| welcome.to_bytes().unwrap()), tree: None }
    }

    fn succeed(&mut self, kind: &Succession, welcome: &[u8], bytes: Option<&[u8]>) {
        let (welcome, tree, time) = (read(welcome), tree(bytes), Some(time()));
        let joined = match kind {
            Succession::ReInit => self.next.take().unwrap().join(&welcome, tree, time),
            Succession::Branch(_) => self.group().join_subgroup(&welcome, tree, time),
        };
        let (group, _) = joined.unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        self.enter(group);
    }

    fn external_sender(&mut self) -> Vec<u8> {
        // The structures have the same fields in the same order.
        self.signer.1.mls_encode_to_vec().unwrap()
    }

    fn propose_outside(&mut self, group: &Outside, ask: &Ask) -> Vec<u8> {
        let (secret, identity) = self.signer.clone();
        let client = ExternalClient::builder()
            .extension_type(CUSTOM_EXTENSION.into())
            .identity_provider(BasicIdentityProvider::new())
            .crypto_provider(RustCryptoProvider::new())
            .signer(secret, identity)
            .build();
        let observed = client.observe_group(read(&group.info), tree(group.tree.as_deref()), Some(time()));
        let message = match ask {
            Ask::Add(key_package) => observed.unwrap().propose_add(read(key_package), Vec::new()),
            Ask::Remove(leaf) => observed.unwrap().propose_remove(*leaf, Vec::new()),
            other => panic!("not asked of external senders: {other:?}"),
        };
        message.unwrap().to_bytes().unwrap()
    }

    fn ask_in(&mut self, group: &Outside) -> Vec<u8> {
        let message = self.client.external_add_proposal(
            &read(&group.info),
            tree(group.tree.as_deref()),
            Vec::new(),
            ExtensionList::new(),
            self.leaf_extensions(),
            Some(time()),
        );
        message.unwrap().to_bytes().unwrap()
    }
}
