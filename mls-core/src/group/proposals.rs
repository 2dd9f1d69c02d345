//! The proposals that wait to be committed, one by one (RFC 9420 section 12.1).

use alloc::vec::Vec;

use crate::env::Env;
use crate::framing::Sender;
use crate::group::builder::StepBuilder;
use crate::group::edit::Edit;
use crate::group::{Group, ProposeError, Step};
use crate::proposal::{Proposal, ProposalRef};
use crate::record::{Missing, RecordKey};

/// A proposal that waits to be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingProposal {
    /// What commits refer to it by.
    pub reference: ProposalRef,
    /// Who made it.
    pub sender: Sender,
    /// What is proposed.
    pub proposal: Proposal,
}

/// The proposals that wait to be committed, our own ones included, in the order of their arrival.
///
/// # Errors
/// What is [`Missing`] where they are not resident.
pub fn waiting_proposals(group: &Group) -> Result<Vec<WaitingProposal>, Missing> {
    let cached = group.proposals()?.in_order().into_iter();
    Ok(cached
        .map(|(reference, cached)| WaitingProposal {
            reference: *reference,
            sender: cached.sender,
            proposal: cached.proposal.clone(),
        })
        .collect())
}

/// Forgets one proposal: our next commit leaves it out, and it keeps no application data back.
///
/// Others may still commit it. Their commit then is a
/// [`MissingProposal`](crate::group::ReceiveError::MissingProposal) until the proposal has been received again. Drop
/// one of our own only where it never left: we cannot receive it again, and with an Update goes its private key.
///
/// # Errors
/// [`ProposeError::NoSuchProposal`], [`ProposeError::Fault`]; nothing has changed.
pub fn drop_proposal(group: &Group, reference: &ProposalRef, env: &mut Env<'_>) -> Result<Step<()>, ProposeError> {
    group.check_open()?;
    if group.proposals()?.get(reference).is_none() {
        return Err(ProposeError::NoSuchProposal(*reference));
    }
    let mut builder = StepBuilder::new(group, env.rng)?;
    builder.delta.delete(RecordKey::Proposal(group.id.clone(), (*reference).into()));
    builder.status.proposals = builder.status.proposals.saturating_sub(1);
    builder.edit(Edit::ForgetProposal(*reference));
    Ok(builder.finish(group, ())?)
}
