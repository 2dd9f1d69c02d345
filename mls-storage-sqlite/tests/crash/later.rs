//! What happens late in a group's life: going back, dropping what is old, successors.

use mls_client::{CommitPlan, Disposition, Event, GroupInfoOptions, Proposing, Repeat, SuccessorKind, SuccessorPlan};
use mls_core::extension::Extensions;
use mls_core::framing::ProtocolVersion;
use mls_core::proposal::ReInit;
use mls_core::record::GroupId;

use crate::cases::{Matrix, data, next_generation, said};
use crate::disk::Disk;
use crate::matrix::State;
use crate::world::{Mounted, NOW, SUITE, Setup, World};

#[test]
fn going_back() {
    let mut matrix = Matrix::new();
    let mut world = World::new();
    let commit = world.at_bob(30, |bob| {
        let mut group = bob.group();
        drop(group.send(b"first").unwrap());
        let commit = group.update().unwrap().message;
        group.accept_commit().unwrap();
        commit
    });
    World::with_setup(&mut world.alice, Setup { rewind: true, ..Setup::new(31) }, |alice| {
        let mut group = alice.group();
        drop(group.send(b"mine").unwrap());
        group.receive(&commit).unwrap();
        drop(group.update().unwrap());
    });
    matrix.run(
        "go back",
        &world.alice,
        |at| said(at.group().rewind(1)).map(|rewound| rewound.epoch.to_be_bytes().to_vec()),
        |at, state, _, _| {
            let mut group = at.group();
            if state == State::Before {
                assert_eq!((group.epoch(), group.has_pending_commit()), (2, true));
                return;
            }
            assert_eq!((group.epoch(), group.has_pending_commit()), (1, false));
            // No generation is used twice, and what was read stays read: the commit that was left is.
            assert_eq!(next_generation(at), 1);
            group.reload().unwrap();
            let error = group.receive(&commit).unwrap_err();
            assert_eq!(error.disposition(), Disposition::Duplicate, "{error:?}");
        },
    );
    matrix.done();
}

#[test]
fn dropping_what_is_old() {
    let mut matrix = Matrix::new();
    let mut world = World::new();
    let (late, commit) = world.at_bob(32, |bob| {
        let mut group = bob.group();
        let late = group.send(b"late").unwrap().message;
        (late, group.update().unwrap().message)
    });
    world.at_alice(33, |alice| {
        alice.group().receive(&commit).unwrap();
        drop(alice.client.key_package(&alice.identity("alice")).unwrap());
    });
    let later = Setup { now: NOW + 8 * 24 * 3600, ..Setup::new(77) };
    matrix.run_with(
        later,
        "prune a group",
        &world.alice,
        |at| said(at.group().prune()).map(|pruned| vec![u8::try_from(pruned.epochs.len()).unwrap()]),
        |at, state, out, _| {
            // Epochs 0 and 1.
            assert_eq!(*out, [2]);
            let received = at.group().receive(&late);
            assert_eq!(received.is_ok(), state == State::Before, "{received:?}");
        },
    );
    let much_later = Setup { now: NOW + 400 * 24 * 3600, ..Setup::new(77) };
    world.at_carol(34, |carol| drop(carol.client.key_package(&carol.identity("carol")).unwrap()));
    matrix.run_with(
        much_later,
        "prune key packages",
        &world.carol,
        |at| said(at.client.prune()).map(|pruned| vec![u8::try_from(pruned.key_packages.len()).unwrap()]),
        |at, state, _, _| {
            assert_eq!(at.store.count_key_packages().unwrap(), u64::from(state == State::Before));
        },
    );
    matrix.done();
}

fn old(at: &Mounted) -> GroupId {
    let ids = at.client.groups().unwrap();
    ids.into_iter().find(|id| id.as_bytes() != b"next").unwrap()
}

/// The number of groups, and whether the old one is succeeded.
fn succession(at: &Mounted) -> (u64, bool) {
    (at.store.count_groups().unwrap(), at.client.load_group(&old(at)).unwrap().is_succeeded())
}

