#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use core::future::Future;
use core::pin::pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::Wake;
use std::thread::Thread;

use mls_core::env::Env;
use mls_core::group::store_psk;
use mls_core::psk::PskValue;
use mls_core::record::RecordKey;
use mls_core::storage::AsyncStorage;
use mls_crypto_traits::SecretBytes;

use super::ThreadPool;
use crate::{BasicIdentity, Blocking, Client, MemoryStorage};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(std::thread::current())).into();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn work_is_done_on_another_thread() {
    let pool = ThreadPool::new(1).unwrap();
    let here = std::thread::current().id();
    let there = block_on(pool.submit(|| std::thread::current().id())).unwrap();
    assert_ne!(here, there);
}

#[test]
fn what_nobody_waits_for_before_its_turn_is_not_done() {
    let pool = ThreadPool::new(0).unwrap();
    let (release, released) = channel::<()>();
    let done = Arc::new(AtomicUsize::new(0));
    let count = |done: &Arc<AtomicUsize>| {
        let done = Arc::clone(done);
        move || done.fetch_add(1, Ordering::SeqCst)
    };
    let first = pool.submit(move || released.recv().unwrap());
    let second = pool.submit(count(&done));
    let third = pool.submit(count(&done));
    drop(second);
    release.send(()).unwrap();
    block_on(first).unwrap();
    assert_eq!(block_on(third).unwrap(), 0);
    assert_eq!(done.load(Ordering::SeqCst), 1);
}

#[test]
fn a_panic_is_an_error_and_the_pool_goes_on() {
    let pool = ThreadPool::new(1).unwrap();
    assert!(block_on(pool.submit(|| -> u8 { panic!("a store that panics") })).is_err());
    assert_eq!(block_on(pool.submit(|| 7)).unwrap(), 7);
}

#[test]
fn a_store_on_a_pool_is_the_store() {
    let pool = ThreadPool::new(1).unwrap();
    let memory = Arc::new(MemoryStorage::new());
    let store = Blocking::new(Arc::clone(&memory)).on_pool(&pool);
    let client = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new())).build().unwrap();
    let value = PskValue::from_bytes(SecretBytes::from_slice(&[5; 32]));
    let fresh = client.driver().engine(|env: &mut Env<'_>| store_psk(b"psk", &value, env)).unwrap();
    // Dropped before it is polled, nothing happens.
    drop(store.commit(fresh.delta()));
    assert!(memory.is_empty());
    // Polled once and dropped, all of it or nothing.
    let mut begun = store.commit(fresh.delta());
    let _ = begun.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    drop(begun);
    let durable = block_on(store.commit(fresh.delta())).unwrap();
    fresh.release(durable).unwrap();
    assert_eq!(memory.len(), 1);
    let key = RecordKey::Psk(b"psk".to_vec());
    let read = block_on(store.read(core::slice::from_ref(&key))).unwrap();
    assert_eq!(read.len(), 1);
    assert!(read.into_iter().next().flatten().is_some());
    let psks = block_on(store.scan(&mls_core::record::RecordPrefix::Psks)).unwrap();
    assert_eq!(psks.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), [key]);
}
