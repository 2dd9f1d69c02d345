//! Which node holds which public key (RFC 9420 section 16.7).
//!
//! A persistent radix trie of keyed fingerprints: an entry is 32 bits of a seeded hash and the node's index, and
//! whether a key really is there is decided by reading it in the tree. Members choose the keys, so the hash is
//! keyed; the seed is drawn for each value in memory and never stored.

use alloc::sync::Arc;
use core::fmt;
use core::hash::Hasher;

use mls_crypto_traits::{CryptoError, Rng};
use siphasher::sip::SipHasher13;

use super::math::NodeIndex;

mod trie;

use trie::Trie;

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
    encryption: Trie,
    signature: Trie,
}

/// What an edit does to the index: entries that go and entries that come.
pub(super) struct IndexChanges {
    seed: Arc<IndexSeed>,
    encryption: Changes,
    signature: Changes,
}

#[derive(Default)]
struct Changes {
    removed: alloc::vec::Vec<u64>,
    added: alloc::vec::Vec<u64>,
}

impl KeyIndex {
    pub(super) fn new(seed: IndexSeed) -> Self {
        Self { seed: Arc::new(seed), encryption: Trie::default(), signature: Trie::default() }
    }

    /// An empty set of changes for this index.
    pub(super) fn changes(&self) -> IndexChanges {
        IndexChanges { seed: Arc::clone(&self.seed), encryption: Changes::default(), signature: Changes::default() }
    }

    /// Takes the changes in; an entry both removed and added stays.
    pub(super) fn apply(&mut self, changes: IndexChanges) {
        let IndexChanges { seed: _, encryption, signature } = changes;
        for (trie, mut changes) in [(&mut self.encryption, encryption), (&mut self.signature, signature)] {
            changes.removed.sort_unstable();
            changes.added.sort_unstable();
            trie.apply(&changes.removed, &changes.added);
        }
    }

    /// The lowest node at which `key_at` finds `key`.
    pub(super) fn find<'t>(
        &self,
        space: KeySpace,
        key: &[u8],
        key_at: impl Fn(NodeIndex) -> Option<&'t [u8]>,
    ) -> Option<NodeIndex> {
        let fingerprint = fingerprint(&self.seed, key);
        self.trie(space)
            .bucket(fingerprint)
            .iter()
            .filter_map(|entry| location(*entry))
            .find(|node| key_at(*node) == Some(key))
    }

    /// The first node that repeats an earlier one's key, behind that earlier one.
    pub(super) fn first_duplicate<'t>(
        &self,
        space: KeySpace,
        key_at: impl Fn(NodeIndex) -> Option<&'t [u8]>,
    ) -> Option<(NodeIndex, NodeIndex)> {
        let mut first: Option<(NodeIndex, NodeIndex)> = None;
        self.trie(space).for_each_bucket(&mut |bucket| {
            for run in bucket.chunk_by(|a, b| a >> 32 == b >> 32).filter(|run| run.len() > 1) {
                if let Some((earlier, later)) = duplicate_in(run, &key_at)
                    && first.is_none_or(|(_, other)| later < other)
                {
                    first = Some((earlier, later));
                }
            }
        });
        first
    }

    const fn trie(&self, space: KeySpace) -> &Trie {
        match space {
            KeySpace::Encryption => &self.encryption,
            KeySpace::Signature => &self.signature,
        }
    }
}

impl IndexChanges {
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
    fingerprint(seed, key) | u64::from(node.as_u32())
}

/// The upper half of an entry; the lower is zero.
fn fingerprint(seed: &IndexSeed, key: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_key(&seed.0);
    hasher.write(key);
    hasher.finish() & !u64::from(u32::MAX)
}

const fn location(entry: u64) -> Option<NodeIndex> {
    let [.., a, b, c, d] = entry.to_be_bytes();
    NodeIndex::new(u32::from_be_bytes([a, b, c, d]))
}

impl fmt::Debug for KeyIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed: _, encryption: _, signature: _ } = self;
        f.write_str("KeyIndex(..)")
    }
}

#[cfg(test)]
mod tests;
