//! The tables, and how those of older versions become the newest ones.

use mls_core::storage::StorageError;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::error::{OpenError, storage_error};

/// Each brings the tables from the version of its place to the next.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("schema/v1.sql")];

/// Brings the tables to the newest version, in one transaction.
pub(crate) fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), OpenError> {
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if version(connection)? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let found = version(&transaction)?;
    if found > known {
        return Err(OpenError::NewerSchema { found, known });
    }
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    for migration in migrations.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.execute("UPDATE mls_schema SET version = ?", [known])?;
    Ok(transaction.commit()?)
}

/// The version of the tables; 0 where there are none.
pub(crate) fn version(connection: &Connection) -> Result<u32, StorageError> {
    let exists = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'mls_schema'";
    let found = connection.query_row(exists, [], |_| Ok(())).optional().map_err(storage_error)?;
    match found {
        None => Ok(0),
        Some(()) => connection.query_row("SELECT version FROM mls_schema", [], |row| row.get(0)).map_err(storage_error),
    }
}

// The crash tests take this file in, too.
#[cfg(test)]
#[path = "schema/tests.rs"]
mod tests;