#[test]
fn succeeding() {
    let mut matrix = Matrix::new();
    let mut world = World::new();
    let re_init = ReInit {
        group_id: b"next".to_vec(),
        version: ProtocolVersion::MLS10,
        cipher_suite: SUITE,
        extensions: Extensions::new(),
    };
    let (close, key_package) = world.at_bob(40, |bob| {
        let mut group = bob.group();
        let proposals = vec![Proposing::ReInit(re_init)];
        let commit = group.commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap().message;
        group.accept_commit().unwrap();
        (commit, bob.client.key_package(&bob.identity("bob")).unwrap().key_package)
    });
    let plan = world.at_alice(41, |alice| {
        assert!(matches!(alice.group().receive(&close).unwrap(), Event::Epoch(_)));
        SuccessorPlan::new(SuccessorKind::ReInit, alice.client.leaf(&alice.identity("alice")), vec![key_package])
    });
    let waiting = |at: &Mounted| -> Vec<Vec<u8>> {
        at.client.successors().unwrap().iter().map(|successor| successor.welcome().unwrap().to_vec()).collect()
    };
    let found = |at: &Mounted| said(at.group().create_successor(&plan));
    matrix.run(
        "found a successor",
        &world.alice,
        |at| Ok(found(at)?.welcome().unwrap().to_vec()),
        |at, state, out, _| {
            let want = if state == State::After { vec![out.clone()] } else { vec![] };
            assert_eq!(waiting(at), want);
            assert_eq!(succession(at), (1, false));
        },
    );
    let welcome = world.at_alice(42, |alice| found(alice).unwrap().welcome().unwrap().to_vec());
    let bob_before: Disk = world.bob.clone();
    let take = |at: &Mounted| said(at.client.successors())?.pop().ok_or_else(|| "none".to_owned());
    matrix.run(
        "accept a successor",
        &world.alice,
        |at| said(take(at)?.accept()).map(|group| group.id().as_bytes().to_vec()),
        |at, state, out, _| {
            assert_eq!(out, b"next");
            let after = state == State::After;
            assert_eq!(waiting(at).len(), usize::from(!after));
            assert_eq!(succession(at), if after { (2, true) } else { (1, false) });
            if after {
                let sent = at.client.load_group(&GroupId::from(out.clone())).unwrap().send(b"new").unwrap();
                assert_eq!(sent.generation, 0);
                let bob = Mounted::open(bob_before.clone(), Setup::new(8)).unwrap();
                let mut group = bob.group().join_successor(&welcome, None).unwrap();
                assert_eq!(data(group.receive(&sent.message).unwrap()), b"new");
            }
        },
    );
    matrix.run(
        "abandon a successor",
        &world.alice,
        |at| said(take(at)?.abandon()).map(|()| vec![]),
        |at, state, _, _| assert_eq!(waiting(at).len(), usize::from(state == State::Before)),
    );
    matrix.run(
        "join a successor",
        &world.bob,
        |at| {
            let mut group = said(at.client.load_group(&old(at)))?;
            said(group.join_successor(&welcome, None)).map(|group| group.id().as_bytes().to_vec())
        },
        |at, state, _, _| {
            let after = state == State::After;
            assert_eq!(succession(at), if after { (2, true) } else { (1, false) });
            // The key package is unused, or consumed with the group stored.
            assert_eq!(at.store.count_key_packages().unwrap(), u64::from(!after));
        },
    );
    matrix.done();
}

