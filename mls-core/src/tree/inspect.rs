//! A read-only view of the tree's nodes (RFC 9420 sections 4 and 7).

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_crypto_traits::{CryptoError, Digest, HpkePublicKey, Suite};

use super::hash::blank_tree_hash;
use super::leaf_node::LeafNode;
use super::math::{LeafIndex, NodeIndex};
use super::ratchet_tree::RatchetTree;

/// One node of a tree as it can be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeView {
    /// Where the node stands.
    pub index: NodeIndex,
    /// What stands there.
    pub content: NodeContent,
    /// The tree hash of the node (section 7.8).
    pub tree_hash: Digest,
}

/// What stands at a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeContent {
    /// Nothing.
    Blank,
    /// A member (section 7.2).
    Leaf(Box<LeafNode>),
    /// A parent (section 7.1).
    Parent {
        /// The HPKE public key.
        encryption_key: HpkePublicKey,
        /// The parent hash, empty at the root.
        parent_hash: Vec<u8>,
        /// The leaves below that do not know the node's private key (section 4.1.1).
        unmerged_leaves: Vec<LeafIndex>,
    },
}

impl RatchetTree {
    /// The node at `index`; `None` outside the tree.
    ///
    /// # Errors
    /// Whatever the backend's hash fails with.
    pub fn inspect(&self, suite: Suite<'_>, index: NodeIndex) -> Result<Option<NodeView>, CryptoError> {
        if !self.size().contains(index) {
            return Ok(None);
        }
        let content = match (self.parent_ref(index), index.leaf().and_then(|leaf| self.leaf(leaf))) {
            (Some(parent), _) => NodeContent::Parent {
                encryption_key: HpkePublicKey::from(parent.encryption_key.to_vec()),
                parent_hash: parent.parent_hash.to_vec(),
                unmerged_leaves: parent.unmerged().collect(),
            },
            (None, Some(leaf)) => NodeContent::Leaf(Box::new(leaf)),
            (None, None) => NodeContent::Blank,
        };
        let tree_hash = match self.node_hash(index) {
            Some(hash) => hash,
            None => blank_tree_hash(suite, index)?,
        };
        Ok(Some(NodeView { index, content, tree_hash }))
    }

    /// All nodes in array order (Appendix C), blank ones included.
    ///
    /// # Errors
    /// Each item may be what the backend's hash fails with.
    pub fn inspect_all<'a>(&'a self, suite: Suite<'a>) -> impl Iterator<Item = Result<NodeView, CryptoError>> + 'a {
        (0..self.size().node_count())
            .filter_map(NodeIndex::new)
            .filter_map(move |index| self.inspect(suite, index).transpose())
    }
}
