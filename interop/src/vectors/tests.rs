#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::PathBuf;

use super::*;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MLS_TEST_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/test-vectors"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

fn cases(file: &str) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(folder()?.join(file).with_extension("json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// The first digit of a hexadecimal string, changed.
fn spoil(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            // In the middle: the first bytes of a message are often a length.
            let middle = text.len() / 2;
            let digit = if &text[middle..=middle] == "0" { "1" } else { "0" };
            text.replace_range(middle..=middle, digit);
            true
        }
        Value::Array(values) => values.iter_mut().any(spoil),
        Value::Object(fields) => fields.iter_mut().rev().any(|(_, value)| spoil(value)),
        Value::Number(number) => {
            *value = Value::from(number.as_u64().unwrap().wrapping_add(1));
            true
        }
        _ => false,
    }
}

#[test]
fn a_spoilt_case_fails() {
    for (file, check) in FILES {
        // Structures that are only decoded and encoded again stay the same with most digits.
        if file == "messages" {
            continue;
        }
        let Some(mut cases) = cases(file) else { return };
        cases.truncate(1);
        let backends = backends().unwrap();
        let mut table = Table::default();
        run_file(&mut table, file, check, &cases, &backends);
        assert!(table.rows().all(Row::is_good), "{table}");
        assert!(spoil(&mut cases[0]), "{file}");
        let mut table = Table::default();
        run_file(&mut table, file, check, &cases, &backends[..1]);
        assert!(!table.rows().all(Row::is_good), "{file} passes with a changed digit");
    }
}

#[test]
fn a_missing_file_fails() {
    let empty = std::env::temp_dir().join("mls-vectors-none");
    let table = verify(&empty, &backends().unwrap(), |_| {});
    assert!(!table.is_good());
    assert_eq!(table.rows().len(), files().count());
    assert_eq!(table.totals(), (0, 0));
}

#[test]
fn a_case_that_was_not_run_is_seen() {
    let good = Row {
        file: "messages",
        suite: None,
        backend: "x",
        expected: 2,
        run: 2,
        passed: 2,
        unsupported: 0,
        failures: Vec::new(),
    };
    assert!(good.is_good());
    assert!(!Row { run: 1, passed: 1, ..good.clone() }.is_good());
    assert!(!Row { passed: 1, ..good.clone() }.is_good());
    assert!(Row { expected: 3, unsupported: 1, ..good.clone() }.is_good());
    assert!(!Row { expected: 0, run: 0, passed: 0, ..good }.is_good());
}
