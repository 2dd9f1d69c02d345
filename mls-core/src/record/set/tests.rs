#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use alloc::format;
use alloc::vec;

use super::*;
use crate::group::leaf_epochs::StoredNode;
use crate::record::{GroupId, RECORD_VERSION};
use crate::tree::math::NodeIndex;
use crate::tree::ratchet_tree::build::NodeSource;

fn node(id: &GroupId, node: u32) -> RecordKey {
    RecordKey::TreeNode(id.clone(), NodeIndex::new(node).unwrap())
}

#[test]
fn values_come_back_as_they_were_pushed() {
    let id = GroupId::from(&b"group"[..]);
    // More than one block of each size, a value that fits none of them, and values that are empty.
    let lengths = [0, 1, 1_000, 24, 0, 2_000, 70_000, 65_536, 1, 0, 65_535, 2, 300];
    let blocks = [960, 1_000, 960, 2_000, 70_000, 65_536, 960, 65_535, 1_920];
    let value = |at: u32, len: usize| vec![u8::try_from(at).unwrap(); len];
    let keys: [&dyn Fn(u32) -> RecordKey; 2] = [&|at| node(&id, at), &|at| RecordKey::Psk(at.to_be_bytes().to_vec())];
    for key in keys {
        let mut set = RecordSet::with_capacity(2);
        assert!(set.is_empty());
        for (at, len) in (0..).zip(lengths) {
            set.push(key(at), &value(at, len));
        }
        assert_eq!(set.len(), lengths.len());
        // Secrets stand by themselves.
        assert!(set.nodes.lens().chain(set.values.lens()).eq(blocks));
        assert!(set.nodes.lens().next().is_none() || set.values.lens().next().is_none());
        assert_eq!(set.iter().count(), lengths.len());
        for ((at, len), (name, found)) in (0..).zip(lengths).zip(set.iter()) {
            assert_eq!((&*name, found), (&key(at), &value(at, len)[..]));
        }
        let again: RecordSet = set.into_iter().collect();
        for ((at, len), (name, found)) in (0..).zip(lengths).zip(again) {
            assert_eq!((name, found.as_bytes()), (key(at), &value(at, len)[..]));
        }
    }
}

#[test]
fn a_node_shares_the_block_of_its_record() {
    let id = GroupId::from(&b"group"[..]);
    let mut set = RecordSet::new();
    set.push(RecordKey::Psk(vec![7]), b"secret");
    set.push(node(&id, 3), b"notes and node");
    set.push(node(&id, 1), b"another");
    // What is pushed later does not come into a block that is shared.
    let early = set.nodes().last().map(|record| record.tail(4)).unwrap();
    set.push(node(&id, 5), b"later");
    let nodes: Vec<_> = set.nodes().map(|record| (record.node, record.value().to_vec(), record.tail(4))).collect();
    drop(set);
    let [(first, value, tail), (second, other, same), (_, later, _)] = &*nodes else { panic!("{} nodes", nodes.len()) };
    assert!(same.is_same(&early) && **later == *b"later");
    assert_eq!((first.as_u32(), &**value, &**tail), (3, &b"notes and node"[..], &b"node"[..]));
    assert_eq!((second.as_u32(), &**other), (1, &b"another"[..]));
    assert!(tail.block.starts_with(b"notes and nodeanother"));
}

#[test]
fn names_are_sorted_as_bytes() {
    let (id, other) = (GroupId::from(&b"group"[..]), GroupId::from(&b"grouq"[..]));
    let keys = [
        node(&id, 256),
        node(&id, 2),
        RecordKey::Status(id.clone()),
        node(&other, 1),
        RecordKey::Psk(vec![1]),
        RecordKey::Group(id.clone()),
        node(&id, 255),
    ];
    let mut set = RecordSet::new();
    for key in &keys {
        set.push(key.clone(), &key.to_bytes().unwrap());
    }
    set.sort();
    let mut expected: Vec<_> = keys.iter().map(|key| key.to_bytes().unwrap()).collect();
    expected.sort();
    assert!(set.iter().map(|(key, _)| key.to_bytes().unwrap()).eq(expected.iter().cloned()));
    assert!(set.iter().map(|(_, value)| value.to_vec()).eq(expected));
}

#[test]
fn a_tree_is_sorted_where_it_is_not() {
    let id = GroupId::from(&b"group"[..]);
    for nodes in [[0, 1, 2], [0, 2, 1], [256, 255, 0], [1, 0, 256]] {
        let mut set = RecordSet::new();
        nodes.iter().for_each(|at| set.push(node(&id, *at), &at.to_be_bytes()));
        set.sort();
        let mut expected = nodes;
        expected.sort_unstable();
        assert!(set.iter().map(|(_, value)| value).eq(expected.map(u32::to_be_bytes)));
    }
}

/// As records of several groups come, and others between them.
#[test]
fn each_node_is_its_groups() {
    let [one, other] = [&b"one"[..], b"other"].map(GroupId::from);
    let shared = [2, 3, 1].map(|at| SharedNode::new(NodeIndex::new(at).unwrap(), b"value"));
    let mut set = RecordSet::new();
    set.push(node(&other, 4), b"value");
    set.push(RecordKey::Status(one.clone()), b"value");
    set.share_nodes(other.clone(), &shared[..1]);
    set.share_nodes(one.clone(), &shared[1..]);
    set.push(node(&other, 0), b"value");
    let mut expected = vec![
        node(&other, 4),
        RecordKey::Status(one.clone()),
        node(&other, 2),
        node(&one, 3),
        node(&one, 1),
        node(&other, 0),
    ];
    assert!(set.iter().map(|(key, _)| key.into_owned()).eq(expected.iter().cloned()));
    assert!(set.nodes().map(|record| record.key()).eq(expected.iter().filter(|key| **key != expected[1]).cloned()));
    expected.sort_by_key(|key| key.to_bytes().unwrap());
    set.sort();
    assert!(set.iter().map(|(key, _)| key.into_owned()).eq(expected));
    assert!(set.iter().all(|(_, found)| *found == *b"value"));
}

#[test]
fn only_names_are_shown() {
    let mut set = RecordSet::new();
    set.push(RecordKey::Psk(vec![7]), b"secret");
    assert_eq!(format!("{set:?}"), "{Psk([7])}");
}

/// Loading a tree copies no node.
#[test]
fn a_node_that_is_loaded_stays_in_the_set() {
    let mut set = RecordSet::new();
    set.push(node(&GroupId::from(&b"group"[..]), 1), &[RECORD_VERSION, 7, 8]);
    let [record] = &*set.nodes().collect::<Vec<_>>() else { panic!("one node") };
    let loaded = StoredNode::new(set.nodes().next().unwrap()).take().unwrap();
    assert_eq!(*loaded, [7, 8]);
    assert!(loaded.is_same(&record.tail(2)));
    // Nor one that the store keeps.
    let stored = SharedNode::new(NodeIndex::new(1).unwrap(), &[RECORD_VERSION, 7, 8]);
    let mut set = RecordSet::new();
    set.share_nodes(GroupId::from(&b"group"[..]), [&stored]);
    let loaded = StoredNode::new(set.nodes().next().unwrap()).take().unwrap();
    assert_eq!(*loaded, [7, 8]);
    assert!(Arc::ptr_eq(&loaded.block, &stored.bytes().block));
}
