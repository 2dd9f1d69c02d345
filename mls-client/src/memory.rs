//! Records in memory.

use core::ops::Bound;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mls_codec::EncodeError;
use mls_core::record::{Delta, Durable, Precondition, RecordKey, RecordPrefix, Write};
use mls_core::storage::{AppTransaction, AppWrites, Storage, StorageError, StorageErrorKind};
use mls_crypto_traits::SecretBytes;

/// By the bytes of their keys.
type Table = BTreeMap<Vec<u8>, SecretBytes>;
/// What an application keeps beside the records.
type AppSpace = BTreeMap<Vec<u8>, SecretBytes>;

/// A store in memory, for tests and for clients that live no longer than their process.
///
/// Values are wiped when they are replaced or deleted, and when the store is dropped.
#[derive(Default)]
pub struct MemoryStorage {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    records: Table,
    app: AppSpace,
}

impl MemoryStorage {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables().records.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the application keeps under a key: see [`AppWrites`].
    #[must_use]
    pub fn app_value(&self, key: &[u8]) -> Option<SecretBytes> {
        self.tables().app.get(key).map(SecretBytes::duplicate)
    }

    // A commit changes the tables only once nothing can fail any more, so that a poisoned lock guards whole tables.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for MemoryStorage {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        let table = &self.tables().records;
        keys.iter().map(|key| Ok(table.get(&bytes(key)?).map(SecretBytes::duplicate))).collect()
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<Vec<(RecordKey, SecretBytes)>, StorageError> {
        let table = &self.tables().records;
        let mut starts = prefix.to_byte_prefixes().map_err(too_long)?;
        starts.sort_unstable();
        // None is a prefix of another one.
        let found = starts.iter().flat_map(|start| range(table, start));
        found.map(|(name, value)| Ok((key_of(name)?, value.duplicate()))).collect()
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        let mut tables = self.tables();
        let changes = prepare(&tables.records, delta)?;
        for change in changes {
            change.make(&mut tables.records);
        }
        Ok(Durable::i_stored(delta))
    }

    /// The application's writes see what was there before the transaction, and their own. They must not use the store
    /// otherwise: it is locked.
    fn commit_with(&self, delta: &Delta, app: AppWrites) -> Result<Durable, StorageError> {
        let mut tables = self.tables();
        let changes = prepare(&tables.records, delta)?;
        let mut staged = Staged { app: &tables.app, writes: BTreeMap::new() };
        app.make(&mut staged)?;
        let writes = staged.writes;
        for change in changes {
            change.make(&mut tables.records);
        }
        for (key, value) in writes {
            match value {
                Some(value) => drop(tables.app.insert(key, value)),
                None => drop(tables.app.remove(&key)),
            }
        }
        Ok(Durable::i_stored(delta))
    }
}

/// What an application writes, before it happens.
struct Staged<'a> {
    app: &'a AppSpace,
    writes: BTreeMap<Vec<u8>, Option<SecretBytes>>,
}

impl AppTransaction for Staged<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<SecretBytes>, StorageError> {
        let value = match self.writes.get(key) {
            Some(written) => written.as_ref(),
            None => self.app.get(key),
        };
        Ok(value.map(SecretBytes::duplicate))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        self.writes.insert(key.to_vec(), Some(SecretBytes::from_slice(value)));
        Ok(())
    }

    fn delete(&mut self, key: &[u8]) -> Result<(), StorageError> {
        self.writes.insert(key.to_vec(), None);
        Ok(())
    }
}

/// Checks the preconditions of a delta and does everything that could fail of its writes.
fn prepare(table: &Table, delta: &Delta) -> Result<Vec<Change>, StorageError> {
    for precondition in delta.preconditions() {
        let (key, holds) = check(table, precondition)?;
        if !holds {
            return Err(StorageError::at(StorageErrorKind::Conflict, key.clone()));
        }
    }
    delta.writes().map(|write| Change::of(&write)).collect()
}

fn check<'a>(table: &Table, precondition: &'a Precondition) -> Result<(&'a RecordKey, bool), StorageError> {
    Ok(match precondition {
        Precondition::Equals(key, want) => {
            let found = table.get(&bytes(key)?);
            (key, found.is_some_and(|value| value.ct_eq(want.as_bytes())))
        }
        Precondition::Present(key) => (key, table.contains_key(&bytes(key)?)),
        Precondition::Absent(key) => (key, !table.contains_key(&bytes(key)?)),
        _ => return Err(StorageError::new(StorageErrorKind::Other)),
    })
}

/// A write with everything that could fail done.
enum Change {
    DeletePrefixes(Vec<Vec<u8>>),
    Put(Vec<u8>, SecretBytes),
    Delete(Vec<u8>),
}

impl Change {
    fn of(write: &Write<'_>) -> Result<Self, StorageError> {
        Ok(match write {
            Write::DeletePrefix(prefix) => Self::DeletePrefixes(prefix.to_byte_prefixes().map_err(too_long)?),
            Write::Put(key, value) => Self::Put(bytes(key)?, value.duplicate()),
            Write::Delete(key) => Self::Delete(bytes(key)?),
            _ => return Err(StorageError::new(StorageErrorKind::Other)),
        })
    }

    fn make(self, table: &mut Table) {
        match self {
            Self::DeletePrefixes(prefixes) => {
                // What is not deleted is not looked at: each commit deletes a set or two.
                for prefix in &prefixes {
                    let names: Vec<_> = range(table, prefix).map(|(name, _)| name.clone()).collect();
                    names.iter().for_each(|name| drop(table.remove(name)));
                }
            }
            Self::Put(name, value) => {
                table.insert(name, value);
            }
            Self::Delete(name) => {
                table.remove(&name);
            }
        }
    }
}

/// The records whose names begin so.
fn range<'a>(table: &'a Table, start: &'a [u8]) -> impl Iterator<Item = (&'a Vec<u8>, &'a SecretBytes)> {
    let from = (Bound::Included(start), Bound::Unbounded);
    table.range::<[u8], _>(from).take_while(move |(name, _)| name.starts_with(start))
}

/// The key that a name was made from.
fn key_of(name: &[u8]) -> Result<RecordKey, StorageError> {
    RecordKey::from_bytes(name)
        .map_err(|error| StorageError::new(StorageErrorKind::Corrupt).with_source(Box::new(error)))
}

fn bytes(key: &RecordKey) -> Result<Vec<u8>, StorageError> {
    key.to_bytes().map_err(too_long)
}

fn too_long(error: EncodeError) -> StorageError {
    StorageError::new(StorageErrorKind::Other).with_source(Box::new(error))
}

impl core::fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { tables: _ } = self;
        f.debug_struct("MemoryStorage").field("records", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests;
