//! Members with a store each, and the means to break them.

use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mls_client::mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_client::mls_core::storage::{StorageError, StorageErrorKind};
use mls_client::mls_crypto_rustcrypto::RustCryptoProvider;
use mls_client::mls_crypto_traits::{CryptoError, CryptoProvider, Rng, SecretBytes};
use mls_client::{
    AppWrites, AsyncClient, AsyncStorage, BasicIdentity, Blocking, CipherSuite, Clock, CommitOutput, Credential,
    CustomTypes, DefaultRules, Event, GroupId, Identity, IdentityProvider, Limits, MlsRules, Received, Storage,
    ThreadPool, UnixTime,
};

use crate::common::{Yielding, block_on};
use crate::everywhere::{Face, Store, combination};
pub(crate) use crate::faces::{Client, Group, ObservedGroup, Successor};

pub(crate) const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
pub(crate) const NOW: u64 = 1_800_000_000;

/// Hashes of a counter: the same bytes in each run.
pub(crate) struct CountingRng {
    seed: Vec<u8>,
    counter: u64,
}

impl CountingRng {
    pub(crate) fn new(seed: &str) -> Self {
        Self { seed: seed.as_bytes().to_vec(), counter: 0 }
    }
}

impl Rng for CountingRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        let provider = RustCryptoProvider::new();
        let suite = provider.suite(SUITE).unwrap();
        for chunk in out.chunks_mut(32) {
            self.counter += 1;
            let block = suite.hash(&[&self.seed, &self.counter.to_be_bytes()])?;
            chunk.copy_from_slice(&block.as_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// A clock that is set by hand.
pub(crate) struct TestClock(pub(crate) AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime(self.0.load(Ordering::SeqCst))
    }
}

/// A store that counts its commits and fails on demand.
pub(crate) struct TestStore {
    inner: Arc<dyn Storage>,
    commits: AtomicUsize,
    broken: AtomicBool,
    failure: Mutex<Option<(usize, Failure)>>,
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

/// How a commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing is written.
    Lost,
    /// All is written, and nobody is told.
    Mute,
}

impl TestStore {
    pub(crate) fn new(inner: Arc<dyn Storage>) -> Self {
        Self {
            inner,
            commits: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            failure: Mutex::new(None),
            meanwhile: Mutex::new(None),
        }
    }

    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    pub(crate) fn break_commits(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// Lets `number` commits pass; the one after them fails.
    pub(crate) fn fail_after(&self, number: usize, failure: Failure) {
        *self.failure.lock().unwrap() = Some((number, failure));
    }

    /// Takes that back; whether it has happened already.
    pub(crate) fn fails_no_more(&self) -> bool {
        self.failure.lock().unwrap().take().is_none()
    }

    fn due_failure(&self) -> Option<Failure> {
        let mut failure = self.failure.lock().unwrap();
        match *failure {
            Some((0, kind)) => {
                *failure = None;
                Some(kind)
            }
            Some((left, kind)) => {
                *failure = Some((left - 1, kind));
                None
            }
            None => None,
        }
    }

    fn let_happen(&self) {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
    }

    /// Something that happens just before the next commit.
    pub(crate) fn before_next_commit(&self, meanwhile: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(meanwhile));
    }

    /// How many records there are of groups and key packages.
    pub(crate) fn records(&self) -> usize {
        let scan = |prefix| self.inner.scan(&prefix).unwrap();
        let groups = scan(RecordPrefix::Groups);
        let count = |key: &RecordKey| scan(RecordPrefix::Group(key.group_id().unwrap().clone())).len();
        groups.iter().map(|(key, _)| count(&key)).sum::<usize>() + scan(RecordPrefix::KeyPackages).len()
    }

    fn write(&self, write: impl FnOnce() -> Result<Durable, StorageError>) -> Result<Durable, StorageError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StorageError::new(StorageErrorKind::Full));
        }
        self.let_happen();
        self.commits.fetch_add(1, Ordering::SeqCst);
        let failure = self.due_failure();
        if failure == Some(Failure::Lost) {
            return Err(StorageError::new(StorageErrorKind::Busy));
        }
        let durable = write()?;
        match failure {
            Some(_) => Err(StorageError::new(StorageErrorKind::Busy)),
            None => Ok(durable),
        }
    }
}

impl Storage for TestStore {
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

/// What a client is made with, beside store and backend.
pub(crate) struct Setup {
    pub(crate) identity: Arc<dyn IdentityProvider>,
    pub(crate) rules: Arc<dyn MlsRules>,
    pub(crate) limits: Limits,
    pub(crate) grease: bool,
    pub(crate) custom: CustomTypes,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            identity: Arc::new(BasicIdentity::new()),
            rules: Arc::new(DefaultRules::new().allow_external_commits().allow_psks_of_other_groups()),
            limits: Limits::default(),
            grease: true,
            custom: CustomTypes::new(),
        }
    }
}

/// Somebody with a store; the client over it can be lost and made anew.
pub(crate) struct Party {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<TestStore>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) client: Client,
    pub(crate) identity: Identity,
    incarnation: u32,
}

impl Party {
    pub(crate) fn new(name: &'static str) -> Self {
        Self::over(name, combination().store.open())
    }

