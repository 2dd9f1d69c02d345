use mls_core::storage::StorageErrorKind;
use rusqlite::ffi;

use super::{OpenError, storage_error};

fn kind_of(code: i32) -> StorageErrorKind {
    storage_error(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)).kind()
}

#[test]
fn codes_of_sqlite_have_their_kinds() {
    for (code, kind) in [
        (ffi::SQLITE_BUSY, StorageErrorKind::Busy),
        (ffi::SQLITE_BUSY_SNAPSHOT, StorageErrorKind::Busy),
        (ffi::SQLITE_LOCKED, StorageErrorKind::Busy),
        (ffi::SQLITE_FULL, StorageErrorKind::Full),
        (ffi::SQLITE_READONLY, StorageErrorKind::ReadOnly),
        (ffi::SQLITE_READONLY_DIRECTORY, StorageErrorKind::ReadOnly),
        (ffi::SQLITE_CORRUPT, StorageErrorKind::Corrupt),
        (ffi::SQLITE_NOTADB, StorageErrorKind::Corrupt),
        (ffi::SQLITE_IOERR_SHORT_READ, StorageErrorKind::Corrupt),
        (ffi::SQLITE_IOERR_WRITE, StorageErrorKind::Other),
        (ffi::SQLITE_CANTOPEN, StorageErrorKind::Other),
    ] {
        assert_eq!(kind_of(code), kind, "{code}");
    }
}

#[test]
fn what_is_no_database_is_said_to_be_none() {
    let error = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_NOTADB), None);
    assert!(matches!(OpenError::from(error), OpenError::NotADatabase));
}

#[test]
fn a_header_without_a_database_is_said_to_be_none() {
    let said = |text: &str| {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), Some(text.into()));
        OpenError::from(error)
    };
    assert!(matches!(said("unsupported file format"), OpenError::NotADatabase));
    assert!(matches!(said("no such table: x"), OpenError::Storage(_)));
}
