//! Encrypted files.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Party, Scratch, assert_talk, pair};
use mls_core::storage::Storage;
use mls_core::storage::conformance::{self, StoreFactory};
use mls_crypto_traits::SecretBytes;
use mls_storage_sqlite::{Encryption, FileKey, OpenError, SqliteOptions, SqliteStorage};

const PLAIN: &[u8; 16] = b"SQLite format 3\0";

fn passphrase(text: &str) -> Encryption {
    Encryption::new(FileKey::Passphrase(SecretBytes::from_slice(text.as_bytes())))
}

fn raw(octet: u8) -> Encryption {
    Encryption::new(FileKey::Raw(SecretBytes::from_slice(&[octet; 32])))
}

fn open(path: &Path, encryption: Encryption) -> Result<SqliteStorage, OpenError> {
    SqliteStorage::open(path, &SqliteOptions::default().encryption(encryption))
}

/// A group survives under the right key, and nothing else opens the file.
fn guarded(name: &str, right: fn() -> Encryption, wrong: &[fn() -> Encryption]) -> (Scratch, PathBuf) {
    let scratch = Scratch::new(name);
    let path = scratch.file("alice.db");
    let bob = Party::over(SqliteStorage::open_in_memory(&SqliteOptions::default()).unwrap());
    let alice = Party::over(open(&path, right()).unwrap());
    let (at_alice, mut at_bob) = pair(&alice, &bob);
    let id = at_alice.id().clone();
    let public = alice.client.signers()[0].as_bytes().to_vec();
    for file in ["", "-wal"] {
        let bytes = fs::read(format!("{}{file}", path.display())).unwrap();
        assert!(!bytes.windows(public.len()).any(|window| window == public), "it is in the clear");
    }
    drop((at_alice, alice));
    for wrong in wrong {
        assert!(matches!(open(&path, wrong()), Err(OpenError::WrongKey)));
    }
    let without = SqliteStorage::open(&path, &SqliteOptions::default());
    assert!(matches!(without, Err(OpenError::NotADatabase)), "{without:?}");
    let alice = Party::over(open(&path, right()).unwrap());
    assert_talk(&mut alice.client.load_group(&id).unwrap(), &mut at_bob);
    drop(alice);
    (scratch, path)
}

#[test]
fn a_passphrase_guards_a_file() {
    let wrong: [fn() -> Encryption; 3] = [|| passphrase("it's another"), || passphrase("it's secre"), || raw(1)];
    let (_scratch, path) = guarded("passphrase", || passphrase("it's \"secret\"; --"), &wrong);
    assert_ne!(fs::read(path).unwrap()[..16], PLAIN[..]);
}

#[test]
fn a_raw_key_guards_a_file() {
    let (_scratch, path) = guarded("raw", || raw(1), &[|| raw(2), || passphrase("x")]);
    assert_ne!(fs::read(path).unwrap()[..16], PLAIN[..]);
}

#[test]
fn a_header_may_be_in_the_clear() {
    let right: fn() -> Encryption = || raw(1).plaintext_header([7; 16]);
    let (_scratch, path) = guarded("header", right, &[|| raw(2).plaintext_header([7; 16])]);
    assert_eq!(fs::read(path).unwrap()[..16], PLAIN[..]);
}

/// The key is changed with a group in the file, and the group goes on; the old key opens nothing any more.
fn changed(name: &str, old: fn() -> Encryption, new: FileKey, with_new: fn() -> Encryption) {
    let scratch = Scratch::new(name);
    let path = scratch.file("alice.db");
    let bob = Party::over(SqliteStorage::open_in_memory(&SqliteOptions::default()).unwrap());
    let alice = Party::over(open(&path, old()).unwrap());
    let (mut at_alice, mut at_bob) = pair(&alice, &bob);
    let id = at_alice.id().clone();
    let page = fs::read(&path).unwrap()[4096..8192].to_vec();
    alice.store.change_key(&new).unwrap();
    // Nothing of the old encryption is left, nor in the log.
    for file in ["", "-wal"] {
        let bytes = fs::read(format!("{}{file}", path.display())).unwrap_or_default();
        assert!(!bytes.windows(page.len()).any(|window| window == page), "an old page is there");
    }
    assert_talk(&mut at_alice, &mut at_bob);
    drop((at_alice, alice));
    assert!(matches!(open(&path, old()), Err(OpenError::WrongKey)));
    let alice = Party::over(open(&path, with_new()).unwrap());
    assert_talk(&mut alice.client.load_group(&id).unwrap(), &mut at_bob);
}

