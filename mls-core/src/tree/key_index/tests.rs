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
        let mut changes = self.index.changes();
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
    let mut changes = index.changes();
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
        for batch in batches {
            keys.set(batch.into_iter().map(|(at, number)| (node(at), number.map(key))));
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
