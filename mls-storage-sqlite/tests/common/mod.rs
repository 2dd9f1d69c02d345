//! What the tests share.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic, reason = "tests; each uses a part")]

use core::sync::atomic::{AtomicU32, Ordering};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mls_client::{BasicIdentity, CipherSuite, Client, Clock, Credential, Event, Group, Identity, Storage, UnixTime};
use mls_crypto_traits::CryptoProvider;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

pub const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
pub const NOW: u64 = 1_800_000_000;

/// A directory that is gone with the test.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("mls-storage-sqlite-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A time that stands still.
struct Still(u64);

impl Clock for Still {
    fn now(&self) -> UnixTime {
        UnixTime(self.0)
    }
}

/// Somebody with a database.
pub struct Party {
    pub store: Arc<SqliteStorage>,
    pub client: Client,
}

impl Party {
    pub fn open(path: &Path) -> Self {
        Self::over(SqliteStorage::open(path, &SqliteOptions::default()).unwrap())
    }

    pub fn over(store: SqliteStorage) -> Self {
        Self::with(store, NOW, None)
    }

    pub fn with(store: SqliteStorage, now: u64, crypto: Option<Arc<dyn CryptoProvider>>) -> Self {
        let store = Arc::new(store);
        let shared: Arc<dyn Storage> = store.clone();
        let mut builder = Client::builder(shared, Arc::new(BasicIdentity::new())).clock(Arc::new(Still(now)));
        if let Some(crypto) = crypto {
            builder = builder.crypto(crypto);
        }
        Self { store, client: builder.build().unwrap() }
    }

    /// The identity that there is already.
    pub fn identity_again(&self, name: &str) -> Identity {
        Identity::new(SUITE, Credential::basic(name), self.client.signers().remove(0))
    }

    pub fn identity(&self, name: &str) -> Identity {
        self.client.new_identity(SUITE, Credential::basic(name)).unwrap()
    }
}

/// Two with a group.
pub fn pair(alice: &Party, bob: &Party) -> (Group, Group) {
    let (alice_id, bob_id) = (alice.identity("alice"), bob.identity("bob"));
    let mut at_alice = alice.client.create_group(&alice_id).unwrap();
    let commit = at_alice.add(&[bob.client.key_package(&bob_id).unwrap().message]).unwrap();
    at_alice.accept_commit().unwrap();
    let at_bob = bob.client.join(&commit.welcome.unwrap(), None).unwrap();
    (at_alice, at_bob)
}

pub fn text(event: Event) -> Vec<u8> {
    match event {
        Event::Message(received) => received.data,
        other => panic!("not a message: {other:?}"),
    }
}

/// What is sent by one arrives at the other, both ways.
pub fn assert_talk(one: &mut Group, other: &mut Group) {
    let there = one.send(b"there").unwrap().message;
    assert_eq!(text(other.receive(&there).unwrap()), b"there");
    let back = other.send(b"back").unwrap().message;
    assert_eq!(text(one.receive(&back).unwrap()), b"back");
}
