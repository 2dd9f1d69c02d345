//! Members whose databases are on disks in memory, and what stands in them.

use core::fmt::Write as _;
use std::sync::{Arc, Mutex};

use mls_client::{
    BasicIdentity, CipherSuite, Client, Clock, Credential, DefaultRules, Group, GroupId, Identity, Limits, Storage,
    UnixTime,
};
use mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_core::storage::{AppWrites, StorageError};
use mls_crypto_traits::{CryptoError, Rng, SecretBytes};
use mls_storage_sqlite::rusqlite::Connection;
use mls_storage_sqlite::rusqlite::types::ValueRef;
use mls_storage_sqlite::{OpenError, SqliteOptions, SqliteStorage};

use crate::disk::{Chance, Disk};
use crate::vfs::Volume;

pub const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
pub const NOW: u64 = 1_800_000_000;

impl Rng for Chance {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.fill_with(|| self.draw().to_be_bytes()[0]);
        Ok(())
    }
}

struct Still(u64);

impl Clock for Still {
    fn now(&self) -> UnixTime {
        UnixTime(self.0)
    }
}

/// Hands deltas to the store together with what the application writes.
struct WithInbox {
    store: Arc<SqliteStorage>,
    inbox: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Storage for WithInbox {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        self.store.read(keys)
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.store.scan(prefix)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        match self.inbox.lock().unwrap().clone() {
            Some(row) => self.store.commit_with(delta, AppWrites::new(move |app| Ok(app.put(b"inbox", &row)?))),
            None => self.store.commit(delta),
        }
    }
}

/// How a database is opened.
#[derive(Clone, Copy)]
pub struct Setup {
    /// After how many deltas deleted secrets leave the files.
    pub erase_after: u32,
    /// What randomness begins with.
    pub seed: u64,
    pub now: u64,
    /// Generations reserved at a time.
    pub reserve: u32,
    /// Whether epochs are retained so that there is a way back.
    pub rewind: bool,
}

impl Setup {
    pub const fn new(seed: u64) -> Self {
        Self { erase_after: 64, seed, now: NOW, reserve: 1, rewind: false }
    }
}

/// A member whose database is open.
pub struct Mounted {
    pub volume: Volume,
    pub store: Arc<SqliteStorage>,
    pub client: Client,
    /// What the application writes with each delta.
    pub inbox: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Mounted {
    pub fn open(disk: Disk, setup: Setup) -> Result<Self, OpenError> {
        Self::over(Volume::new(disk), setup)
    }

    pub fn over(volume: Volume, setup: Setup) -> Result<Self, OpenError> {
        let options = SqliteOptions::default().erase_after(setup.erase_after);
        let store = Arc::new(SqliteStorage::with_connection_factory(|| volume.connect(), &options)?);
        let inbox = Arc::new(Mutex::new(None));
        let mut limits = Limits::default();
        limits.reserved_generations = setup.reserve;
        limits.rewind = setup.rewind;
        let storage = WithInbox { store: Arc::clone(&store), inbox: Arc::clone(&inbox) };
        let client = Client::builder(Arc::new(storage), Arc::new(BasicIdentity::new()))
            .rng(Box::new(Chance(setup.seed)))
            .clock(Arc::new(Still(setup.now)))
            .limits(limits)
            .rules(Arc::new(DefaultRules::new().allow_external_commits()))
            .build()
            .unwrap();
        Ok(Self { volume, store, client, inbox })
    }

    /// Closes the database; the disk with whatever is not durable.
    pub fn unmount(self) -> Disk {
        let Self { volume, store, client, inbox: _ } = self;
        drop((store, client));
        volume.unmount()
    }

    pub fn identity(&self, name: &str) -> Identity {
        let credential = Credential::basic(name);
        match self.client.signers().pop() {
            Some(key) => Identity::new(SUITE, credential, key),
            None => self.client.new_identity(SUITE, credential).unwrap(),
        }
    }

    pub fn group(&self) -> Group {
        let ids = self.client.groups().unwrap();
        self.client.load_group(ids.first().expect("no group")).unwrap()
    }

    pub fn group_id(&self) -> GroupId {
        self.client.groups().unwrap().remove(0)
    }

    /// Everything that stands in the tables of the store, as text.
    pub fn dump(&self) -> String {
        self.store.app_transaction(|transaction| Ok::<_, StorageError>(dump(transaction))).unwrap()
    }
}

/// Everything that stands in the tables of the store, as text.
pub fn dump(connection: &Connection) -> String {
    let mut text = String::new();
    let ok: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(ok, "ok");
    let dangling = connection.query_row("PRAGMA foreign_key_check", [], |_| Ok(()));
    assert!(dangling.is_err(), "a row without its group");
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'mls%' ORDER BY name")
        .unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    for name in names {
        writeln!(text, "{name}").unwrap();
        let mut statement = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let mut line = String::new();
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Blob(bytes) => {
                        for octet in bytes {
                            write!(line, "{octet:02x}").unwrap();
                        }
                        line.push(' ');
                    }
                    other => write!(line, "{other:?} ").unwrap(),
                }
            }
            lines.push(line);
        }
        lines.sort();
        for line in lines {
            writeln!(text, "  {line}").unwrap();
        }
    }
    text
}

/// Three members' disks: Alice and Bob in a group, Carol outside.
#[derive(Clone)]
pub struct World {
    pub alice: Disk,
    pub bob: Disk,
    pub carol: Disk,
}

impl World {
    pub fn new() -> Self {
        let [alice, bob, carol] = [1, 2, 3].map(|seed| Mounted::open(Disk::default(), Setup::new(seed)).unwrap());
        let ids = [(&alice, "alice"), (&bob, "bob"), (&carol, "carol")].map(|(who, name)| who.identity(name));
        let mut at_alice = alice.client.create_group(&ids[0]).unwrap();
        let commit = at_alice.add(&[bob.client.key_package(&ids[1]).unwrap().message]).unwrap();
        at_alice.accept_commit().unwrap();
        drop(bob.client.join(&commit.welcome.unwrap(), None).unwrap());
        drop(at_alice);
        Self { alice: alice.unmount(), bob: bob.unmount(), carol: carol.unmount() }
    }

    fn with<T>(disk: &mut Disk, seed: u64, work: impl FnOnce(&Mounted) -> T) -> T {
        Self::with_setup(disk, Setup::new(seed), work)
    }

    pub fn with_setup<T>(disk: &mut Disk, setup: Setup, work: impl FnOnce(&Mounted) -> T) -> T {
        let mounted = Mounted::open(core::mem::take(disk), setup).unwrap();
        let result = work(&mounted);
        *disk = mounted.unmount();
        result
    }

    pub fn at_alice<T>(&mut self, seed: u64, work: impl FnOnce(&Mounted) -> T) -> T {
        Self::with(&mut self.alice, seed, work)
    }

    pub fn at_bob<T>(&mut self, seed: u64, work: impl FnOnce(&Mounted) -> T) -> T {
        Self::with(&mut self.bob, seed, work)
    }

    pub fn at_carol<T>(&mut self, seed: u64, work: impl FnOnce(&Mounted) -> T) -> T {
        Self::with(&mut self.carol, seed, work)
    }
}
