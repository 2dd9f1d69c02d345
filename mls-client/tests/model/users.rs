//! Users: a store each, a client over it with a face and a backend, and what they are in the group.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};

use mls_client::mls_core::key_package::KeyPackage;
use mls_client::mls_core::psk::PskValue;
use mls_client::mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_client::mls_core::storage::{StorageError, StorageErrorKind};
use mls_client::mls_crypto_rustcrypto::RustCryptoProvider;
use mls_client::mls_crypto_traits::{CryptoError, CryptoProvider, Rng, SecretBytes};
use mls_client::{
    AppWrites, AsyncClient, AsyncStorage, BasicIdentity, Blocking, CipherSuite, Clock, Credential, DefaultRules,
    Encrypted, Identity, Leftover, MemoryStorage, Sealing, Storage, StoreKey, ThreadPool, UnixTime,
};
use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

use crate::common::{Yielding, block_on};
use crate::faces::{Client, Group};

/// How a user's client is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Parts {
    pub(crate) face: Face,
    pub(crate) store: Store,
    pub(crate) backend: Backend,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Face {
    Blocking,
    Async,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Store {
    Memory,
    Sqlite,
    EncryptedMemory,
    EncryptedSqlite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Backend {
    RustCrypto,
    OpenSsl,
    AwsLc,
}

impl Parts {
    pub(crate) const fn described(self) -> &'static str {
        match (self.face, self.store) {
            (Face::Blocking, Store::Memory) => "(clients, blocking, in memory)",
            (Face::Blocking, Store::Sqlite) => "(clients, blocking, SQLite)",
            (Face::Blocking, Store::EncryptedMemory) => "(clients, blocking, encrypted in memory)",
            (Face::Blocking, Store::EncryptedSqlite) => "(clients, blocking, encrypted SQLite)",
            (Face::Async, Store::Memory) => "(clients, async, in memory)",
            (Face::Async, Store::Sqlite) => "(clients, async, SQLite)",
            (Face::Async, Store::EncryptedMemory) => "(clients, async, encrypted in memory)",
            (Face::Async, Store::EncryptedSqlite) => "(clients, async, encrypted SQLite)",
        }
    }
}

impl Backend {
    pub(crate) const fn described(self) -> &'static str {
        match self {
            Self::RustCrypto => "(clients with RustCrypto)",
            Self::OpenSsl => "(clients with OpenSSL)",
            Self::AwsLc => "(clients with AWS-LC)",
        }
    }

    fn provider(self) -> Arc<dyn CryptoProvider> {
        match self {
            Self::RustCrypto => Arc::new(RustCryptoProvider::new()),
            Self::OpenSsl => Arc::new(OpenSslProvider::new().unwrap()),
            Self::AwsLc => Arc::new(AwsLcProvider::new()),
        }
    }
}

/// Hashes of a counter: the same bytes whenever a history is repeated.
struct CountingRng {
    seed: String,
    counter: u64,
}

