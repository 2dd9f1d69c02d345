//! Successor groups among honest members (RFC 9420 sections 11.2 and 11.3).

use alloc::vec;
use alloc::vec::Vec;

use super::common::{Event, Peer};
use super::successor_support::{
    NEW_SUITE, accept, begin, branch, closed, found, join, move_to, new_extensions, packages, parameters, refused,
    reinit, reinit_commit, try_accept, try_found, welcome_of,
};
use super::support::{SUITE, four, leaf};
use crate::credential::Credential;
use crate::extension::Extensions;
use crate::group::{
    CommitError, CommitPlan, Disposition, DropReason, EncryptError, EncryptOptions, Fault, Group, JoinError,
    PathPolicy, Predecessor, ProposeError, Proposing, RewindError, SendOptions, Succession, SuccessionError, Successor,
    SuccessorError, SuccessorKind, Welcomes, encrypt, open_welcome, propose, rewind,
};
use crate::identity::MemberId;
use crate::key_package::KeyPackageError;
use crate::proposal::list::ProposalListError;
use crate::psk::{Psk, ResumptionPskUsage};
use crate::record::{GroupId, Precondition, RecordKey};

fn agree(groups: &[&Group]) {
    for group in groups {
        assert_eq!(group.epoch(), 1);
        assert_eq!(group.context(), groups[0].context());
        assert_eq!(group.epoch_authenticator(), groups[0].epoch_authenticator());
    }
}

