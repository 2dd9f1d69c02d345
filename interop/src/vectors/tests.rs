#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::PathBuf;

use mls_crypto_traits::CipherSuiteProvider;

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

// Most digits of these structures stand for themselves: spoilt are the version, a wire format and an end.
#[test]
fn a_spoilt_message_fails() {
    let Some(mut cases) = cases("messages") else { return };
    cases.truncate(1);
    let Value::Object(fields) = cases.remove(0) else { panic!() };
    assert_eq!(fields.len(), 17);
    let fails = |field: &str, spoilt: String| {
        let mut case = fields.clone();
        case[field] = Value::from(spoilt);
        let mut table = Table::default();
        run_file(&mut table, "messages", framing::messages, &[Value::Object(case)], &backends().unwrap()[..1]);
        assert!(!table.rows().all(Row::is_good), "messages passes with {field} spoilt");
        assert_eq!(table.totals(), (0, 1));
    };
    for (field, value) in &fields {
        let text = value.as_str().unwrap();
        fails(field, format!("{text}00"));
        fails(field, text[2..].to_owned());
        if field.starts_with("mls_") || field.starts_with("public_") || field.starts_with("private_") {
            fails(field, format!("0002{}", &text[4..]));
            fails(field, format!("000100ff{}", &text[8..]));
        }
    }
}

#[test]
fn a_field_that_is_not_checked_fails() {
    let Some(mut cases) = cases("deserialization") else { return };
    cases[0]["more"] = Value::from(1);
    let mut table = Table::default();
    run_file(&mut table, "deserialization", crypto::deserialization, &cases, &backends().unwrap()[..1]);
    assert_eq!(table.totals(), (13, 14));
    assert!(!table.rows().all(Row::is_good));
}

/// A provider that was built without anything.
#[derive(Debug)]
struct NoSuites;

impl CryptoProvider for NoSuites {
    fn cipher_suites(&self) -> Vec<CipherSuite> {
        Vec::new()
    }

    fn provider(&self, _: CipherSuite) -> Option<&dyn CipherSuiteProvider> {
        None
    }
}

#[test]
fn only_a_suite_that_a_backend_is_known_to_lack_may_be_left_out() {
    let cases: Vec<Value> = (1..=7).map(|id| serde_json::json!({ "cipher_suite": id })).collect();
    let backend = |lacks| Backend { name: "none", provider: Arc::new(NoSuites), lacks };
    let run = |lacks| {
        let mut table = Table::default();
        run_file(&mut table, "psk_secret", crypto::psk_secret, &cases, &[backend(lacks)]);
        let good: Vec<u16> = table.rows().filter(|row| row.is_good()).filter_map(|row| row.suite).collect();
        (good, table.rows().map(|row| row.expected).sum::<usize>())
    };
    assert_eq!(run(&[]), (vec![], 7));
    assert_eq!(run(&[4, 6]), (vec![4, 6], 7));
    // A backend that has a suite runs it, whatever is said of it.
    let Some(cases) = self::cases("psk_secret") else { return };
    let lacking = Backend { lacks: &[1], ..backends().unwrap().remove(0) };
    let mut table = Table::default();
    run_file(&mut table, "psk_secret", crypto::psk_secret, &cases, &[lacking]);
    assert_eq!(table.totals(), (cases.len(), cases.len()));
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
