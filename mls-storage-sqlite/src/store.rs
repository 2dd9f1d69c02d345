//! The store.

use core::time::Duration;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_core::storage::{AppWrites, Storage, StorageError};
use mls_crypto_traits::SecretBytes;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::app::AppView;
use crate::apply::apply;
use crate::erase::{Urgency, checkpoint, urgency};
use crate::error::{OpenError, storage_error};
use crate::groups::Groups;
use crate::open::{connect, prepare};
use crate::options::SqliteOptions;
use crate::query;

/// A store in an SQLite database.
///
/// One connection serves all, so that a delta, and what the application writes with it, is one transaction.
pub struct SqliteStorage {
    inner: Mutex<Inner>,
    erase_after: u32,
    busy_timeout: Duration,
}

pub(crate) struct Inner {
    pub(crate) connection: Connection,
    /// Deltas whose old versions may still be in the files.
    pub(crate) unerased: u32,
    /// Whether they should have left already.
    overdue: bool,
}

impl SqliteStorage {
    /// Opens a database, which is made where there is none.
    ///
    /// # Errors
    /// An [`OpenError`].
    pub fn open(path: impl AsRef<Path>, options: &SqliteOptions) -> Result<Self, OpenError> {
        Self::over(connect(path.as_ref())?, options)
    }

    /// A store that is gone when it is dropped.
    ///
    /// # Errors
    /// An [`OpenError`].
    pub fn open_in_memory(options: &SqliteOptions) -> Result<Self, OpenError> {
        Self::over(Connection::open_in_memory()?, options)
    }

    /// Opens a store over a connection that `connect` makes: to the application's own database, with other flags, or
    /// through a file system of its own.
    ///
    /// The store's tables begin with `mls_`. The connection is set to a write-ahead log, full synchronisation, secure
    /// deletion and foreign keys; triggers and hooks of the application stay.
    ///
    /// # Errors
    /// An [`OpenError`].
    pub fn with_connection_factory(
        connect: impl FnOnce() -> rusqlite::Result<Connection>,
        options: &SqliteOptions,
    ) -> Result<Self, OpenError> {
        Self::over(connect()?, options)
    }

    fn over(mut connection: Connection, options: &SqliteOptions) -> Result<Self, OpenError> {
        prepare(&mut connection, options)?;
        // What an earlier process left in the log.
        let left = checkpoint(&connection, Duration::ZERO, options.busy_timeout);
        let unerased = u32::from(left.is_err());
        Ok(Self {
            inner: Mutex::new(Inner { connection, unerased, overdue: left.is_err() }),
            erase_after: options.erase_after,
            busy_timeout: options.busy_timeout,
        })
    }

    // A transaction that is not committed is rolled back when it is dropped, so that a poisoned lock guards a whole
    // connection.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits `delta` and, in the same transaction, what `rows` writes into tables of the application.
    ///
    /// `rows` is called after the writes of the delta are made and before they are committed. It must not commit or
    /// roll back, nor write the tables of the store.
    ///
    /// # Errors
    /// A [`StorageError`] as from [`Storage::commit`], or what `rows` returns; nothing is written then.
    pub fn transaction_with<T, E: From<StorageError>>(
        &self,
        delta: &Delta,
        rows: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<(Durable, T), E> {
        let mut inner = self.lock();
        let written = inner.write(|transaction| {
            apply(transaction, delta)?;
            rows(transaction)
        })?;
        self.settle(&mut inner, urgency(delta), delta.used_keys());
        Ok((Durable::i_stored(delta), written))
    }

    /// Reads and writes tables of the application, in one transaction.
    ///
    /// # Errors
    /// What `rows` returns, or a [`StorageError`]; nothing is written then.
    pub fn app_transaction<T, E: From<StorageError>>(
        &self,
        rows: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.lock().write(rows)
    }

    /// Gets everything that was deleted or replaced out of the database and its write-ahead log.
    ///
    /// # Errors
    /// [`Busy`](mls_core::storage::StorageErrorKind::Busy) where another process reads or writes for longer than the
    /// busy timeout.
    pub fn erase_now(&self) -> Result<(), StorageError> {
        let mut inner = self.lock();
        checkpoint(&inner.connection, self.busy_timeout, self.busy_timeout)?;
        inner.erased();
        Ok(())
    }

    /// How many message keys, and other secrets, have been used up whose old versions may still be in the files.
    #[must_use]
    pub fn unerased(&self) -> u32 {
        self.lock().unerased
    }

    /// Erases where it is due. A failure is no failure of the commit, which is durable: the debt stays.
    pub(crate) fn settle(&self, inner: &mut Inner, urgency: Urgency, used_keys: u32) {
        if urgency != Urgency::None {
            // What uses up no message key replaces another secret.
            inner.unerased = inner.unerased.saturating_add(used_keys.max(1));
            inner.overdue |= urgency == Urgency::Now || inner.unerased >= self.erase_after;
        }
        if inner.overdue && checkpoint(&inner.connection, Duration::ZERO, self.busy_timeout).is_ok() {
            inner.erased();
        }
    }
}

impl Inner {
    /// Runs `writes` in one transaction.
    pub(crate) fn write<T, E: From<StorageError>>(
        &mut self,
        writes: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(storage_error)?;
        let written = writes(&transaction)?;
        transaction.commit().map_err(storage_error)?;
        Ok(written)
    }

    /// Runs `reads` at one point in time.
    pub(crate) fn read<T>(
        &mut self,
        reads: impl FnOnce(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let transaction = self.connection.transaction().map_err(storage_error)?;
        let read = reads(&transaction)?;
        transaction.commit().map_err(storage_error)?;
        Ok(read)
    }

    const fn erased(&mut self) {
        self.unerased = 0;
        self.overdue = false;
    }
}

impl Storage for SqliteStorage {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        self.lock().read(|connection| {
            let mut groups = Groups::new(connection);
            keys.iter().map(|key| query::read(&mut groups, key)).collect()
        })
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.lock().read(|connection| query::scan(connection, prefix))
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        let (durable, ()) = self.transaction_with(delta, |_| Ok::<_, StorageError>(()))?;
        Ok(durable)
    }

    fn commit_with(&self, delta: &Delta, app: AppWrites) -> Result<Durable, StorageError> {
        let (durable, ()) = self.transaction_with(delta, |transaction| app.make(&mut AppView(transaction)))?;
        Ok(durable)
    }
}

impl core::fmt::Debug for SqliteStorage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { inner: _, erase_after, busy_timeout } = self;
        f.debug_struct("SqliteStorage")
            .field("erase_after", erase_after)
            .field("busy_timeout", busy_timeout)
            .finish_non_exhaustive()
    }
}
