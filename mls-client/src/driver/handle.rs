//! A group in memory, which may be behind what is stored.

use core::ops::{Deref, DerefMut};

use mls_core::group::Group as State;
use mls_core::record::RecordKey;
use mls_core::storage::{StorageError, StorageErrorKind};

use super::Driver;
use crate::error::{DriverError, LoadError};

/// A group in memory, and whether it may be behind what is stored: a future that is dropped while the store writes
/// does not learn whether it did.
pub(crate) struct Handle {
    state: State,
    in_doubt: bool,
}

impl Handle {
    pub(crate) const fn new(state: State) -> Self {
        Self { state, in_doubt: false }
    }

    /// The store begins to write: unless [`Self::answered`] is called, nobody knows what came of it.
    pub(super) const fn asked(&mut self) {
        self.in_doubt = true;
    }

    /// The store has said whether it wrote.
    pub(super) const fn answered(&mut self) {
        self.in_doubt = false;
    }
}

impl Deref for Handle {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Handle {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Driver {
    /// Finds out what came of a write whose future was dropped, if there was one.
    ///
    /// # Errors
    /// A conflict where the group is not in the store any more.
    pub(super) async fn settle_doubt(&self, handle: &mut Handle) -> Result<(), DriverError> {
        if !handle.in_doubt {
            return Ok(());
        }
        match self.load(handle.id()).await {
            Ok(stored) => {
                // The one at hand may have more resident.
                if stored.stamp() != handle.stamp() {
                    handle.state = stored;
                }
                handle.in_doubt = false;
                Ok(())
            }
            Err(LoadError::Driver(error)) => Err(error),
            Err(LoadError::Engine(fault)) => Err(fault.into()),
            Err(LoadError::NoSuchGroup) => {
                Err(StorageError::at(StorageErrorKind::Conflict, RecordKey::Status(handle.id().clone())).into())
            }
        }
    }

    /// Reads the group again.
    pub(crate) async fn reload(&self, handle: &mut Handle) -> Result<(), LoadError> {
        *handle = Handle::new(self.load(handle.id()).await?);
        Ok(())
    }
}