fn names(group: &Group) -> Vec<Vec<u8>> {
    let members = group.members().unwrap().into_iter();
    members
        .map(|member| match member.credential {
            Credential::Basic { identity } => identity,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// The peers go on in the new group.
fn talk(from: &mut Peer, to: &mut Peer) {
    let message = from.send(b"hello");
    assert_eq!(to.receive(&message).data(), b"hello");
    let commit = to.commit(&CommitPlan::default()).message;
    to.accept();
    from.receive(&commit);
    assert_eq!(from.group().epoch_authenticator(), to.group().epoch_authenticator());
}

// req: R-11.2-01, R-11.2-02, R-11.2-03, R-12.4.1-19, R-12.1.5-02
#[test]
fn a_group_goes_on_with_another_suite() {
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    assert_eq!(alice.group().re_init(), Some(&parameters()));
    // Neither who proposed nor who committed founds it.
    let key_packages = packages(&mut [&mut alice, &mut bob, &mut dave]);
    let plan = reinit(&carol, key_packages);
    let successor = found(&mut carol, &plan);
    let welcome = successor.welcome().unwrap().to_vec();
    assert!(!carol.group().is_succeeded());
    let at_carol = accept(&mut carol, successor);
    let [at_alice, at_bob, at_dave] =
        [&mut alice, &mut bob, &mut dave].map(|peer| join(peer, Succession::ReInit, &welcome));
    agree(&[&at_carol, &at_alice, &at_bob, &at_dave]);
    let context = at_alice.context();
    assert_eq!(context.group_id, b"successor");
    assert_eq!(context.cipher_suite, NEW_SUITE);
    assert_eq!(context.extensions, new_extensions());
    assert_eq!(names(&at_alice), [&b"carol"[..], b"alice", b"bob", b"dave"]);
    for (peer, new) in [(&mut alice, at_alice), (&mut carol, at_carol)] {
        peer.restart();
        assert!(peer.group().is_succeeded());
        assert_eq!(peer.group().re_init(), Some(&parameters()));
        peer.group = Some(new);
    }
    talk(&mut alice, &mut carol);
}

// req: R-12.4.2-18, R-12.4.2-19
#[test]
fn nothing_is_sent_in_a_closed_group() {
    let [mut alice, mut bob, ..] = four();
    let late = alice.send(b"late");
    let change = {
        let message = reinit_commit(&mut alice, parameters());
        let Event::Epoch(change) = bob.receive(&message) else { panic!() };
        change
    };
    assert_eq!(change.re_init, Some(parameters()));
    assert_eq!(bob.receive(&late).data(), b"late");
    for peer in [&mut alice, &mut bob] {
        let group = peer.group.as_ref().unwrap();
        let mut env = peer.world.env();
        let error = encrypt(group, b"", &EncryptOptions::default(), &mut env).unwrap_err();
        assert_eq!(error, EncryptError::Fault(Fault::ReInitialized));
        let error = propose(group, Proposing::Remove(leaf(2)), &SendOptions::default(), &mut env).unwrap_err();
        assert_eq!(error, ProposeError::Fault(Fault::ReInitialized));
        let error = peer.try_commit(&CommitPlan::default()).unwrap_err();
        assert_eq!(error, CommitError::Fault(Fault::ReInitialized));
    }
}

// req: R-12.2-13
#[test]
fn a_reinit_of_our_own_leaves_all_others_out() {
    let [mut alice, mut bob, ..] = four();
    let message = bob.propose(Proposing::Remove(leaf(3)), &SendOptions::default());
    alice.receive(&message);
    let plan = CommitPlan { proposals: vec![Proposing::ReInit(parameters())], ..CommitPlan::default() };
    let output = alice.commit(&plan);
    let reasons: Vec<_> = output.dropped.iter().map(|dropped| &dropped.reason).collect();
    let not_alone = DropReason::Invalid(ProposalListError::ReInitNotAlone.into());
    assert_eq!(reasons, [&not_alone]);
    bob.receive(&output.message);
    assert!(bob.group().re_init().is_some());
}

// req: R-11.2-04, R-12.1.5-02, R-12.4.2-19
// bad: trap-13
#[test]
fn a_welcome_before_its_reinit_waits() {
    let [mut alice, mut bob, mut carol, mut dave] = four();
    let commit = reinit_commit(&mut alice, parameters());
    for peer in [&mut alice, &mut bob, &mut carol, &mut dave] {
        move_to(peer, NEW_SUITE);
    }
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let successor = found(&mut alice, &plan);
    let welcome = successor.welcome().unwrap();
    let error = refused(&mut bob, Succession::ReInit, welcome);
    assert_eq!(error, JoinError::Succession(SuccessionError::FutureEpoch(2)));
    assert_eq!(error.disposition(), Disposition::AwaitEpoch(2));
    bob.receive(&commit);
    let at_bob = join(&mut bob, Succession::ReInit, welcome);
    agree(&[&at_bob, &accept(&mut alice, successor)]);
}

// bad: trap-14
#[test]
fn of_two_successors_the_first_accepted_stands() {
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let of_alice = found(&mut alice, &plan);
    let plan = reinit(&bob, packages(&mut [&mut alice, &mut carol, &mut dave]));
    let of_bob = found(&mut bob, &plan);
    let (first, second) = (of_alice.welcome().unwrap().to_vec(), of_bob.welcome().unwrap().to_vec());
    let too_late = SuccessionError::AlreadySucceeded;

    let at_carol = join(&mut carol, Succession::ReInit, &first);
    for welcome in [&first, &second] {
        // What was joined once cannot be joined again either: its key package is gone.
        if welcome == &second {
            let error = refused(&mut carol, Succession::ReInit, welcome);
            assert_eq!(error, JoinError::Succession(too_late.clone()));
            assert_eq!(error.disposition(), Disposition::Discard);
        }
    }
    // Bob's own has lost, though it waits in his store.
    assert!(bob.store.records.contains_key(&RecordKey::Successor(of_bob.group_id())));
    let at_bob = join(&mut bob, Succession::ReInit, &first);
    assert!(!bob.store.records.contains_key(&RecordKey::Successor(of_bob.group_id())));
    assert_eq!(try_accept(&mut bob, of_bob).unwrap_err(), SuccessorError::Succession(too_late.clone()));
    let plan = reinit(&bob, Vec::new());
    assert_eq!(begin(&mut bob, &plan).unwrap_err(), SuccessorError::Succession(too_late));
    agree(&[&at_bob, &at_carol, &accept(&mut alice, of_alice)]);
}

#[test]
fn a_successor_waits_in_the_store() {
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let successor = found(&mut alice, &plan);
    let (key, sent) = (RecordKey::Successor(successor.group_id()), successor.welcome().unwrap().to_vec());
    drop(successor);
    alice.restart();
    let record = alice.store.get(&key).unwrap();
    let successor = Successor::from_record(record.as_bytes(), &mut alice.world.env()).unwrap();
    assert_eq!(successor.welcome().unwrap(), sent);
    let group_id = GroupId::from(b"group".to_vec());
    assert_eq!(*successor.predecessor(), Predecessor { succession: Succession::ReInit, group_id, epoch: 2 });
    // It is given up, and founded anew.
    let fresh = successor.abandon(&mut alice.world.env()).unwrap();
    let durable = alice.store.commit(fresh.delta());
    fresh.release(durable).unwrap();
    assert!(!alice.store.records.contains_key(&key));
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let successor = found(&mut alice, &plan);
    let welcome = successor.welcome().unwrap().to_vec();
    let at_alice = accept(&mut alice, successor);
    assert!(!alice.store.records.contains_key(&key));
    agree(&[&at_alice, &join(&mut bob, Succession::ReInit, &welcome)]);
}

#[test]
fn what_must_hold_in_the_store() {
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let successor = found(&mut alice, &plan);
    let id = successor.group_id();
    let welcome = successor.welcome().unwrap().to_vec();
    let (old, new) = (RecordKey::Status(GroupId::from(b"group".to_vec())), RecordKey::Status(id.clone()));
    let step = successor.accept(alice.group.as_ref().unwrap(), &mut alice.world.env()).unwrap();
    let conditions = step.delta().preconditions();
    assert!(matches!(&conditions[0], Precondition::Equals(key, _) if *key == old));
    let keys = |condition: &Precondition| match condition {
        Precondition::Absent(key) => (false, key.clone()),
        Precondition::Present(key) => (true, key.clone()),
        Precondition::Equals(..) => panic!(),
    };
    let rest: Vec<_> = conditions[1..].iter().map(keys).collect();
    assert_eq!(rest, [(false, new.clone()), (true, RecordKey::Successor(id))]);

    let reference = welcome_of(&welcome).secrets[0].new_member;
    let pending = super::successor_support::try_open(&mut bob, Succession::ReInit, &welcome, None).unwrap();
    let answers = bob.answers(pending.credentials(), &[]);
    let step = pending.resume(bob.group.as_ref().unwrap(), &answers, &mut bob.world.env()).unwrap();
    let conditions = step.delta().preconditions();
    assert!(matches!(&conditions[0], Precondition::Equals(key, _) if *key == old));
    let rest: Vec<_> = conditions[1..].iter().map(keys).collect();
    assert_eq!(rest, [(false, new), (true, RecordKey::KeyPackage(reference.into()))]);
}

// req: R-12.4.3.1-01
#[test]
fn welcomes_without_the_tree_one_for_each() {
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let mut plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    plan.welcomes = Welcomes::OneEach;
    plan.ratchet_tree_in_welcome = false;
    plan.path = PathPolicy::WhenRequired;
    let successor = found(&mut alice, &plan);
    assert_eq!(successor.welcome(), None);
    let tree = successor.ratchet_tree().unwrap().to_vec();
    let welcomes = successor.welcomes().to_vec();
    assert_eq!(welcomes.len(), 3);
    let at_alice = accept(&mut alice, successor);
    for (peer, welcome) in [&mut bob, &mut carol, &mut dave].into_iter().zip(&welcomes) {
        let pending = super::successor_support::try_open(peer, Succession::ReInit, welcome, Some(&tree)).unwrap();
        let answers = peer.answers(pending.credentials(), &[]);
        let step = pending.resume(peer.group.as_ref().unwrap(), &answers, &mut peer.world.env()).unwrap();
        agree(&[&at_alice, &super::successor_support::enter(peer, step)]);
    }
}

// req: R-11.3-01, R-11.3-02, R-11.3-03, R-11.3-04
#[test]
fn some_members_branch_off() {
    let [mut alice, mut bob, mut carol, _] = four();
    let plan = branch(&alice, packages(&mut [&mut bob, &mut carol]));
    let successor = found(&mut alice, &plan);
    let welcome = successor.welcome().unwrap().to_vec();
    assert_eq!(successor.group_id().as_bytes().len(), 32);
    let at_alice = accept(&mut alice, successor);
    let at_bob = join(&mut bob, Succession::Branch, &welcome);
    agree(&[&at_alice, &at_bob]);
    assert_eq!(names(&at_bob), [&b"alice"[..], b"bob", b"carol"]);
    assert_eq!(at_bob.cipher_suite(), SUITE);
    assert_eq!(at_bob.context().extensions, new_extensions());
    // The old group goes on, and Carol comes to the new one after she has followed there.
    assert!(!alice.group().is_succeeded());
    let commit = alice.commit(&CommitPlan { proposals: vec![Proposing::Remove(leaf(3))], ..CommitPlan::default() });
    alice.accept();
    bob.receive(&commit.message);
    carol.receive(&commit.message);
    carol.restart();
    let at_carol = join(&mut carol, Succession::Branch, &welcome);
    agree(&[&at_alice, &at_carol]);
    assert_eq!(carol.send(b"on").len(), alice.send(b"on").len());
    (alice.group, bob.group) = (Some(at_alice), Some(at_bob));
    talk(&mut alice, &mut bob);
}

// req: R-12.4.3.1-27
#[test]
fn a_branch_of_an_epoch_that_is_over() {
    let [mut alice, mut bob, mut carol, _] = four();
    let plan = branch(&alice, packages(&mut [&mut bob, &mut carol]));
    let successor = found(&mut alice, &plan);
    let welcome = successor.welcome().unwrap();
    // Carol, a member of the branch, leaves the old group; Bob still knows that she was there.
    for proposals in [vec![Proposing::Remove(leaf(2))], Vec::new(), Vec::new()] {
        let commit = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() }).message;
        alice.accept();
        bob.receive(&commit);
    }
    bob.restart();
    assert_eq!(names(&join(&mut bob, Succession::Branch, welcome)), [&b"alice"[..], b"bob", b"carol"]);
    // Another epoch, and he does not.
    let [mut alice, mut bob, ..] = four();
    let plan = branch(&alice, packages(&mut [&mut bob]));
    let successor = found(&mut alice, &plan);
    for _ in 0..4 {
        let commit = alice.commit(&CommitPlan::default()).message;
        alice.accept();
        bob.receive(&commit);
    }
    let error = refused(&mut bob, Succession::Branch, successor.welcome().unwrap());
    assert_eq!(error, JoinError::Succession(SuccessionError::PastEpoch(1)));
}

#[test]
fn a_branch_is_entered_when_the_old_group_is_gone() {
    let [mut alice, mut bob, ..] = four();
    let plan = branch(&alice, packages(&mut [&mut bob]));
    let successor = found(&mut alice, &plan);
    let welcome = successor.welcome().unwrap().to_vec();
    alice.group = None;
    let fresh = successor.accept_branch(&mut alice.world.env()).unwrap();
    let durable = alice.store.commit(fresh.delta());
    agree(&[&fresh.release(durable).unwrap(), &join(&mut bob, Succession::Branch, &welcome)]);

    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let error = found(&mut alice, &plan).accept_branch(&mut alice.world.env()).unwrap_err();
    assert_eq!(error, SuccessorError::Succession(SuccessionError::OtherSuccession(Succession::ReInit)));
}

// req: R-8.4-01, R-8.4-05, R-12.4.3.1-07
#[test]
fn other_psks_go_with_the_one_that_links_the_groups() {
    let [mut alice, mut bob, ..] = four();
    let commit = alice.commit(&CommitPlan::default()).message;
    alice.accept();
    bob.receive(&commit);
    let named = Psk::External { psk_id: b"psk".to_vec() };
    let usage = ResumptionPskUsage::Application;
    let earlier = Psk::Resumption { usage, psk_group_id: b"group".to_vec(), psk_epoch: 1 };
    let elsewhere = Psk::Resumption { usage, psk_group_id: b"elsewhere".to_vec(), psk_epoch: 7 };
    alice.psks.insert(named.clone(), vec![5; 32]);
    alice.psks.insert(elsewhere.clone(), vec![6; 17]);
    let mut plan = branch(&alice, packages(&mut [&mut bob]));
    plan.psks = vec![named.clone(), earlier, elsewhere.clone()];
    let successor = found(&mut alice, &plan);
    let welcome = successor.welcome().unwrap().to_vec();
    for (psk, wrong, right) in [(named, vec![4; 32], vec![5; 32]), (elsewhere, vec![6; 16], vec![6; 17])] {
        let error = refused(&mut bob, Succession::Branch, &welcome);
        assert!(matches!(&error, JoinError::Answer(crate::group::AnswerError::MissingPsk(id)) if id.psk == psk));
        assert!(matches!(error.disposition(), Disposition::Retry(_)));
        bob.psks.insert(psk.clone(), wrong);
        let error = refused(&mut bob, Succession::Branch, &welcome);
        assert!(matches!(error, JoinError::CannotDecrypt | JoinError::Answer(_)), "{error:?}");
        bob.psks.insert(psk, right);
    }
    agree(&[&accept(&mut alice, successor), &join(&mut bob, Succession::Branch, &welcome)]);
}

// req: R-11.2-05, R-11.3-06, R-12.4.3.1-08
#[test]
fn plans_that_nobody_could_follow() {
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let rule = |error| SuccessorError::Succession(error);
    let all = packages(&mut [&mut bob, &mut carol, &mut dave]);
    let plan = branch(&alice, all.clone());
    assert_eq!(begin(&mut alice, &plan).unwrap_err(), SuccessorError::Fault(Fault::ReInitialized));
    // A member is missing, one too many, one twice.
    let id = |name: &[u8]| MemberId(name.to_vec());
    let plan = reinit(&alice, all[..2].to_vec());
    assert_eq!(try_found(&mut alice, &plan).unwrap_err(), rule(SuccessionError::MemberMissing(id(b"dave"))));
    let mut erin = Peer::new("erin", NEW_SUITE, 9);
    let plan = reinit(&alice, [&all[..], &packages(&mut [&mut erin])].concat());
    assert_eq!(try_found(&mut alice, &plan).unwrap_err(), rule(SuccessionError::NotAFormerMember(id(b"erin"))));
    let mut bob_again = Peer::new("bob", NEW_SUITE, 10);
    let plan = reinit(&alice, [&all[..], &packages(&mut [&mut bob_again])].concat());
    let twice = ProposalListError::SameClientTwice(id(b"bob"));
    assert_eq!(try_found(&mut alice, &plan).unwrap_err(), SuccessorError::Proposals(twice));
    let mut alice_again = Peer::new("alice", NEW_SUITE, 11);
    let plan = reinit(&alice, [&all[..], &packages(&mut [&mut alice_again])].concat());
    assert_eq!(try_found(&mut alice, &plan).unwrap_err(), rule(SuccessionError::SameClientTwice(id(b"alice"))));
    // A key package for the old suite.
    let mut old_suite = Peer::new("dave", SUITE, 12);
    let plan = reinit(&alice, [&all[..2], &packages(&mut [&mut old_suite])].concat());
    let invalid = SuccessorError::Proposals(ProposalListError::InvalidAdd(KeyPackageError::CipherSuite));
    assert_eq!(begin(&mut alice, &plan).unwrap_err(), invalid);
    // The key that links groups links only these.
    for usage in [ResumptionPskUsage::Reinit, ResumptionPskUsage::Branch] {
        let mut plan = reinit(&alice, all.clone());
        plan.psks = vec![Psk::Resumption { usage, psk_group_id: b"group".to_vec(), psk_epoch: 2 }];
        let error = begin(&mut alice, &plan).unwrap_err();
        assert_eq!(error, SuccessorError::Proposals(ProposalListError::PskUsage));
    }
    assert!(!alice.group().is_succeeded());
}

#[test]
fn groups_that_cannot_be_succeeded() {
    let [mut alice, mut bob, ..] = four();
    let key_packages = packages(&mut [&mut bob]);
    let plan = reinit(&alice, key_packages.clone());
    let error = begin(&mut alice, &plan).unwrap_err();
    assert_eq!(error, SuccessorError::Succession(SuccessionError::NotReInitialized));
    let mut plan = branch(&alice, key_packages);
    let group_id = Some(GroupId::from(b"group".to_vec()));
    plan.kind = SuccessorKind::Branch { group_id, extensions: Extensions::new() };
    let error = begin(&mut alice, &plan).unwrap_err();
    assert_eq!(error, SuccessorError::Succession(SuccessionError::GroupId));
    assert_eq!(error.disposition(), Disposition::FixCaller);
}

// req: R-11.2-05, R-11.3-06
#[test]
fn an_ordinary_join_does_not_enter_a_successor() {
    let [mut alice, mut bob, ..] = four();
    let plan = branch(&alice, packages(&mut [&mut bob]));
    let successor = found(&mut alice, &plan);
    let welcome = welcome_of(successor.welcome().unwrap());
    let reference = welcome.secrets[0].new_member;
    let record = bob.store.get(&RecordKey::KeyPackage(reference.into())).unwrap();
    let error = open_welcome(&welcome, &reference, record.as_bytes(), None, &mut bob.world.env()).unwrap_err();
    assert_eq!(error, JoinError::SuccessorGroup(successor.predecessor().clone().into()));
}

#[test]
fn going_back_to_before_a_reinit_leaves_its_successor_aside() {
    let [mut alice, mut bob, mut carol, mut dave] = four();
    bob.world.limits.rewind = true;
    let commit = reinit_commit(&mut alice, parameters());
    bob.receive(&commit);
    for peer in [&mut alice, &mut bob, &mut carol, &mut dave] {
        move_to(peer, NEW_SUITE);
    }
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let welcome = found(&mut alice, &plan).welcome().unwrap().to_vec();
    join(&mut bob, Succession::ReInit, &welcome);
    assert!(bob.group().is_succeeded());
    let step = bob.run(|error: &RewindError| error.missing().cloned(), |group, env| rewind(group, 1, env)).unwrap();
    bob.apply(step);
    assert!(!bob.group().is_succeeded() && bob.group().re_init().is_none());
    // Another commit of that epoch closes the group as well, and can be succeeded.
    let other = reinit_commit(&mut carol, crate::proposal::ReInit { group_id: b"other".to_vec(), ..parameters() });
    bob.receive(&other);
    let plan = reinit(&carol, packages(&mut [&mut alice, &mut bob, &mut dave]));
    let welcome = found(&mut carol, &plan).welcome().unwrap().to_vec();
    assert_eq!(join(&mut bob, Succession::ReInit, &welcome).id().as_bytes(), b"other");
}
