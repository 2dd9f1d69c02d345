//! SQLite's errors as a store's.

use core::error::Error;
use core::fmt;

use mls_core::record::RecordKey;
use mls_core::storage::{StorageError, StorageErrorKind};
use rusqlite::ErrorCode;

/// Why a database was not opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The file is no SQLite database, or an encrypted one that is opened without a key.
    NotADatabase,
    /// The key is not that of the file, or the file is no database.
    WrongKey,
    /// The library that is linked cannot encrypt, or the file whose key is to be changed has none.
    NoEncryption,
    /// A newer version of this library has written the database.
    NewerSchema {
        /// The version of the database.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The file system does not support a write-ahead log: it lacks shared memory or locks.
    NoWriteAheadLog,
    /// Anything else.
    Storage(StorageError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADatabase => f.write_str("the file is no database, or an encrypted one"),
            Self::WrongKey => f.write_str("the key is wrong, or the file is no database"),
            Self::NoEncryption => f.write_str("the SQLite that is linked cannot encrypt, or the file is not encrypted"),
            Self::NewerSchema { found, known } => {
                write!(f, "the database has schema version {found}, and {known} is the newest that is known")
            }
            Self::NoWriteAheadLog => f.write_str("the file system does not support a write-ahead log"),
            Self::Storage(_) => f.write_str("the database could not be opened"),
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Storage(error) => Some(error),
            Self::NotADatabase
            | Self::WrongKey
            | Self::NoEncryption
            | Self::NewerSchema { .. }
            | Self::NoWriteAheadLog => None,
        }
    }
}

impl From<StorageError> for OpenError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, _) if failure.code == ErrorCode::NotADatabase => Self::NotADatabase,
            // The header is one, and what follows is not: a file that is encrypted but for its header.
            rusqlite::Error::SqliteFailure(_, Some(said)) if said == "unsupported file format" => Self::NotADatabase,
            _ => Self::Storage(storage_error(error)),
        }
    }
}

/// The engine is newer and names records, sets or writes that this store has no table for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownRecord;

impl fmt::Display for UnknownRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the engine is newer than the store and writes what that does not know")
    }
}

impl Error for UnknownRecord {}

impl From<UnknownRecord> for StorageError {
    fn from(error: UnknownRecord) -> Self {
        Self::new(StorageErrorKind::Other).with_source(Box::new(error))
    }
}

/// What went wrong in SQLite.
pub(crate) fn storage_error(error: rusqlite::Error) -> StorageError {
    StorageError::new(kind(&error)).with_source(Box::new(error))
}

/// What went wrong in SQLite at one record.
pub(crate) fn error_at(error: rusqlite::Error, key: &RecordKey) -> StorageError {
    StorageError::at(kind(&error), key.clone()).with_source(Box::new(error))
}

/// Extended codes of SQLite, where the primary code says too little.
const IOERR_SHORT_READ: i32 = 522;
const IOERR_CORRUPTFS: i32 = 8458;

fn kind(error: &rusqlite::Error) -> StorageErrorKind {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                StorageErrorKind::Busy
            }
            ErrorCode::DiskFull => StorageErrorKind::Full,
            ErrorCode::ReadOnly => StorageErrorKind::ReadOnly,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StorageErrorKind::Corrupt,
            ErrorCode::SystemIoFailure if matches!(failure.extended_code, IOERR_SHORT_READ | IOERR_CORRUPTFS) => {
                StorageErrorKind::Corrupt
            }
            _ => StorageErrorKind::Other,
        },
        // A column of another type than the schema says.
        rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) => StorageErrorKind::Corrupt,
        _ => StorageErrorKind::Other,
    }
}

#[cfg(test)]
mod tests;
