//! From the frontier of the tree down to a leaf (RFC 9420 section 9).

use alloc::vec::Vec;

use mls_crypto_traits::{CryptoError, SecretBytes, Suite};

use super::{RatchetState, RatchetType, SecretTree, SecretTreeError, SecretTreeKey, TreeNodeSecret, slots::Slot};
use crate::tree::math::{LeafIndex, NodeIndex, direct_path};

/// What a leaf's first use brings: its two ratchets, and the frontier without the way down to it.
pub(super) struct Expansion {
    pub(super) handshake: RatchetState,
    pub(super) application: RatchetState,
    /// Deleted where `None`.
    pub(super) nodes: Vec<(NodeIndex, Option<TreeNodeSecret>)>,
}

impl SecretTree {
    /// Expands the tree down to `leaf`; the path's secrets and the leaf's own are not kept.
    // req: R-9-01
    // req: R-9-02
    // req: R-9.2-04
    pub(super) fn expand(&self, suite: Suite<'_>, leaf: LeafIndex) -> Result<Expansion, SecretTreeError> {
        let (mut node, top) = self.frontier_above(leaf)?;
        let mut nodes = Vec::new();
        nodes.push((node, None));
        // The secret of the node at hand, once it is below the frontier.
        let mut descended: Option<TreeNodeSecret> = None;
        while let (Some(left), Some(right)) = (node.left(), node.right()) {
            let parent = descended.as_ref().unwrap_or(top);
            let left_secret = child(suite, parent, b"left")?;
            let right_secret = child(suite, parent, b"right")?;
            if left.covers(leaf) {
                nodes.push((right, Some(right_secret)));
                (node, descended) = (left, Some(left_secret));
            } else {
                nodes.push((left, Some(left_secret)));
                (node, descended) = (right, Some(right_secret));
            }
        }
        let secret = descended.as_ref().unwrap_or(top).as_bytes();
        Ok(Expansion {
            handshake: first_state(suite, secret, RatchetType::Handshake)?,
            application: first_state(suite, secret, RatchetType::Application)?,
            nodes,
        })
    }

    /// The records of `leaf`'s path that are not resident; none where a resident one covers the leaf.
    pub(super) fn unknown_path(&self, leaf: LeafIndex) -> Vec<SecretTreeKey> {
        match self.frontier_above(leaf) {
            Err(SecretTreeError::NotResident(keys)) => keys,
            _ => Vec::new(),
        }
    }

    /// The one frontier node at or above `leaf`.
    fn frontier_above(&self, leaf: LeafIndex) -> Result<(NodeIndex, &TreeNodeSecret), SecretTreeError> {
        let mut unknown = Vec::new();
        for node in core::iter::once(leaf.node()).chain(direct_path(leaf, self.size)) {
            match self.frontier.get(&node) {
                Slot::Present(secret) => return Ok((node, secret)),
                Slot::Absent => {}
                Slot::Unknown => unknown.push(SecretTreeKey::Node(node)),
            }
        }
        if unknown.is_empty() { Err(SecretTreeError::LeafErased) } else { Err(SecretTreeError::NotResident(unknown)) }
    }
}

fn child(suite: Suite<'_>, parent: &TreeNodeSecret, side: &[u8]) -> Result<TreeNodeSecret, CryptoError> {
    suite.expand_with_label(parent.as_bytes(), b"tree", side, suite.hash_len()).map(TreeNodeSecret)
}

fn first_state(suite: Suite<'_>, leaf_secret: &[u8], ratchet_type: RatchetType) -> Result<RatchetState, CryptoError> {
    let secret: SecretBytes = suite.expand_with_label(leaf_secret, ratchet_type.label(), b"", suite.hash_len())?;
    Ok(RatchetState::new(Some((0, secret))))
}
