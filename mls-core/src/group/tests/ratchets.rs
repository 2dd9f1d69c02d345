//! Message keys are used once, forwards within bounds, and by nobody but who signs (RFC 9420 sections 9.2 and 15.3).

use alloc::boxed::Box;
use alloc::vec;
use std::sync::Arc;

use super::common::{Event, Peer};
use super::forge::{Lies, forge_data, forge_proposal};
use super::snapshot::snapshot;
use super::support::{encrypted, four, handle, leaf, refused};
use crate::framing::{FramingError, MlsMessage};
use crate::group::{CommitPlan, Disposition, LeafChange, Proposing, ReceiveError};
use crate::proposal::Proposal;
use mls_codec::Decode;

fn sent(peer: &mut Peer, generation: u32) -> MlsMessage {
    forge_data(peer, &generation.to_be_bytes(), Lies { generation: Some(generation), ..Lies::none() })
}

// req: R-9.2-06
// bad: framing-09
#[test]
fn a_message_is_read_once() {
    let [mut alice, mut bob, ..] = four();
    for generation in [3, 0, 2, 1, 4] {
        let message = sent(&mut alice, generation);
        assert_eq!(handle(&mut bob, &message).unwrap().data(), generation.to_be_bytes());
        let error = refused(&mut bob, &message);
        assert_eq!(error, ReceiveError::KeyConsumed);
        assert_eq!(error.disposition(), Disposition::Duplicate);
    }
    let again = forge_proposal(&mut alice, Proposal::Remove(leaf(3).into()), encrypted());
    handle(&mut bob, &again).unwrap();
    assert_eq!(refused(&mut bob, &again), ReceiveError::KeyConsumed);
}

// req: R-15.3-02
// bad: framing-07
#[test]
fn a_jump_beyond_the_bound() {
    let [mut alice, mut bob, ..] = four();
    bob.world.limits.max_forward = 20;
    for (seen, generation) in [(None, 21), (None, 1 << 20), (None, u32::MAX), (Some(5), 27)] {
        if let Some(seen) = seen {
            let message = sent(&mut alice, seen);
            handle(&mut bob, &message).unwrap();
        }
        // The key does not matter: it is not looked for.
        let lies = Lies { sender_data: Box::new(|data| data.generation = generation), ..Lies::none() };
        let message = forge_data(&mut alice, b"far", lies);
        assert_eq!(refused(&mut bob, &message), ReceiveError::TooFarAhead);
    }
    let message = sent(&mut alice, 26);
    handle(&mut bob, &message).unwrap();
}

// req: R-15.3-01, R-15.3-03
// bad: framing-08
#[test]
fn a_message_older_than_the_window() {
    let [mut alice, mut bob, ..] = four();
    bob.world.limits.skipped_keys_per_sender = 2;
    let message = sent(&mut alice, 5);
    handle(&mut bob, &message).unwrap();
    for generation in 0..3 {
        let message = sent(&mut alice, generation);
        assert_eq!(refused(&mut bob, &message), ReceiveError::KeyConsumed);
    }
    for generation in [4, 3] {
        let message = sent(&mut alice, generation);
        handle(&mut bob, &message).unwrap();
    }
}

// req: R-9.2-08
// bad: framing-11
#[test]
fn a_forged_message_burns_no_key() {
    let [mut alice, mut bob, mut carol, _] = four();
    let skip = sent(&mut alice, 4);
    handle(&mut bob, &skip).unwrap();
    for generation in [1, 9] {
        // Carol can find Alice's keys, and anybody can send junk.
        let lies = Lies { key_of: Some(leaf(0)), generation: Some(generation), ..Lies::none() };
        let forged = forge_data(&mut carol, b"forged", lies);
        assert_eq!(refused(&mut bob, &forged), ReceiveError::Framing(FramingError::WrongSignature));
        let lies = Lies {
            generation: Some(generation),
            private: Box::new(|m| *m.ciphertext.last_mut().unwrap() ^= 1),
            ..Lies::none()
        };
        let junk = forge_data(&mut alice, b"junk", lies);
        assert_eq!(refused(&mut bob, &junk), ReceiveError::Framing(FramingError::DecryptionFailed));
        let message = sent(&mut alice, generation);
        handle(&mut bob, &message).unwrap();
    }
}

#[test]
fn a_refused_proposal_burns_no_key() {
    let [mut alice, mut bob, ..] = four();
    let bad = forge_proposal(&mut alice, Proposal::Remove(leaf(9).into()), encrypted());
    let error = refused(&mut bob, &bad);
    assert!(matches!(error, ReceiveError::InvalidProposal { .. }), "{error:?}");
    let good = forge_proposal(&mut alice, Proposal::Remove(leaf(3).into()), encrypted());
    handle(&mut bob, &good).unwrap();
}

// req: R-5.3.3-03
// bad: framing-12, trap-10
#[test]
fn late_messages_name_who_sent_them_then() {
    let [mut alice, mut bob, mut carol, mut dave] = four();
    let from_dave = dave.send(b"from dave");
    let from_carol = carol.send(b"from carol");
    let from_alice = alice.send(b"from alice");
    let forged = Lies { key_of: Some(leaf(2)), ..Lies::none() };
    let forged = forge_data(&mut alice, b"forged", forged);
    // Alice changes her key and removes Carol, whose leaf goes to Erin, and Dave, whose leaf goes to nobody.
    let mut erin = Peer::new("erin", super::support::SUITE, 31);
    let key = alice.new_signer();
    let plan = CommitPlan {
        proposals: vec![
            Proposing::Remove(leaf(2)),
            Proposing::Remove(leaf(3)),
            Proposing::Add(Arc::new(erin.key_package().key_package)),
        ],
        leaf: LeafChange { signature_key: Some(key.clone()), ..LeafChange::default() },
        ..CommitPlan::default()
    };
    let commit = alice.commit(&plan).message;
    bob.receive(&commit);
    let Event::Message(received) = bob.receive(&from_alice) else { panic!() };
    assert!(received.still_member);
    assert_ne!(received.sender.signature_key, key);
    let Event::Message(received) = bob.receive(&from_carol) else { panic!() };
    assert!(!received.still_member);
    assert_eq!(received.sender.index, leaf(2));
    assert_eq!(received.sender.signature_key, carol.signature_key);
    let Event::Message(received) = bob.receive(&from_dave) else { panic!() };
    assert!(!received.still_member);
    assert_eq!(refused(&mut bob, &forged), ReceiveError::KeyConsumed);
}

#[test]
fn a_past_epoch_takes_no_harm_either() {
    let [mut alice, mut bob, mut carol, _] = four();
    let late = carol.send(b"late");
    let lies = Lies { key_of: Some(leaf(2)), ..Lies::none() };
    let forged = forge_data(&mut alice, b"forged", lies);
    let commit = alice.commit(&CommitPlan::default()).message;
    bob.receive(&commit);
    assert_eq!(refused(&mut bob, &forged), ReceiveError::Framing(FramingError::WrongSignature));
    bob.receive(&late);
    assert_eq!(refused(&mut bob, &MlsMessage::from_bytes(&late).unwrap()), ReceiveError::KeyConsumed);
}

#[test]
fn a_snapshot_sees_a_used_key() {
    let [mut alice, mut bob, ..] = four();
    let before = snapshot(bob.group());
    bob.receive(&alice.send(b"data"));
    let after = snapshot(bob.group());
    assert_ne!(before["secret tree"], after["secret tree"]);
    assert_ne!(before["status"], after["status"]);
    assert_eq!(before["epoch"], after["epoch"]);
}
