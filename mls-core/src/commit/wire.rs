//! The structure of Commits and update paths (RFC 9420 sections 7.6 and 12.4).

use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::HpkePublicKey;

use super::EncryptedPathSecrets;
use crate::proposal::ProposalOrRef;
use crate::tree::leaf_node::LeafNode;

/// Starts a new epoch (RFC 9420 section 12.4).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Commit {
    /// What it applies.
    pub proposals: Vec<ProposalOrRef>,
    /// New keys for the committer and the nodes above it.
    pub path: Option<UpdatePath>,
}

/// New keys for a leaf and its filtered direct path (RFC 9420 section 7.6).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UpdatePath {
    /// The new leaf; its source is `commit`.
    pub leaf_node: LeafNode,
    /// One for each node of the filtered direct path, upwards.
    pub nodes: Vec<UpdatePathNode>,
}

/// One node of an update path (RFC 9420 section 7.6).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UpdatePathNode {
    /// The node's new public key.
    pub encryption_key: HpkePublicKey,
    /// The node's path secret, once for each node of the copath child's resolution, members that
    /// this Commit adds left out: the list may be empty.
    pub encrypted_path_secret: EncryptedPathSecrets,
}
