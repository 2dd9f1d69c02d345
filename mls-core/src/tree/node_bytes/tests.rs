use alloc::vec;

use mls_codec::{Decode, Encode};

use super::{Arc, NodeBytes};

#[test]
fn a_part_is_what_stands_there() {
    let block: Arc<[u8]> = Arc::from([1, 2, 3, 4, 5]);
    let part = NodeBytes::part(&block, 1..4);
    assert_eq!(*part, [2, 3, 4]);
    assert!(Arc::ptr_eq(&part.block, &block));
    assert_eq!(part, NodeBytes::from(vec![2, 3, 4]));
    assert_ne!(part, NodeBytes::part(&block, 1..5));
    assert_eq!(*NodeBytes::from(block), [1, 2, 3, 4, 5]);
}

#[test]
fn it_is_encoded_as_a_vector() {
    let node = NodeBytes::part(&Arc::from([1, 2, 3]), 1..3);
    assert_eq!(node.to_bytes().unwrap(), [2, 2, 3]);
    assert_eq!(NodeBytes::from_bytes(&[2, 2, 3]).unwrap(), node);
}

#[test]
fn what_is_not_there_is_empty() {
    let block: Arc<[u8]> = Arc::from([1, 2, 3]);
    for range in [1..4, 4..4, usize::MAX..usize::MAX] {
        assert!(NodeBytes::part(&block, range).is_empty());
    }
    assert!(NodeBytes::from(&[][..]).is_empty());
}

#[test]
fn two_are_the_same_in_one_place_only() {
    let block: Arc<[u8]> = Arc::from([7, 7]);
    let (one, other) = (NodeBytes::part(&block, 0..1), NodeBytes::part(&block, 1..2));
    assert!(one.is_same(&one.clone()) && !one.is_same(&other));
    assert_eq!(one, other);
    assert!(!one.is_same(&NodeBytes::from(vec![7])));
}
