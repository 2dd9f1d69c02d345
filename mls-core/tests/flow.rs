//! The main job: a group is made, grows, talks, heals, shrinks.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

mod common;

use common::{Event, Peer, agree, group_of};
use mls_core::group::LeafChange;
use mls_core::group::{
    CommitPlan, GroupInfoOptions, PathPolicy, Proposing, SendOptions, export_ratchet_tree, group_info,
};
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::CipherSuite;
use std::sync::Arc;

fn suites() -> impl Iterator<Item = CipherSuite> {
    (1..=7).map(CipherSuite)
}

/// Everybody but `from` handles the message.
fn deliver(peers: &mut [Peer], from: usize, message: &[u8]) {
    for (i, peer) in peers.iter_mut().enumerate() {
        if i != from {
            peer.receive(message);
        }
    }
}

fn talk(peers: &mut [Peer]) {
    for from in 0..peers.len() {
        let text = format!("from {from}");
        let message = peers[from].send(text.as_bytes());
        for (i, peer) in peers.iter_mut().enumerate() {
            if i != from {
                assert_eq!(peer.receive(&message).data(), text.as_bytes());
            }
        }
    }
}

// req: R-12.4-09
#[test]
fn members_talk_in_every_suite() {
    for suite in suites() {
        let mut peers = group_of(&["alice", "bob", "carol"], suite);
        talk(&mut peers);
        let output = peers[1].commit(&CommitPlan::default());
        deliver(&mut peers, 1, &output.message);
        peers[1].accept();
        agree(&peers);
        talk(&mut peers);
    }
}

// req: R-12.4-06
// bad: trap-11
#[test]
fn proposals_by_reference_are_committed() {
    for encrypt in [true, false] {
        let options = SendOptions { encrypt, ..SendOptions::default() };
        let mut peers = group_of(&["alice", "bob", "carol", "dave"], CipherSuite(1));
        let update = peers[1].propose(Proposing::Update(LeafChange::default()), &options);
        deliver(&mut peers, 1, &update);
        let remove = peers[2].propose(Proposing::Remove(LeafIndex::new(3).unwrap()), &options);
        deliver(&mut peers, 2, &remove);
        let mut erin = Peer::new("erin", CipherSuite(1), 77);
        let add = Proposing::Add(Arc::new(erin.key_package().key_package));
        let add = peers[0].propose(add, &options);
        deliver(&mut peers, 0, &add);
        let plan = CommitPlan { options, ..CommitPlan::default() };
        let output = peers[2].commit(&plan);
        assert!(output.dropped.is_empty());
        for i in [0, 1] {
            let Event::Epoch(change) = peers[i].receive(&output.message) else { panic!() };
            assert_eq!(change.removed, [LeafIndex::new(3).unwrap()]);
            assert_eq!(change.updated, [LeafIndex::new(1).unwrap()]);
            assert_eq!(change.added.len(), 1);
            assert!(!change.removed_self);
        }
        let Event::Epoch(change) = peers[3].receive(&output.message) else { panic!() };
        assert!(change.removed_self);
        assert!(!peers[3].group().is_active());
        peers[2].accept();
        erin.join(output.welcome.as_ref().unwrap(), None);
        peers[3] = erin;
        agree(&peers);
        talk(&mut peers);
    }
}

#[test]
fn a_commit_without_path_adds_members() {
    let mut peers = group_of(&["alice", "bob"], CipherSuite(1));
    let mut carol = Peer::new("carol", CipherSuite(1), 5);
    let plan = CommitPlan {
        proposals: vec![Proposing::Add(Arc::new(carol.key_package().key_package))],
        path: PathPolicy::WhenRequired,
        ratchet_tree_in_welcome: false,
        ..CommitPlan::default()
    };
    let output = peers[0].commit(&plan);
    peers[0].accept();
    peers[1].receive(&output.message);
    carol.join(output.welcome.as_ref().unwrap(), output.ratchet_tree.as_deref());
    peers.push(carol);
    agree(&peers);
    talk(&mut peers);
}

