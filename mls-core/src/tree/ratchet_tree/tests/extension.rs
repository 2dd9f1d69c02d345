//! Malformed `ratchet_tree` extensions.

use alloc::vec::Vec;

use mls_codec::{DecodeError, DecodeErrorKind, Encode};

use super::support::*;
use crate::tree::ratchet_tree::{RatchetTree, TreeError};

/// What one position of the array is.
#[derive(Clone, Copy)]
enum Place {
    Blank,
    /// With the keys of these numbers.
    Leaf(u32, u32),
    Parent(u32),
}

use Place::{Blank, Leaf, Parent};

fn array(places: &[Place]) -> Vec<u8> {
    let mut body = Vec::new();
    for place in places {
        match *place {
            Blank => body.push(0),
            Leaf(encryption, signature) => {
                let mut leaf = leaf_node(encryption, 1);
                leaf.signature_key = leaf_node(signature, 1).signature_key;
                body.extend([1, 1]);
                leaf.encode(&mut body).unwrap();
            }
            Parent(number) => {
                body.extend([1, 2]);
                parent_node(number).encode(&mut body).unwrap();
            }
        }
    }
    body.to_bytes().unwrap()
}

fn parse(bytes: &[u8]) -> Result<RatchetTree, TreeError> {
    RatchetTree::from_extension(Counting::new(1).suite(), SEED, bytes)
}

// req: R-12.4.3.3-03
// bad: tree-14
#[test]
fn an_empty_array_and_a_blank_end_are_refused() {
    assert_eq!(parse(&array(&[])).unwrap_err(), TreeError::Empty);
    assert_eq!(parse(&array(&[Blank])).unwrap_err(), TreeError::TrailingBlank);
    assert_eq!(parse(&array(&[Leaf(1, 1), Blank, Blank])).unwrap_err(), TreeError::TrailingBlank);
    assert_eq!(parse(&array(&[Leaf(1, 1), Blank])).unwrap_err(), TreeError::TrailingBlank);
    assert_eq!(parse(&array(&[Leaf(1, 1), Parent(2)])).unwrap_err(), TreeError::TrailingParent);
}

// req: R-12.4.3.3-05
// bad: tree-13
#[test]
fn nodes_of_the_wrong_kind_for_their_place_are_refused() {
    assert_eq!(
        parse(&array(&[Leaf(1, 1), Leaf(2, 2), Leaf(3, 3)])).unwrap_err(),
        TreeError::LeafAtParentPosition(node_index(1))
    );
    assert_eq!(
        parse(&array(&[Leaf(1, 1), Blank, Parent(3)])).unwrap_err(),
        TreeError::ParentAtLeafPosition(node_index(2))
    );
    let decode = |bytes: &[u8]| match parse(bytes).unwrap_err() {
        TreeError::Decode(error) => (error.kind(), error.offset()),
        other => panic!("{other:?}"),
    };
    for unknown in [0, 3, 255] {
        assert_eq!(decode(&[2, 1, unknown]), (DecodeErrorKind::UnknownValue, 2));
    }
    for presence in [2, 255] {
        assert_eq!(decode(&[1, presence]), (DecodeErrorKind::InvalidPresence, 1));
    }
}

#[test]
fn bytes_after_the_array_and_cut_nodes_are_refused() {
    let whole = array(&[Leaf(1, 1), Blank, Leaf(2, 2)]);
    assert!(parse(&whole).is_ok());
    let mut longer = whole.clone();
    longer.push(0);
    assert_eq!(
        parse(&longer).unwrap_err(),
        TreeError::Decode(DecodeError::new(DecodeErrorKind::TrailingBytes, whole.len()))
    );
    for cut in 0..whole.len() {
        assert!(matches!(parse(&whole[..cut]), Err(TreeError::Decode(_))), "{cut} bytes");
    }
    // A header that promises a gigabyte.
    assert_eq!(
        parse(&[0xbf, 0xff, 0xff, 0xff, 1]).unwrap_err(),
        TreeError::Decode(DecodeError::new(DecodeErrorKind::LengthOverflow, 0))
    );
}

// req: R-16.7-01
#[test]
fn repeated_keys_are_refused_wherever_they_stand() {
    let duplicate = |a, b| TreeError::DuplicateEncryptionKey(node_index(a), node_index(b));
    assert_eq!(parse(&array(&[Leaf(1, 1), Blank, Leaf(1, 2)])).unwrap_err(), duplicate(0, 2));
    assert_eq!(parse(&array(&[Leaf(1, 1), Parent(2), Leaf(2, 2)])).unwrap_err(), duplicate(1, 2));
    let parents = [Leaf(1, 1), Parent(9), Leaf(2, 2), Parent(9), Leaf(3, 3)];
    assert_eq!(parse(&array(&parents)).unwrap_err(), duplicate(1, 3));
    assert_eq!(
        parse(&array(&[Leaf(1, 1), Blank, Leaf(2, 2), Blank, Leaf(3, 1)])).unwrap_err(),
        TreeError::DuplicateSignatureKey(leaf_index(0), leaf_index(2))
    );
}

// req: R-12.4.3.3-01, R-12.4.3.3-02, R-12.4.3.3-04
#[test]
fn the_array_comes_back_as_it_was_and_the_tree_is_padded() {
    for places in [
        &[Leaf(1, 1)][..],
        &[Blank, Blank, Leaf(1, 1)],
        &[Leaf(1, 1), Blank, Leaf(2, 2), Parent(8), Leaf(3, 3)],
        &[Leaf(1, 1), Blank, Blank, Blank, Blank, Blank, Blank, Blank, Leaf(3, 3)],
    ] {
        let bytes = array(places);
        let tree = parse(&bytes).unwrap();
        assert_eq!(tree.to_extension().unwrap(), bytes);
        let width = places.len().div_ceil(2).next_power_of_two();
        assert_eq!(tree.size().leaf_count() as usize, width);
        let members = places.iter().filter(|place| matches!(place, Leaf(..))).count();
        assert_eq!(tree.member_count() as usize, members);
    }
}

#[test]
fn a_parent_above_no_member_is_kept_for_validation_to_refuse() {
    let tree = parse(&array(&[Blank, Parent(7), Blank, Blank, Leaf(1, 1)])).unwrap();
    assert_eq!(tree.members_under(node_index(1)), 0);
    assert!(!tree.is_subtree_blank(node_index(1)));
    assert_eq!(tree.resolution(node_index(3)), [node_index(1), node_index(4)]);
    assert_eq!(tree.leftmost_blank(), Some(leaf_index(0)));
}
