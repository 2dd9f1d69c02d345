//! Counts the instructions of operations in groups of 100 and of 10 000 members, and compares them with a record.
//!
//! `mls-guards check FILE` fails where one has grown by more than 3 %, or costs more than twice as much in the larger
//! group; `mls-guards record FILE` writes the file anew. Needs valgrind. Set-up is not counted: the states are made once
//! and read by each run. `prepare` and `run` do it singly, for a profiler.
//!
//! Counts are those of one compiler and one way through the crypto library, which looks at the processor. The record says
//! which compiler that was, and what cryptography alone took; where either differs, only the ratios are checked.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a measurement"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use interop_speed::guard::{self, CALIBRATION, OPERATIONS, SIZES};

/// How much more than the record is let pass, in percent.
const GROWTH: u64 = 3;

type Counts = BTreeMap<(String, u32), u64>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["check", file] => check(Path::new(file)),
        ["record", file] => {
            let counts = count_all();
            fs::write(file, written(&counts)).unwrap();
            println!("wrote {file}");
            ExitCode::SUCCESS
        }
        ["prepare", dir, members] => {
            guard::prepare(Path::new(dir), members.parse().unwrap());
            ExitCode::SUCCESS
        }
        ["run", dir, operation] => {
            guard::run(Path::new(dir), operation);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("mls-guards check FILE | record FILE | prepare DIR MEMBERS | run DIR OPERATION");
            ExitCode::from(2)
        }
    }
}

fn check(file: &Path) -> ExitCode {
    let recorded = fs::read_to_string(file).unwrap();
    let same_compiler = recorded.lines().any(|line| line == compiler());
    let recorded = read(&recorded);
    let counts = count_all();
    let calibration = (CALIBRATION.to_owned(), SIZES[0]);
    let same_way =
        recorded.get(&calibration).is_some_and(|before| counts[&calibration].abs_diff(*before) * 200 <= *before);
    if !(same_compiler && same_way) {
        println!("another compiler or processor than in the record: only the ratios are checked");
    }
    let mut failed = false;
    println!("{:36} {:>7} {:>12} {:>12} {:>7}", "operation", "members", "instructions", "recorded", "change");
    for ((operation, members), count) in &counts {
        let Some(before) = recorded.get(&(operation.clone(), *members)) else {
            println!("{operation:36} {members:>7} {count:>12} {:>12}   MISSING", "-");
            failed = true;
            continue;
        };
        let grown = same_compiler && same_way && *count * 100 > before * (100 + GROWTH);
        failed |= grown;
        let change = (i128::from(*count) - i128::from(*before)) * 1_000 / i128::from(*before);
        let verdict = if grown { "  TOO MUCH" } else { "" };
        println!(
            "{operation:36} {members:>7} {count:>12} {before:>12} {:>5}.{}%{verdict}",
            change / 10,
            (change % 10).abs()
        );
    }
    for operation in OPERATIONS {
        let [small, large] = SIZES.map(|members| counts[&(operation.to_owned(), members)]);
        let too_much = large > small * 2;
        failed |= too_much;
        let verdict = if too_much { "  TOO MUCH" } else { "" };
        println!(
            "{operation}: {}.{:02} times as much at {}{verdict}",
            large / small,
            large * 100 / small % 100,
            SIZES[1]
        );
    }
    if failed {
        println!("more instructions than recorded: mend it, or `make guards-record` and say why");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Makes the states, and runs each operation.
fn count_all() -> Counts {
    let dir = tempfile::tempdir().unwrap();
    let mut counts = Counts::new();
    for members in SIZES {
        eprintln!("a group of {members}");
        let states = guard::dir_of(dir.path(), members);
        guard::prepare(&states, members);
        let calibration = (members == SIZES[0]).then_some(CALIBRATION);
        for operation in OPERATIONS.into_iter().chain(calibration) {
            counts.insert((operation.to_owned(), members), count(&states, operation));
        }
    }
    counts
}

/// The instructions of one operation, from Callgrind.
fn count(states: &Path, operation: &str) -> u64 {
    let out = states.join("callgrind");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*guard*guarded*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().unwrap())
        .arg("run")
        .arg(states)
        .arg(operation)
        .output()
        .unwrap_or_else(|error| panic!("valgrind: {error}"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{operation}: {text}");
    let collected = text.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    collected.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{operation}: {text}"))
}

fn read(text: &str) -> Counts {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .map(|line| {
            let [operation, members, count] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            ((operation.to_owned(), members.parse().unwrap()), count.parse().unwrap())
        })
        .collect()
}

fn written(counts: &Counts) -> String {
    let mut text = format!("{}\noperation\tmembers\tinstructions\n", compiler());
    for ((operation, members), count) in counts {
        text.push_str(&format!("{operation}\t{members}\t{count}\n"));
    }
    text
}

/// The compiler at hand, as the record names it.
fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().ok().filter(|output| output.status.success());
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    format!("# {version}, {}", std::env::consts::ARCH)
}
