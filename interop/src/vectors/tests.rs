#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use std::path::{Path, PathBuf};

use mls_crypto_traits::CipherSuiteProvider;

use super::*;

/// The set that is in the repository.
fn generated() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The official vectors, or else our own.
fn folder() -> PathBuf {
    let official = std::env::var_os("MLS_TEST_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/test-vectors"), PathBuf::from);
    if official.is_dir() { official } else { generated() }
}

fn cases(file: &str) -> Vec<Value> {
    cases_in(&folder(), file)
}

fn cases_in(folder: &Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(file).with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_generated_set_passes_on_every_backend() {
    let table = verify(&generated(), &backends().unwrap(), |_| {});
    assert!(table.is_good(), "{table}");
    let suites: std::collections::BTreeSet<_> = table.rows().filter_map(|row| row.suite).collect();
    assert_eq!(suites, (1..=7).collect());
}

#[test]
fn a_seed_gives_the_same_files() {
    use generate::{Settings, generate};
    let rustcrypto = RustCryptoProvider::new();
    let settings = |seed| Settings { seed, size: 3, suites: vec![CipherSuite(2), CipherSuite(4)] };
    let files = generate(&settings(9420), &rustcrypto, |_| {}).unwrap();
    let names: std::collections::BTreeSet<_> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, super::files().collect());
    for (name, made) in &files {
        let kept = cases_in(&generated(), name);
        assert!(!made.is_empty() && made.iter().all(|case| kept.contains(case)), "{name} is not the one that is kept");
    }
    let others = generate(&settings(9421), &rustcrypto, |_| {}).unwrap();
    for ((name, one), (_, other)) in
        files.iter().zip(&others).filter(|((name, _), _)| !matches!(*name, "deserialization" | "tree-math"))
    {
        assert_ne!(one, other, "{name} does not depend on the seed");
    }
    let error = generate(&Settings { size: 1, ..settings(1) }, &rustcrypto, |_| {}).unwrap_err();
    assert_eq!(error, "the size is 2 at least");
    let lacking = generate(&settings(1), &AwsLcProvider::new(), |_| {}).unwrap_err();
    assert_eq!(lacking, "crypto-basics, suite 4: no cipher suite 4");
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
        let mut cases = cases(file);
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
    let mut cases = cases("messages");
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
    let mut cases = cases("deserialization");
    cases[0]["more"] = Value::from(1);
    let mut table = Table::default();
    run_file(&mut table, "deserialization", crypto::deserialization, &cases, &backends().unwrap()[..1]);
    assert_eq!(table.totals(), (cases.len() - 1, cases.len()));
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
    let cases = self::cases("psk_secret");
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
