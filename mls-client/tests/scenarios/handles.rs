use mls_client::{Disposition, DriverError, SendError};

use crate::world::{assert_talk, deliver, pair};

scenario! { fn the_handle_that_falls_behind_is_told_to_reload() {
    let (alice, mut one, _, mut at_bob) = pair();
    let mut other = alice.group(one.id());
    let sent = one.send(b"by one").unwrap().message;
    let error = other.send(b"by the other").unwrap_err();
    assert!(matches!(error, SendError::Driver(DriverError::Storage(_))), "{error:?}");
    assert!(matches!(error.disposition(), Disposition::Reload));
    other.reload().unwrap();
    let next = other.send(b"by the other").unwrap();
    assert_eq!(next.generation, 32, "behind what the first handle has reserved");
    at_bob.receive(&sent).unwrap();
    at_bob.receive(&next.message).unwrap();
} }

scenario! { fn every_operation_of_a_cold_handle_that_falls_behind_says_reload() {
    let (alice, mut one, _, mut at_bob) = pair();
    let id = one.id().clone();
    let cold = || alice.group(&id);
    let mut handles: Vec<_> = (0..6).map(|_| cold()).collect();
    let commit = one.update().unwrap();
    deliver(&mut one, &commit, &mut [&mut at_bob]);
    let from_bob = at_bob.send(b"new epoch").unwrap().message;
    let bobs = at_bob.update().unwrap();

    assert!(matches!(handles[0].send(b"x").unwrap_err().disposition(), Disposition::Reload));
    assert!(matches!(handles[1].update().unwrap_err().disposition(), Disposition::Reload));
    assert!(matches!(handles[2].receive(&commit.message).unwrap_err().disposition(), Disposition::Reload));
    assert!(matches!(handles[3].members().unwrap_err().disposition(), Disposition::Reload));
    assert!(matches!(handles[4].accept_commit().unwrap_err().disposition(), Disposition::Reload));
    // It cannot know better: this is of an epoch to come.
    assert!(matches!(handles[5].receive(&from_bob).unwrap_err().disposition(), Disposition::AwaitEpoch(2)));

    for handle in &mut handles {
        handle.reload().unwrap();
    }
    assert_talk(&mut handles[1], &mut at_bob);
    at_bob.accept_commit().unwrap();
    handles[2].reload().unwrap();
    handles[2].receive(&bobs.message).unwrap();
    assert_talk(&mut handles[2], &mut at_bob);
} }
