//! A group observed from outside.
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
mod costs;
#[path = "../warm/mod.rs"]
mod warm;
mod watcher;

use mls_codec::Decode;
use mls_core::extension::{Extensions, ExternalSender, ExternalSenders};
use mls_core::framing::{ContentType, MlsMessage, Sender};
use mls_core::group::*;
use mls_core::identity::MemberId;
use mls_core::observer::*;
use mls_core::proposal::Proposal;
use mls_core::record::Durable;
use mls_crypto_traits::CipherSuite;
use std::sync::Arc;

use common::{Event, Peer, group_of};
use watcher::{Seen, Watcher, published, vouch, with_tree};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

fn leaf(index: u32) -> mls_core::tree::math::LeafIndex {
    mls_core::tree::math::LeafIndex::new(index).unwrap()
}

fn clear() -> SendOptions {
    SendOptions { encrypt: false, ..SendOptions::default() }
}

fn in_clear(proposals: Vec<Proposing>) -> CommitPlan {
    CommitPlan { proposals, options: clear(), ..CommitPlan::default() }
}

// req: R-8.2-03, R-12.4.2-13, R-12.4.2-15
#[test]
fn an_observer_follows_what_is_in_the_clear() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    let mut watcher = Watcher::of(&mut peers[0]);
    watcher.agrees(&peers[1]);

    // An empty commit, with a path.
    let output = peers[1].commit(&in_clear(Vec::new()));
    peers[1].accept();
    for who in [0, 2] {
        peers[who].receive(&output.message);
    }
    let change = watcher.follow(&output.message);
    assert_eq!((change.epoch, change.committer), (2, Sender::Member(leaf(1))));
    watcher.agrees(&peers[0]);

    // Proposals by reference, an Update and an Add, committed by another.
    let mut dave = Peer::new("dave", SUITE, 9);
    let add = Proposing::Add(Arc::new(dave.key_package().key_package));
    let update = peers[0].propose(Proposing::Update(LeafChange::default()), &clear());
    let add = peers[2].propose(add, &clear());
    for (from, message) in [(0_u32, &update), (2, &add)] {
        for who in (0..3_usize).filter(|who| *who != from as usize) {
            peers[who].receive(message);
        }
        let Seen::Proposal(seen) = watcher.try_receive(message).unwrap() else { panic!() };
        assert_eq!(seen.sender, Sender::Member(leaf(from)));
        watcher.restart();
    }
    assert!(matches!(watcher.try_receive(&add), Err(ReceiveError::DuplicateProposal(_))));
    assert_eq!(watcher.observer.pending_proposals().len(), 2);
    let output = peers[1].commit(&in_clear(Vec::new()));
    let change = watcher.follow(&output.message);
    assert_eq!((change.updated, change.added.len()), (vec![leaf(0)], 1));
    assert_eq!(watcher.observer.pending_proposals(), []);
    peers[1].accept();
    for who in [0, 2] {
        peers[who].receive(&output.message);
    }
    dave.join(output.welcome.as_ref().unwrap(), None);
    watcher.agrees(&dave);

    // A commit without a path.
    let mut erin = Peer::new("erin", SUITE, 10);
    let add = Proposing::Add(Arc::new(erin.key_package().key_package));
    let plan = CommitPlan { path: PathPolicy::WhenRequired, ..in_clear(vec![add]) };
    let output = dave.commit(&plan);
    dave.accept();
    watcher.follow(&output.message);
    watcher.agrees(&dave);

    // Somebody comes in from outside, with the watcher's own idea of the tree.
    let tree = watcher.observer.ratchet_tree().unwrap();
    let bare = GroupInfoOptions { external_pub: true, ratchet_tree: false };
    let info = dave.run(|e: &ExportError| e.missing().cloned(), |group, env| group_info(group, bare, env)).unwrap();
    let mut frank = Peer::new("frank", SUITE, 11);
    let commit = frank.join_external(&info, Some(&tree), None);
    dave.receive(&commit);
    let change = watcher.follow(&commit);
    assert_eq!((change.committer, change.added[0].index), (Sender::NewMemberCommit, leaf(5)));
    watcher.agrees(&frank);

    // And two are removed.
    let plan = in_clear(vec![Proposing::Remove(leaf(0)), Proposing::Remove(leaf(4))]);
    let output = frank.commit(&plan);
    let change = watcher.follow(&output.message);
    assert_eq!(change.removed, [leaf(0), leaf(4)]);
    frank.accept();
    watcher.agrees(&frank);
    assert_eq!(watcher.observer.member(leaf(0)), None);
    let Watcher { observer, mut world, .. } = watcher;
    let named = ["alice", "bob", "erin", "frank"].map(|name| {
        let id = MemberId(name.as_bytes().to_vec());
        observer.member_with_id(&id, &world.env()).unwrap().map(|member| member.index)
    });
    assert_eq!(named, [None, Some(leaf(1)), None, Some(leaf(5))]);
}

