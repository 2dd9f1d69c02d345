//! What came of it, as a table.

use core::fmt;
use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinError;

use super::script::Scenario;

/// What came of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Every step did what it should.
    Passed,
    /// A server does not implement a call.
    Unsupported(String),
    /// A step failed, or members disagree.
    Failed(String),
}

/// What came of all runs.
#[derive(Debug)]
pub struct Report {
    scenarios: Vec<String>,
    columns: Vec<(u32, bool)>,
    cells: BTreeMap<(usize, u32, bool), Cell>,
    bounded: usize,
    lost: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    expected: usize,
    passed: usize,
    wrong: Vec<Outcome>,
}

impl Report {
    pub(super) fn new(suites: &[u32], modes: &[bool], scenarios: &[Arc<Scenario>]) -> Self {
        Self {
            scenarios: scenarios.iter().map(|scenario| scenario.name().to_owned()).collect(),
            columns: suites.iter().flat_map(|suite| modes.iter().map(move |encrypt| (*suite, *encrypt))).collect(),
            cells: BTreeMap::new(),
            bounded: 0,
            lost: Vec::new(),
        }
    }

    pub(super) fn expect(&mut self, scenario: usize, suite: u32, encrypt: bool, runs: usize, all: bool) {
        self.cells.entry((scenario, suite, encrypt)).or_default().expected = runs;
        self.bounded = self.bounded.saturating_add(usize::from(!all));
    }

    pub(super) fn take(&mut self, ended: Option<Result<(usize, u32, bool, Outcome), JoinError>>) {
        let (scenario, suite, encrypt, outcome) = match ended {
            None => return,
            Some(Ok(ended)) => ended,
            Some(Err(error)) => return self.lost.push(error.to_string()),
        };
        let cell = self.cells.entry((scenario, suite, encrypt)).or_default();
        match outcome {
            Outcome::Passed => cell.passed = cell.passed.saturating_add(1),
            wrong => cell.wrong.push(wrong),
        }
    }

    /// How many runs there were.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.cells.values().map(|cell| cell.expected).sum()
    }

    /// How many runs passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.cells.values().map(|cell| cell.passed).sum()
    }

    /// Whether every run that was to be made has been made and has passed, and each scenario was run in each suite and
    /// mode.
    #[must_use]
    pub fn all_passed(&self) -> bool {
        let whole = |scenario| {
            self.columns.iter().all(|(suite, encrypt)| {
                let cell = self.cells.get(&(scenario, *suite, *encrypt));
                cell.is_some_and(|cell| cell.expected > 0 && cell.passed == cell.expected)
            })
        };
        self.lost.is_empty() && !self.columns.is_empty() && (0..self.scenarios.len()).all(whole) && self.runs() > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.scenarios.iter().map(String::len).max().unwrap_or_default().max(8);
        write!(f, "{:width$}", "scenario")?;
        for (suite, encrypt) in &self.columns {
            write!(f, " {:>6}", format!("{suite}{}", if *encrypt { " priv" } else { " pub" }))?;
        }
        writeln!(f)?;
        for (place, scenario) in self.scenarios.iter().enumerate() {
            write!(f, "{scenario:width$}")?;
            for (suite, encrypt) in &self.columns {
                let cell = self.cells.get(&(place, *suite, *encrypt)).cloned().unwrap_or_default();
                let text = match (cell.expected, cell.passed) {
                    (0, _) => "none".to_owned(),
                    (expected, passed) if expected == passed => passed.to_string(),
                    (expected, passed) => format!("{passed}/{expected}!"),
                };
                write!(f, " {text:>6}")?;
            }
            writeln!(f)?;
        }
        for ((place, suite, encrypt), cell) in self.cells.iter().filter(|(_, cell)| !cell.wrong.is_empty()) {
            let scenario = self.scenarios.get(*place).map_or("", String::as_str);
            let mode = if *encrypt { "private" } else { "public" };
            if let Some(first) = cell.wrong.first() {
                let text = match first {
                    Outcome::Passed => "passed",
                    Outcome::Unsupported(text) | Outcome::Failed(text) => text.as_str(),
                };
                writeln!(f, "\n{scenario}, suite {suite}, {mode}, the first of {}: {text}", cell.wrong.len())?;
            }
        }
        for lost in &self.lost {
            writeln!(f, "\na run ended without a result: {lost}")?;
        }
        let unsupported = self.cells.values().flat_map(|cell| &cell.wrong);
        let unsupported = unsupported.filter(|wrong| matches!(wrong, Outcome::Unsupported(_))).count();
        let (runs, passed) = (self.runs(), self.passed());
        let failed = runs.saturating_sub(passed).saturating_sub(unsupported);
        writeln!(f, "\n{runs} runs: {passed} passed, {failed} failed, {unsupported} unsupported")?;
        if self.bounded > 0 {
            writeln!(f, "In {} cells not every assignment of actors to servers was tried.", self.bounded)?;
        }
        Ok(())
    }
}
