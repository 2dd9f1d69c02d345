//! Single properties of edits, costs and errors.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use mls_codec::{DecodeError, DecodeErrorKind};

use super::support::*;
use crate::tree::math::{NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::ratchet_tree::link::Link;
use crate::tree::ratchet_tree::{RatchetTree, TreeError};

#[test]
fn links_are_four_long_words_at_most() {
    assert!(size_of::<Link>() <= 32);
}

// req: R-7.7-01, R-7.7-02
#[test]
fn extending_and_truncating_are_inverse() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let tree = tree_of(suite, 4);
    let extended = tree.clone().extend(suite).unwrap().extend(suite).unwrap();
    assert_eq!(extended.size().leaf_count(), 16);
    assert_eq!(extended.leftmost_blank(), Some(leaf_index(4)));
    assert_ne!(extended.root_hash(), tree.root_hash());
    assert!(extended.is_blank(extended.size().root()));
    assert_eq!(extended.node_hash(tree.size().root()).as_ref(), Some(tree.root_hash()));
    assert_eq!(tree.filtered_direct_path(leaf_index(4)).len(), 1);
    counting.take();
    let truncated = extended.truncate(suite).unwrap();
    assert_eq!(counting.take(), 0, "nothing is hashed again");
    assert_eq!(truncated.root_hash(), tree.root_hash());
    assert_eq!(truncated.diff(&tree), []);
}

// req: R-7.7-02, R-12.1.3-03
#[test]
fn truncation_drops_a_populated_root_and_its_key() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let tree = tree_of(suite, 3);
    let root = tree.size().root();
    let tree = tree.edit(suite, vec![(root, Some(parent(50))), (node_index(4), None)]).unwrap();
    assert_eq!(tree.find_encryption_key(&encryption_key(50)), Some(root));
    let tree = tree.truncate(suite).unwrap();
    assert_eq!(tree.size().leaf_count(), 2);
    assert_eq!(tree.find_encryption_key(&encryption_key(50)), None);
    assert_eq!(tree.root_hash(), tree_of(suite, 2).root_hash());
}

// req: R-7.7-02
#[test]
fn truncation_leaves_one_leaf_of_a_tree_whose_root_alone_is_populated() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let (empty, _) = tree_of(suite, 1).apply_changes(suite, &[], &[leaf_index(0)], &[]).unwrap();
    let tree = empty.clone().extend(suite).unwrap().extend(suite).unwrap().extend(suite).unwrap();
    let tree = tree.edit(suite, vec![(node_index(7), Some(parent(50)))]).unwrap().truncate(suite).unwrap();
    assert_eq!((tree.size(), tree.root_hash()), (TreeSize::ONE, empty.root_hash()));
}

// bad: tree-16
#[test]
fn removing_the_right_half_truncates_by_several_levels() {
    let counting = Counting::new(7);
    let suite = counting.suite();
    let removed: Vec<_> = (1..16).map(leaf_index).collect();
    let (tree, _) = tree_of(suite, 16).apply_changes(suite, &[], &removed, &[]).unwrap();
    assert_eq!(tree.size(), TreeSize::ONE);
    assert_eq!(tree.root_hash(), tree_of(suite, 1).root_hash());
}

#[test]
fn the_last_member_may_leave_and_another_come() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let others: Vec<_> = (0..5).map(leaf_index).collect();
    let (far, _) = tree_of(suite, 6).apply_changes(suite, &[], &others, &[]).unwrap();
    assert_eq!((far.member_count(), far.size().leaf_count()), (1, 8));
    let (empty, _) = far.apply_changes(suite, &[], &[leaf_index(5)], &[]).unwrap();
    assert_eq!((empty.member_count(), empty.size()), (0, TreeSize::ONE));
    let (empty, _) = tree_of(suite, 1).apply_changes(suite, &[], &[leaf_index(0)], &[]).unwrap();
    assert_eq!((empty.member_count(), empty.size()), (0, TreeSize::ONE));
    assert_eq!(empty.next_free_leaf(), Some(leaf_index(0)));
    assert_eq!(empty.summary().credential_types_in_use().count(), 0);
    let joined = with_path(suite, &empty, leaf_index(0), 9).unwrap();
    assert_eq!(joined.find_signature_key(&signature_key(9)), Some(leaf_index(0)));
}

#[test]
fn a_bulk_add_hashes_each_node_once() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let first = tree_of(suite, 1);
    let adds: Vec<_> = (1..1000).map(|number| leaf(number, 1)).collect();
    counting.take();
    let (tree, slots) = first.apply_changes(suite, &[], &[], &adds).unwrap();
    // The first leaf is hashed already.
    assert_eq!(counting.take(), tree.size().node_count() as usize - 1);
    assert_eq!(slots, (1..1000).map(leaf_index).collect::<Vec<_>>());

    // A second batch touches its leaves, splits one blank subtree into its own nodes, and climbs once.
    let adds: Vec<_> = (1000..1024).map(|number| leaf(number, 1)).collect();
    tree.apply_changes(suite, &[], &[], &adds).unwrap();
    assert_eq!(counting.take(), 24 + 12 + 6 + 3 + 2 + 6);
}

