//! A batch is one transaction: all of it happens, or nothing.
//!
//! Worlds are replayed from the same seeds, so that what a batch did can be compared, record by record, with what the
//! same inputs do one by one, and with a group that never saw the batch.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod common;

use common::{Event, Peer, group_of};
use mls_codec::Decode;
use mls_core::framing::MlsMessage;
use mls_core::group::{
    Batch, CommitPlan, EncryptOptions, Group, Inbound, LeafChange, Proposing, ReceiveError, SendOptions, Stale, Step,
    encrypt, receive,
};
use mls_core::record::Durable;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::CipherSuite;
use std::sync::Arc;

/// Computes what `bytes` does to the batch's group, and pushes it.
fn push(peer: &mut Peer, batch: &mut Batch<'_, Event>, bytes: &[u8]) -> Result<(), ReceiveError> {
    let message = MlsMessage::from_bytes(bytes).unwrap();
    for _ in 0..8 {
        match push_once(peer, batch, &message) {
            Err(error) if error.missing().is_some() => {
                let records = peer.store.read(error.missing().unwrap());
                batch.group_mut().admit(records, &mut peer.world.env()).unwrap();
            }
            done => return done,
        }
    }
    panic!("a batch never finds what it needs");
}

fn push_once(peer: &mut Peer, batch: &mut Batch<'_, Event>, message: &MlsMessage) -> Result<(), ReceiveError> {
    let group = batch.group();
    let step = match receive(group, message, &mut peer.world.env())? {
        Inbound::Application(step) => step.map(Event::Message),
        Inbound::OwnCommit(step) => step.map(Event::Epoch),
        Inbound::Proposal(pending) => {
            let answers = peer.answers(pending.credentials(), &[]);
            pending.resume(group, &answers, &mut peer.world.env())?.map(Event::Proposal)
        }
        Inbound::Commit(pending) => {
            let ruling = pending.question().accept();
            let vetted = pending.rule(ruling, group, &mut peer.world.env())?;
            let answers = peer.answers(vetted.credentials(), vetted.psks());
            vetted.resume(group, &answers, &mut peer.world.env())?.map(Event::Epoch)
        }
        other => panic!("{other:?}"),
    };
    batch.push(step).unwrap();
    Ok(())
}

