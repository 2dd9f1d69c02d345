//! The rows of groups, which the names of records begin with.

use mls_core::record::GroupId;
use mls_core::storage::StorageError;
use rusqlite::{Connection, OptionalExtension};

use crate::error::storage_error;
use crate::table::{Column, Place};

#[cfg(test)]
mod tests;

const FIND: &str = "SELECT id FROM mls_groups WHERE group_id = ?";

/// Finds the rows of groups inside one transaction.
///
/// What is read or written at once is about one group, mostly: the last row found is remembered.
pub(crate) struct Groups<'c, 'k> {
    connection: &'c Connection,
    last: Option<(&'k GroupId, i64)>,
}

impl<'c, 'k> Groups<'c, 'k> {
    pub(crate) const fn new(connection: &'c Connection) -> Self {
        Self { connection, last: None }
    }

    pub(crate) const fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// The row of the group, `None` where there is no such group.
    pub(crate) fn find(&mut self, id: &'k GroupId) -> Result<Option<i64>, StorageError> {
        if let Some((last, row)) = self.last
            && last == id
        {
            return Ok(Some(row));
        }
        let row = self
            .connection
            .prepare_cached(FIND)
            .and_then(|mut statement| statement.query_row([id.as_bytes()], |row| row.get(0)).optional())
            .map_err(storage_error)?;
        if let Some(row) = row {
            self.last = Some((id, row));
        }
        Ok(row)
    }

    /// The row of the group, which is made where there is none.
    pub(crate) fn find_or_make(&mut self, id: &'k GroupId) -> Result<i64, StorageError> {
        if let Some(row) = self.find(id)? {
            return Ok(row);
        }
        self.connection
            .prepare_cached("INSERT INTO mls_groups (group_id) VALUES (?)")
            .and_then(|mut statement| statement.execute([id.as_bytes()]))
            .map_err(storage_error)?;
        let row = self.connection.last_insert_rowid();
        self.last = Some((id, row));
        Ok(row)
    }

    /// To be called where a group's row is deleted: a new one has another number.
    pub(crate) const fn forget(&mut self) {
        self.last = None;
    }

    /// All columns of a record's name; `None` where there is no such group.
    pub(crate) fn columns(&mut self, place: &Place<'k>) -> Result<Option<Vec<Column<'k>>>, StorageError> {
        Ok(match place.group {
            None => Some(place.columns.clone()),
            Some(id) => self.find(id)?.map(|row| with_group(row, place)),
        })
    }

    /// The same, where the group is made if there is none.
    pub(crate) fn columns_to_put(&mut self, place: &Place<'k>) -> Result<Vec<Column<'k>>, StorageError> {
        Ok(match place.group {
            None => place.columns.clone(),
            Some(id) => with_group(self.find_or_make(id)?, place),
        })
    }
}

/// All columns of a record's name, the group's row first.
fn with_group<'k>(row: i64, place: &Place<'k>) -> Vec<Column<'k>> {
    let mut columns = vec![Column::Number(row)];
    columns.extend_from_slice(&place.columns);
    columns
}