#[test]
fn a_clone_and_a_path_cost_what_they_must() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let tree = tree_of(suite, 1000);
    counting.take();
    let copy = tree.clone();
    assert_eq!((counting.take(), copy.unshared_nodes(&tree)), (0, 0));
    let newer = with_path(suite, &copy, leaf_index(500), 5000).unwrap();
    assert_eq!((counting.take(), newer.unshared_nodes(&tree)), (11, 11));
    assert_eq!(tree.diff(&newer).len(), 11);
    let empty = RatchetTree::from_nodes(suite, SEED, TreeSize::ONE, []).unwrap();
    assert_eq!(newer.unshared_nodes(&empty), newer.nodes().count() + 991, "the rest are blank parents");
}

#[test]
fn like_clients_share_one_summary() {
    let counting = Counting::new(1);
    let tree = tree_of(counting.suite(), 64);
    let mut parents: Vec<_> = vec![tree.size().root()];
    let mut summaries = BTreeSet::new();
    while let Some(node) = parents.pop() {
        let Some(parent) = tree.link(node).and_then(Link::parent) else {
            continue;
        };
        summaries.insert(Arc::as_ptr(parent.summary.as_ref().unwrap()) as usize);
        parents.extend([node.left(), node.right()].into_iter().flatten());
    }
    assert_eq!(summaries.len(), 1);
}

// req: R-16.7-01
#[test]
fn lookups_are_right_when_keys_change_hands_in_one_batch() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let tree = tree_of(suite, 4);
    let swap = [(leaf_index(0), leaf(1, 1)), (leaf_index(1), leaf(0, 1)), (leaf_index(2), leaf(3, 1))];
    let (tree, slots) = tree.apply_changes(suite, &swap, &[leaf_index(3)], &[leaf(2, 1)]).unwrap();
    assert_eq!(slots, [leaf_index(3)]);
    for (number, at) in [(0, 1), (1, 0), (2, 3), (3, 2)] {
        assert_eq!(tree.find_signature_key(&signature_key(number)), Some(leaf_index(at)));
        assert_eq!(tree.find_encryption_key(&encryption_key(number)), Some(leaf_index(at).node()));
    }
    // Two leaves with one key, and then one.
    let (tree, _) = tree.apply_changes(suite, &[(leaf_index(0), leaf(3, 1))], &[], &[]).unwrap();
    assert_eq!(tree.find_signature_key(&signature_key(3)), Some(leaf_index(0)));
    assert_eq!(tree.check_unique_keys(), Err(TreeError::DuplicateEncryptionKey(node_index(0), node_index(4))));
    let (tree, _) = tree.apply_changes(suite, &[], &[leaf_index(0)], &[]).unwrap();
    assert_eq!(tree.find_signature_key(&signature_key(3)), Some(leaf_index(2)));
    assert_eq!(tree.check_unique_keys(), Ok(()));
}

// req: R-12.1.1-04
#[test]
fn new_leaves_are_excluded_from_a_resolution_on_request() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let tree = with_path(suite, &tree_of(suite, 3), leaf_index(0), 40).unwrap();
    let (tree, slots) = tree.apply_changes(suite, &[], &[], &[leaf(60, 1)]).unwrap();
    let root = tree.size().root();
    assert_eq!(tree.parent_ref(root).unwrap().unmerged().collect::<Vec<_>>(), slots);
    assert_eq!(tree.parent(root).unwrap().unmerged_leaves, slots);
    assert_eq!(tree.resolution(root), [root, node_index(6)]);
    assert_eq!(tree.resolution_excluding(root, &slots.into_iter().collect()), [root]);
    assert_eq!(tree.resolution_excluding(root, &BTreeSet::new()), [root, node_index(6)]);
    assert_eq!(tree.resolution(node_index(7)), []);
}

