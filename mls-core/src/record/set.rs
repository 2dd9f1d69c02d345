//! A set of records as a store reads it.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::{fmt, mem};

use mls_crypto_traits::SecretBytes;

use super::blocks::{Blocks, Place, Shared};
use super::key::{GroupId, RecordKey};
use super::shared_node::SharedNode;
use crate::tree::math::NodeIndex;
use crate::tree::node_bytes::NodeBytes;

/// The records of a set: their names, and their values one behind the other in a few large blocks, so that a set of
/// many costs few allocations. What is pushed is copied once.
///
/// ```
/// use mls_core::record::{RecordKey, RecordSet};
///
/// let mut set = RecordSet::new();
/// set.push(RecordKey::Psk(b"second".to_vec()), b"its value");
/// set.push(RecordKey::Psk(b"one".to_vec()), b"and one more");
/// set.sort();
/// let values: Vec<_> = set.iter().map(|(_, value)| value).collect();
/// assert_eq!(values, [&b"and one more"[..], b"its value"]);
/// ```
///
/// # Security
/// Values are secret, and wiped when the set is dropped. Those of [`RecordKey::TreeNode`] are not: what is in a ratchet
/// tree its members and the delivery service know, and a tree that is made of the set shares them.
#[derive(Default)]
pub struct RecordSet {
    entries: Vec<(Name, Place)>,
    /// Whose nodes there are, each other than the one before.
    groups: Vec<GroupId>,
    /// The names of all that is not a node.
    keys: Vec<RecordKey>,
    values: Blocks,
    nodes: Blocks<Shared>,
}

/// How a record is named: nodes, of which there are many, without their group's identifier.
#[derive(Clone, Copy)]
enum Name {
    /// A place among the groups, and the node.
    Node(usize, NodeIndex),
    /// A place among the keys.
    Key(usize),
}

/// The record of a tree node in a set.
pub(crate) struct NodeRecord<'a> {
    group: &'a GroupId,
    pub(crate) node: NodeIndex,
    block: &'a Arc<[u8]>,
    range: Range<usize>,
    /// Whether its leaf's tree hash stands behind it.
    pub(crate) hashed: bool,
}

impl NodeRecord<'_> {
    pub(crate) fn key(&self) -> RecordKey {
        RecordKey::TreeNode(self.group.clone(), self.node)
    }

    pub(crate) fn value(&self) -> &[u8] {
        self.block.get(self.range.clone()).unwrap_or_default()
    }

    /// The end of the value, which is so long.
    pub(crate) fn tail(&self, len: usize) -> NodeBytes {
        NodeBytes::part(self.block, self.range.end.saturating_sub(len)..self.range.end)
    }
}

impl RecordSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new(), groups: Vec::new(), keys: Vec::new(), values: Blocks::new(), nodes: Blocks::new() }
    }

    /// The empty set, with room for so many names.
    #[must_use]
    pub fn with_capacity(records: usize) -> Self {
        Self { entries: Vec::with_capacity(records), ..Self::new() }
    }

    /// Appends a record.
    pub fn push(&mut self, key: RecordKey, value: &[u8]) {
        let entry = match key {
            RecordKey::TreeNode(id, node) => (Name::Node(self.group(id), node), self.nodes.push(value)),
            key => {
                self.keys.push(key);
                (Name::Key(self.keys.len().saturating_sub(1)), self.values.push(value))
            }
        };
        self.entries.push(entry);
    }

    /// Appends the records of tree nodes, whose values the store and a tree that is made of the set have in common from
    /// then on: for stores that keep each value by itself in memory.
    ///
    /// ```
    /// use mls_core::record::{GroupId, RecordKey, RecordSet, SharedNode};
    /// use mls_core::tree::math::LeafIndex;
    ///
    /// let (id, node) = (GroupId::from(vec![1]), LeafIndex::ZERO.node());
    /// let stored = SharedNode::new(node, b"a node");
    /// let mut set = RecordSet::new();
    /// set.share_nodes(id.clone(), [&stored]);
    /// let (key, value) = set.iter().next().expect("one record");
    /// assert_eq!(*key, RecordKey::TreeNode(id, node));
    /// assert!(core::ptr::eq(value, stored.value()));
    /// ```
    pub fn share_nodes<'a>(&mut self, group: GroupId, nodes: impl IntoIterator<Item = &'a SharedNode>) {
        let group = self.group(group);
        for shared in nodes {
            let place = self.nodes.share(shared.bytes());
            self.entries.push((Name::Node(group, shared.node()), place));
        }
    }

    /// The place of a group whose nodes come next.
    fn group(&mut self, id: GroupId) -> usize {
        if self.groups.last() != Some(&id) {
            self.groups.push(id);
        }
        self.groups.len().saturating_sub(1)
    }

    /// How many records there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The records in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, RecordKey>, &[u8])> + Clone {
        self.entries.iter().filter_map(|(name, place)| {
            let value = match name {
                Name::Node(..) => self.nodes.get(place),
                Name::Key(_) => self.values.get(place),
            };
            Some((self.key(*name)?, value))
        })
    }

    fn key(&self, name: Name) -> Option<Cow<'_, RecordKey>> {
        match name {
            Name::Node(group, node) => Some(Cow::Owned(RecordKey::TreeNode(self.groups.get(group)?.clone(), node))),
            Name::Key(key) => self.keys.get(key).map(Cow::Borrowed),
        }
    }

    /// The records of tree nodes in their order.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeRecord<'_>> {
        self.entries.iter().filter_map(|(name, place)| {
            let Name::Node(group, node) = *name else { return None };
            let (block, range) = self.nodes.block(place)?;
            Some(NodeRecord { group: self.groups.get(group)?, node, block, range, hashed: place.has_more() })
        })
    }

    /// Puts the records into the order of [`RecordKey::to_bytes`]. Costs little where they are a tree's and in it.
    pub fn sort(&mut self) {
        let ascend = |(one, _): &(Name, Place), (next, _): &(Name, Place)| match (one, next) {
            (Name::Node(id, node), Name::Node(other, next)) => id == other && node < next,
            _ => false,
        };
        if !self.entries.is_sorted_by(ascend) {
            // A name that is too long to have bytes was never stored.
            let mut entries = mem::take(&mut self.entries);
            let bytes = |name| self.key(name).and_then(|key| key.to_bytes().ok()).unwrap_or_default();
            entries.sort_by_cached_key(|(name, _)| bytes(*name));
            self.entries = entries;
        }
    }
}

/// Each record by itself, its value copied.
impl IntoIterator for RecordSet {
    type Item = (RecordKey, SecretBytes);
    type IntoIter = alloc::vec::IntoIter<(RecordKey, SecretBytes)>;

    fn into_iter(self) -> Self::IntoIter {
        let singly = |(key, value): (Cow<'_, RecordKey>, _)| (key.into_owned(), SecretBytes::from_slice(value));
        self.iter().map(singly).collect::<Vec<_>>().into_iter()
    }
}

impl FromIterator<(RecordKey, SecretBytes)> for RecordSet {
    fn from_iter<I: IntoIterator<Item = (RecordKey, SecretBytes)>>(records: I) -> Self {
        let mut set = Self::new();
        records.into_iter().for_each(|(key, value)| set.push(key, value.as_bytes()));
        set
    }
}

impl fmt::Debug for RecordSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries: _, groups: _, keys: _, values: _, nodes: _ } = self;
        f.debug_set().entries(self.iter().map(|(key, _)| key)).finish()
    }
}

#[cfg(test)]
mod tests;
