//! Successors that are refused; the key package and the former group outlive them (RFC 9420 sections 11.2, 11.3 and
//! 12.4.3.1).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::common::Peer;
use super::forge_welcome::{WelcomeLies, forge_welcome};
use super::successor_support::{
    NEW_SUITE, begin, branch, closed, closed_with, enter, found, join, move_to, packages, parameters, refused, reinit,
    try_join, try_open,
};
use super::support::{SUITE, four};
use crate::credential::Credential;
use crate::extension::Extensions;
use crate::group::{
    AnswerError, Answers, Disposition, JoinError, PathPolicy, PendingSuccessor, Succession, SuccessionError,
    SuccessorPlan,
};
use crate::identity::{CredentialCheck, CredentialEvent, MemberId};
use crate::proposal::ReInit;
use crate::psk::{PreSharedKeyId, Psk, ResumptionPskUsage};

fn id(name: &[u8]) -> MemberId {
    MemberId(name.to_vec())
}

fn link(usage: ResumptionPskUsage, group: &[u8], epoch: u64) -> PreSharedKeyId {
    let psk = Psk::Resumption { usage, psk_group_id: group.to_vec(), psk_epoch: epoch };
    PreSharedKeyId { psk, psk_nonce: vec![3; 32] }
}

/// Why Bob refuses a Welcome of Alice's that names these pre-shared keys.
fn named(alice: &mut Peer, bob: &mut Peer, expected: Succession, psks: Vec<PreSharedKeyId>) -> JoinError {
    let package = bob.key_package().key_package;
    let psks = psks.into_iter().map(|id| (id, vec![5; 32])).collect();
    let forged = forge_welcome(alice, &package, WelcomeLies { psks, ..WelcomeLies::none() });
    refused(bob, expected, &forged.welcome)
}

// req: R-11.2-04, R-11.2-05, R-11.3-06, R-12.4.3.1-08
// bad: welcome-05
#[test]
fn a_welcome_that_names_no_former_group_or_the_wrong_one() {
    use Succession::{Branch, ReInit};
    use SuccessionError as Error;
    let same_suite = crate::proposal::ReInit { cipher_suite: SUITE, ..parameters() };
    let [mut alice, mut bob, ..] = closed_with(same_suite);
    let external = PreSharedKeyId { psk: Psk::External { psk_id: b"psk".to_vec() }, psk_nonce: vec![3; 32] };
    let application = link(ResumptionPskUsage::Application, b"group", 2);
    let of_reinit = |group: &[u8], epoch| link(ResumptionPskUsage::Reinit, group, epoch);
    let of_branch = link(ResumptionPskUsage::Branch, b"group", 2);
    let other = crate::record::GroupId::from(b"other".to_vec());
    let cases = [
        (ReInit, vec![], Error::NoPredecessor),
        (ReInit, vec![external.clone(), application.clone()], Error::NoPredecessor),
        (Branch, vec![application.clone()], Error::NoPredecessor),
        (ReInit, vec![of_branch.clone()], Error::OtherSuccession(Branch)),
        (Branch, vec![of_reinit(b"group", 2)], Error::OtherSuccession(ReInit)),
        (ReInit, vec![external, of_reinit(b"other", 2)], Error::OtherPredecessor(other)),
        (ReInit, vec![of_reinit(b"group", 1), application], Error::PastEpoch(1)),
        (ReInit, vec![of_reinit(b"group", 3)], Error::FutureEpoch(3)),
        (Branch, vec![link(ResumptionPskUsage::Branch, b"group", 3)], Error::FutureEpoch(3)),
    ];
    for (expected, psks, rule) in cases {
        assert_eq!(named(&mut alice, &mut bob, expected, psks), JoinError::Succession(rule));
    }
    let two = vec![of_branch, of_reinit(b"group", 2)];
    assert_eq!(named(&mut alice, &mut bob, ReInit, two), JoinError::TwoSuccessorPsks);
    // The right name with another value.
    let error = named(&mut alice, &mut bob, ReInit, vec![of_reinit(b"group", 2)]);
    assert_eq!(error, JoinError::CannotDecrypt);
    assert_eq!(error.disposition(), Disposition::Discard);
    // A group that nobody has closed.
    let [mut alice, mut bob, ..] = four();
    for epoch in [0, 1] {
        let error = named(&mut alice, &mut bob, ReInit, vec![of_reinit(b"group", epoch)]);
        assert_eq!(error, JoinError::Succession(Error::NotReInitialized));
    }
}

