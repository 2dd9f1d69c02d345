//! A group that is observed and not joined.

use std::sync::Arc;

use mls_core::group::{EpochChange, Member, OutgoingProposal, ProposalReceived};
use mls_core::identity::MemberId;
use mls_core::observer::{HiddenMessage, Observer};
use mls_core::proposal::Proposal;
use mls_core::record::GroupId;
use mls_crypto_traits::SignaturePublicKey;

use crate::blocking::run;
use crate::client::Client;
use crate::driver::Driver;
use crate::error::{JoinError, LoadError, ProposeError, ReceiveError};

/// What an observer took in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObservedEvent {
    /// A proposal. It is kept until the epoch ends.
    Proposal(Box<ProposalReceived>),
    /// A commit was followed into its epoch.
    Epoch(EpochChange),
    /// An encrypted message. Where it [ends the epoch](HiddenMessage::ends_epoch), the group goes where it cannot be
    /// followed: [start afresh](ObservedGroup::restart).
    Hidden(HiddenMessage),
}

/// A group that is observed and not joined: its public state, followed commit by commit.
///
/// What it can check and what not, see [`mls_core::observer`]. Policy and authentication service are asked as by a
/// [`Group`](crate::Group).
pub struct ObservedGroup {
    driver: Arc<Driver>,
    state: Observer,
}

impl Client {
    /// Begins to observe the group of a `GroupInfo`, without being a member: for a delivery service, say. The store
    /// must be one in which nobody is a member of that group.
    ///
    /// `ratchet_tree` is the tree where the `GroupInfo` does not contain it.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is stored then.
    pub fn observe(&self, group_info: &[u8], ratchet_tree: Option<&[u8]>) -> Result<ObservedGroup, JoinError> {
        let state = run(self.driver().observe(group_info, ratchet_tree))?;
        Ok(ObservedGroup { driver: Arc::clone(self.driver()), state })
    }

    /// Begins to observe a group where another observer's [snapshot](Observer::snapshot) says it stands.
    ///
    /// # Errors
    /// A [`LoadError`]; nothing is stored then.
    pub fn observe_from_snapshot(&self, snapshot: &[u8]) -> Result<ObservedGroup, LoadError> {
        let state = run(self.driver().observe_snapshot(snapshot))?;
        Ok(ObservedGroup { driver: Arc::clone(self.driver()), state })
    }

    /// Loads an observed group from the store, with its tree.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub fn load_observed(&self, id: &GroupId) -> Result<ObservedGroup, LoadError> {
        let state = run(self.driver().load_observer(id))?;
        Ok(ObservedGroup { driver: Arc::clone(self.driver()), state })
    }
}

impl ObservedGroup {
    /// Takes in a message of the group, once it is known to be the one that members are given.
    ///
    /// # Errors
    /// A [`ReceiveError`], whose disposition says what to do with the message; nothing is changed then.
    pub fn receive(&mut self, message: &[u8]) -> Result<ObservedEvent, ReceiveError> {
        run(self.driver.observe_message(&mut self.state, message))
    }

    /// Starts afresh from another `GroupInfo` of the group, after a commit that could not be followed.
    ///
    /// # Errors
    /// A [`JoinError`]; nothing is changed then.
    pub fn restart(&mut self, group_info: &[u8], ratchet_tree: Option<&[u8]>) -> Result<(), JoinError> {
        run(self.driver.restart_observer(&mut self.state, group_info, ratchet_tree))
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
    pub fn reload(&mut self) -> Result<(), LoadError> {
        self.state = run(self.driver.load_observer(self.state.id()))?;
        Ok(())
    }
}

impl core::fmt::Debug for ObservedGroup {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { driver: _, state } = self;
        f.debug_struct("ObservedGroup").field("state", state).finish_non_exhaustive()
    }
}
