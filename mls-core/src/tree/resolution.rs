//! Resolutions and the filtered direct path (RFC 9420 sections 4.1.1 and 4.1.2).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::math::{LeafIndex, NodeIndex, TreeSize};
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

    /// How many nodes [`resolution`](Self::resolution) has. Costs a way down, not a subtree.
    #[must_use]
    pub fn resolution_len(&self, node: NodeIndex) -> u32 {
        self.link(node).map_or(0, Link::resolution_len)
    }

    /// The direct path of `leaf`, from the bottom, without the nodes whose copath child has an empty resolution (RFC
    /// 9420 section 4.1.2).
    ///
    /// For the leaf just beyond the tree it is that of the extended tree, in which an external joiner of a full group
    /// stands; empty for any other leaf outside.
    // req: R-4.1.2-03
    #[must_use]
    pub fn filtered_direct_path(&self, leaf: LeafIndex) -> Vec<PathStep> {
        self.copath(leaf).iter().map(|child| child.step).collect()
    }

    /// The filtered direct path with what hangs beside it, in one way down.
    pub(super) fn copath(&self, leaf: LeafIndex) -> Vec<CopathChild<'_>> {
        let size = self.size();
        if leaf.as_u32() == size.leaf_count() {
            return self.beside_next_leaf(size).into_iter().collect();
        }
        let mut children = Vec::new();
        if !size.contains_leaf(leaf) {
            return children;
        }
        children.reserve(usize::from(size.depth()));
        let (mut node, mut link) = (size.root(), self.root_link());
        // Below a blank subtree every copath child is blank.
        while let (Some(parent), Some(left), Some(right)) = (link.parent(), node.left(), node.right()) {
            let goes_left = leaf.node() < node;
            let (below, beside, copath_child) =
                if goes_left { (left, parent.right(), right) } else { (right, parent.left(), left) };
            if !beside.is_blank()
                && let Some(hash) = parent.child_hash_bytes(!goes_left, self.root_hash().len())
            {
                children.push(CopathChild { step: PathStep { node, copath_child }, link: beside, hash });
            }
            (node, link) = (below, if goes_left { parent.left() } else { parent.right() });
        }
        children.reverse();
        children
    }

    /// Only the new root has anything on the other side: this tree.
    fn beside_next_leaf(&self, size: TreeSize) -> Option<CopathChild<'_>> {
        let step = PathStep { node: size.doubled()?.root(), copath_child: size.root() };
        let link = self.root_link();
        (!link.is_blank()).then_some(CopathChild { step, link, hash: self.root_hash() })
    }
}

/// A child of the copath that is not wholly blank.
pub(super) struct CopathChild<'t> {
    pub(super) step: PathStep,
    link: &'t Link,
    /// Its tree hash.
    pub(super) hash: &'t [u8],
}

impl CopathChild<'_> {
    /// How many nodes its resolution has without the leaves of `excluded`.
    pub(super) fn resolution_len(&self, excluded: &BTreeSet<LeafIndex>) -> usize {
        resolution_len(self.link, self.step.copath_child, excluded)
    }

    /// Which node of its resolution, `excluded` left out, is the first at or above `own` whose key is `held`, and which
    /// place it has there.
    pub(super) fn recipient(
        &self,
        own: LeafIndex,
        held: impl Fn(NodeIndex) -> bool,
        excluded: &BTreeSet<LeafIndex>,
    ) -> Option<(usize, NodeIndex)> {
        let (mut node, mut link, mut before) = (self.step.copath_child, self.link, 0_usize);
        loop {
            if let Some(payload) = link.payload() {
                if held(node) {
                    return Some((before, node));
                }
                let parent = (!node.is_leaf()).then(|| ParentRef::from_bytes(payload).ok())??;
                let place = parent.unmerged().filter(|leaf| !excluded.contains(leaf)).position(|leaf| leaf == own)?;
                let node = own.node();
                return held(node).then_some((before.saturating_add(place).saturating_add(1), node));
            }
            let (parent, left, right) = (link.parent()?, node.left()?, node.right()?);
            if own.node() < node {
                (node, link) = (left, parent.left());
            } else {
                before = before.saturating_add(resolution_len(parent.left(), left, excluded));
                (node, link) = (right, parent.right());
            }
        }
    }
}

fn resolution_len(link: &Link, node: NodeIndex, excluded: &BTreeSet<LeafIndex>) -> usize {
    let (first, last) = node.leaf_range();
    let left_out = excluded.range(first..=last).filter(|leaf| is_resolved(link, node, **leaf)).count();
    usize::try_from(link.resolution_len()).unwrap_or(usize::MAX).saturating_sub(left_out)
}

/// Whether `leaf`, which is below `node`, is itself in the resolution of `node`.
fn is_resolved(mut link: &Link, mut node: NodeIndex, leaf: LeafIndex) -> bool {
    loop {
        if let Some(payload) = link.payload() {
            return node.is_leaf()
                || ParentRef::from_bytes(payload).is_ok_and(|parent| parent.unmerged().any(|other| other == leaf));
        }
        let (Some(parent), Some(left), Some(right)) = (link.parent(), node.left(), node.right()) else {
            return false;
        };
        (node, link) = if leaf.node() < node { (left, parent.left()) } else { (right, parent.right()) };
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
