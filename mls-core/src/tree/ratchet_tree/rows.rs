//! A subtree of some hundred leaves at once, level by level: the parents of a level stand in one row.

use alloc::sync::Arc;
use alloc::vec::{IntoIter, Vec};
use core::iter::{self, Peekable, Zip};
use core::ops::RangeFrom;
use core::{mem, slice};

use mls_crypto_traits::{Digest, Suite};

use super::TreeError;
use super::build::Subtree;
use super::editor::{Slot, store};
use super::link::{HASHES_32, HASHES_48, HASHES_64, Link, ParentOf, Row};
use crate::tree::hash::{leaf_tree_hash, parent_tree_hash};
use crate::tree::key_index::{IndexChanges, KeySpace};
use crate::tree::math::NodeIndex;
use crate::tree::node_bytes::NodeBytes;
use crate::tree::summary::{Below, Summaries, SummaryId};
use crate::tree::view::{LeafView, ParentRef};

/// A subtree under way.
pub(super) struct Rows<'a> {
    suite: Suite<'a>,
    summaries: Summaries,
    changes: IndexChanges,
}

/// A node that is not blank.
pub(super) struct PartNode {
    pub(super) node: NodeIndex,
    pub(super) bytes: NodeBytes,
    /// Whether the leaf's tree hash stands behind its encoding.
    pub(super) hashed: bool,
}

/// Nodes that are not blank: on each level from the left, and the levels from below.
type Nodes = Peekable<IntoIter<PartNode>>;

/// What is left of a row.
type Free<'r, const N: usize> = Zip<RangeFrom<u32>, slice::IterMut<'r, ParentOf<[u8; N]>>>;

/// What the level above has to know of a node.
struct Made {
    /// Its place in the row; `None` where all is blank at and below it.
    place: Option<u32>,
    hash: Digest,
    summary: Option<SummaryId>,
}

impl<'a> Rows<'a> {
    /// `changes` have nothing in them yet.
    pub(super) fn new(suite: Suite<'a>, changes: IndexChanges) -> Self {
        Self { suite, summaries: Summaries::default(), changes }
    }

    /// The subtree of these nodes, which are at or below `root` and ascend strictly.
    pub(super) fn build(
        mut self,
        root: NodeIndex,
        mut nodes: Vec<PartNode>,
    ) -> Result<(Subtree, IndexChanges), TreeError> {
        nodes.sort_by_key(|at| at.node.level());
        let parents = nodes.split_off(nodes.partition_point(|at| at.node.is_leaf()));
        let (mut leaves, parents) = (nodes.into_iter().peekable(), parents.into_iter().peekable());
        let (link, hash) = if root.is_leaf() {
            let leaf = take(&mut leaves, root);
            self.read(root, leaf.as_ref())?;
            let hash = self.leaf_hash(root, leaf.as_ref())?;
            (PartNode::link(leaf), hash)
        } else {
            match self.suite.hash_len() {
                ..=32 => self.levels::<HASHES_32>(root, leaves, parents, Link::Inner32)?,
                33..=48 => self.levels::<HASHES_48>(root, leaves, parents, Link::Inner48)?,
                _ => self.levels::<HASHES_64>(root, leaves, parents, Link::Inner64)?,
            }
        };
        Ok((Subtree { root, link, hash: Slot::from(hash) }, self.changes))
    }

    fn levels<const N: usize>(
        &mut self,
        root: NodeIndex,
        mut leaves: Nodes,
        mut parents: Nodes,
        to_link: fn(Row<N>, u32) -> Link,
    ) -> Result<(Link, Digest), TreeError> {
        let nodes = leaves.len().saturating_add(parents.len());
        let width = |level| at_level(root, level).size_hint().1.unwrap_or_default();
        let (mut made, mut made_above) = (Vec::with_capacity(width(1)), Vec::with_capacity(width(2)));
        let mut row = blank_row(width(1).min(nodes));
        let mut free = free_in(&mut row);
        for node in at_level(root, 1) {
            let (Some(left), Some(right)) = (node.left(), node.right()) else { continue };
            let pair = [take(&mut leaves, left), take(&mut leaves, right)];
            let [left_leaf, right_leaf] = &pair;
            let (below_left, below_right) =
                (self.read(left, left_leaf.as_ref())?, self.read(right, right_leaf.as_ref())?);
            let summary = self.summaries.combine(below_left, below_right, None);
            let left_hash = self.leaf_hash(left, left_leaf.as_ref())?;
            let right_hash = self.leaf_hash(right, right_leaf.as_ref())?;
            let links = pair.map(PartNode::link);
            let payload = take(&mut parents, node).map(|at| at.bytes);
            let hash = parent_tree_hash(self.suite, payload.as_deref(), &left_hash, &right_hash)?;
            let place = self.parent(node, payload, links, [&left_hash, &right_hash], summary, &mut free)?;
            made.push(Made { place, hash, summary });
        }
        for level in 2..=root.level() {
            let below = mem::replace(&mut row, blank_row(width(level).min(nodes)));
            let mut free = free_in(&mut row);
            for (node, [left, right]) in at_level(root, level).zip(made.as_chunks::<2>().0) {
                let summary = self.summaries.combine(left.below(), right.below(), None);
                let links = [left, right].map(|made| made.link(&below, to_link));
                let payload = take(&mut parents, node).map(|at| at.bytes);
                let hash = parent_tree_hash(self.suite, payload.as_deref(), &left.hash, &right.hash)?;
                let place = self.parent(node, payload, links, [&left.hash, &right.hash], summary, &mut free)?;
                made_above.push(Made { place, hash, summary });
            }
            mem::swap(&mut made, &mut made_above);
            made_above.clear();
        }
        let top = made.first().ok_or(TreeError::IndexOutOfTree(root))?;
        Ok((top.link(&row, to_link), top.hash))
    }

