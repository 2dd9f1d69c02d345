//! A durable store for Messaging Layer Security (RFC 9420) in SQLite or `SQLCipher`.
//!
//! [`SqliteStorage`] keeps groups, key packages, pre-shared keys and signers in tables that a person can query, and has
//! a key-value space for the application. A delta of the engine is one transaction; what is deleted leaves the files.
//!
//! ```
//! use mls_client::{BasicIdentity, CipherSuite, Client, Credential};
//! use mls_storage_sqlite::{SqliteOptions, SqliteStorage};
//! use std::sync::Arc;
//!
//! # let dir = std::env::temp_dir().join(format!("mls-storage-sqlite-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&dir)?;
//! # let path = dir.join("alice.db");
//! const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
//! let store = Arc::new(SqliteStorage::open(&path, &SqliteOptions::default())?);
//! let alice = Client::builder(store, Arc::new(BasicIdentity::new())).build()?;
//! let identity = alice.new_identity(SUITE, Credential::basic("alice"))?;
//! let id = alice.create_group(&identity)?.id().clone();
//! drop(alice);
//!
//! // Another day.
//! let store = Arc::new(SqliteStorage::open(&path, &SqliteOptions::default())?);
//! let alice = Client::builder(store.clone(), Arc::new(BasicIdentity::new())).build()?;
//! assert_eq!(alice.load_group(&id)?.epoch(), 0);
//! assert_eq!(store.count_groups()?, 1);
//! # drop(alice);
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How long deleted secrets stay
//!
//! A record that is deleted or replaced is overwritten in its page (`secure_delete`), but older versions of the page
//! stand in the write-ahead log and, until that is copied back, in the database. Both are brought up to date, and the
//! log cut to nothing, at once where an epoch begins, a group, key package, pre-shared key or signer is deleted; and
//! after 64 message keys or other secrets have been used up ([`SqliteOptions::erase_after`]). Where another process
//! reads just then, the next delta tries again; [`SqliteStorage::unerased`] tells, [`SqliteStorage::erase_now`] insists.
//! What the medium below the file keeps (flash translation layers, snapshots, backups) no store reaches: the feature
//! `sqlcipher` encrypts the files.
//!
//! # Several processes
//!
//! They may share a database. Of two that change a group at once the later gets
//! [`Conflict`](mls_core::storage::StorageErrorKind::Conflict) and reloads; who finds the database locked for longer than
//! [`SqliteOptions::busy_timeout`] gets [`Busy`](mls_core::storage::StorageErrorKind::Busy).
//!
//! # Security
//! The files hold private keys. A file that is made here is readable by its owner only (on Unix). SQLite's own page
//! cache and statement buffers are not wiped when memory is freed. Whoever can put an old copy of the files back makes
//! the client use keys twice: keep them out of backups that are restored.
//!
//! # Features
//! - `bundled` (default): builds SQLite; without it the system's library is linked, of version 3.45.3 or later.
//! - `sqlcipher`: builds `SQLCipher` on the system's OpenSSL, and adds encrypted files: passphrase, raw key, plaintext
//!   header.
//! - `vendored-openssl`: `sqlcipher` with an OpenSSL that is built, too.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app;
mod apply;
mod describe;
#[cfg(feature = "sqlcipher")]
mod encryption;
mod erase;
mod error;
mod groups;
mod manage;
mod open;
mod options;
mod query;
mod schema;
mod store;
mod table;

#[cfg(feature = "sqlcipher")]
pub use encryption::{Encryption, FileKey};
pub use error::{OpenError, UnknownRecord};
pub use manage::{StoredGroup, StoredKeyPackage};
pub use options::SqliteOptions;
pub use store::SqliteStorage;

pub use rusqlite;
