//! Groups that succeed others, and commits that are kept outside the store.

use core::cell::RefCell;

use mls_client::mls_core::extension::Extensions;
use mls_client::mls_core::framing::ProtocolVersion;
use mls_client::mls_core::proposal::ReInit;
use mls_client::{CommitPlan, DetachedCommit, Event, GroupId, Proposing, SuccessorKind, SuccessorPlan};

use super::{SUITE, World, drop_everywhere, each_await, heard, loaded, poll_times, run, world};

fn branch() -> SuccessorKind {
    SuccessorKind::Branch { group_id: Some(GroupId::from(b"branch".to_vec())), extensions: Extensions::new() }
}

/// Alice's plan.
fn plan(world: &World, kind: SuccessorKind) -> SuccessorPlan {
    let key_package = world.bob.key_package(&world.bob_id).unwrap().key_package;
    SuccessorPlan::new(kind, world.alice.leaf(&world.alice_id), vec![key_package])
}

/// Bob's plan.
fn plan_of_bob(world: &World, kind: SuccessorKind) -> SuccessorPlan {
    let key_package = run(world.alice.key_package(&world.alice_id)).unwrap().key_package;
    SuccessorPlan::new(kind, world.bob.leaf(&world.bob_id), vec![key_package])
}

/// The successor that Alice has pending, where there is one, is accepted, and Bob joins it.
fn settle(world: &mut World) -> bool {
    let Some(successor) = run(world.alice.successors()).unwrap().pop() else { return false };
    let welcome = successor.welcome().unwrap().to_vec();
    let mut new = run(successor.accept()).unwrap();
    let mut at_bob = world.at_bob.join_branch(&welcome, None).unwrap();
    heard(&mut new, &mut at_bob);
    true
}

#[test]
fn founding_a_successor() {
    let mut founded = 0;
    drop_everywhere(
        |world, times| {
            let plan = plan(world, branch());
            poll_times(world.at_alice.create_successor(&plan), times).map(Result::unwrap)
        },
        |world, done| {
            let pending = run(world.alice.successors()).unwrap();
            if let Some(done) = done {
                assert_eq!(pending[0].welcome(), done.welcome());
            }
            assert_eq!(run(world.alice.resume()).unwrap().len(), pending.len());
            founded += usize::from(settle(world));
        },
    );
    assert!(founded >= 2, "{founded}");
}

#[test]
fn accepting_a_successor() {
    drop_everywhere(
        |world, times| {
            let plan = plan(world, branch());
            let successor = run(world.at_alice.create_successor(&plan)).unwrap();
            let welcome = successor.welcome().unwrap().to_vec();
            world.at_bob.join_branch(&welcome, None).unwrap();
            poll_times(successor.accept(), times).map(Result::unwrap).map(drop)
        },
        |world, done| {
            // It is still pending, or stands.
            if let Some(successor) = run(world.alice.successors()).unwrap().pop() {
                assert!(done.is_none());
                run(successor.accept()).unwrap();
            }
            let id = GroupId::from(b"branch".to_vec());
            heard(&mut loaded(world, &id), &mut world.bob.load_group(&id).unwrap());
        },
    );
}

#[test]
fn abandoning_a_successor() {
    drop_everywhere(
        |world, times| {
            let plan = plan(world, branch());
            let successor = run(world.at_alice.create_successor(&plan)).unwrap();
            poll_times(successor.abandon(), times).map(Result::unwrap)
        },
        |world, done| assert!(!settle(world) || done.is_none()),
    );
}

#[test]
fn joining_a_branch() {
    let welcome = RefCell::new(Vec::new());
    drop_everywhere(
        |world, times| {
            let plan = plan_of_bob(world, branch());
            let successor = world.at_bob.create_successor(&plan).unwrap();
            welcome.replace(successor.welcome().unwrap().to_vec());
            successor.accept().unwrap();
            poll_times(world.at_alice.join_branch(&welcome.borrow(), None), times).map(Result::unwrap).map(drop)
        },
        |world, done| {
            let again = run(world.at_alice.join_branch(&welcome.borrow(), None));
            assert!(done.is_none() || again.is_err());
            let id = GroupId::from(b"branch".to_vec());
            heard(&mut loaded(world, &id), &mut world.bob.load_group(&id).unwrap());
        },
    );
}

/// Bob closes the group, and both know.
fn close(world: &mut World) {
    let parameters = ReInit {
        group_id: b"next".to_vec(),
        version: ProtocolVersion::MLS10,
        cipher_suite: SUITE,
        extensions: Extensions::new(),
    };
    let proposals = vec![Proposing::ReInit(parameters)];
    let commit = world.at_bob.commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap();
    world.at_bob.accept_commit().unwrap();
    assert!(matches!(run(world.at_alice.receive(&commit.message)).unwrap(), Event::Epoch(_)));
}

fn succeeded(world: &World) {
    let next = GroupId::from(b"next".to_vec());
    assert!(loaded(world, world.at_bob.id()).is_succeeded());
    heard(&mut loaded(world, &next), &mut world.bob.load_group(&next).unwrap());
}

#[test]
fn joining_what_replaces_the_group() {
    each_await(|times| {
        let mut world = world();
        close(&mut world);
        let plan = plan_of_bob(&world, SuccessorKind::ReInit);
        let successor = world.at_bob.create_successor(&plan).unwrap();
        let welcome = successor.welcome().unwrap().to_vec();
        successor.accept().unwrap();
        let done = poll_times(world.at_alice.join_successor(&welcome, None), times).map(Result::unwrap).is_some();
        let again = run(world.at_alice.join_successor(&welcome, None));
        assert!(!done || again.is_err());
        succeeded(&world);
        done
    });
}

#[test]
fn replacing_the_group() {
    each_await(|times| {
        let mut world = world();
        close(&mut world);
        let plan = plan(&world, SuccessorKind::ReInit);
        let successor = run(world.at_alice.create_successor(&plan)).unwrap();
        world.at_bob.join_successor(successor.welcome().unwrap(), None).unwrap();
        let done = poll_times(successor.accept(), times).map(Result::unwrap).is_some();
        if let Some(successor) = run(world.alice.successors()).unwrap().pop() {
            assert!(!done);
            run(successor.accept()).unwrap();
        }
        succeeded(&world);
        done
    });
}

#[test]
fn making_a_detached_commit() {
    drop_everywhere(
        |world, times| poll_times(world.at_alice.commit_detached(&CommitPlan::default()), times).map(Result::unwrap),
        |world, done| {
            assert!(run(world.alice.resume()).unwrap().is_empty());
            let Some((output, detached)) = done else { return };
            world.at_bob.receive(&output.message).unwrap();
            run(world.at_alice.accept_detached(&detached)).unwrap();
        },
    );
}

#[test]
fn accepting_a_detached_commit() {
    let detached: RefCell<Option<DetachedCommit>> = RefCell::new(None);
    drop_everywhere(
        |world, times| {
            let (output, commit) = run(world.at_alice.commit_detached(&CommitPlan::default())).unwrap();
            world.at_bob.receive(&output.message).unwrap();
            detached.replace(Some(commit));
            let kept = detached.borrow();
            poll_times(world.at_alice.accept_detached(kept.as_ref().unwrap()), times).map(Result::unwrap)
        },
        |world, done| {
            let kept = detached.borrow();
            let again = run(world.at_alice.accept_detached(kept.as_ref().unwrap()));
            assert!(done.is_none() || again.is_err());
        },
    );
}
