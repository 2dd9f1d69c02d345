//! A group that is observed and not joined, by an asynchronous client.

use std::sync::Arc;

use mls_core::group::{Member, OutgoingProposal};
use mls_core::identity::MemberId;
use mls_core::observer::Observer;
use mls_core::proposal::Proposal;
use mls_core::record::GroupId;
use mls_crypto_traits::SignaturePublicKey;

use super::client::AsyncClient;
use crate::driver::Driver;
use crate::error::{JoinError, LoadError, ProposeError, ReceiveError};
use crate::observed::ObservedEvent;

/// A group that is observed and not joined: [`ObservedGroup`](crate::ObservedGroup) with its operations as futures.
pub struct AsyncObservedGroup {
    driver: Arc<Driver>,
    state: Observer,
}

impl AsyncClient {
    /// Begins to observe the group of a `GroupInfo`, without being a member: for a delivery service, say. The store
    /// must be one in which nobody is a member of that group.
    ///
    /// `ratchet_tree` is the tree where the `GroupInfo` does not contain it.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is stored then.
    pub async fn observe(
        &self,
        group_info: &[u8],
        ratchet_tree: Option<&[u8]>,
    ) -> Result<AsyncObservedGroup, JoinError> {
        let state = self.driver().observe(group_info, ratchet_tree).await?;
        Ok(AsyncObservedGroup { driver: Arc::clone(self.driver()), state })
    }

    /// Begins to observe a group where another observer's [snapshot](Observer::snapshot) says it stands.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is stored then.
    pub async fn observe_from_snapshot(&self, snapshot: &[u8]) -> Result<AsyncObservedGroup, LoadError> {
        let state = self.driver().observe_snapshot(snapshot).await?;
        Ok(AsyncObservedGroup { driver: Arc::clone(self.driver()), state })
    }

    /// Loads an observed group from the store, with its tree.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn load_observed(&self, id: &GroupId) -> Result<AsyncObservedGroup, LoadError> {
        let state = self.driver().load_observer(id).await?;
        Ok(AsyncObservedGroup { driver: Arc::clone(self.driver()), state })
    }
}

impl AsyncObservedGroup {
    /// Takes in a message of the group, once it is known to be the one that members are given.
    ///
    /// # Errors
    /// A [`ReceiveError`], whose disposition says what to do with the message; nothing is changed then.
    pub async fn receive(&mut self, message: &[u8]) -> Result<ObservedEvent, ReceiveError> {
        self.driver.observe_message(&mut self.state, message).await
    }

    /// Starts afresh from another `GroupInfo` of the group, after a commit that could not be followed.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is changed then.
    pub async fn restart(&mut self, group_info: &[u8], ratchet_tree: Option<&[u8]>) -> Result<(), JoinError> {
        self.driver.restart_observer(&mut self.state, group_info, ratchet_tree).await
    }

    /// Proposes a change as the external sender of `signature_key`, one of the client's signers that the group lists
    /// (RFC 9420 section 12.1.8.1). Send it to the group, and [take it in](Self::receive).
    ///
    /// # Errors
    /// A [`ProposeError`]; nothing is changed then.
    pub fn propose(
        &self,
        signature_key: &SignaturePublicKey,
        proposal: Proposal,
    ) -> Result<OutgoingProposal, ProposeError> {
        Ok(self.driver.engine(|env| self.state.propose(signature_key, proposal, Vec::new(), env))?)
    }

    /// The member that the authentication service calls so; `None` where there is none.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub fn member_with_id(&self, id: &MemberId) -> Result<Option<Member>, LoadError> {
        Ok(self.driver.engine(|env| self.state.member_with_id(id, env))?)
    }

    /// The group as it is seen: context, members, tree, proposals that wait.
    #[must_use]
    pub const fn state(&self) -> &Observer {
        &self.state
    }

    /// Reads the group again from the store, after another handle has moved it on, or a future was dropped.
    ///
    /// # Errors
    /// A [`LoadError`]; the handle is as before then.
    pub async fn reload(&mut self) -> Result<(), LoadError> {
        self.state = self.driver.load_observer(self.state.id()).await?;
        Ok(())
    }
}

impl core::fmt::Debug for AsyncObservedGroup {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { driver: _, state } = self;
        f.debug_struct("AsyncObservedGroup").field("state", state).finish_non_exhaustive()
    }
}
