//! What a transition writes.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_codec::EncodeError;
use mls_crypto_traits::{CryptoError, Rng, SecretBytes};

use super::RECORD_VERSION;
use super::blocks::{Blocks, Place};
use super::key::{GroupId, RecordKey, RecordPrefix};
use super::secret_writer::ToRecord;
use super::set::RecordSet;
use super::shared_node::NodeValue;

/// What must hold in the store for a [`Delta`] to be applied.
#[derive(Debug)]
#[non_exhaustive]
pub enum Precondition {
    /// The record exists with exactly these bytes (a group is at the revision that the step was computed from).
    Equals(RecordKey, SecretBytes),
    /// The record exists (a key package is not consumed yet).
    Present(RecordKey),
    /// No such record exists (a group is not joined yet).
    Absent(RecordKey),
}

/// One write of a [`Delta`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Write<'a> {
    /// Delete every record of the set. Stands before all other writes.
    DeletePrefix(&'a RecordPrefix),
    /// Create or replace the record.
    Put(&'a RecordKey, &'a [u8]),
    /// Delete the record, if it exists.
    Delete(&'a RecordKey),
}

/// Preconditions and writes that a store checks and applies in one transaction.
///
/// A secret type: the records in it hold keys.
///
/// # Security
/// A store that cannot apply all writes, or finds a precondition unmet, applies none.
pub struct Delta {
    id: [u8; 16],
    preconditions: Vec<Precondition>,
    prefixes: Vec<RecordPrefix>,
    writes: BTreeMap<RecordKey, Option<Place>>,
    /// What is put, and what was put and is not any more.
    values: Blocks,
    used_keys: u32,
}

/// Proof that a delta is stored: only a holder gets at what the step puts out.
///
/// A store returns it from its `commit`. Without a store, write [`Durable::i_stored`], a name to search for in a
/// review.
#[derive(Debug)]
#[must_use]
pub struct Durable {
    id: [u8; 16],
}

/// Records as they were read, to be [admitted](crate::group::Group::admit).
#[derive(Debug, Default)]
pub struct Records {
    /// Records read singly; `None` where there is none.
    pub records: Vec<(RecordKey, Option<SecretBytes>)>,
    /// Sets read whole.
    pub sets: Vec<(RecordPrefix, RecordSet)>,
}

impl Delta {
    pub(crate) fn new(rng: &mut dyn Rng) -> Result<Self, CryptoError> {
        let mut id = [0; 16];
        rng.fill(&mut id)?;
        Ok(Self::of_store(id, Vec::new()))
    }

    /// A delta of a store's own, for records that it keeps beside the engine's: `id` is drawn at random.
    #[must_use]
    pub const fn of_store(id: [u8; 16], preconditions: Vec<Precondition>) -> Self {
        Self { id, preconditions, prefixes: Vec::new(), writes: BTreeMap::new(), values: Blocks::new(), used_keys: 0 }
    }

    /// The delta as a store that wraps another one passes it on: other records, of which the proof that they are stored
    /// is the proof that this delta is.
    #[must_use]
    pub const fn instead(&self, preconditions: Vec<Precondition>) -> Self {
        let mut other = Self::of_store(self.id, preconditions);
        other.used_keys = self.used_keys;
        other
    }

    /// The delta once more, for a store that hands it to another thread.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            id: self.id,
            preconditions: self.preconditions.iter().map(Precondition::duplicate).collect(),
            prefixes: self.prefixes.clone(),
            writes: self.writes.clone(),
            values: self.values.duplicate(),
            used_keys: self.used_keys,
        }
    }

    /// What must hold for the writes to be applied.
    #[must_use]
    pub fn preconditions(&self) -> &[Precondition] {
        &self.preconditions
    }

    /// The writes in the order in which they are to be applied: deletions by prefix first, then at most one write a
    /// record.
    pub fn writes(&self) -> impl Iterator<Item = Write<'_>> {
        self.writes_and_nodes().map(|(write, _)| write)
    }

    /// The same, each with what is put at a tree node, if it is such a write: for stores that share nodes with the trees
    /// that are loaded.
    pub fn writes_and_nodes(&self) -> impl Iterator<Item = (Write<'_>, Option<NodeValue<'_>>)> {
        let prefixes = self.prefixes.iter().map(|prefix| (Write::DeletePrefix(prefix), None));
        prefixes.chain(self.writes.iter().map(|(key, place)| {
            let Some(place) = place else { return (Write::Delete(key), None) };
            let value = self.values.get(place);
            let node = match key {
                RecordKey::TreeNode(_, node) => Some(NodeValue { node: *node, value, hash: self.values.more(place) }),
                _ => None,
            };
            (Write::Put(key, value), node)
        }))
    }

    /// How many writes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.prefixes.len().saturating_add(self.writes.len())
    }

    /// Whether nothing is written; the store has nothing to do then.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes of record values are put.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.writes.values().flatten().fold(0, |sum, place| sum.saturating_add(place.len()))
    }

    /// How many message keys it uses up: those of the messages that are received, and of all generations that are
    /// reserved to be sent. They follow from what the delta replaces or deletes, so this is what a store counts by that
    /// lets old versions leave its files after a number of keys.
    #[must_use]
    pub const fn used_keys(&self) -> u32 {
        self.used_keys
    }

    pub(crate) const fn use_keys(&mut self, keys: u32) {
        self.used_keys = self.used_keys.saturating_add(keys);
    }

    pub(crate) fn require(&mut self, precondition: Precondition) {
        self.preconditions.push(precondition);
    }

    /// Adds a write: a record is created or replaced.
    #[expect(clippy::needless_pass_by_value, reason = "what is put is not needed any more, and wiped")]
    pub fn put(&mut self, key: RecordKey, value: SecretBytes) {
        let place = self.values.push(value.as_bytes());
        self.writes.insert(key, Some(place));
    }

    /// Adds a write: a record is created or replaced, and written into the delta at once.
    pub(crate) fn write(&mut self, key: RecordKey, record: &(impl ToRecord + ?Sized)) -> Result<(), EncodeError> {
        let place = self.values.write(record.room().saturating_add(1), record.leaf_hash(), |w| {
            w.raw(&[RECORD_VERSION]);
            record.write(w)
        })?;
        self.writes.insert(key, Some(place));
        Ok(())
    }

    /// Adds a write: a record is deleted, if it exists.
    pub fn delete(&mut self, key: RecordKey) {
        self.writes.insert(key, None);
    }

    /// Adds a write: every record of a set is deleted, whether stored or put by this delta before.
    pub fn delete_prefix(&mut self, prefix: RecordPrefix) {
        self.writes.retain(|key, _| !prefix.covers(key));
        if !self.prefixes.contains(&prefix) {
            self.prefixes.push(prefix);
        }
    }

    /// Lets the group of a founding delta take the place of what is stored of it.
    pub(crate) fn replace_group(&mut self, id: &GroupId) {
        self.preconditions.retain(|condition| !matches!(condition, Precondition::Absent(_)));
        self.prefixes.push(RecordPrefix::Group(id.clone()));
    }

    /// Takes in a delta over other records, to be stored in the same transaction.
    pub(crate) fn alongside(&mut self, mut other: Self) {
        self.preconditions.append(&mut other.preconditions);
        self.then(other);
    }

    /// Takes in a delta that follows this one: the preconditions are this one's, later writes win.
    pub(crate) fn then(&mut self, mut later: Self) {
        for prefix in core::mem::take(&mut later.prefixes) {
            self.delete_prefix(prefix);
        }
        self.use_keys(later.used_keys);
        let blocks = self.values.append(core::mem::take(&mut later.values));
        let moved = |(key, place): (_, Option<Place>)| (key, place.map(|place| place.behind(blocks)));
        self.writes.extend(core::mem::take(&mut later.writes).into_iter().map(moved));
    }
}

impl Precondition {
    fn duplicate(&self) -> Self {
        match self {
            Self::Equals(key, value) => Self::Equals(key.clone(), value.duplicate()),
            Self::Present(key) => Self::Present(key.clone()),
            Self::Absent(key) => Self::Absent(key.clone()),
        }
    }
}

impl Durable {
    /// Claims that `delta` has been stored.
    ///
    /// # Security
    /// The caller vouches that every write of the delta would survive a crash, or does without that. A false claim
    /// sends what a crash forgets: keys are then used twice.
    pub const fn i_stored(delta: &Delta) -> Self {
        Self { id: delta.id }
    }

    pub(crate) fn names(&self, delta: &Delta) -> bool {
        self.id == delta.id
    }
}

impl core::fmt::Debug for Delta {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { id: _, preconditions, prefixes, writes, values: _, used_keys } = self;
        f.debug_struct("Delta")
            .field("preconditions", preconditions)
            .field("prefixes", prefixes)
            .field("keys", &writes.keys())
            .field("used_keys", used_keys)
            .finish_non_exhaustive()
    }
}
