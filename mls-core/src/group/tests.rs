//! Bad input to a group: each test takes an honest member's message, changes one thing, and makes everything else fit
//! again, so that one check alone can refuse it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::type_complexity,
    reason = "tests"
)]

mod adds;
mod answers;
mod commits;
#[path = "../../tests/common/mod.rs"]
mod common;
mod external;
mod forge;
mod forge_welcome;
mod framing;
mod lists;
mod observer;
mod outside;
mod paths;
mod psks;
mod ratchets;
mod snapshot;
mod stale;
mod support;
mod tags;
mod updates;
mod welcome_trees;
mod welcomes;
