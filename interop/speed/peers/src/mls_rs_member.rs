//! A client of mls-rs, whose groups are in a store that counts.

use std::sync::{Arc, Mutex};

use mls_rs::client_builder::{
    BaseConfig, PaddingMode, WithCryptoProvider, WithGroupStateStorage, WithIdentityProvider, WithMlsRules,
};
use mls_rs::group::{ExportedTree, Group};
use mls_rs::identity::SigningIdentity;
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::mls_rules::{CommitOptions, DefaultMlsRules, EncryptionOptions};
use mls_rs::storage_provider::in_memory::InMemoryGroupStateStorage;
use mls_rs::{CipherSuite, CipherSuiteProvider, Client, CryptoProvider, ExtensionList, MlsMessage};
use mls_rs_core::group::{EpochRecord, GroupState, GroupStateStorage};
use mls_rs_provider_sqlite::connection_strategy::FileConnectionStrategy;
use mls_rs_provider_sqlite::storage::SqLiteGroupStateStorage;
use mls_rs_provider_sqlite::{JournalMode, SqLiteDataStorageEngine, SqLiteDataStorageError};
use zeroize::Zeroizing;

use crate::row::Sheet;
use crate::scenario::{Committed, Library, Stored, Tree, filler};

/// The client with one provider and suite.
pub struct MlsRs<C> {
    pub crypto: C,
    pub backend: &'static str,
    pub suite: u16,
    /// A folder for databases, where they are measured; else memory.
    pub sqlite: Option<tempfile::TempDir>,
}

type Config<C> = WithMlsRules<
    Rules,
    WithGroupStateStorage<Counted, WithCryptoProvider<C, WithIdentityProvider<BasicIdentityProvider, BaseConfig>>>,
>;

/// Its stores.
#[derive(Clone, Debug)]
enum Store {
    Memory(InMemoryGroupStateStorage),
    Sqlite(SqLiteGroupStateStorage),
}

/// A store, and what it was handed.
#[derive(Clone, Debug)]
pub struct Counted {
    inner: Store,
    stored: Arc<Mutex<Stored>>,
}

impl GroupStateStorage for Counted {
    type Error = SqLiteDataStorageError;

    fn state(&self, group_id: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Self::Error> {
        match &self.inner {
            Store::Memory(store) => Ok(store.state(group_id).unwrap()),
            Store::Sqlite(store) => store.state(group_id),
        }
    }

    fn epoch(&self, group_id: &[u8], epoch_id: u64) -> Result<Option<Zeroizing<Vec<u8>>>, Self::Error> {
        match &self.inner {
            Store::Memory(store) => Ok(store.epoch(group_id, epoch_id).unwrap()),
            Store::Sqlite(store) => store.epoch(group_id, epoch_id),
        }
    }

    fn write(
        &mut self,
        state: GroupState,
        inserts: Vec<EpochRecord>,
        updates: Vec<EpochRecord>,
    ) -> Result<(), Self::Error> {
        let mut stored = self.stored.lock().unwrap();
        stored.records += 1 + inserts.len() as u64 + updates.len() as u64;
        stored.bytes += state.data.len() as u64;
        stored.bytes += inserts.iter().chain(&updates).map(|epoch| epoch.data.len() as u64).sum::<u64>();
        drop(stored);
        match &mut self.inner {
            Store::Memory(store) => store.write(state, inserts, updates).unwrap(),
            Store::Sqlite(store) => store.write(state, inserts, updates)?,
        }
        Ok(())
    }

    fn max_epoch_id(&self, group_id: &[u8]) -> Result<Option<u64>, Self::Error> {
        match &self.inner {
            Store::Memory(store) => Ok(store.max_epoch_id(group_id).unwrap()),
            Store::Sqlite(store) => GroupStateStorage::max_epoch_id(store, group_id),
        }
    }
}

/// What a commit does is said from one to the next.
#[derive(Clone, Debug, Default)]
pub struct Rules(Arc<Mutex<(bool, bool)>>);

impl Rules {
    fn set(&self, path: bool, tree_in_welcome: bool) {
        *self.0.lock().unwrap() = (path, tree_in_welcome);
    }

