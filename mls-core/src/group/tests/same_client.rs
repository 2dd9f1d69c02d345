//! A client is a member once, whatever keys it shows (RFC 9420 section 12.2).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use super::common::{Event, Peer, agree, group_of};
use super::forge::{Lies, forge_commit, forge_external, forge_proposal};
use super::support::{
    PUBLIC, SUITE, by_value, cached, encrypted, four, fresh_key, handle, invalid_list, leaf, own_leaf_node, propose_to,
    reference, refused, sign, suite,
};
use crate::credential::Credential;
use crate::framing::{MlsMessage, Sender};
use crate::group::clients::ClientTag;
use crate::group::{
    CommitError, CommitPlan, CommitRule, DropReason, Fault, Group, LeafChange, PendingCommit, Proposing, ReceiveError,
    RewindError, keep_tree_outside, receive, rewind,
};
use crate::identity::{CredentialEvent, MemberId};
use crate::key_package::KeyPackage;
use crate::proposal::Proposal;
use crate::proposal::list::{ListedProposal, ProposalListError};
use crate::tree::leaf_node::LeafNodeSource;

fn credential(name: &str) -> Credential {
    Credential::Basic { identity: name.as_bytes().to_vec() }
}

fn twice(name: &str, at: u32) -> ProposalListError {
    ProposalListError::AlreadyMember(MemberId(name.as_bytes().to_vec()), leaf(at))
}

/// A key package of the client `name` whose keys are all new.
fn twin(name: &str, seed: u64) -> KeyPackage {
    let mut other = Peer::new("other", SUITE, seed);
    let mut package = other.key_package().key_package;
    package.leaf_node.credential = credential(name);
    sign(&other, &mut package);
    package
}

fn add(package: KeyPackage) -> Proposal {
    Proposal::Add(Arc::new(package))
}

/// Who is known to be at the leaves of a group.
fn known(group: &Group, peer: &Peer) -> Vec<Option<ClientTag>> {
    let tags = (0..4).map(|at| group.clients.get(leaf(at))).collect();
    let names = ["alice", "bob", "carol", "dave"];
    let expected: Vec<_> = names.map(|name| ClientTag::of(suite(peer), &MemberId(name.into())).ok()).into();
    assert_eq!(tags, expected);
    tags
}

// req: R-12.2-09
// bad: valn-0306
#[test]
fn a_member_is_not_added_with_new_keys() {
    let [mut alice, mut bob, mut carol, _dave] = four();
    for peer in [&alice, &bob] {
        known(peer.group(), peer);
    }
    for (name, at) in [("alice", 0), ("bob", 1), ("carol", 2), ("dave", 3)] {
        let message = forge_commit(&mut alice, &[by_value(0, add(twin(name, 50)))], Lies::none());
        assert_eq!(refused(&mut carol, &message), invalid_list(0, twice(name, at)));
        assert_eq!(refused(&mut bob, &message), invalid_list(0, twice(name, at)));
        // Nor is such a commit made.
        let proposals = vec![Proposing::Add(Arc::new(twin(name, 50)))];
        let error = alice.try_commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap_err();
        assert_eq!(error, CommitError::Proposals(twice(name, at)));
    }
    // Somebody else's leaf is removed.
    let list = [by_value(0, Proposal::Remove(leaf(3).into())), by_value(0, add(twin("bob", 50)))];
    let message = forge_commit(&mut alice, &list, Lies::none());
    assert_eq!(refused(&mut carol, &message), invalid_list(0, twice("bob", 1)));
    // And a stranger is nobody's twin.
    let message = forge_commit(&mut alice, &[by_value(0, add(twin("erin", 50)))], Lies::none());
    handle(&mut carol, &message).unwrap();
}

// req: R-12.2-09
// bad: valn-0306
#[test]
fn a_member_whose_leaf_the_commit_removes_is_added_again() {
    let [mut alice, mut bob, mut carol, _dave] = four();
    let list = [by_value(0, Proposal::Remove(leaf(3).into())), by_value(0, add(twin("dave", 50)))];
    let message = forge_commit(&mut alice, &list, Lies::none());
    for peer in [&mut bob, &mut carol] {
        let Event::Epoch(change) = handle(peer, &message).unwrap() else { panic!() };
        assert_eq!(change.removed, [leaf(3)]);
        known(peer.group(), peer);
    }
    // By the committer too, and once more.
    let proposals = vec![Proposing::Remove(leaf(3)), Proposing::Add(Arc::new(twin("dave", 51)))];
    let message = bob.commit(&CommitPlan { proposals, options: PUBLIC, ..CommitPlan::default() }).message;
    bob.accept();
    carol.receive(&message);
    known(bob.group(), &bob);
    known(carol.group(), &carol);
}

