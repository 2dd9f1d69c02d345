//! Commits of our own.

use mls_codec::Decode;
use mls_core::extension::Extensions;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{
    CommitOutput, CommitPlan, EpochChange, Group as State, Proposing, Step, accept_commit, commit, drop_commit,
};
use mls_core::tree::math::LeafIndex;

use super::rounds::Rounds;
use super::{Driver, Handle};
use crate::error::CommitError;
use crate::trace::traced;

impl Driver {
    /// A commit of these proposals, in the way that the policy has for commits.
    pub(crate) fn plan(&self, proposals: Vec<Proposing>) -> CommitPlan {
        let mut plan = self.rules.sending().commit;
        plan.proposals.extend(proposals);
        plan
    }

    pub(crate) async fn commit(&self, state: &mut Handle, plan: &CommitPlan) -> Result<CommitOutput, CommitError> {
        traced("commit", Some(state.epoch()), async {
            let mut rounds = Rounds::begin(self, state).await?;
            let mut extensions = plan.group_info_extensions.clone();
            self.grease_group_info(&mut extensions);
            loop {
                match self.try_commit(state, plan, &extensions).await {
                    Ok(step) => return Ok(self.perform(state, step).await?),
                    Err(error) => rounds.settle(self, state, error).await?,
                }
            }
        })
        .await
    }

    /// `extensions` stand for those of the plan, which is not copied for them.
    async fn try_commit(
        &self,
        state: &State,
        plan: &CommitPlan,
        extensions: &Extensions,
    ) -> Result<Step<CommitOutput>, CommitError> {
        let pending = self.engine(|env| commit(state, plan, env))?.with_group_info_extensions(extensions.clone());
        let ruling = self.rules.judge(pending.question()).await;
        let vetted = self.engine(|env| pending.rule(ruling, state, env))?;
        let answers = self.answer(vetted.credentials(), vetted.psks()).await?;
        Ok(self.engine(|env| vetted.resume(state, &answers, env))?)
    }

    pub(crate) async fn accept_commit(&self, state: &mut Handle) -> Result<EpochChange, CommitError> {
        traced("accept_commit", Some(state.epoch()), async {
            let mut rounds = Rounds::begin(self, state).await?;
            loop {
                match self.engine(|env| accept_commit(state, env)) {
                    Ok(step) => return Ok(self.perform(state, step).await?),
                    Err(error) => rounds.settle(self, state, CommitError::from(error)).await?,
                }
            }
        })
        .await
    }

    pub(crate) async fn drop_commit(&self, state: &mut Handle) -> Result<(), CommitError> {
        traced("drop_commit", Some(state.epoch()), async {
            let mut rounds = Rounds::begin(self, state).await?;
            loop {
                match self.engine(|env| drop_commit(state, env)) {
                    Ok(step) => return Ok(self.perform(state, step).await?),
                    Err(error) => rounds.settle(self, state, CommitError::from(error)).await?,
                }
            }
        })
        .await
    }
}

/// Adds key packages as [`key_package`](crate::Client::key_package) makes them.
pub(crate) fn adds<K: AsRef<[u8]>>(key_packages: &[K]) -> Result<Vec<Proposing>, CommitError> {
    key_packages
        .iter()
        .map(|bytes| match MlsMessage::from_bytes(bytes.as_ref()).map_err(CommitError::Malformed)?.body {
            MlsMessageBody::KeyPackage(key_package) => Ok(Proposing::Add(key_package)),
            _ => Err(CommitError::NotAKeyPackage),
        })
        .collect()
}

/// Removes members.
pub(crate) fn removes(members: &[LeafIndex]) -> Vec<Proposing> {
    members.iter().copied().map(Proposing::Remove).collect()
}