#[test]
fn what_is_encrypted_is_noticed() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let mut watcher = Watcher::of(&mut peers[0]);
    let text = peers[0].send(b"text");
    let Seen::Hidden(hidden) = watcher.try_receive(&text).unwrap() else { panic!() };
    assert_eq!((hidden.epoch, hidden.content_type, hidden.ends_epoch()), (1, ContentType::Application, false));
    let commit = peers[0].commit(&CommitPlan::default()).message;
    peers[0].accept();
    peers[1].receive(&commit);
    let Seen::Hidden(hidden) = watcher.try_receive(&commit).unwrap() else { panic!() };
    assert_eq!((hidden.content_type, hidden.ends_epoch()), (ContentType::Commit, true));
    // The observer stays behind, says so, and starts afresh.
    let next = peers[1].commit(&in_clear(Vec::new())).message;
    assert!(matches!(watcher.try_receive(&next), Err(ReceiveError::FutureEpoch(2))));
    let info = published(&mut peers[0], with_tree());
    let pending = observe(&info, None, &mut watcher.world.env()).unwrap();
    let answers = vouch(pending.credentials());
    let step = watcher.observer.restart(pending, &answers, &mut watcher.world.env()).unwrap();
    watcher.apply(step);
    watcher.agrees(&peers[0]);
    watcher.follow(&next);
    peers[1].accept();
    watcher.agrees(&peers[1]);

    // Not back to where the group was, nor to another group.
    let pending = observe(&info, None, &mut watcher.world.env()).unwrap();
    let answers = vouch(pending.credentials());
    let old = watcher.observer.restart(pending, &answers, &mut watcher.world.env());
    assert_eq!(old.err(), Some(JoinError::OldEpoch(2)));
    let mut other = Peer::new("alice", SUITE, 20);
    other.create(b"other");
    let pending = observe(&published(&mut other, with_tree()), None, &mut watcher.world.env()).unwrap();
    let answers = vouch(pending.credentials());
    let wrong = watcher.observer.restart(pending, &answers, &mut watcher.world.env());
    assert_eq!(wrong.err(), Some(JoinError::WrongGroup));
}

#[test]
fn nobody_is_observed_without_being_vouched_for() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let info = published(&mut peers[0], with_tree());
    let mut world = Peer::new("watcher", SUITE, 77).world;
    let pending = observe(&info, None, &mut world.env()).unwrap();
    let refused = pending.resume(&Answers::new(), &mut world.env());
    assert_eq!(refused.err(), Some(JoinError::Answer(AnswerError::NotVouched(0))));
    let mut forged = info;
    forged.signature[0] ^= 1;
    assert_eq!(observe(&forged, None, &mut world.env()).err(), Some(JoinError::GroupInfoSignature));
}

#[test]
fn a_snapshot_serves_another_observer() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let watcher = Watcher::of(&mut peers[0]);
    let snapshot = watcher.observer.snapshot().unwrap();
    let Peer { mut world, mut store, .. } = Peer::new("second", SUITE, 78);
    let fresh = Observer::from_snapshot(&snapshot, &mut world.env()).unwrap();
    let durable = store.commit(fresh.delta());
    let mut second = Watcher { world, store, observer: fresh.release(durable).unwrap() };
    second.agrees(&peers[0]);
    let commit = peers[1].commit(&in_clear(Vec::new())).message;
    peers[1].accept();
    second.follow(&commit);
    second.agrees(&peers[1]);

    for end in [0, 1, 10, snapshot.len() - 1] {
        assert!(Observer::from_snapshot(&snapshot[..end], &mut second.world.env()).is_err(), "{end}");
    }
    // A snapshot whose tree is another's.
    let mut mixed = snapshot;
    let at = mixed.windows(32).position(|w| w == watcher.observer.tree().root_hash().as_bytes()).unwrap();
    mixed[at] ^= 1;
    assert_eq!(Observer::from_snapshot(&mixed, &mut second.world.env()).err(), Some(Fault::WrongTree));
}