// req: R-12.2-09, R-12.2-08
// bad: valn-0306
#[test]
fn a_waiting_add_of_a_member_is_left_out_of_our_commits() {
    let [mut alice, mut bob, mut carol, _dave] = four();
    for package in [twin("dave", 50), twin("erin", 51), twin("erin", 52)] {
        propose_to(&mut alice, &mut [&mut bob, &mut carol], Proposing::Add(Arc::new(package)));
    }
    let list = cached(&bob);
    let message = forge_commit(&mut alice, &list[..1], Lies::none());
    assert_eq!(refused(&mut carol, &message), invalid_list(0, twice("dave", 3)));
    let output = bob.commit(&CommitPlan::default());
    let reasons: Vec<_> = output.dropped.iter().map(|dropped| (dropped.reference, dropped.reason.clone())).collect();
    let erin = ProposalListError::SameClientTwice(MemberId(b"erin".to_vec()));
    let expected = [(reference(&list[0]), twice("dave", 3)), (reference(&list[2]), erin)];
    assert_eq!(reasons, expected.map(|(reference, rule)| (reference, DropReason::Invalid(Box::new(rule)))));
    carol.receive(&output.message);
}

fn invalid_external(rule: ProposalListError) -> ReceiveError {
    ReceiveError::InvalidCommit { sender: Sender::NewMemberCommit, rule: Box::new(CommitRule::Proposals(rule)) }
}

fn listed(proposal: Proposal) -> ListedProposal {
    ListedProposal { sender: Sender::NewMemberCommit, ..by_value(0, proposal) }
}

// req: R-12.2-09, R-12.2-20
#[test]
fn a_member_joins_by_an_external_commit_only_in_its_own_place() {
    let [alice, mut bob, ..] = four();
    let mut dave = Peer::new("dave", SUITE, 60);
    let init = |kem| listed(Proposal::ExternalInit { kem_output: kem });
    let message = forge_external(&alice, &mut dave, |kem| vec![init(kem)], Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_external(twice("dave", 3)));
    let list = |kem| vec![init(kem), listed(Proposal::Remove(leaf(3).into()))];
    let message = forge_external(&alice, &mut dave, list, Lies::none());
    handle(&mut bob, &message).unwrap();
    known(bob.group(), &bob);
}

/// A commit of `by` that covers what it has cached, which the others refuse.
fn commit_of_cached(by: &mut Peer) -> MlsMessage {
    let list = cached(by);
    forge_commit(by, &list, Lies::none())
}

// req: R-12.2-16
#[test]
fn nobody_takes_the_name_of_another_member() {
    let [mut alice, mut bob, mut carol, _dave] = four();
    // By an Update.
    let mut update = own_leaf_node(&alice);
    update.encryption_key = fresh_key(&mut alice);
    update.leaf_node_source = LeafNodeSource::Update;
    update.credential = credential("bob");
    let signer = alice.world.signers.0.get(&alice.signature_key).unwrap();
    update.sign(suite(&alice), signer.as_ref(), Some((b"group", leaf(0)))).unwrap();
    let message = forge_proposal(&mut alice, Proposal::Update(Arc::new(update)), Lies::none());
    handle(&mut bob, &message).unwrap();
    handle(&mut carol, &message).unwrap();
    let commit = commit_of_cached(&mut carol);
    assert_eq!(refused(&mut bob, &commit), invalid_list(2, twice("bob", 1)));
    // By a commit.
    let lies = Lies { leaf: Box::new(|leaf| leaf.credential = credential("bob")), ..Lies::none() };
    let commit = forge_commit(&mut alice, &[], lies);
    assert_eq!(refused(&mut carol, &commit), invalid_list(0, twice("bob", 1)));
    let lies = Lies { leaf: Box::new(|leaf| leaf.credential = credential("bob")), ..encrypted() };
    let commit = forge_commit(&mut alice, &[], lies);
    assert_eq!(refused(&mut carol, &commit), invalid_list(0, twice("bob", 1)));
    let change = LeafChange { credential: Some(credential("bob")), ..LeafChange::default() };
    let error = alice.try_commit(&CommitPlan { leaf: change, ..CommitPlan::default() }).unwrap_err();
    assert_eq!(error, CommitError::Proposals(twice("bob", 1)));
    // A name that nobody has is for the authentication service to allow; the old one is free then.
    let lies = Lies { leaf: Box::new(|leaf| leaf.credential = credential("alison")), ..Lies::none() };
    let commit = forge_commit(&mut alice, &[], lies);
    handle(&mut bob, &commit).unwrap();
    let message = forge_commit(&mut bob, &[by_value(1, add(twin("alison", 50)))], Lies::none());
    let error = handle(&mut bob, &message).unwrap_err();
    assert_eq!(error, ReceiveError::OwnMessage);
    let proposals = vec![Proposing::Add(Arc::new(twin("alison", 50)))];
    let error = bob.try_commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap_err();
    assert_eq!(error, CommitError::Proposals(twice("alison", 0)));
    let proposals = vec![Proposing::Add(Arc::new(twin("alice", 50)))];
    bob.commit(&CommitPlan { proposals, ..CommitPlan::default() });
}

