use mls_client::{Disposition, Event};

use crate::everywhere::{Backend, with};
use crate::world::{assert_in_step, assert_talk, deliver, group_of, message, pair};

scenario! { fn a_backlog_is_one_transaction() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (carol, mut at_carol) = others.pop().unwrap();
    let (_, mut at_bob) = others.pop().unwrap();

    // Carol is offline.
    let mut log = Vec::new();
    for n in 0..4_u8 {
        log.push(at_alice.send(&[n]).unwrap().message);
        let commit = at_bob.update().unwrap();
        deliver(&mut at_bob, &commit, &mut [&mut at_alice]);
        log.push(commit.message);
    }
    let commits = carol.store.commits();
    let events = at_carol.receive_all(&log).unwrap();
    assert_eq!(carol.store.commits(), commits + 1);
    assert_eq!(events.len(), 8);
    for (n, event) in events.into_iter().enumerate() {
        match event.unwrap() {
            Event::Message(received) => assert_eq!(received.data, [u8::try_from(n / 2).unwrap()]),
            Event::Epoch(change) => assert_eq!(change.epoch, 2 + u64::try_from(n / 2).unwrap()),
            other => panic!("{other:?}"),
        }
    }
    assert_in_step(&at_alice, &at_carol);

    // What was stored is what is in memory.
    let mut loaded = carol.group(at_alice.id());
    assert_talk(&mut at_alice, &mut loaded);
} }

scenario! { fn a_message_that_fails_is_reported_in_its_place() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let one = at_alice.send(b"one").unwrap().message;
    let mut broken = at_alice.send(b"broken").unwrap().message;
    *broken.last_mut().unwrap() ^= 1;
    let two = at_alice.send(b"two").unwrap().message;
    let mut events = at_bob.receive_all([&one, &broken, &one, &two]).unwrap().into_iter();
    assert_eq!(message(events.next().unwrap().unwrap()).data, b"one");
    assert!(events.next().unwrap().is_err());
    let again = events.next().unwrap().unwrap_err();
    assert!(matches!(again.disposition(), Disposition::Duplicate));
    assert_eq!(message(events.next().unwrap().unwrap()).data, b"two");
} }

scenario! { fn nothing_to_do_is_no_transaction() {
    let (_, _, bob, mut at_bob) = pair();
    let commits = bob.store.commits();
    let none: [&[u8]; 0] = [];
    assert!(at_bob.receive_all(none).unwrap().is_empty());
    assert_eq!(at_bob.receive_all([[0_u8]]).unwrap().len(), 1);
    assert_eq!(bob.store.commits(), commits);
} }

scenario! { fn a_backlog_that_cannot_be_stored_is_taken_back() {
    let (_, mut at_alice, bob, mut at_bob) = pair();
    let mut log = vec![at_alice.send(b"before").unwrap().message];
    let commit = at_alice.update().unwrap();
    at_alice.accept_commit().unwrap();
    log.push(commit.message);
    log.push(at_alice.send(b"after").unwrap().message);

    bob.store.break_commits(true);
    assert!(at_bob.receive_all(&log).is_err());
    assert_eq!(at_bob.epoch(), 1);
    bob.store.break_commits(false);
    let events = at_bob.receive_all(&log).unwrap();
    assert!(events.iter().all(Result::is_ok), "{events:?}");
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn a_removal_ends_a_backlog() {
    let (_, mut at_alice, bob, mut at_bob) = pair();
    let mut log = vec![at_alice.send(b"before").unwrap().message];
    let commit = at_alice.remove(&[at_bob.own_leaf()]).unwrap();
    at_alice.accept_commit().unwrap();
    log.push(commit.message);
    log.push(at_alice.send(b"after").unwrap().message);
    let events = at_bob.receive_all(&log).unwrap();
    assert!(matches!(events[0], Ok(Event::Message(_))));
    assert!(matches!(events[1], Ok(Event::Removed(_))));
    assert!(events[2].is_err());
    assert!(bob.client.groups().unwrap().is_empty());
} }

/// 64 messages are a transaction. With the fastest backend: a thousand signatures, eight times.
#[test]
fn a_thousand_messages_are_sixteen_transactions() {
    with(Backend::AwsLc, || {
        let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
        let (carol, mut at_carol) = others.pop().unwrap();
        let (_, mut at_bob) = others.pop().unwrap();

        // Two talk while Carol is offline, and every hundred messages there is another epoch.
        let mut log = Vec::new();
        for n in 0..1000_u16 {
            if n % 100 == 99 {
                let commit = at_bob.update().unwrap();
                deliver(&mut at_bob, &commit, &mut [&mut at_alice]);
                log.push(commit.message);
            } else {
                let sender = if n % 3 == 0 { &mut at_bob } else { &mut at_alice };
                log.push(sender.send(&n.to_be_bytes()).unwrap().message);
            }
        }
        let commits = carol.store.commits();
        let events = at_carol.receive_all(&log).unwrap();
        assert_eq!(carol.store.commits() - commits, 1000_usize.div_ceil(64));
        for (n, event) in (0..1000_u16).zip(events) {
            match event.unwrap() {
                Event::Message(received) => assert_eq!(received.data, n.to_be_bytes()),
                Event::Epoch(change) => assert_eq!(change.epoch, 2 + u64::from(n / 100)),
                other => panic!("{other:?}"),
            }
        }
        let mut loaded = carol.group(at_alice.id());
        assert_talk(&mut at_alice, &mut loaded);
    });
}
