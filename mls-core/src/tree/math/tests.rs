#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests")]

use alloc::vec::Vec;
use std::path::PathBuf;

use super::*;

extern crate std;

fn node(index: u32) -> NodeIndex {
    NodeIndex::new(index).unwrap()
}

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

#[derive(serde::Deserialize)]
struct Case {
    n_leaves: u32,
    n_nodes: u32,
    root: u32,
    left: Vec<Option<u32>>,
    right: Vec<Option<u32>>,
    parent: Vec<Option<u32>>,
    sibling: Vec<Option<u32>>,
}

// req: R-C-01, R-4.1-01
#[test]
fn official_tree_math_vectors_agree() {
    let folder = std::env::var_os("MLS_TEST_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/test-vectors"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join("tree-math.json")) else {
        std::println!("official_tree_math_vectors_agree: no vectors at {}, skipped", folder.display());
        return;
    };
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let size = TreeSize::for_leaves(case.n_leaves).unwrap();
        assert_eq!(size.leaf_count(), case.n_leaves);
        assert_eq!(size.node_count(), case.n_nodes);
        assert_eq!(size.root(), node(case.root));
        assert_eq!(TreeSize::for_nodes(case.n_nodes), Some(size));
        for (i, x) in (0..case.n_nodes).map(node).enumerate() {
            assert_eq!(x.left().map(NodeIndex::as_u32), case.left[i]);
            assert_eq!(x.right().map(NodeIndex::as_u32), case.right[i]);
            assert_eq!(x.parent(size).map(NodeIndex::as_u32), case.parent[i]);
            assert_eq!(x.sibling(size).map(NodeIndex::as_u32), case.sibling[i]);
        }
        assert!(!size.contains(node(case.n_nodes)));
        assert_eq!(node(case.n_nodes).parent(size), None);
        assert_eq!(node(case.n_nodes).sibling(size), None);
    }
}

#[test]
fn the_largest_tree_stays_inside_the_word() {
    let size = TreeSize::from_depth(MAX_DEPTH).unwrap();
    assert_eq!(size.leaf_count(), 1 << 31);
    assert_eq!(size.node_count(), u32::MAX);
    assert_eq!(size.root(), node((1 << 31) - 1));
    assert_eq!(size.root().level(), 31);
    assert_eq!(size.root().leaf_range(), (leaf(0), leaf((1 << 31) - 1)));
    assert_eq!(size.root().right(), Some(node(0xbfff_ffff)));
    assert_eq!(size.root().parent(size), None);
    let last = leaf((1 << 31) - 1);
    assert_eq!(last.node(), node(u32::MAX - 1));
    assert_eq!(last.next(), None);
    assert_eq!(direct_path(last, size).count(), 31);
    assert_eq!(direct_path(last, size).last(), Some(size.root()));
    assert_eq!(size.doubled(), None);
    assert_eq!(TreeSize::for_leaves((1 << 31) + 1), None);
    assert_eq!(LeafIndex::new(1 << 31), None);
    assert_eq!(NodeIndex::new(u32::MAX), None);
    assert_eq!(common_ancestor(leaf(0).node(), last.node()), size.root());
}

#[test]
fn sizes_round_up_to_the_next_power_of_two() {
    for (leaves, depth) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (9, 4)] {
        assert_eq!(TreeSize::for_leaves(leaves).unwrap().depth(), depth);
    }
    // req: R-12.4.3.3-04
    for (nodes, depth) in [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (7, 2), (8, 3), (15, 3)] {
        assert_eq!(TreeSize::for_nodes(nodes).unwrap().depth(), depth, "{nodes} nodes");
    }
    assert_eq!(TreeSize::ONE.halved(), None);
    assert_eq!(TreeSize::ONE.doubled().and_then(TreeSize::halved), Some(TreeSize::ONE));
}

// req: R-4.1.2-01, R-4.1.2-02
#[test]
fn direct_path_and_copath_of_the_figure_in_section_4() {
    let size = TreeSize::for_leaves(8).unwrap();
    let path: Vec<u32> = direct_path(leaf(2), size).map(NodeIndex::as_u32).collect();
    assert_eq!(path, [5, 3, 7]);
    let copath: Vec<u32> = copath(leaf(2), size).map(NodeIndex::as_u32).collect();
    assert_eq!(copath, [6, 1, 11]);
    assert_eq!(direct_path(leaf(0), TreeSize::ONE).count(), 0);
    assert_eq!(super::copath(leaf(0), TreeSize::ONE).count(), 0);
    assert_eq!(direct_path(leaf(8), size).count(), 0);
}

#[test]
fn ranges_cover_and_common_ancestors_agree_with_climbing() {
    let size = TreeSize::for_leaves(16).unwrap();
    for a in (0..size.node_count()).map(node) {
        let (first, last) = a.leaf_range();
        assert_eq!(last.as_u32() - first.as_u32() + 1, 1 << a.level());
        for l in (0..16).map(leaf) {
            let below = l.node() == a || direct_path(l, size).any(|n| n == a);
            assert_eq!(a.covers(l), below);
            assert_eq!(a.covers(l), first <= l && l <= last);
        }
        for b in (0..size.node_count()).map(node) {
            let up = |n: NodeIndex| core::iter::successors(Some(n), move |n| n.parent(size));
            let expected = up(a).find(|n| up(b).any(|m| m == *n)).unwrap();
            assert_eq!(common_ancestor(a, b), expected);
        }
    }
}

// req: R-4.1.1-01
#[test]
fn leaf_indices_travel_as_four_bytes_and_end_below_2_to_31() {
    assert_eq!(leaf(0x0102_0304).to_bytes().unwrap(), [1, 2, 3, 4]);
    assert_eq!(LeafIndex::from_bytes(&[0x7f, 0xff, 0xff, 0xff]), Ok(leaf(0x7fff_ffff)));
    assert_eq!(LeafIndex::from_bytes(&[0x80, 0, 0, 0]), Err(DecodeError::new(DecodeErrorKind::InvalidValue, 0)));
}
