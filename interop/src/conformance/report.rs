//! The matrix for readers and for programs.

use core::fmt::Write as _;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::matrix::{Gap, Matrix, Row, TestPlace};

/// The matrix as a table: a row a requirement, with its lines and tests below it.
#[must_use]
pub fn table(matrix: &Matrix) -> String {
    let mut text = String::new();
    for row in &matrix.rows {
        let Row { requirement, enforced, tests, exception } = row;
        let state = state(row);
        line(&mut text, &format!("{:<13} {:<7} {state:<9} {}", requirement.id, requirement.level, requirement.text));
        for place in enforced {
            line(&mut text, &format!("    code  {place}"));
        }
        for test in tests {
            line(&mut text, &format!("    test  {}  {}", test.place, test.name));
        }
        if let Some(reason) = exception {
            line(&mut text, &format!("    not   {reason}"));
        }
    }
    line(&mut text, "\nBad input");
    for row in &matrix.bad_input {
        let state = if row.tests.is_empty() { "MISSING" } else { "tested" };
        line(&mut text, &format!("{:<13} {state:<9} {}", row.entry.id, row.entry.text));
        for test in &row.tests {
            line(&mut text, &format!("    test  {}  {}", test.place, test.name));
        }
    }
    text
}

/// One line each for what is wrong and what is not there.
#[must_use]
pub fn missing(matrix: &Matrix) -> String {
    let mut text = String::new();
    for fault in &matrix.faults {
        line(&mut text, &format!("fault\t{fault}"));
    }
    for gap in &matrix.gaps {
        let kind = match gap {
            Gap::Untested(_) => "untested",
            Gap::Unplaced(_) => "no line",
            Gap::BadInput(_) => "bad input",
            Gap::NotRun(_) => "not run",
        };
        line(&mut text, &format!("{kind}\t{gap}"));
    }
    text
}

/// The numbers.
#[must_use]
pub fn totals(matrix: &Matrix) -> String {
    let testable = || matrix.rows.iter().filter(|row| row.requirement.testable);
    let count = |wanted: &str| testable().filter(|row| state(row) == wanted).count();
    let no_line = testable().filter(|row| row.exception.is_some() && !row.tests.is_empty()).count();
    let tests: BTreeSet<&TestPlace> = matrix.rows.iter().flat_map(|row| &row.tests).collect();
    let bad = matrix.bad_input.iter().filter(|row| !row.tests.is_empty()).count();
    let not_run = matrix.gaps.iter().filter(|gap| matches!(gap, Gap::NotRun(_))).count();
    format!(
        "requirements: {} in all, {} testable: {} with line and test, {} excepted ({no_line} of them with a test), \
         {} without a line, {} missing\n\
         tests that name requirements: {}; of the tests named, {not_run} did not run\n\
         bad input: {bad} of {} with a test\n\
         faults: {}",
        matrix.rows.len(),
        testable().count(),
        count("tested"),
        count("excepted"),
        count("NO LINE"),
        count("MISSING"),
        tests.len(),
        matrix.bad_input.len(),
        matrix.faults.len(),
    )
}

/// The matrix for programs.
#[must_use]
pub fn json(matrix: &Matrix) -> String {
    let tests = |tests: &BTreeSet<TestPlace>| -> Vec<Value> {
        let test =
            |test: &TestPlace| json!({"place": test.place.to_string(), "package": test.package, "name": test.name});
        tests.iter().map(test).collect()
    };
    let rows = matrix.rows.iter().map(|row| {
        json!({
            "id": row.requirement.id,
            "level": row.requirement.level,
            "applies_to": row.requirement.applies_to,
            "text": row.requirement.text,
            "state": state(row),
            "code": row.enforced.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "tests": tests(&row.tests),
            "exception": row.exception,
        })
    });
    let bad = matrix
        .bad_input
        .iter()
        .map(|row| json!({"id": row.entry.id, "text": row.entry.text, "tests": tests(&row.tests)}));
    let faults = matrix.faults.iter().map(ToString::to_string);
    let all = json!({
        "requirements": rows.collect::<Vec<_>>(),
        "bad_input": bad.collect::<Vec<_>>(),
        "faults": faults.collect::<Vec<_>>(),
    });
    format!("{all:#}")
}

fn state(row: &Row) -> &'static str {
    match row {
        _ if !row.requirement.testable => "other",
        Row { exception: Some(_), .. } => "excepted",
        _ if !row.tests.is_empty() && !row.enforced.is_empty() => "tested",
        _ if !row.tests.is_empty() => "NO LINE",
        _ => "MISSING",
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}
