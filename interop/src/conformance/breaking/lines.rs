//! Breaks each line that carries a requirement's id: a test of that id has to fail.

use core::fmt::Write as _;
use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::matrix::{Matrix, Place, TestPlace};
use super::Plan;
use super::cargo::{Built, Targets};
use super::change::{Change, Rank, With};
use super::collect::MARK;
use super::garden::Garden;
use super::runs::{Runs, Test, in_parallel, list};
use super::scope::scope;
use super::table::{Advice, Patch, advice, patches};
use super::workshop::Workshop;

/// How many changes of a line are tried by builds of their own.
const BUILDS: usize = 3;

/// How many changes are tried of what begins in a line; where it has fewer than `FAR`, of its body, too.
const NEAR: usize = 40;
const FAR: usize = 20;

/// The tests of ids.
type Ids<'a> = BTreeMap<&'a str, BTreeSet<&'a TestPlace>>;

/// A line, with the tests of each of its ids, and its changes: indices into those of the file, the likeliest first.
struct Line<'a> {
    place: &'a Place,
    text: String,
    ids: Ids<'a>,
    changes: Vec<usize>,
    /// Why it cannot be broken.
    left: Option<String>,
}

/// What became of an id of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// A test of it failed by this change.
    Caught { what: String, rank: Rank, test: String },
    /// All passed; how many changes they came by.
    Missed(usize),
    /// The list of patches says why it cannot be broken.
    Left(String),
}

type Outcomes<'a> = BTreeMap<&'a str, Outcome>;

/// Breaks the lines that carry ids with tests, and prints what became of each. False where a test missed it.
///
/// # Errors
/// What keeps the copy from being made or its tests from running.
pub fn run(root: &Path, matrix: &Matrix, plan: &Plan) -> Result<bool, String> {
    let patches = patches(root)?;
    let workshop = Workshop::new(root, plan.target_dir.as_ref())?;
    let mut garden = Garden::remember(&workshop);
    let mut lines = Vec::new();
    for (place, ids) in chosen(matrix, plan) {
        let line = line(root, &mut garden, place, ids, &patches)?;
        garden.plant(&place.file, line.changes.iter().copied());
        lines.push(line);
    }
    if plan.list {
        for line in &lines {
            println!("{}\t{}", line.place, line.text);
            for change in changes(&garden, line) {
                println!("    {:?}: {}", change.rank, change.what);
            }
        }
        return Ok(true);
    }
    eprintln!("{} lines, {} switches", lines.len(), garden.len());
    let named: BTreeSet<&TestPlace> = lines.iter().flat_map(|line| line.ids.values().flatten().copied()).collect();
    let binaries = garden.grow(&workshop, &targets(&named))?;
    let tests = list(&binaries)?.into_iter().filter(|test| named.iter().any(|place| test.is(place))).collect();
    let runs = Runs::record(&workshop, tests)?;
    eprintln!("{} tests ran; trying the switches", runs.habits.len());
    let mut outcomes = in_parallel(&lines, |line| {
        let outcomes = try_switches(&garden, &runs, line);
        eprintln!("{}\t{}", line.place, summary(&outcomes));
        outcomes
    });
    drop(runs);
    for (line, outcomes) in lines.iter().zip(&mut outcomes) {
        if plan.fast {
            pass_over(&garden, line, outcomes);
            continue;
        }
        try_builds(&mut garden, &workshop, line, outcomes)?;
    }
    report(&lines, &outcomes, plan)
}

/// The lines with tests, or those that a seed chooses.
fn chosen<'a>(matrix: &'a Matrix, plan: &Plan) -> Vec<(&'a Place, Ids<'a>)> {
    let mut lines: BTreeMap<&Place, Ids<'_>> = BTreeMap::new();
    for row in &matrix.rows {
        let id = row.requirement.id.as_str();
        let in_package = |test: &&TestPlace| plan.packages.is_empty() || plan.packages.contains(&test.package);
        let tests: BTreeSet<&TestPlace> = row.tests.iter().filter(in_package).collect();
        if !tests.is_empty() && (plan.only.is_empty() || plan.only.iter().any(|only| only == id)) {
            let mine = |place: &&Place| {
                plan.packages.is_empty() || plan.packages.iter().any(|package| place.file.starts_with(package))
            };
            for place in row.enforced.iter().filter(mine) {
                lines.entry(place).or_default().insert(id, tests.clone());
            }
        }
    }
    let mut lines: Vec<_> = lines.into_iter().collect();
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

fn line<'a>(
    root: &Path,
    garden: &mut Garden,
    place: &'a Place,
    ids: Ids<'a>,
    patches: &[Patch],
) -> Result<Line<'a>, String> {
    let bed = garden.bed(root, &place.file)?;
    let number = place.line.saturating_sub(1);
    let text = bed.source.lines().nth(number).unwrap_or_default().trim().to_owned();
    let mut line = Line { place, text, ids, changes: Vec::new(), left: None };
    match advice(patches, &place.file, &bed.source, number) {
        Some(Advice::Unbreakable(reason)) => {
            line.left = Some(reason);
            return Ok(line);
        }
        Some(Advice::Change(mut change)) => {
            // A switch can stand at a whole expression.
            let is_expression = bed.plantable.expressions.contains(&(change.range.start, change.range.end));
            if let (true, With::Text(value)) = (is_expression, &change.with) {
                change.with = With::Value(value.clone());
            }
            line.changes.push(bed.plantable.changes.len());
            bed.plantable.changes.push(change);
            return Ok(line);
        }
        None => {}
    }
    let scope = scope(&bed.source, number).ok_or_else(|| format!("{place}: nothing there"))?;
    let within = |range: &Range<usize>| {
        let mut found: Vec<(Rank, usize)> = Vec::new();
        for (index, change) in bed.plantable.changes.iter().enumerate() {
            if range.contains(&change.anchor) && change.what != MARK {
                found.push((change.rank, index));
            }
        }
        found.sort();
        found.into_iter().map(|(_, index)| index).collect::<Vec<_>>()
    };
    line.changes = within(&scope.near);
    let more = within(&scope.far).into_iter().filter(|index| !line.changes.contains(index)).collect::<Vec<_>>();
    line.changes.truncate(NEAR);
    line.changes.extend(more.into_iter().take(FAR.saturating_sub(line.changes.len())));
    if line.changes.is_empty() {
        let anywhere = number_in(&bed.source, &scope.far);
        line.changes.extend(anywhere.is_some().then_some(bed.plantable.changes.len()));
        bed.plantable.changes.extend(anywhere);
    }
    Ok(line)
}

