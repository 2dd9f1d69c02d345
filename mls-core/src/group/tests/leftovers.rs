//! Own proposals that are not committed, dropped ones, and echoes (RFC 9420 section 12.4).

use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use super::common::{Event, Peer};
use super::snapshot::snapshot;
use super::support::{PUBLIC, SUITE, cached, extensions, four, leaf, propose_to, reference};
use crate::group::{
    CommitPlan, Disposition, EpochChange, LeafChange, Leftover, ProposeError, Proposing, ReceiveError, SendOptions,
    drop_proposal, waiting_proposals,
};
use crate::proposal::{Proposal, ProposalRef};
use crate::record::RecordKey;

fn alone() -> CommitPlan {
    CommitPlan { include_pending: false, ..CommitPlan::default() }
}

fn epoch(event: Event) -> EpochChange {
    let Event::Epoch(change) = event else { panic!() };
    change
}

fn again(leftover: &Leftover, peer: &Peer) -> Option<Proposing> {
    leftover.proposing(peer.group()).unwrap()
}

// req: R-12.4-07, R-12.4-08
#[test]
fn what_others_left_out_is_proposed_again() {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 5);
    let package = Arc::new(erin.key_package().key_package);
    let required = extensions(&[(3, &[0, 0, 0])]);
    let wanted = [
        Proposing::Add(package.clone()),
        Proposing::Remove(leaf(3)),
        Proposing::ExternalPsk(b"psk".to_vec()),
        Proposing::ResumptionPsk { group_id: b"group".to_vec(), epoch: 1 },
        Proposing::GroupContextExtensions(required.clone()),
    ];
    for proposing in &wanted {
        propose_to(&mut bob, &mut [&mut alice], proposing.clone());
    }
    propose_to(&mut bob, &mut [&mut alice], Proposing::Update(LeafChange::default()));
    let references: Vec<_> = cached(&bob).iter().map(reference).collect();
    let commit = alice.commit(&alone()).message;
    let left_by_alice = alice.accept().leftovers;
    assert!(left_by_alice.is_empty());
    let left = epoch(bob.receive(&commit)).leftovers;
    assert_eq!(left.iter().map(|left| left.reference.unwrap()).collect::<Vec<_>>(), references);
    for (leftover, proposing) in left.iter().zip(&wanted) {
        assert_eq!(again(leftover, &bob).as_ref(), Some(proposing));
    }
    let Some(Proposing::Update(change)) = again(&left[5], &bob) else { panic!() };
    assert_eq!(change.signature_key.as_ref(), Some(&bob.signature_key));
    // Once they are committed, they are moot.
    for index in [0, 1, 4] {
        let proposing = again(&left[index], &bob).unwrap();
        propose_to(&mut bob, &mut [&mut alice], proposing);
    }
    let commit = alice.commit(&CommitPlan::default()).message;
    alice.accept();
    assert!(epoch(bob.receive(&commit)).leftovers.is_empty());
    for index in [0, 1, 4] {
        assert_eq!(again(&left[index], &bob), None, "{index}");
    }
}

#[test]
fn somebody_else_at_the_same_leaf_is_not_removed() {
    let [mut alice, mut bob, ..] = four();
    propose_to(&mut bob, &mut [&mut alice], Proposing::Remove(leaf(3)));
    let mut erin = Peer::new("erin", SUITE, 5);
    let proposals = vec![Proposing::Remove(leaf(3)), Proposing::Add(Arc::new(erin.key_package().key_package))];
    let commit = alice.commit(&CommitPlan { proposals, ..alone() }).message;
    alice.accept();
    let left = epoch(bob.receive(&commit)).leftovers;
    assert_eq!(bob.group().member(leaf(3)).unwrap().unwrap().signature_key, erin.signature_key);
    assert_eq!(again(&left[0], &bob), None);
}

#[test]
fn a_commit_that_loses_the_race_leaves_its_proposals_over() {
    let [mut alice, mut bob, mut carol, _] = four();
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::ExternalPsk(b"psk".to_vec()));
    let psk = crate::psk::Psk::External { psk_id: b"psk".to_vec() };
    bob.psks.insert(psk, vec![5; 32]);
    let proposals = vec![Proposing::Remove(leaf(3))];
    bob.commit(&CommitPlan { proposals, ..CommitPlan::default() });
    bob.restart();
    let commit = alice.commit(&alone()).message;
    alice.accept();
    // Carol's proposal is hers to make again.
    let left = epoch(bob.receive(&commit)).leftovers;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].reference, left[0].proposal.clone()), (None, Proposal::Remove(leaf(3).into())));
    assert_eq!(again(&left[0], &bob), Some(Proposing::Remove(leaf(3))));
    assert_eq!(epoch(carol.receive(&commit)).leftovers.len(), 1);
}

