//! Mutants of the modules that validate: whatever is broken in them, a test of the engine has to fail.

use core::fmt::Write as _;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::matrix::{Matrix, TestPlace};
use super::Plan;
use super::cargo::Targets;
use super::change::{Change, Plantable, Rank, With};
use super::collect::MARK;
use super::garden::Garden;
use super::runs::{Runs, Test, in_parallel, list};
use super::table::{line_of, read};
use super::workshop::Workshop;

/// What is mutated: all that decides whether something received is accepted.
const MODULES: [&str; 16] = [
    "mls-core/src/framing/auth.rs",
    "mls-core/src/framing/private_message.rs",
    "mls-core/src/framing/public_message.rs",
    "mls-core/src/group/admission.rs",
    "mls-core/src/group/process.rs",
    "mls-core/src/group/receive.rs",
    "mls-core/src/group/vet.rs",
    "mls-core/src/key_package/validate.rs",
    "mls-core/src/proposal/apply.rs",
    "mls-core/src/proposal/list.rs",
    "mls-core/src/psk/id.rs",
    "mls-core/src/tree/parent_hash/verify.rs",
    "mls-core/src/tree/path/receive.rs",
    "mls-core/src/tree/validate/leaf.rs",
    "mls-core/src/tree/validate/tree.rs",
    "mls-core/src/tree/validate/unmerged.rs",
];

/// Tests that take longer are left out; what they alone would catch counts as not caught.
const SLOW: Duration = Duration::from_secs(8);

/// How many tests are tried on a mutant, the likeliest first: before all others those that caught it in the last run.
const TRIES: usize = 240;

/// The last run.
const LAST: &str = "interop/conformance/mutants.tsv";

/// A requirement's id within so many lines is the mutant's, too.
const NEAR: usize = 6;

/// In the table, a mutant that no test caught.
const SURVIVES: &str = "SURVIVES";

/// A mutant: its switch, and where and what it is.
struct Mutant {
    switch: u32,
    file: PathBuf,
    function: String,
    at: usize,
    number: usize,
    line: String,
    what: String,
}

/// Tries every mutant, prints those that no test caught, and the figures. False where fewer than nine of ten are caught,
/// or where one survives that `interop/conformance/survivors.tsv` gives no reason for.
///
/// # Errors
/// What keeps the copy from being made or its tests from running.
pub fn run(root: &Path, matrix: &Matrix, plan: &Plan) -> Result<bool, String> {
    let reasons = reasons(root)?;
    let workshop = Workshop::new(root, plan.target_dir.as_ref())?;
    let mut garden = Garden::remember(&workshop);
    let wanted = |file: &&&str| plan.only.is_empty() || plan.only.iter().any(|only| file.contains(only.as_str()));
    for file in MODULES.iter().filter(wanted) {
        let bed = garden.bed(root, Path::new(file))?;
        let changes = bed.plantable.changes.iter().enumerate();
        let indices: Vec<usize> = changes
            .filter(|(_, change)| is_mutant(&bed.plantable, change) || is_mark(change))
            .map(|(index, _)| index)
            .collect();
        garden.plant(Path::new(file), indices);
    }
    eprintln!("{} switches", garden.len());
    let binaries = garden.grow(&workshop, &targets())?;
    let mutants = mutants(&garden);
    eprintln!("{} mutants", mutants.len());
    if plan.list {
        for mutant in &mutants {
            println!(
                "{}:{}\t{}\t{}\t{}",
                mutant.file.display(),
                mutant.number,
                mutant.function,
                mutant.what,
                mutant.line
            );
        }
        return Ok(true);
    }
    let mut runs = Runs::record(&workshop, list(&binaries)?)?;
    let all = runs.habits.len();
    runs.habits.retain(|_, habit| habit.takes < SLOW);
    eprintln!("{all} tests ran, {} of them fast enough", runs.habits.len());
    let reach = Reach::new(&garden, &runs, matrix);
    let known = known(plan)?;
    let last = last(root)?;
    let caught = in_parallel(&mutants, |mutant| {
        if let Some(by) = known.get(&mutant.key()) {
            return Some(by.clone());
        }
        let tests = reach.order(mutant, &runs);
        let last = last.get(&mutant.key());
        let first = tests.iter().filter(|test| last.is_some_and(|last| last.contains(&test.name)));
        let by = first
            .chain(tests.iter().take(TRIES))
            .find(|test| runs.fails(test, mutant.switch))
            .map(|test| test.name.clone());
        let verdict = by.as_deref().unwrap_or(SURVIVES);
        let Mutant { file, number, what, .. } = mutant;
        eprintln!("{}:{number}\t{what}\t{verdict}\t{} reach", file.display(), tests.len());
        by
    });
    report(&mutants, &caught, &reasons, plan)
}

