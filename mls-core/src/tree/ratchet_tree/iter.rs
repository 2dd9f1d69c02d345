//! Walks over the nodes that are not blank.

use alloc::vec::Vec;

use super::link::{Link, Parent};
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::node_bytes::NodeBytes;

/// The nodes that are not blank, in array order.
#[derive(Clone)]
pub struct Nodes<'a> {
    /// Parents whose left half is done, outermost first; at most one a level.
    above: Vec<(&'a Parent, NodeIndex)>,
    next: Option<(&'a Link, NodeIndex)>,
}

impl<'a> Nodes<'a> {
    pub(super) const fn new(root: &'a Link, node: NodeIndex) -> Self {
        Self { above: Vec::new(), next: Some((root, node)) }
    }
}

impl<'a> Iterator for Nodes<'a> {
    type Item = (NodeIndex, &'a NodeBytes);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            // Down to the left as far as it goes.
            while let Some((link, node)) = self.next.take() {
                if let Link::Leaf(bytes) = link {
                    return Some((node, bytes));
                }
                if let Some(parent) = link.parent() {
                    self.above.push((parent, node));
                    self.next = node.left().map(|left| (parent.left(), left));
                }
            }
            let (parent, node) = self.above.pop()?;
            self.next = node.right().map(|right| (parent.right(), right));
            if let Some(bytes) = &parent.payload {
                return Some((node, bytes));
            }
        }
    }
}

impl core::fmt::Debug for Nodes<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Nodes").finish_non_exhaustive()
    }
}

/// The leaves that are not blank, from the left.
#[derive(Clone, Debug)]
pub struct Leaves<'a>(Nodes<'a>);

impl<'a> Leaves<'a> {
    pub(super) const fn new(nodes: Nodes<'a>) -> Self {
        Self(nodes)
    }
}

impl<'a> Iterator for Leaves<'a> {
    type Item = (LeafIndex, &'a NodeBytes);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.find_map(|(node, bytes)| Some((node.leaf()?, bytes)))
    }
}