    fn now(&self) -> DefaultMlsRules {
        let (path, tree) = *self.0.lock().unwrap();
        DefaultMlsRules::new()
            .with_commit_options(CommitOptions::new().with_path_required(path).with_ratchet_tree_extension(tree))
            .with_encryption_options(EncryptionOptions::new(false, PaddingMode::StepFunction))
    }
}

impl mls_rs::MlsRules for Rules {
    type Error = <DefaultMlsRules as mls_rs::MlsRules>::Error;

    fn filter_proposals(
        &self,
        direction: mls_rs::mls_rules::CommitDirection,
        source: mls_rs::mls_rules::CommitSource,
        roster: &mls_rs::group::Roster<'_>,
        context: &mls_rs::group::GroupContext,
        proposals: mls_rs::mls_rules::ProposalBundle,
    ) -> Result<mls_rs::mls_rules::ProposalBundle, Self::Error> {
        self.now().filter_proposals(direction, source, roster, context, proposals)
    }

    fn commit_options(
        &self,
        roster: &mls_rs::group::Roster<'_>,
        context: &mls_rs::group::GroupContext,
        proposals: &mls_rs::mls_rules::ProposalBundle,
    ) -> Result<CommitOptions, Self::Error> {
        self.now().commit_options(roster, context, proposals)
    }

    fn encryption_options(
        &self,
        roster: &mls_rs::group::Roster<'_>,
        context: &mls_rs::group::GroupContext,
    ) -> Result<EncryptionOptions, Self::Error> {
        self.now().encryption_options(roster, context)
    }
}

pub struct MlsRsMember<C: CryptoProvider + Clone> {
    client: Client<Config<C>>,
    rules: Rules,
    store: Counted,
    group: Option<Group<Config<C>>>,
    id: Vec<u8>,
}

impl<C: CryptoProvider + Clone> MlsRsMember<C> {
    fn group(&mut self) -> &mut Group<Config<C>> {
        self.group.as_mut().unwrap()
    }

    fn enter(&mut self, group: Group<Config<C>>) {
        self.id = group.group_id().to_vec();
        self.group = Some(group);
    }
}

fn read(bytes: &[u8]) -> MlsMessage {
    MlsMessage::from_bytes(bytes).unwrap()
}

impl<C: CryptoProvider + Clone> MlsRs<C> {
    pub fn has_suite(&self) -> bool {
        self.crypto.cipher_suite_provider(CipherSuite::from(self.suite)).is_some()
    }
}

impl<C: CryptoProvider + Clone> Library for MlsRs<C> {
    type Member = MlsRsMember<C>;

    fn sheet(&self, members: u32) -> Sheet {
        let implementation = if self.sqlite.is_some() { "mls-rs, SQLite" } else { "mls-rs" };
        Sheet { implementation, backend: self.backend, suite: self.suite, members }
    }

    fn member(&self, name: &str) -> MlsRsMember<C> {
        let suite = CipherSuite::from(self.suite);
        let provider = self.crypto.cipher_suite_provider(suite).unwrap();
        let (secret, public) = provider.signature_key_generate().unwrap();
        let credential = BasicCredential::new(name.as_bytes().to_vec()).into_credential();
        let inner = match &self.sqlite {
            None => Store::Memory(InMemoryGroupStateStorage::new()),
            Some(dir) => {
                let file = tempfile::NamedTempFile::new_in(dir.path()).unwrap().into_temp_path().keep().unwrap();
                let engine = SqLiteDataStorageEngine::new(FileConnectionStrategy::new(&file)).unwrap();
                let engine = engine.with_journal_mode(Some(JournalMode::Wal));
                Store::Sqlite(engine.group_state_storage().unwrap())
            }
        };
        let store = Counted { inner, stored: Arc::default() };
        let rules = Rules::default();
        let client = Client::builder()
            .identity_provider(BasicIdentityProvider::new())
            .crypto_provider(self.crypto.clone())
            .group_state_storage(store.clone())
            .mls_rules(rules.clone())
            .signing_identity(SigningIdentity::new(credential, public), secret, suite)
            .build();
        MlsRsMember { client, rules, store, group: None, id: Vec::new() }
    }

