//! The keys held, and what they show of themselves.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use mls_codec::DecodeErrorKind;
use mls_crypto_traits::HpkePrivateKey;

use super::{filled, leaf, node};
use crate::tree::path::{OwnPathKeys, PathKeysUpdate};

#[test]
fn an_update_of_keys_can_be_undone() {
    let key = |byte: u8| HpkePrivateKey::from_bytes(vec![byte; 4]);
    let bytes = |keys: &OwnPathKeys| {
        let parents: Vec<_> = keys.parents.iter().map(|(node, key)| (*node, key.as_bytes().to_vec())).collect();
        (keys.leaf.as_bytes().to_vec(), parents)
    };
    let mut keys = OwnPathKeys::new(key(1));
    keys.parents = BTreeMap::from([(node(1), key(2)), (node(3), key(3))]);
    let before = bytes(&keys);
    let inverse = keys.apply(PathKeysUpdate {
        leaf: Some(key(4)),
        set: BTreeMap::from([(node(1), key(5)), (node(7), key(6))]),
        clear: vec![node(3), node(15)],
    });
    assert_eq!(bytes(&keys), (vec![4; 4], vec![(node(1), vec![5; 4]), (node(7), vec![6; 4])]));
    keys.apply(inverse);
    assert_eq!(bytes(&keys), before);
}

#[test]
fn keys_are_stored_and_read_back() {
    let mut keys = OwnPathKeys::new(HpkePrivateKey::from_bytes(vec![1, 2]));
    keys.parents.insert(node(1), HpkePrivateKey::from_bytes(vec![3]));
    keys.parents.insert(node(7), HpkePrivateKey::from_bytes(vec![4]));
    let stored = keys.to_stored().unwrap();
    let bytes = [2, 1, 2, 12, 0, 0, 0, 1, 1, 3, 0, 0, 0, 7, 1, 4];
    assert_eq!(stored.as_bytes(), bytes);
    let back = OwnPathKeys::from_stored(&bytes).unwrap();
    assert_eq!(back.to_stored().unwrap().as_bytes(), bytes);
    let kind = |bytes: &[u8]| OwnPathKeys::from_stored(bytes).unwrap_err().kind();
    assert_eq!(kind(&bytes[..15]), DecodeErrorKind::LengthOverflow);
    let with = |at: usize, byte: u8| {
        let mut changed = bytes;
        changed[at] = byte;
        kind(&changed)
    };
    // Descending, twice, a leaf.
    assert_eq!(with(7, 9), DecodeErrorKind::InvalidValue);
    assert_eq!(with(7, 7), DecodeErrorKind::InvalidValue);
    assert_eq!(with(13, 8), DecodeErrorKind::InvalidValue);
}

// req: R-2-01
#[test]
fn debug_shows_no_key() {
    let (_, sent) = filled();
    let secret = sent.new.path_secret_for(leaf(1)).unwrap();
    assert_eq!(format!("{secret:?}"), "PathSecret(..)");
    let shown = format!("{:?}", sent.new);
    let hidden = format!("{:?}", secret.as_bytes());
    assert!(!shown.contains(hidden.trim_matches(['[', ']'])));
    let (update, _) = sent.new.into_private();
    assert_eq!(
        format!("{update:?}"),
        "PathKeysUpdate { leaf: true, set: [NodeIndex(1), NodeIndex(3), NodeIndex(7)], clear: [] }"
    );
    let mut keys = OwnPathKeys::new(HpkePrivateKey::from_bytes(vec![200; 2]));
    keys.parents.insert(node(1), HpkePrivateKey::from_bytes(vec![201; 2]));
    assert_eq!(format!("{keys:?}"), "OwnPathKeys { parents: [NodeIndex(1)], .. }");
}
