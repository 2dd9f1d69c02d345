//! Proposals one by one, and commits that the caller keeps, of an asynchronous client.

use mls_core::group as engine;
use mls_core::group::{
    CommitOutput, CommitPlan, DetachedCommit, EpochChange, Leftover, OutgoingProposal, SendOptions, WaitingProposal,
};
use mls_core::proposal::ProposalRef;

use super::group::AsyncGroup;
use crate::error::{CommitError, LoadError, ProposeError};

impl AsyncGroup {
    /// The proposals that wait to be committed, our own included, in the order of their arrival.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub async fn waiting_proposals(&mut self) -> Result<Vec<WaitingProposal>, LoadError> {
        let (driver, state) = self.parts();
        driver.view(state, engine::waiting_proposals).await
    }

    /// Forgets one proposal: our next commit leaves it out.
    ///
    /// Others may still commit it; we cannot follow then before we have received it again. Drop one of our own only
    /// where it never left.
    ///
    /// # Errors
    /// A [`ProposeError`]; nothing is changed then.
    pub async fn drop_proposal(&mut self, reference: &ProposalRef) -> Result<(), ProposeError> {
        let (driver, state) = self.parts();
        driver.drop_proposal(state, reference).await
    }

    /// Proposes again what an epoch [ended without](EpochChange::leftovers), adapted to the new one; what is moot is left
    /// out, and so is what waits already.
    ///
    /// # Errors
    /// A [`ProposeError`]; those before it have been proposed then, and [wait](Self::waiting_proposals).
    pub async fn propose_again(&mut self, leftovers: &[Leftover]) -> Result<Vec<OutgoingProposal>, ProposeError> {
        let (driver, state) = self.parts();
        driver.propose_again(state, leftovers, &SendOptions::default()).await
    }

    /// Makes a commit whose secrets the caller keeps, beside the pending one and any number of others.
    ///
    /// Store the [`DetachedCommit`] before the message is sent, and [accept](Self::accept_detached) it if the delivery
    /// service takes it. [`receive`](Self::receive) does not know it when it comes back: compare its
    /// [message](DetachedCommit::message).
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub async fn commit_detached(&mut self, plan: &CommitPlan) -> Result<(CommitOutput, DetachedCommit), CommitError> {
        let (driver, state) = self.parts();
        driver.commit_detached(state, plan).await
    }

    /// Enters the epoch that a detached commit leads to.
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub async fn accept_detached(&mut self, commit: &DetachedCommit) -> Result<EpochChange, CommitError> {
        let (driver, state) = self.parts();
        driver.accept_detached(state, commit).await
    }
}
