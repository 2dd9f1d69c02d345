//! What a target prepares once for each thread and keeps between inputs.

use core::cell::RefCell;
use std::thread::LocalKey;

/// What is kept. An input that panics leaves nothing behind: the next one prepares it again.
pub(crate) type Stage<T> = RefCell<Option<T>>;

/// Runs `f` on what is kept, preparing it where it is not there. `f` says whether it is still good for another input.
pub(crate) fn on_stage<T>(key: &'static LocalKey<Stage<T>>, prepare: fn() -> T, f: impl FnOnce(&mut T) -> bool) {
    let mut stage = key.take().unwrap_or_else(prepare);
    if f(&mut stage) {
        key.set(Some(stage));
    }
}
