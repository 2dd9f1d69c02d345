//! The ratchet tree as a persistent Merkle tree (RFC 9420 sections 4 and 7).
//!
//! Nodes are immutable, shared through `Arc` and kept as they were encoded; an edit makes a new tree that shares all
//! it did not touch. Each parent holds its children's tree hashes and a summary of the members below, computed when
//! it is made, so nothing is ever out of date. A wholly blank subtree is one empty link. Public data only.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{Digest, SignaturePublicKey, Suite};

use super::key_index::{IndexSeed, KeyIndex, KeySpace};
use super::leaf_node::LeafNode;
use super::math::{LeafIndex, NodeIndex, TreeSize};
use super::parent_node::ParentNode;
use super::summary::Summary;
use super::view::{LeafRef, ParentRef, identity_of};
use crate::credential::Credential;
use crate::tree::node_bytes::NodeBytes;

mod apply;
pub(crate) mod build;
mod diff;
pub(crate) mod edge;
mod edit;
mod editor;
mod error;
mod extension;
mod iter;
pub(super) mod link;
mod rows;

pub use super::resolution::PathStep;
pub use edit::NodeEdit;
pub use error::TreeError;
pub use iter::{Leaves, Nodes};

use link::Link;

/// A ratchet tree (RFC 9420 section 4). `clone` is O(1).
///
/// Nodes are handed over as the encodings of `LeafNode` and `ParentNode`, without the `NodeType` octet. The tree
/// checks their form and keeps hashes, summaries and key index right; whether a change is *allowed* is the caller's
/// question.
///
/// ```
/// use mls_codec::Encode;
/// use mls_core::credential::{Credential, CredentialType};
/// use mls_core::tree::key_index::IndexSeed;
/// use mls_core::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource};
/// use mls_core::tree::math::LeafIndex;
/// use mls_core::tree::ratchet_tree::RatchetTree;
/// use mls_crypto_rustcrypto::RustCryptoProvider;
/// use mls_crypto_traits::{CipherSuite, CryptoProvider};
///
/// let leaf = |key: u8| LeafNode {
///     encryption_key: vec![key; 32].into(),
///     signature_key: vec![key; 32].into(),
///     credential: Credential::basic(b"alice".to_vec()),
///     capabilities: Capabilities { credentials: vec![CredentialType::BASIC], ..Capabilities::default() },
///     leaf_node_source: LeafNodeSource::Update,
///     extensions: Default::default(),
///     signature: vec![],
/// };
/// let provider = RustCryptoProvider::new();
/// let suite = provider.suite(CipherSuite(1)).unwrap();
///
/// let alone = RatchetTree::new(suite, IndexSeed::new([7; 16]), &leaf(1))?;
/// let (two, added) = alone.apply_changes(suite, &[], &[], &[leaf(2).to_bytes()?.into()])?;
/// assert_eq!((two.member_count(), added[0].as_u32()), (2, 1));
/// assert_eq!(two.find_signature_key(&[2; 32]), Some(added[0]));
/// assert!(two.summary().all_support_credential(CredentialType::BASIC));
/// // The older version is what it was, and shares its leaf with the newer one.
/// assert_eq!(alone.member_count(), 1);
/// assert_eq!(alone.leaf_bytes(LeafIndex::ZERO), two.leaf_bytes(LeafIndex::ZERO));
/// # Ok::<(), mls_core::tree::ratchet_tree::TreeError>(())
/// ```
#[derive(Clone)]
pub struct RatchetTree {
    size: TreeSize,
    root: Link,
    root_hash: Digest,
    summary: Arc<Summary>,
    index: KeyIndex,
}

impl RatchetTree {
    /// The tree of one member.
    ///
    /// # Errors
    /// [`TreeError::Encode`] for a leaf too long, [`TreeError::Crypto`] from the provider.
    pub fn new(suite: Suite<'_>, seed: IndexSeed, leaf: &LeafNode) -> Result<Self, TreeError> {
        let leaf = NodeBytes::from(leaf.to_bytes()?);
        Self::from_nodes(suite, seed, TreeSize::ONE, [(LeafIndex::ZERO.node(), leaf)])
    }

