//! An external commit of ours that is not accepted yet.

use std::sync::Arc;

use mls_core::group as engine;
use mls_core::record::GroupId;

use crate::blocking::run;
use crate::driver::Driver;
use crate::error::JoinError;
use crate::group::Group;

/// An external commit of ours that is not accepted yet (RFC 9420 section 12.4.3.2).
///
/// It is stored: after a restart [`Client::resume`](crate::Client::resume) hands it out again.
pub struct ExternalJoin {
    driver: Arc<Driver>,
    join: engine::ExternalJoin,
}

impl ExternalJoin {
    pub(crate) const fn new(driver: Arc<Driver>, join: engine::ExternalJoin) -> Self {
        Self { driver, join }
    }

    /// The commit to send to the group.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        self.join.message()
    }

    /// We are in: the group has our commit as the first of its epoch.
    ///
    /// # Errors
    /// A [`JoinError`]; the join is still pending in the store then.
    pub fn accept(self) -> Result<Group, JoinError> {
        let Self { driver, join } = self;
        let state = run(driver.accept_join(join))?;
        Ok(Group::new(driver, state))
    }

    /// Gives up: another commit was the first of its epoch. To try again, get a new `GroupInfo`.
    ///
    /// # Errors
    /// A [`JoinError`]; the join is still pending in the store then.
    pub fn abandon(self) -> Result<(), JoinError> {
        run(self.driver.abandon_join(self.join))
    }

    /// The group that is joined.
    #[must_use]
    pub fn group_id(&self) -> GroupId {
        self.join.group_id()
    }
}

impl core::fmt::Debug for ExternalJoin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { driver: _, join } = self;
        f.debug_struct("ExternalJoin").field("message", &join.message().len()).finish_non_exhaustive()
    }
}
