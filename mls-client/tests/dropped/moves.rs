//! Groups that move, and what is kept no longer.

use std::sync::Arc;

use mls_client::{AsyncClient, BasicIdentity, DefaultRules, Event, Limits, MemoryStorage};

use super::{World, client, drop_everywhere, each_await, heard, loaded, poll_times, run, world};

#[test]
fn moving_a_group_out() {
    each_await(|times| {
        let mut world = world();
        let id = world.at_bob.id().clone();
        let done = poll_times(world.alice.export_group(&id), times).map(Result::unwrap);
        // It lives here still, or can be had again.
        let mut here = loaded(&world, &id);
        match run(here.send(b"here")) {
            Ok(sent) => {
                assert!(done.is_none());
                assert!(matches!(world.at_bob.receive(&sent.message).unwrap(), Event::Message(_)));
            }
            Err(_) => {
                let again = run(world.alice.export_group(&id)).unwrap();
                assert!(done.as_ref().is_none_or(|done| done.ct_eq(again.as_bytes())));
            }
        }
        done.is_some()
    });
}

#[test]
fn moving_a_group_in() {
    each_await(|times| {
        let mut world = world();
        let id = world.at_bob.id().clone();
        let exported = run(world.alice.export_group(&id)).unwrap();
        let phone = client(&Arc::new(MemoryStorage::new()));
        let done = poll_times(phone.import_group(&exported), times).map(Result::unwrap).is_some();
        if run(phone.groups()).unwrap().is_empty() {
            assert!(!done);
            run(phone.import_group(&exported)).unwrap();
        }
        let mut at_phone = run(phone.load_group(&id)).unwrap();
        let commit = world.at_bob.update().unwrap();
        world.at_bob.accept_commit().unwrap();
        run(at_phone.receive(&commit.message)).unwrap();
        heard(&mut at_phone, &mut world.at_bob);
        done
    });
}

/// A client of Alice's that retains no epoch and no pre-shared key.
fn forgetful(world: &World) -> AsyncClient {
    let mut limits = Limits::default();
    limits.past_epochs = 0;
    limits.resumption_psks = 0;
    let identity = Arc::new(super::Slow(Arc::new(BasicIdentity::new())));
    let builder = AsyncClient::builder(Arc::new(super::Slow(Arc::clone(&world.store))), identity)
        .rules(Arc::new(super::Slow(Arc::new(DefaultRules::new()))))
        .limits(limits);
    run(builder.build()).unwrap()
}

#[test]
fn pruning() {
    let mut pruned = 0;
    drop_everywhere(
        |world, times| {
            let commit = world.at_bob.update().unwrap();
            world.at_bob.accept_commit().unwrap();
            run(world.at_alice.receive(&commit.message)).unwrap();
            let client = forgetful(world);
            let all = poll_times(client.prune(), times).map(Result::unwrap);
            let mut group = run(client.load_group(world.at_bob.id())).unwrap();
            let one = poll_times(group.prune(), times).map(Result::unwrap);
            assert!(one.is_none() || run(group.prune()).unwrap().epochs.is_empty());
            all.map(drop)
        },
        |world, _| {
            pruned += 1;
            run(world.at_alice.reload()).unwrap();
        },
    );
    assert!(pruned > 2, "{pruned}");
}
