//! A persistent 4-ary radix trie over the upper half of its `u64` entries.

use alloc::sync::Arc;
use alloc::vec::Vec;

/// Entries a bucket holds before it is split.
const BUCKET: usize = 64;
/// Entries below which four buckets become one again.
const MERGE: usize = BUCKET / 4;
/// Levels after which the 32 fingerprint bits are used up, two a level.
const LEVELS: u32 = 16;

/// A set of entries. `clone` is O(1), a change copies the buckets it touches and the way to them.
#[derive(Clone)]
pub(super) enum Trie {
    /// Ascending.
    Bucket(Arc<[u64]>),
    /// By the next two bits.
    Branch(Arc<[Self; 4]>),
}

impl Default for Trie {
    fn default() -> Self {
        Self::Bucket(Arc::default())
    }
}

impl Trie {
    /// The set without `removed` and then with `added`, both ascending.
    pub(super) fn apply(&mut self, removed: &[u64], added: &[u64]) {
        self.apply_at(0, removed, added, &mut Vec::new());
    }

    /// `scratch` is room to merge in.
    fn apply_at(&mut self, level: u32, removed: &[u64], added: &[u64], scratch: &mut Vec<u64>) {
        if removed.is_empty() && added.is_empty() {
            return;
        }
        match self {
            Self::Bucket(entries) => {
                merge(entries, removed, added, scratch);
                *self = Self::build(level, scratch);
            }
            Self::Branch(children) => {
                let (removed, added) = (split(level, removed), split(level, added));
                for ((child, removed), added) in Arc::make_mut(children).iter_mut().zip(removed).zip(added) {
                    child.apply_at(level.saturating_add(1), removed, added, scratch);
                }
                if let Some(merged) = merged_children(children) {
                    *self = Self::Bucket(merged);
                }
            }
        }
    }

    fn build(level: u32, entries: &[u64]) -> Self {
        if entries.len() <= BUCKET || level >= LEVELS {
            return Self::Bucket(Arc::from(entries));
        }
        Self::Branch(Arc::new(split(level, entries).map(|part| Self::build(level.saturating_add(1), part))))
    }

    /// The entries whose upper half is that of `fingerprint`, ascending.
    pub(super) fn bucket(&self, fingerprint: u64) -> &[u64] {
        let mut trie = self;
        let mut level = 0_u32;
        loop {
            match trie {
                Self::Bucket(entries) => {
                    let from = entries.partition_point(|entry| entry >> 32 < fingerprint >> 32);
                    let to = entries.partition_point(|entry| entry >> 32 <= fingerprint >> 32);
                    return entries.get(from..to).unwrap_or_default();
                }
                Self::Branch(children) => {
                    let [a, b, c, d] = &**children;
                    trie = match digit(level, fingerprint) {
                        0 => a,
                        1 => b,
                        2 => c,
                        _ => d,
                    };
                    level = level.saturating_add(1);
                }
            }
        }
    }

    /// Visits every bucket, in ascending order of entries.
    pub(super) fn for_each_bucket(&self, visit: &mut dyn FnMut(&[u64])) {
        match self {
            Self::Bucket(entries) => visit(entries),
            Self::Branch(children) => children.iter().for_each(|child| child.for_each_bucket(visit)),
        }
    }
}

/// The two bits that choose a child at `level`.
const fn digit(level: u32, entry: u64) -> u64 {
    entry.wrapping_shl(level.wrapping_mul(2)) >> 62
}

/// The ascending `entries` by child at `level`.
fn split(level: u32, entries: &[u64]) -> [&[u64]; 4] {
    let at = |bound: u64| entries.partition_point(|entry| digit(level, *entry) < bound);
    let (one, two, three) = (at(1), at(2), at(3));
    [
        entries.get(..one).unwrap_or_default(),
        entries.get(one..two).unwrap_or_default(),
        entries.get(two..three).unwrap_or_default(),
        entries.get(three..).unwrap_or_default(),
    ]
}

/// `entries` without `removed` and then with `added`, ascending, in `merged`. All three ascend.
fn merge(entries: &[u64], removed: &[u64], added: &[u64], merged: &mut Vec<u64>) {
    merged.clear();
    merged.reserve(entries.len().saturating_add(added.len()));
    let (mut removed, mut added) = (removed.iter().copied().peekable(), added.iter().copied().peekable());
    let mut put = |entry| {
        if merged.last() != Some(&entry) {
            merged.push(entry);
        }
    };
    for entry in entries.iter().copied() {
        while let Some(earlier) = added.next_if(|added| *added < entry) {
            put(earlier);
        }
        while removed.next_if(|removed| *removed < entry).is_some() {}
        if removed.peek() != Some(&entry) {
            put(entry);
        }
    }
    added.for_each(put);
}

fn merged_children(children: &[Trie; 4]) -> Option<Arc<[u64]>> {
    let mut entries: [&[u64]; 4] = [&[]; 4];
    let mut total = 0_usize;
    for (slot, child) in entries.iter_mut().zip(children) {
        let Trie::Bucket(bucket) = child else {
            return None;
        };
        *slot = bucket;
        total = total.saturating_add(bucket.len());
    }
    (total <= MERGE).then(|| Arc::from(entries.concat()))
}
