//! Answers to what a continuation asks, and continuations that are too old (RFC 9420 sections 5.3.1 and 12.2).

use alloc::vec;
use std::sync::Arc;

use super::common::Peer;
use super::forge::{Lies, forge_commit, forge_proposal};
use super::snapshot::snapshot;
use super::support::{SUITE, by_value, four, handle, invalid_commit, leaf, refused};
use crate::framing::{MlsMessage, Sender};
use crate::group::{
    AnswerError, Answers, CommitPlan, CommitRule, Disposition, EpochChange, Fault, Inbound, PathPolicy, PendingCommit,
    PendingProposal, Proposing, ReceiveError, Step, receive,
};
use crate::identity::MemberId;
use crate::limits::{LimitExceeded, Limits};
use crate::proposal::Proposal;
use mls_codec::{Decode, Encode};

fn add_erin(alice: &mut Peer) -> MlsMessage {
    let erin = Peer::new("erin", SUITE, 9).key_package().key_package;
    forge_commit(alice, &[by_value(0, Proposal::Add(Arc::new(erin)))], Lies::none())
}

fn pending(peer: &mut Peer, message: &MlsMessage) -> PendingCommit {
    match receive(peer.group.as_ref().unwrap(), message, &mut peer.world.env()).unwrap() {
        Inbound::Commit(pending) => *pending,
        other => panic!("{other:?}"),
    }
}

fn pending_proposal(peer: &mut Peer, message: &MlsMessage) -> PendingProposal {
    match receive(peer.group.as_ref().unwrap(), message, &mut peer.world.env()).unwrap() {
        Inbound::Proposal(pending) => *pending,
        other => panic!("{other:?}"),
    }
}

/// The error of a step that must not be, with the group unchanged.
fn failed<T>(peer: &mut Peer, step: impl FnOnce(&mut Peer) -> Result<T, ReceiveError>) -> ReceiveError {
    let before = snapshot(peer.group());
    let error = step(peer).err().unwrap();
    assert!(before == snapshot(peer.group()));
    error
}

fn rule_and_resume(
    peer: &mut Peer,
    pending: PendingCommit,
    answers: &Answers,
) -> Result<Step<EpochChange>, ReceiveError> {
    let ruling = pending.question().accept();
    let Peer { group, world, .. } = peer;
    let group = group.as_ref().unwrap();
    pending.rule(ruling, group, &mut world.env())?.resume(group, answers, &mut world.env())
}

// req: R-12.2-18
#[test]
fn the_policy_refuses() {
    let [mut alice, mut bob, ..] = four();
    let message = add_erin(&mut alice);
    let commit = pending(&mut bob, &message);
    let error = failed(&mut bob, |bob| {
        let no = commit.question().refuse();
        commit.rule(no, bob.group.as_ref().unwrap(), &mut bob.world.env())
    });
    assert_eq!(error, invalid_commit(0, CommitRule::Policy));
    assert_eq!(error.disposition(), Disposition::Discard);
    handle(&mut bob, &message).unwrap();
}

// req: R-7.3-04, R-5.3.1-03
// bad: valn-0101
#[test]
fn nobody_vouches() {
    let [mut alice, mut bob, ..] = four();
    let message = add_erin(&mut alice);
    let commit = pending(&mut bob, &message);
    let error = failed(&mut bob, |bob| rule_and_resume(bob, commit, &Answers::new()));
    assert_eq!(error, ReceiveError::Answer(AnswerError::NotVouched(0)));
    assert_eq!(error.disposition(), Disposition::FixCaller);
    let erin = Peer::new("erin", SUITE, 9).key_package().key_package;
    let message = forge_proposal(&mut alice, Proposal::Add(Arc::new(erin)), Lies::none());
    let proposal = pending_proposal(&mut bob, &message);
    let resume = |bob: &mut Peer| proposal.resume(bob.group.as_ref().unwrap(), &Answers::new(), &mut bob.world.env());
    let error = failed(&mut bob, resume);
    assert_eq!(error, ReceiveError::Answer(AnswerError::NotVouched(0)));
}

