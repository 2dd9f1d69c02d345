//! Groups whose members are ours and those of mls-rs, both with values in their leaves that mean nothing (GREASE). The
//! scenarios are those of `interop/peers`, which has more suites, more peers and random histories.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::exhaustive_enums,
    reason = "tests"
)]

#[path = "../peers/src/world/mod.rs"]
mod world;

use world::actor::{Maker, Padding, Settings};
use world::mls_rs::MLS_RS;
use world::ours::OURS;
use world::scenario;

/// Makers of four members, with each side as the creator.
const CASTS: [[Maker; 4]; 2] = [[OURS, MLS_RS, OURS, MLS_RS], [MLS_RS, OURS, MLS_RS, OURS]];

/// Plays these scenarios with handshakes encrypted and in the clear, the tree in the Welcome and apart.
fn play(names: &[&str]) {
    for name in names {
        let scenario = scenario::ALL.iter().find(|scenario| scenario.name == *name).unwrap();
        for (encrypt, tree_in_welcome) in [(true, true), (false, false)] {
            for cast in &CASTS {
                let settings = Settings {
                    suite: 1,
                    encrypt,
                    path: true,
                    tree_in_welcome,
                    padding: Padding::Step,
                    grease: true,
                    custom_leaf: false,
                };
                assert_eq!((scenario.run)(settings, cast).epochs, scenario.epochs, "{name}");
            }
        }
    }
}

// req: R-12.4.1-07, R-12.4.1-12, R-12.4.1-15
#[test]
fn each_joins_the_others_group_and_commits() {
    play(&["commits by everybody", "two commits at once", "from the store"]);
}

// req: R-12.4.1-16, R-12.4.3.1-09
#[test]
fn members_are_added_and_removed() {
    play(&["adds one by one", "removes by value", "adds and removes by reference", "updates by reference"]);
}

// req: R-12.4.1-08, R-12.4.3.1-22
#[test]
fn commits_without_path_and_the_tree_apart_are_followed() {
    play(&["no path, tree apart"]);
}

// req: R-12.4.3.2-06, R-12.4.3.2-07
#[test]
fn external_commits_enter_and_come_back() {
    play(&["external joins", "resync with the old key", "resync with a new key"]);
}

// req: R-12.4.1-09, R-12.4.1-17
#[test]
fn pre_shared_keys_are_mixed_in() {
    play(&["external PSKs", "resumption PSKs", "PSKs by value and by reference"]);
}

#[test]
fn signature_keys_change_and_messages_come_late() {
    play(&["new signature keys", "late messages"]);
}

#[test]
fn extensions_are_kept_and_those_outside_propose() {
    play(&["context extensions", "context extensions not required", "custom extensions in leaves"]);
    play(&["external senders", "new members ask"]);
}

#[test]
fn groups_are_succeeded() {
    play(&["ReInit", "ReInit to another suite", "branch"]);
}
