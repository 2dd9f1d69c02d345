//! Operations over a store that fails before or after each of its calls, in memory and in a file.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod common;

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use common::{NOW, SUITE, text};
use mls_client::{
    BasicIdentity, Client, Clock, Credential, GroupInfoOptions, Identity, Limits, MemoryStorage, Proposing, Repeat,
    Storage, SuccessorKind, SuccessorPlan, UnixTime,
};
use mls_core::record::{Delta, Durable, RecordKey, RecordPrefix};
use mls_core::storage::conformance::{Breakdown, FaultyStorage};
use mls_core::storage::{AppWrites, StorageError};
use mls_crypto_traits::SecretBytes;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

/// Any store.
struct Any(Box<dyn Storage>);

impl Storage for Any {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        self.0.read(keys)
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<Vec<(RecordKey, SecretBytes)>, StorageError> {
        self.0.scan(prefix)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        self.0.commit(delta)
    }

    fn commit_with(&self, delta: &Delta, app: AppWrites) -> Result<Durable, StorageError> {
        self.0.commit_with(delta, app)
    }
}

struct At(AtomicU64);

impl Clock for At {
    fn now(&self) -> UnixTime {
        UnixTime(self.0.load(Ordering::SeqCst))
    }
}

/// Somebody whose store may fail, and whose process may end.
struct Member {
    store: Arc<FaultyStorage<Any>>,
    clock: Arc<At>,
    client: Client,
    identity: Identity,
}

fn client(store: &Arc<FaultyStorage<Any>>, clock: &Arc<At>) -> Client {
    let mut limits = Limits::default();
    limits.reserved_generations = 1;
    limits.rewind = true;
    let shared: Arc<dyn Storage> = Arc::<FaultyStorage<Any>>::clone(store);
    let clock: Arc<dyn Clock> = Arc::<At>::clone(clock);
    Client::builder(shared, Arc::new(BasicIdentity::new()))
        .clock(clock)
        .limits(limits)
        .rules(Arc::new(mls_client::DefaultRules::new().allow_external_commits()))
        .build()
        .unwrap()
}

impl Member {
    fn new(name: &str, kind: Kind) -> Self {
        let inner: Box<dyn Storage> = match kind {
            Kind::Memory => Box::new(MemoryStorage::new()),
            Kind::Sqlite => Box::new(SqliteStorage::open_in_memory(&SqliteOptions::default()).unwrap()),
        };
        let store = Arc::new(FaultyStorage::new(Any(inner)));
        let clock = Arc::new(At(AtomicU64::new(NOW)));
        let client = client(&store, &clock);
        let identity = client.new_identity(SUITE, Credential::basic(name)).unwrap();
        Self { store, clock, client, identity }
    }

    /// The process ends and begins again.
    fn restart(&mut self) {
        self.client = client(&self.store, &self.clock);
    }

    fn group(&self) -> mls_client::Group {
        let ids = self.client.groups().unwrap();
        self.client.load_group(&ids[0]).unwrap()
    }

    /// All records, as bytes.
    fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let store = &self.store.inner().0;
        let mut found = Vec::new();
        let mut take = |prefix: &RecordPrefix| {
            let set = store.scan(prefix).unwrap();
            found.extend(set.iter().map(|(key, value)| (key.to_bytes().unwrap(), value.as_bytes().to_vec())));
        };
        for prefix in [
            RecordPrefix::ExternalJoins,
            RecordPrefix::Successors,
            RecordPrefix::KeyPackages,
            RecordPrefix::Signers,
            RecordPrefix::Psks,
        ] {
            take(&prefix);
        }
        for (key, _) in store.scan(&RecordPrefix::Groups).unwrap() {
            let RecordKey::Group(id) = key else { panic!() };
            take(&RecordPrefix::Group(id));
        }
        found
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Memory,
    Sqlite,
}

/// Alice and Bob in a group, in epoch 2; what Bob has sent that Alice has not received; Carol's key package.
struct Scene {
    alice: Member,
    bob: Member,
    text: Vec<u8>,
    proposal: Vec<u8>,
    carols: Vec<u8>,
    welcome: Vec<u8>,
    info: Vec<u8>,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        let (alice, bob, carol) =
            (Member::new("alice", kind), Member::new("bob", Kind::Memory), Member::new("carol", Kind::Memory));
        let mut at_alice = alice.client.create_group(&alice.identity).unwrap();
        let commit = at_alice.add(&[bob.client.key_package(&bob.identity).unwrap().message]).unwrap();
        at_alice.accept_commit().unwrap();
        let mut at_bob = bob.client.join(&commit.welcome.unwrap(), None).unwrap();
        let commit = at_bob.update().unwrap();
        at_bob.accept_commit().unwrap();
        at_alice.receive(&commit.message).unwrap();
        let text = at_bob.send(b"text").unwrap().message;
        let proposal = at_bob.propose(&Proposing::Remove(at_alice.own_leaf())).unwrap().message;
        let carols = carol.client.key_package(&carol.identity).unwrap().message;
        let mut other = carol.client.create_group(&carol.identity).unwrap();
        let info = other.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: true }).unwrap();
        let key_package = alice.client.key_package(&alice.identity).unwrap().message;
        let welcome = other.add(&[key_package]).unwrap().welcome.unwrap();
        Self { alice, bob, text, proposal, carols, welcome, info }
    }
}

type Work = fn(&Scene) -> Result<Vec<u8>, String>;

fn said<T, E: core::fmt::Debug>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{error:?}"))
}