// bad: trap-02
#[test]
fn the_cache_may_have_filled_up_before_the_answer() {
    let [mut alice, mut bob, ..] = four();
    let psk = |name: &[u8]| super::psks::external(name, 32);
    let [one, two] = [psk(b"one"), psk(b"two")].map(|psk| forge_proposal(&mut alice, psk, Lies::none()));
    let (first, usual) = (pending_proposal(&mut bob, &one), bob.world.limits);
    let late = [(); 3].map(|()| pending_proposal(&mut bob, &two));
    let step = first.resume(bob.group.as_ref().unwrap(), &Answers::new(), &mut bob.world.env()).unwrap();
    bob.apply(step);
    let bytes = u32::try_from(psk(b"one").encoded_len()).unwrap();
    let sender = Sender::Member(leaf(0));
    let cases = [
        (Limits { cached_proposals: 1, ..usual }, ReceiveError::TooManyProposals),
        (
            Limits { cached_proposals_per_sender: 1, ..usual },
            ReceiveError::Limit(LimitExceeded::CachedProposalsOfSender(sender)),
        ),
        (
            Limits { cached_proposal_bytes: 2 * bytes - 1, ..usual },
            ReceiveError::Limit(LimitExceeded::CachedProposalBytes),
        ),
    ];
    for (pending, (limits, refusal)) in late.into_iter().zip(cases) {
        bob.world.limits = limits;
        let resume =
            |bob: &mut Peer| pending.resume(bob.group.as_ref().unwrap(), &Answers::new(), &mut bob.world.env());
        assert_eq!(failed(&mut bob, resume), refusal);
    }
    bob.world.limits = usual;
    handle(&mut bob, &two).unwrap();
    assert_eq!(bob.group().pending_proposals(), 2);
}

#[test]
fn answers_to_another_question() {
    let [mut alice, mut bob, ..] = four();
    let message = add_erin(&mut alice);
    // The same commit asked twice makes two questions.
    let (first, second) = (pending(&mut bob, &message), pending(&mut bob, &message));
    let wrong = ReceiveError::Answer(AnswerError::WrongAnswer);
    let error = failed(&mut bob, |bob| {
        first.rule(second.question().accept(), bob.group.as_ref().unwrap(), &mut bob.world.env())
    });
    assert_eq!(error, wrong);
    let third = pending(&mut bob, &message);
    let (yes, also) = (second.question().accept(), third.question().accept());
    let Peer { group, world, .. } = &mut bob;
    let group = group.as_ref().unwrap();
    let second = second.rule(yes, group, &mut world.env()).unwrap();
    let third = third.rule(also, group, &mut world.env()).unwrap();
    let mut answers = Answers::new();
    answers.vouch(second.credentials()[0].accept(MemberId(vec![1])));
    let error = failed(&mut bob, |bob| third.resume(bob.group.as_ref().unwrap(), &answers, &mut bob.world.env()));
    assert_eq!(error, wrong);
    // An answer more than asked for is wrong if it is another's.
    let fourth = pending(&mut bob, &message);
    let error = failed(&mut bob, |bob| rule_and_resume(bob, fourth, &answers));
    assert_eq!(error, wrong);
}

