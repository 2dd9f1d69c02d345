//! What the public interface refuses to begin: groups, key packages and joins from outside. Bad messages to a group are
//! tested inside the crate, where they can be forged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::type_complexity,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;
mod create;
mod group_info;
mod keys;
