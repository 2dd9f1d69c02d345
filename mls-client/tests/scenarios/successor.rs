use mls_client::mls_core::extension::Extensions;
use mls_client::mls_core::framing::ProtocolVersion;
use mls_client::mls_core::group as engine;
use mls_client::mls_core::group::{Succession, SuccessionError};
use mls_client::mls_core::key_package::{KeyPackage, LastResort};
use mls_client::mls_core::proposal::ReInit;
use mls_client::{
    CipherSuite, CommitPlan, Credential, Disposition, Event, Identity, JoinError, Proposing, Repeat, SuccessorError,
    SuccessorKind, SuccessorPlan,
};

use crate::world::{Failure, Group, Party, Successor, assert_talk, deliver, group_of};

const NEW_SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;

fn parameters() -> ReInit {
    ReInit {
        group_id: b"the next one".to_vec(),
        version: ProtocolVersion::MLS10,
        cipher_suite: NEW_SUITE,
        extensions: Extensions::new(),
    }
}

/// Who a party is in the group's next suite.
fn next_identity(party: &Party) -> Identity {
    party.client.new_identity(NEW_SUITE, Credential::basic(party.name)).unwrap()
}

fn key_package(party: &Party, identity: &Identity) -> KeyPackage {
    party.client.key_package(identity).unwrap().key_package
}

/// A plan of a party's with the key packages of others.
fn plan(party: &Party, kind: SuccessorKind, suite: CipherSuite, others: &[&Party]) -> SuccessorPlan {
    let of = |party: &Party| if suite == NEW_SUITE { next_identity(party) } else { party.identity.clone() };
    let key_packages = others.iter().map(|other| key_package(other, &of(other))).collect();
    SuccessorPlan::new(kind, party.client.leaf(&of(party)), key_packages)
}

