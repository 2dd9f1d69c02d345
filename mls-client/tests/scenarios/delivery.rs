use mls_client::{Disposition, Event};

use crate::world::{assert_in_step, assert_talk, deliver, group_of, message, pair};

scenario! { fn messages_may_arrive_in_any_order() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let sent: Vec<_> = (0..7_u8).map(|n| at_alice.send(&[n]).unwrap().message).collect();
    for n in [6_u8, 0, 3, 1, 5, 2, 4] {
        assert_eq!(message(at_bob.receive(&sent[usize::from(n)]).unwrap()).data, [n]);
    }
} }

scenario! { fn a_message_is_read_once() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let sent = at_alice.send(b"once").unwrap().message;
    at_bob.receive(&sent).unwrap();
    let again = at_bob.receive(&sent).unwrap_err();
    assert!(matches!(again.disposition(), Disposition::Duplicate));
} }

scenario! { fn a_late_message_of_a_past_epoch_is_read() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let first = at_alice.send(b"first").unwrap().message;
    let late = at_alice.send(b"late").unwrap().message;
    for _ in 0..2 {
        let commit = at_alice.update().unwrap();
        deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    }
    let received = message(at_bob.receive(&late).unwrap());
    assert_eq!((received.data.as_slice(), received.epoch), (b"late".as_slice(), 1));
    assert_eq!(message(at_bob.receive(&first).unwrap()).data, b"first");
    assert!(matches!(at_bob.receive(&late).unwrap_err().disposition(), Disposition::Duplicate));
} }

scenario! { fn a_message_of_an_epoch_that_is_gone_is_not() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let old = at_alice.send(b"old").unwrap().message;
    for _ in 0..5 {
        let commit = at_alice.update().unwrap();
        deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    }
    assert!(at_bob.receive(&old).is_err());
} }

scenario! { fn a_message_of_a_coming_epoch_waits() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let commit = at_alice.update().unwrap();
    at_alice.accept_commit().unwrap();
    let early = at_alice.send(b"early").unwrap().message;
    let error = at_bob.receive(&early).unwrap_err();
    assert!(matches!(error.disposition(), Disposition::AwaitEpoch(2)), "{error:?}");
    at_bob.receive(&commit.message).unwrap();
    assert_eq!(message(at_bob.receive(&early).unwrap()).data, b"early");
} }

scenario! { fn of_two_commits_the_first_wins() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (_, mut at_carol) = others.pop().unwrap();
    let (_, mut at_bob) = others.pop().unwrap();
    let of_alice = at_alice.update().unwrap();
    let of_bob = at_bob.update().unwrap();
    assert!(at_bob.has_pending_commit());

    // The delivery service took Alice's.
    at_alice.accept_commit().unwrap();
    assert!(matches!(at_carol.receive(&of_alice.message).unwrap(), Event::Epoch(_)));
    assert!(matches!(at_bob.receive(&of_alice.message).unwrap(), Event::Epoch(_)));
    assert!(!at_bob.has_pending_commit());
    assert!(at_alice.receive(&of_bob.message).is_err());
    assert!(at_bob.accept_commit().is_err());
    assert_talk(&mut at_alice, &mut at_bob);
    assert_in_step(&at_carol, &at_bob);

    let again = at_bob.update().unwrap();
    deliver(&mut at_bob, &again, &mut [&mut at_alice, &mut at_carol]);
} }

scenario! { fn a_dropped_commit_leaves_no_trace() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let before = at_alice.epoch_authenticator().to_vec();
    at_alice.update().unwrap();
    at_alice.drop_commit().unwrap();
    assert!(!at_alice.has_pending_commit());
    assert_eq!(at_alice.epoch_authenticator(), before);
    assert!(at_alice.accept_commit().is_err());
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn an_own_commit_that_comes_back_is_accepted() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let commit = at_alice.update().unwrap();
    let Event::Epoch(change) = at_alice.receive(&commit.message).unwrap() else { panic!("no epoch") };
    assert_eq!(change.epoch, 2);
    assert!(!at_alice.has_pending_commit());
    at_bob.receive(&commit.message).unwrap();
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn garbage_changes_nothing() {
    let (_, mut at_alice, bob, mut at_bob) = pair();
    let commits = bob.store.commits();
    let mut sent = at_alice.send(b"whole").unwrap().message;
    for position in 0..sent.len() {
        sent[position] ^= 1;
        assert!(at_bob.receive(&sent).is_err(), "byte {position}");
        sent[position] ^= 1;
    }
    assert!(at_bob.receive(&[]).is_err());
    assert_eq!(bob.store.commits(), commits);
    assert_eq!(message(at_bob.receive(&sent).unwrap()).data, b"whole");
} }
