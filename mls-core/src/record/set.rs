//! A set of records as a store reads it.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use mls_crypto_traits::SecretBytes;

use super::key::RecordKey;

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
/// Values are secret, and wiped when the set is dropped.
#[derive(Default)]
pub struct RecordSet {
    entries: Vec<Entry>,
    blocks: Vec<Block>,
}

struct Entry {
    key: RecordKey,
    block: usize,
    place: Range<usize>,
}

/// Values one behind the other. It is never outgrown, and wiped as it is dropped.
struct Block(Vec<u8>);

/// The sizes of the first block and of the largest ones, in bytes; a value that is longer has one of its own.
const FIRST: usize = 1 << 10;
const LARGEST: usize = 1 << 16;

impl RecordSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new(), blocks: Vec::new() }
    }

    /// The empty set, with room for so many names.
    #[must_use]
    pub fn with_capacity(records: usize) -> Self {
        Self { entries: Vec::with_capacity(records), blocks: Vec::new() }
    }

    /// Appends a record.
    pub fn push(&mut self, key: RecordKey, value: &[u8]) {
        let fits = |block: &Block| block.0.capacity().saturating_sub(block.0.len()) >= value.len();
        if !self.blocks.last().is_some_and(fits) {
            let next = self.blocks.last().map_or(FIRST, |last| last.0.capacity().saturating_mul(2).min(LARGEST));
            self.blocks.push(Block(Vec::with_capacity(next.max(value.len()))));
        }
        let block = self.blocks.len().saturating_sub(1);
        if let Some(Block(values)) = self.blocks.last_mut() {
            let start = values.len();
            values.extend_from_slice(value);
            self.entries.push(Entry { key, block, place: start..values.len() });
        }
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
        self.entries.iter().map(|entry| (&entry.key, entry.value(&self.blocks)))
    }

    /// Puts the records into the order of [`RecordKey::to_bytes`]. Costs little where they are a tree's and in it.
    pub fn sort(&mut self) {
        let ascend = |one: &Entry, next: &Entry| match (&one.key, &next.key) {
            (RecordKey::TreeNode(id, node), RecordKey::TreeNode(other, next)) => id == other && node < next,
            _ => false,
        };
        if !self.entries.is_sorted_by(ascend) {
            // A name that is too long to have bytes was never stored.
            self.entries.sort_by_cached_key(|entry| entry.key.to_bytes().unwrap_or_default());
        }
    }
}

impl Entry {
    fn value<'a>(&self, blocks: &'a [Block]) -> &'a [u8] {
        blocks.get(self.block).and_then(|Block(values)| values.get(self.place.clone())).unwrap_or_default()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        drop(SecretBytes::from(core::mem::take(&mut self.0)));
    }
}

/// Each record by itself, its value copied.
impl IntoIterator for RecordSet {
    type Item = (RecordKey, SecretBytes);
    type IntoIter = alloc::vec::IntoIter<(RecordKey, SecretBytes)>;

    fn into_iter(self) -> Self::IntoIter {
        let Self { entries, blocks } = self;
        let singly = |entry: Entry| {
            let value = SecretBytes::from_slice(entry.value(&blocks));
            (entry.key, value)
        };
        entries.into_iter().map(singly).collect::<Vec<_>>().into_iter()
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
        let Self { entries, blocks: _ } = self;
        f.debug_set().entries(entries.iter().map(|entry| &entry.key)).finish()
    }
}

#[cfg(test)]
mod tests;
