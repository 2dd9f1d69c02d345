//! The operations.

use mls_client::{DriverError, Event, GroupInfoOptions, LeafIndex, Repeat, SendError};
use mls_core::group::Proposing;
use mls_core::psk::PskValue;
use mls_core::storage::StorageErrorKind;
use mls_crypto_traits::SecretBytes;
use mls_storage_sqlite::rusqlite::ffi;

use crate::disk::{Disk, Fault};
use crate::matrix::{Case, Out, State, Tally};
use crate::world::{Mounted, NOW, Setup, World};

/// Runs cases and says how many faults there were.
pub struct Matrix(Tally);

impl Matrix {
    pub fn new() -> Self {
        Self(Tally::default())
    }

    pub fn run(
        &mut self,
        name: &'static str,
        disk: &Disk,
        run: impl Fn(&Mounted) -> Result<Out, String>,
        check: impl Fn(&Mounted, State, &Out, bool),
    ) {
        self.run_with(Setup::new(77), name, disk, run, check);
    }

    pub fn run_with(
        &mut self,
        setup: Setup,
        name: &'static str,
        disk: &Disk,
        run: impl Fn(&Mounted) -> Result<Out, String>,
        check: impl Fn(&Mounted, State, &Out, bool),
    ) {
        Case { name, disk, setup, run: &run, check: &check }.run(&mut self.0);
    }

    pub fn done(self) {
        let Self(Tally { cuts, failures, before, after }) = self;
        println!("{cuts} cuts of power ({before} before, {after} after), {failures} failures");
        assert!(before > 0 && after > 0);
    }
}

pub fn said<T, E: core::fmt::Debug>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{error:?}"))
}

