//! What the library costs beside other implementations and beside the cryptography that RFC 9420 demands: `make bench`.
//!
//! `--quick` measures suite 1 up to 1 000 members, each operation less often, the default up to 10 000, `--full` suites
//! 1, 2, 3 and 5 up to 100 000. `--rivals PROGRAM` runs the other implementations' program in turn and merges what it
//! prints; `--results DIR` says where rows, tables and plots go, and `--keep` that those stay there that are not
//! measured, so that a long run can be made in parts. A word picks whom to measure by name, as `mls-rs/OpenSSL`. Times
//! are processor time, medians.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a measurement"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CipherSuite, CryptoProvider};

use interop_speed::count::{Counting, one_core};
use interop_speed::floor::{COUNTED, Floor};
use interop_speed::ours::{ALL_CORES, Ours};
use interop_speed::row::Row;
use interop_speed::scenario::{self, Library, Plan};
use interop_speed::{plot, table};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Backend = (&'static str, Arc<dyn CryptoProvider>);

/// What was asked for.
struct Arguments {
    suites: Vec<u16>,
    sizes: Vec<u32>,
    wanted: Vec<String>,
    rivals: Option<PathBuf>,
    results: Option<PathBuf>,
    /// Whether the results keep what they have of others, and of other suites and sizes.
    keep: bool,
    /// Measure ours and print rows: what the program starts itself for.
    rows: Option<(String, u16, u32)>,
    /// Only what several threads share, on all cores; else everything, on one.
    all_cores: bool,
    /// Everything less often.
    quick: bool,
}

impl Arguments {
    /// Whether an implementation over a backend is to be measured.
    fn picks(&self, implementation: &str, backend: &str) -> bool {
        let name = format!("{implementation}/{backend}");
        self.wanted.iter().all(|wanted| name.contains(wanted.as_str()))
    }

    /// Whether the row is of what is to be measured.
    fn replaces(&self, row: &Row) -> bool {
        // Ours is measured over both kinds of store at once.
        let implementation = if row.implementation == OURS_SQLITE { OURS } else { &row.implementation };
        self.suites.contains(&row.suite)
            && self.sizes.contains(&row.members)
            && self.picks(implementation, &row.backend)
    }
}

/// Who figures are of.
const OURS: &str = "ours";
const OURS_SQLITE: &str = "ours, SQLite";

/// What the rivals' program measures: implementation and backend.
const RIVALS: [(&str, &str); 5] = [
    ("mls-rs", "AWS-LC"),
    ("mls-rs", "OpenSSL"),
    ("mls-rs", "RustCrypto"),
    ("OpenMLS", "RustCrypto"),
    ("mls-rs, SQLite", "AWS-LC"),
];

fn main() {
    let arguments = arguments();
    let backends: [Backend; 3] = [
        ("AWS-LC", Arc::new(AwsLcProvider::new())),
        ("OpenSSL", Arc::new(OpenSslProvider::new().unwrap())),
        ("RustCrypto", Arc::new(RustCryptoProvider::new())),
    ];
    if let Some((backend, suite, members)) = &arguments.rows {
        return measure(&backends, backend, CipherSuite(*suite), *members, &arguments);
    }
    println!("{COUNTED}");
    let mut rows = kept(&arguments);
    let quick: &[&str] = if arguments.quick { &["--quick"] } else { &[] };
    for suite in &arguments.suites {
        for members in &arguments.sizes {
            for (backend, crypto) in &backends {
                // The slow backends are not needed to see how cost grows.
                let small = *members <= 10_000 || *backend == "AWS-LC";
                if arguments.picks(OURS, backend) && small && crypto.suite(CipherSuite(*suite)).is_some() {
                    let mut own = Command::new(std::env::current_exe().unwrap());
                    own.args(["--rows", backend, &suite.to_string(), &members.to_string()]).args(quick);
                    rows.extend(run(&mut own, &format!("ours, {backend}, suite {suite}, {members} members")));
                }
            }
            if *members > 100 && arguments.picks(ALL_CORES, "AWS-LC") {
                let mut own = Command::new(std::env::current_exe().unwrap());
                own.args(["--all-cores", "--rows", "AWS-LC", &suite.to_string(), &members.to_string()]).args(quick);
                rows.extend(run(&mut own, &format!("ours on all cores, AWS-LC, suite {suite}, {members} members")));
            }
            if let Some(rivals) = &arguments.rivals {
                for (rival, backend) in RIVALS.iter().filter(|(rival, backend)| arguments.picks(rival, backend)) {
                    let rival = &format!("{rival}/{backend}");
                    let mut program = Command::new(rivals);
                    program.args([rival, &suite.to_string(), &members.to_string()]).args(quick);
                    rows.extend(run(&mut program, &format!("{rival}, suite {suite}, {members} members")));
                }
            }
        }
        // What was kept came first.
        rows.sort_by_key(|row| (row.suite, row.members));
        println!("\n{}", table::table(&rows, *suite));
        println!("{}{}", table::shared(&rows, *suite), table::stored(&rows, *suite));
        // After each suite: a full run takes long, and may end before its end.
        if let Some(dir) = &arguments.results {
            write_results(dir, &rows);
        }
    }
}

/// What stays of the results that are there.
fn kept(arguments: &Arguments) -> Vec<Row> {
    let Some(dir) = arguments.results.as_ref().filter(|_| arguments.keep) else { return Vec::new() };
    let Ok(text) = std::fs::read_to_string(dir.join("rows.jsonl")) else { return Vec::new() };
    let rows = text.lines().map(|line| serde_json::from_str(line).unwrap());
    rows.filter(|row| !arguments.replaces(row)).collect()
}

/// The rows that a program prints. What else it prints is passed on.
fn run(program: &mut Command, what: &str) -> Vec<Row> {
    eprintln!("measuring {what}");
    let output = program.stderr(Stdio::inherit()).output().unwrap_or_else(|error| panic!("{what}: {error}"));
    if !output.status.success() {
        eprintln!("{what}: {}", output.status);
    }
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| {
            let row = serde_json::from_str(line).ok();
            if row.is_none() {
                println!("{line}");
            }
            row
        })
        .collect()
}