/// Another number in what is no syntax of Rust, the inside of a macro.
fn number_in(source: &str, range: &Range<usize>) -> Option<Change> {
    let text = source.get(range.start..)?;
    let mut before = ' ';
    let at = text.char_indices().find_map(|(at, c)| {
        let begins = c.is_ascii_digit() && !before.is_alphanumeric() && before != '_';
        before = c;
        begins.then_some(at)
    })?;
    let len = text.get(at..)?.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let number = text.get(at..at.saturating_add(len))?;
    let start = range.start.saturating_add(at);
    let range = start..start.saturating_add(len);
    Some(Change {
        anchor: start,
        around: range.clone(),
        range,
        rank: Rank::Altered,
        what: "another number".to_owned(),
        with: With::Text(format!("{number} + 7")),
    })
}

fn changes<'a>(garden: &'a Garden, line: &'a Line<'_>) -> impl Iterator<Item = &'a Change> {
    let bed = garden.beds.get(&line.place.file);
    line.changes.iter().filter_map(move |index| bed?.plantable.changes.get(*index))
}

/// The binaries that tests are in.
fn targets(tests: &BTreeSet<&TestPlace>) -> Targets {
    let mut targets = Targets::default();
    for test in tests {
        targets.packages.insert(test.package.clone());
        let parts: Vec<&str> = test.place.file.iter().filter_map(|part| part.to_str()).collect();
        let names = if parts.contains(&"tests") && !parts.contains(&"src") {
            parts.iter().skip_while(|part| **part != "tests").nth(1).map(|name| (&mut targets.files, name))
        } else {
            let example = parts.iter().skip_while(|part| **part != "examples").nth(1);
            example.map(|name| (&mut targets.examples, name))
        };
        if let Some((set, name)) = names {
            set.insert(name.trim_end_matches(".rs").to_owned());
        }
    }
    targets
}

/// Turns the switches of a line on, one by one, until a test of each id has failed.
fn try_switches<'a>(garden: &Garden, runs: &Runs<'_>, line: &Line<'a>) -> Outcomes<'a> {
    let mut outcomes = Outcomes::new();
    if let Some(reason) = &line.left {
        return line.ids.keys().map(|id| (*id, Outcome::Left(reason.clone()))).collect();
    }
    let Some(bed) = garden.beds.get(&line.place.file) else { return outcomes };
    for (id, places) in &line.ids {
        let mut tests: Vec<&Test> =
            runs.habits.keys().filter(|test| places.iter().any(|place| test.is(place))).collect();
        tests.sort_by_key(|test| runs.habits.get(*test).map(|habit| habit.takes));
        let mut reached = 0_usize;
        let caught = line.changes.iter().find_map(|index| {
            let (_, switch) = bed.chosen.iter().find(|(planted, _)| planted == index)?;
            let change = bed.plantable.changes.get(*index)?;
            let reaching = |test: &&&Test| runs.habits.get(**test).is_some_and(|habit| habit.reaches.contains(switch));
            let reaching: Vec<_> = tests.iter().filter(reaching).collect();
            reached = reached.saturating_add(usize::from(!reaching.is_empty()));
            let test = reaching.into_iter().find(|test| runs.fails(test, *switch))?;
            Some(Outcome::Caught { what: change.what.clone(), rank: change.rank, test: test.name.clone() })
        });
        outcomes.insert(id, caught.unwrap_or(Outcome::Missed(reached)));
    }
    outcomes
}

