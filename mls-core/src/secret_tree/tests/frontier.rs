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
    assert_eq!(packs(&tree), [(7, vec![7])]);
    for (index, want) in [
        (2, vec![(7, vec![1, 6, 11])]),
        (3, vec![(7, vec![1, 11])]),
        (0, vec![(1, vec![2]), (7, vec![11])]),
        (6, vec![(1, vec![2]), (11, vec![9, 14])]),
        (7, vec![(1, vec![2]), (11, vec![9])]),
        (1, vec![(11, vec![9])]),
        (5, vec![(9, vec![8])]),
        (4, vec![]),
    ] {
        open(&mut tree, leaf(index), APPLICATION, 0, &DEFAULT).unwrap();
        assert_eq!(packs(&tree), want);
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
            (SecretTreeKey::Node(node(7)), true),
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
            (SecretTreeKey::Node(node(7)), true),
            (SecretTreeKey::Ratchet(leaf(3), APPLICATION), true),
            (SecretTreeKey::Ratchet(leaf(3), HANDSHAKE), true),
        ]
    );
    let cousin = tree.plan_next_send(suite(), leaf(0), HANDSHAKE).unwrap();
    assert_eq!(changes(&cousin)[..2], [(SecretTreeKey::Node(node(7)), true), (SecretTreeKey::Node(node(1)), true)]);
    drop(tree.apply(cousin));
    let last = tree.plan_next_send(suite(), leaf(1), HANDSHAKE).unwrap();
    assert_eq!(changes(&last)[0], (SecretTreeKey::Node(node(1)), false));
}

/// Two packs at most, however deep the tree and whoever was heard before.
// req: R-9.2-04
#[test]
fn a_first_use_takes_one_node_out_of_the_records() {
    let mut tree = tree(6);
    let packs_of = |moved: &RatchetMove| {
        let keys = changes(moved).into_iter().map(|(key, _)| key);
        keys.filter(|key| matches!(key, SecretTreeKey::Node(_))).count()
    };
    for step in 0..64 {
        let leaf = leaf(step * 37 % 64);
        let before = frontier(&tree);
        let covering = *before.iter().find(|at| node(**at).covers(leaf)).unwrap();
        let secret = naive_node(tree.size(), node(covering));
        let moved = tree.plan_open(suite(), leaf, HANDSHAKE, 0, &DEFAULT).unwrap();
        assert!((1..=2).contains(&packs_of(&moved)));
        // What is to be written has it no more, and neither has the tree.
        for change in moved.changes() {
            let value = change.value().unwrap();
            let found = |value: &SecretBytes| value.as_bytes().windows(32).any(|part| part == secret.as_bytes());
            assert!(!value.as_ref().is_some_and(found));
        }
        let undo = tree.apply(moved);
        assert!(snapshot(&tree).iter().all(|(_, value)| !value.windows(32).any(|part| part == secret.as_bytes())));
        tree.undo(undo);
        assert_eq!(frontier(&tree), before);
        open(&mut tree, leaf, HANDSHAKE, 0, &DEFAULT).unwrap();
    }
    assert_eq!(packs(&tree), []);
}

/// What is taken out of a pack is not in what is left of it.
#[test]
fn a_pack_without_a_node_has_no_copy_of_it() {
    let pack = NodePack::from_parts(vec![node(1), node(4)], &[&[1; 32], &[4; 32]]);
    assert_eq!(pack.covering(leaf(0)), Some((node(1), &[1; 32][..])));
    let without = pack.without(node(4)).unwrap();
    assert_eq!(without.nodes().collect::<Vec<_>>(), [(node(1), &[1; 32][..])]);
    assert_eq!(without.covering(leaf(2)), None);
    assert!(without.without(node(1)).is_none());
}

/// Both of two nodes' secrets have the length of the suite's hash, so a pack says nothing of where each ends.
#[test]
fn a_stored_pack_has_secrets_of_one_length() {
    let stored = |first: &[u8], second: &[u8]| {
        let mut out = Vec::new();
        for (index, secret) in [(1_u32, first), (4, second)] {
            out.extend(index.to_be_bytes());
            mls_codec::encode_opaque(secret, &mut out).unwrap();
        }
        out
    };
    assert_eq!(NodePack::decode(node(3), &stored(&[1; 32], &[4; 32])).unwrap().nodes().len(), 2);
    for (first, second, at) in [(&[1; 32][..], &[4; 31][..], 37), (&[], &[], 0)] {
        let error = NodePack::decode(node(3), &stored(first, second)).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (mls_codec::DecodeErrorKind::InvalidValue, at));
    }
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
    assert_eq!(packs(&tree).len(), 1);
    let sent = tree.plan_next_send(suite(), leaf(0), APPLICATION).unwrap();
    // Two packs and two ratchets.
    assert_eq!(sent.changes().count(), 4);
    drop(tree.apply(sent));
    assert_eq!(frontier(&tree).len(), 30 + 30);
}

// req: R-9.2-03
#[test]
fn the_encryption_secret_is_gone_after_the_first_use() {
    let mut tree = tree(1);
    let pack = [&[0, 0, 0, 1, 32], &ROOT[..]].concat();
    assert_eq!(snapshot(&tree), [(SecretTreeKey::Node(node(1)), pack)]);
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
         .. }, edit: SecretTreeEdit { packs: [], ratchets: [], skipped: [((LeafIndex(0), Handshake, \
         0), None)], index: Some(SkippedIndex { runs: [], count: 0 }), sent: None } }"
    );
    assert_eq!(
        std::format!("{tree:?}"),
        "SecretTree { size: TreeSize { depth: 0 }, packs: Slots { entries: {}, complete: true }, \
         ratchets: Slots { entries: {(LeafIndex(0), Handshake): Some(RatchetState { generation: \
         Some(2), .. }), (LeafIndex(0), Application): Some(RatchetState { generation: Some(0), .. \
         })}, complete: true }, skipped: Slots { entries: {(LeafIndex(0), Handshake, 0): \
         Some(MessageKey { generation: 0, .. })}, complete: true }, index: Some(SkippedIndex { runs: \
         [SkippedRun { leaf: LeafIndex(0), ratchet_type: Handshake, first: 0, last: 0 }], count: 1 \
         }), reserved: {} }"
    );
    let undo = tree.apply(moved);
    assert_eq!(std::format!("{undo:?}"), "RatchetUndo { .. }");
    let pack = NodePack::from_parts(vec![node(2)], &[&[0; 32]]);
    assert_eq!(std::format!("{pack:?}"), "[NodeIndex(2)]");
}