/// Alice, Bob and Carol in a group that Bob's commit has closed; Carol has not heard of that yet.
fn closing() -> (Party, Group, Party, Group, Party, Group, Vec<u8>) {
    let (alice, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (carol, at_carol) = others.pop().unwrap();
    let (bob, mut at_bob) = others.pop().unwrap();
    let proposals = vec![Proposing::ReInit(parameters())];
    let commit = at_bob.commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap();
    at_bob.accept_commit().unwrap();
    let Event::Epoch(change) = at_alice.receive(&commit.message).unwrap() else { panic!("no epoch") };
    assert_eq!(change.re_init, Some(parameters()));
    (alice, at_alice, bob, at_bob, carol, at_carol, commit.message)
}

scenario! { fn a_group_moves_to_another_suite() {
    let (mut alice, mut at_alice, bob, mut at_bob, carol, mut at_carol, reinit) = closing();
    assert!(matches!(at_alice.send(b"").unwrap_err().disposition(), Disposition::Rejoin));
    let plan = plan(&alice, SuccessorKind::ReInit, NEW_SUITE, &[&bob, &carol]);
    let welcome = at_alice.create_successor(&plan).unwrap().welcome().unwrap().to_vec();
    // The process ends before it is sent.
    let old = at_alice.id().clone();
    drop(at_alice);
    alice.restart();
    let Some(Repeat::Successor(again)) = alice.client.resume().unwrap().pop() else { panic!("nothing is pending") };
    assert_eq!(again.welcome().unwrap(), welcome);
    let successor = alice.client.successors().unwrap().pop().unwrap();
    assert_eq!(successor.welcome().unwrap(), welcome);
    let mut new_at_alice = successor.accept().unwrap();
    assert!(alice.group(&old).is_succeeded());
    assert!(alice.client.successors().unwrap().is_empty());

    let mut new_at_bob = at_bob.join_successor(&welcome, None).unwrap();
    assert!(at_bob.is_succeeded());
    // Carol gets the Welcome before the commit that it follows.
    let error = at_carol.join_successor(&welcome, None).unwrap_err();
    assert_eq!(error.disposition(), Disposition::AwaitEpoch(2));
    at_carol.receive(&reinit).unwrap();
    let mut new_at_carol = at_carol.join_successor(&welcome, None).unwrap();
    assert_eq!(new_at_carol.cipher_suite(), NEW_SUITE);
    assert_eq!(new_at_carol.id().as_bytes(), b"the next one");
    assert_talk(&mut new_at_alice, &mut new_at_bob);
    let commit = new_at_carol.update().unwrap();
    deliver(&mut new_at_carol, &commit, &mut [&mut new_at_alice, &mut new_at_bob]);
} }

scenario! { fn of_two_successors_one_stands() {
    let (alice, mut at_alice, bob, mut at_bob, carol, mut at_carol, reinit) = closing();
    at_carol.receive(&reinit).unwrap();
    let of_alice = plan(&alice, SuccessorKind::ReInit, NEW_SUITE, &[&bob, &carol]);
    let of_bob = plan(&bob, SuccessorKind::ReInit, NEW_SUITE, &[&alice, &carol]);
    let of_alice = at_alice.create_successor(&of_alice).unwrap();
    let of_bob = at_bob.create_successor(&of_bob).unwrap();
    let (first, second) = (of_alice.welcome().unwrap().to_vec(), of_bob.welcome().unwrap().to_vec());
    // The delivery service has Alice's as the first.
    let mut new_at_alice = of_alice.accept().unwrap();
    let mut new_at_bob = at_bob.join_successor(&first, None).unwrap();
    let error = of_bob.accept().unwrap_err();
    let late = SuccessionError::AlreadySucceeded;
    assert!(matches!(error, SuccessorError::Engine(engine::SuccessorError::Succession(e)) if e == late));
    let mut new_at_carol = at_carol.join_successor(&first, None).unwrap();
    let error = at_carol.join_successor(&second, None).unwrap_err();
    assert!(matches!(&error, JoinError::Engine(engine::JoinError::Succession(e)) if *e == late), "{error:?}");
    assert_eq!(error.disposition(), Disposition::Discard);
    // Alice's handle on the old group fell behind, and finds out.
    let error = at_alice.join_successor(&second, None).unwrap_err();
    assert_eq!(error.disposition(), Disposition::Reload);
    at_alice.reload().unwrap();
    let error = at_alice.join_successor(&second, None).unwrap_err();
    assert!(matches!(&error, JoinError::Engine(engine::JoinError::Succession(e)) if *e == late), "{error:?}");
    assert_talk(&mut new_at_alice, &mut new_at_bob);
    assert_talk(&mut new_at_bob, &mut new_at_carol);
} }

// Each step fails once, before and after it is written; trying again leads to the same end.
scenario! { fn succession_survives_a_failing_store() {
    for failure in [Failure::Lost, Failure::Mute] {
        let (mut alice, mut at_alice, mut bob, mut at_bob, carol, mut at_carol, reinit) = closing();
        at_carol.receive(&reinit).unwrap();
        let old = at_alice.id().clone();
        let plan = plan(&alice, SuccessorKind::ReInit, NEW_SUITE, &[&bob, &carol]);
        alice.store.fail_after(0, failure);
        at_alice.create_successor(&plan).unwrap_err();
        alice.restart();
        let waiting = |alice: &Party| -> Vec<Successor> { alice.client.successors().unwrap() };
        let successor = match (failure, waiting(&alice).pop()) {
            (Failure::Lost, None) => alice.group(&old).create_successor(&plan).unwrap(),
            (Failure::Mute, Some(successor)) => successor,
            (_, found) => panic!("{found:?}"),
        };
        let welcome = successor.welcome().unwrap().to_vec();
        alice.store.fail_after(0, failure);
        successor.accept().unwrap_err();
        alice.restart();
        assert_eq!(alice.group(&old).is_succeeded(), failure == Failure::Mute);
        let mut new_at_alice = match waiting(&alice).pop() {
            Some(successor) => successor.accept().unwrap(),
            None => alice.group(&parameters().group_id.into()),
        };

        bob.store.fail_after(0, failure);
        at_bob.join_successor(&welcome, None).unwrap_err();
        bob.restart();
        let mut at_bob = bob.group(&old);
        let mut new_at_bob = match failure {
            Failure::Lost => at_bob.join_successor(&welcome, None).unwrap(),
            Failure::Mute => bob.group(&parameters().group_id.into()),
        };
        assert!(bob.group(&old).is_succeeded());
        assert_talk(&mut new_at_alice, &mut new_at_bob);
    }
} }

scenario! { fn a_branch_beside_the_group() {
    let (alice, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (carol, mut at_carol) = others.pop().unwrap();
    let (bob, mut at_bob) = others.pop().unwrap();
    let kind = SuccessorKind::Branch { group_id: None, extensions: Extensions::new() };
    let plan = plan(&alice, kind, at_alice.cipher_suite(), &[&bob]);
    let successor = at_alice.create_successor(&plan).unwrap();
    let welcome = successor.welcome().unwrap().to_vec();
    let mut branch_at_alice = successor.accept().unwrap();
    // It is what Bob says he expects, or he does not come.
    let error = at_bob.join_successor(&welcome, None).unwrap_err();
    let rule = SuccessionError::OtherSuccession(Succession::Branch);
    assert!(matches!(&error, JoinError::Engine(engine::JoinError::Succession(e)) if *e == rule), "{error:?}");
    let error = bob.client.join(&welcome, None).unwrap_err();
    let JoinError::Engine(engine::JoinError::SuccessorGroup(predecessor)) = error else { panic!("{error:?}") };
    assert_eq!(predecessor.group_id, *at_bob.id());
    let mut branch_at_bob = at_bob.join_branch(&welcome, None).unwrap();
    assert_talk(&mut branch_at_alice, &mut branch_at_bob);
    assert!(matches!(at_carol.join_branch(&welcome, None).unwrap_err(), JoinError::NoKeyPackage));
    // The group goes on.
    let commit = at_alice.update().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob, &mut at_carol]);
    drop(carol);
} }

