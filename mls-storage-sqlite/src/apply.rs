//! A delta inside a transaction.

use mls_core::record::{Delta, GroupId, Precondition, RecordKey, RecordPrefix, Write};
use mls_core::storage::{StorageError, StorageErrorKind};
use rusqlite::{Transaction, params, params_from_iter};

use crate::describe::{describe_group, lifetime_of};
use crate::error::{UnknownRecord, error_at, storage_error};
use crate::groups::Groups;
use crate::query::{read, sum};
use crate::table::{Column, Place, epoch_column, place};

/// Checks the preconditions and makes the writes.
///
/// # Errors
/// A [`StorageError`]; the transaction must then be rolled back.
pub(crate) fn apply(transaction: &Transaction<'_>, delta: &Delta) -> Result<(), StorageError> {
    let mut groups = Groups::new(transaction);
    for precondition in delta.preconditions() {
        check(&mut groups, precondition)?;
    }
    let mut writer = Writer { delta, groups };
    for write in delta.writes() {
        match write {
            Write::DeletePrefix(prefix) => writer.delete_prefix(prefix)?,
            Write::Put(key, value) => writer.put(key, value)?,
            Write::Delete(key) => writer.delete(key)?,
            _ => return Err(UnknownRecord.into()),
        }
    }
    Ok(())
}

fn check<'a>(groups: &mut Groups<'_, 'a>, precondition: &'a Precondition) -> Result<(), StorageError> {
    let (key, holds) = match precondition {
        Precondition::Equals(key, want) => (key, read(groups, key)?.is_some_and(|found| found.ct_eq(want.as_bytes()))),
        Precondition::Present(key) => (key, read(groups, key)?.is_some()),
        Precondition::Absent(key) => (key, read(groups, key)?.is_none()),
        _ => return Err(UnknownRecord.into()),
    };
    if holds { Ok(()) } else { Err(StorageError::at(StorageErrorKind::Conflict, key.clone())) }
}

struct Writer<'a> {
    delta: &'a Delta,
    groups: Groups<'a, 'a>,
}

impl<'a> Writer<'a> {
    fn execute(&self, statement: &str, columns: &[Column<'_>]) -> rusqlite::Result<usize> {
        self.groups.connection().prepare_cached(statement)?.execute(params_from_iter(columns))
    }

    fn put(&mut self, key: &'a RecordKey, value: &'a [u8]) -> Result<(), StorageError> {
        let place = place(key)?;
        let mut columns = self.groups.columns_to_put(&place)?;
        columns.push(Column::Bytes(value));
        columns.push(Column::Number(sum(key, value)?));
        self.execute(place.table.put, &columns).map_err(|error| error_at(error, key))?;
        match key {
            RecordKey::Group(id) => self.describe_group(id, value),
            RecordKey::KeyPackage(_) => self.describe_key_package(&place, value),
            _ => Ok(()),
        }
    }

    /// The columns that repeat what the header says.
    fn describe_group(&mut self, id: &'a GroupId, header: &[u8]) -> Result<(), StorageError> {
        let row = self.groups.find_or_make(id)?;
        let described = describe_group(self.delta, id, header);
        let (epoch, suite, leaf) = match described {
            Some(group) => (Some(group.epoch), Some(group.cipher_suite), Some(group.own_leaf)),
            None => (None, None, None),
        };
        self.groups
            .connection()
            .prepare_cached("UPDATE mls_groups SET epoch = ?, cipher_suite = ?, own_leaf = ? WHERE id = ?")
            .and_then(|mut statement| statement.execute(params![epoch, suite, leaf, row]))
            .map_err(storage_error)?;
        Ok(())
    }

    fn describe_key_package(&self, place: &Place<'_>, value: &[u8]) -> Result<(), StorageError> {
        let (Some((not_before, not_after)), Some(Column::Bytes(reference))) =
            (lifetime_of(value), place.columns.first())
        else {
            return Ok(());
        };
        self.groups
            .connection()
            .prepare_cached("UPDATE mls_key_packages SET not_before = ?, not_after = ? WHERE reference = ?")
            .and_then(|mut statement| statement.execute(params![not_before, not_after, reference]))
            .map_err(storage_error)?;
        Ok(())
    }

    fn delete(&mut self, key: &'a RecordKey) -> Result<(), StorageError> {
        let place = place(key)?;
        if let Some(columns) = self.groups.columns(&place)? {
            self.execute(place.table.delete, &columns).map_err(|error| error_at(error, key))?;
        }
        Ok(())
    }

    /// Runs statements about a group, if it is there, or about one of its epochs.
    fn in_group(&mut self, id: &'a GroupId, statements: &[&str], epoch: Option<u64>) -> Result<(), StorageError> {
        let Some(row) = self.groups.find(id)? else {
            return Ok(());
        };
        let mut columns = vec![Column::Number(row)];
        columns.extend(epoch.map(epoch_column));
        statements.iter().try_for_each(|statement| self.execute(statement, &columns).map(drop)).map_err(storage_error)
    }

    fn delete_prefix(&mut self, prefix: &'a RecordPrefix) -> Result<(), StorageError> {
        match prefix {
            RecordPrefix::Group(id) => {
                // The row takes all others with it, and a new one has another number.
                self.in_group(id, &["DELETE FROM mls_groups WHERE id = ?"], None)?;
                self.groups.forget();
                Ok(())
            }
            RecordPrefix::Tree(id) => self.in_group(id, &["DELETE FROM mls_tree_nodes WHERE group_ref = ?"], None),
            RecordPrefix::Proposals(id) => self.in_group(id, &["DELETE FROM mls_proposals WHERE group_ref = ?"], None),
            RecordPrefix::Epoch(id, epoch) => self.in_group(id, &DELETE_EPOCH, Some(*epoch)),
            RecordPrefix::Groups => self.delete_all("DELETE FROM mls_headers"),
            RecordPrefix::ExternalJoins => self.delete_all("DELETE FROM mls_external_joins"),
            RecordPrefix::Successors => self.delete_all("DELETE FROM mls_successors"),
            RecordPrefix::KeyPackages => self.delete_all("DELETE FROM mls_key_packages"),
            RecordPrefix::Signers => self.delete_all("DELETE FROM mls_signers"),
            RecordPrefix::Psks => self.delete_all("DELETE FROM mls_psks"),
            _ => Err(UnknownRecord.into()),
        }
    }

    fn delete_all(&self, statement: &str) -> Result<(), StorageError> {
        self.execute(statement, &[]).map(drop).map_err(storage_error)
    }
}

const DELETE_EPOCH: [&str; 5] = [
    "DELETE FROM mls_epochs WHERE group_ref = ? AND epoch = ?",
    "DELETE FROM mls_secret_nodes WHERE group_ref = ? AND epoch = ?",
    "DELETE FROM mls_ratchets WHERE group_ref = ? AND epoch = ?",
    "DELETE FROM mls_skipped_keys WHERE group_ref = ? AND epoch = ?",
    "DELETE FROM mls_skipped_indexes WHERE group_ref = ? AND epoch = ?",
];
