//! Deleted keys are found nowhere in the bytes of the files.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use mls_client::mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
use mls_client::{BasicIdentity, Client, Credential, Encrypted, Limits, Sealing, Storage, StoreKey};
use mls_core::psk::PskValue;
use mls_core::record::RecordKey;
use mls_core::storage::StorageError;
use mls_crypto_traits::SecretBytes;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

use crate::common::{Party, SUITE, Scratch, pair, text};

type Secret = Vec<u8>;

/// How long consumed message keys may stay: so many deltas.
const STEPS: usize = 64;

/// All that is stored.
fn values(store: &SqliteStorage) -> Vec<Vec<u8>> {
    let values = store.app_transaction(|transaction| {
        let mut tables =
            transaction.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'mls%' AND type = 'table'").unwrap();
        let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut values = Vec::new();
        for name in names {
            let mut statement = transaction.prepare(&format!("SELECT * FROM {name}")).unwrap();
            let columns = statement.column_count();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                values.extend((0..columns).filter_map(|at| Some(row.get_ref(at).unwrap().as_blob().ok()?.to_vec())));
            }
        }
        Ok::<_, StorageError>(values)
    });
    values.unwrap()
}

/// Whatever could be a key in the tables of the store: 32 bytes behind an octet that says so, as all have in suite 1
/// whose records are longer; the whole record where it is one key, or a message key with its nonce.
fn stored(store: &SqliteStorage) -> BTreeSet<Secret> {
    let mut found = BTreeSet::new();
    for value in values(store) {
        if (29..=33).contains(&value.len()) {
            found.insert(value[1..].to_vec());
            found.insert(value.clone());
        }
        for at in 1..value.len().saturating_sub(31) {
            // Not a list of epochs.
            if value[at - 1] == 32 && value[at..at + 32].iter().filter(|octet| **octet == 0).count() < 8 {
                found.insert(value[at..at + 32].to_vec());
            }
        }
    }
    found
}

/// Which of `secrets` stand in the database, the log or the shared memory.
fn in_the_files<'a>(path: &Path, secrets: impl IntoIterator<Item = &'a Secret>) -> BTreeSet<&'a Secret> {
    // By their beginnings first: the log is megabytes.
    let mut wanted: HashMap<[u8; 2], Vec<&Secret>> = HashMap::new();
    let mut filter = vec![false; 1 << 16];
    for secret in secrets {
        wanted.entry([secret[0], secret[1]]).or_default().push(secret);
        filter[usize::from(secret[0]) << 8 | usize::from(secret[1])] = true;
    }
    let mut found = BTreeSet::new();
    for suffix in ["", "-wal", "-shm"] {
        let file = std::fs::read(format!("{}{suffix}", path.display())).unwrap();
        for (at, pair) in file.windows(2).enumerate() {
            if filter[usize::from(pair[0]) << 8 | usize::from(pair[1])] {
                let secrets = &wanted[&[pair[0], pair[1]]];
                found.extend(secrets.iter().filter(|secret| file[at..].starts_with(secret)).copied());
            }
        }
    }
    found
}

/// What was stored before and is not any more must not be in the files.
fn assert_gone(path: &Path, store: &SqliteStorage, before: &BTreeSet<Secret>, least: usize) {
    let (after, values) = (stored(store), values(store));
    // A length may stand before by chance, amid what stays.
    let stays = |secret: &&Secret| values.iter().any(|value| value.windows(secret.len()).any(|part| part == **secret));
    let gone: Vec<_> = before.difference(&after).filter(|secret| !stays(secret)).collect();
    assert!(gone.len() >= least, "{} secrets are gone", gone.len());
    assert_eq!(in_the_files(path, gone.iter().copied()), BTreeSet::new(), "of {} secrets", gone.len());
    // Those that are kept are there: the search finds what there is.
    assert!(in_the_files(path, &after).len() > after.len() / 2);
}

struct Two {
    _scratch: Scratch,
    path: std::path::PathBuf,
    alice: Party,
    bob: Party,
}

fn two() -> Two {
    let scratch = Scratch::new("erasure");
    let path = scratch.file("bob.db");
    let (alice, bob) = (Party::open(&scratch.file("alice.db")), Party::open(&path));
    Two { path, alice, bob, _scratch: scratch }
}

