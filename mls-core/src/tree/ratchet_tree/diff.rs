//! What two versions of a tree do not share.

use alloc::vec::Vec;

use super::RatchetTree;
use super::edit::NodeEdit;
use super::iter::Nodes;
use super::link::Link;
use crate::tree::math::{NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;

impl RatchetTree {
    /// The edits that make `newer` of this tree, ascending by node, found by comparing pointers: O(changes) between
    /// versions of one tree. Nodes beyond a truncation come out as `None`. [`edit_resized`](Self::edit_resized) to
    /// `newer.size()` replays them.
    #[must_use]
    pub fn diff(&self, newer: &Self) -> Vec<NodeEdit> {
        // What one member's path changes.
        let mut edits = Vec::with_capacity(usize::from(newer.size.depth()).saturating_add(1));
        let common = self.size.min(newer.size);
        diff_links(self.left_spine(common), newer.left_spine(common), common.root(), &mut edits);
        for (tree, is_newer) in [(self, false), (newer, true)] {
            tree.for_each_beyond(common, &mut |node, bytes| edits.push((node, is_newer.then(|| bytes.clone()))));
        }
        edits
    }

    /// Number of nodes, blank parents included, that this tree does not share with `older`: what this version costs
    /// while `older` is kept.
    #[must_use]
    pub fn unshared_nodes(&self, older: &Self) -> usize {
        let common = self.size.min(older.size);
        let mut count = count_unshared(self.left_spine(common), older.left_spine(common));
        let mut size = common;
        while size < self.size {
            let Some(next) = size.doubled() else { break };
            if let Some(parent) = self.left_spine(next).parent() {
                let right = count_unshared(parent.right(), Link::BLANK_REF);
                count = count.saturating_add(right).saturating_add(1);
            }
            size = next;
        }
        count
    }

    /// The subtree of `size` at the left end.
    fn left_spine(&self, size: TreeSize) -> &Link {
        self.link(size.root()).unwrap_or(Link::BLANK_REF)
    }

    /// Visits the nodes that a tree of `size` does not have, in array order.
    fn for_each_beyond(&self, mut size: TreeSize, visit: &mut dyn FnMut(NodeIndex, &NodeBytes)) {
        while size < self.size {
            let Some(next) = size.doubled() else { return };
            let root = next.root();
            let link = self.left_spine(next);
            if let Some(payload) = link.payload() {
                visit(root, payload);
            }
            if let (Some(parent), Some(right)) = (link.parent(), root.right()) {
                Nodes::new(parent.right(), right).for_each(|(node, bytes)| visit(node, bytes));
            }
            size = next;
        }
    }
}

fn diff_links(old: &Link, new: &Link, node: NodeIndex, edits: &mut Vec<NodeEdit>) {
    if old.is_same(new) {
        return;
    }
    let ((old_left, old_right), (new_left, new_right)) = (halves(old), halves(new));
    if let Some(left) = node.left() {
        diff_links(old_left, new_left, left, edits);
    }
    if old.payload() != new.payload() {
        edits.push((node, new.payload().cloned()));
    }
    if let Some(right) = node.right() {
        diff_links(old_right, new_right, right, edits);
    }
}

fn count_unshared(new: &Link, old: &Link) -> usize {
    if new.is_same(old) || new.is_blank() {
        return 0;
    }
    let Some(parent) = new.parent() else { return 1 };
    let (old_left, old_right) = halves(old);
    let below = count_unshared(parent.left(), old_left).saturating_add(count_unshared(parent.right(), old_right));
    below.saturating_add(1)
}

fn halves(link: &Link) -> (&Link, &Link) {
    link.parent().map_or((Link::BLANK_REF, Link::BLANK_REF), |parent| (parent.left(), parent.right()))
}
