//! What was run, and how it went.

use core::fmt;
use std::collections::BTreeMap;

use super::Outcome;

/// The cases of one file for one suite on one backend.
#[derive(Clone, Debug)]
pub struct Row {
    /// The file's name.
    pub file: &'static str,
    /// The suite; none where the file's cases have none.
    pub suite: Option<u16>,
    /// The backend's name.
    pub backend: &'static str,
    /// Cases in the file, counted before any is run.
    pub expected: usize,
    /// Cases that were run.
    pub run: usize,
    /// Cases that passed.
    pub passed: usize,
    /// Cases of a suite that the backend is known to lack.
    pub unsupported: usize,
    /// What went wrong.
    pub failures: Vec<String>,
}

/// All rows, by file, suite and backend.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: BTreeMap<(&'static str, Option<u16>, &'static str), Row>,
}

impl Row {
    /// Whether every case was run and passed; those of a suite that the backend is known to lack do not count.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let due = self.expected.saturating_sub(self.unsupported);
        self.expected > 0 && self.run == due && self.passed == due && self.failures.is_empty()
    }
}

impl Table {
    /// The rows.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.rows.values()
    }

    /// Whether every row is good, and there is one for every file.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let has = |file| self.rows.values().any(|row| row.file == file && row.run > 0);
        self.rows.values().all(Row::is_good) && super::files().all(has)
    }

    /// How many cases passed, and how many were due.
    #[must_use]
    pub fn totals(&self) -> (usize, usize) {
        let passed = self.rows.values().map(|row| row.passed).sum();
        let due = self.rows.values().map(|row| row.expected.saturating_sub(row.unsupported)).sum();
        (passed, due)
    }

    /// A case is in the file, and so has to be counted later.
    pub(super) fn expect(&mut self, file: &'static str, suite: Option<u16>, backend: &'static str) {
        let row = self.row(file, suite, backend);
        row.expected = row.expected.saturating_add(1);
    }

    /// Counts a case; without an outcome it is one of a suite that the backend is known to lack.
    pub(super) fn count(
        &mut self,
        file: &'static str,
        suite: Option<u16>,
        backend: &'static str,
        number: usize,
        outcome: Option<Outcome>,
    ) {
        let count = |counter: &mut usize| *counter = counter.saturating_add(1);
        let row = self.row(file, suite, backend);
        match outcome {
            None => count(&mut row.unsupported),
            Some(outcome) => {
                count(&mut row.run);
                match outcome {
                    Ok(()) => count(&mut row.passed),
                    Err(error) => row.failures.push(format!("case {number}: {error}")),
                }
            }
        }
    }

    fn row(&mut self, file: &'static str, suite: Option<u16>, backend: &'static str) -> &mut Row {
        self.rows.entry((file, suite, backend)).or_insert_with(|| Row {
            file,
            suite,
            backend,
            expected: 0,
            run: 0,
            passed: 0,
            unsupported: 0,
            failures: Vec::new(),
        })
    }

    pub(super) fn unreadable(&mut self, file: &'static str, error: &str) {
        let row = self.row(file, None, "-");
        row.failures.push(error.to_owned());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<32} {:>5} {:<12} {:>6} {:>6} {:>6}", "file", "suite", "backend", "cases", "run", "passed")?;
        for row in self.rows.values() {
            let suite = row.suite.map_or_else(|| "-".to_owned(), |id| id.to_string());
            let note = match (row.is_good(), row.unsupported) {
                (false, _) => "FAILED",
                (true, 0) => "",
                (true, _) => "no such suite",
            };
            let Row { file, backend, expected, run, passed, .. } = row;
            writeln!(f, "{file:<32} {suite:>5} {backend:<12} {expected:>6} {run:>6} {passed:>6} {note}")?;
            for failure in row.failures.iter().take(3) {
                writeln!(f, "    {failure}")?;
            }
        }
        let (passed, due) = self.totals();
        writeln!(f, "{passed} of {due} cases passed")
    }
}
