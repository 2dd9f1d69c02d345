//! What an application writes in the transaction of a delta.

use alloc::boxed::Box;
use core::any::Any;
use core::error::Error;
use core::fmt;

use mls_crypto_traits::SecretBytes;

use super::{StorageError, StorageErrorKind};

/// The transaction in which a delta is being stored, as an application sees it: a key-value space of its own, and what
/// the store has beyond.
pub trait AppTransaction {
    /// The value that the application keeps under a key.
    ///
    /// # Errors
    /// A [`StorageError`].
    fn get(&mut self, key: &[u8]) -> Result<Option<SecretBytes>, StorageError>;

    /// Keeps a value under a key, in the place of an older one.
    ///
    /// # Errors
    /// A [`StorageError`].
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StorageError>;

    /// Deletes what is kept under a key, if there is anything.
    ///
    /// # Errors
    /// A [`StorageError`].
    fn delete(&mut self, key: &[u8]) -> Result<(), StorageError>;

    /// The store's own view of the transaction, for applications that know which store they have: the store says what
    /// it is. `None` where there is none.
    fn native(&mut self) -> Option<&dyn Any> {
        None
    }
}

/// What goes wrong in an application's own writes.
pub type AppError = Box<dyn Error + Send + Sync>;

type Write = dyn FnOnce(&mut dyn AppTransaction) -> Result<(), AppError> + Send;

/// What an application writes in the same transaction as a delta: both are stored, or neither.
///
/// It owns what it writes, so that a store may run it on another thread.
///
/// ```
/// use mls_core::storage::AppWrites;
///
/// let text = b"hello".to_vec();
/// let writes = AppWrites::new(move |transaction| Ok(transaction.put(b"last message", &text)?));
/// # drop(writes);
/// ```
pub struct AppWrites(Box<Write>);

impl AppWrites {
    /// Writes that `write` makes. It must not commit or roll back, nor touch what the store keeps for the engine.
    pub fn new(write: impl FnOnce(&mut dyn AppTransaction) -> Result<(), AppError> + Send + 'static) -> Self {
        Self(Box::new(write))
    }

    /// Makes the writes; for stores, after those of the delta.
    ///
    /// # Errors
    /// The store's own error, where it failed; [`StorageErrorKind::Application`] with what else the application says
    /// went wrong. The store then rolls all back.
    pub fn make(self, transaction: &mut dyn AppTransaction) -> Result<(), StorageError> {
        (self.0)(transaction).map_err(|error| match error.downcast::<StorageError>() {
            Ok(own) => *own,
            Err(other) => StorageError::new(StorageErrorKind::Application).with_source(other),
        })
    }
}

impl fmt::Debug for AppWrites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.debug_struct("AppWrites").finish_non_exhaustive()
    }
}
