//! A store that fails when it is told to.

extern crate std;

use alloc::vec::Vec;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mls_crypto_traits::SecretBytes;

use crate::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use crate::storage::{AppWrites, Storage, StorageError, StorageErrorKind};

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breakdown {
    /// Before the inner store is asked: nothing is read or written.
    Before,
    /// After it has answered: all is written, and nobody is told.
    After,
}

/// A store that fails at a call that is chosen beforehand, to test what drives it: with each call of an operation broken
/// in turn, the operation must have happened or not, and say so.
///
/// ```
/// use mls_core::storage::Storage;
/// use mls_core::storage::conformance::{Breakdown, FaultyStorage};
///
/// fn every_call<S: Storage>(inner: impl Fn() -> S, operation: impl Fn(&FaultyStorage<S>) -> bool) {
///     for number in 0.. {
///         let store = FaultyStorage::new(inner());
///         store.fail_at(number, Breakdown::Before);
///         let done = operation(&store);
///         if !store.has_failed() {
///             break;
///         }
///         assert!(!done);
///     }
/// }
/// ```
#[derive(Debug)]
pub struct FaultyStorage<S> {
    inner: S,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    due: Option<(u64, Breakdown)>,
    failed: bool,
    calls: u64,
}

impl<S> FaultyStorage<S> {
    /// A store that does not fail yet.
    pub fn new(inner: S) -> Self {
        Self { inner, plan: Mutex::default() }
    }

    /// The store itself.
    pub const fn inner(&self) -> &S {
        &self.inner
    }

    /// Lets `calls` calls pass, reads as well as writes; the one after them fails, once.
    pub fn fail_at(&self, calls: u64, breakdown: Breakdown) {
        *self.plan() = Plan { due: Some((calls, breakdown)), ..Plan::default() };
    }

    /// Whether that has happened since it was asked for.
    pub fn has_failed(&self) -> bool {
        self.plan().failed
    }

    /// How many calls there were since then.
    pub fn calls(&self) -> u64 {
        self.plan().calls
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call<T>(&self, work: impl FnOnce() -> Result<T, StorageError>) -> Result<T, StorageError> {
        let due = {
            let mut plan = self.plan();
            let number = plan.calls;
            plan.calls = number.saturating_add(1);
            let due = plan.due.take_if(|(at, _)| *at == number).map(|(_, breakdown)| breakdown);
            plan.failed |= due.is_some();
            due
        };
        let broken = || StorageError::new(StorageErrorKind::Other);
        match due {
            None => work(),
            Some(Breakdown::Before) => Err(broken()),
            Some(Breakdown::After) => work().and_then(|_| Err(broken())),
        }
    }
}

impl<S: Storage> Storage for FaultyStorage<S> {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        self.call(|| self.inner.read(keys))
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.call(|| self.inner.scan(prefix))
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        self.call(|| self.inner.commit(delta))
    }

    fn commit_with(&self, delta: &Delta, app: AppWrites) -> Result<Durable, StorageError> {
        self.call(|| self.inner.commit_with(delta, app))
    }
}
