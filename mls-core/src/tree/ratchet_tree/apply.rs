//! Proposals and paths applied to the tree (RFC 9420 sections 7.5 and 12.1.1 to 12.1.3).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_crypto_traits::Suite;

use super::edit::NodeEdit;
use super::link::{Link, collect_blanks};
use super::{RatchetTree, TreeError};
use crate::tree::math::{LeafIndex, NodeIndex, TreeSize, direct_path};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::parent_node::encode_parent;
use crate::tree::view::ParentRef;

/// What becomes of one leaf.
struct LeafChange {
    leaf: LeafIndex,
    bytes: Option<NodeBytes>,
    /// Updated or removed, so that the direct path is blanked; else added.
    blanks_path: bool,
}

impl RatchetTree {
    /// The tree after these Updates, Removes and Adds, in the order of RFC 9420 section 12.3, and the leaves that the
    /// Adds went to, in their order. One batch: every touched node is hashed once.
    ///
    /// Whether keys repeat afterwards is not checked.
    ///
    /// # Errors
    /// [`TreeError::BlankLeaf`] and [`TreeError::IndexOutOfTree`] for an Update or Remove of no member,
    /// [`TreeError::RepeatedLeaf`] for two of one member, [`TreeError::TooManyLeaves`], [`TreeError::Decode`] for an
    /// encoding that is none, [`TreeError::Crypto`] from the provider.
    pub fn apply_changes(
        &self,
        suite: Suite<'_>,
        updates: &[(LeafIndex, NodeBytes)],
        removes: &[LeafIndex],
        adds: &[NodeBytes],
    ) -> Result<(Self, Vec<LeafIndex>), TreeError> {
        let mut changes = BTreeMap::new();
        let updates = updates.iter().map(|(leaf, bytes)| (*leaf, Some(bytes)));
        for (leaf, bytes) in updates.chain(removes.iter().map(|leaf| (*leaf, None))) {
            if !self.size.contains_leaf(leaf) {
                return Err(TreeError::IndexOutOfTree(leaf.node()));
            }
            // req: R-12.1.3-01
            if self.leaf_bytes(leaf).is_none() {
                return Err(TreeError::BlankLeaf(leaf));
            }
            // req: R-12.1.2-02
            let change = LeafChange { leaf, bytes: bytes.cloned(), blanks_path: true };
            if changes.insert(leaf, change).is_some() {
                return Err(TreeError::RepeatedLeaf(leaf));
            }
        }
        let added = self.slots(removes, adds.len())?;
        for (leaf, bytes) in added.iter().zip(adds) {
            // A slot that this very change vacated keeps its blanked path.
            let change =
                changes.entry(*leaf).or_insert_with(|| LeafChange { leaf: *leaf, bytes: None, blanks_path: false });
            // req: R-12.1.1-05
            change.bytes = Some(bytes.clone());
        }
        let changes: Vec<LeafChange> = changes.into_values().collect();

        let last = added.iter().max().map_or(0, |leaf| leaf.as_u32());
        // req: R-12.1.1-03
        let size = TreeSize::for_leaves(last.saturating_add(1)).ok_or(TreeError::TooManyLeaves)?.max(self.size);
        let mut edits = Vec::new();
        plan_all(self, &changes, &mut edits)?;
        // Removes before Adds truncate first; as Adds take the leftmost leaves either way, once at the end is the same.
        // req: R-12.1.3-03
        let tree = self.clone().edit_resized(suite, size, edits)?.truncate(suite)?;
        Ok((tree, added))
    }

    /// The tree after a path from `sender` (RFC 9420 section 7.5): `leaf` and `parents` are installed, in any order,
    /// and the rest of the direct path is blanked. A `sender` just beyond a full tree (an external joiner) extends it.
    ///
    /// # Errors
    /// [`TreeError::NotOnDirectPath`], [`TreeError::IndexOutOfTree`], [`TreeError::NotAscending`] for a parent named
    /// twice, [`TreeError::TooManyLeaves`], [`TreeError::Decode`] for an encoding that is none, [`TreeError::Crypto`]
    /// from the provider.
    pub fn set_path(
        &self,
        suite: Suite<'_>,
        sender: LeafIndex,
        leaf: NodeBytes,
        parents: &[(NodeIndex, NodeBytes)],
    ) -> Result<Self, TreeError> {
        let size = if sender.as_u32() == self.size.leaf_count() {
            self.size.doubled().ok_or(TreeError::TooManyLeaves)?
        } else if self.size.contains_leaf(sender) {
            self.size
        } else {
            return Err(TreeError::IndexOutOfTree(sender.node()));
        };
        let mut path: Vec<NodeEdit> = Vec::with_capacity(usize::from(size.depth()).saturating_add(1));
        path.extend(direct_path(sender, size).map(|node| (node, None)));
        path.sort_unstable_by_key(|(node, _)| *node);
        for (node, bytes) in parents {
            let place = path.binary_search_by_key(node, |(node, _)| *node);
            let (_, slot) =
                place.ok().and_then(|place| path.get_mut(place)).ok_or(TreeError::NotOnDirectPath(*node))?;
            if slot.replace(bytes.clone()).is_some() {
                return Err(TreeError::NotAscending(*node));
            }
        }
        let place = path.partition_point(|(node, _)| *node < sender.node());
        path.insert(place, (sender.node(), Some(leaf)));
        self.clone().edit_resized(suite, size, path)
    }

