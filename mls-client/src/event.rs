//! What a received message turned out to be.

use mls_core::group::{CommitOutput, EpochChange, Incoming, OutgoingProposal, ProposalReceived, Received};
use mls_core::record::GroupId;

use crate::{ExternalJoin, Successor};

/// What a received message turned out to be.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// Application data.
    Message(Received),
    /// A proposal, which waits for a commit now.
    Proposal(ProposalReceived),
    /// A commit: the group is in the next epoch.
    Epoch(EpochChange),
    /// A commit that removes us. Nothing of the group is left in the store.
    Removed(EpochChange),
}

/// Something of ours that was handed out before a restart and may or may not have reached the others: send it again.
///
/// The delivery service, or the group, tells which of two copies counts; the bytes are the same.
#[derive(Debug)]
#[non_exhaustive]
pub enum Repeat<J = ExternalJoin, S = Successor> {
    /// A commit that was neither accepted nor dropped.
    Commit {
        /// Its group.
        group: GroupId,
        /// What went out.
        commit: CommitOutput,
    },
    /// A proposal that is not committed yet.
    Proposal {
        /// Its group.
        group: GroupId,
        /// What went out.
        proposal: OutgoingProposal,
    },
    /// An external commit that was neither accepted nor abandoned.
    ExternalJoin(J),
    /// A group that was founded to succeed another, and was neither accepted nor abandoned: send its Welcomes again.
    Successor(S),
}

impl Incoming for Event {}

impl Event {
    /// The event of a commit.
    pub(crate) const fn of_epoch(change: EpochChange) -> Self {
        if change.removed_self { Self::Removed(change) } else { Self::Epoch(change) }
    }
}
