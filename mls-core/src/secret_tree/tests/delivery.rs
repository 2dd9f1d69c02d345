//! Messages out of order, twice, forged, and taken back.

use mls_crypto_traits::CryptoError;

use super::{super::*, *};

const SIZE: u8 = 2;

fn want(index: u32, kind: RatchetType, generation: u32) -> (u32, Vec<u8>, Vec<u8>) {
    naive(TreeSize::from_depth(SIZE).unwrap(), leaf(index), kind, generation)
}

// req: R-9.2-02
// req: R-9.2-07
// req: R-15.3-03
#[test]
fn messages_open_in_any_order() {
    let mut tree = tree(SIZE);
    for generation in [3, 0, 5, 2, 4, 1, 6] {
        let key = open(&mut tree, leaf(1), APPLICATION, generation, &DEFAULT);
        assert_eq!(key, Ok(want(1, APPLICATION, generation)));
    }
    assert_eq!(tree.next_generation(leaf(1), APPLICATION), Some(7));
    assert_eq!(tree.index, Some(SkippedIndex::default()));
    assert_eq!(tree.skipped.iter().count(), 0);
}

// req: R-9.2-06
#[test]
fn a_message_opens_once() {
    let mut tree = tree(SIZE);
    for generation in [0, 3, 1] {
        open(&mut tree, leaf(1), HANDSHAKE, generation, &DEFAULT).unwrap();
        let again = (leaf(1), HANDSHAKE, generation);
        refuses(&tree, again, &DEFAULT, SecretTreeError::KeyConsumed);
    }
    // The skipped one that has not come is still there.
    assert_eq!(open(&mut tree, leaf(1), HANDSHAKE, 2, &DEFAULT), Ok(want(1, HANDSHAKE, 2)));
}

// req: R-9.2-08
#[test]
fn a_message_that_is_not_good_burns_nothing() {
    let mut tree = tree(SIZE);
    open(&mut tree, leaf(1), APPLICATION, 4, &DEFAULT).unwrap();
    // A first use, the next generation, a jump, a skipped one.
    for (index, generation) in [(2, 3), (1, 5), (1, 9), (1, 2)] {
        let before = snapshot(&tree);
        for _ in 0..2 {
            let tried = tree.plan_open(suite(), leaf(index), APPLICATION, generation, &DEFAULT);
            let key = bytes(tried.unwrap().message_key());
            assert_eq!(key, want(index, APPLICATION, generation));
            assert_eq!(snapshot(&tree), before);
        }
    }
}

// req: R-9.2-05
// req: R-9.2-06
#[test]
fn a_consumed_key_is_in_no_record() {
    let mut tree = tree(SIZE);
    for generation in [4, 1, 3, 8] {
        let (_, key, nonce) = open(&mut tree, leaf(3), HANDSHAKE, generation, &DEFAULT).unwrap();
        for (_, record) in snapshot(&tree) {
            assert!(!record.windows(key.len()).any(|part| part == key));
            assert!(!record.windows(nonce.len()).any(|part| part == nonce));
        }
    }
    // What is left: keys 0, 2, 5, 6, 7, and the ratchet at 9.
    let index = tree.index.as_ref().unwrap();
    let runs: Vec<_> = index.runs().iter().map(|run| (run.first, run.last)).collect();
    assert_eq!(runs, [(0, 0), (2, 2), (5, 7)]);
    let kept: Vec<_> = tree.skipped.iter().map(|((.., generation), _)| generation).collect();
    assert_eq!(kept, [0, 2, 5, 6, 7]);
    assert_eq!(tree.next_generation(leaf(3), HANDSHAKE), Some(9));
}

// req: R-9.1-04
// req: R-9.2-07, R-15-01
#[test]
fn the_two_ratchets_of_a_leaf_move_alone() {
    let mut tree = tree(SIZE);
    open(&mut tree, leaf(0), HANDSHAKE, 5, &DEFAULT).unwrap();
    assert_eq!(tree.next_generation(leaf(0), HANDSHAKE), Some(6));
    assert_eq!(tree.next_generation(leaf(0), APPLICATION), Some(0));
    for generation in [0, 2] {
        let key = open(&mut tree, leaf(0), APPLICATION, generation, &DEFAULT);
        assert_eq!(key, Ok(want(0, APPLICATION, generation)));
    }
    assert_eq!(tree.next_generation(leaf(0), HANDSHAKE), Some(6));
    assert_eq!(open(&mut tree, leaf(0), HANDSHAKE, 2, &DEFAULT), Ok(want(0, HANDSHAKE, 2)));
}

// req: R-9.1-02
// req: R-9.1-03, R-6.3.1-05
#[test]
fn sending_uses_generations_one_by_one() {
    let mut tree = tree(SIZE);
    for generation in 0..4 {
        for kind in [APPLICATION, HANDSHAKE] {
            let moved = tree.plan_next_send(suite(), leaf(2), kind).unwrap();
            assert_eq!((moved.leaf(), moved.ratchet_type()), (leaf(2), kind));
            assert_eq!(bytes(moved.message_key()), want(2, kind, generation));
            drop(tree.apply(moved));
        }
    }
}

/// A first use, jumps, skipped keys and evictions, as (leaf, ratchet, generation).
const STORY: [(u32, RatchetType, u32); 9] = [
    (1, APPLICATION, 2),
    (1, APPLICATION, 3),
    (1, HANDSHAKE, 3),
    (1, APPLICATION, 1),
    (0, HANDSHAKE, 0),
    (3, APPLICATION, 5),
    (1, HANDSHAKE, 9),
    (3, APPLICATION, 4),
    (2, APPLICATION, 0),
];

