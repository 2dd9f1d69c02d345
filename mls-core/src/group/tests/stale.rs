//! A step happens once, to the state that it was computed from, when its own delta is stored.

use alloc::vec;

use super::common::Peer;
use super::snapshot::snapshot;
use super::support::{four, leaf};
use crate::group::{Batch, CommitPlan, EncryptOptions, Outgoing, Proposing, Stale, Step, encrypt};
use crate::record::Durable;

fn step(peer: &mut Peer, data: &[u8]) -> Step<Outgoing> {
    encrypt(peer.group.as_ref().unwrap(), data, &EncryptOptions::default(), &mut peer.world.env()).unwrap()
}

#[test]
fn the_proof_of_another_delta() {
    let [mut alice, ..] = four();
    let (one, two) = (step(&mut alice, b"one"), step(&mut alice, b"two"));
    let before = snapshot(alice.group());
    let durable = Durable::i_stored(two.delta());
    assert_eq!(one.apply(alice.group.as_mut().unwrap(), durable), Err(Stale));
    assert!(before == snapshot(alice.group()));
}

#[test]
fn two_steps_from_one_state() {
    let [mut alice, ..] = four();
    let (one, two) = (step(&mut alice, b"one"), step(&mut alice, b"two"));
    assert_eq!(alice.apply(one).generation, 0);
    let before = snapshot(alice.group());
    let durable = Durable::i_stored(two.delta());
    assert_eq!(two.apply(alice.group.as_mut().unwrap(), durable), Err(Stale));
    assert!(before == snapshot(alice.group()));
}

#[test]
fn a_step_of_another_members_group() {
    let [mut alice, mut bob, ..] = four();
    let step = step(&mut alice, b"one");
    while bob.group().revision() < alice.group().revision() {
        drop(bob.send(b"on to the same revision"));
    }
    assert_eq!(bob.group().revision(), alice.group().revision());
    let before = snapshot(bob.group());
    let durable = Durable::i_stored(step.delta());
    assert_eq!(step.apply(bob.group.as_mut().unwrap(), durable), Err(Stale));
    assert!(before == snapshot(bob.group()));
}

#[test]
fn a_step_that_outlives_the_membership() {
    let [mut alice, mut bob, ..] = four();
    let late = step(&mut bob, b"late");
    let plan = CommitPlan { proposals: vec![Proposing::Remove(leaf(1))], ..CommitPlan::default() };
    let commit = alice.commit(&plan).message;
    bob.receive(&commit);
    let before = snapshot(bob.group());
    let durable = Durable::i_stored(late.delta());
    assert_eq!(late.apply(bob.group.as_mut().unwrap(), durable), Err(Stale));
    assert!(before == snapshot(bob.group()));
}

#[test]
fn a_batch_that_is_not_stored_is_taken_back() {
    let [mut alice, mut bob, ..] = four();
    let before = snapshot(bob.group());
    let messages = [alice.send(b"one"), alice.send(b"two")];
    let other = step(&mut bob, b"other");
    let mut batch = Batch::new(bob.group.as_mut().unwrap());
    for message in &messages {
        let message = mls_codec::Decode::from_bytes(message).unwrap();
        let inbound = crate::group::receive(batch.group(), &message, &mut bob.world.env()).unwrap();
        let crate::group::Inbound::Application(step) = inbound else { panic!() };
        batch.push(step).unwrap();
    }
    assert_eq!(batch.apply(Durable::i_stored(other.delta())).unwrap_err(), Stale);
    assert!(before == snapshot(bob.group()));
}

#[test]
fn a_batch_takes_no_step_from_another_state() {
    let [mut alice, ..] = four();
    let before = snapshot(alice.group());
    let (one, two) = (step(&mut alice, b"one"), step(&mut alice, b"two"));
    let mut batch = Batch::new(alice.group.as_mut().unwrap());
    batch.push(one).unwrap();
    assert_eq!(batch.push(two), Err(Stale));
    drop(batch);
    assert!(before == snapshot(alice.group()));
}
