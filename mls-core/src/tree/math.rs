//! Tree indices (RFC 9420 section 4.1 and Appendix C).
//!
//! A node's index is its position in the array of Appendix C: leaf `i` stands at `2i`, parents between their
//! leaves. Positions never change when a tree is extended or truncated. Every index that a type here can hold
//! is below 2^32 - 1, so the arithmetic cannot leave the largest tree there is (2^31 leaves).

mod codec;

use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader};

/// The greatest depth a tree can have: 2^31 leaves.
pub const MAX_DEPTH: u8 = 31;

/// A leaf's number, counted from the left (RFC 9420 section 4.1.1). Always below 2^31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafIndex(u32);

impl LeafIndex {
    /// The first leaf.
    pub const ZERO: Self = Self(0);

    /// The leaf numbered `index`, or `None` where that is 2^31 or more and no tree can hold it.
    #[must_use]
    pub const fn new(index: u32) -> Option<Self> {
        // req: R-4.1.1-01
        if index < 1 << 31 { Some(Self(index)) } else { None }
    }

    /// The number itself.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// The node this leaf is (array position `2i`).
    #[must_use]
    pub const fn node(self) -> NodeIndex {
        NodeIndex(self.0 << 1)
    }

    /// The next leaf to the right, unless this is the last that any tree can hold.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0.wrapping_add(1))
    }
}

impl fmt::Debug for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeafIndex({})", self.0)
    }
}

impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Encode for LeafIndex {
    fn encoded_len(&self) -> usize {
        self.0.encoded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.0.encode(out)
    }
}

/// Refuses 2^31 and above with [`DecodeErrorKind::InvalidValue`].
impl Decode for LeafIndex {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = r.offset();
        Self::new(u32::decode(r)?).ok_or_else(|| DecodeError::new(DecodeErrorKind::InvalidValue, at))
    }
}

/// A node's position in the array representation (RFC 9420 Appendix C). Always below 2^32 - 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(u32);

impl NodeIndex {
    /// The node at array position `index`, or `None` for `u32::MAX`, which no tree has.
    #[must_use]
    pub const fn new(index: u32) -> Option<Self> {
        if index < u32::MAX { Some(Self(index)) } else { None }
    }

    /// The array position.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// Whether this is the position of a leaf (even) and not of a parent (odd).
    #[must_use]
    pub const fn is_leaf(self) -> bool {
        self.0 & 1 == 0
    }

    /// Height above the leaves: 0 for a leaf, at most 31.
    #[must_use]
    pub const fn level(self) -> u8 {
        // At most 31, since `u32::MAX` is no node.
        self.0.trailing_ones().to_le_bytes()[0]
    }

    /// The leaf at this position, `None` for a parent.
    #[must_use]
    pub const fn leaf(self) -> Option<LeafIndex> {
        if self.is_leaf() { Some(LeafIndex(self.0 >> 1)) } else { None }
    }

    /// The left child, `None` for a leaf.
    #[must_use]
    pub const fn left(self) -> Option<Self> {
        // req: R-C-01
        if self.is_leaf() { None } else { Some(Self(self.0 ^ self.child_bit())) }
    }

    /// The right child, `None` for a leaf.
    #[must_use]
    pub const fn right(self) -> Option<Self> {
        if self.is_leaf() { None } else { Some(Self(self.0 ^ self.child_bit().wrapping_mul(3))) }
    }

    /// The parent in a tree of `size`; `None` for its root and for a node outside it.
    #[must_use]
    pub const fn parent(self, size: TreeSize) -> Option<Self> {
        if size.contains(self) && self.0 != size.root().0 { Some(self.parent_anywhere()) } else { None }
    }

    /// The other child of this node's parent; `None` for the root and for a node outside the tree.
    #[must_use]
    pub const fn sibling(self, size: TreeSize) -> Option<Self> {
        if !size.contains(self) || self.0 == size.root().0 {
            return None;
        }
        Some(Self(self.0 ^ ((1u32 << self.level()) << 1)))
    }

    /// Whether `leaf` is this node or stands below it.
    #[must_use]
    pub const fn covers(self, leaf: LeafIndex) -> bool {
        let (first, last) = self.leaf_range();
        first.0 <= leaf.0 && leaf.0 <= last.0
    }

    /// The first and the last leaf below this node, both inclusive (a leaf is its own range).
    #[must_use]
    pub const fn leaf_range(self) -> (LeafIndex, LeafIndex) {
        let reach = (1u32 << self.level()).wrapping_sub(1);
        (LeafIndex(self.0.wrapping_sub(reach) >> 1), LeafIndex(self.0.wrapping_add(reach) >> 1))
    }

