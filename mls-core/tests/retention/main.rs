//! Dropping what was retained for too long, and records that are gone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_in_result,
    missing_docs,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;

use mls_codec::Decode;
use mls_core::framing::MlsMessage;
use mls_core::group::*;
use mls_core::record::{RecordKey, RecordPrefix};
use mls_core::secret_tree::RatchetType;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::CipherSuite;

use common::{Peer, group_of};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

fn commit(peers: &mut [Peer]) {
    let message = peers[0].commit(&CommitPlan::default()).message;
    peers[0].accept();
    peers[1].receive(&message);
}

fn prune_now(peer: &mut Peer) -> Option<Pruned> {
    let step = prune(peer.group.as_ref().unwrap(), &mut peer.world.env()).unwrap()?;
    Some(peer.apply(step))
}

/// Epochs of which any record is there.
fn epochs(peer: &Peer) -> Vec<u64> {
    let id = peer.group().id().clone();
    (0..10)
        .filter(|epoch| peer.store.records.keys().any(|key| RecordPrefix::Epoch(id.clone(), *epoch).covers(key)))
        .collect()
}

fn psks(peer: &Peer) -> Vec<u64> {
    let of = |key: &RecordKey| match key {
        RecordKey::ResumptionPsk(_, epoch) => Some(*epoch),
        _ => None,
    };
    peer.store.records.keys().filter_map(of).collect()
}

/// Bob in epoch 4, who retains 1 to 3, each a day older; a message that comes late for each, a key skipped in epoch 1.
fn aged() -> (Vec<Peer>, Vec<Vec<u8>>) {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let mut late = Vec::new();
    for epoch in 1..4 {
        late.push(peers[0].send(b"late"));
        if epoch == 1 {
            let next = peers[0].send(b"next");
            peers[1].receive(&next);
        }
        for peer in &mut peers {
            peer.world.now += 24 * 3600;
        }
        commit(&mut peers);
    }
    (peers, late)
}

#[test]
fn age_drops_epochs_in_a_group_that_rests() {
    for restart in [false, true] {
        let (mut peers, late) = aged();
        let bob = &mut peers[1];
        if restart {
            bob.restart();
        }
        assert_eq!(prune_now(bob), None);
        assert_eq!(epochs(bob), [1, 2, 3, 4]);
        // To the second.
        bob.world.now += bob.world.limits.past_epoch_seconds - 2 * 24 * 3600;
        assert_eq!(prune_now(bob), None);
        bob.world.now += 1;
        let pruned = prune_now(bob).unwrap();
        assert_eq!((&pruned.epochs[..], &pruned.resumption_psks[..]), (&[1][..], &[][..]));
        assert_eq!(epochs(bob), [2, 3, 4]);
        assert_eq!(prune_now(bob), None);
        // What is left is whole, in memory and on disk; what is gone is gone even where there is time again.
        bob.world.now -= 24 * 3600;
        assert_eq!(bob.try_receive(&late[0]).err(), Some(ReceiveError::PastEpoch(1)));
        assert_eq!(bob.receive(&late[1]).data(), b"late");
        bob.restart();
        assert_eq!(bob.try_receive(&late[0]).err(), Some(ReceiveError::PastEpoch(1)));
        assert_eq!(bob.receive(&late[2]).data(), b"late");
        bob.world.now += 30 * 24 * 3600;
        assert_eq!(prune_now(bob).unwrap().epochs, [2, 3]);
        assert_eq!(epochs(bob), [4]);
        commit(&mut peers);
        let now = peers[0].send(b"now");
        assert_eq!(peers[1].receive(&now).data(), b"now");
    }
}

#[test]
fn narrower_limits_drop_by_count() {
    let (mut peers, late) = aged();
    let bob = &mut peers[1];
    let kept = psks(bob);
    assert_eq!(kept, [1, 2, 3]);
    bob.world.limits.past_epochs = 1;
    bob.world.limits.resumption_psks = 2;
    let pruned = prune_now(bob).unwrap();
    assert_eq!((pruned.epochs, pruned.resumption_psks), (vec![1, 2], vec![1]));
    assert_eq!((epochs(bob), psks(bob)), (vec![3, 4], vec![2, 3]));
    bob.world.limits = mls_core::limits::Limits::default();
    for restart in [false, true] {
        if restart {
            bob.restart();
        }
        assert_eq!(bob.try_receive(&late[1]).err(), Some(ReceiveError::PastEpoch(2)));
    }
    bob.world.limits.past_epochs = 0;
    bob.world.limits.resumption_psks = 0;
    drop(prune_now(bob).unwrap());
    assert_eq!((epochs(bob), psks(bob)), (vec![4], vec![]));
}

#[test]
fn a_clock_that_was_set_back_leaves_no_hole() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let late = peers[0].send(b"late");
    let right = peers[1].world.now;
    commit(&mut peers);
    // Epoch 2 ends, as it seems, a year ago.
    peers[1].world.now = right - 365 * 24 * 3600;
    commit(&mut peers);
    peers[1].world.now = right;
    let bob = &mut peers[1];
    // Without the second epoch nobody could say who was who in the first.
    assert_eq!(prune_now(bob).unwrap().epochs, [1, 2]);
    assert_eq!(bob.try_receive(&late).err(), Some(ReceiveError::PastEpoch(1)));
}

#[test]
fn a_batch_that_is_dropped_undoes_it() {
    let (mut peers, late) = aged();
    let bob = &mut peers[1];
    bob.world.limits.resumption_psks = 1;
    bob.world.now += bob.world.limits.past_epoch_seconds + 1;
    let step = prune(bob.group.as_ref().unwrap(), &mut bob.world.env()).unwrap().unwrap();
    let mut batch = Batch::new(bob.group.as_mut().unwrap());
    batch.push(step).unwrap();
    drop(batch);
    bob.world.now -= bob.world.limits.past_epoch_seconds + 1;
    for late in &late {
        assert_eq!(bob.receive(late).data(), b"late");
    }
}

#[test]
fn a_ratchet_that_is_gone_is_damage_and_named() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let texts = [peers[0].send(b"one"), peers[0].send(b"two")];
    let bob = &mut peers[1];
    drop(bob.send(b"mine"));
    bob.receive(&texts[0]);
    let id = bob.group().id().clone();
    let ratchet = |leaf| {
        let leaf = LeafIndex::new(leaf).unwrap();
        RecordKey::Ratchet(id.clone(), 1, leaf, RatchetType::Application)
    };
    for leaf in [0, 1] {
        assert!(bob.store.records.remove(&ratchet(leaf)).is_some());
    }
    bob.restart();
    let group = |bob: &mut Peer| {
        bob.run(
            |e: &EncryptError| e.missing().cloned(),
            |group, env| encrypt(group, b"no", &EncryptOptions::default(), env),
        )
    };
    let error = group(bob).unwrap_err();
    assert_eq!(error, EncryptError::Fault(Fault::Damaged(Box::new(ratchet(1)))));
    assert_eq!(error.disposition(), Disposition::Reload);
    let error = bob.try_receive(&texts[1]).unwrap_err();
    assert_eq!(error, ReceiveError::Fault(Fault::Damaged(Box::new(ratchet(0)))));
    assert!(MlsMessage::from_bytes(&texts[1]).is_ok());
}

#[test]
fn an_imported_group_says_what_to_wait_for() {
    assert_eq!(Fault::Imported(7).disposition(), Disposition::AwaitEpoch(8));
}