    pub(crate) fn over(name: &'static str, inner: Arc<dyn Storage>) -> Self {
        let store = Arc::new(TestStore::new(inner));
        let clock = Arc::new(TestClock(AtomicU64::new(NOW)));
        let client = client(&format!("{name} 0"), &store, &clock, Setup::default());
        let identity = client.new_identity(combination().backend.suite(), Credential::basic(name)).unwrap();
        Self { name, store, clock, client, identity, incarnation: 0 }
    }

    /// The process dies; another starts over the same store.
    pub(crate) fn restart(&mut self) {
        self.restart_with(Setup::default());
    }

    pub(crate) fn restart_with(&mut self, setup: Setup) {
        self.incarnation += 1;
        self.client = client(&format!("{} {}", self.name, self.incarnation), &self.store, &self.clock, setup);
    }

    /// Another client over the same store, which draws other randomness for another `purpose`.
    pub(crate) fn client_with(&self, purpose: &str, setup: Setup) -> Client {
        client(&format!("{} {purpose}", self.name), &self.store, &self.clock, setup)
    }

    pub(crate) fn key_package(&self) -> Vec<u8> {
        self.client.key_package(&self.identity).unwrap().message
    }

    pub(crate) fn group(&self, id: &GroupId) -> Group {
        self.client.load_group(id).unwrap()
    }
}

fn client(seed: &str, store: &Arc<TestStore>, clock: &Arc<TestClock>, setup: Setup) -> Client {
    let Setup { identity, rules, limits, grease, custom } = setup;
    let rng = Box::new(CountingRng::new(seed));
    let clock: Arc<dyn Clock> = clock.clone();
    match combination().face {
        Face::Blocking => Client::Blocking(
            mls_client::Client::builder(store.clone(), identity)
                .crypto(crypto())
                .rng(rng)
                .clock(clock)
                .rules(rules)
                .limits(limits)
                .grease(grease)
                .custom_types(custom)
                .build()
                .unwrap(),
        ),
        Face::Async => {
            let store: Arc<dyn AsyncStorage> = match combination().store {
                // What waits for a disk, as one would have it; two threads, as one may be waiting for another client.
                Store::Sqlite | Store::EncryptedSqlite => {
                    Arc::new(Blocking::new(store.clone()).on_pool(&ThreadPool::new(2).unwrap()))
                }
                Store::Memory | Store::EncryptedMemory => Arc::new(Yielding(store.clone())),
            };
            let builder = AsyncClient::builder(store, Arc::new(Blocking::new(identity)))
                .crypto(crypto())
                .rng(rng)
                .clock(clock)
                .rules(Arc::new(Blocking::new(rules)))
                .limits(limits)
                .grease(grease)
                .custom_types(custom);
            Client::Async(block_on(builder.build()).unwrap())
        }
    }
}

/// The backend at hand.
pub(crate) fn crypto() -> Arc<dyn CryptoProvider> {
    combination().backend.provider()
}

/// Alice with a group, and everybody named added to it in one commit.
pub(crate) fn group_of<const N: usize>(names: [&'static str; N]) -> (Party, Group, Vec<(Party, Group)>) {
    let alice = Party::new("alice");
    let mut at_alice = alice.client.create_group(&alice.identity).unwrap();
    let parties: Vec<Party> = names.into_iter().map(Party::new).collect();
    let key_packages: Vec<_> = parties.iter().map(Party::key_package).collect();
    let commit = at_alice.add(&key_packages).unwrap();
    at_alice.accept_commit().unwrap();
    let others = parties
        .into_iter()
        .map(|party| {
            let group = party.client.join(commit.welcome.as_ref().unwrap(), None).unwrap();
            (party, group)
        })
        .collect();
    (alice, at_alice, others)
}

pub(crate) fn pair() -> (Party, Group, Party, Group) {
    let (alice, at_alice, mut others) = group_of(["bob"]);
    let (bob, at_bob) = others.pop().unwrap();
    (alice, at_alice, bob, at_bob)
}

/// Makes a commit of `committer` happen everywhere.
pub(crate) fn deliver(committer: &mut Group, commit: &CommitOutput, others: &mut [&mut Group]) {
    committer.accept_commit().unwrap();
    for other in others.iter_mut() {
        assert!(
            matches!(other.receive(&commit.message).unwrap(), Event::Epoch(change) if change.epoch == commit.epoch)
        );
        assert_in_step(committer, other);
    }
}

pub(crate) fn assert_in_step(one: &Group, other: &Group) {
    assert_eq!(one.epoch(), other.epoch());
    assert_eq!(one.epoch_authenticator(), other.epoch_authenticator());
}

pub(crate) fn message(event: Event) -> Received {
    let Event::Message(received) = event else { panic!("not a message: {event:?}") };
    received
}

/// What is sent by one arrives at the other, both ways.
pub(crate) fn assert_talk(one: &mut Group, other: &mut Group) {
    assert_in_step(one, other);
    let there = one.send(b"there").unwrap().message;
    assert_eq!(message(other.receive(&there).unwrap()).data, b"there");
    let back = other.send(b"back").unwrap().message;
    assert_eq!(message(one.receive(&back).unwrap()).data, b"back");
}