    /// Reads a leaf.
    fn read<'l>(&mut self, node: NodeIndex, leaf: Option<&'l PartNode>) -> Result<Below<'l>, TreeError> {
        let Some(leaf) = leaf else { return Ok(Below::Nobody) };
        let LeafView { keys, profile } = LeafView::from_bytes(&leaf.bytes)?;
        self.changes.add(KeySpace::Encryption, keys.encryption_key, node);
        self.changes.add(KeySpace::Signature, keys.signature_key, node);
        Ok(Below::Leaf(profile))
    }

    #[inline]
    fn leaf_hash(&self, node: NodeIndex, leaf: Option<&PartNode>) -> Result<Digest, TreeError> {
        if let Some(known) = leaf.and_then(PartNode::known_hash).filter(|hash| hash.len() == self.suite.hash_len()) {
            return Ok(known);
        }
        let index = node.leaf().ok_or(TreeError::IndexOutOfTree(node))?;
        Ok(leaf_tree_hash(self.suite, index, leaf.map(|leaf| &*leaf.bytes))?)
    }

    /// Reads a parent and puts it into the row. Its place there, `None` where all is blank at and below it.
    fn parent<const N: usize>(
        &mut self,
        node: NodeIndex,
        payload: Option<NodeBytes>,
        [left, right]: [Link; 2],
        [left_hash, right_hash]: [&Digest; 2],
        summary: Option<SummaryId>,
        free: &mut Free<'_, N>,
    ) -> Result<Option<u32>, TreeError> {
        let read = payload.as_deref().map(ParentRef::from_bytes).transpose()?;
        if let Some(parent) = &read {
            self.changes.add(KeySpace::Encryption, parent.encryption_key, node);
        }
        let resolved = match &read {
            Some(parent) => parent.resolution_len(),
            None => left.resolution_len().saturating_add(right.resolution_len()),
        };
        if payload.is_none() && left.is_blank() && right.is_blank() {
            return Ok(None);
        }
        let Some((place, parent)) = free.next() else { return Err(TreeError::IndexOutOfTree(node)) };
        for (slot, hash) in parent.hashes.chunks_exact_mut(N / 2).zip([left_hash, right_hash]) {
            store(slot, self.suite.hash_len(), hash)?;
        }
        parent.resolved = resolved;
        parent.members = left.members().saturating_add(right.members());
        (parent.left, parent.right, parent.payload) = (left, right, payload);
        parent.summary = summary.and_then(|id| self.summaries.get(id)).cloned();
        Ok(Some(place))
    }
}

impl PartNode {
    fn known_hash(&self) -> Option<Digest> {
        self.hashed.then(|| Digest::from_slice(self.bytes.behind())).flatten()
    }

    fn link(leaf: Option<Self>) -> Link {
        leaf.map_or(Link::BLANK, |leaf| Link::Leaf(leaf.bytes))
    }
}

impl Made {
    fn below(&self) -> Below<'static> {
        self.summary.map_or(Below::Nobody, Below::Known)
    }

    fn link<const N: usize>(&self, row: &Row<N>, to_link: fn(Row<N>, u32) -> Link) -> Link {
        self.place.map_or(Link::BLANK, |place| to_link(Arc::clone(row), place))
    }
}

/// A row to be filled from its beginning; what is left of it is not linked to.
fn blank_row<const N: usize>(parents: usize) -> Row<N> {
    iter::repeat_with(ParentOf::blank).take(parents).collect()
}

fn free_in<const N: usize>(row: &mut Row<N>) -> Free<'_, N> {
    (0..).zip(Arc::get_mut(row).unwrap_or_default())
}

/// The node, where it is not blank.
fn take(nodes: &mut Nodes, node: NodeIndex) -> Option<PartNode> {
    nodes.next_if(|next| next.node == node)
}

/// The nodes of that level at or below `root`, from the left.
fn at_level(root: NodeIndex, level: u8) -> impl Iterator<Item = NodeIndex> {
    let (first, last) = root.leaf_range();
    let width = 1_u32.checked_shl(level.into()).unwrap_or_default();
    let first = first.node().as_u32().saturating_add(width.saturating_sub(1));
    let step = usize::try_from(width).unwrap_or_default().saturating_mul(2);
    (first..=last.node().as_u32()).step_by(step).filter_map(NodeIndex::new)
}
