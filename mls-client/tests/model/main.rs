//! Random lives of a group of 2 to 64 clients over a delivery service that reorders, repeats and loses messages and
//! decides which of several commits wins; members come, go, fall behind, crash and start again.
//!
//! After each step all members of an epoch agree on everything that they share, whoever is no member can read nothing,
//! and the ratchet tree is what an oracle makes of the last one, which knows chapters 4 and 7 of RFC 9420 by itself.
//!
//! Each test counts what it has done, prints that as a table, and fails where it is less than promised or where some
//! kind of action, event or client never came about, in a run that is not shorter than usual. `MODEL_STEPS` in the
//! environment says how many steps all tests make together, 26 000 if nothing is said; `MODEL_SEED` repeats a run. What
//! fails is shrunk, in `MODEL_SHRINK` tries, and its seed is kept in `regressions/`, from where it is played again before
//! all else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod act;
mod actions;
mod check;
#[path = "../common/mod.rs"]
mod common;
mod doing;
mod faces;
mod oracle;
mod reading;
mod run;
mod service;
mod stored;
mod users;
mod watch;

use run::{Profile, run};
use users::Backend;

const ALL: &[Backend] = &[Backend::RustCrypto, Backend::OpenSsl, Backend::AwsLc];

#[test]
fn on_rustcrypto() {
    run(&Profile { name: "on_rustcrypto", backends: &[Backend::RustCrypto], ..Profile::default() });
}

#[test]
fn on_openssl() {
    run(&Profile { name: "on_openssl", backends: &[Backend::OpenSsl], ..Profile::default() });
}

#[test]
fn on_awslc() {
    run(&Profile { name: "on_awslc", backends: &[Backend::AwsLc], ..Profile::default() });
}

#[test]
fn on_all_backends_at_once() {
    run(&Profile { name: "on_all_backends_at_once", backends: ALL, ..Profile::default() });
}

#[test]
fn under_the_eyes_of_a_server() {
    run(&Profile { name: "under_the_eyes_of_a_server", backends: ALL, watched: true, ..Profile::default() });
}

#[test]
fn with_many_members() {
    run(&Profile {
        name: "with_many_members",
        backends: ALL,
        users: 24..=65,
        full: true,
        steps: 1000,
        length: 240,
        catch_up_all: 6,
        ..Profile::default()
    });
}
