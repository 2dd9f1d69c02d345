//! An own commit that waits to be accepted (RFC 9420 section 14).

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_codec::{Decode, Encode};

use crate::group::CommitOutput;
use crate::group::clients::ClientChanges;
use crate::group::epoch::Epoch;
use crate::proposal::{Proposal, ProposalRef};
use crate::tree::path::PathKeysUpdate;
use crate::tree::ratchet_tree::RatchetTree;

/// The epoch that a commit leads to, before the old one ends: its own secrets only.
pub(crate) struct StagedEpoch {
    pub(crate) epoch: Box<Epoch>,
    pub(crate) tree: RatchetTree,
    pub(crate) path_keys: PathKeysUpdate,
    /// Whose clients are others in the new epoch, or known only now.
    pub(crate) clients: ClientChanges,
}

/// An own commit that was handed out and waits to be accepted.
pub(crate) struct PendingCommit {
    pub(crate) sent: SentCommit,
    pub(crate) staged: StagedEpoch,
}

/// What of an own commit is not part of the epoch that it leads to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct SentCommit {
    /// The commit as it was sent.
    pub(crate) message: Vec<u8>,
    /// The Welcome for all that it adds.
    pub(crate) welcome: Option<Vec<u8>>,
    /// One for each, instead.
    pub(crate) welcomes: Vec<Vec<u8>>,
    /// The tree, where it does not go with the Welcome.
    pub(crate) ratchet_tree: Option<Vec<u8>>,
    /// The proposals that stand in the commit: they have to be made again if it is not accepted.
    pub(crate) proposals: Vec<Proposal>,
    /// The proposals that the commit refers to.
    pub(crate) covered: Vec<ProposalRef>,
}

impl PendingCommit {
    /// The commit as it is handed out.
    pub(crate) fn output(&self) -> CommitOutput {
        let SentCommit { message, welcome, welcomes, ratchet_tree, proposals: _, covered: _ } = self.sent.clone();
        let epoch = self.staged.epoch.context.epoch;
        CommitOutput { message, welcome, welcomes, ratchet_tree, epoch, dropped: Vec::new() }
    }
}
