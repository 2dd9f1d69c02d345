//! The asynchronous face in tests: an executor, and a store that is never ready at once.

use core::pin::pin;
use core::task::{Context, Poll};
use std::sync::Arc;
use std::task::Wake;
use std::thread::Thread;

use mls_client::mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_client::mls_core::storage::{BoxFuture, StorageError};
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{AppWrites, AsyncStorage, Storage};

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(std::thread::current())).into();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Is pending once, and wakes whoever waits.
async fn yield_once() {
    let mut yielded = false;
    core::future::poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A blocking store whose futures are pending before and after what they do.
pub(crate) struct Yielding<S>(pub(crate) Arc<S>);

impl<S: Storage> AsyncStorage for Yielding<S> {
    fn read<'a>(&'a self, keys: &'a [RecordKey]) -> BoxFuture<'a, Result<Vec<Option<SecretBytes>>, StorageError>> {
        Box::pin(async {
            yield_once().await;
            let answer = self.0.read(keys);
            yield_once().await;
            answer
        })
    }

    fn scan<'a>(&'a self, prefix: &'a RecordPrefix) -> BoxFuture<'a, Result<RecordSet, StorageError>> {
        Box::pin(async {
            yield_once().await;
            let answer = self.0.scan(prefix);
            yield_once().await;
            answer
        })
    }

    fn commit<'a>(&'a self, delta: &'a Delta) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(async {
            yield_once().await;
            let answer = self.0.commit(delta);
            yield_once().await;
            answer
        })
    }

    fn commit_with<'a>(&'a self, delta: &'a Delta, app: AppWrites) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(async {
            yield_once().await;
            let answer = self.0.commit_with(delta, app);
            yield_once().await;
            answer
        })
    }
}
