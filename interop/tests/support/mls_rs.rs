//! A client of mls-rs.

use mls_rs::client_builder::{BaseConfig, PaddingMode, WithCryptoProvider, WithIdentityProvider, WithMlsRules};
use mls_rs::crypto::SignatureSecretKey;
use mls_rs::extension::built_in::RequiredCapabilitiesExt;
use mls_rs::group::{CommitEffect, CommitOutput, ExportedTree, Group, ReceivedMessage};
use mls_rs::identity::SigningIdentity;
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::mls_rs_codec::MlsEncode;
use mls_rs::mls_rules::{CommitOptions, DefaultMlsRules, EncryptionOptions};
use mls_rs::psk::{ExternalPskId, PreSharedKey};
use mls_rs::time::MlsTime;
use mls_rs::{CipherSuite, CipherSuiteProvider, Client, CryptoProvider, ExtensionList, MlsMessage};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;

use crate::support::common::NOW;
use crate::support::{
    Actor, Ask, EXPORT_CONTEXT, EXPORT_LABEL, EXPORT_LENGTH, Got, Maker, Padding, Sent, Settings, View,
};

pub const MLS_RS: Maker = Maker { name: "mls-rs", make: |name, _, settings| Box::new(MlsRs::new(name, settings)) };

type Config = WithMlsRules<
    DefaultMlsRules,
    WithCryptoProvider<RustCryptoProvider, WithIdentityProvider<BasicIdentityProvider, BaseConfig>>,
>;

pub struct MlsRs {
    name: String,
    suite: CipherSuite,
    client: Client<Config>,
    group: Option<Group<Config>>,
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

/// That all members must support basic credentials.
fn require_basic() -> ExtensionList {
    let required =
        RequiredCapabilitiesExt { credentials: vec![BasicCredential::credential_type()], ..Default::default() };
    let mut extensions = ExtensionList::new();
    extensions.set_from(required).unwrap();
    extensions
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
            .identity_provider(BasicIdentityProvider::new())
            .crypto_provider(RustCryptoProvider::new())
            .mls_rules(rules)
            .signing_identity(identity, secret, suite)
            .build();
        Self { name: name.to_owned(), suite, client, group: None }
    }

    fn group(&mut self) -> &mut Group<Config> {
        self.group.as_mut().unwrap()
    }

    fn enter(&mut self, mut group: Group<Config>) {
        group.write_to_storage().unwrap();
        self.group = Some(group);
    }
}

impl Actor for MlsRs {
    fn name(&self) -> &str {
        &self.name
    }

    fn create(&mut self, id: &[u8]) {
        let group = self
            .client
            .create_group_with_id(id.to_vec(), ExtensionList::new(), ExtensionList::new(), Some(time()))
            .unwrap();
        self.enter(group);
    }

    fn key_package(&mut self) -> Vec<u8> {
        let message =
            self.client.generate_key_package_message(ExtensionList::new(), ExtensionList::new(), Some(time()));
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
            Ask::RequireBasic => group.propose_group_context_extensions(require_basic(), Vec::new()),
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
                Ask::RequireBasic => builder.set_group_context_ext(require_basic()),
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
                CommitEffect::NewEpoch(_) => Got::Epoch,
                CommitEffect::Removed { .. } => Got::Removed,
                other => panic!("{other:?}"),
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
        let mut builder = self.client.external_commit_builder().unwrap().commit_time(time());
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
        View {
            epoch: group.current_epoch(),
            context: group.context().mls_encode_to_vec().unwrap(),
            members: members.collect(),
            authenticator: group.epoch_authenticator().unwrap().as_bytes().to_vec(),
            exported: group.export_secret(EXPORT_LABEL, EXPORT_CONTEXT, EXPORT_LENGTH).unwrap().as_bytes().to_vec(),
            tree: group.export_tree().to_bytes().unwrap(),
        }
    }
}
