//! Generations that a sender reserves ahead.

use super::*;

const OWN: u32 = 0;

/// What a send in `tree` puts into storage, and the generation that it used.
#[allow(clippy::type_complexity, reason = "a pair for a few tests")]
fn send(tree: &mut SecretTree, reserve: u32) -> (u32, Vec<(SecretTreeKey, Option<Vec<u8>>)>) {
    let moved = tree.plan_send_ahead(suite(), leaf(OWN), APPLICATION, reserve).unwrap();
    let generation = moved.message_key().generation();
    let written = moved
        .changes()
        .map(|change| (change.key(), change.value().unwrap().map(|value| value.as_bytes().to_vec())))
        .collect();
    drop(tree.apply(moved));
    (generation, written)
}

/// The tree as it is loaded from what `written` left in storage.
fn loaded(written: &[(SecretTreeKey, Option<Vec<u8>>)]) -> SecretTree {
    let mut tree = SecretTree::cold(tree(0).size());
    for (key, value) in written {
        tree.admit(*key, value.as_deref()).unwrap();
    }
    tree
}

#[test]
fn one_write_reserves_and_the_next_sends_write_nothing() {
    let mut tree = tree(0);
    let (first, written) = send(&mut tree, 32);
    assert_eq!(first, 0);
    assert!(written.iter().any(|(key, _)| *key == SecretTreeKey::Ratchet(leaf(OWN), APPLICATION)));
    for generation in 1..32 {
        assert_eq!(send(&mut tree, 32), (generation, Vec::new()));
    }
    let (next, again) = send(&mut tree, 32);
    assert_eq!((next, again.len()), (32, 1));
}

#[test]
fn a_reservation_uses_its_keys_up_in_storage_at_once() {
    let mut tree = tree(0);
    let mut used = |reserve| {
        let moved = tree.plan_send_ahead(suite(), leaf(OWN), APPLICATION, reserve).unwrap();
        let used = moved.used_keys();
        drop(tree.apply(moved));
        used
    };
    assert_eq!([1, 1, 3, 3, 3, 1].map(&mut used), [1, 1, 3, 0, 0, 1]);
}

#[test]
fn a_loaded_tree_goes_on_behind_the_reserved_generations() {
    let mut tree = tree(0);
    let (_, written) = send(&mut tree, 32);
    send(&mut tree, 32);
    let mut loaded = loaded(&written);
    assert_eq!(send(&mut loaded, 32).0, 32);
    // Both derive the same keys, and nobody uses one twice.
    for _ in 2..32 {
        send(&mut tree, 32);
    }
    let here = tree.plan_next_send(suite(), leaf(OWN), APPLICATION).unwrap();
    assert_eq!(here.message_key().generation(), 32);
}

#[test]
fn without_a_reserve_what_is_stored_is_what_is_here() {
    for reserve in [0, 1] {
        let mut tree = tree(0);
        for generation in 0..3 {
            let (used, written) = send(&mut tree, reserve);
            assert_eq!(used, generation);
            let ratchet = SecretTreeKey::Ratchet(leaf(OWN), APPLICATION);
            let stored = written.iter().find(|(key, _)| *key == ratchet).unwrap();
            let here = snapshot(&tree).into_iter().find(|(key, _)| *key == ratchet).unwrap();
            assert_eq!(stored.1.as_ref(), Some(&here.1));
        }
    }
}

#[test]
fn a_send_that_is_taken_back_takes_its_reserve_back() {
    let mut tree = tree(0);
    let before = std::format!("{tree:?}");
    let moved = tree.plan_send_ahead(suite(), leaf(OWN), APPLICATION, 32).unwrap();
    let (undo, sent) = (tree.apply(moved), tree.sent());
    tree.undo(undo);
    assert_eq!(std::format!("{tree:?}"), before);
    assert_eq!(tree.sent(), sent, "a move that was planned before is not good any more");
    assert_eq!(send(&mut tree, 32).0, 0);
    assert_eq!(send(&mut tree, 32).1, []);
}

#[test]
fn what_is_left_at_the_end_is_reserved_whole() {
    let mut tree = tree(0);
    send(&mut tree, 1);
    let ratchet = RatchetState::new(Some((u32::MAX - 1, SecretBytes::from_slice(&[7; 32]))));
    drop(tree.ratchets.replace((leaf(OWN), APPLICATION), Slot::Present(ratchet)));
    assert_eq!(send(&mut tree, 32).0, u32::MAX - 1);
    assert_eq!(send(&mut tree, 32), (u32::MAX, Vec::new()));
    let none = tree.plan_send_ahead(suite(), leaf(OWN), APPLICATION, 32);
    assert_eq!(none.unwrap_err(), SecretTreeError::GenerationsExhausted);
}

#[test]
fn a_ratchet_that_is_set_anew_has_nothing_reserved() {
    let mut tree = tree(0);
    send(&mut tree, 32);
    let kept = tree.ratchets_of(leaf(OWN)).unwrap();
    let before = std::format!("{tree:?}");
    // The epoch ends, and is gone back to.
    let undo = tree.apply(tree.plan_erase(leaf(OWN)).unwrap());
    for (kind, record) in &kept {
        drop(tree.apply(SecretTreeEdit::ratchet(leaf(OWN), *kind, record.as_bytes()).unwrap()));
    }
    // What is stored is where it was left: the next send has to write.
    let (generation, written) = send(&mut tree, 32);
    assert_eq!((generation, written.len()), (1, 1));

    let mut other = self::tree(0);
    send(&mut other, 32);
    let erased = other.apply(other.plan_erase(leaf(OWN)).unwrap());
    other.undo(erased);
    assert_eq!(std::format!("{other:?}"), before, "taken back, it is reserved again");
    drop(undo);
}
