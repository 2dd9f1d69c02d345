//! Which node holds which public key (RFC 9420 section 16.7).
//!
//! A table of keyed fingerprints: an entry is 32 bits of a seeded hash and the node's index, and whether a key really is
//! there is decided by reading it in the tree. Members choose the keys, so the hash is keyed; the seed is drawn for each
//! value in memory and never stored.
//!
//! Versions of a tree share one table, and each knows what it has changed since. An entry too many does no harm, as the
//! tree is asked; so a version that is alone at last takes its changes into the table in place.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::Hasher;

use mls_crypto_traits::{CryptoError, Rng};
use siphasher::sip::SipHasher13;

use super::math::NodeIndex;

pub(crate) mod slots;

use slots::{Slots, merged};

/// Keys the fingerprints of a tree's key index.
///
/// # Security
/// Draw it afresh for each tree that is loaded or created. It must not be stored nor shown: whoever knows it can
/// choose keys that make lookups slow.
#[derive(Clone)]
pub struct IndexSeed([u8; 16]);

impl IndexSeed {
    /// The seed made of these 16 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Draws a seed.
    ///
    /// # Errors
    /// What `rng` fails with.
    pub fn random(rng: &mut dyn Rng) -> Result<Self, CryptoError> {
        let mut bytes = [0; 16];
        rng.fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for IndexSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("IndexSeed(..)")
    }
}

/// The two sorts of key, which may not repeat within themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeySpace {
    /// HPKE keys, of leaves and parents.
    Encryption,
    /// Signature keys, of leaves.
    Signature,
}

/// The keys of one tree. `clone` is O(1).
#[derive(Clone)]
pub(super) struct KeyIndex {
    seed: Arc<IndexSeed>,
    encryption: Keys,
    signature: Keys,
}

/// The entries of one sort of key: those of the table without what was removed, and with what was added.
#[derive(Clone, Default)]
struct Keys {
    table: Arc<Slots>,
    /// What is not in the table yet.
    late: Option<Arc<Changes>>,
}

/// What an edit does to the index: entries that go and entries that come.
pub(super) struct IndexChanges {
    seed: Arc<IndexSeed>,
    encryption: Changes,
    signature: Changes,
}

/// Entries that go, and then entries that come.
#[derive(Default)]
struct Changes {
    removed: Vec<u64>,
    added: Vec<u64>,
}

/// How many changes a version carries along at least before it makes a table of its own.
const LATE: usize = 4_096;

impl KeyIndex {
    pub(super) fn new(seed: IndexSeed) -> Self {
        Self { seed: Arc::new(seed), encryption: Keys::default(), signature: Keys::default() }
    }

    /// An empty set of changes for this index, with room for the encryption keys of so many nodes.
    pub(super) fn changes(&self, nodes: usize) -> IndexChanges {
        let room = || Vec::with_capacity(nodes);
        let encryption = Changes { removed: room(), added: room() };
        IndexChanges { seed: Arc::clone(&self.seed), encryption, signature: Changes::default() }
    }

    /// An empty set of changes that brings in so many nodes.
    pub(super) fn additions(&self, nodes: usize) -> IndexChanges {
        let room = || Changes { removed: Vec::new(), added: Vec::with_capacity(nodes) };
        IndexChanges { seed: Arc::clone(&self.seed), encryption: room(), signature: room() }
    }

    /// Takes the changes in; an entry both removed and added stays.
    pub(super) fn apply(&mut self, changes: IndexChanges) {
        let IndexChanges { seed: _, encryption, signature } = changes;
        self.encryption.apply(encryption);
        self.signature.apply(signature);
    }

    /// Takes what has changed into the table, in place, where no other version shares it.
    pub(super) fn settle(&mut self) {
        self.encryption.settle();
        self.signature.settle();
    }

    #[cfg(test)]
    pub(super) const fn is_settled(&self) -> bool {
        self.encryption.late.is_none() && self.signature.late.is_none()
    }

    /// The lowest node at which `key_at` finds `key`.
    pub(super) fn find<'t>(
        &self,
        space: KeySpace,
        key: &[u8],
        key_at: impl Fn(NodeIndex) -> Option<&'t [u8]>,
    ) -> Option<NodeIndex> {
        let fingerprint = fingerprint(&self.seed, key);
        let keys = self.keys(space);
        let holds = |node: &NodeIndex| key_at(*node) == Some(key);
        let late = keys.late.as_ref().map(|late| like(&late.added, fingerprint)).unwrap_or_default();
        let late = late.iter().copied().filter_map(location).find(holds);
        let found = keys.table.like(fingerprint).filter_map(location).find(holds);
        // Each of them is the lowest of its kind.
        [found, late].into_iter().flatten().min()
    }

    /// The first node that repeats an earlier one's key, behind that earlier one.
    pub(super) fn first_duplicate<'t>(
        &self,
        space: KeySpace,
        key_at: impl Fn(NodeIndex) -> Option<&'t [u8]>,
    ) -> Option<(NodeIndex, NodeIndex)> {
        let keys = self.keys(space);
        let entries: Vec<u64> = match &keys.late {
            Some(late) => merged(keys.table.iter(), &late.removed, &late.added),
            None => keys.table.iter().collect(),
        };
        let runs = entries.chunk_by(|a, b| a >> 32 == b >> 32).filter(|run| run.len() > 1);
        runs.filter_map(|run| duplicate_in(run, &key_at)).min_by_key(|(_, later)| *later)
    }

    const fn keys(&self, space: KeySpace) -> &Keys {
        match space {
            KeySpace::Encryption => &self.encryption,
            KeySpace::Signature => &self.signature,
        }
    }
}

