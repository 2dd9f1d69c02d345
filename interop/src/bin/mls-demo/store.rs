//! A store in one file: the whole of it is written anew, made durable and renamed at each commit.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mls_client::mls_core::record::{Delta, Durable, Precondition, RecordKey, RecordPrefix, Write};
use mls_client::mls_core::storage::{Storage, StorageError, StorageErrorKind};
use mls_client::mls_crypto_traits::SecretBytes;
use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader, encode_opaque};

type Table = BTreeMap<Vec<u8>, SecretBytes>;

/// A store in one file.
pub(crate) struct FileStore {
    path: PathBuf,
    table: Mutex<Table>,
}

impl FileStore {
    /// Opens the store of a directory, or makes an empty one.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let path = dir.join("records");
        let table = match fs::read(&path) {
            Ok(bytes) => {
                let bytes = SecretBytes::from(bytes);
                decode(bytes.as_bytes()).map_err(io::Error::other)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Table::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { path, table: Mutex::new(table) })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `table` in the place of the file: after a crash there is the old one or the new one, whole.
    fn replace(&self, table: &Table) -> Result<(), StorageError> {
        let bytes = encode(table).map_err(other)?;
        let temporary = self.path.with_extension("new");
        let written = (|| {
            let mut file = File::create(&temporary)?;
            file.write_all(bytes.as_bytes())?;
            file.sync_all()?;
            fs::rename(&temporary, &self.path)?;
            match self.path.parent() {
                Some(dir) => File::open(dir)?.sync_all(),
                None => Ok(()),
            }
        })();
        written.map_err(other::<io::Error>)
    }
}

impl Storage for FileStore {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        let table = self.table();
        keys.iter().map(|key| Ok(table.get(&name(key)?).map(SecretBytes::duplicate))).collect()
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<Vec<(RecordKey, SecretBytes)>, StorageError> {
        let prefixes = prefix.to_byte_prefixes().map_err(other)?;
        self.table()
            .iter()
            .filter(|(name, _)| prefixes.iter().any(|prefix| name.starts_with(prefix)))
            .map(|(name, value)| Ok((RecordKey::from_bytes(name).map_err(other)?, value.duplicate())))
            .collect()
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        let mut table = self.table();
        for precondition in delta.preconditions() {
            check(&table, precondition)?;
        }
        let mut next: Table = table.iter().map(|(name, value)| (name.clone(), value.duplicate())).collect();
        for write in delta.writes() {
            match write {
                Write::DeletePrefix(prefix) => {
                    let prefixes = prefix.to_byte_prefixes().map_err(other)?;
                    next.retain(|name, _| !prefixes.iter().any(|prefix| name.starts_with(prefix)));
                }
                Write::Put(key, value) => {
                    next.insert(name(key)?, value.duplicate());
                }
                Write::Delete(key) => {
                    next.remove(&name(key)?);
                }
                _ => return Err(StorageError::new(StorageErrorKind::Other)),
            }
        }
        self.replace(&next)?;
        *table = next;
        Ok(Durable::i_stored(delta))
    }
}

fn check(table: &Table, precondition: &Precondition) -> Result<(), StorageError> {
    let (key, holds) = match precondition {
        Precondition::Equals(key, want) => {
            let found = table.get(&name(key)?);
            (key, found.is_some_and(|value| value.ct_eq(want.as_bytes())))
        }
        Precondition::Present(key) => (key, table.contains_key(&name(key)?)),
        Precondition::Absent(key) => (key, !table.contains_key(&name(key)?)),
        _ => return Err(StorageError::new(StorageErrorKind::Other)),
    };
    if holds { Ok(()) } else { Err(StorageError::at(StorageErrorKind::Conflict, key.clone())) }
}

fn name(key: &RecordKey) -> Result<Vec<u8>, StorageError> {
    key.to_bytes().map_err(other)
}

fn other<E: core::error::Error + Send + Sync + 'static>(error: E) -> StorageError {
    StorageError::new(StorageErrorKind::Other).with_source(Box::new(error))
}

fn encode(table: &Table) -> Result<SecretBytes, EncodeError> {
    let length = table
        .iter()
        .map(|(name, value)| name.encoded_len().saturating_add(value.as_bytes().len()).saturating_add(4))
        .fold(0, usize::saturating_add);
    let mut out = Vec::with_capacity(length);
    for (name, value) in table {
        name.encode(&mut out)?;
        encode_opaque(value.as_bytes(), &mut out)?;
    }
    Ok(SecretBytes::from(out))
}

fn decode(bytes: &[u8]) -> Result<Table, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut table = Table::new();
    while !reader.is_empty() {
        table.insert(Vec::decode(&mut reader)?, SecretBytes::from_slice(reader.opaque()?));
    }
    Ok(table)
}
