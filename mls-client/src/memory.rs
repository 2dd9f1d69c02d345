//! Records in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_core::storage::{AppTransaction, AppWrites, Storage, StorageError, StorageErrorKind};
use mls_crypto_traits::SecretBytes;

mod nodes;
mod table;

use table::{Changes, Table, check};

/// What an application keeps beside the records.
type AppSpace = BTreeMap<Vec<u8>, SecretBytes>;

/// A store in memory, for tests and for clients that live no longer than their process.
///
/// Values are wiped or written over when they are replaced, and wiped when they are deleted and when the store is
/// dropped. Those of tree nodes are not: they are public, and the groups that are loaded share them.
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
        keys.iter().map(|key| Ok(table.get(key)?.map(SecretBytes::from_slice))).collect()
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.tables().records.scan(prefix)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        let mut tables = self.tables();
        let changes = prepare(&tables.records, delta)?;
        tables.records.make(&changes);
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
        tables.records.make(&changes);
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
fn prepare<'a>(table: &Table, delta: &'a Delta) -> Result<Changes<'a>, StorageError> {
    for precondition in delta.preconditions() {
        let (key, holds) = check(table, precondition)?;
        if !holds {
            return Err(StorageError::at(StorageErrorKind::Conflict, key.clone()));
        }
    }
    Changes::of(delta)
}

impl core::fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { tables: _ } = self;
        f.debug_struct("MemoryStorage").field("records", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests;
