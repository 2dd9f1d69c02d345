//! Ways back.

use mls_client::mls_core::group::{Group as State, MemberMode, MemberPurpose};
use mls_client::{Event, Repeat};

use super::{drop_everywhere, each_await, heard, loaded, poll_times, public, run, settle, talk, world};

#[test]
fn going_back() {
    each_await(|times| {
        let mut world = world();
        // Alice follows a commit of her own that turns out not to be the group's.
        run(world.at_alice.update()).unwrap();
        run(world.at_alice.accept_commit()).unwrap();
        let commit = world.at_bob.update().unwrap().message;
        world.at_bob.accept_commit().unwrap();
        let done = poll_times(world.at_alice.rewind(1), times).map(Result::unwrap).is_some();
        let stored = loaded(&world, world.at_bob.id()).epoch();
        assert!(stored == 1 || !done && stored == 2, "{stored}");
        if stored == 2 {
            run(world.at_alice.rewind(1)).unwrap();
        }
        assert!(matches!(run(world.at_alice.receive(&commit)).unwrap(), Event::Epoch(_)));
        talk(&mut world);
        done
    });
}

#[test]
fn rejoining() {
    each_await(|times| {
        let mut world = world();
        // Alice misses a commit.
        world.at_bob.update().unwrap();
        world.at_bob.accept_commit().unwrap();
        let info = world.at_bob.group_info(public()).unwrap();
        let made = poll_times(world.alice.rejoin(&world.alice_id, &info, None), times).map(Result::unwrap);
        let done = made.is_some();
        let join = match run(world.alice.resume()).unwrap().pop() {
            Some(Repeat::ExternalJoin(join)) => join,
            Some(other) => panic!("{other:?}"),
            None => run(world.alice.rejoin(&world.alice_id, &info, None)).unwrap(),
        };
        assert!(made.is_none_or(|made| made.message() == join.message()));
        world.at_bob.receive(join.message()).unwrap();
        // Accepted, and that dropped at some await, too: the old group stands until the new one does.
        let accepted = poll_times(join.accept(), times).map(Result::unwrap).is_some();
        if let Some(Repeat::ExternalJoin(join)) = run(world.alice.resume()).unwrap().pop() {
            assert!(!accepted && loaded(&world, world.at_bob.id()).epoch() == 1);
            run(join.accept()).unwrap();
        }
        assert_eq!(run(world.alice.groups()).unwrap().len(), 1);
        run(world.at_alice.reload()).unwrap();
        talk(&mut world);
        done
    });
}

#[test]
fn adding_a_lost_one_again() {
    each_await(|times| {
        let mut world = world();
        let key_package = world.bob.key_package(&world.bob_id).unwrap().message;
        let lost = world.at_bob.own_leaf();
        let done = poll_times(world.at_alice.readd(lost, &key_package), times).map(Result::unwrap);
        let pending = run(world.at_alice.pending_commit()).unwrap();
        if let Some(done) = &done {
            assert_eq!(pending.as_ref().map(|commit| &commit.welcome), Some(&done.welcome));
        }
        let commit = match pending {
            Some(commit) => commit,
            None => run(world.at_alice.readd(lost, &key_package)).unwrap(),
        };
        run(world.at_alice.accept_commit()).unwrap();
        assert!(matches!(world.at_bob.receive(&commit.message).unwrap(), Event::Removed(_)));
        world.at_bob = world.bob.join(&commit.welcome.unwrap(), None).unwrap();
        talk(&mut world);
        done.is_some()
    });
}

#[test]
fn deleting_the_exporter() {
    drop_everywhere(
        |world, times| poll_times(world.at_alice.delete_exporter(), times).map(Result::unwrap),
        |world, done| {
            let mut stored = loaded(world, world.at_bob.id());
            let exported = run(stored.export(b"label", b"", 16));
            assert!(done.is_none() || exported.is_err());
            assert_eq!(run(world.at_alice.export(b"label", b"", 16)).is_ok(), exported.is_ok());
        },
    );
}

#[test]
fn keeping_the_tree_outside_and_inside() {
    each_await(|times| {
        let mut world = world();
        let tree = world.at_bob.ratchet_tree().unwrap();
        let outside = poll_times(world.at_alice.keep_tree_outside(), times).map(Result::unwrap).is_some();
        let mut stored = loaded(&world, world.at_bob.id());
        let outside_in_store = run(stored.members()).is_err();
        assert!(outside_in_store || !outside);
        run(world.at_alice.reload()).unwrap();
        if outside_in_store {
            let _ = poll_times(world.at_alice.admit_tree(&tree), times);
            run(world.at_alice.admit_tree(&tree)).unwrap();
            let _ = poll_times(world.at_alice.keep_tree_inside(), times);
            run(world.at_alice.reload()).unwrap();
            if run(world.at_alice.members()).is_err() {
                run(world.at_alice.admit_tree(&tree)).unwrap();
                run(world.at_alice.keep_tree_inside()).unwrap();
            }
        }
        run(world.at_alice.update()).unwrap();
        assert!(settle(&mut world));
        talk(&mut world);
        outside
    });
}

#[test]
fn asking_and_talking_to_one_member() {
    let purpose = MemberPurpose { label: b"label", context: b"", mode: MemberMode::Base };
    each_await(|times| {
        let mut world = world();
        let before = world.store.len();
        world.at_alice = loaded(&world, world.at_bob.id());
        let health = poll_times(world.at_alice.query(State::tree_health), times).map(Result::unwrap);
        assert!(health.as_ref().is_none_or(|health| health.members == 2));
        let to = world.at_bob.own_leaf();
        let sealed = poll_times(world.at_alice.seal_to_member(to, purpose, b"", b"hello"), times).map(Result::unwrap);
        if let Some(sealed) = sealed {
            assert_eq!(world.at_bob.open_as_member(purpose, b"", &sealed).unwrap().as_bytes(), b"hello");
        }
        let to = run(world.at_alice.members()).unwrap().into_iter().find(|member| member.index != to).unwrap().index;
        let sealed = world.at_bob.seal_to_member(to, purpose, b"", b"back").unwrap();
        let opened = poll_times(world.at_alice.open_as_member(purpose, b"", &sealed), times).map(Result::unwrap);
        assert!(opened.is_none_or(|opened| opened.as_bytes() == b"back"));
        assert_eq!(world.store.len(), before);
        heard(&mut world.at_alice, &mut world.at_bob);
        health.is_some()
    });
}