/// The tests that caught each mutant in the last run. Mutants of one line may be known by the same.
fn last(root: &Path) -> Result<BTreeMap<[String; 4], BTreeSet<String>>, String> {
    let mut last: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for row in read(&root.join(LAST))? {
        let [file, function, line, what, by] = row.as_slice() else { continue };
        last.entry([file.clone(), function.clone(), line.clone(), what.clone()]).or_default().insert(by.clone());
    }
    Ok(last)
}

/// What an earlier run caught, where only what is left is to be tried again.
fn known(plan: &Plan) -> Result<BTreeMap<[String; 4], String>, String> {
    let Some(file) = &plan.again else { return Ok(BTreeMap::new()) };
    let (mut known, mut open) = (BTreeMap::new(), Vec::new());
    for row in read(file)? {
        let [file, function, line, what, by] = row.as_slice() else { continue };
        let key = [file.clone(), function.clone(), line.clone(), what.clone()];
        if by == SURVIVES {
            open.push(key);
        } else {
            known.insert(key, by.clone());
        }
    }
    known.retain(|key, _| !open.contains(key));
    Ok(known)
}

impl Mutant {
    /// What it is known by in lists.
    fn key(&self) -> [String; 4] {
        [self.file.display().to_string(), self.function.clone(), self.line.clone(), self.what.clone()]
    }
}

/// Whether a change makes a mutant. A condition that never holds and always holds is not negated as well; names in
/// messages for people are nobody's business.
fn is_mutant(plantable: &Plantable, change: &Change) -> bool {
    let what = change.what.as_str();
    let kind = match change.rank {
        Rank::Disabled => !matches!(what, "not refused" | "left out"),
        Rank::Reversed => {
            !matches!(what, "negated" | "as another arm" | "none" | "refusal by default" | "arguments swapped")
        }
        Rank::Altered => what.starts_with("returns "),
    };
    let function = plantable.function(change.range.start);
    // What is written for people, and what fails where a value is longer than any input.
    let aside = ["fmt", "encode", "encoded_len"];
    kind && function.is_some_and(|function| !aside.contains(&function.name.as_str()))
}

/// Whether it tells who comes by a branch, or is where something is refused.
fn is_mark(change: &Change) -> bool {
    let refuses = change.what == "not refused" && matches!(&change.with, With::Value(value) if value == "panic!()");
    refuses || change.what == MARK
}

/// What compiles, each once.
fn mutants(garden: &Garden) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (file, bed) in &garden.beds {
        let mut seen: BTreeSet<(usize, usize, &str)> = BTreeSet::new();
        let mut chosen = bed.chosen.clone();
        chosen.sort_unstable();
        for (index, switch) in chosen {
            let change = bed.plantable.changes.get(index);
            let Some(change) = change.filter(|change| is_mutant(&bed.plantable, change)) else { continue };
            let place = (change.range.start, change.range.end, change.what.as_str());
            // A statement without its verdict, or left out altogether, is one.
            let twin = (change.range.start, change.range.end, "verdict dropped");
            if change.what == "deleted" && seen.contains(&twin) || !seen.insert(place) {
                continue;
            }
            let (number, line) = line_of(&bed.source, change.anchor);
            mutants.push(Mutant {
                switch,
                file: file.clone(),
                function: bed.plantable.function(change.range.start).map(|f| f.name.clone()).unwrap_or_default(),
                at: change.anchor,
                number,
                line: line.to_owned(),
                what: change.what.split_whitespace().collect::<Vec<_>>().join(" "),
            });
        }
    }
    mutants
}

/// The engine's own tests, and those of what it refuses.
fn targets() -> Targets {
    let mut targets = Targets::default();
    targets.packages.insert("mls-core".to_owned());
    targets.files.insert("negative".to_owned());
    targets
}

/// Which tests come by which mutants.
struct Reach<'a> {
    tests: BTreeMap<u32, Vec<&'a Test>>,
    /// Mutants of a function, by file and function: where they are and their switches.
    functions: BTreeMap<(&'a Path, &'a str), Vec<(usize, u32)>>,
    /// Lines that carry an id, with the tests that name it.
    named: Vec<(&'a Path, usize, Vec<&'a TestPlace>)>,
}

impl<'a> Reach<'a> {
    fn new(garden: &'a Garden, runs: &'a Runs<'_>, matrix: &'a Matrix) -> Self {
        let named = matrix.rows.iter().flat_map(|row| {
            row.enforced.iter().map(|place| (place.file.as_path(), place.line, row.tests.iter().collect()))
        });
        let mut reach = Self { tests: BTreeMap::new(), functions: BTreeMap::new(), named: named.collect() };
        for (test, habit) in &runs.habits {
            for switch in &habit.reaches {
                reach.tests.entry(*switch).or_default().push(test);
            }
        }
        for (file, bed) in &garden.beds {
            for (index, switch) in &bed.chosen {
                let Some(change) = bed.plantable.changes.get(*index) else { continue };
                let Some(function) = bed.plantable.function(change.range.start) else { continue };
                let place = (file.as_path(), function.name.as_str());
                reach.functions.entry(place).or_default().push((change.anchor, *switch));
            }
        }
        reach
    }

