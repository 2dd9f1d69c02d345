//! The copy of the sources, where lines are changed and tests run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::matrix::TestPlace;

/// Features that a package's tests need, as the Makefile turns them on.
const FEATURES: [(&str, &str); 3] = [
    ("mls-core", "mls-core/conformance"),
    ("mls-crypto-rustcrypto", "mls-crypto-rustcrypto/curve448"),
    ("mls-crypto-traits", "mls-crypto-traits/conformance"),
];

/// A test that hangs has failed.
const CONFIG: &str = "[profile.default]\nslow-timeout = { period = \"60s\", terminate-after = 3 }\n";

pub(super) struct Workshop {
    root: PathBuf,
    copy: PathBuf,
    target_dir: PathBuf,
}

/// How a run went.
pub(super) struct Run {
    /// Whether it compiled.
    pub(super) built: bool,
    /// The tests that failed.
    pub(super) failed: BTreeSet<String>,
}

impl Workshop {
    /// Copies the sources to `target/conformance-break`; what is there already and the same is left.
    pub(super) fn new(root: &Path, target_dir: Option<PathBuf>) -> Result<Self, String> {
        let base = root.join("target/conformance-break");
        let copy = base.join("sources");
        copy_tree(root, &copy).map_err(|error| format!("{}: {error}", copy.display()))?;
        let config = base.join("nextest.toml");
        fs::write(&config, CONFIG).map_err(|error| format!("{}: {error}", config.display()))?;
        let target_dir = target_dir.unwrap_or_else(|| base.join("target"));
        let target_dir = std::path::absolute(&target_dir).map_err(|error| error.to_string())?;
        Ok(Self { root: root.to_owned(), copy, target_dir })
    }

    pub(super) fn path(&self, file: &Path) -> PathBuf {
        self.copy.join(file)
    }

    /// Runs tests with a file changed; then the file is as it was.
    pub(super) fn test(&self, file: &Path, text: &str, tests: &BTreeSet<&TestPlace>) -> Result<Run, String> {
        let path = self.path(file);
        let original = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        fs::write(&path, text).map_err(|error| error.to_string())?;
        let run = self.nextest(tests);
        fs::write(&path, original).map_err(|error| error.to_string())?;
        run
    }

    fn nextest(&self, tests: &BTreeSet<&TestPlace>) -> Result<Run, String> {
        let packages: BTreeSet<&str> = tests.iter().map(|test| test.package.as_str()).collect();
        let filter: Vec<String> = tests.iter().map(|test| filter(test)).collect();
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.copy).args(["nextest", "run", "--locked", "--no-fail-fast", "--color", "never"]);
        command.arg("--config-file").arg(self.copy.join("../nextest.toml"));
        command.arg("--target-dir").arg(&self.target_dir);
        for package in &packages {
            command.args(["-p", package]);
        }
        for (package, feature) in FEATURES {
            if packages.contains(package) {
                command.args(["--features", feature]);
            }
        }
        command.args(["-E", &filter.join(" | ")]);
        let vectors = self.root.join("../shared/test-vectors");
        if std::env::var_os("MLS_TEST_VECTORS").is_none() && vectors.is_dir() {
            command.env("MLS_TEST_VECTORS", vectors);
        }
        let output = command.output().map_err(|error| format!("cargo nextest: {error}"))?;
        let text = String::from_utf8_lossy(&output.stderr);
        // Exit codes of nextest: 0 all passed, 100 some failed, 101 it does not build.
        match output.status.code() {
            Some(0) => Ok(Run { built: true, failed: BTreeSet::new() }),
            Some(100) => Ok(Run { built: true, failed: failed(&text) }),
            Some(101) => Ok(Run { built: false, failed: BTreeSet::new() }),
            _ => Err(format!("cargo nextest: {}\n{text}", output.status)),
        }
    }
}

fn filter(test: &TestPlace) -> String {
    format!("(package(={}) & test(={}))", test.package, test.name)
}

/// `FAIL [   0.1s] ( 3/12) package module::test`; also TIMEOUT, SIGABRT and the like.
fn failed(text: &str) -> BTreeSet<String> {
    let mut failed = BTreeSet::new();
    for line in text.lines().map(str::trim) {
        let Some((status, test)) = line.split_once("] ") else { continue };
        let status = status.split_whitespace().next().unwrap_or_default();
        let bad = status.starts_with("FAIL")
            || status.starts_with("SIG")
            || status.starts_with("TIMEOUT")
            || status == "ABORT";
        if bad && let Some(name) = test.split_whitespace().last() {
            failed.insert(name.to_owned());
        }
    }
    failed
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), std::io::Error> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        let shown = name.to_string_lossy();
        if path.is_dir() {
            if shown != "target" && shown != "node_modules" && !shown.starts_with('.') {
                copy_tree(&path, &target)?;
            }
        } else if path.is_file() {
            let bytes = fs::read(&path)?;
            if fs::read(&target).ok().as_deref() != Some(bytes.as_slice()) {
                fs::write(&target, bytes)?;
            }
        }
    }
    Ok(())
}