/// Measures one size with a backend, in memory and, but for the largest, in SQLite, and prints rows.
fn measure(backends: &[Backend], backend: &str, suite: CipherSuite, members: u32, arguments: &Arguments) {
    let (backend, crypto) = backends.iter().find(|(name, _)| *name == backend).unwrap().clone();
    let quick = arguments.quick;
    if arguments.all_cores {
        let ours = Ours { crypto, backend, suite, sqlite: None, seed: None, implementation: ALL_CORES, floor: None };
        return scenario::run_shared(&ours, &Plan { members, tree_in_welcome: false, singles: false, quick });
    }
    // The feature `parallel` is on, and asks how many cores there are.
    one_core();
    let plan = Plan { members, tree_in_welcome: true, singles: members == 1_000, quick };
    let ours = |sqlite| Ours {
        crypto: crypto.clone(),
        backend,
        suite,
        implementation: if sqlite { OURS_SQLITE } else { OURS },
        sqlite: sqlite.then(|| tempfile::tempdir().unwrap()),
        seed: None,
        floor: if sqlite { None } else { Floor::new(backends, suite) },
    };
    let in_memory = ours(false);
    if backend != "AWS-LC" {
        in_memory.sheet(members).limit();
    }
    scenario::run(&in_memory, &plan);
    if let Some(floor) = in_memory.floor.as_ref().filter(|_| backend == "AWS-LC") {
        println!("suite {}, {members} members, ns at the end: {}", suite.0, floor.prices());
    }
    drop(in_memory);
    if members <= 10_000 && backend == "AWS-LC" {
        let plan = Plan { tree_in_welcome: false, singles: false, ..plan };
        scenario::run(&ours(true), &plan);
    }
}

fn write_results(dir: &std::path::Path, rows: &[Row]) {
    std::fs::create_dir_all(dir).unwrap();
    let mut json: Vec<String> = rows.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
    json.push(String::new());
    std::fs::write(dir.join("rows.jsonl"), json.join("\n")).unwrap();
    let suites: BTreeSet<u16> = rows.iter().map(|row| row.suite).collect();
    let is_full = suites.len() > 1 || rows.iter().any(|row| row.members > 10_000);
    // Results lie in `bench-results`, those of all suites in a folder of it.
    let (target, here) = if is_full { ("bench-full", "../../speed") } else { ("bench", "../speed") };
    let mut text = format!(
        "# Results of the benchmark\n\nMade by `make {target}`: processor time, medians. [What is measured, and how the \
         floor is counted]({here}/README.md).\n\n"
    );
    for suite in suites {
        text.push_str(&table::table(rows, suite));
        text.push_str(&table::shared(rows, suite));
        text.push_str(&table::stored(rows, suite));
        for file in plot::plot(dir, rows, suite) {
            text.push_str(&format!("\n![{file}]({file})\n"));
        }
    }
    std::fs::write(dir.join("README.md"), text).unwrap();
    println!("wrote {}", dir.display());
}

fn arguments() -> Arguments {
    let (mut suites, mut sizes) = (vec![1], vec![2, 10, 100, 1_000, 10_000]);
    let (mut wanted, mut rivals, mut results, mut rows) = (Vec::new(), None, None, None);
    let (mut all_cores, mut keep, mut quick) = (false, false, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_else(|| panic!("{word} wants a value"));
        match word.as_str() {
            "--quick" => (quick, sizes) = (true, vec![2, 100, 1_000]),
            "--full" => (suites, sizes) = (vec![1, 2, 3, 5], vec![2, 10, 100, 1_000, 10_000, 100_000]),
            "--suite" => suites = vec![next().parse().unwrap()],
            "--members" => sizes = vec![next().parse().unwrap()],
            "--rivals" => rivals = Some(next().into()),
            "--results" => results = Some(next().into()),
            "--all-cores" => all_cores = true,
            "--keep" => keep = true,
            "--rows" => rows = Some((next(), next().parse().unwrap(), next().parse().unwrap())),
            "--help" => {
                println!(
                    "mls-speed [--quick | --full] [--suite N] [--members N] [--rivals PROGRAM] [--results DIR [--keep]] \
                     [NAME]"
                );
                std::process::exit(0);
            }
            word => wanted.push(word.to_owned()),
        }
    }
    Arguments { suites, sizes, wanted, rivals, results, keep, rows, all_cores, quick }
}