#[test]
fn a_key_can_be_changed() {
    let key = || FileKey::Raw(SecretBytes::from_slice(&[2; 32]));
    changed("to-raw", || passphrase("old"), key(), || raw(2));
    let text = FileKey::Passphrase(SecretBytes::from_slice(b"it's new"));
    changed("to-passphrase", || raw(1), text, || passphrase("it's new"));
    let with_header: fn() -> Encryption = || raw(1).plaintext_header([7; 16]);
    changed("with-header", with_header, key(), || raw(2).plaintext_header([7; 16]));
}

#[test]
fn a_key_that_cannot_be_changed_stays() {
    let scratch = Scratch::new("rekey");
    let path = scratch.file("alice.db");
    let store = open(&path, raw(1)).unwrap();
    store.app_put(b"key", b"value").unwrap();
    let short = FileKey::Raw(SecretBytes::from_slice(&[2; 31]));
    assert!(matches!(store.change_key(&short), Err(OpenError::WrongKey)));
    // Somebody writes meanwhile.
    let impatient = SqliteOptions::default().encryption(raw(1)).busy_timeout(core::time::Duration::from_millis(1));
    let other = SqliteStorage::open(&path, &impatient).unwrap();
    let refused = store.app_transaction(|_| {
        Ok::<_, mls_core::storage::StorageError>(other.change_key(&FileKey::Raw(SecretBytes::from_slice(&[2; 32]))))
    });
    assert!(matches!(refused.unwrap(), Err(OpenError::Storage(_))));
    drop((store, other));
    let store = open(&path, raw(1)).unwrap();
    assert_eq!(store.app_get(b"key").unwrap().unwrap().as_bytes(), b"value");
    let plain = SqliteStorage::open_in_memory(&SqliteOptions::default()).unwrap();
    let key = FileKey::Raw(SecretBytes::from_slice(&[2; 32]));
    assert!(matches!(plain.change_key(&key), Err(OpenError::NoEncryption)));
}

#[test]
fn keys_that_cannot_be_are_refused() {
    let scratch = Scratch::new("keys");
    let bytes = |bytes: &[u8]| SecretBytes::from_slice(bytes);
    for key in [
        FileKey::Passphrase(bytes(b"")),
        FileKey::Passphrase(bytes(b"a\0b")),
        FileKey::Passphrase(bytes(b"\xff")),
        FileKey::Raw(bytes(&[1; 31])),
        FileKey::Raw(bytes(&[1; 33])),
    ] {
        assert!(matches!(open(&scratch.file("alice.db"), Encryption::new(key)), Err(OpenError::WrongKey)));
    }
}

struct Files {
    dir: Scratch,
    made: u32,
}

impl Files {
    fn open(&self) -> Box<dyn Storage> {
        Box::new(open(&self.dir.file(&format!("{}.db", self.made)), raw(3)).unwrap())
    }
}

impl StoreFactory for Files {
    fn create(&mut self) -> Box<dyn Storage> {
        self.made = self.made.wrapping_add(1);
        self.open()
    }

    fn reopen(&mut self) -> Option<Box<dyn Storage>> {
        Some(self.open())
    }

    fn open_beside(&mut self) -> Option<Box<dyn Storage>> {
        Some(self.open())
    }
}

#[test]
fn encrypted_files_conform() {
    let report = conformance::run(&mut Files { dir: Scratch::new("conformance"), made: 0 });
    report.assert_ok();
    assert!(report.skipped().is_empty());
}
