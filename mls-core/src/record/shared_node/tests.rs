#![allow(clippy::unwrap_used, reason = "tests")]

use alloc::format;

use super::*;

fn node(number: u32) -> NodeIndex {
    NodeIndex::new(number).unwrap()
}

fn value<'a>(number: u32, value: &'a [u8], hash: &'a [u8]) -> NodeValue<'a> {
    NodeValue { node: node(number), value, hash }
}

/// Node, value, and what is known of it.
fn parts(shared: &SharedNode) -> (NodeIndex, &[u8], &[u8]) {
    (shared.node(), shared.value(), shared.bytes().behind())
}

#[test]
fn what_is_known_stands_behind_the_value() {
    assert_eq!(parts(&SharedNode::from(value(4, b"value", b"hash"))), (node(4), &b"value"[..], &b"hash"[..]));
    assert_eq!(parts(&SharedNode::from(value(4, b"", b"hash"))), (node(4), &b""[..], &b"hash"[..]));
    assert_eq!(parts(&SharedNode::new(node(3), b"value")), (node(3), &b"value"[..], &b""[..]));
}

#[test]
fn one_as_long_is_written_over() {
    let mut shared = SharedNode::from(value(4, b"value", b"hash"));
    let place = Arc::as_ptr(&shared.bytes().block);
    shared.replace(value(6, b"other", b"HASH"));
    assert_eq!(parts(&shared), (node(6), &b"other"[..], &b"HASH"[..]));
    assert_eq!(Arc::as_ptr(&shared.bytes().block), place);
}

/// As long together, but not each: what is value and what is known would be mixed up.
#[test]
fn another_length_is_another_one() {
    for new in [value(4, b"othe", b"rHASH"), value(4, b"other", b""), value(4, b"otherHASH", b""), value(4, b"", b"")] {
        let mut shared = SharedNode::from(value(4, b"value", b"hash"));
        shared.replace(new);
        assert_eq!(parts(&shared), (new.node, new.value, new.hash));
    }
}

#[test]
fn what_somebody_else_has_stays() {
    let mut shared = SharedNode::from(value(4, b"value", b"hash"));
    let (before, tree) = (shared.clone(), shared.bytes().clone());
    shared.replace(value(4, b"other", b"HASH"));
    assert_eq!(parts(&shared), (node(4), &b"other"[..], &b"HASH"[..]));
    assert_eq!(parts(&before), (node(4), &b"value"[..], &b"hash"[..]));
    assert_eq!(*tree, *b"value");
}

#[test]
fn only_the_node_is_shown() {
    let new = value(4, b"value", b"hash");
    assert_eq!(format!("{new:?}"), "NodeValue { node: NodeIndex(4), .. }");
    assert_eq!(format!("{:?}", SharedNode::from(new)), "SharedNode { node: NodeIndex(4), .. }");
}
