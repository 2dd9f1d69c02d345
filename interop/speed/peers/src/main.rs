//! What other implementations cost: `interop-peers-speed IMPLEMENTATION/BACKEND SUITE MEMBERS` prints a line of JSON for
//! each operation. `make bench` runs it in turn with ours, in the same order of the same operations.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    dead_code,
    reason = "a measurement"
)]

#[path = "../../src/count.rs"]
mod count;
mod mls_rs_member;
mod openmls_member;
#[path = "../../src/row.rs"]
mod row;
#[path = "../../src/scenario.rs"]
mod scenario;

use count::Counting;
use mls_rs_member::MlsRs;
use openmls_member::OpenMls;
use scenario::{Library, Plan};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [peer, suite, members] = arguments.as_slice() else {
        eprintln!("interop-peers-speed IMPLEMENTATION/BACKEND SUITE MEMBERS");
        std::process::exit(2);
    };
    let (suite, members): (u16, u32) = (suite.parse().unwrap(), members.parse().unwrap());
    match peer.as_str() {
        "mls-rs/AWS-LC" => mls_rs(mls_rs_crypto_awslc::AwsLcCryptoProvider::new(), "AWS-LC", suite, members),
        "mls-rs, SQLite/AWS-LC" => mls_rs_sqlite(suite, members),
        "mls-rs/OpenSSL" => mls_rs(mls_rs_crypto_openssl::OpensslCryptoProvider::new(), "OpenSSL", suite, members),
        "mls-rs/RustCrypto" => {
            mls_rs(mls_rs_crypto_rustcrypto::RustCryptoProvider::new(), "RustCrypto", suite, members);
        }
        "OpenMLS/RustCrypto" => {
            let library = OpenMls { suite };
            let sheet = library.sheet(members);
            if !matches!(suite, 1..=3) {
                sheet.stopped("all", "its RustCrypto provider lacks the suite");
            } else if members > 1_000 {
                sheet.stopped("all", "its commits of many Adds are quadratic: 46 s at 10 000, over an hour at 100 000");
            } else {
                scenario::run(&library, &plan(members, true));
            }
        }
        other => panic!("{other}: no such implementation"),
    }
}

fn mls_rs<C: mls_rs::CryptoProvider + Clone>(crypto: C, backend: &'static str, suite: u16, members: u32) {
    let library = MlsRs { crypto, backend, suite, sqlite: None };
    let sheet = library.sheet(members);
    if !library.has_suite() {
        sheet.stopped("all", "the provider lacks the suite");
    } else if members > 10_000 {
        sheet.stopped("all", "each of many commits takes a second and more, and 17 members 130 MB each");
    } else if members > 1_000 && backend != "AWS-LC" {
        sheet.stopped("all", "measured with its fastest provider");
    } else {
        // With the tree in the Welcome it hashes the whole GroupInfo for each of the new members.
        scenario::run(&library, &plan(members, members <= 1_000));
        if members > 1_000 {
            sheet.stopped("bulk add, tree inside", "quadratic: 15 s at 10 000");
        }
    }
}

/// The same over files; what it costs to store and load is of interest.
fn mls_rs_sqlite(suite: u16, members: u32) {
    let crypto = mls_rs_crypto_awslc::AwsLcCryptoProvider::new();
    let library = MlsRs { crypto, backend: "AWS-LC", suite, sqlite: Some(tempfile::tempdir().unwrap()) };
    if library.has_suite() && members <= 10_000 {
        scenario::run(&library, &Plan { singles: false, ..plan(members, false) });
    }
}

fn plan(members: u32, tree_in_welcome: bool) -> Plan {
    Plan { members, tree_in_welcome, singles: members == 1_000 }
}