fn tight() -> SecretTreeLimits {
    SecretTreeLimits { max_forward: 5, max_skipped_per_sender: 4, max_skipped_per_epoch: 6 }
}

#[test]
fn undo_restores_every_bit() {
    let mut tree = tree(SIZE);
    let mut done = Vec::new();
    for (index, kind, generation) in STORY {
        let before = snapshot(&tree);
        let moved = tree.plan_open(suite(), leaf(index), kind, generation, &tight()).unwrap();
        let undo = tree.apply(moved);
        assert_ne!(snapshot(&tree), before);
        tree.undo(undo);
        assert_eq!(snapshot(&tree), before);
        let moved = tree.plan_open(suite(), leaf(index), kind, generation, &tight()).unwrap();
        done.push((tree.apply(moved), before));
    }
    for (undo, before) in done.into_iter().rev() {
        tree.undo(undo);
        assert_eq!(snapshot(&tree), before);
    }
    assert_eq!(frontier(&tree), [3]);
}

#[test]
fn undo_of_a_partly_resident_tree_asks_again() {
    let mut stored = tree(SIZE);
    open(&mut stored, leaf(0), APPLICATION, 2, &DEFAULT).unwrap();
    let mut cold = SecretTree::cold(stored.size());
    for (key, value) in snapshot(&stored) {
        cold.admit(key, Some(&value)).unwrap();
    }
    let before = snapshot(&cold);
    let moved = cold.plan_open(suite(), leaf(0), APPLICATION, 4, &DEFAULT).unwrap();
    let undo = cold.apply(moved);
    cold.undo(undo);
    assert_eq!(snapshot(&cold), before);
    assert_eq!(
        cold.plan_open(suite(), leaf(1), APPLICATION, 0, &DEFAULT).unwrap_err(),
        SecretTreeError::NotResident(vec![
            SecretTreeKey::Ratchet(leaf(1), APPLICATION),
            SecretTreeKey::Skipped(leaf(1), APPLICATION, 0),
        ])
    );
}

#[test]
fn the_changes_of_a_move_are_what_apply_does() {
    let mut tree = tree(SIZE);
    let mut store: BTreeMap<_, Vec<u8>> = snapshot(&tree).into_iter().collect();
    for (index, kind, generation) in STORY {
        let moved = tree.plan_open(suite(), leaf(index), kind, generation, &tight()).unwrap();
        for change in moved.changes() {
            match change.value().unwrap() {
                Some(value) => store.insert(change.key(), value.as_bytes().to_vec()),
                None => store.remove(&change.key()),
            };
        }
        drop(tree.apply(moved));
        assert_eq!(snapshot(&tree), Records::from_iter(store.clone()));
    }
}

#[test]
fn a_leaf_outside_the_tree_has_no_keys() {
    let tree = tree(SIZE);
    let outside = (leaf(4), HANDSHAKE, 0);
    refuses(&tree, outside, &DEFAULT, SecretTreeError::LeafOutOfTree);
    let send = tree.plan_next_send(suite(), leaf(4), HANDSHAKE);
    assert_eq!(send.unwrap_err(), SecretTreeError::LeafOutOfTree);
    let erase = tree.plan_erase(leaf(4));
    assert_eq!(erase.map(|_| ()), Err(SecretTreeError::LeafOutOfTree));
}

// req: R-9.2-01
#[test]
fn an_erased_leaf_is_gone_and_the_others_stay() {
    for used in [false, true] {
        let mut tree = tree(SIZE);
        open(&mut tree, leaf(0), HANDSHAKE, 2, &DEFAULT).unwrap();
        if used {
            open(&mut tree, leaf(1), APPLICATION, 2, &DEFAULT).unwrap();
            open(&mut tree, leaf(1), HANDSHAKE, 1, &DEFAULT).unwrap();
        }
        let edit = tree.plan_erase(leaf(1)).unwrap();
        // Of a leaf that was not used there is nothing to erase.
        assert_eq!(edit.changes().count() > 0, used);
        drop(tree.apply(edit));
        if used {
            for (kind, generation) in [(HANDSHAKE, 0), (APPLICATION, 0), (APPLICATION, 3)] {
                let gone = (leaf(1), kind, generation);
                refuses(&tree, gone, &DEFAULT, SecretTreeError::LeafErased);
            }
            let send = tree.plan_next_send(suite(), leaf(1), APPLICATION);
            assert_eq!(send.unwrap_err(), SecretTreeError::LeafErased);
            assert_eq!(tree.plan_erase(leaf(1)).unwrap().changes().count(), 0);
        }

        assert_eq!(tree.index.as_ref().unwrap().count(), 2);
        for (index, kind, generation) in [(0, HANDSHAKE, 1), (2, APPLICATION, 1), (3, HANDSHAKE, 0)] {
            let key = open(&mut tree, leaf(index), kind, generation, &DEFAULT);
            assert_eq!(key, Ok(want(index, kind, generation)));
        }
    }
}

#[test]
fn a_failing_backend_changes_nothing() {
    let mut tree = tree(SIZE);
    open(&mut tree, leaf(0), APPLICATION, 1, &DEFAULT).unwrap();
    let before = snapshot(&tree);
    let broken = Broken(suite().provider());
    let suite = Suite::new(&broken);
    let failed = SecretTreeError::Crypto(CryptoError::Backend);
    for (index, generation) in [(0, 2), (0, 5), (1, 0)] {
        let opened = tree.plan_open(suite, leaf(index), APPLICATION, generation, &DEFAULT);
        assert_eq!(opened.unwrap_err(), failed);
        let sent = tree.plan_next_send(suite, leaf(index), APPLICATION);
        assert_eq!(sent.unwrap_err(), failed);
    }
    assert_eq!(snapshot(&tree), before);
}