    /// Where the next new member goes: the leftmost blank leaf, or the first one of the extended tree; `None` in a
    /// full tree of 2^31 leaves (RFC 9420 section 12.1.1).
    #[must_use]
    pub fn next_free_leaf(&self) -> Option<LeafIndex> {
        self.leftmost_blank().or_else(|| LeafIndex::new(self.size.leaf_count()))
    }

    /// The leaves that `wanted` Adds go to once `removed` are blank.
    // req: R-12.1.1-02, R-12.1.1-03
    fn slots(&self, removed: &[LeafIndex], wanted: usize) -> Result<Vec<LeafIndex>, TreeError> {
        let mut slots = Vec::new();
        if wanted == 0 {
            return Ok(slots);
        }
        collect_blanks(&self.root, self.size.root(), wanted, &mut slots);
        slots.extend_from_slice(removed);
        slots.sort_unstable();
        slots.truncate(wanted);
        let mut next = LeafIndex::new(self.size.leaf_count());
        while slots.len() < wanted {
            let leaf = next.ok_or(TreeError::TooManyLeaves)?;
            slots.push(leaf);
            next = leaf.next();
        }
        Ok(slots)
    }
}

/// Turns leaf changes into node edits, in array order.
fn plan_all(tree: &RatchetTree, changes: &[LeafChange], edits: &mut Vec<NodeEdit>) -> Result<(), TreeError> {
    let inside = changes.partition_point(|change| tree.size.contains_leaf(change.leaf));
    let (inside, beyond) = changes.split_at_checked(inside).unwrap_or_default();
    plan(&tree.root, tree.size.root(), inside, edits)?;
    // Beyond the old root everything is blank: leaves only.
    edits.extend(beyond.iter().map(|change| (change.leaf.node(), change.bytes.clone())));
    Ok(())
}

fn plan(link: &Link, node: NodeIndex, changes: &[LeafChange], edits: &mut Vec<NodeEdit>) -> Result<(), TreeError> {
    if changes.is_empty() {
        return Ok(());
    }
    let (Some(parent), Some(left), Some(right)) = (link.parent(), node.left(), node.right()) else {
        // A leaf, or blank from here down.
        edits.extend(changes.iter().map(|change| (change.leaf.node(), change.bytes.clone())));
        return Ok(());
    };
    let middle = changes.partition_point(|change| change.leaf.node() < node);
    let (left_changes, right_changes) = changes.split_at_checked(middle).unwrap_or_default();
    plan(parent.left(), left, left_changes, edits)?;
    if let Some(payload) = link.payload() {
        // req: R-12.1.2-03, R-12.1.3-02
        let bytes = if changes.iter().any(|change| change.blanks_path) {
            None
        } else {
            // req: R-12.1.1-04
            Some(with_unmerged(payload, changes)?)
        };
        edits.push((node, bytes));
    }
    plan(parent.right(), right, right_changes, edits)
}

/// The encoded parent with the changed leaves among its unmerged ones, in order.
fn with_unmerged(parent: &[u8], changes: &[LeafChange]) -> Result<NodeBytes, TreeError> {
    let parent = ParentRef::from_bytes(parent)?;
    let mut leaves = Vec::with_capacity(parent.unmerged_len().saturating_add(changes.len()));
    leaves.extend(parent.unmerged().chain(changes.iter().map(|change| change.leaf)));
    leaves.sort_unstable();
    leaves.dedup();
    let mut bytes = Vec::new();
    encode_parent(&mut bytes, parent.encryption_key, parent.parent_hash, &leaves)?;
    Ok(NodeBytes::from(bytes))
}
