//! X.509 credentials: a matrix of good and bad chains, and what is built on them.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::type_complexity,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "tests"
)]

mod backends;
mod group;
mod identities;
mod import;
mod junk;
mod matrix;
mod openssl;
#[path = "../../examples/organisation.rs"]
mod organisation;
mod readers;
mod revocation;
mod successors;
mod support;

#[test]
fn the_example_runs() {
    organisation::main().unwrap();
}