#[test]
fn a_commit_may_leave_the_tree_to_somebody_else() {
    let mut peers = group_of(&["alice", "bob"], CipherSuite(1));
    let mut carol = Peer::new("carol", CipherSuite(1), 5);
    let plan = CommitPlan {
        proposals: vec![Proposing::Add(Arc::new(carol.key_package().key_package))],
        ratchet_tree_in_welcome: false,
        ratchet_tree_beside: false,
        ..CommitPlan::default()
    };
    let output = peers[0].commit(&plan);
    assert_eq!(output.ratchet_tree, None);
    peers[0].accept();
    peers[1].receive(&output.message);
    let tree = export_ratchet_tree(peers[1].group()).unwrap();
    carol.join(output.welcome.as_ref().unwrap(), Some(&tree));
    peers.push(carol);
    agree(&peers);
    talk(&mut peers);
}

#[test]
fn external_commits_join_and_resync() {
    let mut peers = group_of(&["alice", "bob", "carol"], CipherSuite(2));
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    let info = {
        let peer = &mut peers[0];
        let group = peer.group.take().unwrap();
        let info = group_info(&group, options, &mut peer.world.env()).unwrap();
        peer.group = Some(group);
        info
    };
    let mut dave = Peer::new("dave", CipherSuite(2), 9);
    let message = dave.join_external(&info, None, None);
    for peer in &mut peers {
        peer.receive(&message);
    }
    peers.push(dave);
    agree(&peers);
    talk(&mut peers);
    // Bob has lost his state and comes back.
    let info = {
        let peer = &mut peers[2];
        let group = peer.group.take().unwrap();
        let info = group_info(&group, options, &mut peer.world.env()).unwrap();
        peer.group = Some(group);
        info
    };
    let message = peers[1].join_external(&info, None, Some(1));
    for i in [0, 2, 3] {
        peers[i].receive(&message);
    }
    agree(&peers);
    talk(&mut peers);
}

#[test]
fn a_restart_anywhere_goes_on() {
    let mut peers = group_of(&["alice", "bob", "carol"], CipherSuite(1));
    for round in 0..6 {
        let from = round % 3;
        peers[from].restart();
        let message = peers[from].send(b"before");
        let output = peers[from].commit(&CommitPlan::default());
        peers[from].restart();
        for (i, peer) in peers.iter_mut().enumerate() {
            if i != from {
                peer.restart();
                assert_eq!(peer.receive(&message).data(), b"before");
                peer.restart();
                peer.receive(&output.message);
                peer.restart();
            }
        }
        peers[from].accept();
        peers[from].restart();
        agree(&peers);
    }
    talk(&mut peers);
}

// req: R-15-01
#[test]
fn late_messages_of_past_epochs_are_read() {
    let mut peers = group_of(&["alice", "bob", "carol"], CipherSuite(1));
    let late: Vec<_> = (0..3).map(|i| peers[2].send(&[i])).collect();
    for _ in 0..3 {
        let output = peers[0].commit(&CommitPlan::default());
        peers[0].accept();
        peers[1].receive(&output.message);
        peers[2].receive(&output.message);
    }
    peers[1].restart();
    for (i, message) in late.iter().enumerate().rev() {
        assert_eq!(peers[1].receive(message).data(), [u8::try_from(i).unwrap()]);
    }
    assert!(peers[1].try_receive(&late[0]).is_err());
}

// req: R-6.3.1-04, R-12.4.1-07, R-12.4.1-12
#[test]
fn own_commits_come_back() {
    for encrypt in [true, false] {
        let mut peers = group_of(&["alice", "bob"], CipherSuite(1));
        let options = SendOptions { encrypt, ..SendOptions::default() };
        let output = peers[0].commit(&CommitPlan { options, ..CommitPlan::default() });
        peers[1].receive(&output.message);
        peers[0].receive(&output.message);
        agree(&peers);
    }
}