/// A `ReInit` keeps the identifier: the new group takes the place of the former one, in one piece.
#[test]
fn succeeding_under_the_same_name() {
    let mut matrix = Matrix::new();
    let mut world = World::new();
    let id = world.at_alice(50, |alice| alice.group_id());
    let re_init = ReInit {
        group_id: id.as_bytes().to_vec(),
        version: ProtocolVersion::MLS10,
        cipher_suite: SUITE,
        extensions: Extensions::new(),
    };
    let (close, key_package) = world.at_bob(51, |bob| {
        let mut group = bob.group();
        let proposals = vec![Proposing::ReInit(re_init)];
        let commit = group.commit(&CommitPlan { proposals, ..CommitPlan::default() }).unwrap().message;
        group.accept_commit().unwrap();
        (commit, bob.client.key_package(&bob.identity("bob")).unwrap().key_package)
    });
    let welcome = world.at_alice(52, |alice| {
        let mut group = alice.group();
        group.receive(&close).unwrap();
        let leaf = alice.client.leaf(&alice.identity("alice"));
        let plan = SuccessorPlan::new(SuccessorKind::ReInit, leaf, vec![key_package]);
        group.create_successor(&plan).unwrap().welcome().unwrap().to_vec()
    });
    let bob_before: Disk = world.bob.clone();
    // One group under the name: the former one, closed in epoch 2, or the new one, open in epoch 1.
    let stands = |at: &Mounted, state: State| {
        let group = at.group();
        assert_eq!((at.store.count_groups().unwrap(), group.id()), (1, &id));
        let want = if state == State::After { (1, false) } else { (2, true) };
        assert_eq!((group.epoch(), group.re_init().is_some()), want);
    };
    matrix.run(
        "accept it in the old one's place",
        &world.alice,
        |at| {
            let successor = said(at.client.successors())?.pop().ok_or_else(|| "none".to_owned())?;
            said(successor.accept()).map(|group| group.id().as_bytes().to_vec())
        },
        |at, state, _, _| {
            stands(at, state);
            assert_eq!(at.client.successors().unwrap().len(), usize::from(state == State::Before));
            if state == State::After {
                let sent = at.group().send(b"new").unwrap();
                assert_eq!(sent.generation, 0);
                let bob = Mounted::open(bob_before.clone(), Setup::new(8)).unwrap();
                let mut group = bob.group().join_successor(&welcome, None).unwrap();
                assert_eq!(data(group.receive(&sent.message).unwrap()), b"new");
            }
        },
    );
    matrix.run(
        "join it in the old one's place",
        &world.bob,
        |at| said(at.group().join_successor(&welcome, None)).map(|group| group.id().as_bytes().to_vec()),
        |at, state, _, _| {
            stands(at, state);
            // The key package is unused, or consumed with the group stored.
            assert_eq!(at.store.count_key_packages().unwrap(), u64::from(state == State::Before));
        },
    );
    matrix.done();
}

/// Alice missed a commit, and comes in again from outside: what she held is replaced when she is in.
#[test]
fn rejoining() {
    let mut matrix = Matrix::new();
    let mut world = World::new();
    let info = world.at_bob(53, |bob| {
        let mut group = bob.group();
        group.update().unwrap();
        group.accept_commit().unwrap();
        group.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: true }).unwrap()
    });
    let rejoin = |at: &Mounted| said(at.client.rejoin(&at.identity("alice"), &info, None));
    let pending = |at: &Mounted| match at.client.resume().unwrap().pop() {
        Some(Repeat::ExternalJoin(join)) => Some(join),
        _ => None,
    };
    matrix.run(
        "prepare to rejoin",
        &world.alice,
        |at| rejoin(at).map(|join| join.message().to_vec()),
        |at, state, out, _| {
            let made = pending(at).map(|join| join.message().to_vec());
            assert_eq!(made, (state == State::After).then(|| out.clone()));
            assert_eq!((at.store.count_groups().unwrap(), at.group().epoch()), (1, 1));
        },
    );
    let message = world.at_alice(54, |alice| rejoin(alice).unwrap().message().to_vec());
    world.at_bob(55, |bob| drop(bob.group().receive(&message).unwrap()));
    let bob: Disk = world.bob.clone();
    matrix.run(
        "rejoin",
        &world.alice,
        |at| {
            let join = pending(at).ok_or("nothing is pending")?;
            said(join.accept()).map(|group| group.epoch().to_be_bytes().to_vec())
        },
        |at, state, _, _| {
            let epoch = if state == State::After { 3 } else { 1 };
            assert_eq!((at.store.count_groups().unwrap(), at.group().epoch()), (1, epoch));
            assert_eq!(pending(at).is_some(), state == State::Before);
            if state == State::After {
                let sent = at.group().send(b"again").unwrap();
                assert_eq!(sent.generation, 0);
                let bob = Mounted::open(bob.clone(), Setup::new(8)).unwrap();
                assert_eq!(data(bob.group().receive(&sent.message).unwrap()), b"again");
            }
        },
    );
    matrix.done();
}
