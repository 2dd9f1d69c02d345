//! Clients over a virtual delivery service: order, loss, races, crashes; each over both faces, all stores and all
//! backends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[macro_use]
mod everywhere;

mod backlog;
#[path = "../common/mod.rs"]
mod common;
mod crash;
mod delivery;
mod entering;
mod external;
mod faces;
mod faults;
mod grease;
mod handles;
mod keeping;
mod membership;
mod observed;
mod outside;
mod policy;
mod proposals;
mod psk;
mod recovery;
mod reserve;
mod sending;
mod successor;
mod waiting;
mod world;
