//! Reading records: one by one, and sets.

use core::hash::Hasher;

use mls_codec::EncodeError;
use mls_core::key_package::KeyPackageRef;
use mls_core::proposal::ProposalRef;
use mls_core::record::{GroupId, RecordKey, RecordPrefix, RecordSet};
use mls_core::secret_tree::RatchetType;
use mls_core::storage::{StorageError, StorageErrorKind};
use mls_core::tree::math::{LeafIndex, NodeIndex};
use mls_crypto_traits::{Digest, SecretBytes, SignaturePublicKey};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use siphasher::sip::SipHasher13;

use crate::error::{UnknownRecord, error_at, storage_error};
use crate::groups::Groups;
use crate::table::{Column, epoch_of, place};

/// The checksum of a record: damage is found, and one record in the place of another. It guards against accidents, not
/// against whoever can write the file.
pub(crate) fn sum(key: &RecordKey, value: &[u8]) -> Result<i64, StorageError> {
    Ok(sum_of(&name(key)?, value))
}

fn sum_of(name: &[u8], value: &[u8]) -> i64 {
    let mut hasher = SipHasher13::new();
    hasher.write(name);
    hasher.write(value);
    // Four octets are enough, and take five in the file.
    i64::from(u32::from_be_bytes(*hasher.finish().to_be_bytes().last_chunk().unwrap_or(&[0; 4])))
}

fn name(key: &RecordKey) -> Result<Vec<u8>, StorageError> {
    key.to_bytes().map_err(too_long)
}

fn too_long(error: EncodeError) -> StorageError {
    StorageError::new(StorageErrorKind::Other).with_source(Box::new(error))
}

/// Reads a record.
pub(crate) fn read<'k>(groups: &mut Groups<'_, 'k>, key: &'k RecordKey) -> Result<Option<SecretBytes>, StorageError> {
    let place = place(key)?;
    let Some(columns) = groups.columns(&place)? else {
        return Ok(None);
    };
    let copied = |row: &Row<'_>| value_at(row, 0).map(|(value, stored)| (SecretBytes::from_slice(value), stored));
    let found = groups
        .connection()
        .prepare_cached(place.table.read)
        .and_then(|mut statement| statement.query_row(params_from_iter(&columns), copied).optional())
        .map_err(|error| error_at(error, key))?;
    if let Some((value, stored)) = &found {
        check(key, &name(key)?, value.as_bytes(), *stored)?;
    }
    Ok(found.map(|(value, _)| value))
}

/// A value and its checksum from two columns.
fn value_at<'a>(row: &'a Row<'_>, at: usize) -> rusqlite::Result<(&'a [u8], i64)> {
    Ok((blob(row, at)?, row.get(at.saturating_add(1))?))
}

fn blob<'a>(row: &'a Row<'_>, at: usize) -> rusqlite::Result<&'a [u8]> {
    let column = row.get_ref(at)?;
    column.as_blob().map_err(|_| rusqlite::Error::InvalidColumnType(at, String::new(), column.data_type()))
}

fn check(key: &RecordKey, name: &[u8], value: &[u8], stored: i64) -> Result<(), StorageError> {
    if sum_of(name, value) == stored { Ok(()) } else { Err(StorageError::at(StorageErrorKind::Corrupt, key.clone())) }
}

/// Reads the records of a set, in the order of their names.
pub(crate) fn scan(connection: &Connection, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
    let mut scan = Scan { connection, found: RecordSet::new(), name: Vec::new() };
    match prefix {
        RecordPrefix::Group(id) => scan.group(id)?,
        RecordPrefix::Tree(id) => scan.in_group(id, Scan::tree)?,
        RecordPrefix::Proposals(id) => scan.in_group(id, Scan::proposals)?,
        RecordPrefix::Epoch(id, epoch) => scan.in_group(id, |scan, id, row| scan.epochs(id, row, Some(*epoch)))?,
        RecordPrefix::Groups => scan.rows(
            "SELECT h.value, h.sum, g.group_id FROM mls_headers h JOIN mls_groups g ON g.id = h.group_ref",
            &[],
            |row| Ok(RecordKey::Group(GroupId::from(blob(row, 2)?))),
        )?,
        RecordPrefix::ExternalJoins => {
            scan.rows("SELECT value, sum, group_id FROM mls_external_joins", &[], |row| {
                Ok(RecordKey::ExternalJoin(GroupId::from(blob(row, 2)?)))
            })?;
        }
        RecordPrefix::Successors => {
            scan.rows("SELECT value, sum, group_id FROM mls_successors", &[], |row| {
                Ok(RecordKey::Successor(GroupId::from(blob(row, 2)?)))
            })?;
        }
        RecordPrefix::KeyPackages => {
            scan.rows("SELECT value, sum, reference FROM mls_key_packages", &[], |row| {
                Ok(RecordKey::KeyPackage(KeyPackageRef(digest(row, 2)?).into()))
            })?;
        }
        RecordPrefix::Signers => scan.rows("SELECT value, sum, public_key FROM mls_signers", &[], |row| {
            Ok(RecordKey::Signer(SignaturePublicKey::from(blob(row, 2)?.to_vec())))
        })?,
        RecordPrefix::Psks => {
            scan.rows("SELECT value, sum, psk_id FROM mls_psks", &[], |row| Ok(RecordKey::Psk(blob(row, 2)?.to_vec())))?
        }
        _ => return Err(UnknownRecord.into()),
    }
    scan.found.sort();
    Ok(scan.found)
}

/// A scan that goes through the tables.
struct Scan<'a> {
    connection: &'a Connection,
    /// Not in order.
    found: RecordSet,
    /// Room for a record's name.
    name: Vec<u8>,
}

