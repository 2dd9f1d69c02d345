//! Encryption at rest over any store.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use core::error::Error;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use mls_client::mls_core::psk::PskValue;
use mls_client::mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_client::mls_core::storage::conformance::{self, StoreFactory};
use mls_client::mls_core::storage::{StorageError, StorageErrorKind};
use mls_client::mls_crypto_traits::{CryptoError, CryptoProvider, Rng, SecretBytes};
use mls_client::{
    BasicIdentity, CipherSuite, Client, Credential, Encrypted, EncryptedError, Event, GroupId, MemoryStorage, Sealing,
    Storage, StoreKey,
};
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

struct Counter(u64);

impl Rng for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        let provider = RustCryptoProvider::new();
        for chunk in out.chunks_mut(32) {
            self.0 += 1;
            let block = provider.suite(SUITE).unwrap().hash(&[&self.0.to_be_bytes()])?;
            chunk.copy_from_slice(&block.as_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

fn sealing(seed: u64) -> Sealing {
    Sealing::new(Arc::new(RustCryptoProvider::new()), SUITE, Box::new(Counter(seed << 32)))
}

fn key(byte: u8) -> StoreKey {
    StoreKey::from_bytes(SecretBytes::from_slice(&[byte; 32])).unwrap()
}

fn opened<S: Storage + 'static>(inner: &Arc<S>, byte: u8) -> Encrypted<S> {
    Encrypted::open(Arc::clone(inner), &key(byte), &sealing(1)).unwrap()
}

/// Makes encrypted stores over stores that are kept.
struct Factory<S> {
    make: fn() -> S,
    inner: Arc<S>,
    opened: u64,
}

impl<S: Storage + 'static> Factory<S> {
    fn new(make: fn() -> S) -> Self {
        Self { make, inner: Arc::new(make()), opened: 0 }
    }
}

impl<S: Storage + 'static> StoreFactory for Factory<S> {
    fn create(&mut self) -> Box<dyn Storage> {
        self.inner = Arc::new((self.make)());
        self.open_beside().unwrap()
    }

    fn reopen(&mut self) -> Option<Box<dyn Storage>> {
        self.open_beside()
    }

    fn open_beside(&mut self) -> Option<Box<dyn Storage>> {
        self.opened += 1;
        Some(Box::new(Encrypted::open(Arc::clone(&self.inner), &key(1), &sealing(self.opened)).unwrap()))
    }
}

#[test]
fn an_encrypted_memory_store_conforms() {
    conformance::run(&mut Factory::new(MemoryStorage::new)).assert_ok();
}

#[test]
fn an_encrypted_sqlite_store_conforms() {
    conformance::run(&mut Factory::new(|| SqliteStorage::open_in_memory(&SqliteOptions::new()).unwrap())).assert_ok();
}

fn client(store: Arc<dyn Storage>) -> Client {
    Client::builder(store, Arc::new(BasicIdentity::new())).build().unwrap()
}

const ALL: [RecordPrefix; 6] = [
    RecordPrefix::Groups,
    RecordPrefix::ExternalJoins,
    RecordPrefix::Successors,
    RecordPrefix::KeyPackages,
    RecordPrefix::Signers,
    RecordPrefix::Psks,
];

/// All that lies in a store, names and values.
fn everything(store: &dyn Storage) -> Vec<(RecordKey, SecretBytes)> {
    let mut all = Vec::new();
    for prefix in ALL {
        for (key, value) in store.scan(&prefix).unwrap() {
            match &key {
                RecordKey::Group(id) => all.extend(store.scan(&RecordPrefix::Group(id.clone())).unwrap()),
                _ => all.push((key, value)),
            }
        }
    }
    all
}

/// A client over an encrypted store, with something of each kind in it.
fn lived_in<S: Storage + 'static>(inner: &Arc<S>) -> GroupId {
    let client = client(Arc::new(opened(inner, 1)));
    let identity = client.new_identity(SUITE, Credential::basic("somebody")).unwrap();
    client.key_package(&identity).unwrap();
    client.store_psk(b"the name of a psk", &PskValue::from_bytes(SecretBytes::from_slice(&[9; 32]))).unwrap();
    let mut group = client.create_group(&identity).unwrap();
    group.send(b"x").unwrap();
    group.update().unwrap();
    group.id().clone()
}

