//! Opening a database.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::OpenError;
use crate::options::SqliteOptions;
use crate::schema::{MIGRATIONS, migrate};

/// More statements than there are.
const CACHED_STATEMENTS: usize = 128;

/// So often others may be changing the journal, too.
const CHANGES: usize = 16;

/// The connection to a file, which is made where there is none.
pub(crate) fn connect(path: &Path) -> Result<Connection, OpenError> {
    make_private(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// Makes the file so that only its owner reads it; SQLite gives the log the same rights. Where that fails, so will
/// SQLite, and say why.
fn make_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        drop(std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Prepares a connection: key, settings, tables.
pub(crate) fn prepare(connection: &mut Connection, options: &SqliteOptions) -> Result<(), OpenError> {
    connection.busy_timeout(options.busy_timeout)?;
    #[cfg(feature = "sqlcipher")]
    if let Some(encryption) = &options.encryption {
        return match encryption.unlock(connection).and_then(|()| set_up(connection)) {
            Err(OpenError::NotADatabase) => Err(OpenError::WrongKey),
            done => done,
        };
    }
    set_up(connection)
}

fn set_up(connection: &mut Connection) -> Result<(), OpenError> {
    let mode = write_ahead(connection)?;
    if mode != "wal" && mode != "memory" {
        return Err(OpenError::NoWriteAheadLog);
    }
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA cell_size_check = ON;",
    )?;
    // Answers with a row.
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    migrate(connection, MIGRATIONS)
}

/// Changes the journal to a write-ahead log; which it is afterwards.
///
/// Where several processes do so at once, SQLite tells all but one that the database is busy, without waiting. It waits
/// for a transaction.
fn write_ahead(connection: &Connection) -> rusqlite::Result<String> {
    let change = || connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
    for _ in 0..CHANGES {
        match change() {
            Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == ErrorCode::DatabaseBusy => {
                connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK;")?;
            }
            changed => return changed,
        }
    }
    change()
}
