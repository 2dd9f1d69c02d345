//! Panics as errors: the clients of all sides say by panicking that something is wrong.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

thread_local! {
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// From now on panics are kept for [`caught`], and print nothing.
pub fn keep_panics() {
    set_hook(Box::new(|info| LAST.set(info.to_string().replace('\n', " "))));
}

/// Runs `f`; a panic in it is an error, with its place.
pub fn caught<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|_| LAST.take())
}
