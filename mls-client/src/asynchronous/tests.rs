#![allow(clippy::unwrap_used, reason = "tests")]

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use super::{AsyncClient, AsyncClientBuilder, AsyncExternalJoin, AsyncGroup};
use crate::{
    BasicIdentity, Blocking, CipherSuite, Client, ClientBuilder, Credential, Event, ExternalJoin, Group,
    GroupInfoOptions, MemoryStorage,
};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

/// Runs a future that is ready, and sees to it that it may move between threads.
fn run<T>(future: impl Future<Output = T> + Send) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("not ready"),
    }
}

fn client() -> AsyncClient {
    let store = Arc::new(Blocking::new(Arc::new(MemoryStorage::new())));
    run(AsyncClient::builder(store, Arc::new(Blocking::new(Arc::new(BasicIdentity::new())))).build()).unwrap()
}

#[test]
fn handles_may_be_shared_between_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<Client>();
    shared::<Group>();
    shared::<ExternalJoin>();
    shared::<AsyncClient>();
    shared::<AsyncGroup>();
    shared::<AsyncExternalJoin>();
    const fn moved<T: Send>() {}
    moved::<ClientBuilder>();
    moved::<AsyncClientBuilder>();
}

#[test]
fn a_conversation() {
    let (alice, bob) = (client(), client());
    let alice_id = run(alice.new_identity(SUITE, Credential::basic("alice"))).unwrap();
    let bob_id = run(bob.new_identity(SUITE, Credential::basic("bob"))).unwrap();
    let mut at_alice = run(alice.create_group(&alice_id)).unwrap();
    let key_package = run(bob.key_package(&bob_id)).unwrap().message;
    let commit = run(at_alice.add(&[key_package])).unwrap();
    run(at_alice.accept_commit()).unwrap();
    let mut at_bob = run(bob.join(&commit.welcome.unwrap(), None)).unwrap();

    let sent = run(at_bob.send(b"hello")).unwrap().message;
    let Event::Message(hello) = run(at_alice.receive(&sent)).unwrap() else { panic!("no message") };
    assert_eq!(hello.data, b"hello");
    let backlog = [run(at_alice.send(b"1")).unwrap().message, run(at_alice.send(b"2")).unwrap().message];
    assert_eq!(run(at_bob.receive_all(&backlog)).unwrap().len(), 2);
    assert_eq!(run(at_alice.members()).unwrap().len(), 2);

    let info = run(at_alice.group_info(GroupInfoOptions::default())).unwrap();
    assert!(!info.is_empty());
    let commit = run(at_alice.remove(&[at_bob.own_leaf()])).unwrap();
    run(at_alice.accept_commit()).unwrap();
    assert!(matches!(run(at_bob.receive(&commit.message)).unwrap(), Event::Removed(_)));
    assert!(run(bob.groups()).unwrap().is_empty());
}

const fn may_move_between_threads<T: Send>(_: &T) {}

/// Never run: it compiles where the futures are `Send`.
async fn operations_of_a_client(client: &AsyncClient, identity: &crate::Identity, id: &crate::GroupId) {
    may_move_between_threads(&client.new_signer(SUITE));
    may_move_between_threads(&client.key_package(identity));
    may_move_between_threads(&client.create_group(identity));
    may_move_between_threads(&client.join(&[], None));
    may_move_between_threads(&client.join_external(identity, &[], None));
    may_move_between_threads(&client.forget_psk(&[]));
    may_move_between_threads(&client.load_group(id));
    may_move_between_threads(&client.groups());
    may_move_between_threads(&client.resume());
}

/// Never run: it compiles where the futures are `Send`.
async fn operations_of_a_group(group: &mut AsyncGroup, join: AsyncExternalJoin) {
    may_move_between_threads(&group.send(&[]));
    may_move_between_threads(&group.receive(&[]));
    may_move_between_threads(&group.receive_all([&[][..]]));
    may_move_between_threads(&group.add(&[[]]));
    may_move_between_threads(&group.update());
    may_move_between_threads(&group.accept_commit());
    may_move_between_threads(&group.drop_commit());
    may_move_between_threads(&group.pending_commit());
    may_move_between_threads(&group.members());
    may_move_between_threads(&group.export(&[], &[], 0));
    may_move_between_threads(&group.group_info(GroupInfoOptions::default()));
    may_move_between_threads(&group.ratchet_tree());
    may_move_between_threads(&group.reload());
    may_move_between_threads(&join.accept());
}

#[test]
fn futures_may_move_between_threads() {
    let _ = (operations_of_a_client, operations_of_a_group);
}
