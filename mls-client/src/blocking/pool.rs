//! Blocking stores on threads of their own.

use core::future::Future;
use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::panic::catch_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_core::storage::{AppWrites, AsyncStorage, BoxFuture, Storage, StorageError, StorageErrorKind};
use mls_crypto_traits::SecretBytes;

type Job = Box<dyn FnOnce() + Send>;

/// A few threads that do blocking work for futures.
///
/// It is a handle: a clone is the same pool. The threads end when the last handle is dropped and what was begun is done.
///
/// A job that waits for another of the same pool waits for a thread, and for good where all of them do so: a store
/// that blocks on another client of its own pool needs a pool of its own.
#[derive(Clone)]
pub struct ThreadPool {
    jobs: Arc<Mutex<Sender<Job>>>,
}

impl ThreadPool {
    /// A pool of `threads`, at least one. A store with one connection has no use for more than one.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn new(threads: usize) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads.max(1) {
            let receiver = Arc::clone(&receiver);
            std::thread::Builder::new().name("mls-store".to_owned()).spawn(move || work(&receiver))?;
        }
        Ok(Self { jobs: Arc::new(Mutex::new(sender)) })
    }

    /// Has `job` done, in the order of the calls; not, where the answer is dropped before it is begun.
    fn submit<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let slot = Arc::new(Mutex::new(Slot { state: State::Waiting, waker: None }));
        let answer = Answer { slot: Arc::clone(&slot) };
        let job: Job = Box::new(move || {
            // Nobody waits any more: it is as if it had never been asked.
            if Arc::strong_count(&slot) == 1 {
                return;
            }
            let state = catch_unwind(AssertUnwindSafe(job)).map_or(State::Gone, State::Done);
            let mut slot = lock(&slot);
            slot.state = state;
            if let Some(waker) = slot.waker.take() {
                waker.wake();
            }
        });
        if lock(&self.jobs).send(job).is_err() {
            lock(&answer.slot).state = State::Gone;
        }
        answer
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting, not while working.
        let job = lock(jobs).recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Slot<T> {
    state: State<T>,
    waker: Option<Waker>,
}

enum State<T> {
    Waiting,
    Done(T),
    /// The work panicked, or there is nobody to do it.
    Gone,
}

/// What a job comes to.
struct Answer<T> {
    slot: Arc<Mutex<Slot<T>>>,
}

impl<T> Future for Answer<T> {
    type Output = Result<T, StorageError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = lock(&self.slot);
        match core::mem::replace(&mut slot.state, State::Gone) {
            State::Done(done) => Poll::Ready(Ok(done)),
            State::Gone => Poll::Ready(Err(StorageError::new(StorageErrorKind::Other))),
            State::Waiting => {
                slot.state = State::Waiting;
                slot.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// A blocking store as an asynchronous one that works on a [`ThreadPool`]: [`Blocking::on_pool`](super::Blocking::on_pool)
/// makes it.
///
/// What it is asked is done in the order in which the futures are first polled. A future that is dropped before its turn
/// has done nothing; one that is dropped later, all: a delta is one transaction of the store.
pub struct OnPool<T: ?Sized> {
    inner: Arc<T>,
    pool: ThreadPool,
}

impl<T: ?Sized> OnPool<T> {
    pub(super) const fn new(inner: Arc<T>, pool: ThreadPool) -> Self {
        Self { inner, pool }
    }
}

impl<T: Storage + ?Sized + 'static> AsyncStorage for OnPool<T> {
    fn read<'a>(&'a self, keys: &'a [RecordKey]) -> BoxFuture<'a, Result<Vec<Option<SecretBytes>>, StorageError>> {
        Box::pin(async move {
            let (inner, keys) = (Arc::clone(&self.inner), keys.to_vec());
            self.pool.submit(move || inner.read(&keys)).await?
        })
    }

    fn scan<'a>(&'a self, prefix: &'a RecordPrefix) -> BoxFuture<'a, Result<RecordSet, StorageError>> {
        Box::pin(async move {
            let (inner, prefix) = (Arc::clone(&self.inner), prefix.clone());
            self.pool.submit(move || inner.scan(&prefix)).await?
        })
    }

    fn commit<'a>(&'a self, delta: &'a Delta) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(async move {
            // The thread may outlive the future that lends the delta.
            let (inner, delta) = (Arc::clone(&self.inner), delta.duplicate());
            self.pool.submit(move || inner.commit(&delta)).await?
        })
    }

    fn commit_with<'a>(&'a self, delta: &'a Delta, app: AppWrites) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(async move {
            let (inner, delta) = (Arc::clone(&self.inner), delta.duplicate());
            self.pool.submit(move || inner.commit_with(&delta, app)).await?
        })
    }
}

impl core::fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { jobs: _ } = self;
        f.debug_struct("ThreadPool").finish_non_exhaustive()
    }
}

impl<T: ?Sized> core::fmt::Debug for OnPool<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { inner: _, pool: _ } = self;
        f.debug_struct("OnPool").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
