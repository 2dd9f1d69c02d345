//! Which table a record stands in.

use mls_core::record::{GroupId, RecordKey};
use mls_core::secret_tree::RatchetType;
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::error::UnknownRecord;

/// A table of records and the statements about one of them.
#[derive(Debug)]
pub(crate) struct Table {
    /// Takes the columns of the name.
    pub(crate) read: &'static str,
    /// Takes the columns of the name, the value and the sum.
    pub(crate) put: &'static str,
    /// Takes the columns of the name.
    pub(crate) delete: &'static str,
}

/// Stands for a column in the list of what is bound.
macro_rules! bound {
    ($_column:literal) => {
        "?, "
    };
}

macro_rules! tables {
    ($( $name:ident = $table:literal ($($column:literal)+); )+) => {$(
        pub(crate) const $name: Table = Table {
            read: concat!("SELECT value, sum FROM ", $table, " WHERE TRUE" $(, " AND ", $column, " = ?")+),
            put: concat!(
                "REPLACE INTO ", $table, " (" $(, $column, ", ")+, "value, sum) VALUES (" $(, bound!($column))+, "?, ?)"
            ),
            delete: concat!("DELETE FROM ", $table, " WHERE TRUE" $(, " AND ", $column, " = ?")+),
        };
    )+};
}

tables! {
    HEADERS = "mls_headers" ("group_ref");
    STATUS = "mls_status" ("group_ref");
    TREE_NODES = "mls_tree_nodes" ("group_ref" "node");
    PATH_KEYS = "mls_path_keys" ("group_ref");
    PROPOSALS = "mls_proposals" ("group_ref" "reference");
    PENDING_COMMITS = "mls_pending_commits" ("group_ref");
    EPOCHS = "mls_epochs" ("group_ref" "epoch");
    SECRET_NODES = "mls_secret_nodes" ("group_ref" "epoch" "node");
    RATCHETS = "mls_ratchets" ("group_ref" "epoch" "leaf" "kind");
    SKIPPED_KEYS = "mls_skipped_keys" ("group_ref" "epoch" "leaf" "kind" "generation");
    SKIPPED_INDEXES = "mls_skipped_indexes" ("group_ref" "epoch");
    RESUMPTION_PSKS = "mls_resumption_psks" ("group_ref" "epoch");
    EXTERNAL_JOINS = "mls_external_joins" ("group_id");
    SUCCESSORS = "mls_successors" ("group_id");
    KEY_PACKAGES = "mls_key_packages" ("reference");
    PSKS = "mls_psks" ("psk_id");
    SIGNERS = "mls_signers" ("public_key");
}

/// A column of a record's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column<'a> {
    /// A number.
    Number(i64),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl ToSql for Column<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Number(number) => ValueRef::Integer(*number),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Where a record stands.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static Table,
    /// The group whose `id` is the first column.
    pub(crate) group: Option<&'a GroupId>,
    /// The other columns of the name.
    pub(crate) columns: Vec<Column<'a>>,
}

/// An epoch as a column.
pub(crate) const fn epoch_column(epoch: u64) -> Column<'static> {
    Column::Number(epoch.cast_signed())
}

/// The epoch of a column.
pub(crate) const fn epoch_of(column: i64) -> u64 {
    column.cast_unsigned()
}

/// A kind of ratchet as a column.
const fn kind_column(kind: RatchetType) -> Result<Column<'static>, UnknownRecord> {
    match kind {
        RatchetType::Handshake => Ok(Column::Number(1)),
        RatchetType::Application => Ok(Column::Number(2)),
        _ => Err(UnknownRecord),
    }
}

/// Where the record stands.
///
/// # Errors
/// [`UnknownRecord`] where the engine has a kind that came later.
pub(crate) fn place(key: &RecordKey) -> Result<Place<'_>, UnknownRecord> {
    let number = |number: u32| Column::Number(i64::from(number));
    let of = |table, group, columns| Ok(Place { table, group: Some(group), columns });
    let alone = |table, bytes| Ok(Place { table, group: None, columns: vec![Column::Bytes(bytes)] });
    match key {
        RecordKey::Group(id) => of(&HEADERS, id, vec![]),
        RecordKey::Status(id) => of(&STATUS, id, vec![]),
        RecordKey::TreeNode(id, node) => of(&TREE_NODES, id, vec![number(node.as_u32())]),
        RecordKey::PathKeys(id) => of(&PATH_KEYS, id, vec![]),
        RecordKey::Proposal(id, reference) => of(&PROPOSALS, id, vec![Column::Bytes(reference.0.as_bytes())]),
        RecordKey::PendingCommit(id) => of(&PENDING_COMMITS, id, vec![]),
        RecordKey::Epoch(id, epoch) => of(&EPOCHS, id, vec![epoch_column(*epoch)]),
        RecordKey::SecretNode(id, epoch, node) => {
            of(&SECRET_NODES, id, vec![epoch_column(*epoch), number(node.as_u32())])
        }
        RecordKey::Ratchet(id, epoch, leaf, kind) => {
            of(&RATCHETS, id, vec![epoch_column(*epoch), number(leaf.as_u32()), kind_column(*kind)?])
        }
        RecordKey::SkippedKey(id, epoch, leaf, kind, generation) => {
            let columns = vec![epoch_column(*epoch), number(leaf.as_u32()), kind_column(*kind)?, number(*generation)];
            of(&SKIPPED_KEYS, id, columns)
        }
        RecordKey::SkippedIndex(id, epoch) => of(&SKIPPED_INDEXES, id, vec![epoch_column(*epoch)]),
        RecordKey::ResumptionPsk(id, epoch) => of(&RESUMPTION_PSKS, id, vec![epoch_column(*epoch)]),
        RecordKey::ExternalJoin(id) => alone(&EXTERNAL_JOINS, id.as_bytes()),
        RecordKey::Successor(id) => alone(&SUCCESSORS, id.as_bytes()),
        RecordKey::KeyPackage(reference) => alone(&KEY_PACKAGES, reference.0.as_bytes()),
        RecordKey::Psk(id) => alone(&PSKS, id),
        RecordKey::Signer(key) => alone(&SIGNERS, key.as_bytes()),
        _ => Err(UnknownRecord),
    }
}
