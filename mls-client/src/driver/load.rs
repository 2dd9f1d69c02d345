//! Groups as they stand in the store, and what is still pending in them.

use mls_core::group::{ExternalJoin, Group as State, Successor, pending_commit, pending_proposals};
use mls_core::observer::Observer;
use mls_core::record::{GroupId, Missing, RecordKey, RecordPrefix};

use super::rounds::Rounds;
use super::{Driver, Handle};
use crate::error::{DriverError, LoadError};
use crate::event::Repeat;
use crate::trace::traced;

impl Driver {
    /// Loads a group, cold: what operations need beyond its header is read when they ask for it.
    pub(crate) async fn load(&self, id: &GroupId) -> Result<State, LoadError> {
        traced("load", None, async {
            let keys = State::records_to_load(id);
            let records = self.storage.read(&keys).await.map_err(DriverError::from)?;
            match <[_; 2]>::try_from(records) {
                Ok([Some(header), Some(status)]) => Ok(State::load(id, header.as_bytes(), status.as_bytes())?),
                Ok([None, _]) => Err(LoadError::NoSuchGroup),
                _ => Err(DriverError::Unsettled.into()),
            }
        })
        .await
    }

    /// The groups that the store has a member's state of.
    pub(crate) async fn groups(&self) -> Result<Vec<GroupId>, LoadError> {
        self.headers(false).await
    }

    /// The groups that the store has an observer of.
    pub(crate) async fn observed_groups(&self) -> Result<Vec<GroupId>, LoadError> {
        self.headers(true).await
    }

    async fn headers(&self, observed: bool) -> Result<Vec<GroupId>, LoadError> {
        let headers = self.storage.scan(&RecordPrefix::Groups).await.map_err(DriverError::from)?;
        Ok(headers
            .iter()
            .filter_map(|(key, header)| match &*key {
                RecordKey::Group(id) if Observer::is_header(header) == observed => Some(id.clone()),
                _ => None,
            })
            .collect())
    }

    /// Calls `view` until what it looks at is resident.
    pub(crate) async fn view<T>(
        &self,
        state: &mut Handle,
        view: impl Fn(&State) -> Result<T, Missing>,
    ) -> Result<T, LoadError> {
        let mut rounds = Rounds::begin(self, state).await?;
        loop {
            match view(state) {
                Ok(seen) => return Ok(seen),
                Err(missing) => rounds.admit(self, state, &missing).await?,
            }
        }
    }

    /// What was handed out and is still pending, in all groups.
    pub(crate) async fn resume<J, S>(
        &self,
        join: impl Fn(ExternalJoin) -> J,
        successor: impl Fn(Successor) -> S,
    ) -> Result<Vec<Repeat<J, S>>, LoadError> {
        let mut repeats = Vec::new();
        for id in self.groups().await? {
            let mut state = Handle::new(self.load(&id).await?);
            for proposal in self.view(&mut state, pending_proposals).await? {
                repeats.push(Repeat::Proposal { group: id.clone(), proposal });
            }
            if let Some(commit) = self.view(&mut state, pending_commit).await? {
                repeats.push(Repeat::Commit { group: id, commit });
            }
        }
        let joins = self.storage.scan(&RecordPrefix::ExternalJoins).await.map_err(DriverError::from)?;
        for (_, record) in joins.iter() {
            let pending = self.engine(|env| ExternalJoin::from_record(record, env))?;
            repeats.push(Repeat::ExternalJoin(join(pending)));
        }
        repeats.extend(self.successors().await?.into_iter().map(|pending| Repeat::Successor(successor(pending))));
        Ok(repeats)
    }
}
