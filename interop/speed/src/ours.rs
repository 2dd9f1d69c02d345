//! This library, through its blocking client.

use std::sync::{Arc, Mutex, PoisonError};

use mls_client::mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_client::mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_client::mls_core::storage::StorageError;
use mls_client::mls_core::tree::ratchet_tree::RatchetTree;
use mls_client::{
    BasicIdentity, Client, Clock, CommitPlan, Credential, Group, GroupId, Identity, LeafIndex, MemoryStorage,
    PathPolicy, Proposing, SendOptions, Storage, UnixTime,
};
use mls_codec::Decode;
use mls_crypto_traits::{CipherSuite, CryptoError, CryptoProvider, Rng, SecretBytes};
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

use crate::floor::Floor;
use crate::row::{Row, Sheet};
use crate::scenario::{Committed, Library, Stored, Tree, filler};

/// Of figures that were taken on all cores.
pub const ALL_CORES: &str = "ours, all cores";

/// The client over a backend and a kind of store.
pub struct Ours {
    pub crypto: Arc<dyn CryptoProvider>,
    pub backend: &'static str,
    pub suite: CipherSuite,
    /// A folder for databases, where they are measured; else memory.
    pub sqlite: Option<tempfile::TempDir>,
    /// Where randomness and time are to be the same in each run.
    pub seed: Option<u64>,
    /// What the figures are of.
    pub implementation: &'static str,
    /// What cryptography costs, where figures stand beside it.
    pub floor: Option<Floor>,
}

/// Random to nobody.
struct Counter(u64);

impl Rng for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for byte in out {
            // Vigna's splitmix64.
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = mixed.to_be_bytes()[0];
        }
        Ok(())
    }
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> UnixTime {
        UnixTime(1_800_000_000)
    }
}

impl Ours {
    fn client(&self, name: &str, storage: Arc<dyn Storage>) -> Client {
        let builder = Client::builder(storage, Arc::new(BasicIdentity::new())).crypto(self.crypto.clone());
        match self.seed {
            None => builder.build(),
            Some(seed) => {
                let seed = name.bytes().fold(seed, |sum, byte| sum.wrapping_mul(257).wrapping_add(u64::from(byte)));
                builder.rng(Box::new(Counter(seed))).clock(Arc::new(Fixed)).build()
            }
        }
        .unwrap()
    }
}

pub struct OurMember {
    client: Client,
    identity: Identity,
    store: Arc<Watched>,
    id: Option<GroupId>,
    group: Option<Group>,
}

impl OurMember {
    /// Moves the group out.
    pub fn export(&mut self) -> SecretBytes {
        self.group = None;
        self.client.export_group(self.id.as_ref().unwrap()).unwrap()
    }

    /// A client over a new store in memory, with a group that was moved out.
    pub fn import(library: &Ours, exported: &SecretBytes) -> Self {
        let mut member = library.member("imported");
        let group = member.client.import_group(exported).unwrap();
        member.enter(group);
        member
    }

    fn group(&mut self) -> &mut Group {
        self.group.as_mut().unwrap()
    }

    fn enter(&mut self, group: Group) {
        self.id = Some(group.id().clone());
        self.group = Some(group);
    }
}

/// A store whose writes are counted.
struct Watched {
    inner: Box<dyn Storage>,
    stored: Mutex<Stored>,
}

impl Storage for Watched {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        self.inner.read(keys)
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        stored.records += delta.len() as u64;
        stored.bytes += delta.bytes() as u64;
        self.inner.commit(delta)
    }
}

fn plan(proposals: Vec<Proposing>) -> CommitPlan {
    CommitPlan {
        proposals,
        path: PathPolicy::WhenRequired,
        options: SendOptions { encrypt: false, ..SendOptions::default() },
        ratchet_tree_in_welcome: false,
        ..CommitPlan::default()
    }
}

fn add(message: &[u8]) -> Proposing {
    match MlsMessage::from_bytes(message).unwrap().body {
        MlsMessageBody::KeyPackage(key_package) => Proposing::Add(key_package),
        other => panic!("{other:?}"),
    }
}

impl Library for Ours {
    type Member = OurMember;

    fn sheet(&self, members: u32) -> Sheet {
        Sheet { implementation: self.implementation, backend: self.backend, suite: self.suite.0, members }
    }

