//! Reading what the engine misses.

use mls_core::group::Group as State;
use mls_core::record::{Missing, Records};

use super::Driver;
use crate::error::{DriverError, OperationError};

/// More rounds than any operation takes: each makes a kind of record resident.
const MAX_ROUNDS: u32 = 16;

/// How often an operation may still be tried again.
pub(super) struct Rounds(u32);

impl Rounds {
    pub(super) const fn new() -> Self {
        Self(MAX_ROUNDS)
    }

    /// Makes the records resident that an attempt missed.
    ///
    /// # Errors
    /// The attempt's own error where it misses none; a [`DriverError`] where they cannot be read.
    pub(super) async fn settle<E: OperationError>(
        &mut self,
        driver: &Driver,
        state: &mut State,
        error: E,
    ) -> Result<(), E> {
        let Some(missing) = error.missing() else {
            return Err(error);
        };
        Ok(self.admit(driver, state, missing).await?)
    }

    /// Reads `missing` in one batch and makes it resident.
    pub(super) async fn admit(
        &mut self,
        driver: &Driver,
        state: &mut State,
        missing: &Missing,
    ) -> Result<(), DriverError> {
        self.0 = self.0.checked_sub(1).ok_or(DriverError::Unsettled)?;
        let records = driver.read(missing).await?;
        Ok(driver.engine(|env| state.admit(records, env))?)
    }
}

impl Driver {
    /// Reads all records of `missing`.
    async fn read(&self, missing: &Missing) -> Result<Records, DriverError> {
        let mut records = Records::default();
        if !missing.keys.is_empty() {
            let values = self.storage.read(&missing.keys).await?;
            if values.len() != missing.keys.len() {
                return Err(DriverError::Unsettled);
            }
            records.records = missing.keys.iter().cloned().zip(values).collect();
        }
        for prefix in &missing.prefixes {
            let set = self.storage.scan(prefix).await?;
            records.sets.push((prefix.clone(), set));
        }
        Ok(records)
    }
}
