//! What a handshake message has to pass before its signature is verified: it is new, and keeps within the bounds.

use mls_codec::Encode;
use mls_crypto_traits::Suite;

use crate::env::Env;
use crate::framing::{AuthenticatedContent, Content, Sender};
use crate::group::Group;
use crate::group::receive_error::ReceiveError;
use crate::limits::{LimitExceeded, exceeds};
use crate::proposal::{Proposal, ProposalRef};

/// The reference of a proposal; `None` for other content.
///
/// A reference covers the signature: what is cached under it was verified with the same bytes.
pub(crate) fn admit(
    group: &Group,
    suite: Suite<'_>,
    content: &AuthenticatedContent,
    env: &Env<'_>,
) -> Result<Option<ProposalRef>, ReceiveError> {
    let Content::Proposal(proposal) = &content.content.content else {
        env.limits.check_content(&content.content.content)?;
        return Ok(None);
    };
    let reference = ProposalRef::new(suite, content)?;
    if group.proposals()?.get(&reference).is_some() {
        return Err(ReceiveError::DuplicateProposal(reference));
    }
    check_cache(group, content.content.sender, proposal, env)?;
    env.limits.check_content(&content.content.content)?;
    Ok(Some(reference))
}

/// Whether one more proposal fits in the cache.
pub(crate) fn check_cache(
    group: &Group,
    sender: Sender,
    proposal: &Proposal,
    env: &Env<'_>,
) -> Result<(), ReceiveError> {
    let cache = group.proposals()?;
    if group.pending_proposals() >= env.limits.cached_proposals {
        return Err(ReceiveError::TooManyProposals);
    }
    if exceeds(cache.of_sender(sender).saturating_add(1), env.limits.cached_proposals_per_sender) {
        return Err(LimitExceeded::CachedProposalsOfSender(sender).into());
    }
    if exceeds(cache.bytes().saturating_add(proposal.encoded_len()), env.limits.cached_proposal_bytes) {
        return Err(LimitExceeded::CachedProposalBytes.into());
    }
    Ok(())
}
