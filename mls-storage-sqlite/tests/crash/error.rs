//! What the library's schema, which is tested with newer tables, takes of its crate.

use mls_core::storage::{StorageError, StorageErrorKind};
use mls_storage_sqlite::rusqlite;

pub use mls_storage_sqlite::OpenError;

pub fn storage_error(error: rusqlite::Error) -> StorageError {
    StorageError::new(StorageErrorKind::Other).with_source(Box::new(error))
}
