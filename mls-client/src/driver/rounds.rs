//! Reading what the engine misses.

use mls_core::group::{Group as State, StateStamp};
use mls_core::record::{Missing, RecordKey, Records};
use mls_core::storage::{StorageError, StorageErrorKind};
use mls_crypto_traits::SecretBytes;

use super::{Driver, Handle};
use crate::error::{DriverError, OperationError};

/// More rounds than any operation takes: each makes a kind of record resident.
const MAX_ROUNDS: u32 = 16;

/// How often an operation may still be tried again, and what it reads.
pub(super) struct Rounds {
    left: u32,
    /// The state in which the store must have the group: what belongs to another one is not mixed in.
    stamp: StateStamp,
}

impl Rounds {
    /// Begins an operation on a group.
    ///
    /// # Errors
    /// A [`DriverError`] where it is not known how the group stands in the store, and cannot be read.
    pub(super) async fn begin(driver: &Driver, handle: &mut Handle) -> Result<Self, DriverError> {
        driver.settle_doubt(handle).await?;
        Ok(Self::at(handle.stamp()))
    }

    /// Begins an operation on a group that may be ahead of what is stored.
    pub(super) const fn at(stamp: StateStamp) -> Self {
        Self { left: MAX_ROUNDS, stamp }
    }

    /// Makes the records resident that an attempt missed, or loads the signer.
    ///
    /// # Errors
    /// The attempt's own error where it misses none; a [`DriverError`] where they cannot be read.
    pub(super) async fn settle<E: OperationError>(
        &mut self,
        driver: &Driver,
        state: &mut State,
        error: E,
    ) -> Result<(), E> {
        match (error.missing(), error.absent_signer()) {
            (Some(missing), _) => Ok(self.admit(driver, state, missing).await?),
            (None, Some(key)) if driver.find_signer(key).await? => Ok(()),
            _ => Err(error),
        }
    }

    /// Reads `missing` and makes it resident.
    ///
    /// # Errors
    /// A conflict where the store has the group at another revision by now.
    pub(super) async fn admit(
        &mut self,
        driver: &Driver,
        state: &mut State,
        missing: &Missing,
    ) -> Result<(), DriverError> {
        self.left = self.left.checked_sub(1).ok_or(DriverError::Unsettled)?;
        let mut records = Records::default();
        for prefix in &missing.prefixes {
            records.sets.push((prefix.clone(), driver.storage.scan(prefix).await?));
        }
        // The status comes last: if it still is what it was, so was everything before.
        let status = RecordKey::Status(state.id().clone());
        let mut keys = missing.keys.clone();
        keys.push(status.clone());
        let mut values = driver.storage.read(&keys).await?;
        if values.len() != keys.len() {
            return Err(DriverError::Unsettled);
        }
        let stamp = values.pop().flatten().as_ref().map(SecretBytes::as_bytes).map(State::stored_stamp).transpose()?;
        if stamp != Some(self.stamp) {
            return Err(StorageError::at(StorageErrorKind::Conflict, status).into());
        }
        records.records = missing.keys.iter().cloned().zip(values).collect();
        Ok(driver.engine(|env| state.admit(records, env))?)
    }
}
