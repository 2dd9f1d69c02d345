//! Getting deleted secrets out of the files.

use core::time::Duration;

use mls_core::record::{Delta, Precondition, RecordKey, RecordPrefix, Write};
use mls_core::secret_tree::RatchetType;
use mls_core::storage::{StorageError, StorageErrorKind};
use rusqlite::{Connection, OptionalExtension};

use crate::error::storage_error;

/// How soon the old versions of what a delta changes must leave the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// Nothing secret is deleted or replaced.
    None,
    /// After some deltas.
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

/// Whether the delta stores a ratchet of our own for application data: it steps over many generations at a time, whose
/// keys follow from the version before.
pub(crate) fn reserves(connection: &Connection, delta: &Delta) -> Result<bool, StorageError> {
    for write in delta.writes() {
        if let Write::Put(RecordKey::Ratchet(id, _, leaf, RatchetType::Application), _) = write {
            let own = connection
                .prepare_cached("SELECT own_leaf FROM mls_groups WHERE group_id = ?")
                .and_then(|mut statement| statement.query_row([id.as_bytes()], |row| row.get(0)).optional())
                .map_err(storage_error)?;
            if own == Some(Some(leaf.as_u32())) {
                return Ok(true);
            }
        }
    }
    Ok(false)
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
