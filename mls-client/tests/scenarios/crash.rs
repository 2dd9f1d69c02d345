use mls_client::{CommitError, Disposition, DriverError, GroupId, ReceiveError, Repeat, SendError};

use crate::world::{Failure, Group, Party, assert_talk, deliver, message, pair};

scenario! { fn a_restarted_member_goes_on() {
    let (mut alice, at_alice, mut bob, at_bob) = pair();
    let id = at_alice.id().clone();
    drop((at_alice, at_bob));
    alice.restart();
    bob.restart();
    let (mut at_alice, mut at_bob) = (alice.group(&id), bob.group(&id));
    assert_talk(&mut at_alice, &mut at_bob);
    let commit = at_bob.update().unwrap();
    deliver(&mut at_bob, &commit, &mut [&mut at_alice]);
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn a_member_may_restart_after_each_step() {
    let (mut alice, mut at_alice, mut bob, mut at_bob) = pair();
    let id = at_alice.id().clone();
    for _ in 0..4 {
        assert_talk(&mut at_alice, &mut at_bob);
        let late = at_alice.send(b"late").unwrap().message;
        drop(at_alice);
        alice.restart();
        at_alice = alice.group(&id);
        let commit = at_alice.update().unwrap();
        drop(at_alice);
        alice.restart();
        at_alice = alice.group(&id);
        deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
        drop(at_bob);
        bob.restart();
        at_bob = bob.group(&id);
        assert_eq!(message(at_bob.receive(&late).unwrap()).data, b"late");
    }
} }

// req: R-6.3.1-06
// bad: trap-09
scenario! { fn a_generation_is_never_used_twice() {
    let (mut alice, mut at_alice, _, mut at_bob) = pair();
    let id = at_alice.id().clone();
    let first = at_alice.send(b"first").unwrap();
    drop(at_alice);
    alice.restart();
    let mut at_alice = alice.group(&id);
    let second = at_alice.send(b"second").unwrap();
    assert!(second.generation > first.generation);
    assert_eq!(message(at_bob.receive(&second.message).unwrap()).data, b"second");
    assert_eq!(message(at_bob.receive(&first.message).unwrap()).data, b"first");
} }

scenario! { fn a_pending_commit_is_handed_out_again() {
    let (mut alice, mut at_alice, bob, mut at_bob) = pair();
    let id = at_alice.id().clone();
    let carol = Party::new("carol");
    let commit = at_alice.add(&[carol.key_package()]).unwrap();
    drop(at_alice);
    alice.restart();

    let mut repeats = alice.client.resume().unwrap();
    let Some(Repeat::Commit { group, commit: again }) = repeats.pop() else { panic!("nothing to repeat") };
    assert!(repeats.is_empty());
    assert_eq!(group, id);
    assert_eq!(again.message, commit.message);
    assert_eq!(again.welcome, commit.welcome);
    assert_eq!(again.epoch, commit.epoch);

    let mut at_alice = alice.group(&id);
    deliver(&mut at_alice, &again, &mut [&mut at_bob]);
    let mut at_carol = carol.client.join(&again.welcome.unwrap(), None).unwrap();
    assert_talk(&mut at_alice, &mut at_carol);
    assert!(alice.client.resume().unwrap().is_empty());
    assert!(bob.client.resume().unwrap().is_empty());
} }

scenario! { fn an_operation_that_cannot_be_stored_has_not_happened() {
    let (alice, mut at_alice, bob, mut at_bob) = pair();
    alice.store.break_commits(true);
    assert!(matches!(at_alice.send(b"lost"), Err(SendError::Driver(DriverError::Storage(_)))));
    alice.store.break_commits(false);
    let sent = at_alice.send(b"kept").unwrap();
    assert_eq!(sent.generation, 0);
    let sent = sent.message;
    bob.store.break_commits(true);
    assert!(at_bob.receive(&sent).is_err());
    bob.store.break_commits(false);
    assert_eq!(message(at_bob.receive(&sent).unwrap()).data, b"kept");

    alice.store.break_commits(true);
    assert!(matches!(at_alice.update(), Err(CommitError::Driver(DriverError::Storage(_)))));
    assert!(!at_alice.has_pending_commit());
    alice.store.break_commits(false);

    let commit = at_alice.update().unwrap();
    alice.store.break_commits(true);
    assert!(at_alice.accept_commit().is_err());
    assert_eq!(at_alice.epoch(), 1);
    alice.store.break_commits(false);
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn a_key_package_survives_a_join_that_cannot_be_stored() {
    let alice = Party::new("alice");
    let mut bob = Party::new("bob");
    let mut at_alice = alice.client.create_group(&alice.identity).unwrap();
    let commit = at_alice.add(&[bob.key_package()]).unwrap();
    at_alice.accept_commit().unwrap();
    let welcome = commit.welcome.unwrap();
    bob.store.break_commits(true);
    assert!(bob.client.join(&welcome, None).is_err());
    assert!(bob.client.groups().unwrap().is_empty());
    bob.store.break_commits(false);
    bob.restart();
    let mut at_bob = bob.client.join(&welcome, None).unwrap();
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn what_was_stored_and_not_answered_is_found_by_reloading() {
    let (alice, mut at_alice, _, mut at_bob) = pair();
    alice.store.fail_after(0, Failure::Mute);
    let error = at_alice.send(b"unsent").unwrap_err();
    assert!(matches!(error.disposition(), Disposition::Reload), "{error:?}");
    assert!(matches!(at_alice.send(b"behind").unwrap_err().disposition(), Disposition::Reload));
    at_alice.reload().unwrap();
    // The generation that may have gone out is skipped, with all that were reserved along with it.
    let sent = at_alice.send(b"sent").unwrap();
    assert_eq!(sent.generation, 32);
    assert_eq!(message(at_bob.receive(&sent.message).unwrap()).data, b"sent");

    alice.store.fail_after(0, Failure::Mute);
    assert!(at_alice.update().is_err());
    assert!(!at_alice.has_pending_commit());
    at_alice.reload().unwrap();
    let commit = at_alice.pending_commit().unwrap().unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);

    let backlog = [at_bob.send(b"1").unwrap().message, at_bob.send(b"2").unwrap().message];
    alice.store.fail_after(0, Failure::Mute);
    assert!(at_alice.receive_all(&backlog).is_err());
    at_alice.reload().unwrap();
    for outcome in at_alice.receive_all(&backlog).unwrap() {
        assert!(matches!(outcome.unwrap_err().disposition(), Disposition::Duplicate));
    }
    assert_talk(&mut at_alice, &mut at_bob);
} }

/// Alice's part of a conversation, whatever her store does: after each failure her process starts again.
struct Resilient {
    alice: Party,
    id: GroupId,
    group: Option<Group>,
}

impl Resilient {
    fn group(&mut self) -> &mut Group {
        self.group.get_or_insert_with(|| self.alice.group(&self.id))
    }

    /// Does something; where it fails, starts again and says so.
    fn attempt<T, E>(&mut self, operation: impl Fn(&mut Group) -> Result<T, E>) -> Option<T> {
        if let Ok(done) = operation(self.group()) {
            return Some(done);
        }
        self.group = None;
        self.alice.restart();
        None
    }

    fn send(&mut self, data: &[u8]) -> Vec<u8> {
        loop {
            if let Some(sent) = self.attempt(|group| group.send(data)) {
                return sent.message;
            }
        }
    }

    /// Receives; whether it was new, or known from before a restart.
    fn receive(&mut self, message: &[u8]) {
        let known = |error: &ReceiveError| matches!(error.disposition(), Disposition::Duplicate | Disposition::Discard);
        while self
            .attempt(|group| match group.receive(message) {
                Err(error) if !known(&error) => Err(error),
                _ => Ok(()),
            })
            .is_none()
        {}
    }

    /// Commits and gets the commit accepted; the delivery service hears it as often as it takes.
    fn commit(&mut self, bob: &mut Group) {
        let commit = loop {
            let made = self.attempt(|group| match group.pending_commit().unwrap() {
                Some(commit) => Ok(commit),
                None => group.update(),
            });
            if let Some(commit) = made {
                break commit;
            }
        };
        bob.receive(&commit.message).unwrap();
        while self.group().epoch() < commit.epoch {
            self.attempt(Group::accept_commit);
        }
    }
}

scenario! { fn a_failure_at_any_commit_is_survived() {
    for failure in [Failure::Lost, Failure::Mute] {
        for number in 0.. {
            let (alice, at_alice, _, mut at_bob) = pair();
            alice.store.fail_after(number, failure);
            let mut alice = Resilient { alice, id: at_alice.id().clone(), group: Some(at_alice) };
            for round in 0..2_u8 {
                let from_bob = at_bob.send(&[round]).unwrap().message;
                let first = alice.send(b"first");
                let second = alice.send(b"second");
                alice.receive(&from_bob);
                alice.commit(&mut at_bob);
                assert_eq!(message(at_bob.receive(&second).unwrap()).data, b"second");
                assert_eq!(message(at_bob.receive(&first).unwrap()).data, b"first");
                let commit = at_bob.update().unwrap();
                at_bob.accept_commit().unwrap();
                alice.receive(&commit.message);
            }
            let failed = alice.alice.store.fails_no_more();
            assert_talk(alice.group(), &mut at_bob);
            if !failed {
                // Two rounds of five: the second message of an epoch is sent without a write.
                assert_eq!(number, 10);
                break;
            }
        }
    }
} }

scenario! { fn of_two_joins_at_once_with_one_key_package_one_happens() {
    let alice = Party::new("alice");
    let bob = Party::new("bob");
    let key_package = bob.key_package();
    let mut welcomes = Vec::new();
    for _ in 0..2 {
        let mut group = alice.client.create_group(&alice.identity).unwrap();
        welcomes.push(group.add(&[&key_package]).unwrap().welcome.unwrap());
    }
    let (other, welcome) = (bob.client.clone(), welcomes.pop().unwrap());
    bob.store.before_next_commit(move || {
        other.join(&welcome, None).unwrap();
    });
    let error = bob.client.join(&welcomes[0], None).unwrap_err();
    assert!(matches!(error.disposition(), Disposition::Reload), "{error:?}");
    assert_eq!(bob.client.groups().unwrap().len(), 1);
} }
