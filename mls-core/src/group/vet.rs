//! What member and observer alike find out about a commit before they ask who comes in (RFC 9420 section 12.4.2).

use alloc::vec::Vec;

use crate::commit::Commit;
use crate::env::Env;
use crate::framing::{AuthenticatedContent, Content, Sender};
use crate::group::process::{Broken, check_commit_path, check_ruling, committer, effects_of, invalid, resolve};
use crate::group::public_state::PublicState;
use crate::group::receive_error::{CommitRule, ReceiveError};
use crate::proposal::ProposalRef;
use crate::proposal::apply::{AppliedList, ApplyContext, Newcomer, apply_with_effects};
use crate::proposal::list::{ListedProposal, ProposalListError, check_list, path_required, psks};
use crate::rules::{ProposalQuestion, Ruling};
use crate::tree::math::LeafIndex;
use crate::tree::ratchet_tree::RatchetTree;

use mls_crypto_traits::Suite;

/// A commit with its proposals applied and its path merged.
pub(crate) struct AppliedCommit {
    pub(crate) applied: AppliedList,
    /// The committer's leaf in the new epoch.
    pub(crate) committer: LeafIndex,
    /// The tree that the path was encrypted for, and with the path merged.
    pub(crate) path_trees: Option<(RatchetTree, RatchetTree)>,
    /// Who comes in and has not been vouched for.
    pub(crate) newcomers: Vec<Newcomer>,
}

/// The proposals of a commit, those by reference from the cache, where they may stand in one list.
pub(crate) fn list_of(
    commit: &Commit,
    sender: Sender,
    suite: Suite<'_>,
    cached: impl Fn(&ProposalRef) -> Option<ListedProposal>,
    env: &Env<'_>,
) -> Result<Vec<ListedProposal>, ReceiveError> {
    let committer = committer(sender).ok_or(ReceiveError::SenderNotAllowed(sender))?;
    let list = resolve(commit, sender, env.custom, cached)?;
    let invalid = |rule| invalid(sender, CommitRule::Proposals(rule));
    // req: R-12.4.2-04, R-12.2-02
    check_list(&list, committer, suite.hash_len(), env.custom).map_err(invalid)?;
    // req: R-12.4.2-07, R-12.4-12, R-12.4-13
    if commit.path.is_none() && path_required(&list, env.custom) {
        return Err(invalid(ProposalListError::PathRequired));
    }
    // Those by reference count too.
    env.limits.check_psks(psks(&list).len())?;
    Ok(list)
}

/// Applies the list as the policy has ruled on it, and validates what results, the path included.
pub(crate) fn apply_commit(
    public: PublicState<'_>,
    suite: Suite<'_>,
    content: &AuthenticatedContent,
    list: &[ListedProposal],
    (question, ruling): (&ProposalQuestion, Ruling),
    env: &Env<'_>,
) -> Result<AppliedCommit, ReceiveError> {
    let sender = content.content.sender;
    let Content::Commit(commit) = &content.content.content else {
        return Err(ReceiveError::NotForAGroup);
    };
    check_ruling(question, &ruling)?;
    if !ruling.accepted {
        return Err(invalid(sender, CommitRule::Policy));
    }
    let at = ApplyContext::new(suite, public.tree, public.context, env);
    let invalid = |rule| invalid(sender, CommitRule::Proposals(rule));
    let effects = effects_of(list, ruling, env)?;
    effects.check_limits(&env.limits)?;
    effects.check(list, sender).map_err(invalid)?;
    // req: R-12.4.2-06
    let mut applied = apply_with_effects(at, list, &effects).map_err(invalid)?;
    // Each of them may be short enough, and the list be too long.
    if effects.change_extensions() {
        env.limits.check_extensions(&applied.extensions)?;
    }
    let mut newcomers = core::mem::take(&mut applied.newcomers);
    if commit.path.is_none() && applied.path_required {
        return Err(invalid(ProposalListError::PathRequired));
    }
    let (committer, path_trees) = match (&commit.path, sender) {
        (Some(path), _) => {
            let broken = |rule: Broken| rule.into_error(sender);
            let checked = check_commit_path(public, suite, &applied, sender, path, env.custom).map_err(broken)?;
            newcomers.extend(checked.newcomer);
            (checked.committer, Some((checked.before, checked.after)))
        }
        (None, Sender::Member(leaf)) => (leaf, None),
        (None, _) => return Err(ReceiveError::ExternalCommitWithoutPath),
    };
    Ok(AppliedCommit { applied, committer, path_trees, newcomers })
}
