use std::sync::Arc;

use mls_client::mls_core::framing::Sender;
use mls_client::mls_core::group as engine;
use mls_client::{BasicIdentity, Client, Disposition, Event, GroupInfoOptions, MemoryStorage, ReceiveError, Repeat};

use crate::world::{Party, assert_in_step, assert_talk, pair};

fn public() -> GroupInfoOptions {
    GroupInfoOptions { external_pub: true, ratchet_tree: true }
}

scenario! { fn anybody_with_a_group_info_may_join() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let carol = Party::new("carol");
    let info = at_alice.group_info(public()).unwrap();
    let join = carol.client.join_external(&carol.identity, &info, None).unwrap();
    assert!(carol.client.groups().unwrap().is_empty());
    let commit = join.message().to_vec();
    for group in [&mut at_alice, &mut at_bob] {
        let Event::Epoch(change) = group.receive(&commit).unwrap() else { panic!("no epoch") };
        assert_eq!(change.added.len(), 1);
    }
    let mut at_carol = join.accept().unwrap();
    assert_in_step(&at_alice, &at_carol);
    assert_talk(&mut at_alice, &mut at_carol);
    assert_talk(&mut at_bob, &mut at_carol);
} }

scenario! { fn an_external_join_survives_a_restart() {
    let (_, mut at_alice, _, _) = pair();
    let mut carol = Party::new("carol");
    let info = at_alice.group_info(public()).unwrap();
    let join = carol.client.join_external(&carol.identity, &info, None).unwrap();
    let commit = join.message().to_vec();
    drop(join);
    carol.restart();
    let Some(Repeat::ExternalJoin(join)) = carol.client.resume().unwrap().pop() else { panic!("nothing pending") };
    assert_eq!(join.message(), commit);
    at_alice.receive(&commit).unwrap();
    let mut at_carol = join.accept().unwrap();
    assert_talk(&mut at_alice, &mut at_carol);
    assert!(carol.client.resume().unwrap().is_empty());
} }

scenario! { fn an_external_join_may_be_given_up() {
    let (_, mut at_alice, _, _) = pair();
    let carol = Party::new("carol");
    let info = at_alice.group_info(public()).unwrap();
    let join = carol.client.join_external(&carol.identity, &info, None).unwrap();
    assert_eq!(&join.group_id(), at_alice.id());
    // Alice was faster.
    let commit = at_alice.update().unwrap();
    at_alice.receive(&commit.message).unwrap();
    assert!(at_alice.receive(join.message()).is_err());
    join.abandon().unwrap();
    assert!(carol.client.resume().unwrap().is_empty());
    let info = at_alice.group_info(public()).unwrap();
    let join = carol.client.join_external(&carol.identity, &info, None).unwrap();
    at_alice.receive(join.message()).unwrap();
    let mut at_carol = join.accept().unwrap();
    assert_talk(&mut at_alice, &mut at_carol);
} }

scenario! { fn an_external_join_is_accepted_once() {
    let (_, mut at_alice, _, _) = pair();
    let carol = Party::new("carol");
    let info = at_alice.group_info(public()).unwrap();
    let join = carol.client.join_external(&carol.identity, &info, None).unwrap();
    let Some(Repeat::ExternalJoin(again)) = carol.client.resume().unwrap().pop() else { panic!("nothing is pending") };
    let Some(Repeat::ExternalJoin(third)) = carol.client.resume().unwrap().pop() else { panic!("nothing is pending") };
    at_alice.receive(join.message()).unwrap();
    let mut at_carol = join.accept().unwrap();
    let sent = at_carol.send(b"once").unwrap();
    // To enter again would begin with generation 0 again.
    assert_eq!(again.accept().unwrap_err().disposition(), Disposition::Reload);
    assert_eq!(third.abandon().unwrap_err().disposition(), Disposition::Reload);
    assert!(at_carol.send(b"twice").unwrap().generation > sent.generation);
    assert_talk(&mut at_alice, &mut at_carol);
} }

// req: R-12.4.3.2-09
// bad: trap-05
scenario! { fn by_default_external_commits_are_refused() {
    let client = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new())).build().unwrap();
    let dave = Party::new("dave");
    let mut party = Party::new("alice");
    party.client = crate::faces::Client::Blocking(client);
    party.identity = party.client.new_identity(party.identity.cipher_suite, party.identity.credential.clone()).unwrap();
    let mut group = party.client.create_group(&party.identity).unwrap();
    let info = group.group_info(public()).unwrap();
    dave.clock.0.store(party.client.now().0, core::sync::atomic::Ordering::SeqCst);
    let join = dave.client.join_external(&dave.identity, &info, None).unwrap();
    let error = group.receive(join.message()).unwrap_err();
    let ReceiveError::Engine(engine::ReceiveError::InvalidCommit { sender: Sender::NewMemberCommit, rule }) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(*rule, engine::CommitRule::Policy);
    assert_eq!(group.epoch(), 0);
} }