    fn begin_part(&self) {
        if let Some(floor) = &self.floor {
            floor.begin_part();
        }
    }

    fn take_prices(&self) {
        if let Some(floor) = &self.floor {
            floor.take();
        }
    }

    fn floor(&self, row: &Row) -> Option<f64> {
        self.floor.as_ref()?.of_row(row)
    }

    fn member(&self, name: &str) -> OurMember {
        let inner: Box<dyn Storage> = match &self.sqlite {
            None => Box::new(MemoryStorage::new()),
            Some(dir) => {
                let file = tempfile::NamedTempFile::new_in(dir.path()).unwrap().into_temp_path().keep().unwrap();
                Box::new(SqliteStorage::open(file, &SqliteOptions::default()).unwrap())
            }
        };
        let store = Arc::new(Watched { inner, stored: Mutex::default() });
        let client = self.client(name, store.clone());
        let identity = client.new_identity(self.suite, Credential::basic(name)).unwrap();
        OurMember { client, identity, store, id: None, group: None }
    }

    fn key_package(&self, member: &mut OurMember) -> Vec<u8> {
        member.client.key_package(&member.identity).unwrap().message
    }

    fn key_packages(&self, count: u32) -> Vec<Vec<u8>> {
        let client = self.client("fillers", Arc::new(MemoryStorage::new()));
        (0..count)
            .map(|_| {
                let identity = client.new_identity(self.suite, Credential::basic(filler())).unwrap();
                client.key_package(&identity).unwrap().message
            })
            .collect()
    }

    fn create(&self, member: &mut OurMember) {
        let group = member.client.create_group(&member.identity).unwrap();
        member.enter(group);
    }

    fn add(&self, member: &mut OurMember, key_packages: &[Vec<u8>], tree: Tree) -> Committed {
        let proposals = key_packages.iter().map(|message| add(message)).collect();
        let plan = CommitPlan {
            ratchet_tree_in_welcome: tree == Tree::InWelcome,
            ratchet_tree_beside: tree == Tree::Beside,
            ..plan(proposals)
        };
        let output = member.group().commit(&plan).unwrap();
        Committed { message: output.message, welcome: output.welcome, tree: output.ratchet_tree }
    }

    fn remove(&self, member: &mut OurMember, leaf: u32) -> Vec<u8> {
        let leaf = LeafIndex::new(leaf).unwrap();
        member.group().commit(&plan(vec![Proposing::Remove(leaf)])).unwrap().message
    }

    fn update(&self, member: &mut OurMember) -> Vec<u8> {
        let plan = CommitPlan { path: PathPolicy::Always, ..plan(Vec::new()) };
        member.group().commit(&plan).unwrap().message
    }

    fn apply(&self, member: &mut OurMember) {
        member.group().accept_commit().unwrap();
    }

    fn join(&self, member: &mut OurMember, welcome: &[u8], tree: Option<&[u8]>) {
        let group = member.client.join(welcome, tree).unwrap();
        member.enter(group);
    }

    fn process(&self, member: &mut OurMember, commit: &[u8]) {
        member.group().receive(commit).unwrap();
    }

    fn send(&self, member: &mut OurMember, data: &[u8]) -> Vec<u8> {
        member.group().send(data).unwrap().message
    }

    fn receive(&self, member: &mut OurMember, message: &[u8]) {
        member.group().receive(message).unwrap();
    }

    fn authenticator(&self, member: &mut OurMember) -> Vec<u8> {
        member.group().epoch_authenticator().to_vec()
    }

    /// It stores as it goes.
    fn persist(&self, _: &mut OurMember) {}

    fn stored(&self, member: &mut OurMember) -> Stored {
        core::mem::take(&mut *member.store.stored.lock().unwrap())
    }

    fn unload(&self, member: &mut OurMember) {
        member.group = None;
    }

    fn load(&self, member: &mut OurMember) {
        let id = member.id.clone().unwrap();
        member.group = Some(member.client.load_group(&id).unwrap());
    }

    fn load_rest(&self, member: &mut OurMember) {
        // Listing the members is not part of it.
        member.group().query(|group| group.tree().map(RatchetTree::member_count)).unwrap();
    }
}
