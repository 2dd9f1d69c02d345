//! Which tests ran, as told by a test runner.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The tests that ran, or that a list says will run: their paths, by package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    packages: BTreeMap<String, BTreeSet<String>>,
}

impl Ran {
    /// Reads what a runner wrote: nextest's list (`--message-format json`), nextest's `JUnit` report, or the output of
    /// its run.
    ///
    /// # Errors
    /// Where it is none of them, or names no test that ran.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut ran = Self::default();
        if text.trim_start().starts_with('{') {
            ran.nextest_list(text)?;
        } else if text.contains("<testsuite") {
            ran.junit(text);
        } else {
            ran.output(text);
        }
        if ran.packages.is_empty() { Err("no test ran, or this is no known report".to_owned()) } else { Ok(ran) }
    }

    /// Takes in what another report says.
    pub fn extend(&mut self, other: Self) {
        for (package, tests) in other.packages {
            self.packages.entry(package).or_default().extend(tests);
        }
    }

    /// Whether a test ran: one at this path, or, where modules are included by another path, one whose path ends in the
    /// same module and name.
    #[must_use]
    pub fn has(&self, package: &str, name: &str) -> bool {
        let Some(tests) = self.packages.get(package) else { return false };
        // What one function makes several tests of is a module of them.
        let within = format!("{name}::");
        if tests.contains(name) || tests.iter().any(|found| found.starts_with(&within)) {
            return true;
        }
        let mut parts = name.rsplitn(3, "::");
        let tail = match (parts.next(), parts.next()) {
            (Some(name), Some(module)) => format!("{module}::{name}"),
            (Some(name), None) => name.to_owned(),
            (None, _) => return false,
        };
        let ends =
            |found: &String| found.strip_suffix(&tail).is_some_and(|rest| rest.is_empty() || rest.ends_with("::"));
        tests.iter().any(ends)
    }

    /// A binary's id is its package's name, for tests in `tests/` with the file's: `mls-core::negative`.
    fn add(&mut self, binary: &str, test: &str) {
        let package = binary.split("::").next().unwrap_or(binary);
        self.packages.entry(package.to_owned()).or_default().insert(test.to_owned());
    }

    fn nextest_list(&mut self, text: &str) -> Result<(), String> {
        let list: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let suites = list.get("rust-suites").and_then(Value::as_object).ok_or("a JSON file without rust-suites")?;
        for (binary, suite) in suites {
            for (test, about) in suite.get("testcases").and_then(Value::as_object).into_iter().flatten() {
                let ignored = about.get("ignored").and_then(Value::as_bool) == Some(true);
                let status = about.get("filter-match").and_then(|matched| matched.get("status"));
                if !ignored && status.and_then(Value::as_str) != Some("mismatch") {
                    self.add(binary, test);
                }
            }
        }
        Ok(())
    }

    fn junit(&mut self, text: &str) {
        for case in text.split("<testcase ").skip(1) {
            let (tag, rest) = case.split_once('>').unwrap_or((case, ""));
            let inside = if tag.ends_with('/') { "" } else { rest.split("</testcase>").next().unwrap_or("") };
            let bad = ["<failure", "<error", "<skipped"].iter().any(|element| inside.contains(element));
            let tag = format!(" {tag}");
            let attribute = |name: &str| tag.split_once(&format!(" {name}=\""))?.1.split('"').next();
            if let (false, Some(binary), Some(test)) = (bad, attribute("classname"), attribute("name")) {
                self.add(binary, test);
            }
        }
    }

    fn output(&mut self, text: &str) {
        for line in text.lines().map(str::trim) {
            let Some((_, test)) = line.strip_prefix("PASS").and_then(|line| line.split_once("] ")) else { continue };
            // Some versions count: `( 3/70) `.
            let test = test.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(test, |(_, rest)| rest);
            if let [binary, test] = test.split_whitespace().collect::<Vec<_>>().as_slice() {
                self.add(binary, test);
            }
        }
    }
}
