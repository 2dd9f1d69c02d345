//! Loss of power and failing writes, at every write of every operation.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod cases;
mod disk;
mod error;
mod later;
mod matrix;
mod migration;
mod opening;
mod rotation;
mod vfs;
mod world;
