//! A key-value space for the application, in the same file.

use mls_core::storage::StorageError;
use mls_crypto_traits::SecretBytes;
use rusqlite::{OptionalExtension, params};

use crate::erase::Urgency;
use crate::error::storage_error;
use crate::store::SqliteStorage;

impl SqliteStorage {
    /// Keeps a value of the application under a key, in the place of an older one.
    ///
    /// # Errors
    /// A [`StorageError`]; nothing is changed then.
    pub fn app_put(&self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        self.app_write("REPLACE INTO mls_app (key, value) VALUES (?, ?)", params![key, value]).map(drop)
    }

    /// The value that the application keeps under a key.
    ///
    /// # Errors
    /// A [`StorageError`].
    pub fn app_get(&self, key: &[u8]) -> Result<Option<SecretBytes>, StorageError> {
        self.lock()
            .connection
            .prepare_cached("SELECT value FROM mls_app WHERE key = ?")
            .and_then(|mut statement| {
                statement.query_row([key], |row| Ok(SecretBytes::from_slice(row.get_ref(0)?.as_blob()?))).optional()
            })
            .map_err(storage_error)
    }

    /// Deletes what the application keeps under a key; whether there was anything.
    ///
    /// # Errors
    /// A [`StorageError`]; nothing is changed then.
    pub fn app_delete(&self, key: &[u8]) -> Result<bool, StorageError> {
        Ok(self.app_write("DELETE FROM mls_app WHERE key = ?", params![key])? > 0)
    }

    /// The keys that begin with `prefix`, in order.
    ///
    /// # Errors
    /// A [`StorageError`].
    pub fn app_list(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StorageError> {
        let length = i64::try_from(prefix.len()).unwrap_or(i64::MAX);
        let inner = self.lock();
        let mut statement = inner
            .connection
            .prepare_cached("SELECT key FROM mls_app WHERE key >= ?1 AND substr(key, 1, ?2) = ?1 ORDER BY key")
            .map_err(storage_error)?;
        let rows = statement.query_map(params![prefix, length], |row| row.get(0)).map_err(storage_error)?;
        rows.collect::<Result<_, _>>().map_err(storage_error)
    }

    fn app_write(&self, statement: &str, params: impl rusqlite::Params) -> Result<usize, StorageError> {
        let mut inner = self.lock();
        let changed = inner.write(|transaction| {
            transaction
                .prepare_cached(statement)
                .and_then(|mut statement| statement.execute(params))
                .map_err(storage_error)
        })?;
        self.settle(&mut inner, Urgency::Soon);
        Ok(changed)
    }
}
