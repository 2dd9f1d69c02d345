//! Breaks lines of a copy of the sources, one by one, and sees whether tests fail.
//!
//! All changes are compiled at once, each behind a switch that an environment variable turns on; so a try is the run of
//! a test, and no build. Where no switch can stand (constants, types, patterns), a try is a build.

mod cargo;
mod change;
mod collect;
mod garden;
mod lines;
mod mutants;
mod runs;
mod scope;
mod table;
mod values;
mod weave;
mod workshop;

use std::path::PathBuf;

pub use lines::run;
pub use mutants::run as mutants;

/// What to break.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Only so many lines.
    pub sample: Option<usize>,
    /// Chooses them.
    pub seed: u64,
    /// Only lines of these requirements; of mutants, only those of these files.
    pub only: Vec<String>,
    /// Only what switches can do.
    pub fast: bool,
    /// Only tests of these packages.
    pub packages: Vec<String>,
    /// Where to build.
    pub target_dir: Option<PathBuf>,
    /// Print the changes, run nothing.
    pub list: bool,
    /// A table of mutants: only those that it says survive are tried again.
    pub again: Option<PathBuf>,
    /// Where to write the result.
    pub write: Option<PathBuf>,
}

#[cfg(test)]
mod tests;
