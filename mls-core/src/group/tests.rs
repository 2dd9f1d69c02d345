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
mod contents;
mod contexts;
mod custom;
mod detached;
mod duties;
mod entering;
mod external;
mod external_custom;
mod filtering;
mod forge;
mod forge_welcome;
mod framing;
mod last_resort;
mod leftovers;
mod limits;
mod lists;
mod observer;
mod outside;
mod own_limits;
mod paths;
mod places;
mod psk_mixes;
mod psks;
mod ratchets;
mod rooms;
mod rotation;
mod same_client;
mod shared;
mod snapshot;
mod stale;
mod successor_lies;
mod successor_support;
mod successors;
mod support;
mod tags;
mod told;
mod updates;
mod welcome_trees;
mod welcomes;
