//! Parent-hash validity of a whole tree (RFC 9420 section 7.9.2).

use alloc::vec::Vec;

use mls_crypto_traits::Suite;

use super::original::{OriginalHashes, split_leaves};
use super::{ParentHashError, ParentHashInput};
use crate::tree::leaf_node::LeafNodeSource;
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::validate::check_unmerged_leaves;

/// Checks that every non-blank parent chains down to a leaf by valid parent hashes (RFC 9420 section 7.9.2).
///
/// A joiner owes this once, for a tree it received; a tree that passed keeps passing under every valid commit. Takes two hashes
/// for a parent at most, and original sibling hashes only where there are unmerged leaves: near-linear in the tree.
///
/// # Errors
/// [`ParentHashError::Unmerged`] if the lists of unmerged leaves are not as section 12.4.3.1 wants them,
/// [`ParentHashError::NotLinked`] naming the first parent without a link, children before parents.
pub fn verify_parent_hashes(suite: Suite<'_>, tree: &RatchetTree) -> Result<(), ParentHashError> {
    check_unmerged_leaves(tree)?;
    verify_parent_hashes_above_merged(suite, tree)
}

/// [`verify_parent_hashes`] for a tree whose lists of unmerged leaves have been checked.
pub(in crate::tree) fn verify_parent_hashes_above_merged(
    suite: Suite<'_>,
    tree: &RatchetTree,
) -> Result<(), ParentHashError> {
    verify_subtree(suite, tree, tree.size().root(), &mut OriginalHashes::default())
}

/// Children first: [`OriginalHashes`] rests on the order.
fn verify_subtree(
    suite: Suite<'_>,
    tree: &RatchetTree,
    node: NodeIndex,
    hashes: &mut OriginalHashes,
) -> Result<(), ParentHashError> {
    let Some((left, right)) = node.left().zip(node.right()) else {
        return Ok(());
    };
    verify_subtree(suite, tree, left, hashes)?;
    verify_subtree(suite, tree, right, hashes)?;
    let Some(parent) = tree.parent_ref(node) else {
        return Ok(());
    };
    let unmerged: Vec<LeafIndex> = parent.unmerged().collect();
    let (below_left, below_right) = split_leaves(node, &unmerged);
    let mut links = |child, below: &[LeafIndex], sibling, excluded: &[LeafIndex]| {
        // Stale parent hashes elsewhere are no fault: only that each parent is reached counts.
        // req: R-7.9.2-06
        let Some(candidate) = candidate(tree, child, below) else {
            return Ok(false);
        };
        let Some(found) = parent_hash_of(tree, candidate) else {
            return Ok(false);
        };
        if found.is_empty() {
            return Ok(false);
        }
        let original = hashes.hash(suite, tree, sibling, excluded)?;
        // req: R-7.9.2-02
        let input = ParentHashInput {
            encryption_key: parent.encryption_key,
            parent_hash: parent.parent_hash,
            original_sibling_tree_hash: original.as_bytes(),
        };
        Ok::<_, ParentHashError>(input.hash(suite)?.as_bytes() == found.as_slice())
    };
    // Not both sides can be linked, short of a collision: each link would hash the subtree that holds the other.
    // req: R-7.9.2-04, R-7.9.2-05, R-12.4.3.1-14
    if links(left, below_left, right, below_right)? || links(right, below_right, left, below_left)? {
        return Ok(());
    }
    Err(ParentHashError::NotLinked(node))
}

/// The one node that may link the subtree `child` to the parent above it: the one of the child's resolution that is not among the
/// parent's unmerged leaves there. None if there is no such node, or more than one.
fn candidate(tree: &RatchetTree, child: NodeIndex, unmerged: &[LeafIndex]) -> Option<NodeIndex> {
    let mut found = None;
    // req: R-7.9.2-01, R-7.9.2-03
    if search(tree, child, unmerged, &mut found) { found } else { None }
}

/// Goes through the resolution of `node`, stopping at non-blank nodes. False as soon as the parent cannot be linked.
fn search(tree: &RatchetTree, node: NodeIndex, unmerged: &[LeafIndex], found: &mut Option<NodeIndex>) -> bool {
    if tree.members_under(node) == 0 && tree.is_blank(node) {
        return unmerged.is_empty();
    }
    match node.left().zip(node.right()) {
        None if !unmerged.is_empty() => true,
        Some((left, right)) if tree.is_blank(node) => {
            let (below_left, below_right) = split_leaves(node, unmerged);
            search(tree, left, below_left, found) && search(tree, right, below_right, found)
        }
        _ => {
            if found.replace(node).is_some() {
                return false;
            }
            tree.parent_ref(node).is_none_or(|parent| parent.unmerged().eq(unmerged.iter().copied()))
        }
    }
}

/// The `parent_hash` of a node; none for a blank one and for a leaf that no commit set.
fn parent_hash_of(tree: &RatchetTree, node: NodeIndex) -> Option<Vec<u8>> {
    // req: R-7.9.1-01
    match node.leaf() {
        None => Some(tree.parent_ref(node)?.parent_hash.to_vec()),
        Some(leaf) => match tree.leaf(leaf)?.leaf_node_source {
            LeafNodeSource::Commit { parent_hash } => Some(parent_hash),
            _ => None,
        },
    }
}
