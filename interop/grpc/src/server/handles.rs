//! The handles that the server makes up.

use core::sync::atomic::{AtomicU32, Ordering};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::failure::Failure;

/// Things that are named by numbers. Tables that share their numbers have no handle in common.
pub(super) struct Handles<T> {
    kind: &'static str,
    numbers: Arc<AtomicU32>,
    table: Mutex<BTreeMap<u32, Arc<Mutex<T>>>>,
}

impl<T> Handles<T> {
    pub(super) fn new(kind: &'static str, numbers: &Arc<AtomicU32>) -> Self {
        Self { kind, numbers: Arc::clone(numbers), table: Mutex::default() }
    }

    /// Keeps a thing and names it; never by 0, which a message without a handle has.
    pub(super) fn keep(&self, thing: T) -> u32 {
        let handle = self.numbers.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        lock(&self.table).insert(handle, Arc::new(Mutex::new(thing)));
        handle
    }

    /// The thing of a handle, to be [locked](lock).
    pub(super) fn find(&self, handle: u32) -> Result<Arc<Mutex<T>>, Failure> {
        lock(&self.table).get(&handle).cloned().ok_or(Failure::NoSuch(self.kind, handle))
    }

    /// Forgets the thing of a handle.
    pub(super) fn free(&self, handle: u32) -> Result<Arc<Mutex<T>>, Failure> {
        lock(&self.table).remove(&handle).ok_or(Failure::NoSuch(self.kind, handle))
    }
}

// An operation that fails has changed nothing, so that what a panic leaves behind is whole.
pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
