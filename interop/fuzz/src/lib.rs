//! Fuzz targets: what the engine promises about bytes from outside, each as a function that panics exactly when the
//! promise is broken.
//!
//! A target takes any bytes. It injects time and randomness, keeps its stores in memory and starts each input from the
//! same state, so an input behaves the same wherever it is run: by `cargo test`, which replays the committed corpora
//! with fixed mutations; by `mls-fuzz`; by libFuzzer, which `make fuzz` builds with coverage.
//!
//! Most inputs are edits of something valid (a message, a tree, a record) rather than its bytes, so that they mean the
//! same when keys or formats change.
//!
//! ```
//! let target = interop_fuzz::target("decode").ok_or("no such target")?;
//! for seed in (target.seeds)() {
//!     (target.run)(&seed.bytes);
//! }
//! # Ok::<(), &str>(())
//! ```
#![forbid(unsafe_code)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target panics where a promise is broken"
)]

pub mod client;
#[path = "../../../mls-core/tests/common/mod.rs"]
mod common;
pub mod decode;
mod driver;
pub mod group_info;
pub mod import;
pub mod input;
pub mod join;
mod life;
pub mod mutate;
pub mod receive;
pub mod records;
mod stage;
pub mod tree;
mod work;
pub mod x509;

use input::Seed;

/// One promise, and how to try it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Target {
    /// What it is called; its corpus is the folder of this name.
    pub name: &'static str,
    /// What it does with an input, in a line.
    pub about: &'static str,
    /// Takes one input, and panics where the promise is broken.
    pub run: fn(&[u8]),
    /// The inputs to begin with; always the same.
    pub seeds: fn() -> Vec<Seed>,
}

/// All targets, the most important ones first.
pub const TARGETS: &[Target] = &[
    Target {
        name: "receive",
        about: "messages, edited, to a member of a group",
        run: receive::run,
        seeds: receive::seeds,
    },
    Target {
        name: "decode",
        about: "bytes as each type of the wire, and as record keys",
        run: decode::run,
        seeds: decode::seeds,
    },
    Target {
        name: "tree",
        about: "ratchet trees and edits of them, against an array",
        run: tree::run,
        seeds: tree::seeds,
    },
    Target { name: "join", about: "Welcomes and trees, edited, to a newcomer", run: join::run, seeds: join::seeds },
    Target {
        name: "group_info",
        about: "GroupInfos and trees, edited, to an external joiner and an observer",
        run: group_info::run,
        seeds: group_info::seeds,
    },
    Target {
        name: "records",
        about: "a stored group with records damaged, gone, or swapped",
        run: records::run,
        seeds: records::seeds,
    },
    Target {
        name: "import",
        about: "groups that were moved, and observers' snapshots, edited",
        run: import::run,
        seeds: import::seeds,
    },
    Target {
        name: "x509",
        about: "certificates and all else in DER, edited, to the authentication service",
        run: x509::run,
        seeds: x509::seeds,
    },
    Target {
        name: "client",
        about: "messages, edited, in a row to a client over a store",
        run: client::run,
        seeds: client::seeds,
    },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
