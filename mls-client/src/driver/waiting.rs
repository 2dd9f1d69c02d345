//! Proposals one by one, and commits that the caller keeps.

use mls_core::group::{
    self as engine, CommitOutput, CommitPlan, DetachedCommit, EpochChange, Group as State, Leftover, OutgoingProposal,
    SendOptions, Step, accept_detached, commit, drop_proposal,
};
use mls_core::proposal::ProposalRef;

use super::rounds::Rounds;
use super::{Driver, Handle};
use crate::error::{CommitError, ProposeError};
use crate::trace::traced;

impl Driver {
    pub(crate) async fn drop_proposal(&self, state: &mut Handle, reference: &ProposalRef) -> Result<(), ProposeError> {
        let mut rounds = Rounds::begin(self, state).await?;
        loop {
            match self.engine(|env| drop_proposal(state, reference, env)) {
                Ok(step) => return Ok(self.perform(state, step).await?),
                Err(error) => rounds.settle(self, state, ProposeError::from(error)).await?,
            }
        }
    }

    /// Proposes again what the last epoch ended without, as far as it is not moot.
    pub(crate) async fn propose_again(
        &self,
        state: &mut Handle,
        leftovers: &[Leftover],
        options: &SendOptions,
    ) -> Result<Vec<OutgoingProposal>, ProposeError> {
        let mut proposals = Vec::new();
        for leftover in leftovers {
            let mut rounds = Rounds::begin(self, state).await?;
            let proposing = loop {
                match leftover.proposing(state) {
                    Ok(proposing) => break proposing,
                    Err(missing) => rounds.admit(self, state, &missing).await?,
                }
            };
            let Some(proposing) = proposing else { continue };
            match self.propose(state, &proposing, options).await {
                Ok(proposal) => proposals.push(proposal),
                // It waits already: it was left over twice, say, as a proposal and in a commit.
                Err(ProposeError::Engine(engine::ProposeError::DuplicateProposal(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(proposals)
    }

    pub(crate) async fn commit_detached(
        &self,
        state: &mut Handle,
        plan: &CommitPlan,
    ) -> Result<(CommitOutput, DetachedCommit), CommitError> {
        traced("commit_detached", Some(state.epoch()), async {
            let mut plan = CommitPlan { detached: true, ..plan.clone() };
            self.grease_group_info(&mut plan.group_info_extensions);
            let mut rounds = Rounds::begin(self, state).await?;
            loop {
                match self.try_commit_detached(state, &plan).await {
                    Ok(step) => return Ok(self.perform(state, step).await?),
                    Err(error) => rounds.settle(self, state, error).await?,
                }
            }
        })
        .await
    }

    async fn try_commit_detached(
        &self,
        state: &State,
        plan: &CommitPlan,
    ) -> Result<Step<(CommitOutput, DetachedCommit)>, CommitError> {
        let pending = self.engine(|env| commit(state, plan, env))?;
        let ruling = self.rules.judge(pending.question()).await;
        let vetted = self.engine(|env| pending.rule(ruling, state, env))?;
        let answers = self.answer(vetted.credentials(), vetted.psks()).await?;
        Ok(self.engine(|env| vetted.resume_detached(state, &answers, env))?)
    }

    pub(crate) async fn accept_detached(
        &self,
        state: &mut Handle,
        commit: &DetachedCommit,
    ) -> Result<EpochChange, CommitError> {
        traced("accept_detached", Some(state.epoch()), async {
            let mut rounds = Rounds::begin(self, state).await?;
            loop {
                match self.engine(|env| accept_detached(state, commit, env)) {
                    Ok(step) => return Ok(self.perform(state, step).await?),
                    Err(error) => rounds.settle(self, state, CommitError::from(error)).await?,
                }
            }
        })
        .await
    }
}