impl Rng for CountingRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        let provider = RustCryptoProvider::new();
        let suite = provider.suite(CipherSuite(1)).unwrap();
        for chunk in out.chunks_mut(32) {
            self.counter += 1;
            let block = suite.hash(&[self.seed.as_bytes(), &self.counter.to_be_bytes()])?;
            chunk.copy_from_slice(&block.as_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

struct NoonClock;

impl Clock for NoonClock {
    fn now(&self) -> UnixTime {
        UnixTime(1_800_000_000)
    }
}

/// What survives a restart.
enum Medium {
    Memory(Arc<MemoryStorage>),
    Sqlite(Arc<SqliteStorage>),
}

/// How a commit to the store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing is written.
    Lost,
    /// All is written, and nobody is told.
    Mute,
}

/// A store that counts its commits, and fails once on demand.
pub(crate) struct CountedStore {
    inner: Arc<dyn Storage>,
    commits: AtomicUsize,
    failure: Mutex<Option<Failure>>,
}

impl CountedStore {
    /// How often something was written.
    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    /// The next commit fails.
    pub(crate) fn fail_next(&self, failure: Failure) {
        *self.failure.lock().unwrap() = Some(failure);
    }

    /// Takes that back; whether it has happened.
    pub(crate) fn has_failed(&self) -> bool {
        self.due_failure().is_none()
    }

    /// What is stored.
    pub(crate) fn keys(&self, prefix: &RecordPrefix) -> Vec<RecordKey> {
        self.inner.scan(prefix).unwrap().into_iter().map(|(key, _)| key).collect()
    }

    fn due_failure(&self) -> Option<Failure> {
        let mut failure = self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        failure.take()
    }

    fn write(&self, write: impl FnOnce() -> Result<Durable, StorageError>) -> Result<Durable, StorageError> {
        let failure = self.due_failure();
        if failure == Some(Failure::Lost) {
            return Err(StorageError::new(StorageErrorKind::Busy));
        }
        self.commits.fetch_add(1, Ordering::SeqCst);
        let durable = write()?;
        match failure {
            Some(_) => Err(StorageError::new(StorageErrorKind::Busy)),
            None => Ok(durable),
        }
    }
}

impl Storage for CountedStore {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        self.inner.read(keys)
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        self.write(|| self.inner.commit(delta))
    }

    fn commit_with(&self, delta: &Delta, app: AppWrites) -> Result<Durable, StorageError> {
        self.write(|| self.inner.commit_with(delta, app))
    }
}

/// A Welcome that waits for its user.
pub(crate) struct Waiting {
    pub(crate) welcome: Vec<u8>,
    pub(crate) ratchet_tree: Option<Vec<u8>>,
    pub(crate) epoch: u64,
}

pub(crate) struct User {
    pub(crate) name: String,
    parts: Parts,
    medium: Medium,
    pub(crate) store: Arc<CountedStore>,
    pub(crate) client: Client,
    pub(crate) identity: Identity,
    incarnation: u32,
    pub(crate) online: bool,
    pub(crate) group: Option<Group>,
    pub(crate) welcome: Option<Waiting>,
    /// The one that was taken last.
    pub(crate) taken: Option<Waiting>,
    /// The group as it was left, after a removal.
    pub(crate) ghost: Option<Group>,
    /// The epoch in which the membership began.
    pub(crate) joined: u64,
    /// Posts that wait to be read.
    pub(crate) inbox: Vec<usize>,
    /// Posts that were read, or refused for good.
    pub(crate) handled: BTreeSet<usize>,
    /// Proposals that wait for a commit, in the order of their arrival.
    pub(crate) cached: Vec<usize>,
    pub(crate) leftovers: Vec<Leftover>,
    /// The key package that others may add us with.
    pub(crate) key_package: Option<KeyPackage>,
}

impl User {
    pub(crate) fn new(number: usize, parts: Parts, suite: CipherSuite) -> Self {
        let name = format!("user {number}");
        let medium = match parts.store {
            Store::Memory | Store::EncryptedMemory => Medium::Memory(Arc::new(MemoryStorage::new())),
            Store::Sqlite | Store::EncryptedSqlite => {
                Medium::Sqlite(Arc::new(SqliteStorage::open_in_memory(&SqliteOptions::new()).unwrap()))
            }
        };
        let store = open(&name, 0, parts, suite, &medium);
        let mut client = client(&name, 0, parts, &store);
        let identity = client.new_identity(suite, Credential::basic(name.as_str())).unwrap();
        Self {
            name,
            parts,
            medium,
            store,
            client,
            identity,
            incarnation: 0,
            online: true,
            group: None,
            welcome: None,
            taken: None,
            ghost: None,
            joined: 0,
            inbox: Vec::new(),
            handled: BTreeSet::new(),
            cached: Vec::new(),
            leftovers: Vec::new(),
            key_package: None,
        }
    }

