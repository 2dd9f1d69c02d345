//! An own commit that waits to be accepted (RFC 9420 section 14).

use alloc::vec::Vec;

use crate::group::epoch::Epoch;
use crate::tree::path::PathKeysUpdate;
use crate::tree::ratchet_tree::RatchetTree;

/// The epoch that a commit leads to, before the old one ends: its own secrets only.
pub(crate) struct StagedEpoch {
    pub(crate) epoch: Epoch,
    pub(crate) tree: RatchetTree,
    pub(crate) path_keys: PathKeysUpdate,
}

/// An own commit that was handed out and waits to be accepted.
pub(crate) struct PendingCommit {
    /// The commit as it was sent.
    pub(crate) message: Vec<u8>,
    /// The Welcome for those that it adds, with the tree where that goes outside.
    pub(crate) welcome: Option<Vec<u8>>,
    pub(crate) ratchet_tree: Option<Vec<u8>>,
    pub(crate) staged: StagedEpoch,
}
