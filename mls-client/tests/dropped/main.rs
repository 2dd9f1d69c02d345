//! Futures that are dropped at each of their awaits: the group is as it was before or as it is after.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod moves;
mod observed;
mod recovery;
mod successor;

use core::cell::RefCell;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use mls_client::mls_core::identity::{CredentialCheck, IdentityError, MemberId};
use mls_client::mls_core::psk::{PreSharedKeyId, PskValue};
use mls_client::mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_client::mls_core::rules::{ProposalQuestion, Ruling};
use mls_client::mls_core::storage::{BoxFuture, StorageError};
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{
    AppWrites, AsyncClient, AsyncGroup, AsyncIdentityProvider, AsyncMlsRules, AsyncStorage, BasicIdentity, CipherSuite,
    Client, Credential, DefaultRules, Disposition, Event, Group, GroupId, GroupInfoOptions, Identity, IdentityProvider,
    Limits, MemoryStorage, MlsRules, Proposing, Repeat, Storage,
};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

/// Is pending once.
async fn pause() {
    let mut paused = false;
    core::future::poll_fn(|_| if core::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}

/// Whatever it is, with futures that are pending before they do what they are asked, and after.
struct Slow<T>(Arc<T>);

impl<T: Storage> AsyncStorage for Slow<T> {
    fn read<'a>(&'a self, keys: &'a [RecordKey]) -> BoxFuture<'a, Result<Vec<Option<SecretBytes>>, StorageError>> {
        Box::pin(slowly(|| self.0.read(keys)))
    }

    fn scan<'a>(&'a self, prefix: &'a RecordPrefix) -> BoxFuture<'a, Result<RecordSet, StorageError>> {
        Box::pin(slowly(|| self.0.scan(prefix)))
    }

    fn commit<'a>(&'a self, delta: &'a Delta) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(slowly(|| self.0.commit(delta)))
    }

    fn commit_with<'a>(&'a self, delta: &'a Delta, app: AppWrites) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(slowly(|| self.0.commit_with(delta, app)))
    }
}

impl AsyncIdentityProvider for Slow<BasicIdentity> {
    fn validate<'a>(&'a self, check: &'a CredentialCheck) -> BoxFuture<'a, Result<MemberId, IdentityError>> {
        Box::pin(slowly(|| self.0.validate(check)))
    }
}

impl AsyncMlsRules for Slow<DefaultRules> {
    fn judge<'a>(&'a self, question: &'a ProposalQuestion) -> BoxFuture<'a, Ruling> {
        Box::pin(slowly(|| self.0.judge(question)))
    }

    fn allows_psk_of_another_group<'a>(&'a self, psk: &'a PreSharedKeyId) -> BoxFuture<'a, bool> {
        Box::pin(slowly(|| self.0.allows_psk_of_another_group(psk)))
    }
}

async fn slowly<T>(work: impl FnOnce() -> T) -> T {
    pause().await;
    let done = work();
    pause().await;
    done
}

/// Polls a future that many times and then drops it; its value where it was ready by then.
fn poll_times<T>(future: impl Future<Output = T>, times: usize) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..times {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(value);
        }
    }
    None
}

fn run<T>(future: impl Future<Output = T>) -> T {
    poll_times(future, 10_000).unwrap()
}

/// Alice's side, over futures; Bob's, who is there to talk to.
struct World {
    alice: AsyncClient,
    alice_id: Identity,
    at_alice: AsyncGroup,
    store: Arc<MemoryStorage>,
    bob: Client,
    bob_id: Identity,
    at_bob: Group,
}

fn client(store: &Arc<MemoryStorage>) -> AsyncClient {
    let identity = Arc::new(Slow(Arc::new(BasicIdentity::new())));
    let mut limits = Limits::default();
    limits.rewind = true;
    let builder = AsyncClient::builder(Arc::new(Slow(Arc::clone(store))), identity)
        .limits(limits)
        .rules(Arc::new(Slow(Arc::new(DefaultRules::new().allow_external_commits()))));
    run(builder.build()).unwrap()
}

