//! An external commit of an asynchronous client that is not accepted yet.

use std::sync::Arc;

use mls_core::group as engine;
use mls_core::record::GroupId;

use super::group::AsyncGroup;
use crate::driver::Driver;
use crate::error::JoinError;

/// An external commit of ours that is not accepted yet (RFC 9420 section 12.4.3.2).
///
/// It is stored: after a restart [`AsyncClient::resume`](crate::AsyncClient::resume) hands it out again.
pub struct AsyncExternalJoin {
    driver: Arc<Driver>,
    join: engine::ExternalJoin,
}

impl AsyncExternalJoin {
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
    pub async fn accept(self) -> Result<AsyncGroup, JoinError> {
        let Self { driver, join } = self;
        let state = driver.accept_join(join).await?;
        Ok(AsyncGroup::new(driver, state))
    }

    /// Gives up: another commit was the first of its epoch. To try again, get a new `GroupInfo`.
    ///
    /// # Errors
    /// A [`JoinError`]; the join is still pending in the store then.
    pub async fn abandon(self) -> Result<(), JoinError> {
        self.driver.abandon_join(self.join).await
    }

    /// The group that is joined.
    #[must_use]
    pub fn group_id(&self) -> GroupId {
        self.join.group_id()
    }
}

impl core::fmt::Debug for AsyncExternalJoin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { driver: _, join } = self;
        f.debug_struct("AsyncExternalJoin").field("message", &join.message().len()).finish_non_exhaustive()
    }
}