/// A line that has no switch is passed over.
fn pass_over(garden: &Garden, line: &Line<'_>, outcomes: &mut Outcomes<'_>) {
    let Some(bed) = garden.beds.get(&line.place.file) else { return };
    if line.changes.iter().any(|index| bed.chosen.iter().any(|(planted, _)| planted == index)) {
        return;
    }
    for outcome in outcomes.values_mut().filter(|outcome| matches!(outcome, Outcome::Missed(_))) {
        *outcome = Outcome::Left("no switch can stand there".to_owned());
    }
}

/// Builds a line's changes that have no switch, one by one, for the ids that are still open.
fn try_builds(
    garden: &mut Garden,
    workshop: &Workshop,
    line: &Line<'_>,
    outcomes: &mut Outcomes<'_>,
) -> Result<(), String> {
    let open = |outcomes: &Outcomes<'_>| outcomes.values().any(|outcome| matches!(outcome, Outcome::Missed(_)));
    if !open(outcomes) {
        return Ok(());
    }
    let Some(bed) = garden.beds.get(&line.place.file) else { return Ok(()) };
    let unswitched = line.changes.iter().filter(|index| bed.chosen.iter().all(|(planted, _)| planted != *index));
    let texts: Vec<(String, Rank, String)> = unswitched
        .filter_map(|index| bed.plantable.changes.get(*index))
        .filter_map(|change| Some((change.what.clone(), change.rank, change.replaced(&bed.source)?)))
        .collect();
    let mut builds = 0_usize;
    for (what, rank, text) in texts {
        if builds == BUILDS || !open(outcomes) {
            break;
        }
        let named: BTreeSet<&TestPlace> = line
            .ids
            .iter()
            .filter(|(id, _)| matches!(outcomes.get(**id), Some(Outcome::Missed(_))))
            .flat_map(|(_, tests)| tests.iter().copied())
            .collect();
        eprintln!("{}\tbuilding: {what}", line.place);
        workshop.fill(&BTreeMap::from([(line.place.file.clone(), text)]))?;
        let Built::Done(binaries) = workshop.build(&targets(&named))? else { continue };
        builds = builds.saturating_add(1);
        let tests = list(&binaries)?;
        let runs = Runs::unrecorded(workshop);
        for (id, outcome) in outcomes.iter_mut() {
            let Outcome::Missed(reached) = outcome else { continue };
            *reached = reached.saturating_add(1);
            let places = line.ids.get(id);
            let of_id = |test: &&Test| places.is_some_and(|places| places.iter().any(|place| test.is(place)));
            if let Some(test) = tests.iter().filter(of_id).find(|test| runs.fails(test, 0)) {
                *outcome = Outcome::Caught { what: what.clone(), rank, test: test.name.clone() };
            }
        }
    }
    Ok(())
}

fn summary(outcomes: &Outcomes<'_>) -> String {
    let each = outcomes.iter().map(|(id, outcome)| match outcome {
        Outcome::Caught { what, .. } => format!("{id} {what}"),
        Outcome::Missed(reached) => format!("{id} MISSED ({reached} tried)"),
        Outcome::Left(_) => format!("{id} left"),
    });
    each.collect::<Vec<_>>().join("; ")
}

/// Prints what was not caught and the figures; writes the table.
fn report(lines: &[Line<'_>], outcomes: &[Outcomes<'_>], plan: &Plan) -> Result<bool, String> {
    let mut table = "file\tline\tid\tresult\tchange\ttest or reason\n".to_owned();
    let mut counts = [0_usize; 5];
    for (line, outcomes) in lines.iter().zip(outcomes) {
        for (id, outcome) in outcomes {
            let (which, result, change, test) = match outcome {
                Outcome::Caught { what, rank: Rank::Disabled, test } => (0, "caught", what.as_str(), test.as_str()),
                Outcome::Caught { what, rank: Rank::Reversed, test } => (1, "reversed", what.as_str(), test.as_str()),
                Outcome::Caught { what, rank: Rank::Altered, test } => (2, "altered", what.as_str(), test.as_str()),
                Outcome::Missed(_) => (3, "MISSED", "", ""),
                Outcome::Left(reason) => (4, "left", "", reason.as_str()),
            };
            if let Some(count) = counts.get_mut(which) {
                *count = count.saturating_add(1);
            }
            let file = line.place.file.display();
            let change = change.split_whitespace().collect::<Vec<_>>().join(" ");
            // Writing to a string does not fail.
            let _ = writeln!(table, "{file}\t{}\t{id}\t{result}\t{change}\t{test}", line.text);
            if let Outcome::Missed(reached) = outcome {
                println!("MISSED\t{}\t{id}\t{}\t{reached} changes tried", line.place, line.text);
            }
        }
    }
    let [disabled, reversed, altered, missed, left] = counts;
    println!(
        "{} lines; of their ids {disabled} caught disabled, {reversed} reversed, {altered} altered; {missed} MISSED, {left} left",
        lines.len()
    );
    if let Some(file) = &plan.write {
        std::fs::write(file, table).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(missed == 0)
}
