//! Groups that are observed.

use std::sync::Arc;

use mls_client::{AsyncClient, AsyncObservedGroup, CommitPlan, MemoryStorage, ObservedEvent, SendOptions};

use super::{World, client, each_await, poll_times, public, run, world};

/// Bob commits in the clear.
fn in_clear(world: &mut World) -> Vec<u8> {
    let options = SendOptions { encrypt: false, ..SendOptions::default() };
    let commit = world.at_bob.commit(&CommitPlan { options, ..CommitPlan::default() }).unwrap();
    world.at_bob.accept_commit().unwrap();
    commit.message
}

/// What is stored is where Bob is, and follows him on.
fn follows(world: &mut World, service: &AsyncClient) {
    let mut observed = run(service.load_observed(world.at_bob.id())).unwrap();
    assert_eq!(observed.state().context(), world.at_bob.context());
    let next = in_clear(world);
    assert!(matches!(run(observed.receive(&next)).unwrap(), ObservedEvent::Epoch(_)));
    assert_eq!(observed.state().context(), world.at_bob.context());
}

fn service() -> AsyncClient {
    client(&Arc::new(MemoryStorage::new()))
}

/// A service that observes the group already.
fn observing(world: &mut World) -> (AsyncClient, AsyncObservedGroup) {
    let service = service();
    let info = world.at_bob.group_info(public()).unwrap();
    let observed = run(service.observe(&info, None)).unwrap();
    (service, observed)
}

#[test]
fn beginning_to_observe() {
    each_await(|times| {
        let (mut world, service) = (world(), service());
        let info = world.at_bob.group_info(public()).unwrap();
        let done = poll_times(service.observe(&info, None), times).map(Result::unwrap).is_some();
        if run(service.observed_groups()).unwrap().is_empty() {
            assert!(!done);
            run(service.observe(&info, None)).unwrap();
        }
        follows(&mut world, &service);
        done
    });
}

#[test]
fn beginning_where_another_is() {
    each_await(|times| {
        let mut world = world();
        let snapshot = observing(&mut world).1.state().snapshot().unwrap();
        let service = service();
        let done = poll_times(service.observe_from_snapshot(&snapshot), times).map(Result::unwrap).is_some();
        if run(service.observed_groups()).unwrap().is_empty() {
            assert!(!done);
            run(service.observe_from_snapshot(&snapshot)).unwrap();
        }
        follows(&mut world, &service);
        done
    });
}

#[test]
fn following_a_commit() {
    each_await(|times| {
        let mut world = world();
        let (service, mut observed) = observing(&mut world);
        let commit = in_clear(&mut world);
        let done = poll_times(observed.receive(&commit), times).map(Result::unwrap).is_some();
        run(observed.reload()).unwrap();
        let again = run(observed.receive(&commit));
        assert!(!done || again.is_err());
        follows(&mut world, &service);
        done
    });
}

#[test]
fn starting_afresh() {
    each_await(|times| {
        let mut world = world();
        let (service, mut observed) = observing(&mut world);
        world.at_bob.update().unwrap();
        world.at_bob.accept_commit().unwrap();
        let info = world.at_bob.group_info(public()).unwrap();
        let done = poll_times(observed.restart(&info, None), times).map(Result::unwrap).is_some();
        run(observed.reload()).unwrap();
        if observed.state().epoch() != world.at_bob.epoch() {
            assert!(!done);
            run(observed.restart(&info, None)).unwrap();
        }
        follows(&mut world, &service);
        done
    });
}

#[test]
fn loading_what_is_observed() {
    each_await(|times| {
        let mut world = world();
        let (service, mut observed) = observing(&mut world);
        let done = poll_times(service.load_observed(world.at_bob.id()), times).map(Result::unwrap).is_some();
        let _ = poll_times(observed.reload(), times);
        assert_eq!(observed.state().context(), world.at_bob.context());
        follows(&mut world, &service);
        done
    });
}
