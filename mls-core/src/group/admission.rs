//! What a handshake message has to pass before its signature is verified, at a member and at an observer alike: it is
//! new, keeps within the bounds, and its sender is one that the group knows.

use core::borrow::Borrow;

use mls_codec::Encode;
use mls_crypto_traits::{SignaturePublicKey, Suite};

use crate::env::Env;
use crate::framing::{AuthenticatedContent, Content, FramingError, Sender};
use crate::group::cache::{CachedProposal, ProposalCache};
use crate::group::outside::external_sender;
use crate::group::propose::ProposeError;
use crate::group::receive_error::ReceiveError;
use crate::group_context::GroupContext;
use crate::limits::{LimitExceeded, exceeds};
use crate::proposal::{Proposal, ProposalRef};
use crate::record::Missing;
use crate::tree::math::LeafIndex;

/// The reference of a proposal; `None` for other content.
///
/// A reference covers the signature: what is cached under it was verified with the same bytes.
pub(crate) fn admit<P: Borrow<CachedProposal>>(
    cache: &ProposalCache<P>,
    suite: Suite<'_>,
    content: &AuthenticatedContent,
    env: &Env<'_>,
) -> Result<Option<ProposalRef>, ReceiveError> {
    let Content::Proposal(proposal) = &content.content.content else {
        env.limits.check_content(&content.content.content)?;
        return Ok(None);
    };
    let reference = ProposalRef::new(suite, content)?;
    if cache.get(&reference).is_some() {
        return Err(ReceiveError::DuplicateProposal(reference));
    }
    check_cache(cache, content.content.sender, proposal, env)?;
    env.limits.check_content(&content.content.content)?;
    Ok(Some(reference))
}

/// Whether one more proposal fits in the cache.
pub(crate) fn check_cache<P: Borrow<CachedProposal>>(
    cache: &ProposalCache<P>,
    sender: Sender,
    proposal: &Proposal,
    env: &Env<'_>,
) -> Result<(), CacheFull> {
    if exceeds(cache.len().saturating_add(1), env.limits.cached_proposals) {
        return Err(CacheFull::Proposals);
    }
    if exceeds(cache.of_sender(sender).saturating_add(1), env.limits.cached_proposals_per_sender) {
        return Err(CacheFull::Limit(LimitExceeded::CachedProposalsOfSender(sender)));
    }
    if exceeds(cache.bytes().saturating_add(proposal.encoded_len()), env.limits.cached_proposal_bytes) {
        return Err(CacheFull::Limit(LimitExceeded::CachedProposalBytes));
    }
    Ok(())
}

/// Why no more proposals are cached.
pub(crate) enum CacheFull {
    Proposals,
    Limit(LimitExceeded),
}

impl From<CacheFull> for ReceiveError {
    fn from(full: CacheFull) -> Self {
        match full {
            CacheFull::Proposals => Self::TooManyProposals,
            CacheFull::Limit(limit) => Self::Limit(limit),
        }
    }
}

impl From<CacheFull> for ProposeError {
    fn from(full: CacheFull) -> Self {
        match full {
            CacheFull::Proposals => Self::TooManyProposals,
            CacheFull::Limit(limit) => Self::Limit(limit),
        }
    }
}

/// The key that the sender of a public message must have signed with, as the group knows it: `None` for a stranger,
/// whose message brings it (section 6.1).
pub(crate) fn known_key(
    sender: Sender,
    context: &GroupContext,
    member: impl FnOnce(LeafIndex) -> Result<Option<SignaturePublicKey>, Missing>,
) -> Result<Option<SignaturePublicKey>, ReceiveError> {
    match sender {
        // req: R-6.1-13
        Sender::Member(leaf) => match member(leaf)? {
            Some(key) => Ok(Some(key)),
            None => Err(ReceiveError::SenderNotMember(leaf)),
        },
        // req: R-12.1.8.1-01, R-6.1-04
        Sender::External(index) => Ok(Some(external_sender(context, index)?.signature_key)),
        Sender::NewMemberCommit | Sender::NewMemberProposal => Ok(None),
    }
}

/// The key that a stranger signs with: that of the leaf in its path or in its key package.
pub(crate) fn stranger_key(content: &AuthenticatedContent) -> Result<SignaturePublicKey, ReceiveError> {
    match &content.content.content {
        // req: R-12.1.8-06
        Content::Proposal(proposal) => match proposal.as_ref() {
            // req: R-6.1-06
            Proposal::Add(key_package) => Ok(key_package.leaf_node.signature_key.clone()),
            _ => Err(FramingError::NewMemberProposalContent.into()),
        },
        Content::Commit(commit) => match &commit.path {
            // req: R-6.1-05, R-12.4.3.2-05
            Some(path) => Ok(path.leaf_node.signature_key.clone()),
            // req: R-12.4.3.2-03
            None => Err(ReceiveError::ExternalCommitWithoutPath),
        },
        Content::Application(_) => Err(ReceiveError::NotForAGroup),
    }
}
