//! What the application is told of a commit, and what a member that was removed or has moved on can still do.

use alloc::vec;
use alloc::vec::Vec;

use mls_codec::Decode;

use super::common::{Event, Peer};
use super::support::{PUBLIC, SUITE, four, leaf};
use crate::credential::Credential;
use crate::extension::Extensions;
use crate::framing::{MlsMessage, ProtocolVersion, Sender};
use crate::group::{Answers, CommitPlan, Fault, Inbound, LeafChange, Proposing, ReceiveError, drop_commit, receive};
use crate::identity::CredentialEvent;
use crate::proposal::ReInit;

fn removal() -> CommitPlan {
    CommitPlan { proposals: vec![Proposing::Remove(leaf(3))], include_pending: false, ..CommitPlan::default() }
}

#[test]
fn an_epoch_change_names_the_epoch_that_it_leads_to() {
    let [mut alice, mut bob, _, mut dave] = four();
    dave.propose(Proposing::ExternalPsk(b"psk".to_vec()), &PUBLIC);
    let commit = alice.commit(&removal()).message;
    alice.accept();
    let old = bob.group().epoch();
    let Event::Epoch(change) = bob.receive(&commit) else { panic!() };
    assert_eq!((change.epoch, bob.group().epoch()), (old + 1, old + 1));
    assert_eq!((change.committer, change.removed_self), (Sender::Member(leaf(0)), false));
    // Who is gone proposes nothing again.
    let Event::Epoch(change) = dave.receive(&commit) else { panic!() };
    assert_eq!((change.epoch, change.removed_self), (old + 1, true));
    assert!(change.leftovers.is_empty());
}

#[test]
fn who_was_removed_receives_nothing_more() {
    let [mut alice, mut bob, _, mut dave] = four();
    let before = alice.send(b"before");
    let commit = alice.commit(&removal()).message;
    alice.accept();
    bob.receive(&commit);
    dave.receive(&commit);
    let gone = |peer: &mut Peer, message: &[u8]| {
        assert!(matches!(peer.try_receive(message), Err(ReceiveError::Fault(Fault::NotAMember))));
    };
    for message in [before, alice.send(b"after"), alice.commit(&CommitPlan::default()).message] {
        gone(&mut dave, &message);
    }
}

#[test]
fn a_proposal_that_was_being_judged_when_we_were_removed() {
    let [mut alice, mut bob, _, mut dave] = four();
    let message = MlsMessage::from_bytes(&bob.propose(Proposing::ExternalPsk(b"psk".to_vec()), &PUBLIC)).unwrap();
    let missing = |error: &ReceiveError| error.missing().cloned();
    let inbound = dave.run(missing, |group, env| receive(group, &message, env)).unwrap();
    let Inbound::Proposal(pending) = inbound else { panic!() };
    let commit = alice.commit(&removal()).message;
    dave.receive(&commit);
    let Peer { group, world, .. } = &mut dave;
    let resumed = pending.resume(group.as_ref().unwrap(), &Answers::new(), &mut world.env());
    assert!(matches!(resumed, Err(ReceiveError::Fault(Fault::NotAMember))));
}

#[test]
fn an_own_commit_that_was_dropped_comes_back() {
    let [mut alice, ..] = four();
    let commit = alice.commit(&removal()).message;
    let step = drop_commit(alice.group.as_ref().unwrap(), &mut alice.world.env()).unwrap();
    alice.apply(step);
    assert_eq!(alice.try_receive(&commit).err(), Some(ReceiveError::OwnMessage));
    // As its own sender it is refused in the clear, too.
    let plan = CommitPlan { options: PUBLIC, ..removal() };
    let commit = alice.commit(&plan).message;
    let step = drop_commit(alice.group.as_ref().unwrap(), &mut alice.world.env()).unwrap();
    alice.apply(step);
    assert_eq!(alice.try_receive(&commit).err(), Some(ReceiveError::OwnMessage));
}

// req: R-5.3.1-04, R-5.3.1-08
#[test]
fn an_update_is_asked_about_where_its_credential_or_its_key_is_new() {
    for (new_key, new_name) in [(false, false), (true, false), (false, true), (true, true)] {
        let [mut alice, mut bob, ..] = four();
        let signature_key = new_key.then(|| bob.new_signer());
        let credential = new_name.then(|| Credential::Basic { identity: b"robert".to_vec() });
        let change = LeafChange { credential, signature_key, ..LeafChange::default() };
        let message = MlsMessage::from_bytes(&bob.propose(Proposing::Update(change), &PUBLIC)).unwrap();
        let missing = |error: &ReceiveError| error.missing().cloned();
        let Inbound::Proposal(pending) = alice.run(missing, |group, env| receive(group, &message, env)).unwrap() else {
            panic!()
        };
        let asked = pending.credentials().iter();
        let asked: Vec<_> = asked.map(|check| (check.event, check.leaf, check.predecessor.clone())).collect();
        let before = Some((Credential::basic("bob"), bob.signature_key.clone()));
        let wanted = (CredentialEvent::Update, Some(leaf(1)), before);
        assert_eq!(asked, if new_key || new_name { vec![wanted] } else { vec![] });
    }
}

// req: R-12.3-06
#[test]
fn what_a_group_is_closed_in_favour_of_is_remembered() {
    let [mut alice, mut bob, ..] = four();
    let re_init = ReInit {
        group_id: b"next".to_vec(),
        version: ProtocolVersion::MLS10,
        cipher_suite: SUITE,
        extensions: Extensions::new(),
    };
    let plan = CommitPlan { proposals: vec![Proposing::ReInit(re_init.clone())], ..CommitPlan::default() };
    let commit = alice.commit(&plan).message;
    alice.accept();
    let Event::Epoch(change) = bob.receive(&commit) else { panic!() };
    assert_eq!(change.re_init.as_ref(), Some(&re_init));
    for peer in [&alice, &bob] {
        assert_eq!(peer.group().re_init(), Some(&re_init));
    }
}