/// The columns that follow `value` and `sum` where the table is one of an epoch's.
const EPOCH_TABLES: [EpochTable; 5] = [
    EpochTable { columns: "epoch FROM mls_epochs", key: |id, epoch, _| Ok(RecordKey::Epoch(id, epoch)) },
    EpochTable {
        columns: "epoch FROM mls_skipped_indexes",
        key: |id, epoch, _| Ok(RecordKey::SkippedIndex(id, epoch)),
    },
    EpochTable {
        columns: "epoch, node FROM mls_secret_nodes",
        key: |id, epoch, row| Ok(RecordKey::SecretNode(id, epoch, node(row, 3)?)),
    },
    EpochTable {
        columns: "epoch, leaf, kind FROM mls_ratchets",
        key: |id, epoch, row| Ok(RecordKey::Ratchet(id, epoch, leaf(row, 3)?, kind(row, 4)?)),
    },
    EpochTable {
        columns: "epoch, leaf, kind, generation FROM mls_skipped_keys",
        key: |id, epoch, row| Ok(RecordKey::SkippedKey(id, epoch, leaf(row, 3)?, kind(row, 4)?, row.get(5)?)),
    },
];

struct EpochTable {
    columns: &'static str,
    key: fn(GroupId, u64, &Row<'_>) -> rusqlite::Result<RecordKey>,
}

impl Scan<'_> {
    /// Takes in the rows of a query for value, sum and the columns of the name.
    fn rows(
        &mut self,
        query: &str,
        columns: &[Column<'_>],
        key: impl Fn(&Row<'_>) -> rusqlite::Result<RecordKey>,
    ) -> Result<(), StorageError> {
        let mut statement = self.connection.prepare_cached(query).map_err(storage_error)?;
        let mut rows = statement.query(params_from_iter(columns)).map_err(storage_error)?;
        while let Some(row) = rows.next().map_err(storage_error)? {
            let key = key(row).map_err(storage_error)?;
            let (value, stored) = value_at(row, 0).map_err(|error| error_at(error, &key))?;
            self.name.clear();
            key.append_to(&mut self.name).map_err(too_long)?;
            check(&key, &self.name, value, stored)?;
            self.found.push(key, value);
        }
        Ok(())
    }

    fn in_group(
        &mut self,
        id: &GroupId,
        scan: impl FnOnce(&mut Self, &GroupId, Column<'static>) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        match Groups::new(self.connection).find(id)? {
            Some(row) => scan(self, id, Column::Number(row)),
            None => Ok(()),
        }
    }

    fn tree(&mut self, id: &GroupId, group: Column<'_>) -> Result<(), StorageError> {
        self.rows("SELECT value, sum, node FROM mls_tree_nodes WHERE group_ref = ? ORDER BY node", &[group], |row| {
            Ok(RecordKey::TreeNode(id.clone(), node(row, 2)?))
        })
    }

    fn proposals(&mut self, id: &GroupId, group: Column<'_>) -> Result<(), StorageError> {
        self.rows("SELECT value, sum, reference FROM mls_proposals WHERE group_ref = ?", &[group], |row| {
            Ok(RecordKey::Proposal(id.clone(), ProposalRef(digest(row, 2)?).into()))
        })
    }

    /// The records of one epoch, or of all.
    fn epochs(&mut self, id: &GroupId, group: Column<'_>, epoch: Option<u64>) -> Result<(), StorageError> {
        for EpochTable { columns, key } in EPOCH_TABLES {
            let mut query = format!("SELECT value, sum, {columns} WHERE group_ref = ?");
            let mut bound = vec![group];
            if let Some(epoch) = epoch {
                query.push_str(" AND epoch = ?");
                bound.push(crate::table::epoch_column(epoch));
            }
            self.rows(&query, &bound, |row| key(id.clone(), epoch_of(row.get(2)?), row))?;
        }
        Ok(())
    }

    fn group(&mut self, id: &GroupId) -> Result<(), StorageError> {
        let singles = [
            RecordKey::Group(id.clone()),
            RecordKey::Status(id.clone()),
            RecordKey::PathKeys(id.clone()),
            RecordKey::PendingCommit(id.clone()),
        ];
        self.in_group(id, |scan, id, group| {
            for key in singles {
                scan.rows(place(&key)?.table.read, &[group], |_| Ok(key.clone()))?;
            }
            scan.tree(id, group)?;
            scan.proposals(id, group)?;
            scan.epochs(id, group, None)?;
            scan.rows("SELECT value, sum, epoch FROM mls_resumption_psks WHERE group_ref = ?", &[group], |row| {
                Ok(RecordKey::ResumptionPsk(id.clone(), epoch_of(row.get(2)?)))
            })
        })
    }
}

fn out_of_range(at: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(at, String::new(), Type::Integer)
}

fn node(row: &Row<'_>, at: usize) -> rusqlite::Result<NodeIndex> {
    NodeIndex::new(row.get(at)?).ok_or_else(|| out_of_range(at))
}

fn leaf(row: &Row<'_>, at: usize) -> rusqlite::Result<LeafIndex> {
    LeafIndex::new(row.get(at)?).ok_or_else(|| out_of_range(at))
}

fn kind(row: &Row<'_>, at: usize) -> rusqlite::Result<RatchetType> {
    match row.get(at)? {
        1_u8 => Ok(RatchetType::Handshake),
        2 => Ok(RatchetType::Application),
        _ => Err(out_of_range(at)),
    }
}

fn digest(row: &Row<'_>, at: usize) -> rusqlite::Result<Digest> {
    Digest::from_slice(blob(row, at)?).ok_or_else(|| rusqlite::Error::InvalidColumnType(at, String::new(), Type::Blob))
}