    /// The parent in any tree where this is not the root; the root of the largest tree stays itself.
    const fn parent_anywhere(self) -> Self {
        let level_bit = 1u32 << self.level();
        Self((self.0 | level_bit) & !(level_bit << 1))
    }

    /// The bit that tells this parent from its left child.
    const fn child_bit(self) -> u32 {
        (1u32 << self.level()) >> 1
    }
}

impl fmt::Debug for NodeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeIndex({})", self.0)
    }
}

impl fmt::Display for NodeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<LeafIndex> for NodeIndex {
    fn from(leaf: LeafIndex) -> Self {
        leaf.node()
    }
}

/// The size of a tree, which is always a perfect binary tree (RFC 9420 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeSize {
    depth: u8,
}

impl TreeSize {
    /// The smallest tree: one leaf.
    pub const ONE: Self = Self { depth: 0 };

    /// The tree with 2^`depth` leaves, or `None` beyond [`MAX_DEPTH`].
    #[must_use]
    pub const fn from_depth(depth: u8) -> Option<Self> {
        // req: R-4.1-01
        if depth <= MAX_DEPTH { Some(Self { depth }) } else { None }
    }

    /// The smallest tree with at least `leaves` leaves, or `None` where that is more than 2^31.
    #[must_use]
    pub const fn for_leaves(leaves: u32) -> Option<Self> {
        match leaves.checked_next_power_of_two() {
            Some(width) => Self::from_depth(width.trailing_zeros().to_le_bytes()[0]),
            None => None,
        }
    }

    /// The smallest tree with at least `nodes` array positions (RFC 9420 section 12.4.3.3).
    #[must_use]
    pub const fn for_nodes(nodes: u32) -> Option<Self> {
        // Positions 0..nodes hold the leaves 0..=(nodes - 1) / 2, and a parent at the end needs its right leaf.
        Self::for_leaves((nodes >> 1).wrapping_add(1))
    }

    /// Levels below the root.
    #[must_use]
    pub const fn depth(self) -> u8 {
        self.depth
    }

    /// Number of leaves, 2^depth.
    #[must_use]
    pub const fn leaf_count(self) -> u32 {
        1 << self.depth
    }

    /// Number of nodes, 2^(depth + 1) - 1.
    #[must_use]
    pub const fn node_count(self) -> u32 {
        // The largest tree has 2^32 - 1: the doubling wraps to 0, and the decrement back.
        (self.leaf_count() << 1).wrapping_sub(1)
    }

    /// The root.
    #[must_use]
    pub const fn root(self) -> NodeIndex {
        NodeIndex(self.leaf_count().wrapping_sub(1))
    }

    /// Whether `node` is in the tree.
    #[must_use]
    pub const fn contains(self, node: NodeIndex) -> bool {
        node.0 < self.node_count()
    }

    /// Whether `leaf` is in the tree.
    #[must_use]
    pub const fn contains_leaf(self, leaf: LeafIndex) -> bool {
        leaf.0 < self.leaf_count()
    }

    /// The tree of twice as many leaves, `None` at [`MAX_DEPTH`] (RFC 9420 section 7.7).
    #[must_use]
    pub const fn doubled(self) -> Option<Self> {
        Self::from_depth(self.depth.wrapping_add(1))
    }

    /// The tree of half as many leaves, `None` for one leaf (RFC 9420 section 7.7).
    #[must_use]
    pub const fn halved(self) -> Option<Self> {
        match self.depth.checked_sub(1) {
            Some(depth) => Some(Self { depth }),
            None => None,
        }
    }
}

/// The lowest node that has both `a` and `b` at or below it.
#[must_use]
pub fn common_ancestor(a: NodeIndex, b: NodeIndex) -> NodeIndex {
    let (mut node, other) = if a.level() < b.level() { (b, a) } else { (a, b) };
    let (leaf, _) = other.leaf_range();
    while !node.covers(leaf) {
        node = node.parent_anywhere();
    }
    node
}

/// The ancestors of `leaf`, parent first, root last (RFC 9420 section 4.1.2). Empty for a leaf outside the tree.
// req: R-4.1.2-01
pub fn direct_path(leaf: LeafIndex, size: TreeSize) -> impl Iterator<Item = NodeIndex> + Clone {
    core::iter::successors(leaf.node().parent(size), move |node| node.parent(size))
}

/// The siblings of `leaf` and of its ancestors below the root, lowest first (RFC 9420 section 4.1.2).
// req: R-4.1.2-02
pub fn copath(leaf: LeafIndex, size: TreeSize) -> impl Iterator<Item = NodeIndex> + Clone {
    core::iter::successors(Some(leaf.node()), move |node| node.parent(size)).filter_map(move |node| node.sibling(size))
}

#[cfg(test)]
mod tests;
