//! Looking after what is stored: groups and key packages.

use mls_core::env::UnixTime;
use mls_core::key_package::KeyPackageRef;
use mls_core::record::GroupId;
use mls_core::storage::{StorageError, StorageErrorKind};
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::{CipherSuite, Digest};
use rusqlite::{Row, params};

use crate::erase::Urgency;
use crate::error::storage_error;
use crate::store::SqliteStorage;
use crate::table::epoch_of;

/// A group, as far as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredGroup {
    /// Its identifier.
    pub id: GroupId,
    /// The current epoch; `None` where the record could not be read.
    pub epoch: Option<u64>,
    /// The cipher suite; `None` where the record could not be read.
    pub cipher_suite: Option<CipherSuite>,
    /// Our own leaf; `None` where the record could not be read.
    pub own_leaf: Option<LeafIndex>,
}

/// A key package, as far as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredKeyPackage {
    /// Its reference (RFC 9420 section 5.2).
    pub reference: KeyPackageRef,
    /// The last second in which it is valid, since 1970; `None` where the record could not be read.
    pub not_after: Option<u64>,
}

impl SqliteStorage {
    /// The groups that are stored, with what can be said of them without loading them.
    ///
    /// # Errors
    /// A [`StorageError`].
    pub fn groups(&self) -> Result<Vec<StoredGroup>, StorageError> {
        let inner = self.lock();
        let mut statement = inner
            .connection
            .prepare_cached(
                "SELECT group_id, epoch, cipher_suite, own_leaf FROM mls_groups
                 WHERE EXISTS (SELECT 1 FROM mls_headers WHERE group_ref = id) ORDER BY length(group_id), group_id",
            )
            .map_err(storage_error)?;
        let rows = statement.query_map([], stored_group).map_err(storage_error)?;
        rows.collect::<Result<_, _>>().map_err(storage_error)
    }

    /// How many groups are stored.
    ///
    /// # Errors
    /// A [`StorageError`].
    pub fn count_groups(&self) -> Result<u64, StorageError> {
        self.count("SELECT count(*) FROM mls_headers")
    }

    /// Deletes all records of a group but a pending external join, and gets them out of the files; whether there were
    /// any.
    ///
    /// A group handle that is still loaded finds a conflict at its next step.
    ///
    /// # Errors
    /// A [`StorageError`]; nothing is deleted then.
    pub fn delete_group(&self, id: &GroupId) -> Result<bool, StorageError> {
        let deleted = self.delete("DELETE FROM mls_groups WHERE group_id = ?", params![id.as_bytes()])?;
        Ok(deleted > 0)
    }

    /// The key packages that wait for a Welcome, those first that expire first.
    ///
    /// # Errors
    /// A [`StorageError`].
    pub fn key_packages(&self) -> Result<Vec<StoredKeyPackage>, StorageError> {
        let inner = self.lock();
        let mut statement = inner
            .connection
            .prepare_cached("SELECT reference, not_after FROM mls_key_packages ORDER BY not_after, reference")
            .map_err(storage_error)?;
        let mut rows = statement.query([]).map_err(storage_error)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(storage_error)? {
            let reference: Vec<u8> = row.get(0).map_err(storage_error)?;
            let digest = Digest::from_slice(&reference).ok_or(StorageError::new(StorageErrorKind::Corrupt))?;
            let not_after: Option<i64> = row.get(1).map_err(storage_error)?;
            found.push(StoredKeyPackage {
                reference: KeyPackageRef(digest),
                not_after: not_after.and_then(|seconds| u64::try_from(seconds).ok()),
            });
        }
        Ok(found)
    }

    /// How many key packages wait for a Welcome.
    ///
    /// # Errors
    /// A [`StorageError`].
    pub fn count_key_packages(&self) -> Result<u64, StorageError> {
        self.count("SELECT count(*) FROM mls_key_packages")
    }

    /// Deletes the key packages that are not valid any more, with their private keys, and says how many.
    ///
    /// A Welcome for one of them, sent before it expired, is then of no use.
    ///
    /// # Errors
    /// A [`StorageError`]; nothing is deleted then.
    pub fn delete_expired_key_packages(&self, now: UnixTime) -> Result<usize, StorageError> {
        let now = i64::try_from(now.0).unwrap_or(i64::MAX);
        self.delete("DELETE FROM mls_key_packages WHERE not_after < ?", params![now])
    }

    fn count(&self, query: &str) -> Result<u64, StorageError> {
        self.lock()
            .connection
            .prepare_cached(query)
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(storage_error)
            .map(i64::cast_unsigned)
    }

    fn delete(&self, statement: &str, params: impl rusqlite::Params) -> Result<usize, StorageError> {
        let mut inner = self.lock();
        let deleted = inner.write(|transaction| {
            transaction
                .prepare_cached(statement)
                .and_then(|mut statement| statement.execute(params))
                .map_err(storage_error)
        })?;
        if deleted > 0 {
            self.settle(&mut inner, Urgency::Now, 0);
        }
        Ok(deleted)
    }
}

fn stored_group(row: &Row<'_>) -> rusqlite::Result<StoredGroup> {
    let suite: Option<u16> = row.get(2)?;
    let leaf: Option<u32> = row.get(3)?;
    Ok(StoredGroup {
        id: GroupId::from(row.get::<_, Vec<u8>>(0)?),
        epoch: row.get::<_, Option<i64>>(1)?.map(epoch_of),
        cipher_suite: suite.map(CipherSuite::from),
        own_leaf: leaf.and_then(LeafIndex::new),
    })
}