/// What is pending is handed out again with its bytes.
fn pending(mounted: &Mounted) -> Vec<Vec<u8>> {
    let repeats = mounted.client.resume().unwrap();
    repeats
        .into_iter()
        .map(|repeat| match repeat {
            Repeat::Commit { commit, .. } => commit.message,
            Repeat::Proposal { proposal, .. } => proposal.message,
            Repeat::ExternalJoin(join) => join.message().to_vec(),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn expected(state: State, out: &Out) -> Vec<Vec<u8>> {
    match state {
        State::Before => vec![],
        State::After => vec![out.clone()],
    }
}

/// The generation of a message that is sent now.
pub fn next_generation(mounted: &Mounted) -> u32 {
    mounted.group().send(b"next").unwrap().generation
}

pub fn data(event: Event) -> Vec<u8> {
    match event {
        Event::Message(message) => message.data,
        other => panic!("{other:?}"),
    }
}

#[test]
fn beginnings() {
    let mut matrix = Matrix::new();
    let world = World::new();
    let empty = Mounted::open(Disk::default(), Setup::new(9)).unwrap().unmount();
    matrix.run(
        "new signer",
        &empty,
        |at| said(at.client.new_signer(crate::world::SUITE)).map(|key| key.as_bytes().to_vec()),
        |at, state, out, _| {
            let found: Vec<_> = at.client.signers().iter().map(|key| key.as_bytes().to_vec()).collect();
            assert_eq!(found, expected(state, out));
        },
    );
    matrix.run(
        "create a group",
        &world.carol,
        |at| said(at.client.create_group(&at.identity("carol"))).map(|group| group.id().as_bytes().to_vec()),
        |at, state, out, _| {
            let found: Vec<_> = at.client.groups().unwrap().iter().map(|id| id.as_bytes().to_vec()).collect();
            assert_eq!(found, expected(state, out));
            if state == State::After {
                assert_eq!(next_generation(at), 0);
            }
        },
    );
    matrix.run(
        "key package",
        &world.carol,
        |at| said(at.client.key_package(&at.identity("carol"))).map(|made| made.message),
        |at, state, _, _| {
            assert_eq!(at.store.count_key_packages().unwrap(), u64::from(state == State::After));
        },
    );
    matrix.run(
        "store a PSK",
        &world.carol,
        |at| {
            let value = PskValue::from_bytes(SecretBytes::from_slice(&[5; 32]));
            said(at.client.store_psk(b"psk", &value)).map(|()| vec![])
        },
        |_, _, _, _| {},
    );
    matrix.run(
        "application's value",
        &world.carol,
        |at| said(at.store.app_put(b"key", b"value")).map(|()| vec![]),
        |at, state, _, _| {
            assert_eq!(at.store.app_get(b"key").unwrap().is_some(), state == State::After);
        },
    );
    matrix.run(
        "expired key packages",
        &{
            let mut world = world.clone();
            world.at_carol(4, |carol| {
                let id = carol.identity("carol");
                carol.client.key_package(&id).unwrap();
                carol.client.key_package(&id).unwrap();
            });
            world.carol
        },
        |at| {
            let later = mls_client::UnixTime(NOW + 400 * 24 * 3600);
            said(at.store.delete_expired_key_packages(later)).map(|n| vec![u8::try_from(n).unwrap()])
        },
        |at, state, _, _| {
            assert_eq!(at.store.count_key_packages().unwrap(), if state == State::Before { 2 } else { 0 });
        },
    );
    matrix.done();
}

#[test]
fn joining() {
    let mut matrix = Matrix::new();
    let mut world = World::new();
    let key_package = world.at_carol(4, |carol| carol.client.key_package(&carol.identity("carol")).unwrap().message);
    let (commit, info) = world.at_alice(5, |alice| {
        let mut group = alice.group();
        let info = group.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: true }).unwrap();
        let commit = group.add(&[key_package]).unwrap();
        group.accept_commit().unwrap();
        (commit, info)
    });
    let welcome = commit.welcome.unwrap();
    world.at_bob(6, |bob| drop(bob.group().receive(&commit.message).unwrap()));
    let bob = world.bob.clone();
    matrix.run(
        "join by a Welcome",
        &world.carol,
        |at| said(at.client.join(&welcome, None)).map(|group| group.id().as_bytes().to_vec()),
        |at, state, _, _| {
            // A key package is either unused, or consumed with the group stored.
            let counts = (at.store.count_key_packages().unwrap(), at.store.count_groups().unwrap());
            assert_eq!(counts, if state == State::Before { (1, 0) } else { (0, 1) });
            if state == State::Before {
                at.client.join(&welcome, None).unwrap();
            }
            let message = at.group().send(b"here").unwrap().message;
            let bob = Mounted::open(bob.clone(), Setup::new(8)).unwrap();
            assert_eq!(data(bob.group().receive(&message).unwrap()), b"here");
        },
    );
    let join = |at: &Mounted| said(at.client.join_external(&at.identity("carol"), &info, None));
    matrix.run(
        "join by an external commit",
        &world.carol,
        |at| join(at).map(|join| join.message().to_vec()),
        |at, state, out, _| assert_eq!(pending(at), expected(state, out)),
    );
    world.at_carol(7, |carol| drop(join(carol).unwrap()));
    let resumed = |at: &Mounted| match said(at.client.resume())?.pop() {
        Some(Repeat::ExternalJoin(join)) => Ok(join),
        other => Err(format!("{other:?}")),
    };
    matrix.run(
        "accept an external join",
        &world.carol,
        |at| said(resumed(at)?.accept()).map(|group| group.id().as_bytes().to_vec()),
        |at, state, _, _| {
            assert_eq!(pending(at).len(), usize::from(state == State::Before));
            assert_eq!(at.store.count_groups().unwrap(), u64::from(state == State::After));
            if state == State::After {
                assert_eq!(next_generation(at), 0);
            }
        },
    );
    matrix.run(
        "abandon an external join",
        &world.carol,
        |at| said(resumed(at)?.abandon()).map(|()| vec![]),
        |at, state, _, _| assert_eq!(pending(at).len(), usize::from(state == State::Before)),
    );
    matrix.done();
}

#[test]
fn sending() {
    let mut matrix = Matrix::new();
    let mut world = World::new();
    for (name, generation) in [("send the first message", 0), ("send another message", 1)] {
        let bob = world.bob.clone();
        matrix.run(
            name,
            &world.alice,
            |at| said(at.group().send(b"sent")).map(|sent| sent.message),
            |at, state, out, left| {
                let next = at.group().send(b"next").unwrap();
                // No generation is used twice: what left took one.
                assert_eq!(next.generation, generation + u32::from(state == State::After));
                assert!(!left || next.generation > generation);
                let bob = Mounted::open(bob.clone(), Setup::new(8)).unwrap();
                let mut group = bob.group();
                assert_eq!(data(group.receive(&next.message).unwrap()), b"next");
                if left {
                    assert_eq!(data(group.receive(out).unwrap()), b"sent");
                }
            },
        );
        world.at_alice(10, |alice| drop(alice.group().send(b"first").unwrap()));
    }
    let reserving = Setup { reserve: 32, ..Setup::new(77) };
    matrix.run_with(
        reserving,
        "reserve generations",
        &World::new().alice,
        |at| said(at.group().send(b"sent")).map(|sent| sent.message),
        // What was reserved is skipped, whether it was used or not.
        |at, state, _, _| assert_eq!(next_generation(at), if state == State::After { 32 } else { 0 }),
    );
    matrix.done();
}

#[test]
fn committing() {
    let mut matrix = Matrix::new();
    let mut world = World::new();
    let key_package = world.at_carol(4, |carol| carol.client.key_package(&carol.identity("carol")).unwrap().message);
    matrix.run(
        "propose",
        &world.alice,
        |at| said(at.group().propose(&Proposing::Remove(LeafIndex::new(1).unwrap()))).map(|made| made.message),
        |at, state, out, _| assert_eq!(pending(at), expected(state, out)),
    );
    matrix.run(
        "commit an Add",
        &world.alice,
        |at| said(at.group().add(core::slice::from_ref(&key_package))).map(|made| made.message),
        |at, state, out, _| assert_eq!(pending(at), expected(state, out)),
    );
    matrix.run(
        "commit new keys",
        &world.alice,
        |at| said(at.group().update()).map(|made| made.message),
        |at, state, out, _| assert_eq!(pending(at), expected(state, out)),
    );
    let bob_before = world.bob.clone();
    let message = world.at_alice(11, |alice| alice.group().update().unwrap().message);
    let entered = |at: &Mounted, state: State| {
        let after = state == State::After;
        assert_eq!(at.group().epoch(), if after { 2 } else { 1 });
        assert_eq!(pending(at), expected(if after { State::Before } else { State::After }, &message));
        if after {
            let sent = at.group().send(b"next").unwrap();
            assert_eq!((sent.epoch, sent.generation), (2, 0));
            let bob = Mounted::open(bob_before.clone(), Setup::new(8)).unwrap();
            let mut group = bob.group();
            group.receive(&message).unwrap();
            assert_eq!(data(group.receive(&sent.message).unwrap()), b"next");
        }
    };
    matrix.run(
        "accept the own commit",
        &world.alice,
        |at| said(at.group().accept_commit()).map(|change| change.epoch.to_be_bytes().to_vec()),
        |at, state, _, _| entered(at, state),
    );
    matrix.run(
        "receive the own commit",
        &world.alice,
        |at| said(at.group().receive(&message)).map(|_| vec![]),
        |at, state, _, _| entered(at, state),
    );
    matrix.run(
        "drop the own commit",
        &world.alice,
        |at| said(at.group().drop_commit()).map(|()| vec![]),
        |at, state, _, _| {
            assert_eq!(at.group().epoch(), 1);
            let left = if state == State::Before { State::After } else { State::Before };
            assert_eq!(pending(at), expected(left, &message));
        },
    );
    matrix.run(
        "delete a group",
        &world.alice,
        |at| said(at.store.delete_group(&at.group_id())).map(|deleted| vec![u8::from(deleted)]),
        |at, state, _, _| assert_eq!(at.store.count_groups().unwrap(), u64::from(state == State::Before)),
    );
    matrix.done();
}

#[test]
fn moving() {
    let mut matrix = Matrix::new();
    let world = World::new();
    matrix.run(
        "export a group",
        &world.alice,
        |at| said(at.client.export_group(&at.group_id())).map(|exported| exported.as_bytes().to_vec()),
        |at, state, out, _| {
            assert_eq!(at.group().send(b"next").is_ok(), state == State::Before);
            // What comes out can be had again, should it be lost.
            if state == State::After {
                assert_eq!(at.client.export_group(&at.group_id()).unwrap().as_bytes(), out);
            }
        },
    );
    let mut source = world.clone();
    let exported = source.at_alice(23, |alice| alice.client.export_group(&alice.group_id()).unwrap());
    matrix.run(
        "import a group",
        &world.carol,
        |at| said(at.client.import_group(&exported)).map(|group| group.id().as_bytes().to_vec()),
        |at, state, _, _| {
            assert_eq!(at.store.count_groups().unwrap(), u64::from(state == State::After));
            if state == State::After {
                assert!(at.group().send(b"next").is_err());
            }
        },
    );
    matrix.done();
}

#[test]
fn what_fails_says_why() {
    let world = World::new();
    for (fault, kind) in [
        (Fault::Full, StorageErrorKind::Full),
        (Fault::Fail(ffi::SQLITE_FULL), StorageErrorKind::Full),
        (Fault::Fail(ffi::SQLITE_READONLY), StorageErrorKind::ReadOnly),
        (Fault::Fail(ffi::SQLITE_IOERR_WRITE), StorageErrorKind::Other),
    ] {
        let at = Mounted::open(world.alice.clone(), Setup::new(24)).unwrap();
        let mut group = at.group();
        at.volume.disk().arm(3, fault);
        let SendError::Driver(DriverError::Storage(error)) = group.send(b"no").unwrap_err() else { panic!() };
        assert_eq!(error.kind(), kind);
        at.volume.disk().disarm();
        assert_eq!(group.send(b"yes").unwrap().generation, 0);
        drop(group);
        drop(at.unmount());
    }
}

/// Receives `messages` while the application writes what it got in the same transaction.
fn receive(at: &Mounted, messages: &[Vec<u8>]) -> Result<Out, String> {
    let id = at.client.groups().unwrap().pop().ok_or("no group")?;
    let mut group = said(at.client.load_group(&id))?;
    *at.inbox.lock().unwrap() = Some(b"received".to_vec());
    let events = said(group.receive_all(messages));
    *at.inbox.lock().unwrap() = None;
    let mut out = Vec::new();
    for event in events? {
        if let Event::Message(message) = said(event)? {
            out.extend(message.data);
        }
    }
    Ok(out)
}

/// Nothing that came is lost: it can still be received, or the application has it.
fn not_lost(at: &Mounted, state: State, messages: &[Vec<u8>], out: &Out) {
    let row = at.store.app_get(b"inbox").unwrap();
    assert_eq!(row.is_some(), state == State::After);
    match state {
        State::Before => assert_eq!(receive(at, messages).unwrap(), *out),
        // Deleted, not only forgotten.
        State::After => assert!(receive(at, messages).is_err()),
    }
}

#[test]
fn receiving() {
    let mut matrix = Matrix::new();
    let mut world = World::new();
    let sent: Vec<_> = world.at_bob(12, |bob| {
        let mut group = bob.group();
        (0..6_u8).map(|n| group.send(&[b'm', n]).unwrap().message).collect()
    });
    let mut case = |name, alice: &Disk, messages: &[Vec<u8>]| {
        matrix.run(name, alice, |at| receive(at, messages), |at, state, out, _| not_lost(at, state, messages, out));
    };
    case("receive a sender's first", &world.alice, &sent[..1]);
    world.at_alice(13, |alice| drop(alice.group().receive(&sent[0]).unwrap()));
    case("receive in order", &world.alice, &sent[1..2]);
    case("receive over a gap", &world.alice, &sent[4..5]);
    case("receive a backlog", &world.alice, &sent[1..]);
    world.at_alice(14, |alice| drop(alice.group().receive(&sent[4]).unwrap()));
    case("receive a late one", &world.alice, &sent[2..3]);

    let proposal = world.at_bob(15, |bob| {
        let remove = Proposing::Remove(LeafIndex::new(0).unwrap());
        bob.group().propose(&remove).unwrap().message
    });
    case("receive a proposal", &world.alice, core::slice::from_ref(&proposal));
    let mut removing = world.clone();
    let removal = removing.at_bob(16, |bob| bob.group().update().unwrap().message);
    removing.at_alice(17, |alice| drop(alice.group().receive(&proposal).unwrap()));
    case("receive the own removal", &removing.alice, &[removal]);

    let mut plain = World::new();
    let commit = plain.at_bob(20, |bob| {
        let mut group = bob.group();
        let commit = group.update().unwrap().message;
        group.accept_commit().unwrap();
        commit
    });
    case("receive a commit", &plain.alice, core::slice::from_ref(&commit));
    let late = world_with_late_message();
    case("receive from a past epoch", &late.0, &late.1);
    matrix.done();
}

/// Alice is in the next epoch, and a message of the last one comes.
fn world_with_late_message() -> (Disk, Vec<Vec<u8>>) {
    let mut world = World::new();
    let (late, commit) = world.at_bob(21, |bob| {
        let mut group = bob.group();
        let late = group.send(b"late").unwrap().message;
        (late, group.update().unwrap().message)
    });
    world.at_alice(22, |alice| drop(alice.group().receive(&commit).unwrap()));
    (world.alice, vec![late])
}
