#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

fn node(index: u32) -> NodeIndex {
    NodeIndex::new(index).unwrap()
}

/// Keys by node, beside the index that should know them.
#[derive(Clone)]
struct Keys {
    index: KeyIndex,
    keys: BTreeMap<NodeIndex, Vec<u8>>,
}

impl Keys {
    fn new() -> Self {
        Self { index: KeyIndex::new(IndexSeed::new([7; 16])), keys: BTreeMap::new() }
    }

    fn set(&mut self, edits: impl IntoIterator<Item = (NodeIndex, Option<Vec<u8>>)>) {
        let mut changes = self.index.changes(0);
        for (node, key) in edits {
            if let Some(old) = self.keys.remove(&node) {
                changes.remove(KeySpace::Encryption, &old, node);
            }
            if let Some(key) = key {
                changes.add(KeySpace::Encryption, &key, node);
                self.keys.insert(node, key);
            }
        }
        self.index.apply(changes);
    }

    fn find(&self, key: &[u8]) -> Option<NodeIndex> {
        self.index.find(KeySpace::Encryption, key, |node| self.keys.get(&node).map(|key| &**key))
    }

    fn duplicate(&self) -> Option<(NodeIndex, NodeIndex)> {
        self.index.first_duplicate(KeySpace::Encryption, |node| self.keys.get(&node).map(|key| &**key))
    }
}

