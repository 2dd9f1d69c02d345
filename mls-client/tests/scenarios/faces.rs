//! Both faces under one.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll};
use std::sync::Arc;
use std::task::Wake;
use std::thread::Thread;

use mls_client::mls_core::record::{Delta, Durable, RecordKey, RecordPrefix};
use mls_client::mls_core::storage::{BoxFuture, StorageError};
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{
    AppWrites, AsyncClient, AsyncExternalJoin, AsyncGroup, AsyncObservedGroup, AsyncStorage, AsyncSuccessor, Storage,
};

/// What either face answers; where it is asynchronous, once it does.
macro_rules! both {
    ($client:expr, $face:ident => $call:expr) => {
        match $client {
            Self::Blocking($face) => $call,
            Self::Async($face) => $crate::faces::block_on($call),
        }
    };
}

/// What either face knows at once.
macro_rules! plain {
    ($client:expr, $face:ident => $call:expr) => {
        match $client {
            Self::Blocking($face) => $call,
            Self::Async($face) => $call,
        }
    };
}

/// What either face makes, as the same face of it.
macro_rules! made {
    ($made:ident, $client:expr, $face:ident => $call:expr) => {
        Ok(match $client {
            Self::Blocking($face) => $made::Blocking($call?),
            Self::Async($face) => $made::Async($crate::faces::block_on($call)?),
        })
    };
}

// After the macros, which they use.
mod client;
mod group;
mod observed;
mod successor;

/// A client, seen through either face.
#[derive(Clone, Debug)]
pub(crate) enum Client {
    Blocking(mls_client::Client),
    Async(AsyncClient),
}

/// A group, seen through either face.
#[derive(Debug)]
pub(crate) enum Group {
    Blocking(mls_client::Group),
    Async(AsyncGroup),
}

/// An external join, seen through either face.
#[derive(Debug)]
pub(crate) enum ExternalJoin {
    Blocking(mls_client::ExternalJoin),
    Async(AsyncExternalJoin),
}

/// A successor, seen through either face.
#[derive(Debug)]
pub(crate) enum Successor {
    Blocking(mls_client::Successor),
    Async(AsyncSuccessor),
}

/// A group that is observed, seen through either face.
#[derive(Debug)]
pub(crate) enum ObservedGroup {
    Blocking(mls_client::ObservedGroup),
    Async(AsyncObservedGroup),
}

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
pub(crate) async fn yield_once() {
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

    fn scan<'a>(
        &'a self,
        prefix: &'a RecordPrefix,
    ) -> BoxFuture<'a, Result<Vec<(RecordKey, SecretBytes)>, StorageError>> {
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
