//! Groups that succeed others.

use std::sync::Arc;

use mls_core::group as engine;
use mls_core::group::{Predecessor, Succession, SuccessorPlan};
use mls_core::record::GroupId;

use crate::blocking::run;
use crate::client::Client;
use crate::driver::Driver;
use crate::error::{JoinError, LoadError, SuccessorError};
use crate::group::Group;

/// A group that we founded to succeed another one, and that is not accepted yet (RFC 9420 sections 11.2 and 11.3).
///
/// It is stored: after a restart [`Client::successors`] hands it out again.
pub struct Successor {
    driver: Arc<Driver>,
    successor: engine::Successor,
}

impl Successor {
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
    /// has closed has to be [reloaded](Group::reload) afterwards to know.
    ///
    /// # Errors
    /// A [`SuccessorError`]; it is still pending in the store then.
    pub fn accept(self) -> Result<Group, SuccessorError> {
        let Self { driver, successor } = self;
        let state = run(driver.accept_successor(successor))?;
        Ok(Group::new(driver, state))
    }

    /// Gives up: somebody else's successor was first. [Join](Group::join_successor) that one.
    ///
    /// # Errors
    /// A [`SuccessorError`]; it is still pending in the store then.
    pub fn abandon(self) -> Result<(), SuccessorError> {
        run(self.driver.abandon_successor(self.successor))
    }
}

impl Group {
    /// Founds a group that succeeds this one: with the parameters of the `ReInit` that has closed it, or a branch.
    ///
    /// Send its Welcome, and [accept](Successor::accept) it.
    ///
    /// # Errors
    /// A [`SuccessorError`]; nothing is stored then.
    pub fn create_successor(&mut self, plan: &SuccessorPlan) -> Result<Successor, SuccessorError> {
        let (driver, state) = self.parts();
        let successor = run(driver.create_successor(state, plan))?;
        Ok(Successor::new(Arc::clone(driver), successor))
    }

    /// Joins the group that replaces this one, which a `ReInit` has closed (RFC 9420 section 11.2). A Welcome to a branch
    /// is refused.
    ///
    /// `ratchet_tree` is the tree where the Welcome does not contain it.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is changed then, and the key package is still there. Its disposition is `AwaitEpoch`
    /// where this group has still to receive the commit of the `ReInit`.
    pub fn join_successor(&mut self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Self, JoinError> {
        self.join_of_kind(Succession::ReInit, welcome, ratchet_tree)
    }

    /// Joins a group that branches off this one (RFC 9420 section 11.3). A Welcome to one that replaces it is refused.
    ///
    /// # Errors
    /// As for [`join_successor`](Self::join_successor).
    pub fn join_branch(&mut self, welcome: &[u8], ratchet_tree: Option<&[u8]>) -> Result<Self, JoinError> {
        self.join_of_kind(Succession::Branch, welcome, ratchet_tree)
    }

    fn join_of_kind(
        &mut self,
        expected: Succession,
        welcome: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<Self, JoinError> {
        let (driver, state) = self.parts();
        let joined = run(driver.join_successor(state, expected, welcome, ratchet_tree))?;
        Ok(Self::new(Arc::clone(driver), joined))
    }
}

impl Client {
    /// The groups that we founded to succeed others and that are neither accepted nor abandoned. Call it after a restart
    /// and send their Welcomes again.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub fn successors(&self) -> Result<Vec<Successor>, LoadError> {
        let successors = run(self.driver().successors())?.into_iter();
        Ok(successors.map(|successor| Successor::new(Arc::clone(self.driver()), successor)).collect())
    }
}

impl core::fmt::Debug for Successor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { driver: _, successor } = self;
        f.debug_struct("Successor").field("successor", successor).finish_non_exhaustive()
    }
}
