//! Commits (RFC 9420 section 12.4).

mod wire;

pub use wire::{Commit, UpdatePath, UpdatePathNode};
