//! Generations reserved ahead, and what is written along with a message.

use mls_client::mls_core::storage::StorageErrorKind;
use mls_client::{AppWrites, Disposition, DriverError, Event, ReceiveError};

use crate::world::{assert_talk, deliver, message, pair};

scenario! {
fn most_messages_are_sent_without_a_transaction() {
    let (alice, mut at_alice, _, mut at_bob) = pair();
    let commits = alice.store.commits();
    for n in 0..64_u8 {
        let sent = at_alice.send(&[n]).unwrap();
        assert_eq!(sent.generation, u32::from(n));
        assert_eq!(message(at_bob.receive(&sent.message).unwrap()).data, [n]);
    }
    assert_eq!(alice.store.commits(), commits + 2);
}
}

scenario! {
fn a_crash_skips_what_was_reserved_and_repeats_nothing() {
    let (mut alice, mut at_alice, _, mut at_bob) = pair();
    let id = at_alice.id().clone();
    let mut used = Vec::new();
    for _ in 0..3 {
        for _ in 0..2 {
            let sent = at_alice.send(b"x").unwrap();
            used.push(sent.generation);
            assert_eq!(message(at_bob.receive(&sent.message).unwrap()).data, b"x");
        }
        drop(at_alice);
        alice.restart();
        at_alice = alice.group(&id);
    }
    assert_eq!(used, [0, 1, 32, 33, 64, 65]);
    assert_talk(&mut at_alice, &mut at_bob);
}
}

scenario! {
fn two_handles_never_use_one_generation() {
    let (alice, mut one, _, mut at_bob) = pair();
    let mut other = alice.group(one.id());
    let mut used = Vec::new();
    for round in 0..4_u8 {
        let (now, later) = if round % 2 == 0 { (&mut one, &mut other) } else { (&mut other, &mut one) };
        if let Err(error) = now.send(b"first") {
            assert!(matches!(error.disposition(), Disposition::Reload), "{error:?}");
            now.reload().unwrap();
        }
        for _ in 0..2 {
            let sent = now.send(b"x").unwrap();
            assert!(!used.contains(&sent.generation));
            used.push(sent.generation);
            at_bob.receive(&sent.message).unwrap();
        }
        // What the other handle has reserved is of a state that is gone: it may not know of a removal.
        assert!(matches!(later.send(b"behind").unwrap_err().disposition(), Disposition::Reload));
    }
}
}

scenario! {
fn a_handle_that_is_behind_a_commit_sends_nothing_from_its_reserve() {
    let (alice, mut one, _, mut at_bob) = pair();
    let sent = one.send(b"reserves").unwrap().message;
    at_bob.receive(&sent).unwrap();
    let mut other = alice.group(one.id());
    let commit = other.update().unwrap();
    deliver(&mut other, &commit, &mut [&mut at_bob]);
    assert!(matches!(one.send(b"to the old epoch").unwrap_err().disposition(), Disposition::Reload));
    one.reload().unwrap();
    assert_talk(&mut one, &mut at_bob);
}
}

scenario! {
fn a_backlog_that_can_be_stored_in_part_says_where_it_stopped() {
    let (_, mut at_alice, bob, mut at_bob) = pair();
    let log: Vec<_> = (0..200_u32).map(|n| at_alice.send(&n.to_be_bytes()).unwrap().message).collect();
    bob.store.fail_after(1, crate::world::Failure::Lost);
    let outcomes = at_bob.receive_all(&log).unwrap();
    assert_eq!(outcomes.len(), 200);
    assert!(outcomes[..64].iter().all(Result::is_ok));
    assert!(matches!(&outcomes[64], Err(ReceiveError::Driver(DriverError::Storage(_)))));
    assert!(outcomes[65..].iter().all(|outcome| matches!(outcome, Err(ReceiveError::Driver(DriverError::Skipped)))));
    assert!(at_bob.receive_all(&log[64..]).unwrap().iter().all(Result::is_ok));
    assert_talk(&mut at_alice, &mut at_bob);
}
}

fn keep(event: &Event) -> AppWrites {
    let Event::Message(received) = event else { panic!("not a message: {event:?}") };
    let data = received.data.clone();
    AppWrites::new(move |transaction| {
        let mut inbox = transaction.get(b"inbox")?.map(|inbox| inbox.as_bytes().to_vec()).unwrap_or_default();
        inbox.extend_from_slice(&data);
        transaction.put(b"inbox", &inbox)?;
        Ok(())
    })
}

scenario! {
fn what_the_application_keeps_is_written_with_the_message() {
    let (_, mut at_alice, bob, mut at_bob) = pair();
    let commits = bob.store.commits();
    for data in [b"a", b"b"] {
        let sent = at_alice.send(data).unwrap().message;
        assert_eq!(message(at_bob.receive_with(&sent, keep).unwrap()).data, data);
        assert!(matches!(at_bob.receive_with(&sent, keep).unwrap_err().disposition(), Disposition::Duplicate));
    }
    assert_eq!(bob.store.commits(), commits + 2);

    // The application fails: the message is as good as new.
    let sent = at_alice.send(b"c").unwrap().message;
    let error = at_bob.receive_with(&sent, |_| AppWrites::new(|_| Err("no room".into()))).unwrap_err();
    let ReceiveError::Driver(DriverError::Storage(error)) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), StorageErrorKind::Application);

    // What was written is there for the next one.
    let inbox = |event: &Event| {
        drop(keep(event));
        AppWrites::new(|transaction| {
            let inbox = transaction.get(b"inbox")?.ok_or("no inbox")?;
            if inbox.as_bytes() == b"ab" { Ok(()) } else { Err("another inbox".into()) }
        })
    };
    assert_eq!(message(at_bob.receive_with(&sent, inbox).unwrap()).data, b"c");
}
}
