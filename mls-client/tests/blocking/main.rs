//! Scenarios over the blocking face and memory alone.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod grease;
mod observed;
mod outside;
mod recovery;
mod sending;
mod world;