// req: R-12.2-09
#[test]
fn who_is_who_is_stored() {
    let [mut alice, mut bob, mut carol, dave] = four();
    // Through a commit that waits across a restart.
    let proposals = vec![Proposing::Remove(leaf(3)), Proposing::Add(Arc::new(twin("erin", 50)))];
    let message = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() }).message;
    alice.restart();
    alice.accept();
    for peer in [&mut bob, &mut carol] {
        peer.receive(&message);
        peer.restart();
    }
    drop(dave);
    for (name, at) in [("bob", 1), ("erin", 3)] {
        let message = forge_commit(&mut alice, &[by_value(0, add(twin(name, 51)))], Lies::none());
        for peer in [&mut bob, &mut carol] {
            let error = peer.try_receive(&mls_codec::Encode::to_bytes(&message).unwrap()).unwrap_err();
            assert_eq!(error, invalid_list(0, twice(name, at)));
        }
    }
    let message = forge_commit(&mut alice, &[by_value(0, add(twin("dave", 51)))], Lies::none());
    handle(&mut bob, &message).unwrap();
}

// req: R-12.2-09
#[test]
fn going_back_brings_the_clients_back() {
    let [mut alice, mut bob, mut carol, _dave] = four();
    bob.world.limits.rewind = true;
    let proposals = vec![Proposing::Remove(leaf(3)), Proposing::Add(Arc::new(twin("erin", 50)))];
    let message = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() }).message;
    bob.receive(&message);
    let step = bob.run(|e: &RewindError| e.missing().cloned(), |group, env| rewind(group, 1, env)).unwrap();
    bob.apply(step);
    known(bob.group(), &bob);
    bob.restart();
    let message = forge_commit(&mut carol, &[by_value(2, add(twin("dave", 51)))], Lies::none());
    let error = bob.try_receive(&mls_codec::Encode::to_bytes(&message).unwrap()).unwrap_err();
    assert_eq!(error, invalid_list(2, twice("dave", 3)));
    let message = forge_commit(&mut carol, &[by_value(2, add(twin("erin", 51)))], Lies::none());
    bob.try_receive(&mls_codec::Encode::to_bytes(&message).unwrap()).unwrap();
}

fn begin(peer: &mut Peer, message: &MlsMessage) -> PendingCommit {
    let inbound =
        peer.run(|error: &ReceiveError| error.missing().cloned(), |group, env| receive(group, message, env)).unwrap();
    let crate::group::Inbound::Commit(pending) = inbound else { panic!() };
    *pending
}

fn asked(peer: &mut Peer, message: &MlsMessage) -> Vec<(CredentialEvent, Option<u32>)> {
    let pending = begin(peer, message);
    let ruling = pending.question().accept();
    let group = peer.group.take().unwrap();
    let vetted = pending.rule(ruling, &group, &mut peer.world.env()).unwrap();
    peer.group = Some(group);
    vetted.credentials().iter().map(|check| (check.event, check.leaf.map(|leaf| leaf.as_u32()))).collect()
}

// req: R-12.2-09
#[test]
fn who_is_not_known_is_asked_about_where_it_matters() {
    let [mut alice, mut bob, ..] = four();
    let adds = forge_commit(&mut alice, &[by_value(0, add(twin("erin", 50)))], Lies::none());
    let again = forge_commit(&mut alice, &[by_value(0, add(twin("bob", 50)))], Lies::none());
    let plain = forge_commit(&mut alice, &[], Lies::none());
    assert_eq!(asked(&mut bob, &adds), [(CredentialEvent::Add, None)]);
    let step = bob.run(|e: &Fault| e.missing().cloned(), keep_tree_outside).unwrap();
    bob.apply(step);
    let tree = bob.group().tree().unwrap().to_extension().unwrap();
    bob.restart();
    let mut env_group = bob.group.take().unwrap();
    env_group.admit_tree(&tree, &mut bob.world.env()).unwrap();
    bob.group = Some(env_group);
    assert_eq!(asked(&mut bob, &plain), []);
    let member = |at| (CredentialEvent::Member, Some(at));
    assert_eq!(asked(&mut bob, &adds), [(CredentialEvent::Add, None), member(0), member(1), member(2), member(3)]);
    assert_eq!(refused(&mut bob, &again), invalid_list(0, twice("bob", 1)));
    handle(&mut bob, &adds).unwrap();
    // Once is enough.
    known(bob.group(), &bob);
}

// req: R-12.2-09
#[test]
fn a_founder_learns_its_own_name_with_the_first_add() {
    let mut alice = Peer::new("alice", SUITE, 1);
    alice.create(b"group");
    assert_eq!(alice.group().clients.known(), 0);
    let proposals = vec![Proposing::Add(Arc::new(twin("alice", 50)))];
    let error = alice.try_commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap_err();
    assert_eq!(error, CommitError::Proposals(twice("alice", 0)));
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    peers[0].restart();
    let proposals = vec![Proposing::Add(Arc::new(twin("alice", 50)))];
    let error = peers[0].try_commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap_err();
    assert_eq!(error, CommitError::Proposals(twice("alice", 0)));
    agree(&peers);
}
