//! Groups as they stand in the store, and what is still pending in them.

use mls_core::group::{Group as State, Member, pending_commit, pending_proposals};
use mls_core::record::{GroupId, Missing, RecordKey, RecordPrefix};

use super::Driver;
use super::rounds::Rounds;
use crate::error::{DriverError, LoadError};

impl Driver {
    /// Loads a group, cold: what operations need beyond its header is read when they ask for it.
    pub(crate) async fn load(&self, id: &GroupId) -> Result<State, LoadError> {
        let keys = State::records_to_load(id);
        let records = self.storage.read(&keys).await.map_err(DriverError::from)?;
        match <[_; 2]>::try_from(records) {
            Ok([Some(header), Some(status)]) => Ok(State::load(id, &header, &status)?),
            Ok([None, _]) => Err(LoadError::NoSuchGroup),
            _ => Err(DriverError::Unsettled.into()),
        }
    }

    /// The groups that the store has.
    pub(crate) async fn groups(&self) -> Result<Vec<GroupId>, LoadError> {
        let headers = self
            .storage
            .scan(&RecordPrefix::Groups)
            .await
            .map_err(DriverError::from)?;
        Ok(headers
            .into_iter()
            .filter_map(|(key, _)| match key {
                RecordKey::Group(id) => Some(id),
                _ => None,
            })
            .collect())
    }

    /// Calls `view` until what it looks at is resident.
    pub(crate) async fn view<T>(
        &self,
        state: &mut State,
        view: impl Fn(&State) -> Result<T, Missing>,
    ) -> Result<T, LoadError> {
        let mut rounds = Rounds::new();
        loop {
            match view(state) {
                Ok(seen) => return Ok(seen),
                Err(missing) => rounds.admit(self, state, &missing).await?,
            }
        }
    }
}
