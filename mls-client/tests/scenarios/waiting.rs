use mls_client::mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_client::mls_core::group as engine;
use mls_client::{CommitError, CommitPlan, DetachedCommit, Event, Proposing, ReceiveError, Welcomes};
use mls_codec::Decode;

use crate::world::{Party, assert_in_step, assert_talk, deliver, group_of, pair};

scenario! { fn what_lost_the_race_is_proposed_again() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (_, mut at_carol) = others.pop().unwrap();
    let (mut bob, mut at_bob) = others.pop().unwrap();
    let id = at_bob.id().clone();
    let dave = Party::new("dave");
    at_bob.add(&[dave.key_package()]).unwrap();
    drop(at_bob);
    bob.restart();
    let mut at_bob = bob.group(&id);
    let commit = at_alice.update().unwrap();
    at_alice.accept_commit().unwrap();
    at_carol.receive(&commit.message).unwrap();
    let Event::Epoch(change) = at_bob.receive(&commit.message).unwrap() else { panic!("no epoch") };
    let proposals = at_bob.propose_again(&change.leftovers).unwrap();
    assert_eq!(proposals.len(), 1);
    at_alice.receive(&proposals[0].message).unwrap();
    at_carol.receive(&proposals[0].message).unwrap();
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob, &mut at_carol]);
    let mut at_dave = dave.client.join(&commit.welcome.unwrap(), None).unwrap();
    assert_talk(&mut at_dave, &mut at_bob);
    // Dave is there now: nothing is left to do.
    assert!(at_bob.propose_again(&change.leftovers).unwrap().is_empty());
} }

scenario! { fn proposals_are_listed_and_dropped_one_by_one() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (mut carol, mut at_carol) = others.pop().unwrap();
    let (_, mut at_bob) = others.pop().unwrap();
    let id = at_carol.id().clone();
    let remove = at_bob.propose(&Proposing::Remove(at_alice.own_leaf())).unwrap();
    let psk = at_bob.propose(&Proposing::ExternalPsk(b"psk".to_vec())).unwrap();
    for message in [&remove.message, &psk.message] {
        at_carol.receive(message).unwrap();
    }
    drop(at_carol);
    carol.restart();
    let mut at_carol = carol.group(&id);
    let listed = at_carol.waiting_proposals().unwrap();
    assert_eq!(listed.iter().map(|one| one.reference).collect::<Vec<_>>(), [remove.reference, psk.reference]);
    for reference in [remove.reference, psk.reference] {
        at_carol.drop_proposal(&reference).unwrap();
    }
    assert!(at_carol.waiting_proposals().unwrap().is_empty());
    let message = at_carol.send(b"nothing is in the way").unwrap().message;
    at_alice.receive(&message).unwrap();
} }

scenario! { fn detached_commits_wait_with_the_caller() {
    let (mut alice, mut at_alice, _, mut at_bob) = pair();
    let id = at_alice.id().clone();
    let pending = at_alice.update().unwrap();
    let (one, detached) = at_alice.commit_detached(&CommitPlan::default()).unwrap();
    let (other, dropped) = at_alice.commit_detached(&CommitPlan::default()).unwrap();
    assert_ne!(one.message, other.message);
    let stored = detached.to_record().unwrap();
    drop((dropped, detached, at_alice));
    alice.restart();
    let mut at_alice = alice.group(&id);
    let detached = DetachedCommit::from_record(stored.as_bytes()).unwrap();
    at_bob.receive(&one.message).unwrap();
    at_alice.accept_detached(&detached).unwrap();
    assert_in_step(&at_alice, &at_bob);
    assert_talk(&mut at_alice, &mut at_bob);
    assert!(at_alice.pending_commit().unwrap().is_none());
    let error = at_alice.accept_detached(&detached).unwrap_err();
    assert!(matches!(error, CommitError::Engine(engine::CommitError::DetachedElsewhere)), "{error:?}");
    let error = at_bob.receive(&pending.message).unwrap_err();
    assert!(matches!(error, ReceiveError::Engine(engine::ReceiveError::PastEpoch(1))), "{error:?}");
} }

// req: R-12.4.1-18, R-12.4.3.1-01
scenario! { fn a_welcome_for_each() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let parties = [Party::new("carol"), Party::new("dave")];
    let key_packages: Vec<_> = parties.iter().map(Party::key_package).collect();
    let mut proposals = Vec::new();
    for bytes in &key_packages {
        let message = MlsMessage::from_bytes(bytes).unwrap();
        let MlsMessageBody::KeyPackage(key_package) = message.body else { panic!("no key package") };
        proposals.push(Proposing::Add(key_package));
    }
    let plan =
        CommitPlan { proposals, welcomes: Welcomes::OneEach, ratchet_tree_in_welcome: false, ..CommitPlan::default() };
    let commit = at_alice.commit(&plan).unwrap();
    assert!(commit.welcome.is_none());
    assert_eq!(at_alice.pending_commit().unwrap().unwrap(), commit);
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    let tree = commit.ratchet_tree.unwrap();
    // Each is for its own member, and for nobody else.
    for (place, party) in parties.iter().enumerate() {
        party.client.join(&commit.welcomes[1 - place], Some(&tree)).unwrap_err();
        let mut group = party.client.join(&commit.welcomes[place], Some(&tree)).unwrap();
        assert_in_step(&group, &at_alice);
        group.send(b"here").unwrap();
    }
} }

scenario! { fn what_is_left_over_twice_is_proposed_once() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (_, mut at_carol) = others.pop().unwrap();
    let (_, mut at_bob) = others.pop().unwrap();
    let remove = Proposing::Remove(at_carol.own_leaf());
    at_bob.propose(&remove).unwrap();
    let plan = CommitPlan { proposals: vec![remove], include_pending: false, ..CommitPlan::default() };
    at_bob.commit(&plan).unwrap();
    let commit = at_alice.update().unwrap();
    at_alice.accept_commit().unwrap();
    at_carol.receive(&commit.message).unwrap();
    let Event::Epoch(change) = at_bob.receive(&commit.message).unwrap() else { panic!("no epoch") };
    assert_eq!(change.leftovers.len(), 2);
    // With signatures that are not deterministic they are two; a commit takes one.
    let proposals = at_bob.propose_again(&change.leftovers).unwrap();
    assert_eq!(proposals.len(), at_bob.waiting_proposals().unwrap().len());
    for proposal in &proposals {
        at_alice.receive(&proposal.message).unwrap();
    }
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    assert!(at_carol.receive(&commit.message).is_err());
    assert!(at_bob.propose_again(&change.leftovers).unwrap().is_empty());
} }
