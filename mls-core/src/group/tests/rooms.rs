//! Records are written where there is room for them.

use alloc::vec;

use super::snapshot::{record, snapshot};
use super::support::{four, leaf, node};
use crate::group::header::EndedEpoch;
use crate::group::leaf_epochs::{LeafNotes, StoredAs, node_from_record};
use crate::group::{CommitPlan, Proposing};

#[test]
fn of_a_commit_that_waits() {
    let [mut alice, ..] = four();
    let plan = CommitPlan { proposals: vec![Proposing::Remove(leaf(3))], ..CommitPlan::default() };
    drop(alice.commit(&plan));
    // The snapshot has the record of it.
    assert!(snapshot(alice.group()).get("pending").is_some_and(|record| record.len() > 500));
}

#[test]
fn of_an_epoch_that_ended() {
    let [alice, ..] = four();
    let group = alice.group();
    let tree = group.tree().unwrap();
    let rewind = mls_crypto_traits::SecretBytes::from_slice(&[5; 20_000]);
    for count in 0..4 {
        let replaced = (0..count).map(|index| (leaf(index), tree.identity(leaf(index)))).chain([(leaf(9), None)]);
        for rewind in [None, Some(&rewind)] {
            let replaced = replaced.clone().collect();
            record(&EndedEpoch { epoch: &group.epoch, replaced: &replaced, rewind });
        }
    }
}

#[test]
fn of_nodes() {
    let [alice, ..] = four();
    let tree = alice.group().tree().unwrap();
    let notes = LeafNotes { since: 3, client: None };
    for index in 0..7 {
        let Some((_, bytes)) = tree.nodes().find(|(at, _)| *at == node(index)) else { continue };
        let written = record(&StoredAs::new(tree, node(index), bytes, notes));
        let expected = if index % 2 == 0 { notes } else { LeafNotes::default() };
        assert_eq!(node_from_record(node(index), &written).unwrap(), (&bytes[..], expected));
    }
}