fn key(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

#[test]
fn thousands_of_keys_are_found_and_forgotten() {
    let mut keys = Keys::new();
    keys.set((0..5000).map(|i| (node(i), Some(key(i)))));
    assert!((0..5000).all(|i| keys.find(&key(i)) == Some(node(i))));
    assert_eq!(keys.find(&key(5000)), None);
    assert_eq!(keys.duplicate(), None);

    let older = keys.clone();
    keys.set((0..4990).map(|i| (node(i), None)));
    assert!((0..4990).all(|i| keys.find(&key(i)).is_none()));
    assert!((4990..5000).all(|i| keys.find(&key(i)) == Some(node(i))));
    assert!((0..5000).all(|i| older.find(&key(i)) == Some(node(i))), "an older version keeps its keys");
    // Nor does settling take them away, be the table shared or not.
    keys.index.settle();
    assert!((0..5000).all(|i| older.find(&key(i)) == Some(node(i))));
    assert!((0..4990).all(|i| keys.find(&key(i)).is_none()));
    drop(older);
    keys.index.settle();
    assert!(keys.index.encryption.late.is_none());
    assert_eq!(keys.index.encryption.table.len(), 10);
    assert!((4990..5000).all(|i| keys.find(&key(i)) == Some(node(i))));
}

#[test]
fn a_version_that_changed_much_makes_a_table_of_its_own() {
    let mut keys = Keys::new();
    let late = u32::try_from(LATE).unwrap();
    keys.set((0..3 * late).map(|i| (node(i), Some(key(i)))));
    keys.index.settle();
    let older = keys.clone();
    keys.set((0..100).map(|i| (node(i), None)));
    keys.index.settle();
    assert!(keys.index.encryption.late.is_some(), "few changes are carried along");
    keys.set((100..=late).map(|i| (node(i), None)));
    assert!(keys.index.encryption.late.is_none(), "many are not, even if nobody settles");
    assert_eq!((older.index.encryption.table.len(), keys.index.encryption.table.len()), (3 * LATE, 2 * LATE - 1));
}

#[test]
fn a_thousand_alike_stand_beside_each_other() {
    let entries: Vec<u64> = (1..=1_000_u64).map(|low| u64::MAX << 32 | low).collect();
    let mut slots = Slots::build(entries.clone());
    assert_eq!(slots.like(u64::MAX << 32).collect::<Vec<_>>(), entries);
    slots.change(&entries[..100], &[5, u64::MAX]);
    let expected = [&[5], &entries[100..], &[u64::MAX]].concat();
    assert_eq!(slots.iter().collect::<Vec<_>>(), expected);
    assert_eq!(slots.like(0).collect::<Vec<_>>(), [5]);
}

// req: R-16.7-01
#[test]
fn the_first_repetition_is_reported_behind_the_node_it_repeats() {
    let mut keys = Keys::new();
    keys.set((0..300).map(|i| (node(i), Some(key(i)))));
    keys.set([(node(400), Some(key(17))), (node(350), Some(key(99))), (node(360), Some(key(99)))]);
    assert_eq!(keys.duplicate(), Some((node(99), node(350))));
    assert_eq!(keys.find(&key(17)), Some(node(17)), "the lowest node comes first");
    keys.set([(node(17), None), (node(99), None)]);
    assert_eq!(keys.find(&key(17)), Some(node(400)));
    assert_eq!(keys.duplicate(), Some((node(350), node(360))));
}

#[test]
fn the_two_spaces_are_apart() {
    let mut index = KeyIndex::new(IndexSeed::new([1; 16]));
    let mut changes = index.changes(0);
    changes.add(KeySpace::Signature, b"key", node(4));
    index.apply(changes);
    assert_eq!(index.find(KeySpace::Encryption, b"key", |_| Some(b"key")), None);
    assert_eq!(index.find(KeySpace::Signature, b"key", |_| Some(b"key")), Some(node(4)));
}

// bad: trap-01
#[test]
fn the_seed_decides_the_fingerprint_and_is_never_shown() {
    let (a, b) = (IndexSeed::new([1; 16]), IndexSeed::new([2; 16]));
    assert_ne!(fingerprint(&a, b"key"), fingerprint(&b, b"key"));
    assert_eq!(format!("{a:?} {:?}", KeyIndex::new(b)), "IndexSeed(..) KeyIndex(..)");
}

proptest! {
    #[test]
    fn agrees_with_a_map(batches in proptest::collection::vec(
        proptest::collection::btree_map(0_u32..600, proptest::option::weighted(0.6, 0_u32..400), 0..200), 1..12,
    )) {
        let mut keys = Keys::new();
        let mut older = None;
        for (round, batch) in batches.into_iter().enumerate() {
            keys.set(batch.into_iter().map(|(at, number)| (node(at), number.map(key))));
            // Now another version shares the table, and now none does.
            if round % 3 == 0 {
                older = Some(keys.clone());
            }
            if round % 3 == 2 {
                older = None;
            }
            keys.index.settle();
            if let Some(older) = &older {
                for number in 0..400 {
                    let expected = older.keys.iter().find(|(_, held)| **held == key(number)).map(|(node, _)| *node);
                    prop_assert_eq!(older.find(&key(number)), expected);
                }
            }
            for number in 0..400 {
                let expected = keys.keys.iter().find(|(_, held)| **held == key(number)).map(|(node, _)| *node);
                prop_assert_eq!(keys.find(&key(number)), expected);
            }
            let mut seen = BTreeMap::new();
            let expected = keys.keys.iter().find_map(|(later, held)| match seen.get(held) {
                Some(earlier) => Some((*earlier, *later)),
                None => { seen.insert(held.clone(), *later); None }
            });
            prop_assert_eq!(keys.duplicate(), expected);
        }
    }
}

proptest! {
    /// Few different slots, so that entries are displaced often, and the end of the table is run over.
    #[test]
    fn slots_agree_with_a_set(rounds in proptest::collection::vec((
        proptest::collection::btree_set((0_u64..40, 1_u64..4), 0..40),
        proptest::collection::btree_set((0_u64..40, 1_u64..4), 0..12),
    ), 1..20)) {
        let entry = |(high, low): (u64, u64)| (if high < 20 { high << 59 } else { high << 33 | 0xffff_ff00 << 32 }) | low;
        let mut slots = Slots::default();
        let mut oracle = alloc::collections::BTreeSet::new();
        for (added, removed) in rounds {
            let ascending = |set: alloc::collections::BTreeSet<(u64, u64)>| {
                set.into_iter().map(entry).collect::<alloc::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
            };
            let (added, removed) = (ascending(added), ascending(removed));
            slots.change(&removed, &added);
            oracle.retain(|entry| removed.binary_search(entry).is_err());
            oracle.extend(added);
            prop_assert_eq!(slots.iter().collect::<Vec<_>>(), oracle.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(slots.len(), oracle.len());
            // From any order, and each once.
            let twice: Vec<u64> = oracle.iter().rev().chain(&oracle).copied().collect();
            let made = Slots::of(&twice);
            prop_assert_eq!(made.iter().collect::<Vec<_>>(), oracle.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(made.len(), oracle.len());
            for high in 0..40 {
                let like = entry((high, 0));
                let expected: Vec<u64> = oracle.iter().copied().filter(|entry| entry >> 32 == like >> 32).collect();
                prop_assert_eq!(slots.like(like).collect::<Vec<_>>(), expected);
            }
        }
    }
}
