//! The key of an encrypted store is changed, broken at each write.

use std::sync::Arc;

use mls_client::mls_crypto_rustcrypto::RustCryptoProvider;
use mls_client::{BasicIdentity, Client, Credential, Encrypted, EncryptedError, Sealing, Storage, StoreKey};
use mls_core::psk::PskValue;
use mls_core::record::RecordPrefix;
use mls_crypto_traits::SecretBytes;
use mls_storage_sqlite::rusqlite::ffi;
use mls_storage_sqlite::{SqliteOptions, SqliteStorage};

use crate::disk::{Chance, Disk, Fault};
use crate::vfs::Volume;
use crate::world::SUITE;

const SEEDS: u64 = 5;

fn key(byte: u8) -> StoreKey {
    StoreKey::from_bytes(SecretBytes::from_slice(&[byte; 32])).unwrap()
}

fn sealing(seed: u64) -> Sealing {
    Sealing::new(Arc::new(RustCryptoProvider::new()), SUITE, Box::new(Chance(seed)))
}

fn store(volume: &Volume) -> Arc<SqliteStorage> {
    let options = SqliteOptions::default();
    Arc::new(SqliteStorage::with_connection_factory(|| volume.connect(), &options).unwrap())
}

fn opened(store: &Arc<SqliteStorage>, byte: u8, seed: u64) -> Result<Encrypted<SqliteStorage>, EncryptedError> {
    Encrypted::open(Arc::clone(store), &key(byte), &sealing(seed))
}

fn rotate(store: &Arc<SqliteStorage>, seed: u64) -> Result<(), EncryptedError> {
    Encrypted::rotate(Arc::clone(store), &key(1), &key(2), &sealing(seed))
}

fn client(store: Arc<dyn Storage>, seed: u64) -> Client {
    Client::builder(store, Arc::new(BasicIdentity::new())).rng(Box::new(Chance(seed))).build().unwrap()
}

/// Two groups, and a record of every kind that belongs to none; sealed with the first key.
fn filled() -> Disk {
    let volume = Volume::new(Disk::default());
    let client = client(Arc::new(opened(&store(&volume), 1, 1).unwrap()), 2);
    let identity = client.new_identity(SUITE, Credential::basic("alice")).unwrap();
    client.key_package(&identity).unwrap();
    client.store_psk(b"psk", &PskValue::from_bytes(SecretBytes::from_slice(&[5; 32]))).unwrap();
    for _ in 0..2 {
        let mut group = client.create_group(&identity).unwrap();
        group.send(b"sent").unwrap();
        group.update().unwrap();
    }
    drop(client);
    volume.unmount()
}

/// All records, as they were before they were sealed.
fn contents(store: &Encrypted<SqliteStorage>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut prefixes = vec![RecordPrefix::KeyPackages, RecordPrefix::Signers, RecordPrefix::Psks];
    let groups = store.scan(&RecordPrefix::Groups).unwrap().into_iter();
    prefixes.extend(groups.map(|(key, _)| RecordPrefix::Group(key.group_id().unwrap().clone())));
    let records = prefixes.iter().flat_map(|prefix| store.scan(prefix).unwrap());
    records.map(|(key, value)| (key.to_bytes().unwrap(), value.as_bytes().to_vec())).collect()
}

/// How far the change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Before,
    Between,
    After,
}

fn progress(store: &Arc<SqliteStorage>) -> Progress {
    match (opened(store, 1, 3), opened(store, 2, 3)) {
        (Ok(_), Err(EncryptedError::WrongKey)) => Progress::Before,
        (Err(EncryptedError::RotationUnfinished), Err(EncryptedError::RotationUnfinished)) => Progress::Between,
        (Err(EncryptedError::WrongKey), Ok(_)) => Progress::After,
        other => panic!("{other:?}"),
    }
}

#[test]
fn changing_the_key() {
    let disk = filled();
    let volume = Volume::new(disk.clone());
    let dry = store(&volume);
    let expected = contents(&opened(&dry, 1, 3).unwrap());
    let start = volume.disk().operations;
    rotate(&dry, 4).unwrap();
    let writes = volume.disk().operations - start;
    assert_eq!(contents(&opened(&dry, 2, 3).unwrap()), expected);
    drop(dry);
    volume.unmount();

    let (mut cuts, mut failures, mut seen) = (0_u64, 0_u64, [0_u64; 3]);
    let mut finished = |volume: &Volume, done: bool| {
        let store = store(volume);
        let progress = progress(&store);
        assert!(!done || progress == Progress::After);
        seen[progress as usize] += 1;
        // Whatever it was, it is finished by the same call.
        rotate(&store, 5).unwrap();
        assert_eq!(self::progress(&store), Progress::After);
        let sealed = opened(&store, 2, 6).unwrap();
        assert_eq!(contents(&sealed), expected);
        let client = client(Arc::new(sealed), 7);
        for id in client.groups().unwrap() {
            let mut group = client.load_group(&id).unwrap();
            assert!(group.has_pending_commit());
            group.accept_commit().unwrap();
        }
    };
    for at in 1..=writes + 1 {
        for seed in 0..SEEDS {
            cuts += 1;
            let volume = Volume::new(disk.clone());
            let open = store(&volume);
            volume.disk().arm(at, Fault::Cut);
            let done = rotate(&open, 4).is_ok();
            volume.disk().cut();
            drop(open);
            let mut disk = volume.unmount();
            disk.restart(&mut Chance(seed ^ (at << 32)));
            let volume = Volume::new(disk);
            finished(&volume, done);
            volume.unmount();
        }
        for fault in [Fault::Fail(ffi::SQLITE_IOERR_WRITE), Fault::Full] {
            if at > writes {
                break;
            }
            failures += 1;
            let volume = Volume::new(disk.clone());
            let open = store(&volume);
            volume.disk().arm(at, fault);
            let done = rotate(&open, 4).is_ok();
            assert!(volume.disk().disarm());
            drop(open);
            finished(&volume, done);
            volume.unmount();
        }
    }
    let [before, between, after] = seen;
    println!(
        "changing the key: {writes} writes, {cuts} cuts of power, {failures} failures \
         ({before} before, {between} between, {after} after)"
    );
    assert!(before > 0 && between > 0 && after > 0);
}
