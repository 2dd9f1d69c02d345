//! Clients over a virtual delivery service: order, loss, races, crashes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod backlog;
mod crash;
mod delivery;
mod external;
mod grease;
mod handles;
mod membership;
mod observed;
mod outside;
mod policy;
mod proposals;
mod psk;
mod recovery;
mod sending;
mod successor;
mod waiting;
mod world;
