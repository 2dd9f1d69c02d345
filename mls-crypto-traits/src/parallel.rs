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
    use core::num::NonZero;
    use std::sync::OnceLock;
    use std::thread;

    // To ask takes as long as a signature.
    static AT_ONCE: OnceLock<usize> = OnceLock::new();
    let at_once = if items.len() > least {
        *AT_ONCE.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get))
    } else {
        1
    };
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

#[cfg(test)]
mod tests;