#[test]
fn message_keys_leave_within_64_steps() {
    let Two { _scratch, path, alice, bob } = two();
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    let mut messages: Vec<_> = (0..100_u8).map(|n| at_alice.send(&[n]).unwrap().message).collect();
    // A gap: bob keeps the keys of those that are late.
    let late: Vec<_> = messages.drain(..20).collect();
    let mut seen: Vec<BTreeSet<Secret>> = Vec::new();
    let mut worst = 0;
    for message in messages.iter().chain(&late) {
        let before = stored(&bob.store);
        at_bob.receive(message).unwrap();
        let after = stored(&bob.store);
        let consumed: BTreeSet<_> = before.difference(&after).cloned().collect();
        assert!(!consumed.is_empty());
        seen.push(consumed);
        let found = in_the_files(&path, seen.iter().flatten());
        let oldest = seen.iter().position(|secrets| secrets.iter().any(|secret| found.contains(secret)));
        worst = worst.max(oldest.map_or(0, |oldest| seen.len() - oldest));
    }
    println!("{} steps, keys stay for {worst} at most", seen.len());
    assert!(worst > 0 && worst <= STEPS);
    bob.store.erase_now().unwrap();
    assert_eq!(bob.store.unerased(), 0);
    assert!(in_the_files(&path, seen.iter().flatten()).is_empty());
}

#[test]
fn sent_keys_leave_within_64_steps() {
    let Two { _scratch, path, alice, bob } = two();
    let (_, mut at_bob) = pair(&alice, &bob);
    let mut seen = Vec::new();
    for _ in 0..80 {
        let before = stored(&bob.store);
        at_bob.send(b"x").unwrap();
        let after = stored(&bob.store);
        seen.push(before.difference(&after).cloned().collect::<BTreeSet<_>>());
        let old = seen.len().saturating_sub(STEPS);
        assert!(in_the_files(&path, seen[..old].iter().flatten()).is_empty());
    }
}

/// Generations are counted as they are reserved, messages as they are received: in one delta as in many.
#[test]
fn keys_are_counted_and_not_transactions() {
    let Two { _scratch, path, alice, bob } = two();
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    bob.store.erase_now().unwrap();
    // 32 at a time: the second time it is due.
    let before = stored(&bob.store);
    at_bob.send(b"x").unwrap();
    assert_eq!(bob.store.unerased(), 32);
    for _ in 1..=32 {
        at_bob.send(b"x").unwrap();
    }
    assert_eq!(bob.store.unerased(), 0);
    assert_gone(&path, &bob.store, &before, 1);

    // 40 messages are one transaction.
    let messages: Vec<_> = (0..80_u8).map(|n| at_alice.send(&[n]).unwrap().message).collect();
    let before = stored(&bob.store);
    at_bob.receive_all(&messages[..40]).unwrap();
    assert_eq!(bob.store.unerased(), 40);
    at_bob.receive_all(&messages[40..]).unwrap();
    assert_eq!(bob.store.unerased(), 0);
    assert_gone(&path, &bob.store, &before, 1);
}

/// One at a time, where none is reserved: no message that is sent has to wait for the files.
#[test]
fn sending_without_a_reserve_erases_as_seldom() {
    let scratch = Scratch::new("erasure");
    let store = Arc::new(SqliteStorage::open(scratch.file("bob.db"), &SqliteOptions::default()).unwrap());
    let mut limits = Limits::default();
    limits.reserved_generations = 1;
    let shared: Arc<dyn Storage> = store.clone();
    let client = Client::builder(shared, Arc::new(BasicIdentity::new())).limits(limits).build().unwrap();
    let identity = client.new_identity(SUITE, Credential::basic("bob")).unwrap();
    let mut group = client.create_group(&identity).unwrap();
    store.erase_now().unwrap();
    for sent in 1..=130 {
        group.send(b"x").unwrap();
        assert_eq!(store.unerased(), sent % 64);
    }
}

/// What is encrypted tells the store as much.
#[test]
fn keys_are_counted_under_encryption() {
    let scratch = Scratch::new("erasure");
    let store = Arc::new(SqliteStorage::open(scratch.file("bob.db"), &SqliteOptions::default()).unwrap());
    let sealing = Sealing::new(Arc::new(RustCryptoProvider::new()), SUITE, Box::new(OsRng));
    let key = StoreKey::from_bytes(SecretBytes::from_slice(&[7; 32])).unwrap();
    let sealed = Encrypted::open(store.clone(), &key, &sealing).unwrap();
    let client = Client::builder(Arc::new(sealed), Arc::new(BasicIdentity::new())).build().unwrap();
    let identity = client.new_identity(SUITE, Credential::basic("bob")).unwrap();
    let mut group = client.create_group(&identity).unwrap();
    store.erase_now().unwrap();
    for sent in 0..70 {
        group.send(b"x").unwrap();
        assert_eq!(store.unerased(), [32, 0][sent / 32 % 2]);
    }
}