fn world() -> World {
    let store = Arc::new(MemoryStorage::new());
    let alice = client(&store);
    let alice_id = run(alice.new_identity(SUITE, Credential::basic("alice"))).unwrap();
    let bob = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new()))
        .rules(Arc::new(DefaultRules::new().allow_external_commits()))
        .build()
        .unwrap();
    let bob_id = bob.new_identity(SUITE, Credential::basic("bob")).unwrap();
    let mut at_bob = bob.create_group(&bob_id).unwrap();
    let commit = at_bob.add(&[run(alice.key_package(&alice_id)).unwrap().message]).unwrap();
    at_bob.accept_commit().unwrap();
    let at_alice = run(alice.join(&commit.welcome.unwrap(), None)).unwrap();
    World { alice, alice_id, at_alice, store, bob, bob_id, at_bob }
}

/// What is sent by one arrives at the other, both ways, and nothing in the store contradicts what is in memory.
fn talk(world: &mut World) {
    let World { alice, at_alice, at_bob, .. } = world;
    let sent = run(at_alice.send(b"there")).unwrap().message;
    assert_eq!((at_alice.epoch(), at_alice.epoch_authenticator()), (at_bob.epoch(), at_bob.epoch_authenticator()));
    assert!(matches!(at_bob.receive(&sent).unwrap(), Event::Message(_)));
    let back = at_bob.send(b"back").unwrap().message;
    assert!(matches!(run(at_alice.receive(&back)).unwrap(), Event::Message(_)));
    let mut loaded = run(alice.load_group(at_alice.id())).unwrap();
    assert_eq!(loaded.epoch_authenticator(), at_alice.epoch_authenticator());
    assert_eq!(loaded.has_pending_commit(), at_alice.has_pending_commit());
    let sent = run(loaded.send(b"loaded")).unwrap().message;
    assert!(matches!(at_bob.receive(&sent).unwrap(), Event::Message(_)));
    run(at_alice.reload()).unwrap();
}

/// Drops an operation at its first await, then its second, in a world of its own each time, and looks what came of it;
/// until it comes to its end. How many awaits there were.
fn drop_everywhere<T>(
    mut operation: impl FnMut(&mut World, usize) -> Option<T>,
    mut check: impl FnMut(&mut World, Option<T>),
) -> usize {
    for times in 1.. {
        let mut world = world();
        let done = operation(&mut world, times);
        let finished = done.is_some();
        check(&mut world, done);
        talk(&mut world);
        if finished {
            println!("dropped at {} awaits", times - 1);
            return times - 1;
        }
    }
    0
}

#[test]
fn sending() {
    let awaits = drop_everywhere(
        |world, times| poll_times(world.at_alice.send(b"x"), times).map(Result::unwrap),
        |world, done| {
            let Some(sent) = done else { return };
            assert!(matches!(world.at_bob.receive(&sent.message).unwrap(), Event::Message(_)));
        },
    );
    assert!(awaits >= 2, "{awaits}");
}

#[test]
fn sending_from_the_reserve() {
    drop_everywhere(
        |world, times| {
            assert_eq!(run(world.at_alice.send(b"reserves")).unwrap().generation, 0);
            let sent = poll_times(world.at_alice.send(b"x"), times)?.unwrap();
            assert_eq!(sent.generation, 1);
            Some(())
        },
        |world, done| {
            let next = run(world.at_alice.send(b"next")).unwrap().generation;
            // One that was never yielded is used by the next.
            assert_eq!(next, if done.is_some() { 2 } else { 1 });
        },
    );
}

#[test]
fn receiving() {
    let message = RefCell::new(Vec::new());
    drop_everywhere(
        |world, times| {
            message.replace(world.at_bob.send(b"x").unwrap().message);
            poll_times(world.at_alice.receive(&message.borrow()), times).map(Result::unwrap)
        },
        |world, done| match run(world.at_alice.receive(&message.borrow())) {
            Ok(event) => assert!(done.is_none() && matches!(event, Event::Message(_))),
            Err(error) => assert_eq!(error.disposition(), Disposition::Duplicate),
        },
    );
}

#[test]
fn receiving_with_the_application() {
    let message = RefCell::new(Vec::new());
    let keep = |event: &Event| {
        let Event::Message(received) = event else { panic!("{event:?}") };
        let data = received.data.clone();
        AppWrites::new(move |transaction| Ok(transaction.put(b"inbox", &data)?))
    };
    drop_everywhere(
        |world, times| {
            message.replace(world.at_bob.send(b"x").unwrap().message);
            poll_times(world.at_alice.receive_with(&message.borrow(), keep), times).map(Result::unwrap)
        },
        |world, _| {
            // The application has it exactly where the group has.
            let kept = world.store.app_value(b"inbox").is_some();
            match run(world.at_alice.receive(&message.borrow())) {
                Ok(_) => assert!(!kept),
                Err(error) => assert!(kept && error.disposition() == Disposition::Duplicate),
            }
        },
    );
}