#[test]
fn nothing_is_seen_of_names_and_values() {
    let inner = Arc::new(MemoryStorage::new());
    let id = lived_in(&inner);
    let plain = opened(&inner, 1);
    let names: Vec<Vec<u8>> =
        vec![id.as_bytes().to_vec(), b"the name of a psk".to_vec(), b"somebody".to_vec(), vec![9; 32]];
    let (below, above) = (everything(&*inner), everything(&plain));
    // The header is beside what is seen from above.
    assert_eq!(below.len(), above.len() + 1);
    for (key, value) in &below {
        for name in &names {
            let seen = |bytes: &[u8]| bytes.windows(name.len()).any(|part| part == name);
            assert!(!seen(&key.to_bytes().unwrap()) && !seen(value.as_bytes()), "{key:?}");
        }
        for (_, plain) in above.iter().filter(|(_, plain)| plain.len() > 16) {
            assert!(!value.as_bytes().windows(plain.len()).any(|part| part == plain.as_bytes()), "{key:?}");
        }
    }
}

#[test]
fn another_key_is_said_to_be_wrong() {
    let inner = Arc::new(MemoryStorage::new());
    lived_in(&inner);
    let wrong = Encrypted::open(Arc::clone(&inner), &key(2), &sealing(2)).unwrap_err();
    assert!(matches!(wrong, EncryptedError::WrongKey));
    assert!(StoreKey::from_bytes(SecretBytes::from_slice(&[1; 31])).is_none());

    let plain = Arc::new(MemoryStorage::new());
    client(plain.clone()).new_signer(SUITE).unwrap();
    let error = Encrypted::open(plain, &key(1), &sealing(2)).unwrap_err();
    assert!(matches!(error, EncryptedError::NotEncrypted));
}

/// A store that gives one record's value for another's.
struct Swapped {
    inner: Arc<MemoryStorage>,
    asked: RecordKey,
    given: RecordKey,
}

impl Storage for Swapped {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        let keys: Vec<_> =
            keys.iter().map(|key| if *key == self.asked { self.given.clone() } else { key.clone() }).collect();
        self.inner.read(&keys)
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        self.inner.commit(delta)
    }
}

#[test]
fn a_value_in_the_place_of_another_does_not_open() {
    let inner = Arc::new(MemoryStorage::new());
    let (one, other) = (lived_in(&inner), lived_in(&inner));
    let below: Vec<_> = inner.scan(&RecordPrefix::Groups).unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(below.len(), 2);
    let swapped = Swapped { inner, asked: below[0].clone(), given: below[1].clone() };
    let store = Encrypted::open(Arc::new(swapped), &key(1), &sealing(3)).unwrap();
    let mut corrupt = 0;
    for id in [one, other] {
        let key = RecordKey::Group(id);
        if let Err(error) = store.read(core::slice::from_ref(&key)) {
            assert_eq!(error.kind(), StorageErrorKind::Corrupt);
            assert_eq!(error.record(), Some(&key));
            assert!(error.source().unwrap().to_string().contains("another key"));
            corrupt += 1;
        }
    }
    assert_eq!(corrupt, 1);
}

/// A store whose commits fail from some number on.
struct Failing<S> {
    inner: Arc<S>,
    left: AtomicUsize,
}

impl<S: Storage> Storage for Failing<S> {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        self.inner.read(keys)
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        if self.left.load(Ordering::SeqCst) == 0 {
            return Err(StorageError::new(StorageErrorKind::Full));
        }
        self.left.fetch_sub(1, Ordering::SeqCst);
        self.inner.commit(delta)
    }
}