#[test]
fn changes_to_no_member_are_refused() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let tree = tree_of(suite, 3);
    let update = |leaf_number| [(leaf_index(leaf_number), leaf(9, 1))];
    // req: R-12.1.3-01
    for (updates, removes, expected) in [
        (vec![], vec![3], TreeError::BlankLeaf(leaf_index(3))),
        (vec![], vec![4], TreeError::IndexOutOfTree(node_index(8))),
        (vec![], vec![(1 << 31) - 1], TreeError::IndexOutOfTree(node_index(u32::MAX - 1))),
        (vec![], vec![1, 1], TreeError::RepeatedLeaf(leaf_index(1))),
        (update(3).to_vec(), vec![], TreeError::BlankLeaf(leaf_index(3))),
        (update(4).to_vec(), vec![], TreeError::IndexOutOfTree(node_index(8))),
        (update(1).to_vec(), vec![1], TreeError::RepeatedLeaf(leaf_index(1))),
        ([update(1), update(1)].concat(), vec![], TreeError::RepeatedLeaf(leaf_index(1))),
    ] {
        let removes: Vec<_> = removes.into_iter().map(leaf_index).collect();
        assert_eq!(tree.apply_changes(suite, &updates, &removes, &[]).unwrap_err(), expected);
    }
}

#[test]
fn paths_that_leave_the_direct_path_are_refused() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let tree = tree_of(suite, 4);
    let set = |sender, nodes: &[NodeIndex]| {
        let parents: Vec<_> = nodes.iter().map(|node| (*node, parent(node.as_u32() + 70))).collect();
        tree.set_path(suite, leaf_index(sender), leaf(60, 1), &parents)
    };
    assert!(set(0, &[node_index(3), node_index(1)]).is_ok());
    assert_eq!(set(0, &[node_index(5)]).unwrap_err(), TreeError::NotOnDirectPath(node_index(5)));
    assert_eq!(set(0, &[node_index(0)]).unwrap_err(), TreeError::NotOnDirectPath(node_index(0)));
    assert_eq!(set(0, &[node_index(1); 2]).unwrap_err(), TreeError::NotAscending(node_index(1)));
    assert_eq!(set(5, &[]).unwrap_err(), TreeError::IndexOutOfTree(node_index(10)));
    assert_eq!(set(4, &[node_index(7)]).unwrap().size().leaf_count(), 8);
}

#[test]
fn edits_out_of_order_out_of_tree_or_malformed_are_refused() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let tree = tree_of(suite, 4);
    let edit = |edits: &[(u32, Option<NodeBytes>)]| {
        tree.clone().edit(suite, edits.iter().map(|(node, bytes)| (node_index(*node), bytes.clone())).collect())
    };
    assert_eq!(edit(&[(2, None), (0, None)]).unwrap_err(), TreeError::NotAscending(node_index(0)));
    assert_eq!(edit(&[(2, None), (2, None)]).unwrap_err(), TreeError::NotAscending(node_index(2)));
    assert_eq!(edit(&[(0, None), (7, None)]).unwrap_err(), TreeError::IndexOutOfTree(node_index(7)));
    let end = |offset| TreeError::Decode(DecodeError::new(DecodeErrorKind::UnexpectedEnd, offset));
    assert_eq!(edit(&[(0, Some(NodeBytes::from(&[][..])))]).unwrap_err(), end(0));
    assert_eq!(edit(&[(1, Some(NodeBytes::from(&[0, 0][..])))]).unwrap_err(), end(2));
    let mut long = leaf(9, 1).to_vec();
    let len = long.len();
    long.push(0);
    assert_eq!(
        edit(&[(0, Some(NodeBytes::from(long)))]).unwrap_err(),
        TreeError::Decode(DecodeError::new(DecodeErrorKind::TrailingBytes, len))
    );
    assert_eq!(
        tree.clone().edit_resized(suite, TreeSize::ONE, Vec::new()).unwrap_err(),
        TreeError::IndexOutOfTree(node_index(5))
    );
    let twice = [(node_index(0), leaf(1, 1)), (node_index(0), leaf(2, 1))];
    assert_eq!(
        RatchetTree::from_nodes(suite, SEED, TreeSize::ONE, twice).unwrap_err(),
        TreeError::NotAscending(node_index(0))
    );
}

#[test]
fn what_is_outside_the_tree_is_nothing() {
    let counting = Counting::new(1);
    let tree = tree_of(counting.suite(), 2);
    for outside in [node_index(3), node_index(4), node_index(u32::MAX - 1)] {
        assert_eq!(
            (tree.node_hash(outside), tree.node_bytes(outside), tree.encryption_key(outside)),
            (None, None, None)
        );
        assert!(tree.is_blank(outside) && tree.is_subtree_blank(outside));
        assert_eq!(tree.members_under(outside), 0);
        assert_eq!(tree.resolution(outside), []);
    }
    assert_eq!((tree.leaf(leaf_index(2)), tree.parent(node_index(1)), tree.parent(node_index(0))), (None, None, None));
    assert_eq!(tree.filtered_direct_path(leaf_index(3)), []);
    assert_eq!(tree.leaf(leaf_index(1)), Some(leaf_node(1, 1)));
    assert!(!format!("{tree:?}").contains("seed"));
}
