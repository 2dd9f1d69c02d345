//! Following a commit (RFC 9420 section 12.4.2), as far as it is public.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use mls_codec::Encode;

use crate::env::Env;
use crate::framing::{Content, Framed, Sender, interim_transcript_hash};
use crate::group::answers::{Answers, QuestionTag};
use crate::group::cache::ProposalCache;
use crate::group::clients::{client_changes, unknown_members};
use crate::group::process::{ask_policy, epoch_change, invalid};
use crate::group::vet::{AppliedCommit, apply_commit, list_of};
use crate::group::{CommitRule, EpochChange, Fault, ReceiveError};
use crate::identity::CredentialCheck;
use crate::observer::{Observer, ObserverStep};
use crate::proposal::ProposalRef;
use crate::proposal::apply::AppliedList;
use crate::proposal::list::ListedProposal;
use crate::record::RecordPrefix;
use crate::rules::{ProposalQuestion, Ruling};
use crate::tree::math::LeafIndex;
use crate::tree::ratchet_tree::RatchetTree;

/// A commit whose signature is verified and whose proposals are resolved. Nothing is applied yet: first the policy is
/// asked.
#[derive(Debug)]
#[must_use]
pub struct ObservedCommit {
    epoch: u64,
    content: Framed,
    list: Vec<ListedProposal>,
    question: ProposalQuestion,
}

/// A commit whose proposals and path are valid. It asks who the credentials are that come in.
#[must_use]
pub struct VettedObservedCommit {
    tag: QuestionTag,
    epoch: u64,
    content: Framed,
    list: Vec<ListedProposal>,
    applied: AppliedList,
    committer: LeafIndex,
    /// The tree of the new epoch.
    tree: RatchetTree,
    checks: Vec<CredentialCheck>,
}

impl ObservedCommit {
    pub(super) fn new(observer: &Observer, content: Framed, env: &mut Env<'_>) -> Result<Self, ReceiveError> {
        let sender = content.content().content.sender;
        let Content::Commit(commit) = &content.content().content.content else {
            return Err(ReceiveError::NotForAGroup);
        };
        let suite = observer.suite(env)?;
        let cached = |reference: &ProposalRef| Some(observer.proposals.get(reference)?.listed(*reference));
        let list = list_of(commit, sender, suite, cached, env)?;
        let tag = QuestionTag::draw(env.rng)?;
        let question = ask_policy(tag, sender, false, &list);
        Ok(Self { epoch: observer.epoch(), content, list, question })
    }

    /// The question to the policy.
    #[must_use]
    pub const fn question(&self) -> &ProposalQuestion {
        &self.question
    }

    /// Goes on with the policy's answer: applies the proposals and validates what results.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing has changed. [`CommitRule::Policy`] where the policy refuses.
    pub fn rule(
        self,
        ruling: Ruling,
        observer: &Observer,
        env: &mut Env<'_>,
    ) -> Result<VettedObservedCommit, ReceiveError> {
        let Self { epoch, content, list, question } = self;
        observer.check_epoch(epoch)?;
        let suite = observer.suite(env)?;
        let applied = apply_commit(observer.public_state(), suite, content.content(), &list, (&question, ruling), env)?;
        let AppliedCommit { applied, committer, path_trees, mut newcomers } = applied;
        newcomers.extend(unknown_members(&observer.clients, &observer.tree, &applied, &newcomers));
        let tree = path_trees.map_or_else(|| applied.tree.clone(), |(_, after)| after);
        let tag = QuestionTag::draw(env.rng)?;
        let checks = tag.ask(newcomers, env.now);
        Ok(VettedObservedCommit { tag, epoch, content, list, applied, committer, tree, checks })
    }
}

impl VettedObservedCommit {
    /// The credentials that the commit brings in.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialCheck] {
        &self.checks
    }

    /// Follows the commit into its epoch. Do so once the commit is the one that members are given.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing has changed.
    ///
    /// # Security
    /// The confirmation tag is taken over unverified; see [the module](crate::observer).
    pub fn resume(
        self,
        observer: &Observer,
        answers: &Answers,
        env: &mut Env<'_>,
    ) -> Result<ObserverStep<EpochChange>, ReceiveError> {
        observer.check_epoch(self.epoch)?;
        let members = answers.members(self.tag, &self.checks)?;
        let sender = self.content.content().content.sender;
        let suite = observer.suite(env)?;
        let changes = client_changes(suite, &observer.clients, &self.list, &self.applied, &self.checks, &members)
            .map_err(|rule| invalid(sender, CommitRule::Proposals(rule)))?;
        let public = observer.public_state();
        let mut context = public.provisional_context(&self.applied, &self.tree)?;
        public.confirm(suite, &mut context, &self.content)?;
        let confirmation_tag = self.content.content().auth.confirmation_tag.clone().unwrap_or_default();
        // req: R-8.2-03
        let interim = interim_transcript_hash(suite, &context.confirmed_transcript_hash, &confirmation_tag)?;
        let external = matches!(sender, Sender::NewMemberCommit).then_some(self.committer);
        let change = epoch_change(context.epoch, sender, &self.applied, &self.tree, external, false);
        let mut clients = Arc::clone(&observer.clients);
        if !changes.is_empty() {
            drop(Arc::make_mut(&mut clients).change(&changes));
        }
        let next = Observer {
            id: observer.id.clone(),
            status: observer.status,
            context_bytes: context.to_bytes()?,
            context,
            interim_transcript_hash: interim.as_bytes().to_vec(),
            confirmation_tag,
            re_init: self.applied.re_init,
            tree: self.tree,
            clients,
            proposals: ProposalCache::default(),
        };
        let edits = observer.tree.diff(&next.tree);
        Ok(ObserverStep::new(observer, next, change, env, |delta, next| {
            if observer.proposals.len() > 0 {
                delta.delete_prefix(RecordPrefix::Proposals(next.id.clone()));
            }
            crate::group::advance::write_nodes(delta, &next.id, (&next.tree, &edits), next.context.epoch, |leaf| {
                next.clients.get(leaf)
            })?;
            next.write_header(delta)
        })?)
    }
}

impl Observer {
    pub(super) fn check_epoch(&self, epoch: u64) -> Result<(), Fault> {
        self.check_open()?;
        if self.epoch() == epoch { Ok(()) } else { Err(Fault::EpochOver) }
    }
}

impl fmt::Debug for VettedObservedCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag: _, epoch, content: _, list: _, applied: _, committer, tree: _, checks } = self;
        f.debug_struct("VettedObservedCommit")
            .field("epoch", epoch)
            .field("committer", committer)
            .field("credentials", &checks.len())
            .finish_non_exhaustive()
    }
}
