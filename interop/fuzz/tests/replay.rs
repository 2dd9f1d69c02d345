//! Replays the committed corpora, each file as it is and with fixed mutations.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use core::panic::AssertUnwindSafe;
use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use interop_fuzz::mutate::{Chance, mutated};
use interop_fuzz::{TARGETS, target};

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora")
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = corpora().join(target);
    let files = names_in(&folder).into_iter().map(|name| folder.join(name));
    files.map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

/// Runs each file, and so many mutations of it.
fn replay(name: &str, mutations: u32) {
    let run = target(name).unwrap().run;
    let try_one = |bytes: &[u8], what: &dyn Fn() -> String| {
        if catch_unwind(AssertUnwindSafe(|| run(bytes))).is_err() {
            panic!("target {name} fails on {}: {bytes:?}", what());
        }
    };
    let corpus = corpus(name);
    assert!(!corpus.is_empty());
    let mut chance = Chance::new(9420);
    for (path, bytes) in &corpus {
        try_one(bytes, &|| path.display().to_string());
        for number in 0..mutations {
            let (_, other) = &corpus[chance.below(corpus.len())];
            let mutation = mutated(bytes, other, &mut chance);
            try_one(&mutation, &|| format!("mutation {number} of {}", path.display()));
        }
    }
}

macro_rules! replay {
    ($($target:ident $mutations:literal),+ $(,)?) => {
        $(#[test] fn $target() { replay(stringify!($target), $mutations); })+
        const REPLAYED: &[&str] = &[$(stringify!($target)),+];
    };
}

// As many as take some seconds.
replay! {
    receive 250,
    decode 4000,
    tree 500,
    join 200,
    group_info 200,
    records 120,
    import 200,
    x509 300,
    client 100,
}

#[test]
fn each_target_is_replayed() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(REPLAYED, names);
}

#[test]
fn each_target_has_a_corpus_and_each_corpus_a_target() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names_in(&corpora()), names);
}

/// Files that are no seeds are inputs that once failed.
#[test]
fn the_seeds_are_those_that_are_committed() {
    for target in TARGETS {
        let folder = corpora().join(target.name);
        let mut names = BTreeSet::new();
        for seed in (target.seeds)() {
            let file = folder.join(&seed.name);
            let committed = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(committed, seed.bytes, "{}: run `mls-fuzz seeds`", file.display());
            assert!(names.insert(seed.name.clone()), "two seeds of {} are called {}", target.name, seed.name);
        }
        let stale: Vec<_> =
            names_in(&folder).difference(&names).filter(|name| !name.starts_with("found-")).cloned().collect();
        assert!(stale.is_empty(), "{}: {stale:?} are no seeds, nor called found-..", target.name);
    }
}

#[test]
fn the_corpora_stay_small() {
    let files: Vec<u64> =
        TARGETS.iter().flat_map(|target| corpus(target.name)).map(|(_, bytes)| bytes.len() as u64).collect();
    assert!(files.len() <= 200 && files.iter().sum::<u64>() <= 150_000, "{} files", files.len());
}