    /// The tree of `size` with these nodes, as [`nodes`](Self::nodes) gave them, in any order; all else is blank.
    ///
    /// For stored trees: repeated keys are not looked for.
    ///
    /// # Errors
    /// [`TreeError::IndexOutOfTree`] for a node outside `size`, [`TreeError::NotAscending`] for a repeated one,
    /// [`TreeError::Decode`] for an encoding that is none, [`TreeError::Crypto`] from the provider.
    pub fn from_nodes(
        suite: Suite<'_>,
        seed: IndexSeed,
        size: TreeSize,
        nodes: impl IntoIterator<Item = (NodeIndex, NodeBytes)>,
    ) -> Result<Self, TreeError> {
        let mut nodes: Vec<(NodeIndex, NodeBytes)> = nodes.into_iter().collect();
        nodes.sort_unstable_by_key(|(node, _)| *node);
        Self::build(suite, seed, size, &mut nodes, &[])
    }

    /// Number of leaves and nodes, blank ones included.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.size
    }

    /// Number of leaves that are not blank.
    #[must_use]
    pub fn member_count(&self) -> u32 {
        self.root.members()
    }

    /// The root's tree hash: the group's `tree_hash` (RFC 9420 section 7.8).
    #[must_use]
    pub const fn root_hash(&self) -> &Digest {
        &self.root_hash
    }

    /// What the members use and support.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The tree hash of `node`; `None` outside the tree and strictly inside a wholly blank subtree, whose inner
    /// hashes are not kept (see [`blank_tree_hash`](super::hash::blank_tree_hash)).
    #[must_use]
    pub fn node_hash(&self, node: NodeIndex) -> Option<Digest> {
        if node == self.size.root() {
            return Some(self.root_hash);
        }
        let parent = self.link(node.parent(self.size)?)?.parent()?;
        parent.child_hash(node.parent(self.size)? > node, self.root_hash.len())
    }

    /// The leaf, decoded; `None` where it is blank or outside the tree.
    #[must_use]
    pub fn leaf(&self, leaf: LeafIndex) -> Option<LeafNode> {
        LeafNode::from_bytes(self.leaf_bytes(leaf)?).ok()
    }

    /// The leaf's encoding; `None` where it is blank or outside the tree.
    #[must_use]
    pub fn leaf_bytes(&self, leaf: LeafIndex) -> Option<&NodeBytes> {
        self.node_bytes(leaf.node())
    }

    /// Whom the leaf is of: its signature key and credential; `None` where it is blank or outside the tree.
    pub(crate) fn identity(&self, leaf: LeafIndex) -> Option<(SignaturePublicKey, Credential)> {
        identity_of(self.leaf_bytes(leaf)?).ok()
    }

    /// The leaf's encryption key and signature key.
    #[must_use]
    pub fn leaf_keys(&self, leaf: LeafIndex) -> Option<(&[u8], &[u8])> {
        let leaf = LeafRef::from_bytes(self.leaf_bytes(leaf)?).ok()?;
        Some((leaf.encryption_key, leaf.signature_key))
    }

    /// The parent, decoded; `None` where it is blank, a leaf, or outside the tree.
    #[must_use]
    pub fn parent(&self, node: NodeIndex) -> Option<ParentNode> {
        if node.is_leaf() {
            return None;
        }
        ParentNode::from_bytes(self.node_bytes(node)?).ok()
    }

    /// The parent, read in place; `None` where it is blank, a leaf, or outside the tree.
    #[must_use]
    pub fn parent_ref(&self, node: NodeIndex) -> Option<ParentRef<'_>> {
        if node.is_leaf() {
            return None;
        }
        ParentRef::from_bytes(self.node_bytes(node)?).ok()
    }

    /// The node's encoding; `None` where it is blank or outside the tree.
    #[must_use]
    pub fn node_bytes(&self, node: NodeIndex) -> Option<&NodeBytes> {
        self.link(node)?.payload()
    }

    /// The node's HPKE public key; `None` where it is blank or outside the tree.
    #[must_use]
    pub fn encryption_key(&self, node: NodeIndex) -> Option<&[u8]> {
        link::encryption_key(self.node_bytes(node)?)
    }

    /// The nodes that are not blank, in array order.
    #[must_use]
    pub fn nodes(&self) -> Nodes<'_> {
        Nodes::new(&self.root, self.size.root())
    }

    /// The leaves that are not blank, from the left.
    #[must_use]
    pub fn leaves(&self) -> Leaves<'_> {
        Leaves::new(self.nodes())
    }

    /// The leftmost blank leaf; `None` where the tree is full (RFC 9420 section 12.1.1).
    #[must_use]
    pub fn leftmost_blank(&self) -> Option<LeafIndex> {
        let mut found = Vec::new();
        link::collect_blanks(&self.root, self.size.root(), 1, &mut found);
        found.first().copied()
    }

    /// Whether `node` is blank; so is all outside the tree.
    #[must_use]
    pub fn is_blank(&self, node: NodeIndex) -> bool {
        self.node_bytes(node).is_none()
    }

    /// Whether `node` and everything below it is blank; so is all outside the tree.
    #[must_use]
    pub fn is_subtree_blank(&self, node: NodeIndex) -> bool {
        self.link(node).is_none_or(Link::is_blank)
    }

    /// Number of leaves at or below `node` that are not blank.
    #[must_use]
    pub fn members_under(&self, node: NodeIndex) -> u32 {
        self.link(node).map_or(0, Link::members)
    }

    /// The leaf or parent that has this HPKE public key; the leftmost in array order where several do.
    // req: R-16.7-01
    #[must_use]
    pub fn find_encryption_key(&self, key: &[u8]) -> Option<NodeIndex> {
        self.index.find(KeySpace::Encryption, key, |node| self.encryption_key(node))
    }

    /// The leaf that has this signature public key; the leftmost where several do.
    // req: R-16.7-01
    #[must_use]
    pub fn find_signature_key(&self, key: &[u8]) -> Option<LeafIndex> {
        self.index.find(KeySpace::Signature, key, |node| self.signature_key(node))?.leaf()
    }

    /// Checks that no HPKE public key and no signature public key stands in two nodes.
    ///
    /// # Errors
    /// [`TreeError::DuplicateEncryptionKey`], [`TreeError::DuplicateSignatureKey`].
    // req: R-16.7-01
    pub fn check_unique_keys(&self) -> Result<(), TreeError> {
        let encryption = self.index.first_duplicate(KeySpace::Encryption, |node| self.encryption_key(node));
        if let Some((earlier, later)) = encryption {
            return Err(TreeError::DuplicateEncryptionKey(earlier, later));
        }
        let signature = self.index.first_duplicate(KeySpace::Signature, |node| self.signature_key(node));
        if let Some((earlier, later)) = signature
            && let (Some(earlier), Some(later)) = (earlier.leaf(), later.leaf())
        {
            return Err(TreeError::DuplicateSignatureKey(earlier, later));
        }
        Ok(())
    }

    fn signature_key(&self, node: NodeIndex) -> Option<&[u8]> {
        self.leaf_keys(node.leaf()?).map(|(_, key)| key)
    }

    pub(super) const fn root_link(&self) -> &Link {
        &self.root
    }

    /// What stands at `node`; `None` outside the tree.
    pub(super) fn link(&self, node: NodeIndex) -> Option<&Link> {
        if !self.size.contains(node) {
            return None;
        }
        let mut at = self.size.root();
        let mut link = &self.root;
        while at != node {
            let Some(parent) = link.parent() else {
                return Some(Link::BLANK_REF);
            };
            (at, link) = if node < at { (at.left()?, &parent.left) } else { (at.right()?, &parent.right) };
        }
        Some(link)
    }
}

impl fmt::Debug for RatchetTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, root: _, root_hash, summary: _, index: _ } = self;
        f.debug_struct("RatchetTree")
            .field("size", size)
            .field("members", &self.member_count())
            .field("root_hash", root_hash)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