#[test]
fn secrets_of_an_epoch_leave_at_once() {
    let Two { _scratch, path, alice, bob } = two();
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    for round in 0..6 {
        let message = at_alice.send(b"hello").unwrap().message;
        assert_eq!(text(at_bob.receive(&message).unwrap()), b"hello");
        let before = stored(&bob.store);
        if round % 2 == 0 {
            let commit = at_alice.update().unwrap();
            at_alice.accept_commit().unwrap();
            at_bob.receive(&commit.message).unwrap();
        } else {
            let commit = at_bob.update().unwrap();
            // The secrets of the pending commit are in the record of its own.
            at_bob.accept_commit().unwrap();
            at_alice.receive(&commit.message).unwrap();
        }
        // The init, membership, external and exporter secrets, the own ratchets, the old leaf key.
        assert_gone(&path, &bob.store, &before, 6);
    }
    at_bob.update().unwrap();
    let pending = stored(&bob.store);
    at_bob.drop_commit().unwrap();
    assert_gone(&path, &bob.store, &pending, 8);
}

#[test]
fn epochs_that_are_dropped_leave_at_once() {
    let Two { _scratch, path, alice, bob } = two();
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    // A message that is late, and one that was skipped.
    drop(at_alice.send(b"late").unwrap());
    at_bob.receive(&at_alice.send(b"2").unwrap().message).unwrap();
    let commit = at_alice.update().unwrap();
    at_alice.accept_commit().unwrap();
    at_bob.receive(&commit.message).unwrap();
    let id = at_bob.id().clone();
    drop((at_bob, bob));

    let store = SqliteStorage::open(&path, &SqliteOptions::default()).unwrap();
    let later = Party::with(store, crate::common::NOW + 30 * 24 * 3600, None);
    let before = stored(&later.store);
    assert_eq!(later.client.load_group(&id).unwrap().prune().unwrap().epochs, [1]);
    assert_gone(&path, &later.store, &before, 3);
}

#[test]
fn a_removed_group_leaves_at_once() {
    let Two { _scratch, path, alice, bob } = two();
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    let message = at_alice.send(b"hello").unwrap().message;
    at_bob.receive(&message).unwrap();
    let before = stored(&bob.store);
    let commit = at_alice.remove(&[at_bob.own_leaf()]).unwrap();
    at_bob.receive(&commit.message).unwrap();
    assert_gone(&path, &bob.store, &before, 12);
    assert_eq!(bob.store.count_groups().unwrap(), 0);
}

#[test]
fn a_deleted_group_leaves_at_once() {
    let Two { _scratch, path, alice, bob } = two();
    let (_, at_bob) = pair(&alice, &bob);
    let before = stored(&bob.store);
    assert!(bob.store.delete_group(at_bob.id()).unwrap());
    assert_gone(&path, &bob.store, &before, 12);
    assert!(!bob.store.delete_group(at_bob.id()).unwrap());
}

#[test]
fn key_packages_and_psks_leave_at_once() {
    let Two { _scratch, path, alice, bob } = two();
    let (alice_id, bob_id) = (alice.identity("alice"), bob.identity("bob"));
    let mut at_alice = alice.client.create_group(&alice_id).unwrap();
    let made = bob.client.key_package(&bob_id).unwrap();
    let key = RecordKey::KeyPackage(made.reference.into());
    let record = bob.store.read(core::slice::from_ref(&key)).unwrap().remove(0).unwrap();
    // The last two of it: the init key and the leaf's.
    let end = record.len();
    let init = record.as_bytes()[end - 65..end - 33].to_vec();
    assert_eq!(in_the_files(&path, [&init]).len(), 1);
    let commit = at_alice.add(&[made.message]).unwrap();
    drop(bob.client.join(&commit.welcome.unwrap(), None).unwrap());
    assert!(bob.store.read(&[key]).unwrap()[0].is_none());
    assert_eq!(in_the_files(&path, [&init]).len(), 0);

    let psk = vec![0x5a; 32];
    let value = SecretBytes::from_slice(&psk);
    bob.client.store_psk(b"psk", &PskValue::from_bytes(value)).unwrap();
    assert_eq!(in_the_files(&path, [&psk]).len(), 1);
    bob.client.forget_psk(b"psk").unwrap();
    assert_eq!(in_the_files(&path, [&psk]).len(), 0);

    let expired = bob.client.key_package(&bob_id).unwrap();
    let before = stored(&bob.store);
    let later = mls_client::UnixTime(crate::common::NOW + 400 * 24 * 3600);
    assert_eq!(bob.store.delete_expired_key_packages(later).unwrap(), 1);
    assert_gone(&path, &bob.store, &before, 3);
    drop(expired);
}
