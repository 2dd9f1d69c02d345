//! The record of a tree node that a store in memory and the trees that are made of it have in common.

use alloc::sync::Arc;
use core::{fmt, iter};

use crate::tree::math::NodeIndex;
use crate::tree::node_bytes::NodeBytes;

/// What a delta says of a tree node's record: its value and, where it is a leaf's, the leaf's tree hash.
#[derive(Clone, Copy)]
pub struct NodeValue<'a> {
    pub(super) node: NodeIndex,
    pub(super) value: &'a [u8],
    /// Empty where it is not known.
    pub(super) hash: &'a [u8],
}

/// The record of a tree node, as a store keeps it that hands it over by [`RecordSet::share_nodes`]. `clone` is O(1).
///
/// A leaf that was put by a delta of the engine has its tree hash with it (RFC 9420 section 7.8): neither changes without
/// the other, and a tree that is loaded does not compute it anew. It never leaves the process.
///
/// ```
/// use mls_core::record::SharedNode;
/// use mls_core::tree::math::LeafIndex;
///
/// let node = LeafIndex::ZERO.node();
/// let stored = SharedNode::new(node, b"a record");
/// assert_eq!((stored.node(), stored.value()), (node, &b"a record"[..]));
/// ```
///
/// [`RecordSet::share_nodes`]: super::RecordSet::share_nodes
#[derive(Clone)]
pub struct SharedNode {
    node: NodeIndex,
    /// The value; behind it, in the same block, the hash.
    value: NodeBytes,
}

impl NodeValue<'_> {
    /// Which node it is.
    #[must_use]
    pub const fn node(&self) -> NodeIndex {
        self.node
    }

    fn copy_to(&self, block: &mut [u8]) {
        if let Some((value, hash)) = block.split_at_mut_checked(self.value.len())
            && hash.len() == self.hash.len()
        {
            value.copy_from_slice(self.value);
            hash.copy_from_slice(self.hash);
        }
    }
}

impl SharedNode {
    /// A record of which nothing is known but its value.
    #[must_use]
    pub fn new(node: NodeIndex, value: &[u8]) -> Self {
        Self::from(NodeValue { node, value, hash: &[] })
    }

    /// Which node it is.
    #[must_use]
    pub const fn node(&self) -> NodeIndex {
        self.node
    }

    /// The record's value.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Puts another record in its place. One that is as long is written over, unless somebody else has it as well.
    pub fn replace(&mut self, new: NodeValue<'_>) {
        let fits = (self.value().len(), self.value.behind().len()) == (new.value.len(), new.hash.len());
        match Arc::get_mut(&mut self.value.block) {
            Some(own) if fits => {
                new.copy_to(own);
                self.node = new.node;
            }
            _ => *self = Self::from(new),
        }
    }

    pub(super) const fn bytes(&self) -> &NodeBytes {
        &self.value
    }
}

impl From<NodeValue<'_>> for SharedNode {
    fn from(new: NodeValue<'_>) -> Self {
        let len = new.value.len().saturating_add(new.hash.len());
        let mut block: Arc<[u8]> = iter::repeat_n(0, len).collect();
        if let Some(own) = Arc::get_mut(&mut block) {
            new.copy_to(own);
        }
        Self { node: new.node, value: NodeBytes::part(&block, 0..new.value.len()) }
    }
}

impl fmt::Debug for NodeValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node, value: _, hash: _ } = self;
        f.debug_struct("NodeValue").field("node", node).finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node, value: _ } = self;
        f.debug_struct("SharedNode").field("node", node).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
