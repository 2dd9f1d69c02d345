//! A heap that can be searched.
//!
//! What is allocated inside [`owned`] goes to an arena that is never used again, so that live blocks and freed ones
//! can both be searched for secrets. The secrets themselves come from the watched crypto provider and are kept outside
//! the arena, masked.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "test support"
)]

mod arena;
mod stack;
mod watch;

use core::cell::Cell;

pub use arena::Searchable;
pub use stack::{clear, rest};
pub use watch::{Found, Watch, listen};

thread_local! {
    static OWNED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread allocates in the arena.
pub(crate) fn is_owned() -> bool {
    OWNED.try_with(Cell::get).unwrap_or(false)
}

/// Puts the mode back, also where the work panics.
struct Mode(bool);

impl Drop for Mode {
    fn drop(&mut self) {
        OWNED.with(|owned| owned.set(self.0));
    }
}

fn in_mode<T>(mode: bool, work: impl FnOnce() -> T) -> T {
    let _before = Mode(OWNED.with(|owned| owned.replace(mode)));
    work()
}

/// Does work whose memory is searched.
pub fn owned<T>(work: impl FnOnce() -> T) -> T {
    in_mode(true, work)
}

/// Does work of the tests' own amid that.
pub fn apart<T>(work: impl FnOnce() -> T) -> T {
    in_mode(false, work)
}