#[test]
fn receiving_a_backlog() {
    let log = RefCell::new(Vec::new());
    drop_everywhere(
        |world, times| {
            let before = world.at_bob.send(b"1").unwrap().message;
            let commit = world.at_bob.update().unwrap().message;
            world.at_bob.accept_commit().unwrap();
            let after = world.at_bob.send(b"2").unwrap().message;
            log.replace(vec![before, commit, after]);
            poll_times(world.at_alice.receive_all(log.borrow().iter()), times).map(Result::unwrap)
        },
        |world, done| {
            let outcomes = run(world.at_alice.receive_all(log.borrow().iter())).unwrap();
            let new = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            assert!(new == 3 || new == 0, "{outcomes:?}");
            assert!(done.is_none() || new == 0);
        },
    );
}

#[test]
fn proposing() {
    drop_everywhere(
        |world, times| {
            poll_times(world.at_alice.propose(&Proposing::Update(mls_client::LeafChange::default())), times)
                .map(Result::unwrap)
        },
        |world, done| {
            let repeats = run(world.alice.resume()).unwrap();
            assert!(done.is_none() || repeats.len() == 1);
            let made = repeats.into_iter().next();
            if let Some(Repeat::Proposal { proposal, .. }) = made {
                assert!(done.is_none_or(|done| done.message == proposal.message));
                assert!(matches!(world.at_bob.receive(&proposal.message).unwrap(), Event::Proposal(_)));
            }
            // The proposals have to be committed before anything is sent.
            let commit = world.at_bob.update().unwrap().message;
            world.at_bob.accept_commit().unwrap();
            run(world.at_alice.receive(&commit)).unwrap();
        },
    );
}

/// The same with one step that is dropped, where Alice and Bob do not talk in the end.
fn each_await(mut step: impl FnMut(usize) -> bool) {
    for times in 1.. {
        if step(times) {
            assert!(times > 1, "nothing was awaited");
            println!("dropped at {} awaits", times - 1);
            return;
        }
    }
}

/// A group as it is in the store.
fn loaded(world: &World, id: &GroupId) -> AsyncGroup {
    run(world.alice.load_group(id)).unwrap()
}

/// What one sends the other reads.
fn heard(sender: &mut AsyncGroup, reader: &mut Group) {
    let sent = run(sender.send(b"heard")).unwrap().message;
    assert!(matches!(reader.receive(&sent).unwrap(), Event::Message(_)));
}

const fn public() -> GroupInfoOptions {
    GroupInfoOptions { external_pub: true, ratchet_tree: true }
}

/// Makes the commit that is pending at Alice happen, where there is one.
fn settle(world: &mut World) -> bool {
    let Some(commit) = run(world.at_alice.pending_commit()).unwrap() else { return false };
    world.at_bob.receive(&commit.message).unwrap();
    run(world.at_alice.accept_commit()).unwrap();
    true
}

#[test]
fn committing() {
    let mut made = 0;
    let awaits = drop_everywhere(
        |world, times| poll_times(world.at_alice.update(), times).map(Result::unwrap),
        |world, done| {
            let pending = run(world.at_alice.pending_commit()).unwrap();
            if let Some(done) = &done {
                assert_eq!(pending.as_ref().map(|commit| &commit.message), Some(&done.message));
            }
            let resumed = run(world.alice.resume()).unwrap().len();
            assert_eq!(resumed, usize::from(pending.is_some()));
            made += usize::from(settle(world));
        },
    );
    // Once before the store has written, once after: both are seen.
    assert!(made >= 2 && made < awaits, "{made} of {awaits}");
}

#[test]
fn accepting_a_commit() {
    drop_everywhere(
        |world, times| {
            let commit = run(world.at_alice.update()).unwrap();
            world.at_bob.receive(&commit.message).unwrap();
            poll_times(world.at_alice.accept_commit(), times).map(Result::unwrap)
        },
        |world, _| {
            if run(world.at_alice.pending_commit()).unwrap().is_some() {
                run(world.at_alice.accept_commit()).unwrap();
            }
        },
    );
}

#[test]
fn dropping_a_commit() {
    drop_everywhere(
        |world, times| {
            run(world.at_alice.update()).unwrap();
            poll_times(world.at_alice.drop_commit(), times).map(Result::unwrap)
        },
        |world, done| {
            let pending = settle(world);
            assert!(done.is_none() || !pending);
        },
    );
}

