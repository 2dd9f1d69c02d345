//! A set of records as a store reads it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use mls_crypto_traits::SecretBytes;

use super::blocks::{Blocks, Place, Shared};
use super::key::RecordKey;
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
    entries: Vec<(RecordKey, Place)>,
    values: Blocks,
    nodes: Blocks<Shared>,
}

/// The record of a tree node in a set.
pub(crate) struct NodeRecord<'a> {
    pub(crate) key: &'a RecordKey,
    pub(crate) node: NodeIndex,
    block: &'a Arc<[u8]>,
    range: Range<usize>,
}

impl NodeRecord<'_> {
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
        Self { entries: Vec::new(), values: Blocks::new(), nodes: Blocks::new() }
    }

    /// The empty set, with room for so many names.
    #[must_use]
    pub fn with_capacity(records: usize) -> Self {
        Self { entries: Vec::with_capacity(records), values: Blocks::new(), nodes: Blocks::new() }
    }

    /// Appends a record.
    pub fn push(&mut self, key: RecordKey, value: &[u8]) {
        let place = match key {
            RecordKey::TreeNode(..) => self.nodes.push(value),
            _ => self.values.push(value),
        };
        self.entries.push((key, place));
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
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&RecordKey, &[u8])> + Clone {
        self.entries.iter().map(|(key, place)| (key, self.value(key, place)))
    }

    fn value(&self, key: &RecordKey, place: &Place) -> &[u8] {
        match key {
            RecordKey::TreeNode(..) => self.nodes.get(place),
            _ => self.values.get(place),
        }
    }

    /// The records of tree nodes in their order.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeRecord<'_>> {
        self.entries.iter().filter_map(|(key, place)| {
            let RecordKey::TreeNode(_, node) = key else { return None };
            let (block, range) = self.nodes.block(place)?;
            Some(NodeRecord { key, node: *node, block, range })
        })
    }

    /// Puts the records into the order of [`RecordKey::to_bytes`]. Costs little where they are a tree's and in it.
    pub fn sort(&mut self) {
        let ascend = |(one, _): &(RecordKey, Place), (next, _): &(RecordKey, Place)| match (one, next) {
            (RecordKey::TreeNode(id, node), RecordKey::TreeNode(other, next)) => id == other && node < next,
            _ => false,
        };
        if !self.entries.is_sorted_by(ascend) {
            // A name that is too long to have bytes was never stored.
            self.entries.sort_by_cached_key(|(key, _)| key.to_bytes().unwrap_or_default());
        }
    }
}

/// Each record by itself, its value copied.
impl IntoIterator for RecordSet {
    type Item = (RecordKey, SecretBytes);
    type IntoIter = alloc::vec::IntoIter<(RecordKey, SecretBytes)>;

    fn into_iter(self) -> Self::IntoIter {
        let singly = |(key, value): (&RecordKey, _)| (key.clone(), SecretBytes::from_slice(value));
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
        let Self { entries, values: _, nodes: _ } = self;
        f.debug_set().entries(entries.iter().map(|(key, _)| key)).finish()
    }
}

#[cfg(test)]
mod tests;
