//! Records in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mls_codec::EncodeError;
use mls_core::record::{Delta, Durable, Precondition, RecordKey, RecordPrefix, Write};
use mls_core::storage::{Storage, StorageError, StorageErrorKind};
use mls_crypto_traits::SecretBytes;

type Table = BTreeMap<Vec<u8>, (RecordKey, SecretBytes)>;

/// A store in memory, for tests and for clients that live no longer than their process.
///
/// Values are wiped when they are replaced or deleted, and when the store is dropped.
#[derive(Default)]
pub struct MemoryStorage {
    table: Mutex<Table>,
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
        self.table().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes in the records of another store that have no counterpart here: key packages and signers, say, of a client
    /// that one of this store continues. The other store keeps them.
    pub fn absorb(&self, other: &Self) {
        let records: Vec<_> = {
            let table = other.table();
            table.iter().map(|(name, (key, value))| (name.clone(), key.clone(), value.duplicate())).collect()
        };
        let mut table = self.table();
        for (name, key, value) in records {
            table.entry(name).or_insert((key, value));
        }
    }

    // A commit changes the table only once nothing can fail any more, so that a poisoned lock guards a whole table.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for MemoryStorage {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        let table = self.table();
        keys.iter().map(|key| Ok(table.get(&bytes(key)?).map(|(_, value)| value.duplicate()))).collect()
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<Vec<(RecordKey, SecretBytes)>, StorageError> {
        let table = self.table();
        let mut found = BTreeMap::new();
        for start in prefix.to_byte_prefixes().map_err(too_long)? {
            for (name, (key, value)) in table.range(start.clone()..).take_while(|(name, _)| name.starts_with(&start)) {
                found.insert(name.clone(), (key.clone(), value.duplicate()));
            }
        }
        Ok(found.into_values().collect())
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        let mut table = self.table();
        for precondition in delta.preconditions() {
            let (key, holds) = check(&table, precondition)?;
            if !holds {
                return Err(StorageError::at(StorageErrorKind::Conflict, key.clone()));
            }
        }
        let changes = delta.writes().map(|write| Change::of(&write)).collect::<Result<Vec<_>, _>>()?;
        for change in changes {
            change.make(&mut table);
        }
        Ok(Durable::i_stored(delta))
    }
}

fn check<'a>(table: &Table, precondition: &'a Precondition) -> Result<(&'a RecordKey, bool), StorageError> {
    Ok(match precondition {
        Precondition::Equals(key, want) => {
            let found = table.get(&bytes(key)?);
            (key, found.is_some_and(|(_, value)| value.ct_eq(want.as_bytes())))
        }
        Precondition::Present(key) => (key, table.contains_key(&bytes(key)?)),
        Precondition::Absent(key) => (key, !table.contains_key(&bytes(key)?)),
        _ => return Err(StorageError::new(StorageErrorKind::Other)),
    })
}

/// A write with everything that could fail done.
enum Change {
    DeletePrefixes(Vec<Vec<u8>>),
    Put(Vec<u8>, RecordKey, SecretBytes),
    Delete(Vec<u8>),
}

impl Change {
    fn of(write: &Write<'_>) -> Result<Self, StorageError> {
        Ok(match write {
            Write::DeletePrefix(prefix) => Self::DeletePrefixes(prefix.to_byte_prefixes().map_err(too_long)?),
            Write::Put(key, value) => Self::Put(bytes(key)?, (*key).clone(), value.duplicate()),
            Write::Delete(key) => Self::Delete(bytes(key)?),
            _ => return Err(StorageError::new(StorageErrorKind::Other)),
        })
    }

    fn make(self, table: &mut Table) {
        match self {
            Self::DeletePrefixes(prefixes) => {
                table.retain(|name, _| !prefixes.iter().any(|prefix| name.starts_with(prefix)));
            }
            Self::Put(name, key, value) => {
                table.insert(name, (key, value));
            }
            Self::Delete(name) => {
                table.remove(&name);
            }
        }
    }
}

fn bytes(key: &RecordKey) -> Result<Vec<u8>, StorageError> {
    key.to_bytes().map_err(too_long)
}

fn too_long(error: EncodeError) -> StorageError {
    StorageError::new(StorageErrorKind::Other).with_source(Box::new(error))
}

impl core::fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { table: _ } = self;
        f.debug_struct("MemoryStorage").field("records", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests;
