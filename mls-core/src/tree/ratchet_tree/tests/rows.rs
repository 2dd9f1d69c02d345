//! Which parents stand together, and how long.

use alloc::vec::Vec;

use super::support::{Counting, SEED, leaf, leaf_index, node_index, parent, tree_of, with_path};
use crate::tree::math::{NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::ratchet_tree::link::Link;

/// Where a row is, how many parents it has room for, and which of them stands at the node; `None` for one by itself.
fn row(tree: &RatchetTree, node: u32) -> Option<(usize, usize, u32)> {
    match tree.link(node_index(node))? {
        Link::Inner32(row, place) => Some((row.as_ptr().addr(), row.len(), *place)),
        Link::Inner48(row, place) => Some((row.as_ptr().addr(), row.len(), *place)),
        Link::Inner64(row, place) => Some((row.as_ptr().addr(), row.len(), *place)),
        Link::Leaf(_) | Link::Inner(_) => None,
    }
}

fn built_from(counting: &Counting, tree: &RatchetTree) -> RatchetTree {
    let nodes: Vec<(NodeIndex, NodeBytes)> = tree.nodes().map(|(node, bytes)| (node, bytes.clone())).collect();
    RatchetTree::from_nodes(counting.suite(), SEED, tree.size(), nodes).unwrap()
}

#[test]
fn the_parents_of_a_level_stand_in_a_row_whatever_the_hash() {
    for suite in [1, 7, 5] {
        let counting = Counting::new(suite);
        let edited = with_path(counting.suite(), &tree_of(counting.suite(), 300), leaf_index(9), 1_000).unwrap();
        let built = built_from(&counting, &edited);
        assert_eq!(built.root_hash(), edited.root_hash());
        for node in (0..1_023).map(node_index) {
            assert_eq!(built.node_hash(node), edited.node_hash(node), "{node}");
        }

        let (first, len, place) = row(&built, 1).unwrap();
        assert_eq!((len, place), (128, 0));
        assert_eq!(row(&built, 5), Some((first, 128, 1)));
        assert_eq!(row(&built, 509), Some((first, 128, 127)));
        // Other levels, other subtrees.
        let (second, len, place) = row(&built, 3).unwrap();
        assert_eq!((len, place, first == second), (64, 0, false));
        let (other, len, place) = row(&built, 513).unwrap();
        assert_eq!((len, place, first == other), (44, 0, false), "no more than there are nodes");
        // Above them are few.
        assert_eq!((row(&built, 511), row(&edited, 1)), (None, None));
    }
}

#[test]
fn an_edit_leaves_the_row_of_the_others_as_it_is() {
    let counting = Counting::new(1);
    let built = built_from(&counting, &tree_of(counting.suite(), 256));
    let newer = with_path(counting.suite(), &built, leaf_index(0), 1_000).unwrap();
    for node in [1, 3, 7, 15, 31, 63, 127, 255] {
        assert_eq!(row(&newer, node), None, "{node}");
        assert!(row(&built, node).is_some(), "{node}");
    }
    for node in [5, 11, 23, 47, 95, 191, 383, 509] {
        assert_eq!(row(&newer, node), row(&built, node));
        assert!(row(&built, node).is_some(), "{node}");
    }
    assert_eq!(newer.unshared_nodes(&built), 9);
    assert_eq!(newer.diff(&built), built_from(&counting, &newer).diff(&built));
    // Nobody else has the older version: the newer ones change in place, and the rows stay.
    let (place, root) = (row(&newer, 5), *newer.root_hash());
    drop(built);
    let again = newer.edit(counting.suite(), [(node_index(0), Some(leaf(5_000, 1)))].into()).unwrap();
    assert_eq!(row(&again, 5), place);
    assert_ne!(*again.root_hash(), root);
}

#[test]
fn scattered_members_take_no_more_rows_than_they_need() {
    let counting = Counting::new(1);
    let nodes = [(0, leaf(0, 1)), (3, parent(7)), (2 * 255, leaf(1, 1)), (2 * 1_023, leaf(2, 1))];
    let nodes = nodes.map(|(node, bytes)| (node_index(node), bytes));
    let tree = RatchetTree::from_nodes(counting.suite(), SEED, TreeSize::from_depth(10).unwrap(), nodes).unwrap();
    let room = |node| row(&tree, node).map(|(_, len, place)| (len, place));
    assert_eq!([1, 509].map(room), [Some((3, 0)), Some((3, 1))]);
    assert_eq!([3, 255].map(room), [Some((3, 0)), Some((1, 0))]);
    assert_eq!(room(2 * 1_022 + 1), Some((1, 0)));
    // A populated parent with nobody below it, and a blank subtree.
    assert_eq!((room(5), tree.is_subtree_blank(node_index(5))), (None, true));
    assert_eq!((tree.resolution_len(node_index(3)), tree.resolution_len(node_index(255))), (1, 2));
    assert_eq!((tree.members_under(node_index(255)), tree.member_count()), (2, 3));
}