// req: R-8.4-02
#[test]
fn more_psks_than_16_bits_count() {
    let [mut alice, mut bob, ..] = four();
    // Whatever the limit is, the count has to fit.
    bob.world.limits.psks = u32::MAX;
    let package = bob.key_package().key_package;
    let many = |count| WelcomeLies {
        secrets: Box::new(move |secrets| secrets.psks = vec![link(ResumptionPskUsage::Branch, b"", 0); count]),
        ..WelcomeLies::none()
    };
    let forged = forge_welcome(&mut alice, &package, many(65_536));
    assert_eq!(refused(&mut bob, Succession::Branch, &forged.welcome), JoinError::TooManyPsks);
    let forged = forge_welcome(&mut alice, &package, many(65_535));
    assert_eq!(refused(&mut bob, Succession::Branch, &forged.welcome), JoinError::TwoSuccessorPsks);
}

/// The Welcome of a successor whose founder lies, and whose authentication service says what it wants to hear.
fn lie(
    by: &mut Peer,
    plan: &SuccessorPlan,
    change: impl FnOnce(&mut PendingSuccessor),
    name: impl Fn(&CredentialCheck, Vec<u8>) -> Vec<u8>,
) -> Vec<u8> {
    let mut pending = begin(by, plan).unwrap();
    change(&mut pending);
    let mut answers = Answers::new();
    for check in pending.credentials() {
        let Credential::Basic { identity } = &check.credential else { panic!() };
        answers.vouch(check.accept(MemberId(name(check, identity.clone()))));
    }
    let old = by.group.as_ref().unwrap();
    let fresh = pending.resume(old, &answers, &mut by.world.env()).unwrap();
    // Nothing is stored: what honest stores insist on does not matter to a liar.
    fresh.output.welcome().unwrap().to_vec()
}

fn truly(_: &CredentialCheck, name: Vec<u8>) -> Vec<u8> {
    name
}

// req: R-11.2-02, R-12.4.3.1-25
// bad: valn-1413
#[test]
fn other_parameters_than_those_of_the_reinit() {
    let cases: [(fn(&mut ReInit), SuccessionError); 3] = [
        (|re_init| re_init.group_id.push(0), SuccessionError::GroupId),
        (|re_init| re_init.extensions = Extensions::new(), SuccessionError::Extensions),
        (|re_init| re_init.cipher_suite = SUITE, SuccessionError::CipherSuite),
    ];
    for (change, rule) in cases {
        let [mut alice, mut bob, mut carol, mut dave] = closed();
        let re_init = alice.group.as_mut().unwrap().epoch.re_init.as_mut().unwrap();
        change(re_init);
        let suite = re_init.cipher_suite;
        for peer in [&mut alice, &mut bob, &mut carol, &mut dave] {
            move_to(peer, suite);
        }
        let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
        let welcome = lie(&mut alice, &plan, |_| (), truly);
        assert_eq!(refused(&mut carol, Succession::ReInit, &welcome), JoinError::Succession(rule));
    }
}

// req: R-11.3-03, R-12.4.3.1-27
// bad: valn-1414
#[test]
fn a_branch_with_another_suite_or_the_same_identifier() {
    let [mut alice, mut bob, ..] = four();
    alice.group.as_mut().unwrap().epoch.context.cipher_suite = NEW_SUITE;
    move_to(&mut alice, NEW_SUITE);
    move_to(&mut bob, NEW_SUITE);
    let plan = branch(&alice, packages(&mut [&mut bob]));
    let welcome = lie(&mut alice, &plan, |_| (), truly);
    let rule = JoinError::Succession(SuccessionError::CipherSuite);
    assert_eq!(refused(&mut bob, Succession::Branch, &welcome), rule);

    let [mut alice, mut bob, ..] = four();
    let plan = SuccessorPlan { path: PathPolicy::WhenRequired, ..branch(&alice, packages(&mut [&mut bob])) };
    let same = |pending: &mut PendingSuccessor| pending.founded.epoch.context.group_id = b"group".to_vec();
    let welcome = lie(&mut alice, &plan, same, truly);
    let rule = JoinError::Succession(SuccessionError::GroupId);
    assert_eq!(refused(&mut bob, Succession::Branch, &welcome), rule);
}

// req: R-11.2-03, R-11.3-04, R-12.4.3.1-24
// bad: valn-1412
#[test]
fn a_successor_that_has_gone_on_already() {
    let later = |pending: &mut PendingSuccessor| pending.founded.epoch.context.epoch = 1;
    let rule = JoinError::Succession(SuccessionError::NotFirstEpoch(2));
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let welcome = lie(&mut alice, &plan, later, truly);
    assert_eq!(refused(&mut carol, Succession::ReInit, &welcome), rule);
    let [mut alice, mut bob, ..] = four();
    let plan = branch(&alice, packages(&mut [&mut bob]));
    let welcome = lie(&mut alice, &plan, later, truly);
    assert_eq!(refused(&mut bob, Succession::Branch, &welcome), rule);
}