/// Pushes the messages and does with the batch what `end` says.
fn in_batch<T>(peer: &mut Peer, messages: &[Vec<u8>], end: impl FnOnce(&mut Peer, Batch<'_, Event>) -> T) -> T {
    let mut group = peer.group.take().unwrap();
    let mut batch = Batch::new(&mut group);
    for message in messages {
        push(peer, &mut batch, message).unwrap();
    }
    let result = end(peer, batch);
    peer.group = Some(group);
    result
}

fn store_and_apply(peer: &mut Peer, batch: Batch<'_, Event>) -> Vec<Event> {
    let durable = peer.store.commit(batch.delta().unwrap());
    batch.apply(durable).unwrap()
}

/// What a step did, for comparison.
fn seen(event: &Event) -> String {
    match event {
        Event::Message(received) => format!("{received:?} {:?}", received.data),
        Event::Proposal(proposal) => format!("{proposal:?}"),
        Event::Epoch(change) => format!("{change:?}"),
    }
}

/// Bob with some past, and everything that reaches him then.
struct Story {
    bob: Peer,
    messages: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Bob is still there.
    Stays,
    /// The last message removes him.
    Removed,
}

/// Told twice, it is the same story.
fn story(cold: bool, ending: Ending) -> Story {
    let mut peers = group_of(&["alice", "bob", "carol", "dave"], CipherSuite(1));
    let mut messages = Vec::new();
    // A first epoch with a late message, and as many more as are retained.
    let late: Vec<Vec<u8>> = (0..3).map(|i| peers[2].send(&[i])).collect();
    let mut later = Vec::new();
    for from in [0, 3, 1] {
        later = peers[0].send(b"later");
        let output = peers[from].commit(&CommitPlan::default());
        all_but(&mut peers, from, &output.message, None);
        peers[from].accept();
    }
    let heard = peers[3].send(b"heard");
    peers[1].receive(&heard);
    // A commit of Bob's own waits; it will lose.
    drop(peers[1].commit(&CommitPlan::default()));
    let options = SendOptions::default();
    for (i, text) in [b"one".as_slice(), b"two", b"three"].iter().enumerate() {
        messages.push(peers[[0, 3, 3][i]].send(text));
    }
    messages.swap(1, 2);
    messages.extend([late[1].clone(), late[0].clone()]);
    // Proposals and the commit that covers them, an external join, and a commit in between.
    let mut record = Vec::new();
    let update = peers[2].propose(Proposing::Update(LeafChange::default()), &options);
    all_but(&mut peers, 2, &update, Some(&mut record));
    let mut erin = Peer::new("erin", CipherSuite(1), 77);
    let add = Proposing::Add(Arc::new(erin.key_package().key_package));
    let add = peers[0].propose(add, &options);
    all_but(&mut peers, 0, &add, Some(&mut record));
    let output = peers[3].commit(&CommitPlan::default());
    all_but(&mut peers, 3, &output.message, Some(&mut record));
    peers[3].accept();
    erin.join(output.welcome.as_deref().unwrap(), None);
    peers.push(erin);
    messages.append(&mut record);
    messages.push(peers[4].send(b"from erin"));
    messages.push(later);
    for from in [4, 0, 2] {
        messages.push(peers[from].send(b"before the commit"));
        let output = peers[from].commit(&CommitPlan::default());
        all_but(&mut peers, from, &output.message, Some(&mut messages));
        peers[from].accept();
        messages.push(peers[from].send(b"after the commit"));
    }
    if ending == Ending::Removed {
        let bob = Proposing::Remove(LeafIndex::new(1).unwrap());
        messages.push(peers[4].commit(&CommitPlan { proposals: vec![bob], ..CommitPlan::default() }).message);
    }
    let mut bob = peers.remove(1);
    if cold {
        bob.restart();
    }
    Story { bob, messages }
}

/// Everybody but the sender and Bob handles a message; where it is recorded Bob does not, and gets it later.
fn all_but(peers: &mut [Peer], from: usize, message: &[u8], record: Option<&mut Vec<Vec<u8>>>) {
    let later = record.is_some();
    for (i, peer) in peers.iter_mut().enumerate() {
        if i != from && !(later && i == 1) {
            peer.receive(message);
        }
    }
    if let Some(record) = record {
        record.push(message.to_vec());
    }
}

fn one_by_one(story: &mut Story) -> Vec<String> {
    let Story { bob, messages } = story;
    messages.iter().map(|message| seen(&bob.receive(message))).collect()
}

#[test]
fn a_batch_does_what_its_steps_do() {
    for cold in [false, true] {
        for ending in [Ending::Stays, Ending::Removed] {
            let (mut batched, mut control) = (story(cold, ending), story(cold, ending));
            assert_eq!(batched.messages, control.messages);
            let events = in_batch(&mut batched.bob, &batched.messages, store_and_apply);
            let events: Vec<String> = events.iter().map(seen).collect();
            assert_eq!(events, one_by_one(&mut control));
            assert_eq!(batched.bob.store.records, control.bob.store.records);
            assert_eq!(batched.bob.group().is_active(), ending == Ending::Stays);
            if ending == Ending::Stays {
                assert_eq!(batched.bob.group().epoch_authenticator(), control.bob.group().epoch_authenticator());
                assert_eq!(batched.bob.send(b"next"), control.bob.send(b"next"));
            }
        }
    }
}

#[test]
fn a_batch_that_is_taken_back_was_never_there() {
    for cold in [false, true] {
        let count = story(cold, Ending::Removed).messages.len();
        for taken in 1..=count {
            let (mut batched, mut control) = (story(cold, Ending::Removed), story(cold, Ending::Removed));
            let records = batched.bob.store.records.clone();
            let some = batched.messages[..taken].to_vec();
            if taken % 2 == 0 {
                in_batch(&mut batched.bob, &some, |_, batch| drop(batch));
            } else {
                // A proof about another delta.
                let other = batched.bob.key_package_delta();
                assert_eq!(in_batch(&mut batched.bob, &some, |_, batch| batch.apply(other).unwrap_err()), Stale);
            }
            assert_eq!(batched.bob.store.records, records);
            // What follows is the same in every record, from the first step on.
            for (message, same) in batched.messages.iter().zip(&control.messages) {
                let (event, expected) = (batched.bob.receive(message), control.bob.receive(same));
                assert_eq!(seen(&event), seen(&expected), "{taken}");
                assert_eq!(batched.bob.store.records, control.bob.store.records, "{taken}");
            }
        }
    }
}

/// The own commit that waits is still good after a batch that entered another epoch, or its own, was taken back.
#[test]
fn the_own_commit_survives_a_batch_that_is_taken_back() {
    for cold in [false, true] {
        for own in [false, true] {
            let (mut batched, mut control) = (story(cold, Ending::Stays), story(cold, Ending::Stays));
            let messages = if own {
                let pending = batched.bob.waiting();
                vec![batched.messages[0].clone(), pending, batched.messages[2].clone()]
            } else {
                batched.messages.clone()
            };
            in_batch(&mut batched.bob, &messages, |_, batch| drop(batch));
            assert!(batched.bob.group().has_pending_commit());
            assert_eq!(batched.bob.waiting(), control.bob.waiting());
            let (change, expected) = (batched.bob.accept(), control.bob.accept());
            assert_eq!(change, expected);
            assert_eq!(batched.bob.group().epoch_authenticator(), control.bob.group().epoch_authenticator());
            // Seeds differ by what the batch has drawn; the records do not depend on them.
            assert_eq!(batched.bob.store.records, control.bob.store.records);
        }
    }
}

#[test]
fn a_thousand_messages_are_one_delta() {
    for cold in [false, true] {
        let mut peers = group_of(&["alice", "bob", "carol"], CipherSuite(1));
        let messages: Vec<Vec<u8>> =
            (0..1000_u32).map(|i| peers[if i % 3 == 0 { 2 } else { 0 }].send(&i.to_be_bytes())).collect();
        let bob = &mut peers[1];
        if cold {
            bob.restart();
        }
        let before = bob.group().revision();
        let events = in_batch(bob, &messages, |peer, batch| {
            let delta = batch.delta().unwrap();
            // Two ratchets and what their first use brings; the status.
            println!("a thousand messages: {} writes, {} bytes", delta.len(), delta.bytes());
            assert!(delta.len() <= 12 && delta.bytes() <= 400, "{} {}", delta.len(), delta.bytes());
            assert_eq!(delta.preconditions().len(), 1);
            store_and_apply(peer, batch)
        });
        assert_eq!(bob.group().revision(), before + 1000);
        for (i, event) in (0_u32..).zip(events) {
            assert_eq!(event.data(), i.to_be_bytes());
        }
        for message in &messages {
            assert_eq!(peers[1].try_receive(message).unwrap_err(), ReceiveError::KeyConsumed);
        }
        peers[1].restart();
        let next = peers[0].send(b"next");
        assert_eq!(peers[1].receive(&next).data(), b"next");
    }
}

/// A message that fails leaves the batch as it is; what was pushed before it can still be stored.
#[test]
fn a_failure_amid_a_batch_changes_nothing() {
    let mut peers = group_of(&["alice", "bob", "carol"], CipherSuite(1));
    let messages: Vec<Vec<u8>> = (0..4).map(|i| peers[0].send(&[i])).collect();
    let mut forged = messages[2].clone();
    *forged.last_mut().unwrap() ^= 1;
    let bob = &mut peers[1];
    let mut group = bob.group.take().unwrap();
    let mut batch = Batch::new(&mut group);
    push(bob, &mut batch, &messages[0]).unwrap();
    push(bob, &mut batch, &messages[1]).unwrap();
    assert!(matches!(push(bob, &mut batch, &forged), Err(ReceiveError::Framing(_))));
    assert_eq!(push(bob, &mut batch, &messages[1]), Err(ReceiveError::KeyConsumed));
    push(bob, &mut batch, &messages[2]).unwrap();
    assert_eq!(batch.delta().unwrap().used_keys(), 3);
    let events = store_and_apply(bob, batch);
    bob.group = Some(group);
    assert_eq!(events.into_iter().map(Event::data).collect::<Vec<_>>(), [[0], [1], [2]]);
    assert_eq!(bob.receive(&messages[3]).data(), [3]);
}

/// A step that writes: nothing is reserved.
fn outgoing(peer: &mut Peer, group: &Group) -> Step<Vec<u8>> {
    let mut env = peer.world.env();
    env.limits.reserved_generations = 1;
    encrypt(group, b"x", &EncryptOptions::default(), &mut env).unwrap().map(|outgoing| outgoing.message)
}

#[test]
fn a_step_is_good_for_one_state() {
    let mut peers = group_of(&["alice", "bob"], CipherSuite(1));
    let peer = &mut peers[1];
    let mut group = peer.group.take().unwrap();
    let revision = group.revision();
    let steps = [0; 4].map(|_| outgoing(peer, &group));
    let [first, second, third, fourth] = steps;
    // A proof about another delta, then the right one for a step whose time is over.
    let wrong = Durable::i_stored(second.delta());
    assert_eq!(first.apply(&mut group, wrong), Err(Stale));
    assert_eq!(group.revision(), revision);
    let right = peer.store.commit(second.delta());
    assert!(second.apply(&mut group, right).is_ok());
    assert_eq!(group.revision(), revision + 1);
    let late = Durable::i_stored(third.delta());
    assert_eq!(third.apply(&mut group, late), Err(Stale));
    assert_eq!(group.revision(), revision + 1);

    let mut batch = Batch::new(&mut group);
    assert!(batch.delta().is_none());
    assert_eq!(batch.push(fourth), Err(Stale));
    assert!(batch.delta().is_none());
    let [one, two] = [0; 2].map(|_| outgoing(peer, batch.group()));
    batch.push(one).unwrap();
    assert_eq!(batch.push(two), Err(Stale));
    assert_eq!(batch.group().revision(), revision + 2);
    let durable = peer.store.commit(batch.delta().unwrap());
    let sent = batch.apply(durable).unwrap();
    assert_eq!(sent.len(), 1);
    peer.group = Some(group);
    assert_eq!(peers[0].receive(&sent[0]).data(), b"x");

    // An empty batch has nothing to store.
    let other = peers[1].key_package_delta();
    assert_eq!(Batch::<()>::new(peers[1].group.as_mut().unwrap()).apply(other), Err(Stale));
}

/// A step of one membership is none of another, though they are at the same revision of the same group.
#[test]
fn a_step_is_good_for_one_membership() {
    let mut peers = group_of(&["alice", "bob", "carol"], CipherSuite(1));
    let group = peers[1].group.take().unwrap();
    let step = outgoing(&mut peers[1], &group);
    let durable = Durable::i_stored(step.delta());
    assert_eq!(peers[2].group().revision(), group.revision());
    assert_eq!(step.apply(peers[2].group.as_mut().unwrap(), durable), Err(Stale));
}

impl Peer {
    /// A proof about something else.
    fn key_package_delta(&mut self) -> Durable {
        let spec = mls_core::group::KeyPackageSpec {
            cipher_suite: self.suite,
            leaf: self.leaf(),
            extensions: mls_core::extension::Extensions::new(),
        };
        let fresh = mls_core::group::generate_key_package(&spec, &mut self.world.env()).unwrap();
        Durable::i_stored(fresh.delta())
    }

    /// The own commit that waits.
    fn waiting(&mut self) -> Vec<u8> {
        let missing = |missing: &mls_core::record::Missing| Some(missing.clone());
        self.run(missing, |group, _| mls_core::group::pending_commit(group)).unwrap().unwrap().message
    }
}