fn rotation_survives_a_failure_at_each_commit<S: Storage + 'static>(make: fn() -> S) {
    for commits in 0.. {
        let inner = Arc::new(make());
        let ids = [lived_in(&inner), lived_in(&inner)];
        let before = everything(&opened(&inner, 1));
        let beside = opened(&inner, 1);
        let late = client(Arc::new(opened(&inner, 1)));
        let failing = Arc::new(Failing { inner: Arc::clone(&inner), left: AtomicUsize::new(commits) });
        let whole = Encrypted::rotate(failing, &key(1), &key(2), &sealing(4)).is_ok();
        if !whole {
            for byte in [1, 2] {
                match Encrypted::open(Arc::clone(&inner), &key(byte), &sealing(5)) {
                    Ok(_) => assert!(commits == 0 && byte == 1),
                    Err(EncryptedError::RotationUnfinished) => assert!(commits > 0),
                    Err(EncryptedError::WrongKey) => assert!(commits == 0 && byte == 2),
                    Err(other) => panic!("{other:?}"),
                }
            }
            Encrypted::rotate(Arc::clone(&inner), &key(1), &key(2), &sealing(6)).unwrap();
        }
        // Once more has nothing to do.
        Encrypted::rotate(Arc::clone(&inner), &key(1), &key(2), &sealing(7)).unwrap();
        let after = everything(&opened(&inner, 2));
        assert_eq!(after.len(), before.len());
        for ((key, value), (old_key, old_value)) in after.iter().zip(&before) {
            assert!(key == old_key && value.ct_eq(old_value.as_bytes()), "{key:?}");
        }
        let wrong = Encrypted::open(Arc::clone(&inner), &key(1), &sealing(8)).unwrap_err();
        assert!(matches!(wrong, EncryptedError::WrongKey));
        // Whoever still has it open with the old key writes nothing any more.
        assert!(late.new_signer(SUITE).is_err());
        let error = beside.scan(&RecordPrefix::Signers).unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Conflict);
        let client = client(Arc::new(opened(&inner, 2)));
        for id in &ids {
            let mut group = client.load_group(id).unwrap();
            group.accept_commit().unwrap();
            group.send(b"under the new key").unwrap();
        }
        if whole {
            assert_eq!(commits, 7, "two for the header, one for each group, one for each of three other kinds");
            return;
        }
    }
}

#[test]
fn a_key_is_changed_whatever_happens() {
    rotation_survives_a_failure_at_each_commit(MemoryStorage::new);
    rotation_survives_a_failure_at_each_commit(|| SqliteStorage::open_in_memory(&SqliteOptions::new()).unwrap());
}

#[test]
fn what_the_application_keeps_survives_a_change_of_the_key() {
    let inner = Arc::new(MemoryStorage::new());
    let alice = client(Arc::new(MemoryStorage::new()));
    let bob = client(Arc::new(opened(&inner, 1)));
    let alice_id = alice.new_identity(SUITE, Credential::basic("alice")).unwrap();
    let bob_id = bob.new_identity(SUITE, Credential::basic("bob")).unwrap();
    let mut at_alice = alice.create_group(&alice_id).unwrap();
    let commit = at_alice.add(&[bob.key_package(&bob_id).unwrap().message]).unwrap();
    at_alice.accept_commit().unwrap();
    let mut at_bob = bob.join(&commit.welcome.unwrap(), None).unwrap();
    let id = at_bob.id().clone();
    let keep = |event: &Event| {
        let Event::Message(received) = event else { panic!("{event:?}") };
        let data = received.data.clone();
        mls_client::AppWrites::new(move |transaction| Ok(transaction.put(b"last", &data)?))
    };
    at_bob.receive_with(&at_alice.send(b"kept by the application").unwrap().message, keep).unwrap();
    assert!(inner.app_value(b"last").is_none(), "the name is a pseudonym");
    drop((at_bob, bob));

    Encrypted::rotate(Arc::clone(&inner), &key(1), &key(2), &sealing(9)).unwrap();
    let mut at_bob = client(Arc::new(opened(&inner, 2))).load_group(&id).unwrap();
    let check = |_: &Event| {
        mls_client::AppWrites::new(|transaction| {
            let last = transaction.get(b"last")?.ok_or("nothing is kept")?;
            if last.as_bytes() == b"kept by the application" { Ok(()) } else { Err("something else is kept".into()) }
        })
    };
    at_bob.receive_with(&at_alice.send(b"x").unwrap().message, check).unwrap();
}