fn load(scene: &Scene) -> Result<mls_client::Group, String> {
    let ids = said(scene.alice.client.groups())?;
    said(scene.alice.client.load_group(&ids[0]))
}

const OPERATIONS: &[(&str, Work)] = &[
    ("send", |at| Ok(said(load(at)?.send(b"sent"))?.message)),
    ("receive", |at| said(load(at)?.receive(&at.text)).map(text)),
    ("receive a backlog", |at| {
        let outcomes = said(load(at)?.receive_all(&[&at.text, &at.proposal]))?;
        outcomes.into_iter().try_for_each(|outcome| said(outcome).map(drop)).map(|()| vec![])
    }),
    ("propose", |at| {
        let mut group = load(at)?;
        let remove = Proposing::Remove(at.bob.group().own_leaf());
        Ok(said(group.propose(&remove))?.message)
    }),
    ("commit", |at| Ok(said(load(at)?.update())?.message)),
    ("add", |at| Ok(said(load(at)?.add(&[&at.carols]))?.message)),
    ("create", |at| said(at.alice.client.create_group(&at.alice.identity)).map(|_| vec![])),
    ("join", |at| said(at.alice.client.join(&at.welcome, None)).map(|_| vec![])),
    ("join from outside", |at| {
        said(at.alice.client.join_external(&at.alice.identity, &at.info, None)).map(|join| join.message().to_vec())
    }),
    ("key package", |at| said(at.alice.client.key_package(&at.alice.identity)).map(|_| vec![])),
    ("go back", |at| said(load(at)?.rewind(1)).map(|_| vec![])),
    ("prune", |at| {
        at.alice.clock.0.store(NOW + 400 * 24 * 3600, Ordering::SeqCst);
        let pruned = said(load(at)?.prune());
        at.alice.clock.0.store(NOW, Ordering::SeqCst);
        pruned.map(|_| vec![])
    }),
    ("found a successor", |at| {
        let plan = SuccessorPlan::new(SuccessorKind::Branch, at.alice.client.leaf(&at.alice.identity), vec![]);
        said(load(at)?.create_successor(&plan)).map(|_| vec![])
    }),
    ("export", |at| {
        let id = at.alice.client.groups().map_err(|error| format!("{error:?}"))?.remove(0);
        said(at.alice.client.export_group(&id)).map(|exported| exported.as_bytes().to_vec())
    }),
];

/// After any fault the records are those before, or the operation is done in one piece; it can then be done again, or
/// is pending with its bytes.
#[test]
fn each_call_of_each_operation_may_fail() {
    let mut faults = 0;
    for kind in [Kind::Memory, Kind::Sqlite] {
        for (name, operation) in OPERATIONS {
            for breakdown in [Breakdown::Before, Breakdown::After] {
                for number in 0.. {
                    let mut scene = Scene::new(kind);
                    let before = scene.alice.records();
                    scene.alice.store.fail_at(number, breakdown);
                    let outcome = operation(&scene);
                    if !scene.alice.store.has_failed() {
                        assert!(outcome.is_ok() && number > 0, "{name}: {outcome:?}");
                        assert_ne!(scene.alice.records(), before, "{name}");
                        break;
                    }
                    faults += 1;
                    let place = format!("{kind:?} {name} {breakdown:?} {number}");
                    let changed = scene.alice.records() != before;
                    // What only reads back what was stored may fail after that.
                    assert!(outcome.is_err(), "{place}: a failure was passed over");
                    assert!(!(changed && breakdown == Breakdown::Before) || *name == "create", "{place}");
                    scene.alice.restart();
                    after(&scene, changed, *name, &place);
                }
            }
        }
    }
    println!("{faults} calls failed");
    assert!(faults > 100);
}

fn after(scene: &Scene, changed: bool, name: &str, place: &str) {
    let pending = scene.alice.client.resume().unwrap();
    let mut group = scene.alice.group();
    match (name, changed) {
        (_, false) => {
            let again = OPERATIONS.iter().find(|(other, _)| *other == name).unwrap().1(scene);
            assert!(again.is_ok(), "{place}: {again:?}");
        }
        // The generation that was stored is skipped.
        ("send", true) => assert_eq!(group.send(b"next").unwrap().generation, 1, "{place}"),
        ("receive" | "receive a backlog", true) => {
            let error = group.receive(&scene.text).unwrap_err();
            assert_eq!(error.disposition(), mls_client::Disposition::Duplicate, "{place}");
        }
        ("commit" | "add", true) => {
            assert!(matches!(&pending[..], [Repeat::Commit { .. }]), "{place}: {pending:?}");
            let commit = group.pending_commit().unwrap().unwrap().message;
            scene.bob.group().receive(&commit).unwrap();
            group.accept_commit().unwrap();
            let sent = group.send(b"here").unwrap().message;
            assert_eq!(text(scene.bob.group().receive(&sent).unwrap()), b"here", "{place}");
        }
        ("propose", true) => assert!(matches!(&pending[..], [Repeat::Proposal { .. }]), "{place}"),
        ("join from outside", true) => assert!(matches!(&pending[..], [Repeat::ExternalJoin(_)]), "{place}"),
        ("found a successor", true) => assert_eq!(scene.alice.client.successors().unwrap().len(), 1, "{place}"),
        ("create" | "join", true) => assert_eq!(scene.alice.client.groups().unwrap().len(), 2, "{place}"),
        ("go back", true) => assert_eq!(group.epoch(), 1, "{place}"),
        ("export", true) => assert!(scene.alice.client.export_group(&group.id().clone()).is_ok(), "{place}"),
        ("key package" | "prune", true) => {}
        (other, true) => panic!("{other}"),
    }
}