    fn key_package(&self, member: &mut MlsRsMember<C>) -> Vec<u8> {
        let none = ExtensionList::new;
        member.client.generate_key_package_message(none(), none(), None).unwrap().to_bytes().unwrap()
    }

    fn key_packages(&self, count: u32) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.key_package(&mut self.member(&filler()))).collect()
    }

    fn create(&self, member: &mut MlsRsMember<C>) {
        let none = ExtensionList::new;
        let mut group = member.client.create_group(none(), none(), None).unwrap();
        group.write_to_storage().unwrap();
        member.enter(group);
    }

    fn add(&self, member: &mut MlsRsMember<C>, key_packages: &[Vec<u8>], tree: Tree) -> Committed {
        member.rules.set(false, tree == Tree::InWelcome);
        let mut builder = member.group().commit_builder();
        for key_package in key_packages {
            builder = builder.add_member(read(key_package)).unwrap();
        }
        let output = builder.build().unwrap();
        Committed {
            message: output.commit_message.to_bytes().unwrap(),
            welcome: output.welcome_messages.first().map(|welcome| welcome.to_bytes().unwrap()),
            tree: output.ratchet_tree.as_ref().map(|tree| tree.to_bytes().unwrap()),
        }
    }

    fn remove(&self, member: &mut MlsRsMember<C>, leaf: u32) -> Vec<u8> {
        member.rules.set(false, false);
        let builder = member.group().commit_builder().remove_member(leaf).unwrap();
        builder.build().unwrap().commit_message.to_bytes().unwrap()
    }

    fn update(&self, member: &mut MlsRsMember<C>) -> Vec<u8> {
        member.rules.set(true, false);
        member.group().commit_builder().build().unwrap().commit_message.to_bytes().unwrap()
    }

    fn apply(&self, member: &mut MlsRsMember<C>) {
        member.group().apply_pending_commit().unwrap();
    }

    fn join(&self, member: &mut MlsRsMember<C>, welcome: &[u8], tree: Option<&[u8]>) {
        let tree = tree.map(|tree| ExportedTree::from_bytes(tree).unwrap());
        let (mut group, _) = member.client.join_group(tree, &read(welcome), None).unwrap();
        group.write_to_storage().unwrap();
        member.enter(group);
    }

    fn process(&self, member: &mut MlsRsMember<C>, commit: &[u8]) {
        member.group().process_incoming_message(read(commit)).unwrap();
    }

    fn send(&self, member: &mut MlsRsMember<C>, data: &[u8]) -> Vec<u8> {
        member.group().encrypt_application_message(data, Vec::new()).unwrap().to_bytes().unwrap()
    }

    fn receive(&self, member: &mut MlsRsMember<C>, message: &[u8]) {
        member.group().process_incoming_message(read(message)).unwrap();
    }

    fn authenticator(&self, member: &mut MlsRsMember<C>) -> Vec<u8> {
        member.group().epoch_authenticator().unwrap().to_vec()
    }

    fn persist(&self, member: &mut MlsRsMember<C>) {
        member.group().write_to_storage().unwrap();
    }

    fn stored(&self, member: &mut MlsRsMember<C>) -> Stored {
        core::mem::take(&mut *member.store.stored.lock().unwrap())
    }

    fn unload(&self, member: &mut MlsRsMember<C>) {
        member.group = None;
    }

    fn load(&self, member: &mut MlsRsMember<C>) {
        member.group = Some(member.client.load_group(&member.id).unwrap());
    }
}
