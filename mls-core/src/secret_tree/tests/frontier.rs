//! Which nodes exist.

use super::{super::*, *};

fn changes(moved: &RatchetMove) -> Vec<(SecretTreeKey, bool)> {
    moved.changes().map(|change| (change.key(), change.value().unwrap().is_some())).collect()
}

// req: R-9-01
// req: R-9.2-04
#[test]
fn a_leafs_first_use_leaves_the_siblings_of_its_path() {
    let mut tree = tree(3);
    assert_eq!(frontier(&tree), [7]);
    for (index, want) in [
        (2, &[1, 6, 11][..]),
        (3, &[1, 11]),
        (0, &[2, 11]),
        (6, &[2, 9, 14]),
        (7, &[2, 9]),
        (1, &[9]),
        (5, &[8]),
        (4, &[]),
    ] {
        open(&mut tree, leaf(index), APPLICATION, 0, &DEFAULT).unwrap();
        assert_eq!(frontier(&tree), want);
    }
    let ratchets: Vec<_> = tree.ratchets.iter().map(|(id, _)| id).collect();
    let both = |index| [(leaf(index), HANDSHAKE), (leaf(index), APPLICATION)];
    assert_eq!(ratchets, Vec::from_iter((0..8).flat_map(both)));
}

// req: R-9.2-04
#[test]
fn the_first_use_writes_these_records_and_the_next_one_only_the_ratchet() {
    let mut tree = tree(3);
    let first = tree.plan_next_send(suite(), leaf(2), HANDSHAKE).unwrap();
    assert_eq!(
        changes(&first),
        [
            (SecretTreeKey::Node(node(7)), false),
            (SecretTreeKey::Node(node(11)), true),
            (SecretTreeKey::Node(node(1)), true),
            (SecretTreeKey::Node(node(6)), true),
            (SecretTreeKey::Ratchet(leaf(2), APPLICATION), true),
            (SecretTreeKey::Ratchet(leaf(2), HANDSHAKE), true),
        ]
    );
    drop(tree.apply(first));
    for kind in [HANDSHAKE, APPLICATION] {
        let next = tree.plan_next_send(suite(), leaf(2), kind).unwrap();
        assert_eq!(changes(&next), [(SecretTreeKey::Ratchet(leaf(2), kind), true)]);
    }
    let neighbour = tree.plan_next_send(suite(), leaf(3), HANDSHAKE).unwrap();
    assert_eq!(
        changes(&neighbour),
        [
            (SecretTreeKey::Node(node(6)), false),
            (SecretTreeKey::Ratchet(leaf(3), APPLICATION), true),
            (SecretTreeKey::Ratchet(leaf(3), HANDSHAKE), true),
        ]
    );
}

#[test]
fn a_jump_writes_the_skipped_keys_and_a_late_message_deletes_its_own() {
    let mut tree = tree(0);
    open(&mut tree, leaf(0), APPLICATION, 0, &DEFAULT).unwrap();
    let jump = tree.plan_open(suite(), leaf(0), APPLICATION, 3, &DEFAULT).unwrap();
    let skipped = |generation| SecretTreeKey::Skipped(leaf(0), APPLICATION, generation);
    assert_eq!(
        changes(&jump),
        [
            (SecretTreeKey::Ratchet(leaf(0), APPLICATION), true),
            (skipped(1), true),
            (skipped(2), true),
            (SecretTreeKey::SkippedIndex, true),
        ]
    );
    drop(tree.apply(jump));
    let late = tree.plan_open(suite(), leaf(0), APPLICATION, 1, &DEFAULT).unwrap();
    assert_eq!(changes(&late), [(skipped(1), false), (SecretTreeKey::SkippedIndex, true)]);
    drop(tree.apply(late));
    // With the last skipped key, the index's record goes too.
    let last = tree.plan_open(suite(), leaf(0), APPLICATION, 2, &DEFAULT).unwrap();
    assert_eq!(changes(&last), [(skipped(2), false), (SecretTreeKey::SkippedIndex, false)]);
}

#[test]
fn the_only_leaf_is_the_root() {
    let mut tree = tree(0);
    assert_eq!(frontier(&tree), [0]);
    let key = open(&mut tree, leaf(0), HANDSHAKE, 0, &DEFAULT);
    assert_eq!(key, Ok(naive(TreeSize::ONE, leaf(0), HANDSHAKE, 0)));
    assert!(frontier(&tree).is_empty());
}

#[test]
fn the_largest_tree_has_a_last_leaf() {
    let mut tree = tree(31);
    let last = leaf((1 << 31) - 1);
    let key = open(&mut tree, last, APPLICATION, 1, &DEFAULT);
    assert_eq!(key, Ok(naive(tree.size(), last, APPLICATION, 1)));
    assert_eq!(frontier(&tree).len(), 31);
    assert_eq!(tree.plan_erase(suite(), leaf(0)).unwrap().nodes.len(), 31);
}

// req: R-9.2-03
#[test]
fn the_encryption_secret_is_gone_after_the_first_use() {
    let mut tree = tree(1);
    assert_eq!(snapshot(&tree), [(SecretTreeKey::Node(node(1)), ROOT.to_vec())]);
    open(&mut tree, leaf(0), HANDSHAKE, 0, &DEFAULT).unwrap();
    for (_, record) in snapshot(&tree) {
        assert!(!record.windows(32).any(|part| part == ROOT));
    }
}

// req: R-2-01
#[test]
fn debug_shows_no_secret() {
    let mut tree = tree(0);
    open(&mut tree, leaf(0), HANDSHAKE, 1, &DEFAULT).unwrap();
    let moved = tree.plan_open(suite(), leaf(0), HANDSHAKE, 0, &DEFAULT).unwrap();
    assert_eq!(
        std::format!("{moved:?}"),
        "RatchetMove { leaf: LeafIndex(0), ratchet_type: Handshake, key: MessageKey { generation: 0, \
         .. }, edit: SecretTreeEdit { nodes: [], ratchets: [], skipped: [((LeafIndex(0), Handshake, \
         0), None)], index: Some(SkippedIndex { runs: [], count: 0 }), sent: None } }"
    );
    assert_eq!(
        std::format!("{tree:?}"),
        "SecretTree { size: TreeSize { depth: 0 }, frontier: Slots { entries: {}, complete: true }, \
         ratchets: Slots { entries: {(LeafIndex(0), Handshake): Some(RatchetState { generation: \
         Some(2), .. }), (LeafIndex(0), Application): Some(RatchetState { generation: Some(0), .. \
         })}, complete: true }, skipped: Slots { entries: {(LeafIndex(0), Handshake, 0): \
         Some(MessageKey { generation: 0, .. })}, complete: true }, index: Some(SkippedIndex { runs: \
         [SkippedRun { leaf: LeafIndex(0), ratchet_type: Handshake, first: 0, last: 0 }], count: 1 \
         }), reserved: {} }"
    );
    let undo = tree.apply(moved);
    assert_eq!(std::format!("{undo:?}"), "RatchetUndo { .. }");
}
