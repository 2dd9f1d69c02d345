//! A key-value space for the application, in the same file.

use core::any::Any;

use mls_core::storage::{AppError, AppTransaction, AppWrites, StorageError, StorageErrorKind};
use mls_crypto_traits::SecretBytes;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::erase::Urgency;
use crate::error::storage_error;
use crate::store::SqliteStorage;

impl SqliteStorage {
    /// Keeps a value of the application under a key, in the place of an older one.
    ///
    /// # Errors
    /// A [`StorageError`]; nothing is changed then.
    pub fn app_put(&self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        self.app_write(|transaction| put(transaction, key, value))
    }

    /// The value that the application keeps under a key.
    ///
    /// # Errors
    /// A [`StorageError`].
    pub fn app_get(&self, key: &[u8]) -> Result<Option<SecretBytes>, StorageError> {
        get(&self.lock().connection, key)
    }

    /// Deletes what the application keeps under a key; whether there was anything.
    ///
    /// # Errors
    /// A [`StorageError`]; nothing is changed then.
    pub fn app_delete(&self, key: &[u8]) -> Result<bool, StorageError> {
        self.app_write(|transaction| delete(transaction, key))
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
            .prepare_cached(
                "SELECT key FROM mls_app WHERE key >= ?1 AND (?2 = 0 OR substr(key, 1, ?2) = ?1)
                 ORDER BY key",
            )
            .map_err(storage_error)?;
        let rows = statement.query_map(params![prefix, length], |row| row.get(0)).map_err(storage_error)?;
        rows.collect::<Result<_, _>>().map_err(storage_error)
    }

    /// What the application writes in SQL in the same transaction as a delta, for
    /// [`Storage::commit_with`](mls_core::storage::Storage::commit_with).
    ///
    /// `rows` must not commit or roll back, nor write the tables of the store.
    pub fn rows(rows: impl FnOnce(&Connection) -> Result<(), AppError> + Send + 'static) -> AppWrites {
        AppWrites::new(|transaction| {
            let connection = transaction.native().and_then(<dyn Any>::downcast_ref::<Connection>);
            rows(connection.ok_or(StorageError::new(StorageErrorKind::Unsupported))?)
        })
    }

    fn app_write<T>(&self, write: impl FnOnce(&Connection) -> Result<T, StorageError>) -> Result<T, StorageError> {
        let mut inner = self.lock();
        let written = inner.write(|transaction| write(transaction))?;
        self.settle(&mut inner, Urgency::Soon, 0);
        Ok(written)
    }
}

fn get(connection: &Connection, key: &[u8]) -> Result<Option<SecretBytes>, StorageError> {
    connection
        .prepare_cached("SELECT value FROM mls_app WHERE key = ?")
        .and_then(|mut statement| {
            statement.query_row([key], |row| Ok(SecretBytes::from_slice(row.get_ref(0)?.as_blob()?))).optional()
        })
        .map_err(storage_error)
}

fn put(connection: &Connection, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
    connection
        .prepare_cached("REPLACE INTO mls_app (key, value) VALUES (?, ?)")
        .and_then(|mut statement| statement.execute(params![key, value]))
        .map_err(storage_error)?;
    Ok(())
}

fn delete(connection: &Connection, key: &[u8]) -> Result<bool, StorageError> {
    connection
        .prepare_cached("DELETE FROM mls_app WHERE key = ?")
        .and_then(|mut statement| statement.execute([key]))
        .map_err(storage_error)
        .map(|deleted| deleted > 0)
}

/// The transaction of a delta, as the application sees it.
pub(crate) struct AppView<'a>(pub(crate) &'a Transaction<'a>);

impl AppTransaction for AppView<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<SecretBytes>, StorageError> {
        get(self.0, key)
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        put(self.0, key, value)
    }

    fn delete(&mut self, key: &[u8]) -> Result<(), StorageError> {
        delete(self.0, key).map(drop)
    }

    /// A [`rusqlite::Connection`].
    fn native(&mut self) -> Option<&dyn Any> {
        let connection: &Connection = self.0;
        Some(connection)
    }
}
