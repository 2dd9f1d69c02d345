//! Resolutions and the filtered direct path (RFC 9420 sections 4.1.1 and 4.1.2).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::math::{LeafIndex, NodeIndex, TreeSize, direct_path};
use super::ratchet_tree::RatchetTree;
use super::ratchet_tree::link::Link;
use super::view::ParentRef;

/// One node of a filtered direct path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathStep {
    /// The node on the direct path.
    pub node: NodeIndex,
    /// Its child on the copath; its resolution is not empty.
    pub copath_child: NodeIndex,
}

impl RatchetTree {
    /// The resolution of `node` (RFC 9420 section 4.1.1); empty outside the tree.
    #[must_use]
    pub fn resolution(&self, node: NodeIndex) -> Vec<NodeIndex> {
        let mut nodes = Vec::new();
        if let Some(link) = self.link(node) {
            resolve(link, node, &mut nodes);
        }
        nodes
    }

    /// The resolution of `node` less the leaves of `excluded`: those that new path secrets are encrypted to, new
    /// members left out (RFC 9420 section 7.6).
    #[must_use]
    pub fn resolution_excluding(&self, node: NodeIndex, excluded: &BTreeSet<LeafIndex>) -> Vec<NodeIndex> {
        let mut nodes = self.resolution(node);
        nodes.retain(|node| node.leaf().is_none_or(|leaf| !excluded.contains(&leaf)));
        nodes
    }

    /// The direct path of `leaf`, from the bottom, without the nodes whose copath child has an empty resolution (RFC
    /// 9420 section 4.1.2).
    ///
    /// For the leaf just beyond the tree it is that of the extended tree, in which an external joiner of a full group
    /// stands; empty for any other leaf outside.
    // req: R-4.1.2-03
    #[must_use]
    pub fn filtered_direct_path(&self, leaf: LeafIndex) -> Vec<PathStep> {
        let size = self.size();
        if leaf.as_u32() == size.leaf_count() {
            return self.path_of_next_leaf(size).into_iter().collect();
        }
        let mut child = leaf.node();
        let mut steps = Vec::new();
        for node in direct_path(leaf, size) {
            if let Some(copath_child) = child.sibling(size)
                && !self.is_subtree_blank(copath_child)
            {
                steps.push(PathStep { node, copath_child });
            }
            child = node;
        }
        steps
    }

    /// Only the new root has anything on the other side: this tree.
    fn path_of_next_leaf(&self, size: TreeSize) -> Option<PathStep> {
        let step = PathStep { node: size.doubled()?.root(), copath_child: size.root() };
        (!self.is_subtree_blank(size.root())).then_some(step)
    }
}

// req: R-4.1.1-02, R-4.1.1-03, R-4.1.1-04
fn resolve(link: &Link, node: NodeIndex, nodes: &mut Vec<NodeIndex>) {
    if let Some(payload) = link.payload() {
        nodes.push(node);
        if !node.is_leaf()
            && let Ok(parent) = ParentRef::from_bytes(payload)
        {
            nodes.extend(parent.unmerged().map(LeafIndex::node));
        }
    } else if let (Some(parent), Some(left), Some(right)) = (link.parent(), node.left(), node.right()) {
        resolve(parent.left(), left, nodes);
        resolve(parent.right(), right, nodes);
    }
}