impl Keys {
    fn apply(&mut self, mut changes: Changes) {
        if changes.removed.is_empty() && changes.added.is_empty() {
            return;
        }
        if self.table.len() == 0 && self.late.is_none() {
            // What is both removed and added stays.
            self.table = Arc::new(Slots::of(&changes.added));
            return;
        }
        changes.sort();
        if let Some(late) = &self.late {
            let added = merged(late.added.iter().copied(), &changes.removed, &changes.added);
            let removed = merged(late.removed.iter().copied(), &[], &changes.removed);
            changes = Changes { removed, added };
        }
        // Bounded even where nobody settles.
        if changes.removed.len().saturating_add(changes.added.len()) > LATE.max(self.table.len() / 4) {
            self.table = Arc::new(Slots::build(merged(self.table.iter(), &changes.removed, &changes.added)));
            self.late = None;
        } else {
            self.late = Some(Arc::new(changes));
        }
    }

    fn settle(&mut self) {
        if let (Some(late), Some(table)) = (&self.late, Arc::get_mut(&mut self.table)) {
            table.change(&late.removed, &late.added);
            self.late = None;
        }
    }
}

impl Changes {
    /// Fast where there are long ordered runs.
    fn sort(&mut self) {
        self.removed.sort();
        self.added.sort();
    }

    fn append(&mut self, mut other: Self) {
        self.removed.append(&mut other.removed);
        self.added.append(&mut other.added);
    }
}

impl IndexChanges {
    /// Takes in those of another part of the tree.
    pub(super) fn append(&mut self, other: Self) {
        let Self { seed: _, encryption, signature } = other;
        self.encryption.append(encryption);
        self.signature.append(signature);
    }

    pub(super) fn remove(&mut self, space: KeySpace, key: &[u8], node: NodeIndex) {
        let entry = entry(&self.seed, key, node);
        self.space(space).removed.push(entry);
    }

    pub(super) fn add(&mut self, space: KeySpace, key: &[u8], node: NodeIndex) {
        let entry = entry(&self.seed, key, node);
        self.space(space).added.push(entry);
    }

    const fn space(&mut self, space: KeySpace) -> &mut Changes {
        match space {
            KeySpace::Encryption => &mut self.encryption,
            KeySpace::Signature => &mut self.signature,
        }
    }
}

/// The first repetition in entries of one fingerprint. Distinct keys that share one are few, so that comparing all
/// pairs up to the first repetition costs little however often a key repeats.
fn duplicate_in<'t>(run: &[u64], key_at: impl Fn(NodeIndex) -> Option<&'t [u8]>) -> Option<(NodeIndex, NodeIndex)> {
    let nodes = || run.iter().filter_map(|entry| location(*entry));
    nodes().enumerate().find_map(|(i, later)| {
        let key = key_at(later)?;
        let earlier = nodes().take(i).find(|node| key_at(*node) == Some(key))?;
        Some((earlier, later))
    })
}

fn entry(seed: &IndexSeed, key: &[u8], node: NodeIndex) -> u64 {
    slots::entry(fingerprint(seed, key), node.as_u32())
}

/// The upper half of an entry; the lower is zero.
fn fingerprint(seed: &IndexSeed, key: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_key(&seed.0);
    hasher.write(key);
    hasher.finish() & !u64::from(u32::MAX)
}

const fn location(entry: u64) -> Option<NodeIndex> {
    NodeIndex::new(slots::number_in(entry))
}

/// Of ascending entries, those whose upper half is that of `fingerprint`.
fn like(entries: &[u64], fingerprint: u64) -> &[u64] {
    let from = entries.partition_point(|entry| entry >> 32 < fingerprint >> 32);
    let to = entries.partition_point(|entry| entry >> 32 <= fingerprint >> 32);
    entries.get(from..to).unwrap_or_default()
}

impl fmt::Debug for KeyIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed: _, encryption: _, signature: _ } = self;
        f.write_str("KeyIndex(..)")
    }
}

#[cfg(test)]
mod tests;
