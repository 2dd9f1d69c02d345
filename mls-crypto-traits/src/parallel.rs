//! Work on many items, by several threads where the feature `parallel` is on.

use alloc::vec::Vec;

/// What `work` makes of chunks of `items`, in the order of the items.
///
/// Without the feature `parallel` there is one chunk, in the caller's thread. With it there are as many as the machine
/// runs threads at once, each of at least `least` items, and the caller's thread takes the first. What `work` gives must
/// not depend on where chunks begin. A thread that cannot be started, or that panics, is made up for in the caller's.
pub fn map_chunks<T: Sync, R: Send>(items: &[T], least: usize, work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    threads(items, least, &work)
}

/// Applies `work` to each item, in chunks as [`map_chunks`] makes them: the error of the first item that has one.
///
/// # Errors
/// Those of `work`.
pub fn try_for_each<T: Sync, E: Send>(
    items: &[T],
    least: usize,
    work: impl Fn(&T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    map_chunks(items, least, |chunk| chunk.iter().try_for_each(&work)).into_iter().collect()
}

#[cfg(not(feature = "parallel"))]
fn threads<T, R>(items: &[T], _: usize, work: &(impl Fn(&[T]) -> R + Sync)) -> Vec<R> {
    if items.is_empty() { Vec::new() } else { alloc::vec![work(items)] }
}

#[cfg(feature = "parallel")]
fn threads<T: Sync, R: Send>(items: &[T], least: usize, work: &(impl Fn(&[T]) -> R + Sync)) -> Vec<R> {
    use std::thread;

    let at_once = if items.len() > least { at_once() } else { 1 };
    let len = items.len().div_ceil(at_once).max(least).max(1);
    let mut chunks = items.chunks(len);
    let Some(first) = chunks.next() else { return Vec::new() };
    thread::scope(|scope| {
        let started: Vec<_> =
            chunks.map(|chunk| (chunk, thread::Builder::new().spawn_scoped(scope, move || work(chunk)).ok())).collect();
        let mut results = alloc::vec![work(first)];
        results.extend(
            started
                .into_iter()
                .map(|(chunk, thread)| thread.and_then(|thread| thread.join().ok()).unwrap_or_else(|| work(chunk))),
        );
        results
    })
}

/// What `work` makes of each item, in the order of the items.
///
/// With the feature `parallel` as many threads as the machine runs at once take one item after the other, the last ones
/// first; the caller's is one of them. For items that take longer than starting a thread does, some tens of microseconds.
/// Where `work` panics, so does this.
pub fn map_mut<T: Send, R: Send>(items: &mut [T], work: impl Fn(&mut T) -> R + Sync) -> Vec<R> {
    each(items, &work)
}

#[cfg(not(feature = "parallel"))]
fn each<T, R>(items: &mut [T], work: &(impl Fn(&mut T) -> R + Sync)) -> Vec<R> {
    items.iter_mut().map(work).collect()
}

#[cfg(feature = "parallel")]
fn each<T: Send, R: Send>(items: &mut [T], work: &(impl Fn(&mut T) -> R + Sync)) -> Vec<R> {
    use std::panic::resume_unwind;
    use std::sync::{Mutex, PoisonError};
    use std::thread;

    let at_once = if items.len() > 1 { at_once().min(items.len()) } else { 1 };
    if at_once == 1 {
        return items.iter_mut().map(work).collect();
    }
    let left = Mutex::new(items.iter_mut().enumerate());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next_back();
    let take = || {
        let mut done = Vec::new();
        while let Some((place, item)) = next() {
            done.push((place, work(item)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let started: Vec<_> =
            (1..at_once).filter_map(|_| thread::Builder::new().spawn_scoped(scope, take).ok()).collect();
        let mut done = take();
        for thread in started {
            done.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// As many threads as the machine runs at once.
#[cfg(feature = "parallel")]
fn at_once() -> usize {
    use core::num::NonZero;
    use std::sync::OnceLock;
    use std::thread;

    // To ask takes as long as a signature.
    static AT_ONCE: OnceLock<usize> = OnceLock::new();
    *AT_ONCE.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get))
}

#[cfg(test)]
mod tests;
