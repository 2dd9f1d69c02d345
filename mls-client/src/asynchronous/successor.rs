//! Groups that succeed others, of an asynchronous client.

use std::sync::Arc;

use mls_core::group as engine;
use mls_core::group::{Predecessor, Succession, SuccessorPlan};
use mls_core::record::GroupId;

use super::client::AsyncClient;
use super::group::AsyncGroup;
use crate::driver::Driver;
use crate::error::{JoinError, LoadError, SuccessorError};

/// A group that we founded to succeed another one, and that is not accepted yet (RFC 9420 sections 11.2 and 11.3).
///
/// It is stored: after a restart [`AsyncClient::successors`] hands it out again.
pub struct AsyncSuccessor {
    driver: Arc<Driver>,
    successor: engine::Successor,
}

impl AsyncSuccessor {
    pub(crate) const fn new(driver: Arc<Driver>, successor: engine::Successor) -> Self {
        Self { driver, successor }
    }

    /// The Welcome to send to all members; none where we are alone, or the plan asks for one each.
    #[must_use]
    pub fn welcome(&self) -> Option<&[u8]> {
        self.successor.welcome()
    }

    /// A Welcome for each member, in the order of the plan, where that asks for it.
    #[must_use]
    pub fn welcomes(&self) -> &[Vec<u8>] {
        self.successor.welcomes()
    }

    /// The tree for the members, where it is not in the Welcome.
    #[must_use]
    pub fn ratchet_tree(&self) -> Option<&[u8]> {
        self.successor.ratchet_tree()
    }

    /// The new group.
    #[must_use]
    pub fn group_id(&self) -> GroupId {
        self.successor.group_id()
    }

    /// The group that it succeeds.
    #[must_use]
    pub const fn predecessor(&self) -> &Predecessor {
        self.successor.predecessor()
    }

    /// The successor stands: the delivery service has its Welcome as the first one. A handle on a group that a `ReInit`
    /// has closed has to be [reloaded](AsyncGroup::reload) afterwards to know.
    ///
    /// # Errors
    /// A [`SuccessorError`]; it is still pending in the store then.
    pub async fn accept(self) -> Result<AsyncGroup, SuccessorError> {
        let Self { driver, successor } = self;
        let state = driver.accept_successor(successor).await?;
        Ok(AsyncGroup::new(driver, state))
    }

    /// Gives up: somebody else's successor was first. [Join](AsyncGroup::join_successor) that one.
    ///
    /// # Errors
    /// A [`SuccessorError`]; it is still pending in the store then.
    pub async fn abandon(self) -> Result<(), SuccessorError> {
        self.driver.abandon_successor(self.successor).await
    }
}

impl AsyncGroup {
    /// Founds a group that succeeds this one: with the parameters of the `ReInit` that has closed it, or a branch.
    ///
    /// Send its Welcome, and [accept](AsyncSuccessor::accept) it.
    ///
    /// # Errors
    /// A [`SuccessorError`]; nothing is stored then.
    pub async fn create_successor(&mut self, plan: &SuccessorPlan) -> Result<AsyncSuccessor, SuccessorError> {
        let (driver, state) = self.parts();
        let successor = driver.create_successor(state, plan).await?;
        Ok(AsyncSuccessor::new(Arc::clone(driver), successor))
    }

    /// Joins the group that replaces this one, which a `ReInit` has closed (RFC 9420 section 11.2). A Welcome to a branch
    /// is refused.
    ///
    /// `ratchet_tree` is the tree where the Welcome does not contain it.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is changed then, and the key package is still there. Its disposition is `AwaitEpoch`
    /// where this group has still to receive the commit of the `ReInit`.
    pub async fn join_successor(&mut self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Self, JoinError> {
        self.join_of_kind(Succession::ReInit, welcome, ratchet_tree).await
    }

    /// Joins a group that branches off this one (RFC 9420 section 11.3). A Welcome to one that replaces it is refused.
    ///
    /// # Errors
    /// As for [`join_successor`](Self::join_successor).
    pub async fn join_branch(&mut self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Self, JoinError> {
        self.join_of_kind(Succession::Branch, welcome, ratchet_tree).await
    }

    async fn join_of_kind(
        &mut self,
        expected: Succession,
        welcome: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<Self, JoinError> {
        let (driver, state) = self.parts();
        let joined = driver.join_successor(state, expected, welcome, ratchet_tree).await?;
        Ok(Self::new(Arc::clone(driver), joined))
    }
}

impl AsyncClient {
    /// The groups that we founded to succeed others and that are neither accepted nor abandoned. Call it after a restart
    /// and send their Welcomes again.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn successors(&self) -> Result<Vec<AsyncSuccessor>, LoadError> {
        let successors = self.driver().successors().await?.into_iter();
        Ok(successors.map(|successor| AsyncSuccessor::new(Arc::clone(self.driver()), successor)).collect())
    }
}

impl core::fmt::Debug for AsyncSuccessor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { driver: _, successor } = self;
        f.debug_struct("AsyncSuccessor").field("successor", successor).finish_non_exhaustive()
    }
}
