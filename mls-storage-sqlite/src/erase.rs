//! Getting deleted secrets out of the files.

use core::time::Duration;

use mls_core::record::{Delta, Precondition, RecordKey, RecordPrefix, Write};
use mls_core::storage::{StorageError, StorageErrorKind};
use rusqlite::Connection;

use crate::error::storage_error;

/// How soon the old versions of what a delta changes must leave the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// Nothing secret is deleted or replaced.
    None,
    /// After some keys.
    Soon,
    /// Before the commit returns.
    Now,
}

/// How soon the old versions of what `delta` changes must leave the files.
pub(crate) fn urgency(delta: &Delta) -> Urgency {
    // What founds a group replaces none.
    let over_a_group = delta.preconditions().iter().any(|condition| matches!(condition, Precondition::Equals(..)));
    delta.writes().map(|write| urgency_of(&write, over_a_group)).max().unwrap_or(Urgency::None)
}

fn urgency_of(write: &Write<'_>, over_a_group: bool) -> Urgency {
    match write {
        Write::DeletePrefix(RecordPrefix::Tree(_)) => Urgency::None,
        Write::DeletePrefix(RecordPrefix::Proposals(_)) => Urgency::Soon,
        // A new header is a new epoch.
        Write::Put(RecordKey::Group(_), _) if over_a_group => Urgency::Now,
        Write::Put(
            RecordKey::Ratchet(..)
            | RecordKey::SkippedKey(..)
            | RecordKey::SecretNode(..)
            | RecordKey::PathKeys(_)
            | RecordKey::Epoch(..)
            | RecordKey::PendingCommit(_),
            _,
        ) if over_a_group => Urgency::Soon,
        Write::Put(RecordKey::Psk(_), _) => Urgency::Now,
        Write::Put(..) | Write::Delete(RecordKey::TreeNode(..)) => Urgency::None,
        Write::Delete(
            RecordKey::Ratchet(..)
            | RecordKey::SkippedKey(..)
            | RecordKey::SecretNode(..)
            | RecordKey::SkippedIndex(..)
            | RecordKey::Proposal(..)
            | RecordKey::Status(_),
        ) => Urgency::Soon,
        // Epochs, groups, pending commits and joins, key packages, PSKs, signers, and what came later.
        _ => Urgency::Now,
    }
}

/// Copies the write-ahead log back and cuts it to nothing, if nobody reads or writes for as long as `wait`.
///
/// # Errors
/// [`StorageErrorKind::Busy`] where somebody does.
pub(crate) fn checkpoint(connection: &Connection, wait: Duration, usual: Duration) -> Result<(), StorageError> {
    connection.busy_timeout(wait).map_err(storage_error)?;
    let done = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(usual).map_err(storage_error)?;
    match done.map_err(storage_error)? {
        0 => Ok(()),
        _ => Err(StorageError::new(StorageErrorKind::Busy)),
    }
}
