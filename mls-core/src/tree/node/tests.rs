//! Tests of the array of nodes.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::framing::tests::fixtures;

// req: R-12.4.3.3-02
// bad: ValSem-300
#[test]
fn an_array_that_no_sender_may_ship_is_not_built() {
    use RatchetTreeArrayError::{Empty, MisplacedLeaf, MisplacedParent, TrailingBlank};
    let nodes = fixtures::ratchet_tree().into_nodes();
    let new =
        |places: &[usize]| RatchetTreeArray::new(places.iter().map(|place| nodes[*place].clone()).collect()).map(drop);
    assert_eq!(new(&[]), Err(Empty));
    assert_eq!(new(&[2]), Err(TrailingBlank));
    assert_eq!(new(&[0, 1, 0, 2]), Err(TrailingBlank));
    assert_eq!(new(&[0, 0]), Err(MisplacedLeaf(1)));
    assert_eq!(new(&[0, 2, 1]), Err(MisplacedParent(2)));
    assert_eq!(new(&[0]), Ok(()));
    assert_eq!(new(&[2, 1, 0]), Ok(()));
}

// req: R-12.4.3.3-01
#[test]
fn raw_nodes_carry_the_bytes_of_their_own_structure() {
    let tree = fixtures::ratchet_tree();
    let bytes = tree.to_bytes().unwrap();
    let mut r = Reader::new(&bytes);
    let raw = RatchetTreeArray::decode_raw(&mut r).unwrap();
    assert!(r.is_empty());
    assert_eq!(raw.len(), tree.nodes().len());
    for (raw, node) in raw.iter().zip(tree.nodes()) {
        assert_eq!(raw.as_ref().map(|(node, _)| node), node.as_ref());
        let Some((node, raw)) = raw else { continue };
        match node {
            Node::Leaf(leaf) => assert_eq!(leaf.as_ref().to_bytes().unwrap(), *raw),
            Node::Parent(parent) => assert_eq!(parent.as_ref().to_bytes().unwrap(), *raw),
        }
    }
}

// req: R-7.1-01, R-7.1-02
#[test]
fn unmerged_leaves_ascend_strictly() {
    let ascends = |indices: &[u32]| {
        let unmerged_leaves = indices.iter().map(|index| fixtures::leaf(*index)).collect();
        ParentNode { encryption_key: Vec::new().into(), parent_hash: Vec::new(), unmerged_leaves }
            .unmerged_leaves_ascend()
    };
    for good in [&[][..], &[4], &[0, 1, 7]] {
        assert!(ascends(good), "{good:?}");
    }
    for bad in [&[1, 1][..], &[2, 1], &[0, 5, 5], &[0, 5, 4]] {
        assert!(!ascends(bad), "{bad:?}");
    }
}