#[test]
fn our_own_commit_leaves_over_what_it_does_not_cover() {
    let [mut alice, mut bob, ..] = four();
    propose_to(&mut alice, &mut [&mut bob], Proposing::Remove(leaf(3)));
    propose_to(&mut alice, &mut [&mut bob], Proposing::Update(LeafChange::default()));
    propose_to(&mut bob, &mut [&mut alice], Proposing::Remove(leaf(2)));
    alice.commit(&alone());
    let left = alice.accept().leftovers;
    assert_eq!(left.iter().map(|left| left.proposal.clone()).collect::<Vec<_>>(), [Proposal::Remove(leaf(3).into())]);
    propose_to(&mut alice, &mut [], Proposing::Remove(leaf(3)));
    alice.commit(&CommitPlan::default());
    assert!(alice.accept().leftovers.is_empty());
}

fn try_drop(peer: &mut Peer, reference: &ProposalRef) -> Result<(), ProposeError> {
    let step =
        peer.run(|error: &ProposeError| error.missing().cloned(), |group, env| drop_proposal(group, reference, env))?;
    peer.apply(step);
    Ok(())
}

// req: R-12.2-17
#[test]
fn a_single_proposal_is_dropped() {
    let [mut alice, mut bob, mut carol, _] = four();
    let remove = carol.propose(Proposing::Remove(leaf(3)), &SendOptions::default());
    for peer in [&mut alice, &mut bob] {
        peer.receive(&remove);
    }
    propose_to(&mut bob, &mut [&mut alice, &mut carol], Proposing::GroupContextExtensions(extensions(&[])));
    alice.restart();
    let waiting =
        alice.run(|e: &crate::group::Fault| e.missing().cloned(), |group, _| Ok(waiting_proposals(group)?)).unwrap();
    assert_eq!(waiting.len(), 2);
    assert_eq!(waiting[0].proposal, Proposal::Remove(leaf(3).into()));
    assert_eq!(waiting[1].sender, crate::framing::Sender::Member(leaf(1)));
    let dropped = waiting[0].reference;
    try_drop(&mut alice, &dropped).unwrap();
    let record = RecordKey::Proposal(alice.group().id().clone(), dropped.into());
    assert!(!alice.store.records.contains_key(&record));
    assert_eq!(alice.group().pending_proposals(), 1);
    let before = snapshot(alice.group());
    assert_eq!(try_drop(&mut alice, &dropped).unwrap_err(), ProposeError::NoSuchProposal(dropped));
    assert!(before == snapshot(alice.group()));
    // Bob commits it nevertheless; Alice has to get it again.
    let commit = bob.commit(&CommitPlan::default()).message;
    let error = alice.try_receive(&commit).unwrap_err();
    assert_eq!(error, ReceiveError::MissingProposal(dropped));
    // The message is used up, being encrypted: so is what only came encrypted.
    assert_eq!(alice.try_receive(&remove).unwrap_err(), ReceiveError::KeyConsumed);
}

#[test]
fn a_commit_of_ours_leaves_the_dropped_one_out() {
    let [mut alice, mut bob, ..] = four();
    let message = bob.propose(Proposing::Remove(leaf(3)), &PUBLIC);
    alice.receive(&message);
    let dropped = reference(&cached(&alice)[0]);
    try_drop(&mut alice, &dropped).unwrap();
    assert!(!alice.send(b"nothing waits").is_empty());
    let output = alice.commit(&CommitPlan::default());
    assert!(output.dropped.is_empty());
    assert_eq!(epoch(bob.receive(&output.message)).removed, []);
    // What was public is received again.
    let [mut alice, mut bob, ..] = four();
    let message = bob.propose(Proposing::Remove(leaf(3)), &PUBLIC);
    alice.receive(&message);
    let dropped = reference(&cached(&alice)[0]);
    try_drop(&mut alice, &dropped).unwrap();
    let commit = bob.commit(&CommitPlan::default()).message;
    assert_eq!(alice.try_receive(&commit).unwrap_err(), ReceiveError::MissingProposal(dropped));
    alice.receive(&message);
    assert_eq!(epoch(alice.receive(&commit)).removed, [leaf(3)]);
}

// bad: commit-18
#[test]
fn our_own_messages_come_back() {
    let [mut alice, mut bob, ..] = four();
    let public = bob.propose(Proposing::Remove(leaf(3)), &PUBLIC);
    let private = bob.propose(Proposing::Remove(leaf(2)), &SendOptions::default());
    let first = reference(&cached(&bob)[0]);
    let before = snapshot(bob.group());
    for (message, error) in [(&public, ReceiveError::DuplicateProposal(first)), (&private, ReceiveError::OwnMessage)] {
        let echo = bob.try_receive(message).unwrap_err();
        assert_eq!(echo, error);
        assert_eq!(echo.disposition(), Disposition::Duplicate);
    }
    assert!(before == snapshot(bob.group()));
    for message in [&public, &private] {
        alice.receive(message);
    }
    for options in [PUBLIC, SendOptions::default()] {
        let commit = bob.commit(&CommitPlan { options, ..CommitPlan::default() }).message;
        let change = epoch(bob.receive(&commit));
        assert_eq!(change.epoch, bob.group().epoch());
        alice.receive(&commit);
        // Twice is too late, and harms nobody.
        let error = bob.try_receive(&commit).unwrap_err();
        assert_eq!(error, ReceiveError::PastEpoch(change.epoch - 1));
    }
    super::common::agree(&[alice, bob]);
}