scenario! { fn a_successor_is_given_up() {
    let (alice, mut at_alice, bob, _, carol, _, _) = closing();
    let of_alice = plan(&alice, SuccessorKind::ReInit, NEW_SUITE, &[&bob, &carol]);
    at_alice.create_successor(&of_alice).unwrap().abandon().unwrap();
    assert!(alice.client.successors().unwrap().is_empty());
    assert!(!alice.group(at_alice.id()).is_succeeded());
} }

scenario! { fn a_key_package_of_last_resort_joins_twice() {
    let (alice, mut at_alice, _) = group_of([]);
    let mut at_alice_too = alice.client.create_group(&alice.identity).unwrap();
    let bob = Party::new("bob");
    let spec = engine::KeyPackageSpec {
        cipher_suite: bob.identity.cipher_suite,
        leaf: bob.client.leaf(&bob.identity),
        extensions: Extensions::new(),
    };
    let made = bob.client.key_package_with(&spec.last_resort(LastResort::Component).unwrap()).unwrap();
    for group in [&mut at_alice, &mut at_alice_too] {
        let commit = group.add(&[&made.message]).unwrap();
        group.accept_commit().unwrap();
        let mut at_bob = bob.client.join(&commit.welcome.unwrap(), None).unwrap();
        assert_talk(group, &mut at_bob);
    }
} }

// A `ReInit` may keep the identifier: the new group takes the place of the former one.
scenario! { fn a_group_keeps_its_identifier() {
    let (alice, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (carol, mut at_carol) = others.pop().unwrap();
    let (bob, mut at_bob) = others.pop().unwrap();
    let id = at_alice.id().clone();
    let parameters = ReInit { group_id: id.as_bytes().to_vec(), ..parameters() };
    let commit =
        at_alice.commit(&CommitPlan { proposals: vec![Proposing::ReInit(parameters)], ..CommitPlan::default() });
    deliver(&mut at_alice, &commit.unwrap(), &mut [&mut at_bob, &mut at_carol]);
    let plan = plan(&alice, SuccessorKind::ReInit, NEW_SUITE, &[&bob, &carol]);
    let successor = at_alice.create_successor(&plan).unwrap();
    let welcome = successor.welcome().unwrap().to_vec();
    let mut new_at_alice = successor.accept().unwrap();
    let mut new_at_bob = at_bob.join_successor(&welcome, None).unwrap();
    let mut new_at_carol = at_carol.join_successor(&welcome, None).unwrap();
    assert_eq!((new_at_alice.id(), new_at_alice.epoch(), new_at_alice.cipher_suite()), (&id, 1, NEW_SUITE));
    assert_talk(&mut new_at_alice, &mut new_at_bob);
    assert_talk(&mut new_at_bob, &mut new_at_carol);
    // What is stored under the identifier is the new group, and the former handle has fallen behind.
    assert_eq!(alice.group(&id).cipher_suite(), NEW_SUITE);
    let error = at_bob.join_successor(&welcome, None).unwrap_err();
    assert_eq!(error.disposition(), Disposition::Discard, "{error:?}");
    assert!(alice.client.successors().unwrap().is_empty());
} }