    /// The tests that come by a mutant, the likeliest to fail first: those that come by what few others do near it, for
    /// there is the refusal.
    fn order(&self, mutant: &Mutant, runs: &Runs<'_>) -> Vec<&'a Test> {
        let Some(tests) = self.tests.get(&mutant.switch) else { return Vec::new() };
        let near = self.functions.get(&(mutant.file.as_path(), mutant.function.as_str()));
        let mut scores: BTreeMap<&Test, f64> = BTreeMap::new();
        for (at, switch) in near.into_iter().flatten() {
            let Some(others) = self.tests.get(switch) else { continue };
            let distance = f64::from(u32::try_from(at.abs_diff(mutant.at)).unwrap_or(u32::MAX));
            let few = f64::from(u32::try_from(others.len()).unwrap_or(u32::MAX)).max(1.0);
            let score = 1.0 / few / (1.0 + distance / 200.0);
            for test in others {
                let best = scores.entry(test).or_default();
                *best = best.max(score);
            }
        }
        let mut order: Vec<(f64, Duration, &'a Test)> = tests
            .iter()
            .map(|test| {
                let takes = runs.habits.get(*test).map(|habit| habit.takes).unwrap_or_default();
                let mut score = scores.get(test).copied().unwrap_or_default() * kinship(&mutant.file, test);
                if self.names(mutant, test) {
                    score += 1.0;
                }
                (score / (takes.as_secs_f64() + 0.05), takes, *test)
            })
            .collect();
        order.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        order.into_iter().map(|(.., test)| test).collect()
    }
}

impl Reach<'_> {
    /// Whether a test names a requirement that stands near a mutant.
    fn names(&self, mutant: &Mutant, test: &Test) -> bool {
        let near = |file: &Path, line: usize| file == mutant.file && line.abs_diff(mutant.number) <= NEAR;
        let tests = self.named.iter().filter(|(file, line, _)| near(file, *line)).flat_map(|(.., tests)| tests);
        tests.into_iter().any(|place| test.is(place))
    }
}

/// How near a test is to a file by its name: in the same module, or called like it.
fn kinship(file: &Path, test: &Test) -> f64 {
    let inside = file.iter().skip_while(|part| *part != "src").skip(1);
    let modules = inside.filter_map(|part| part.to_str()).map(|part| part.trim_end_matches(".rs"));
    let shared = modules.zip(test.name.split("::")).take_while(|(one, other)| one == other).count();
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let called = usize::from(test.name.contains(stem));
    let shared = u32::try_from(shared.saturating_add(called)).unwrap_or(u32::MAX);
    f64::from(shared) * 4.0 + 1.0
}

/// File, function, line and change of the survivors that are known, with the reason.
type Reasons = BTreeMap<[String; 4], String>;

fn reasons(root: &Path) -> Result<Reasons, String> {
    let file = root.join("interop/conformance/survivors.tsv");
    let mut reasons = Reasons::new();
    for row in read(&file)? {
        let [file, function, line, what, reason] = row.as_slice() else {
            return Err(format!("{}: wrong columns: {}", file.display(), row.join("\t")));
        };
        reasons.insert([file.clone(), function.clone(), line.clone(), what.clone()], reason.clone());
    }
    Ok(reasons)
}

fn report(mutants: &[Mutant], caught: &[Option<String>], reasons: &Reasons, plan: &Plan) -> Result<bool, String> {
    let mut table = "file\tfunction\tline\tchange\tcaught by\n".to_owned();
    let (mut survivors, mut unexplained) = (0_usize, 0_usize);
    for (mutant, by) in mutants.iter().zip(caught) {
        let Mutant { file, function, line, what, number, .. } = mutant;
        let key = mutant.key();
        // Writing to a string does not fail.
        let _ = writeln!(table, "{}\t{}", key.join("\t"), by.as_deref().unwrap_or(SURVIVES));
        if by.is_some() {
            continue;
        }
        survivors = survivors.saturating_add(1);
        let file = file.display();
        if let Some(reason) = reasons.get(&key) {
            println!("survives\t{file}:{number}\t{function}\t{what}\t{line}\t{reason}");
        } else {
            unexplained = unexplained.saturating_add(1);
            println!("{SURVIVES}\t{file}:{number}\t{function}\t{what}\t{line}");
        }
    }
    let all = mutants.len();
    let caught = all.saturating_sub(survivors);
    let share = caught.saturating_mul(1000).checked_div(all).unwrap_or(0);
    println!(
        "mutants: {all}; caught {caught} ({}.{} %), survive {survivors}, of these {unexplained} without a reason",
        share / 10,
        share % 10
    );
    if let Some(file) = &plan.write {
        std::fs::write(file, table).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(unexplained == 0 && share >= 900)
}