// req: R-12.4.3.1-26, R-11.3-05, R-12.4.3.1-27
// bad: valn-1413, valn-1414
#[test]
fn other_members_than_the_former_ones() {
    // Dave is left out: his place in the old group is said to be Alice's.
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let all = packages(&mut [&mut bob, &mut carol, &mut dave]);
    let plan = reinit(&alice, all[..2].to_vec());
    let no_dave = |_: &CredentialCheck, name: Vec<u8>| if name == b"dave" { b"alice".to_vec() } else { name };
    let welcome = lie(&mut alice, &plan, |_| (), no_dave);
    let rule = |error| JoinError::Succession(error);
    let error = refused(&mut carol, Succession::ReInit, &welcome);
    assert_eq!(error, rule(SuccessionError::MemberMissing(id(b"dave"))));
    // Erin takes his place, said to be him.
    let mut erin = Peer::new("erin", NEW_SUITE, 9);
    let plan = reinit(&alice, [&all[..2], &packages(&mut [&mut erin])].concat());
    let erin_is_dave = |_: &CredentialCheck, name: Vec<u8>| if name == b"erin" { b"dave".to_vec() } else { name };
    let welcome = lie(&mut alice, &plan, |_| (), erin_is_dave);
    let error = refused(&mut carol, Succession::ReInit, &welcome);
    assert_eq!(error, rule(SuccessionError::NotAFormerMember(id(b"erin"))));
    // So does another client of Bob's.
    let mut bob_again = Peer::new("bob", NEW_SUITE, 10);
    let plan = reinit(&alice, [&all[..2], &packages(&mut [&mut bob_again])].concat());
    let key = bob_again.signature_key.clone();
    let bob_is_dave =
        |check: &CredentialCheck, name: Vec<u8>| if check.signature_key == key { b"dave".to_vec() } else { name };
    let welcome = lie(&mut alice, &plan, |_| (), bob_is_dave);
    let error = refused(&mut carol, Succession::ReInit, &welcome);
    assert_eq!(error, rule(SuccessionError::SameClientTwice(id(b"bob"))));
    // A branch may leave members out, and take none in.
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let plan = branch(&alice, packages(&mut [&mut bob, &mut erin]));
    let welcome = lie(&mut alice, &plan, |_| (), erin_is_dave);
    let error = refused(&mut bob, Succession::Branch, &welcome);
    assert_eq!(error, rule(SuccessionError::NotAFormerMember(id(b"erin"))));
}

#[test]
fn a_join_that_another_overtakes() {
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let first = found(&mut alice, &plan).welcome().unwrap().to_vec();
    let plan = reinit(&bob, packages(&mut [&mut alice, &mut carol, &mut dave]));
    let second = found(&mut bob, &plan).welcome().unwrap().to_vec();
    let [one, other] =
        [&first, &second].map(|welcome| try_open(&mut carol, Succession::ReInit, welcome, None).unwrap());
    // No answers, or those to another question.
    let unanswered = try_open(&mut carol, Succession::ReInit, &first, None).unwrap();
    let old = carol.group.as_ref().unwrap();
    let error = unanswered.resume(old, &Answers::new(), &mut carol.world.env()).unwrap_err();
    assert_eq!(error, JoinError::Answer(AnswerError::NotVouched(0)));
    let unanswered = try_open(&mut carol, Succession::ReInit, &first, None).unwrap();
    let answers = carol.answers(one.credentials(), &[]);
    let old = carol.group.as_ref().unwrap();
    let error = unanswered.resume(old, &answers, &mut carol.world.env()).unwrap_err();
    assert_eq!(error, JoinError::Answer(AnswerError::WrongAnswer));
    // Former members are asked about, too.
    let former = one.credentials().iter().filter(|check| check.event == CredentialEvent::FormerMember);
    assert_eq!(former.count(), 4);
    let step = one.resume(old, &answers, &mut carol.world.env()).unwrap();
    drop(enter(&mut carol, step));
    let answers = carol.answers(other.credentials(), &[]);
    let old = carol.group.as_ref().unwrap();
    let error = other.resume(old, &answers, &mut carol.world.env()).unwrap_err();
    assert_eq!(error, JoinError::Succession(SuccessionError::AlreadySucceeded));
}

#[test]
fn a_refused_successor_uses_nothing_up() {
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let all = packages(&mut [&mut bob, &mut carol, &mut dave]);
    let no_dave = |_: &CredentialCheck, name: Vec<u8>| if name == b"dave" { b"alice".to_vec() } else { name };
    let plan = reinit(&alice, all[..2].to_vec());
    let bad = lie(&mut alice, &plan, |_| (), no_dave);
    refused(&mut carol, Succession::ReInit, &bad);
    // The same key package is good for the true one.
    let plan = reinit(&alice, all);
    let good = found(&mut alice, &plan).welcome().unwrap().to_vec();
    assert_eq!(join(&mut carol, Succession::ReInit, &good).epoch(), 1);
    assert!(try_join(&mut bob, Succession::Branch, &good).is_err());
}