#[test]
fn a_continuation_of_an_epoch_that_is_over() {
    let [mut alice, mut bob, mut carol, _] = four();
    let message = add_erin(&mut alice);
    let first = pending(&mut bob, &message);
    let second = pending(&mut bob, &message);
    let proposal = forge_proposal(&mut alice, Proposal::Remove(leaf(3).into()), Lies::none());
    let proposal = pending_proposal(&mut bob, &proposal);
    let vetted = {
        let yes = second.question().accept();
        second.rule(yes, bob.group.as_ref().unwrap(), &mut bob.world.env()).unwrap()
    };
    let mut answers = Answers::new();
    answers.vouch(vetted.credentials()[0].accept(MemberId(vec![1])));
    let commit = carol.commit(&CommitPlan::default()).message;
    bob.receive(&commit);
    let over = ReceiveError::Fault(Fault::EpochOver);
    assert_eq!(over.disposition(), Disposition::Reload);
    let yes = first.question().accept();
    let error = failed(&mut bob, |bob| first.rule(yes, bob.group.as_ref().unwrap(), &mut bob.world.env()));
    assert_eq!(error, over);
    let error = failed(&mut bob, |bob| vetted.resume(bob.group.as_ref().unwrap(), &answers, &mut bob.world.env()));
    assert_eq!(error, over);
    let none = Answers::new();
    let error = failed(&mut bob, |bob| proposal.resume(bob.group.as_ref().unwrap(), &none, &mut bob.world.env()));
    assert_eq!(error, over);
}

#[test]
fn a_proposal_that_is_taken_twice_at_once() {
    let [mut alice, mut bob, ..] = four();
    let message = forge_proposal(&mut alice, Proposal::Remove(leaf(3).into()), Lies::none());
    let (first, second) = (pending_proposal(&mut bob, &message), pending_proposal(&mut bob, &message));
    let step = first.resume(bob.group.as_ref().unwrap(), &Answers::new(), &mut bob.world.env()).unwrap();
    let reference = bob.apply(step).reference;
    let none = Answers::new();
    let error = failed(&mut bob, |bob| second.resume(bob.group.as_ref().unwrap(), &none, &mut bob.world.env()));
    assert_eq!(error, ReceiveError::DuplicateProposal(reference));
}

// req: R-14-03
// bad: commit-19
#[test]
fn somebody_elses_commit_wins_over_ours() {
    let [mut alice, mut bob, ..] = four();
    let ours = bob.commit(&CommitPlan::default()).message;
    let theirs = alice.commit(&CommitPlan::default()).message;
    alice.accept();
    bob.receive(&theirs);
    assert!(!bob.group().has_pending_commit());
    assert_eq!(bob.group().epoch_authenticator(), alice.group().epoch_authenticator());
    for peer in [&mut alice, &mut bob] {
        let error = refused(peer, &MlsMessage::from_bytes(&ours).unwrap());
        assert_eq!(error, ReceiveError::PastEpoch(1));
    }
}

#[test]
fn our_own_commit_that_we_have_given_up() {
    for encrypt in [true, false] {
        let [mut alice, ..] = four();
        let options = crate::group::SendOptions { encrypt, ..crate::group::SendOptions::default() };
        let ours = alice.commit(&CommitPlan { options, ..CommitPlan::default() }).message;
        let step = crate::group::drop_commit(alice.group.as_ref().unwrap(), &mut alice.world.env()).unwrap();
        alice.apply(step);
        // We have the keys of its path no more, and nobody is to blame.
        let error = refused(&mut alice, &MlsMessage::from_bytes(&ours).unwrap());
        assert_eq!(error, ReceiveError::OwnMessage);
    }
}

// req: R-12-01
#[test]
fn the_last_epoch() {
    let [mut alice, mut bob, ..] = four();
    for peer in [&mut alice, &mut bob] {
        let epoch = &mut peer.group.as_mut().unwrap().epoch;
        epoch.context.epoch = u64::MAX;
        epoch.context_bytes = epoch.context.to_bytes().unwrap();
    }
    let message = forge_commit(&mut alice, &[], Lies::none());
    let error = refused(&mut bob, &message);
    assert_eq!(error, ReceiveError::Fault(Fault::EpochsExhausted));
    assert_eq!(error.disposition(), Disposition::Rejoin);
    let before = snapshot(alice.group());
    let plan = CommitPlan {
        proposals: vec![Proposing::Remove(leaf(3))],
        path: PathPolicy::WhenRequired,
        ..CommitPlan::default()
    };
    let error = alice.try_commit(&plan).unwrap_err();
    assert_eq!(error, crate::group::CommitError::Fault(Fault::EpochsExhausted));
    assert!(before == snapshot(alice.group()));
}
