//! Original sibling tree hashes (RFC 9420 section 7.9).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{Digest, HpkePublicKey, Suite};

use super::ParentHashError;
use crate::tree::hash::{blank_tree_hash, leaf_tree_hash, parent_tree_hash};
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::parent_node::ParentNode;
use crate::tree::ratchet_tree::RatchetTree;

/// The tree hash of `subtree` with the leaves `excluded` blanked and taken out of every list of unmerged leaves
/// (RFC 9420 section 7.9).
///
/// `excluded` is ascending; its leaves outside `subtree` are ignored. Costs one hash for each node on the way to an excluded
/// leaf; where none is below, the tree's own hash serves.
///
/// # Errors
/// [`ParentHashError::OutsideTree`] for a subtree that is not in the tree; [`ParentHashError::Crypto`] from the backend.
pub fn original_sibling_tree_hash(
    suite: Suite<'_>,
    tree: &RatchetTree,
    subtree: NodeIndex,
    excluded: &[LeafIndex],
) -> Result<Digest, ParentHashError> {
    let below: Vec<LeafIndex> = excluded.iter().copied().filter(|leaf| subtree.covers(*leaf)).collect();
    OriginalHashes::default().hash(suite, tree, subtree, &below)
}

/// Original tree hashes, the latest of each subtree kept.
///
/// Parents are asked about from the leaves upward. The leaves excluded from one subtree then form a chain of shrinking sets
/// (a leaf that is unmerged at a node is unmerged at every non-blank node between them), so that their number identifies
/// them, and one that was passed is not asked for again. All subtrees of a tree of `n` leaves take `O(n)` hashes together.
#[derive(Debug, Default)]
pub(super) struct OriginalHashes {
    latest: BTreeMap<NodeIndex, (usize, Digest)>,
}

impl OriginalHashes {
    /// The tree hash of `subtree` without `excluded`, all of which are below it, ascending.
    pub(super) fn hash(
        &mut self,
        suite: Suite<'_>,
        tree: &RatchetTree,
        subtree: NodeIndex,
        excluded: &[LeafIndex],
    ) -> Result<Digest, ParentHashError> {
        if excluded.is_empty() {
            return present_hash(suite, tree, subtree);
        }
        if let Some((count, hash)) = self.latest.get(&subtree)
            && *count == excluded.len()
        {
            return Ok(*hash);
        }
        // req: R-7.9-03
        let hash = match (subtree.leaf(), subtree.left(), subtree.right()) {
            (None, Some(left), Some(right)) => {
                let (below_left, below_right) = split_leaves(subtree, excluded);
                let left = self.hash(suite, tree, left, below_left)?;
                let right = self.hash(suite, tree, right, below_right)?;
                let node = parent_without(tree, subtree, excluded).map(|node| node.to_bytes()).transpose()?;
                parent_tree_hash(suite, node.as_deref(), left.as_bytes(), right.as_bytes())?
            }
            (Some(leaf), ..) => leaf_tree_hash(suite, leaf, None)?,
            (None, ..) => return Err(ParentHashError::OutsideTree(subtree)),
        };
        self.latest.insert(subtree, (excluded.len(), hash));
        Ok(hash)
    }
}

/// The leaves of an ascending slice below the left and below the right child of `parent`.
pub(in crate::tree) fn split_leaves(parent: NodeIndex, leaves: &[LeafIndex]) -> (&[LeafIndex], &[LeafIndex]) {
    let middle = leaves.partition_point(|leaf| leaf.node() < parent);
    leaves.split_at_checked(middle).unwrap_or((leaves, &[]))
}

fn parent_without(tree: &RatchetTree, node: NodeIndex, excluded: &[LeafIndex]) -> Option<ParentNode> {
    let parent = tree.parent_ref(node)?;
    Some(ParentNode {
        encryption_key: HpkePublicKey::from(parent.encryption_key.to_vec()),
        parent_hash: parent.parent_hash.to_vec(),
        unmerged_leaves: parent.unmerged().filter(|leaf| excluded.binary_search(leaf).is_err()).collect(),
    })
}

/// The tree hash of `subtree` as it is, which the tree does not keep inside blank subtrees.
fn present_hash(suite: Suite<'_>, tree: &RatchetTree, subtree: NodeIndex) -> Result<Digest, ParentHashError> {
    match tree.node_hash(subtree) {
        Some(hash) => Ok(hash),
        None if tree.size().contains(subtree) => Ok(blank_tree_hash(suite, subtree)?),
        None => Err(ParentHashError::OutsideTree(subtree)),
    }
}
