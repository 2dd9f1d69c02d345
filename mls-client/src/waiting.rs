//! Proposals one by one, and commits that the caller keeps.

use mls_core::group as engine;
use mls_core::group::{
    CommitOutput, CommitPlan, DetachedCommit, EpochChange, Leftover, OutgoingProposal, SendOptions, WaitingProposal,
};
use mls_core::proposal::ProposalRef;

use crate::blocking::run;
use crate::error::{CommitError, LoadError, ProposeError};
use crate::group::Group;

impl Group {
    /// The proposals that wait to be committed, our own included, in the order of their arrival.
    ///
    /// # Errors
    /// A [`LoadError`].
    pub fn waiting_proposals(&mut self) -> Result<Vec<WaitingProposal>, LoadError> {
        let (driver, state) = self.parts();
        run(driver.view(state, engine::waiting_proposals))
    }

    /// Forgets one proposal: our next commit leaves it out.
    ///
    /// Others may still commit it; we cannot follow then before we have received it again. Drop one of our own only
    /// where it never left.
    ///
    /// # Errors
    /// A [`ProposeError`]; nothing is changed then.
    pub fn drop_proposal(&mut self, reference: &ProposalRef) -> Result<(), ProposeError> {
        let (driver, state) = self.parts();
        run(driver.drop_proposal(state, reference))
    }

    /// Proposes again what an epoch [ended without](EpochChange::leftovers), adapted to the new one; what is moot is left
    /// out, and so is what waits already.
    ///
    /// # Errors
    /// A [`ProposeError`]; those before it have been proposed then, and [wait](Self::waiting_proposals).
    pub fn propose_again(&mut self, leftovers: &[Leftover]) -> Result<Vec<OutgoingProposal>, ProposeError> {
        let (driver, state) = self.parts();
        run(driver.propose_again(state, leftovers, &SendOptions::default()))
    }

    /// Makes a commit whose secrets the caller keeps, beside the pending one and any number of others.
    ///
    /// Store the [`DetachedCommit`] before the message is sent, and [accept](Self::accept_detached) it if the delivery
    /// service takes it. [`receive`](Self::receive) does not know it when it comes back: compare its
    /// [message](DetachedCommit::message).
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub fn commit_detached(&mut self, plan: &CommitPlan) -> Result<(CommitOutput, DetachedCommit), CommitError> {
        let (driver, state) = self.parts();
        run(driver.commit_detached(state, plan))
    }

    /// Enters the epoch that a detached commit leads to.
    ///
    /// # Errors
    /// A [`CommitError`]; nothing is changed then.
    pub fn accept_detached(&mut self, commit: &DetachedCommit) -> Result<EpochChange, CommitError> {
        let (driver, state) = self.parts();
        run(driver.accept_detached(state, commit))
    }
}
