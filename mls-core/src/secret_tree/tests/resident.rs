//! Trees of which only some records are resident.

use std::collections::BTreeMap;

use mls_codec::{DecodeError, DecodeErrorKind};

use super::{super::*, *};

type Store = BTreeMap<SecretTreeKey, Vec<u8>>;

fn admit(tree: &mut SecretTree, store: &Store, keys: &[SecretTreeKey]) {
    for key in keys {
        tree.admit(*key, store.get(key).map(Vec::as_slice)).unwrap();
    }
}

fn missing(result: Result<RatchetMove, SecretTreeError>) -> Vec<SecretTreeKey> {
    match result {
        Err(SecretTreeError::NotResident(keys)) => keys,
        other => panic!("{other:?}"),
    }
}

/// A stored tree of four leaves: leaf 1 was used, its application ratchet skipped 0 to 2.
fn store() -> Store {
    let mut hot = tree(2);
    open(&mut hot, leaf(1), APPLICATION, 3, &DEFAULT).unwrap();
    snapshot(&hot).into_iter().collect()
}

fn cold() -> SecretTree {
    SecretTree::cold(TreeSize::from_depth(2).unwrap())
}

#[test]
fn a_cold_tree_names_all_that_a_message_may_need_at_once() {
    let store = store();
    for (index, kind, generation) in [
        (1, APPLICATION, 1),
        (1, APPLICATION, 4),
        (1, APPLICATION, 9),
        (1, HANDSHAKE, 0),
        (0, APPLICATION, 0),
        (3, HANDSHAKE, 7),
    ] {
        let mut cold = cold();
        let plan = |tree: &SecretTree| tree.plan_open(suite(), leaf(index), kind, generation, &DEFAULT);
        let keys = missing(plan(&cold));
        let mut want = vec![SecretTreeKey::Node(node(if index < 2 { 1 } else { 5 }))];
        want.push(SecretTreeKey::Node(node(3)));
        want.push(SecretTreeKey::Ratchet(leaf(index), kind));
        want.push(SecretTreeKey::Skipped(leaf(index), kind, generation));
        want.push(SecretTreeKey::SkippedIndex);
        assert_eq!(keys, want);
        admit(&mut cold, &store, &keys);
        let key = bytes(plan(&cold).unwrap().message_key());
        assert_eq!(key, naive(cold.size(), leaf(index), kind, generation));
    }
}

#[test]
fn a_cold_tree_names_what_sending_needs() {
    let store = store();
    let mut cold = cold();
    let keys = missing(cold.plan_next_send(suite(), leaf(1), APPLICATION));
    // The ratchet alone is enough where there is one, and one of our own there always is.
    let ratchet = SecretTreeKey::Ratchet(leaf(1), APPLICATION);
    assert_eq!(keys, [ratchet]);
    let mut never_used = SecretTree::cold(cold.size());
    never_used.admit(ratchet, None).unwrap();
    let path = [1, 3].map(|index| SecretTreeKey::Node(node(index)));
    assert_eq!(missing(never_used.plan_next_send(suite(), leaf(1), APPLICATION)), path);
    admit(&mut cold, &store, &keys);
    let moved = cold.plan_next_send(suite(), leaf(1), APPLICATION).unwrap();
    assert_eq!(moved.message_key().generation(), 4);
}

#[test]
fn a_resident_ratchet_asks_only_for_what_is_left() {
    let store = store();
    let mut cold = cold();
    let ratchet = SecretTreeKey::Ratchet(leaf(1), APPLICATION);
    admit(&mut cold, &store, &[ratchet]);
    let plan = |tree: &SecretTree, generation| tree.plan_open(suite(), leaf(1), APPLICATION, generation, &DEFAULT);
    assert!(plan(&cold, 4).is_ok());
    assert_eq!(missing(plan(&cold, 5)), [SecretTreeKey::SkippedIndex]);
    let skipped = SecretTreeKey::Skipped(leaf(1), APPLICATION, 2);
    assert_eq!(missing(plan(&cold, 2)), [skipped, SecretTreeKey::SkippedIndex]);
    admit(&mut cold, &store, &[SecretTreeKey::SkippedIndex]);
    assert_eq!(missing(plan(&cold, 2)), [skipped]);
    assert_eq!(plan(&cold, 3).unwrap_err(), SecretTreeError::KeyConsumed);

    // A jump that is too long costs no read either.
    let far = SecretTreeError::TooFarAhead { next: 4, generation: 1005 };
    assert_eq!(plan(&cold, 1005).unwrap_err(), far);

    admit(&mut cold, &store, &[skipped]);
    let moved = plan(&cold, 2).unwrap();
    assert_eq!(bytes(moved.message_key()), naive(cold.size(), leaf(1), APPLICATION, 2));
    drop(cold.apply(moved));
    assert_eq!(plan(&cold, 2).unwrap_err(), SecretTreeError::KeyConsumed);
}

#[test]
fn a_record_that_is_lost_is_a_consumed_key() {
    let mut store = store();
    store.remove(&SecretTreeKey::Skipped(leaf(1), APPLICATION, 1));
    let mut cold = cold();
    let plan = |tree: &SecretTree| tree.plan_open(suite(), leaf(1), APPLICATION, 1, &DEFAULT);
    let keys = missing(plan(&cold));
    admit(&mut cold, &store, &keys);
    assert_eq!(plan(&cold).unwrap_err(), SecretTreeError::KeyConsumed);
}

#[test]
fn a_leaf_without_records_is_erased() {
    let mut cold = cold();
    let plan = |tree: &SecretTree| tree.plan_open(suite(), leaf(0), HANDSHAKE, 1, &DEFAULT);
    let keys = missing(plan(&cold));
    admit(&mut cold, &Store::new(), &keys);
    assert_eq!(plan(&cold).unwrap_err(), SecretTreeError::LeafErased);
}

