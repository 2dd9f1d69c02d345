//! What of a group anybody may know, member or not.

use crate::framing::Framed;
use crate::group::cache::CachedProposal;
use crate::group::{Fault, Group};
use crate::group_context::GroupContext;
use crate::proposal::ProposalRef;
use crate::proposal::apply::AppliedList;
use crate::proposal::list::ListedProposal;
use crate::record::Missing;
use crate::tree::ratchet_tree::RatchetTree;

use mls_crypto_traits::Suite;

/// The public part of an epoch: what a member and an observer alike validate proposals and commits against.
#[derive(Clone, Copy)]
pub(crate) struct PublicState<'a> {
    pub(crate) context: &'a GroupContext,
    pub(crate) interim_transcript_hash: &'a [u8],
    pub(crate) tree: &'a RatchetTree,
}

impl Group {
    pub(crate) fn public_state(&self) -> Result<PublicState<'_>, Missing> {
        Ok(PublicState {
            context: &self.epoch.context,
            interim_transcript_hash: &self.epoch.interim_transcript_hash,
            tree: self.tree()?,
        })
    }
}

impl PublicState<'_> {
    /// The provisional context of the epoch that a commit leads to: all but the transcript.
    pub(crate) fn provisional_context(&self, applied: &AppliedList, tree: &RatchetTree) -> Result<GroupContext, Fault> {
        // req: R-12.4.2-13, R-8.1-01, R-8.1-02
        Ok(GroupContext {
            epoch: self.context.epoch.checked_add(1).ok_or(Fault::EpochsExhausted)?,
            tree_hash: tree.root_hash().as_bytes().to_vec(),
            extensions: applied.extensions.clone(),
            ..self.context.clone()
        })
    }

    /// Puts the commit into the transcript of its new context.
    pub(crate) fn confirm(&self, suite: Suite<'_>, context: &mut GroupContext, commit: &Framed) -> Result<(), Fault> {
        // req: R-12.4.2-15
        let confirmed = commit.confirmed_transcript_hash(suite, self.interim_transcript_hash)?;
        // req: R-8.1-03
        context.confirmed_transcript_hash = confirmed.as_bytes().to_vec();
        Ok(())
    }
}

impl CachedProposal {
    /// The proposal as a commit lists it by reference.
    pub(crate) fn listed(&self, reference: ProposalRef) -> ListedProposal {
        ListedProposal {
            sender: self.sender,
            proposal: self.proposal.clone(),
            reference: Some(reference),
            member: self.member.clone(),
        }
    }
}