#[test]
fn processing_a_commit() {
    let message = RefCell::new(Vec::new());
    drop_everywhere(
        |world, times| {
            message.replace(world.at_bob.update().unwrap().message);
            world.at_bob.accept_commit().unwrap();
            poll_times(world.at_alice.receive(&message.borrow()), times).map(Result::unwrap)
        },
        |world, done| {
            let again = run(world.at_alice.receive(&message.borrow()));
            assert!(done.is_none() || again.is_err());
        },
    );
}

#[test]
fn founding_and_joining() {
    for times in 1.. {
        let world = world();
        let id = |groups: &[GroupId]| groups.len();
        let made = poll_times(world.alice.create_group(&world.alice_id), times).map(Result::unwrap);
        let groups = run(world.alice.groups()).unwrap();
        assert!((1..=2).contains(&id(&groups)));
        if made.is_some() {
            break;
        }
    }
    for times in 1.. {
        let world = world();
        let mut other = world.bob.create_group(&world.bob_id).unwrap();
        let commit = other.add(&[run(world.alice.key_package(&world.alice_id)).unwrap().message]).unwrap();
        other.accept_commit().unwrap();
        let welcome = commit.welcome.unwrap();
        let done = poll_times(world.alice.join(&welcome, None), times).map(Result::unwrap);
        // The key package is unused, or used up with the group stored.
        let mut joined = match run(world.alice.join(&welcome, None)) {
            Ok(joined) => joined,
            Err(_) => run(world.alice.load_group(other.id())).unwrap(),
        };
        let sent = run(joined.send(b"in")).unwrap().message;
        assert!(matches!(other.receive(&sent).unwrap(), Event::Message(_)));
        if done.is_some() {
            break;
        }
    }
}

#[test]
fn joining_from_outside() {
    for times in 1.. {
        let mut world = world();
        let store = Arc::new(MemoryStorage::new());
        let carol = client(&store);
        let carol_id = run(carol.new_identity(SUITE, Credential::basic("carol"))).unwrap();
        let info = world.at_bob.group_info(public()).unwrap();
        let made = poll_times(carol.join_external(&carol_id, &info, None), times).map(Result::unwrap);
        let finished = made.is_some();
        let pending = run(carol.resume()).unwrap().pop();
        assert!(!finished || pending.is_some());
        if let Some(Repeat::ExternalJoin(join)) = pending {
            world.at_bob.receive(join.message()).unwrap();
            run(world.at_alice.receive(join.message())).unwrap();
            // Accepted, and that dropped at some await, too.
            let accepted = poll_times(join.accept(), times).map(Result::unwrap);
            let mut group = match (accepted, run(carol.resume()).unwrap().pop()) {
                (Some(group), _) => group,
                (None, Some(Repeat::ExternalJoin(join))) => run(join.accept()).unwrap(),
                (None, _) => run(carol.load_group(world.at_bob.id())).unwrap(),
            };
            let sent = run(group.send(b"in")).unwrap().message;
            assert!(matches!(world.at_bob.receive(&sent).unwrap(), Event::Message(_)));
        }
        if finished {
            break;
        }
    }
}

#[test]
fn what_belongs_to_no_group() {
    let psk = PskValue::from_bytes(SecretBytes::from_slice(&[1; 32]));
    for times in 1..16 {
        let world = world();
        let _ = poll_times(world.alice.store_psk(b"psk", &psk), times);
        let _ = poll_times(world.alice.forget_psk(b"psk"), times);
        let _ = poll_times(world.alice.key_package(&world.alice_id), times);
        let _ = poll_times(world.alice.new_signer(SUITE), times);
        // Whatever was stored can be loaded.
        let again = client(&world.store);
        assert!(again.signers().contains(&world.alice_id.signature_key));
        assert_eq!(run(again.groups()).unwrap().len(), 1);
    }
}

#[test]
fn looking_without_changing() {
    for times in 1..12 {
        let mut world = world();
        let before = world.store.len();
        let _ = poll_times(world.at_alice.members(), times);
        let _ = poll_times(world.at_alice.export(b"label", b"", 16), times);
        let _ = poll_times(world.at_alice.group_info(GroupInfoOptions::default()), times);
        let _ = poll_times(world.at_alice.ratchet_tree(), times);
        let _ = poll_times(world.at_alice.reload(), times);
        assert_eq!(world.store.len(), before);
        talk(&mut world);
    }
}
