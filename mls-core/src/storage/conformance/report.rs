//! What a run found.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::wrong::Wrong;

/// A case that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Which case.
    pub case: &'static str,
    /// What was seen.
    pub seen: String,
}

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    passed: Vec<&'static str>,
    skipped: Vec<&'static str>,
    failures: Vec<Failure>,
}

impl Report {
    /// The cases that passed.
    #[must_use]
    pub fn passed(&self) -> &[&'static str] {
        &self.passed
    }

    /// The cases that were not run: the factory cannot open a store again, or the store offers no writes of an
    /// application.
    #[must_use]
    pub fn skipped(&self) -> &[&'static str] {
        &self.skipped
    }

    /// The cases that failed.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty()
    }

    /// Fails a test with the list of failures.
    ///
    /// # Panics
    /// Unless [`is_ok`](Self::is_ok).
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.is_ok(), "{self}");
    }

    pub(super) fn take(&mut self, case: &'static str, outcome: Option<Result<(), Wrong>>) {
        match outcome {
            None => self.skipped.push(case),
            Some(Ok(())) => self.passed.push(case),
            Some(Err(wrong)) => self.failures.push(Failure { case, seen: wrong.to_string() }),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, skipped, failures } = self;
        writeln!(f, "{} passed, {} skipped, {} failed", passed.len(), skipped.len(), failures.len())?;
        for Failure { case, seen } in failures {
            writeln!(f, "FAILED {case}: {seen}")?;
        }
        Ok(())
    }
}
