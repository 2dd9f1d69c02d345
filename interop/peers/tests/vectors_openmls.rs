//! The vectors of our own making, and the official ones, as checked by OpenMLS. Its feature `test-utils` has two checks:
//! of the arithmetic of trees and of the key schedule. The feature is for tests of its own and changes its types, so
//! the groups that it is in with us are made without it.

use std::path::PathBuf;

use openmls::prelude_test::kat_treemath::{self, TreeMathTestVector};
use openmls::prelude_test::key_schedule::{self, KeyScheduleTestVector};
use openmls_rust_crypto::OpenMlsRustCrypto;

/// The files of this name: ours, and the official one where there is one.
fn files(name: &str) -> Vec<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let official =
        std::env::var_os("MLS_TEST_VECTORS").map_or_else(|| here.join("../../../shared/test-vectors"), PathBuf::from);
    [here.join("../vectors"), official]
        .into_iter()
        .map(|folder| folder.join(name))
        .filter(|file| file.exists())
        .collect()
}

fn read<T: serde::de::DeserializeOwned>(file: &PathBuf) -> Vec<T> {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[test]
fn trees_are_numbered_as_openmls_does() {
    for file in files("tree-math.json") {
        let vectors = read::<TreeMathTestVector>(&file);
        println!("OpenMLS checks {} trees of {}", vectors.len(), file.display());
        assert!(vectors.len() > 3);
        vectors.into_iter().for_each(|vector| kat_treemath::run_test_vector(vector).unwrap());
    }
}

#[test]
fn keys_are_derived_as_openmls_does() {
    for file in files("key-schedule.json") {
        let vectors = read::<KeyScheduleTestVector>(&file);
        // Those of other suites it leaves out without a word.
        let checked = vectors.iter().filter(|vector| vector.cipher_suite <= 3).count();
        println!("OpenMLS checks {checked} of {} key schedules of {}", vectors.len(), file.display());
        assert!(checked >= 3);
        let provider = OpenMlsRustCrypto::default();
        vectors.into_iter().for_each(|vector| key_schedule::run_test_vector(vector, &provider).unwrap());
    }
}

#[test]
#[should_panic(expected = "ExporterMismatch")]
fn a_spoilt_vector_is_refused() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../vectors/key-schedule.json");
    let mut vectors = read::<serde_json::Value>(&file);
    let secret = &mut vectors[0]["epochs"][0]["exporter"]["secret"];
    let spoilt = secret.as_str().unwrap().chars().rev().collect::<String>();
    *secret = spoilt.into();
    let vector = serde_json::from_value(vectors.swap_remove(0)).unwrap();
    key_schedule::run_test_vector(vector, &OpenMlsRustCrypto::default()).unwrap();
}
