//! The storage traits: read records, scan a set, commit a delta.
//!
//! Definitions only: the engine never calls them. A driver reads what the engine says is missing and commits the
//! deltas that it yields.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use mls_crypto_traits::SecretBytes;

use crate::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};

mod app;
#[cfg(feature = "conformance")]
pub mod conformance;
mod describe;

pub use app::{AppError, AppTransaction, AppWrites};
pub use describe::key_package_lifetime;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A store of records.
///
/// # Security
/// Values are secret: a store wipes its buffers, and a deleted record must not be readable from the medium for longer
/// than its documentation says.
pub trait Storage: Send + Sync {
    /// Reads the records `keys`, in that order, at one point in time; `None` where there is none.
    ///
    /// # Errors
    /// A [`StorageError`]; nothing is changed.
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError>;

    /// Reads every record of a set, in the order of [`RecordKey::to_bytes`], which [`RecordSet::sort`] makes.
    ///
    /// # Errors
    /// A [`StorageError`]; nothing is changed.
    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError>;

    /// Checks the preconditions and applies the writes of `delta` in one transaction, durably.
    ///
    /// # Errors
    /// [`StorageErrorKind::Conflict`] where a precondition does not hold. Whatever the error, no write is applied.
    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError>;

    /// As [`commit`](Self::commit), with what the application writes in the same transaction.
    ///
    /// # Errors
    /// [`StorageErrorKind::Unsupported`] where a store does not offer it, as by default;
    /// [`StorageErrorKind::Application`] where the application's own writes fail. Whatever the error, nothing is
    /// written.
    fn commit_with(&self, delta: &Delta, app: AppWrites) -> Result<Durable, StorageError> {
        let _ = (delta, app);
        Err(StorageError::new(StorageErrorKind::Unsupported))
    }
}

/// A store of records behind futures. The contract is that of [`Storage`].
pub trait AsyncStorage: Send + Sync {
    /// See [`Storage::read`].
    fn read<'a>(&'a self, keys: &'a [RecordKey]) -> BoxFuture<'a, Result<Vec<Option<SecretBytes>>, StorageError>>;

    /// See [`Storage::scan`].
    fn scan<'a>(&'a self, prefix: &'a RecordPrefix) -> BoxFuture<'a, Result<RecordSet, StorageError>>;

    /// See [`Storage::commit`]. Dropping the future before it is ready leaves either nothing or everything written.
    fn commit<'a>(&'a self, delta: &'a Delta) -> BoxFuture<'a, Result<Durable, StorageError>>;

    /// See [`Storage::commit_with`].
    fn commit_with<'a>(&'a self, delta: &'a Delta, app: AppWrites) -> BoxFuture<'a, Result<Durable, StorageError>> {
        let _ = (delta, app);
        Box::pin(core::future::ready(Err(StorageError::new(StorageErrorKind::Unsupported))))
    }
}

/// What went wrong in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageErrorKind {
    /// A precondition does not hold: somebody else wrote meanwhile. Reload the group.
    Conflict,
    /// The store is locked by somebody else. Try again.
    Busy,
    /// No space is left.
    Full,
    /// The store cannot be written.
    ReadOnly,
    /// A record or the store itself is damaged.
    Corrupt,
    /// What the application writes in the same transaction failed; the source says why.
    Application,
    /// The store does not offer this.
    Unsupported,
    /// Anything else; the source says what.
    Other,
}

/// A failure of a store, with its cause.
#[derive(Debug)]
pub struct StorageError {
    kind: StorageErrorKind,
    record: Option<RecordKey>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StorageError {
    /// A failure without a further cause.
    #[must_use]
    pub const fn new(kind: StorageErrorKind) -> Self {
        Self { kind, record: None, source: None }
    }

    /// A failure at one record.
    #[must_use]
    pub fn at(kind: StorageErrorKind, record: RecordKey) -> Self {
        Self { kind, record: Some(record), source: None }
    }

    /// The failure with its cause.
    #[must_use]
    pub fn with_source(mut self, source: Box<dyn Error + Send + Sync>) -> Self {
        self.source = Some(source);
        self
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> StorageErrorKind {
        self.kind
    }

    /// The record that it went wrong at, where it was one.
    #[must_use]
    pub const fn record(&self) -> Option<&RecordKey> {
        self.record.as_ref()
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StorageErrorKind::Conflict => "the stored state is not the one that the step was computed from",
            StorageErrorKind::Busy => "the store is locked by somebody else",
            StorageErrorKind::Full => "no space is left in the store",
            StorageErrorKind::ReadOnly => "the store cannot be written",
            StorageErrorKind::Corrupt => "the store is damaged",
            StorageErrorKind::Application => "what the application writes with the step failed",
            StorageErrorKind::Unsupported => "the store does not offer this",
            StorageErrorKind::Other => "the store failed",
        })?;
        if let Some(record) = &self.record {
            write!(f, " (record {record:?})")?;
        }
        Ok(())
    }
}

impl Error for StorageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}
