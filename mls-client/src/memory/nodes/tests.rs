#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use std::collections::BTreeMap;

use mls_core::record::{Delta, GroupId, RecordKey};
use mls_crypto_traits::SecretBytes;
use proptest::prelude::*;

use super::{NodeIndex, Nodes};

fn put(nodes: &mut Nodes, node: NodeIndex, value: &[u8]) {
    let mut delta = Delta::of_store([0; 16], Vec::new());
    delta.put(RecordKey::TreeNode(GroupId::from(vec![1]), node), SecretBytes::from_slice(value));
    delta.writes_and_nodes().for_each(|(_, put)| nodes.put(put.unwrap()));
}

/// A tree that was made of it keeps what it has.
#[test]
fn what_is_shared_is_not_written_over() {
    let (mut nodes, node) = (Nodes::default(), NodeIndex::new(3).unwrap());
    put(&mut nodes, node, b"first");
    let before = nodes.get(node).unwrap().value().as_ptr();
    put(&mut nodes, node, b"other");
    assert_eq!(nodes.get(node).unwrap().value().as_ptr(), before, "nobody else has it");
    let shared = nodes.get(node).unwrap().clone();
    put(&mut nodes, node, b"third");
    assert_eq!((shared.value(), nodes.get(node).unwrap().value()), (&b"other"[..], &b"third"[..]));
}

proptest! {
    #[test]
    fn agrees_with_a_map(
        changes in prop::collection::vec((0_u32..1_600, prop::option::of(prop::collection::vec(0_u8..2, 0..3))), 0..300)
    ) {
        let (mut nodes, mut oracle) = (Nodes::default(), BTreeMap::new());
        for (number, value) in changes {
            // Few places, in several runs and at the end of the last one.
            let number = number / 100 * 64 + number % 2;
            let node = NodeIndex::new(if number < 960 { number } else { u32::MAX - 2 + number % 2 }).unwrap();
            match value {
                Some(value) => {
                    put(&mut nodes, node, &value);
                    oracle.insert(node, value);
                }
                None => {
                    nodes.remove(node);
                    oracle.remove(&node);
                }
            }
            prop_assert_eq!(nodes.len(), oracle.len());
            prop_assert_eq!(nodes.get(node).map(|shared| shared.value().to_vec()), oracle.get(&node).cloned());
            prop_assert!(nodes.runs.values().all(|run| run.last().is_some_and(Option::is_some)));
        }
        let all = nodes.iter().map(|shared| (shared.node(), shared.value().to_vec()));
        prop_assert!(all.eq(oracle));
    }
}
