//! Running single tests with a switch on.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use super::super::matrix::TestPlace;
use super::cargo::Binary;
use super::workshop::Workshop;

/// A test takes no longer than this, and ten times what it takes by itself.
const LIMIT: Duration = Duration::from_secs(10);

/// What a test may take of memory, in kilobytes: what runs away is stopped.
const MEMORY: &str = "6000000";

/// A test as its binary knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Test {
    pub(super) package: String,
    pub(super) name: String,
    executable: PathBuf,
}

/// What a test does by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Habit {
    /// The switches that it comes by.
    pub(super) reaches: BTreeSet<u32>,
    pub(super) takes: Duration,
    passed: bool,
}

/// All tests with their habits.
pub(super) struct Runs<'a> {
    workshop: &'a Workshop,
    pub(super) habits: BTreeMap<Test, Habit>,
    counter: AtomicUsize,
}

impl<'a> Runs<'a> {
    /// Runs each test once, two at a time, and records which switches it comes by.
    pub(super) fn record(workshop: &'a Workshop, tests: BTreeSet<Test>) -> Result<Self, String> {
        let mut runs = Self { workshop, habits: BTreeMap::new(), counter: AtomicUsize::new(0) };
        let folder = workshop.base.join("reached");
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let tests: Vec<Test> = tests.into_iter().collect();
        let habits = in_parallel(&tests, |test| runs.habit(test));
        runs.habits = tests.into_iter().zip(habits).collect();
        // Switches allocate, which tests that count allocations do not like.
        runs.habits.retain(|test, habit| {
            if !habit.passed {
                eprintln!("left out, as it fails by itself: {} {}", test.package, test.name);
            }
            habit.passed
        });
        Ok(runs)
    }

    /// Runs of which nothing is known yet.
    pub(super) const fn unrecorded(workshop: &'a Workshop) -> Self {
        Self { workshop, habits: BTreeMap::new(), counter: AtomicUsize::new(0) }
    }

    fn habit(&self, test: &Test) -> Habit {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let file = self.workshop.base.join("reached").join(number.to_string());
        let _ = std::fs::remove_file(&file);
        let begun = now();
        let mut command = self.command(test);
        command.env("MLS_SWITCH_RECORD", &file);
        let passed = finishes(command, Duration::from_secs(600));
        let numbers = std::fs::read_to_string(&file).unwrap_or_default();
        let reaches = numbers.lines().filter_map(|number| number.parse().ok()).collect();
        Habit { reaches, takes: begun.elapsed(), passed }
    }

    /// Whether a test fails, or hangs, with a switch on.
    pub(super) fn fails(&self, test: &Test, switch: u32) -> bool {
        let takes = self.habits.get(test).map_or(Duration::ZERO, |habit| habit.takes);
        let mut command = self.command(test);
        command.env("MLS_SWITCH", switch.to_string());
        !finishes(command, takes.saturating_mul(10).saturating_add(LIMIT))
    }

    fn command(&self, test: &Test) -> Command {
        let package = self.workshop.copy.join(&test.package);
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {MEMORY}; exec \"$@\""), "sh"]).arg(&test.executable);
        command.args(["--exact", &test.name, "--include-ignored", "--test-threads", "1"]);
        command.current_dir(&package).env("CARGO_MANIFEST_DIR", &package).env("RUST_BACKTRACE", "0");
        // A failure counts; what it shrinks to does not.
        command.env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true").env("PROPTEST_MAX_SHRINK_ITERS", "0");
        let vectors = self.workshop.root.join("../shared/test-vectors");
        if std::env::var_os("MLS_TEST_VECTORS").is_none() && vectors.is_dir() {
            command.env("MLS_TEST_VECTORS", vectors);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

#[expect(clippy::disallowed_methods, reason = "a tool that times tests")]
fn now() -> Instant {
    Instant::now()
}

/// Whether a command ends well within a time.
fn finishes(mut command: Command, limit: Duration) -> bool {
    let begun = now();
    let Ok(mut child) = command.spawn() else { return false };
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if begun.elapsed() < limit => std::thread::sleep(pause),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
        pause = pause.saturating_mul(2).min(Duration::from_millis(20));
    }
}

/// The results for all of these, in their order, by two threads.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let result = work(item);
                    if let Ok(mut done) = done.lock() {
                        done.push((at, result));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The tests that binaries have.
pub(super) fn list(binaries: &[Binary]) -> Result<BTreeSet<Test>, String> {
    let mut tests = BTreeSet::new();
    for Binary { package, executable, .. } in binaries {
        let output = Command::new(executable).args(["--list", "--format", "terse"]).output();
        let output = output.map_err(|error| format!("{}: {error}", executable.display()))?;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            if let Some(name) = line.strip_suffix(": test") {
                tests.insert(Test { package: package.clone(), name: name.to_owned(), executable: executable.clone() });
            }
        }
    }
    Ok(tests)
}

impl Test {
    /// Whether a function in the sources is this test, or makes it.
    pub(super) fn is(&self, place: &TestPlace) -> bool {
        if self.package != place.package {
            return false;
        }
        if self.name == place.name || self.name.strip_prefix(&place.name).is_some_and(|rest| rest.starts_with("::")) {
            return true;
        }
        // Where modules are included by another path, the module and the name are the same.
        let tail = place.name.rsplit("::").take(2).collect::<Vec<_>>();
        let own = self.name.rsplit("::").take(2).collect::<Vec<_>>();
        tail == own
    }
}
