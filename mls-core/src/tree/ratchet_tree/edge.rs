//! What is blank to the right of the last member.

use alloc::vec::Vec;

use mls_crypto_traits::Digest;

use super::RatchetTree;
use super::build::PART;
use crate::tree::math::{LeafIndex, NodeIndex};

/// A wholly blank subtree by its root, and its tree hash.
pub(crate) type BlankSubtree = (NodeIndex, Digest);

impl RatchetTree {
    /// The large subtrees to the right of the last member, which are wholly blank, where `leaf` is that member's.
    ///
    /// A blank subtree has as many hashes as nodes, and its tree hash depends on nothing but its place: whoever knows it
    /// can [build](Self::build) the tree without them, and is found out at the root where he is wrong.
    pub(crate) fn blank_after(&self, leaf: LeafIndex) -> Vec<BlankSubtree> {
        let mut found = Vec::new();
        let (mut node, mut link) = (self.size.root(), &self.root);
        while let (Some(parent), Some(left), Some(right)) = (link.parent(), node.left(), node.right()) {
            if leaf.node() > node {
                (node, link) = (right, parent.right());
                continue;
            }
            if !parent.right().is_blank() {
                return Vec::new();
            }
            let hash = parent.child_hash(false, self.root_hash.len());
            found.extend(hash.filter(|_| right.level() >= PART).map(|hash| (right, hash)));
            (node, link) = (left, parent.left());
        }
        found
    }
}
