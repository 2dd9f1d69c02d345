//! What the programs print: a line of JSON for each operation.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::count::Taken;

/// One operation of one implementation at one size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub implementation: String,
    pub backend: String,
    pub suite: u16,
    pub operation: String,
    pub members: u32,
    /// How many were measured.
    pub runs: usize,
    /// Medians, in microseconds.
    pub cpu_us: f64,
    pub wall_us: f64,
    /// The median.
    pub allocations: u64,
    /// Further figures of the operation: bytes of its message, records and bytes that went to the store, bytes alive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<i64>,
    /// What the RFC's cryptography alone would have taken just then, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_us: Option<f64>,
    /// Why there is no figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// Where rows are printed, and who they are of.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub implementation: &'static str,
    pub backend: &'static str,
    pub suite: u16,
    pub members: u32,
}

impl Sheet {
    /// Ends the program after ten minutes: what has been measured by then counts.
    pub fn limit(&self) {
        let sheet = self.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(600));
            sheet.stopped("the rest", "ten minutes were over");
            std::process::exit(0);
        });
    }

    /// Prints the medians of some runs, with further figures.
    pub fn print_with(&self, operation: &str, taken: &[Taken], more: impl FnOnce(&mut Row)) {
        let mut row = Row {
            implementation: self.implementation.to_owned(),
            backend: self.backend.to_owned(),
            suite: self.suite,
            operation: operation.to_owned(),
            members: self.members,
            runs: taken.len(),
            cpu_us: median(taken.iter().map(|taken| taken.cpu)) / 1e3,
            wall_us: median(taken.iter().map(|taken| taken.wall)) / 1e3,
            allocations: taken.iter().map(|taken| taken.allocations).min().unwrap_or(0),
            message: None,
            records: None,
            stored: None,
            live: None,
            floor_us: None,
            stopped: None,
        };
        more(&mut row);
        println!("{}", serde_json::to_string(&row).unwrap());
    }

    /// Says why an operation has no figure.
    pub fn stopped(&self, operation: &str, why: &str) {
        self.print_with(operation, &[], |row| row.stopped = Some(why.to_owned()));
    }
}

/// The middle one, or the middle between two.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = |place: usize| values.get(place).copied().unwrap_or(0.0);
    middle(values.len().saturating_sub(1) / 2).midpoint(middle(values.len() / 2))
}
