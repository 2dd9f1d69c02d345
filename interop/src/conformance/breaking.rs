//! Disables enforcing lines one by one, in a copy of the sources, and sees whether the tests of their ids fail.

mod rules;
mod workshop;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::matrix::{Matrix, Place, TestPlace};
use rules::Change;
use workshop::{Run, Workshop};

/// How many changes of a line that compile are tried before its tests are said to miss it.
const TRIES: usize = 5;

/// Which lines to disable.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Only so many lines.
    pub sample: Option<usize>,
    /// Chooses them.
    pub seed: u64,
    /// Only lines of these requirements.
    pub only: Vec<String>,
    /// Where to build.
    pub target_dir: Option<PathBuf>,
    /// Print the changes, run nothing.
    pub list: bool,
}

/// A line, with the tests of each of its ids.
type Lines<'a> = BTreeMap<&'a Place, BTreeMap<&'a str, &'a BTreeSet<TestPlace>>>;

/// What became of a line.
enum Outcome {
    /// Every id has a test that failed.
    Caught(String),
    /// Ids whose tests passed whatever was tried.
    Missed(Vec<String>, String),
    /// No rule makes a change that compiles, and no patch is given.
    NoRule,
    /// The list of patches says why it cannot be broken.
    Unbreakable(String),
}

/// Disables the lines that carry ids with tests, and prints what became of each. False where a test missed it, or where
/// no rule applies.
///
/// # Errors
/// What keeps the copy from being made or its tests from running.
pub fn run(root: &Path, matrix: &Matrix, plan: &Plan) -> Result<bool, String> {
    let patches = read_patches(&root.join("interop/conformance/patches.tsv"))?;
    let mut lines = Lines::new();
    for row in &matrix.rows {
        let id = row.requirement.id.as_str();
        if !row.tests.is_empty() && (plan.only.is_empty() || plan.only.iter().any(|only| only == id)) {
            for place in &row.enforced {
                lines.entry(place).or_default().insert(id, &row.tests);
            }
        }
    }
    let chosen = sample(lines.into_iter().collect(), plan);
    if plan.list {
        for (place, ids) in &chosen {
            let ids: Vec<_> = ids.keys().copied().collect();
            println!("{place}\t{}", ids.join(", "));
            for change in changes(&root.join(&place.file), place, &patches)?.0 {
                println!("    {}", change.what);
            }
        }
        return Ok(true);
    }
    let workshop = Workshop::new(root, plan.target_dir.clone())?;
    let mut counts = [0_usize; 4];
    for (number, (place, ids)) in (1_usize..).zip(&chosen) {
        let outcome = break_line(&workshop, place, ids, &patches)?;
        let (which, text) = match outcome {
            Outcome::Caught(what) => (0, format!("caught\t{what}")),
            Outcome::Missed(ids, what) => (1, format!("MISSED\t{}\t{what}", ids.join(", "))),
            Outcome::NoRule => (2, "NO RULE\tadd a patch to interop/conformance/patches.tsv".to_owned()),
            Outcome::Unbreakable(why) => (3, format!("left\t{why}")),
        };
        if let Some(count) = counts.get_mut(which) {
            *count = count.saturating_add(1);
        }
        println!("{number}/{}\t{place}\t{text}", chosen.len());
    }
    let [caught, missed, no_rule, left] = counts;
    println!("lines: {}; caught {caught}, missed {missed}, without a rule {no_rule}, left {left}", chosen.len());
    Ok(missed == 0 && no_rule == 0)
}

/// The lines that a seed chooses.
fn sample<T>(mut lines: Vec<T>, plan: &Plan) -> Vec<T> {
    let Some(size) = plan.sample else { return lines };
    let mut state = plan.seed;
    let mut chosen = Vec::new();
    while chosen.len() < size && !lines.is_empty() {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let at = (state >> 33).checked_rem(lines.len() as u64).and_then(|at| usize::try_from(at).ok());
        chosen.push(lines.swap_remove(at.unwrap_or(0)));
    }
    chosen
}

fn break_line(
    workshop: &Workshop,
    place: &Place,
    ids: &BTreeMap<&str, &BTreeSet<TestPlace>>,
    patches: &[Patch],
) -> Result<Outcome, String> {
    let (changes, reason) = changes(&workshop.path(&place.file), place, patches)?;
    if let Some(reason) = reason {
        return Ok(Outcome::Unbreakable(reason));
    }
    let tests: BTreeSet<&TestPlace> = ids.values().copied().flatten().collect();
    let mut open: BTreeSet<&str> = ids.keys().copied().collect();
    let mut tried = Vec::new();
    for change in changes {
        if tried.len() == TRIES {
            break;
        }
        let Run { built, failed } = workshop.test(&place.file, &change.text, &tests)?;
        if !built {
            continue;
        }
        tried.push(change.what);
        open.retain(|id| !ids.get(id).is_some_and(|tests| tests.iter().any(|test| failed.contains(&test.name))));
        if open.is_empty() {
            return Ok(Outcome::Caught(tried.join("; ")));
        }
    }
    if tried.is_empty() {
        return Ok(Outcome::NoRule);
    }
    Ok(Outcome::Missed(open.into_iter().map(str::to_owned).collect(), tried.join("; ")))
}

/// The changes to try, or why there are none.
fn changes(file: &Path, place: &Place, patches: &[Patch]) -> Result<(Vec<Change>, Option<String>), String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let line = text.lines().nth(place.line.saturating_sub(1)).unwrap_or_default().trim();
    let patch = patches.iter().find(|patch| patch.file == place.file && line.contains(&patch.find));
    if let Some(patch) = patch {
        if let Some(reason) = patch.replace.strip_prefix("unbreakable: ") {
            return Ok((Vec::new(), Some(reason.to_owned())));
        }
        let patched = text.lines().enumerate().map(|(number, text)| {
            let here = number.saturating_add(1) == place.line;
            if here { text.replacen(&patch.find, &patch.replace, 1) } else { text.to_owned() }
        });
        let what = format!("{} -> {}", patch.find, patch.replace);
        let text = patched.map(|line| line.chars().chain(['\n']).collect::<String>()).collect();
        return Ok((vec![Change { what, text }], None));
    }
    Ok((rules::changes(&text, place.line.saturating_sub(1)), None))
}

/// A change written by hand: in this file, in a line with an id, this text becomes that.
struct Patch {
    file: PathBuf,
    find: String,
    replace: String,
}

fn read_patches(file: &Path) -> Result<Vec<Patch>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let parse = |line: &str| match line.split('\t').collect::<Vec<_>>().as_slice() {
        [file, find, replace] if !find.is_empty() => {
            Ok(Patch { file: file.into(), find: (*find).to_owned(), replace: (*replace).to_owned() })
        }
        _ => Err(format!("{}: wrong columns: {line}", file.display())),
    };
    text.lines().skip(1).map(parse).collect()
}

#[cfg(test)]
mod tests;
