//! The conformance matrix: which line enforces each requirement of RFC 9420, and which test would fail without it.
//!
//! A requirement's id stands as `// req: R-12.4.2-07` at the line that enforces it and at its test. `// bad: valn-1202`
//! names an entry of the catalogue of bad input at a test. Comments are found by reading the sources, no more.

pub mod breaking;
pub mod lists;
mod matrix;
pub mod ran;
mod report;
mod scan;
mod source;

pub use matrix::{Fault, Gap, Matrix, Place, TestPlace};
pub use report::{json, missing, table, totals};
pub use scan::{Sources, Tag, TagKind};

#[cfg(test)]
mod tests;