    /// The process dies; another starts over the same store. The group is to be loaded.
    pub(crate) fn restart(&mut self) {
        self.group = None;
        self.ghost = None;
        self.incarnation += 1;
        self.store = open(&self.name, self.incarnation, self.parts, self.identity.cipher_suite, &self.medium);
        self.client = client(&self.name, self.incarnation, self.parts, &self.store);
    }

    /// A key package, the same until somebody has added us with it.
    pub(crate) fn key_package(&mut self) -> KeyPackage {
        let Self { client, identity, key_package, .. } = self;
        key_package.get_or_insert_with(|| client.key_package(identity).unwrap().key_package).clone()
    }

    /// The value of a key is its name and a little more.
    pub(crate) fn store_psk(&mut self, psk_id: &[u8]) {
        self.store_psk_value(psk_id, &[psk_id, b" and so on"].concat());
    }

    pub(crate) fn store_psk_value(&mut self, psk_id: &[u8], value: &[u8]) {
        let value = PskValue::from_bytes(SecretBytes::from_slice(value));
        self.client.store_psk(psk_id, &value).unwrap();
    }
}

fn open(name: &str, incarnation: u32, parts: Parts, suite: CipherSuite, medium: &Medium) -> Arc<CountedStore> {
    let rng = CountingRng { seed: format!("{name} store {incarnation}"), counter: 0 };
    let sealing = Sealing::new(parts.backend.provider(), suite, Box::new(rng));
    let key = StoreKey::from_bytes(SecretBytes::from_slice(&[7; 32])).unwrap();
    let encrypted = matches!(parts.store, Store::EncryptedMemory | Store::EncryptedSqlite);
    let inner: Arc<dyn Storage> = match medium {
        Medium::Memory(inner) if encrypted => Arc::new(Encrypted::open(inner.clone(), &key, &sealing).unwrap()),
        Medium::Sqlite(inner) if encrypted => Arc::new(Encrypted::open(inner.clone(), &key, &sealing).unwrap()),
        Medium::Memory(inner) => inner.clone(),
        Medium::Sqlite(inner) => inner.clone(),
    };
    Arc::new(CountedStore { inner, commits: AtomicUsize::new(0), failure: Mutex::new(None) })
}

/// The policy of everybody: without one all agree on, members part ways.
pub(crate) fn rules() -> DefaultRules {
    DefaultRules::new().allow_external_commits().allow_external_senders()
}

fn client(name: &str, incarnation: u32, parts: Parts, store: &Arc<CountedStore>) -> Client {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    let rng = Box::new(CountingRng { seed: format!("{name} {incarnation}"), counter: 0 });
    match parts.face {
        Face::Blocking => Client::Blocking(
            mls_client::Client::builder(store.clone(), Arc::new(BasicIdentity::new()))
                .crypto(parts.backend.provider())
                .rng(rng)
                .clock(Arc::new(NoonClock))
                .rules(Arc::new(rules()))
                .build()
                .unwrap(),
        ),
        Face::Async => {
            let storage: Arc<dyn AsyncStorage> = match parts.store {
                // What waits for a disk, as one would have it.
                Store::Sqlite => {
                    let pool = POOL.get_or_init(|| ThreadPool::new(2).unwrap());
                    Arc::new(Blocking::new(store.clone()).on_pool(pool))
                }
                _ => Arc::new(Yielding(store.clone())),
            };
            let builder = AsyncClient::builder(storage, Arc::new(Blocking::new(Arc::new(BasicIdentity::new()))))
                .crypto(parts.backend.provider())
                .rng(rng)
                .clock(Arc::new(NoonClock))
                .rules(Arc::new(Blocking::new(Arc::new(rules()))));
            Client::Async(block_on(builder.build()).unwrap())
        }
    }
}

/// The client of somebody who watches: a store of its own, and no membership.
pub(crate) fn watcher() -> mls_client::Client {
    mls_client::Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new()))
        .crypto(Backend::RustCrypto.provider())
        .rng(Box::new(CountingRng { seed: "watcher".to_owned(), counter: 0 }))
        .clock(Arc::new(NoonClock))
        .rules(Arc::new(rules()))
        .build()
        .unwrap()
}