#[test]
fn what_is_resident_is_not_overwritten() {
    let store = store();
    let ratchet = SecretTreeKey::Ratchet(leaf(1), APPLICATION);
    let mut cold = cold();
    admit(&mut cold, &store, &[ratchet]);
    let moved = cold.plan_next_send(suite(), leaf(1), APPLICATION).unwrap();
    drop(cold.apply(moved));
    let after = snapshot(&cold);
    admit(&mut cold, &store, &[ratchet]);
    cold.admit(ratchet, None).unwrap();
    assert_eq!(snapshot(&cold), after);
}

#[test]
fn erasing_asks_for_ratchets_and_index() {
    let store = store();
    let mut cold = cold();
    let keys = match cold.plan_erase(leaf(0)) {
        Err(SecretTreeError::NotResident(keys)) => keys,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        keys,
        [
            SecretTreeKey::Ratchet(leaf(0), HANDSHAKE),
            SecretTreeKey::Ratchet(leaf(0), APPLICATION),
            SecretTreeKey::SkippedIndex,
        ]
    );
    admit(&mut cold, &store, &keys);
    // The leaf was not used.
    assert_eq!(cold.plan_erase(leaf(0)).unwrap().changes().count(), 0);
}

#[test]
fn stored_values_have_this_form() {
    let mut tree = tree(0);
    open(&mut tree, leaf(0), APPLICATION, 2, &DEFAULT).unwrap();
    open(&mut tree, leaf(0), APPLICATION, 0, &DEFAULT).unwrap();
    let records: Store = snapshot(&tree).into_iter().collect();
    let ratchet = &records[&SecretTreeKey::Ratchet(leaf(0), APPLICATION)];
    assert_eq!((&ratchet[..6], ratchet.len()), (&[1, 0, 0, 0, 3, 32][..], 38));
    let (_, key, nonce) = naive(tree.size(), leaf(0), APPLICATION, 1);
    let skipped = &records[&SecretTreeKey::Skipped(leaf(0), APPLICATION, 1)];
    assert_eq!(*skipped, [&[16][..], &key, &[12], &nonce].concat());
    let index = &records[&SecretTreeKey::SkippedIndex];
    assert_eq!(*index, [13, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1]);
    // The secrets of nodes 0 and 5, which the way to leaf 1 left beside it.
    let size = TreeSize::from_depth(2).unwrap();
    let (left, right) = (naive_node(size, node(0)), naive_node(size, node(5)));
    let pack = [&[0, 0, 0, 0, 32], left.as_bytes(), &[0, 0, 0, 5, 32], right.as_bytes()].concat();
    assert_eq!(store()[&SecretTreeKey::Node(node(3))], pack);
}

#[test]
fn broken_records_are_refused() {
    let ratchet = SecretTreeKey::Ratchet(leaf(0), APPLICATION);
    let skipped = SecretTreeKey::Skipped(leaf(0), APPLICATION, 0);
    let index = SecretTreeKey::SkippedIndex;
    let pack = SecretTreeKey::Node(node(5));
    for (key, stored, kind, offset) in [
        // Nothing, nodes left and right of the one that was split, one above it, the same twice, one below another.
        (pack, &[][..], DecodeErrorKind::UnexpectedEnd, 0),
        (pack, &[0, 0, 0, 2, 1, 7], DecodeErrorKind::InvalidValue, 0),
        (pack, &[0, 0, 0, 8, 1, 7], DecodeErrorKind::InvalidValue, 0),
        (pack, &[0, 0, 0, 3, 1, 7], DecodeErrorKind::InvalidValue, 0),
        (pack, &[0, 0, 0, 4, 1, 7, 0, 0, 0, 4, 1, 7], DecodeErrorKind::InvalidValue, 6),
        (pack, &[0, 0, 0, 5, 1, 7, 0, 0, 0, 6, 1, 7], DecodeErrorKind::InvalidValue, 6),
        (pack, &[0, 0, 0, 6, 1, 7, 0, 0, 0, 4, 1, 7], DecodeErrorKind::InvalidValue, 6),
        (pack, &[0, 0, 0, 4, 1], DecodeErrorKind::LengthOverflow, 4),
        (pack, &[0xff, 0xff, 0xff, 0xff, 1, 7], DecodeErrorKind::InvalidValue, 0),
        (ratchet, &[2][..], DecodeErrorKind::InvalidPresence, 0),
        (ratchet, &[0, 0], DecodeErrorKind::TrailingBytes, 1),
        (ratchet, &[], DecodeErrorKind::UnexpectedEnd, 0),
        (ratchet, &[1, 0, 0, 0, 0, 1], DecodeErrorKind::LengthOverflow, 5),
        (skipped, &[0, 0, 0], DecodeErrorKind::TrailingBytes, 2),
        (skipped, &[0], DecodeErrorKind::UnexpectedEnd, 1),
        (index, &[13, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0], DecodeErrorKind::UnknownValue, 5),
        (index, &[13, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1], DecodeErrorKind::InvalidValue, 1),
        (index, &[13, 0, 0, 0, 0, 2, 0, 0, 0, 0, 255, 255, 255, 255], DecodeErrorKind::InvalidValue, 1),
        (index, &[0, 0], DecodeErrorKind::TrailingBytes, 1),
    ] {
        let mut cold = cold();
        let refused = cold.admit(key, Some(stored));
        assert_eq!(refused, Err(DecodeError::new(kind, offset)), "{stored:?}");
        assert_eq!(snapshot(&cold), []);
    }
}
