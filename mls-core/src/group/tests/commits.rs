//! Commits of our own that cannot be made, with the group as it was (RFC 9420 sections 12.4.1 and 14).

use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use super::common::Peer;
use super::snapshot::snapshot;
use super::support::{PUBLIC, SUITE, extensions, four, key_package, leaf, propose_to};
use crate::group::{
    AnswerError, Answers, CommitError, CommitPlan, DropReason, EncryptError, EncryptOptions, Fault, LeafChange,
    ProposeError, Proposing, accept_commit, commit, drop_commit, encrypt, propose,
};
use crate::identity::CredentialEvent;
use crate::key_package::KeyPackageError;
use crate::proposal::list::ProposalListError;
use crate::tree::validate::LeafNodeError;

fn fails(peer: &mut Peer, plan: &CommitPlan) -> CommitError {
    let before = snapshot(peer.group());
    let error = peer.try_commit(plan).unwrap_err();
    assert!(before == snapshot(peer.group()));
    error
}

fn with(proposals: Vec<Proposing>) -> CommitPlan {
    CommitPlan { proposals, ..CommitPlan::default() }
}

// req: R-12.2-01, R-10.1-01, R-12.4-05, R-12.4.1-01
#[test]
fn lists_that_others_would_refuse() {
    let [mut alice, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let bad = key_package(&mut erin, |package| package.version = 2.into());
    let cases = [
        (vec![Proposing::Remove(leaf(0))], ProposalListError::RemoveOfCommitter),
        (vec![Proposing::Remove(leaf(9))], ProposalListError::RemoveOfNonMember(leaf(9).into())),
        (vec![Proposing::Remove(leaf(1)), Proposing::Remove(leaf(1))], ProposalListError::ConflictingChanges(leaf(1))),
        (vec![Proposing::GroupContextExtensions(extensions(&[])); 2], ProposalListError::TwoGroupContextExtensions),
        (vec![Proposing::GroupContextExtensions(extensions(&[(0xff01, b"")]))], ProposalListError::UnsupportedByMember),
        (vec![Proposing::Add(Arc::new(bad))], ProposalListError::InvalidAdd(KeyPackageError::Version)),
    ];
    for (proposals, rule) in cases {
        assert_eq!(fails(&mut alice, &with(proposals)), CommitError::Proposals(rule));
    }
    let update = Proposing::Update(LeafChange::default());
    assert_eq!(fails(&mut alice, &with(vec![update])), CommitError::UpdateByValue);
}

// req: R-7.3-20
#[test]
fn a_leaf_of_ours_that_others_would_refuse() {
    let [mut alice, ..] = four();
    let change = |change| CommitPlan { leaf: change, ..CommitPlan::default() };
    let mut lame = alice.leaf().capabilities;
    lame.cipher_suites.clear();
    let lame = LeafChange { capabilities: Some(lame), ..LeafChange::default() };
    let rule = LeafNodeError::CipherSuiteUnsupported;
    assert_eq!(fails(&mut alice, &change(lame)), CommitError::Leaf(rule));
    let unknown = Peer::new("stranger", SUITE, 55).signature_key;
    let strange = LeafChange { signature_key: Some(unknown.clone()), ..LeafChange::default() };
    assert_eq!(fails(&mut alice, &change(strange)), CommitError::Fault(Fault::NoSigner(unknown)));
}

// req: R-14-03
#[test]
fn one_commit_at_a_time() {
    let [mut alice, ..] = four();
    let before = snapshot(alice.group());
    let accepted = accept_commit(alice.group.as_ref().unwrap(), &mut alice.world.env()).unwrap_err();
    assert_eq!(accepted, CommitError::NoPendingCommit);
    let dropped = drop_commit(alice.group.as_ref().unwrap(), &mut alice.world.env()).unwrap_err();
    assert_eq!(dropped, CommitError::NoPendingCommit);
    assert!(before == snapshot(alice.group()));
    drop(alice.commit(&CommitPlan::default()));
    let before = snapshot(alice.group());
    let second = commit(alice.group.as_ref().unwrap(), &CommitPlan::default(), &mut alice.world.env()).unwrap_err();
    assert_eq!(second, CommitError::CommitPending);
    assert!(before == snapshot(alice.group()));
}

#[test]
fn two_commits_that_were_begun_together() {
    let [mut alice, ..] = four();
    let group = alice.group.as_ref().unwrap();
    let mut env = alice.world.env();
    let first = commit(group, &CommitPlan::default(), &mut env).unwrap();
    let second = commit(group, &CommitPlan::default(), &mut env).unwrap();
    let (yes, also) = (first.question().accept(), second.question().accept());
    let first = first.rule(yes, group, &mut env).unwrap();
    let second = second.rule(also, group, &mut env).unwrap();
    let step = first.resume(group, &Answers::new(), &mut env).unwrap();
    drop(alice.apply(step));
    let before = snapshot(alice.group());
    let group = alice.group.as_ref().unwrap();
    let error = second.resume(group, &Answers::new(), &mut alice.world.env()).unwrap_err();
    assert_eq!(error, CommitError::CommitPending);
    assert!(before == snapshot(alice.group()));
}

// req: R-5.3.1-01
#[test]
fn the_policy_and_the_questions_hold_for_our_own() {
    let [mut alice, ..] = four();
    let erin = Peer::new("erin", SUITE, 9).key_package().key_package;
    let plan = with(vec![Proposing::Add(Arc::new(erin)), Proposing::ExternalPsk(b"psk".to_vec())]);
    let before = snapshot(alice.group());
    let begin = |alice: &mut Peer| commit(alice.group.as_ref().unwrap(), &plan, &mut alice.world.env()).unwrap();
    let (one, two, three) = (begin(&mut alice), begin(&mut alice), begin(&mut alice));
    let group = alice.group.as_ref().unwrap();
    let mut env = alice.world.env();
    let no = one.question().refuse();
    assert_eq!(one.rule(no, group, &mut env).unwrap_err(), CommitError::Refused);
    let other = three.question().accept();
    assert_eq!(two.rule(other, group, &mut env).unwrap_err(), CommitError::Answer(AnswerError::WrongAnswer));
    let yes = three.question().accept();
    let vetted = three.rule(yes, group, &mut env).unwrap();
    let asked = vetted.credentials().iter().any(|check| check.event == CredentialEvent::Add);
    assert!(asked, "{:?}", vetted.credentials());
    let error = vetted.resume(group, &Answers::new(), &mut env).unwrap_err();
    assert_eq!(error, CommitError::Answer(AnswerError::NotVouched(0)));
    let error = fails(&mut alice, &plan);
    assert!(matches!(error, CommitError::Answer(AnswerError::MissingPsk(_))), "{error:?}");
    assert!(before == snapshot(alice.group()));
}

#[test]
fn a_commit_that_was_begun_in_an_epoch_that_is_over() {
    let [mut alice, mut bob, ..] = four();
    let begin =
        |alice: &mut Peer| commit(alice.group.as_ref().unwrap(), &CommitPlan::default(), &mut alice.world.env());
    let (one, two) = (begin(&mut alice).unwrap(), begin(&mut alice).unwrap());
    let yes = one.question().accept();
    let one = one.rule(yes, alice.group.as_ref().unwrap(), &mut alice.world.env()).unwrap();
    let theirs = bob.commit(&CommitPlan::default()).message;
    alice.receive(&theirs);
    let before = snapshot(alice.group());
    let group = alice.group.as_ref().unwrap();
    let mut env = alice.world.env();
    let error = one.resume(group, &Answers::new(), &mut env).unwrap_err();
    assert_eq!(error, CommitError::Fault(Fault::EpochOver));
    let yes = two.question().accept();
    assert_eq!(two.rule(yes, group, &mut env).unwrap_err(), CommitError::Fault(Fault::EpochOver));
    assert!(before == snapshot(alice.group()));
}

// req: R-12.2-07
#[test]
fn received_proposals_that_cannot_stand_together_are_left_out() {
    let [mut alice, mut bob, mut carol, _] = four();
    let update = || Proposing::Update(LeafChange::default());
    propose_to(&mut bob, &mut [&mut alice, &mut carol], update());
    propose_to(&mut bob, &mut [&mut alice, &mut carol], update());
    propose_to(&mut carol, &mut [&mut alice, &mut bob], update());
    propose_to(&mut bob, &mut [&mut alice, &mut carol], Proposing::Remove(leaf(2)));
    propose_to(&mut alice, &mut [&mut bob, &mut carol], update());
    propose_to(&mut bob, &mut [&mut alice, &mut carol], Proposing::Remove(leaf(0)));
    let output = alice.commit(&CommitPlan { options: PUBLIC, ..CommitPlan::default() });
    let reasons: Vec<_> = output.dropped.into_iter().map(|dropped| dropped.reason).collect();
    let expected = [DropReason::Superseded, DropReason::Superseded, DropReason::OwnUpdate, DropReason::RemovesUs];
    assert_eq!(reasons, expected);
    let super::common::Event::Epoch(change) = bob.receive(&output.message) else { panic!() };
    assert_eq!((change.updated, change.removed), (vec![leaf(1)], vec![leaf(2)]));
}

// req: R-12.4-04, R-15.2-02
// bad: trap-17
#[test]
fn data_that_has_to_wait() {
    let [mut alice, mut bob, ..] = four();
    propose_to(&mut alice, &mut [&mut bob], Proposing::Remove(leaf(3)));
    let before = snapshot(bob.group());
    let group = bob.group.as_ref().unwrap();
    let error = encrypt(group, b"data", &EncryptOptions::default(), &mut bob.world.env()).unwrap_err();
    let pending = super::support::cached(&bob);
    assert_eq!(error, EncryptError::CommitFirst(vec![super::support::reference(&pending[0])]));
    assert!(before == snapshot(bob.group()));
    let options = EncryptOptions { allow_pending_proposals: true, ..EncryptOptions::default() };
    drop(encrypt(bob.group.as_ref().unwrap(), b"data", &options, &mut bob.world.env()).unwrap());
}

// req: R-12.2-01
#[test]
fn proposals_that_others_would_refuse() {
    let [mut alice, ..] = four();
    let before = snapshot(alice.group());
    let cases = [
        (Proposing::Remove(leaf(9)), ProposalListError::RemoveOfNonMember(leaf(9).into())),
        (
            Proposing::GroupContextExtensions(extensions(&[(0xff01, b""), (0xff01, b"")])),
            ProposalListError::DuplicateExtension,
        ),
    ];
    for (proposing, rule) in cases {
        let error = propose(alice.group.as_ref().unwrap(), proposing, &PUBLIC, &mut alice.world.env()).unwrap_err();
        assert_eq!(error, ProposeError::Invalid(rule));
    }
    alice.world.limits.cached_proposals = 0;
    let proposing = Proposing::Remove(leaf(3));
    let error = propose(alice.group.as_ref().unwrap(), proposing, &PUBLIC, &mut alice.world.env()).unwrap_err();
    assert_eq!(error, ProposeError::TooManyProposals);
    assert!(before == snapshot(alice.group()));
}