#[test]
fn a_members_state_is_no_observers() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let id = peers[0].group().id().clone();
    let records = peers[0].store.read(&Observer::records_to_load(&id));
    let peer = &mut peers[0];
    assert!(matches!(Observer::load(&id, records, &mut peer.world.env()), Err(Fault::Corrupt(_))));
    let mut watcher = Watcher::of(&mut peers[0]);
    let [header, status] = Group::records_to_load(&id).map(|key| watcher.store.get(&key).unwrap());
    assert!(matches!(Group::load(&id, header.as_bytes(), status.as_bytes()), Err(Fault::Damaged(_))));
}

#[test]
fn a_step_is_for_one_state() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let mut watcher = Watcher::of(&mut peers[0]);
    let remove = peers[0].propose(Proposing::Remove(leaf(1)), &clear());
    let message = MlsMessage::from_bytes(&remove).unwrap();
    let mut steps = Vec::new();
    for _ in 0..2 {
        let Watcher { world, observer, .. } = &mut watcher;
        let Observed::Proposal(pending) = observer.receive(&message, &mut world.env()).unwrap() else { panic!() };
        steps.push(pending.resume(observer, &Answers::new(), &mut world.env()).unwrap());
    }
    let (second, first) = (steps.pop().unwrap(), steps.pop().unwrap());
    let other = Durable::i_stored(second.delta());
    assert_eq!(first.apply(&mut watcher.observer, other).err(), Some(Stale));
    assert_eq!(watcher.observer.pending_proposals().len(), 0);
    watcher.apply(second);
    assert_eq!(watcher.observer.pending_proposals().len(), 1);
    let commit = peers[0].commit(&in_clear(Vec::new())).message;
    let change = watcher.follow(&commit);
    assert_eq!(change.removed, [leaf(1)]);
}

// req: R-12.1.8-01
#[test]
fn an_observer_proposes_where_it_is_listed() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    let mut service = Peer::new("service", SUITE, 55);
    let mut watcher = Watcher::of(&mut peers[0]);
    core::mem::swap(&mut watcher.world.signers, &mut service.world.signers);
    let key = service.signature_key.clone();
    let remove = || Proposal::Remove(leaf(2).into());
    let refused = watcher.observer.propose(&key, remove(), Vec::new(), &watcher.world.env());
    assert_eq!(refused, Err(ProposeError::NotAnExternalSender));

    // The group lists the service.
    let mut extensions = Extensions::new();
    let sender = ExternalSender { signature_key: key.clone(), credential: service.leaf().credential };
    extensions.set(&ExternalSenders(vec![sender])).unwrap();
    let output = peers[0].commit(&in_clear(vec![Proposing::GroupContextExtensions(extensions)]));
    peers[0].accept();
    for who in [1, 2] {
        peers[who].receive(&output.message);
    }
    watcher.follow(&output.message);

    let nobody = watcher.observer.propose(&key, Proposal::Remove(leaf(3).into()), Vec::new(), &watcher.world.env());
    assert!(matches!(nobody, Err(ProposeError::Invalid(_))));
    let proposal = watcher.observer.propose(&key, remove(), Vec::new(), &watcher.world.env()).unwrap();
    for peer in &mut peers {
        let Event::Proposal(seen) = peer.receive(&proposal.message) else { panic!() };
        assert_eq!((seen.sender, seen.reference), (Sender::External(0), proposal.reference));
    }
    let Seen::Proposal(seen) = watcher.try_receive(&proposal.message).unwrap() else { panic!() };
    assert_eq!(seen.reference, proposal.reference);
    let output = peers[1].commit(&in_clear(Vec::new()));
    let change = watcher.follow(&output.message);
    assert_eq!(change.removed, [leaf(2)]);
    peers[1].accept();
    watcher.agrees(&peers[1]);
}

#[test]
fn the_policy_rules_over_an_observer_too() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let watcher = &mut Watcher::of(&mut peers[0]);
    let commit = peers[0].commit(&in_clear(Vec::new())).message;
    let message = MlsMessage::from_bytes(&commit).unwrap();
    let other = match watcher.observer.receive(&message, &mut watcher.world.env()).unwrap() {
        Observed::Commit(pending) => pending.question().accept(),
        other => panic!("{other:?}"),
    };
    for (ruling, expected) in [
        (None, ReceiveError::InvalidCommit { sender: Sender::Member(leaf(0)), rule: Box::new(CommitRule::Policy) }),
        (Some(other), ReceiveError::Answer(AnswerError::WrongAnswer)),
    ] {
        let observed = watcher.observer.receive(&message, &mut watcher.world.env()).unwrap();
        let Observed::Commit(pending) = observed else { panic!() };
        let ruling = ruling.unwrap_or_else(|| pending.question().refuse());
        let error = pending.rule(ruling, &watcher.observer, &mut watcher.world.env()).err();
        assert_eq!(error, Some(expected));
    }
}
