#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{NodeIndex, Nodes};

/// A tree that was made of it keeps what it has.
#[test]
fn what_is_shared_is_not_written_over() {
    let (mut nodes, node) = (Nodes::default(), NodeIndex::new(3).unwrap());
    nodes.put(node, b"first");
    let before = Arc::as_ptr(nodes.get(node).unwrap());
    nodes.put(node, b"other");
    assert_eq!(Arc::as_ptr(nodes.get(node).unwrap()), before, "nobody else has it");
    let shared = Arc::clone(nodes.get(node).unwrap());
    nodes.put(node, b"third");
    assert_eq!((&*shared, &**nodes.get(node).unwrap()), (&b"other"[..], &b"third"[..]));
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
                    nodes.put(node, &value);
                    oracle.insert(node, value);
                }
                None => {
                    nodes.remove(node);
                    oracle.remove(&node);
                }
            }
            prop_assert_eq!(nodes.len(), oracle.len());
            prop_assert_eq!(nodes.get(node).map(|value| value.to_vec()), oracle.get(&node).cloned());
            prop_assert!(nodes.runs.values().all(|run| run.last().is_some_and(Option::is_some)));
        }
        let all = nodes.iter().map(|(node, value)| (node, value.to_vec()));
        prop_assert!(all.eq(oracle));
    }
}
