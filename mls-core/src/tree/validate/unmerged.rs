//! Lists of unmerged leaves (RFC 9420 sections 7.1 and 12.4.3.1).

use alloc::vec::Vec;
use core::fmt;

use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::parent_hash::split_leaves;
use crate::tree::ratchet_tree::RatchetTree;

/// Checks every list of unmerged leaves in a tree (RFC 9420 section 12.4.3.1): strictly ascending, each entry a non-blank leaf below
/// the parent and listed by every non-blank node between the two.
///
/// A list is compared with those of the nearest non-blank nodes below alone: linear in the tree and the lists.
///
/// # Errors
/// [`UnmergedLeafError`] for the first rule broken, children before parents.
pub fn check_unmerged_leaves(tree: &RatchetTree) -> Result<(), UnmergedLeafError> {
    check_subtree(tree, tree.size().root())
}

fn check_subtree(tree: &RatchetTree, node: NodeIndex) -> Result<(), UnmergedLeafError> {
    let Some((left, right)) = node.left().zip(node.right()) else {
        return Ok(());
    };
    check_subtree(tree, left)?;
    check_subtree(tree, right)?;
    let Some(parent) = tree.parent_ref(node) else {
        return Ok(());
    };
    let leaves: Vec<LeafIndex> = parent.unmerged().collect();
    // req: R-7.1-01, R-7.1-02
    if !leaves.is_sorted_by(|a, b| a < b) {
        return Err(UnmergedLeafError::NotAscending { parent: node });
    }
    if let Some(leaf) = leaves.iter().copied().find(|leaf| !node.covers(*leaf)) {
        return Err(UnmergedLeafError::NotBelow { parent: node, leaf });
    }
    let (below_left, below_right) = split_leaves(node, &leaves);
    check_below(tree, node, left, below_left)?;
    check_below(tree, node, right, below_right)
}

/// `leaves` are unmerged at `parent` and below `node`, ascending.
fn check_below(
    tree: &RatchetTree,
    parent: NodeIndex,
    node: NodeIndex,
    leaves: &[LeafIndex],
) -> Result<(), UnmergedLeafError> {
    let Some(first) = leaves.first().copied() else {
        return Ok(());
    };
    let Some((left, right)) = node.left().zip(node.right()) else {
        // req: R-12.4.3.1-16
        if tree.is_blank(node) {
            return Err(UnmergedLeafError::Blank { parent, leaf: first });
        }
        return Ok(());
    };
    let Some(between) = tree.parent_ref(node) else {
        let (below_left, below_right) = split_leaves(node, leaves);
        check_below(tree, parent, left, below_left)?;
        return check_below(tree, parent, right, below_right);
    };
    let mut listed = between.unmerged();
    for &leaf in leaves {
        // req: R-12.4.3.1-17
        if !listed.by_ref().any(|other| other == leaf) {
            return Err(UnmergedLeafError::NotListedBetween { parent, node, leaf });
        }
    }
    Ok(())
}

/// What is wrong with a list of unmerged leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnmergedLeafError {
    /// The list is not strictly ascending (7.1).
    NotAscending {
        /// The parent with the list.
        parent: NodeIndex,
    },
    /// A leaf of the list is not below the parent, or not in the tree (12.4.3.1).
    NotBelow {
        /// The parent with the list.
        parent: NodeIndex,
        /// The leaf.
        leaf: LeafIndex,
    },
    /// A leaf of the list is blank (12.4.3.1).
    Blank {
        /// The parent with the list.
        parent: NodeIndex,
        /// The leaf.
        leaf: LeafIndex,
    },
    /// A non-blank node between the parent and a leaf of its list does not list the leaf (12.4.3.1).
    NotListedBetween {
        /// The parent with the list.
        parent: NodeIndex,
        /// The node between.
        node: NodeIndex,
        /// The leaf.
        leaf: LeafIndex,
    },
}

impl fmt::Display for UnmergedLeafError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAscending { parent } => {
                write!(f, "unmerged leaves of {parent:?} do not ascend")
            }
            Self::NotBelow { parent, leaf } => {
                write!(f, "{leaf:?}, unmerged at {parent:?}, is not below it")
            }
            Self::Blank { parent, leaf } => write!(f, "{leaf:?}, unmerged at {parent:?}, is blank"),
            Self::NotListedBetween { parent, node, leaf } => {
                write!(f, "{leaf:?}, unmerged at {parent:?}, is not unmerged at {node:?}")
            }
        }
    }
}

impl core::error::Error for UnmergedLeafError {}
