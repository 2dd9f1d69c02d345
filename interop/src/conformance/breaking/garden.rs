//! Sources with switches that compile: what the compiler refuses is taken out until it refuses no more.

use core::hash::{Hash as _, Hasher as _};
use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::DefaultHasher;
use std::path::{Path, PathBuf};

use super::cargo::{Binary, Built, Diagnostic, Targets};
use super::change::{Change, Plantable, With};
use super::collect::collect;
use super::weave::{Planted, Woven, weave};
use super::workshop::Workshop;

/// How often a build is tried: each crate shows its errors only when those that it depends on have none.
const ROUNDS: usize = 150;

/// The list of changes that do not compile.
const REFUSED: &str = "refused";

/// A source with what can be changed in it, and which changes have which switches.
pub(super) struct Bed {
    pub(super) source: String,
    pub(super) plantable: Plantable,
    /// Changes by index, and the numbers of their switches.
    pub(super) chosen: Vec<(usize, u32)>,
    woven: Woven,
}

/// Sources with switches.
#[derive(Default)]
pub(super) struct Garden {
    pub(super) beds: BTreeMap<PathBuf, Bed>,
    next: u32,
    /// Names of functions that have to stay constant.
    constant: BTreeSet<String>,
    /// Changes that did not compile, here or in a run before.
    refused: BTreeSet<u64>,
}

impl Garden {
    /// Remembers what did not compile in runs before.
    pub(super) fn remember(workshop: &Workshop) -> Self {
        let text = std::fs::read_to_string(workshop.base.join(REFUSED)).unwrap_or_default();
        Self { refused: text.lines().filter_map(|key| key.parse().ok()).collect(), ..Self::default() }
    }

    /// What can be changed in a source, read once.
    pub(super) fn bed(&mut self, root: &Path, file: &Path) -> Result<&mut Bed, String> {
        if !self.beds.contains_key(file) {
            let source = std::fs::read_to_string(root.join(file)).map_err(|e| format!("{}: {e}", file.display()))?;
            let plantable = collect(&source).map_err(|error| format!("{}: {error}", file.display()))?;
            let bed = Bed { source, plantable, chosen: Vec::new(), woven: Woven::default() };
            self.beds.insert(file.to_owned(), bed);
        }
        self.beds.get_mut(file).ok_or_else(|| "no bed".to_owned())
    }

    /// Gives changes switches. What needs none is left out.
    pub(super) fn plant(&mut self, file: &Path, indices: impl IntoIterator<Item = usize>) {
        let Some(bed) = self.beds.get_mut(file) else { return };
        for index in indices {
            let switchable = bed.plantable.changes.get(index).is_some_and(|change| {
                !matches!(change.with, With::Text(_)) && !self.refused.contains(&bed.key(file, change))
            });
            if switchable && bed.chosen.iter().all(|(planted, _)| *planted != index) {
                self.next = self.next.saturating_add(1);
                bed.chosen.push((index, self.next));
            }
        }
    }

    /// How many switches there are.
    pub(super) fn len(&self) -> usize {
        self.beds.values().map(|bed| bed.chosen.len()).sum()
    }

    /// Writes the copy and builds it, over and over, until what is left compiles.
    pub(super) fn grow(&mut self, workshop: &Workshop, targets: &Targets) -> Result<Vec<Binary>, String> {
        let crates: BTreeSet<String> = self
            .beds
            .iter()
            .filter(|(_, bed)| !bed.chosen.is_empty())
            .filter_map(|(file, _)| file.iter().next()?.to_str().map(str::to_owned))
            .collect();
        self.rounds(workshop, |workshop| workshop.check(&crates))?;
        eprintln!("{} switches compile; building the tests", self.len());
        self.rounds(workshop, |workshop| workshop.build(targets))
    }

    fn rounds(
        &mut self,
        workshop: &Workshop,
        build: impl Fn(&Workshop) -> Result<Built, String>,
    ) -> Result<Vec<Binary>, String> {
        for _ in 0..ROUNDS {
            self.write(workshop)?;
            match build(workshop)? {
                Built::Done(binaries) => return Ok(binaries),
                Built::Failed(errors) => {
                    let dropped = self.drop_refused(&errors)?;
                    let refused: String = self.refused.iter().map(|key| format!("{key}\n")).collect();
                    // Only so that the next run is faster.
                    let _ = std::fs::write(workshop.base.join(REFUSED), refused);
                    eprintln!("{} errors: {dropped} switches taken out, {} left", errors.len(), self.len());
                }
            }
        }
        Err(format!("does not compile after {ROUNDS} rounds"))
    }

    /// Writes the copy as it is now.
    pub(super) fn write(&mut self, workshop: &Workshop) -> Result<(), String> {
        let mut changed = BTreeMap::new();
        for (file, bed) in &mut self.beds {
            bed.woven = weave(&bed.source, &bed.plantable, &bed.chosen);
            changed.insert(file.clone(), bed.woven.text.clone());
        }
        workshop.fill(&changed)
    }

    /// Takes out what errors are about, and says how many; an error if that is nothing.
    fn drop_refused(&mut self, errors: &[Diagnostic]) -> Result<usize, String> {
        let before = self.len();
        let planted: Vec<(PathBuf, usize, u32)> = self.planted();
        for error in errors {
            self.drop_constant(error);
        }
        let mut sure: BTreeMap<PathBuf, BTreeSet<u32>> = BTreeMap::new();
        let mut open = Vec::new();
        for error in errors {
            let Some((file, numbers)) = self.standing_in(error) else {
                open.push(error);
                continue;
            };
            sure.entry(file).or_default().extend(numbers);
        }
        // What is not sure may go with what is, in the same function.
        let settled: BTreeSet<(PathBuf, usize)> = sure
            .iter()
            .flat_map(|(file, numbers)| {
                numbers.iter().filter_map(|number| Some((file.clone(), self.function(file, *number)?)))
            })
            .collect();
        for error in open {
            let Some((file, numbers)) = self.around(error) else { continue };
            let within = numbers.first().and_then(|number| self.function(&file, *number));
            if within.is_none_or(|function| !settled.contains(&(file.clone(), function))) {
                sure.entry(file).or_default().extend(numbers);
            }
        }
        if sure.is_empty() && self.len() == before {
            for error in errors {
                if let Some((file, numbers)) = self.of_function(error) {
                    sure.entry(file).or_default().extend(numbers);
                }
            }
        }
        for (file, numbers) in sure {
            if let Some(bed) = self.beds.get_mut(&file) {
                bed.chosen.retain(|(_, number)| !numbers.contains(number));
            }
        }
        let left: BTreeSet<u32> = self.planted().into_iter().map(|(.., number)| number).collect();
        for (file, index, _) in planted.into_iter().filter(|(.., number)| !left.contains(number)) {
            let Some(bed) = self.beds.get(&file) else { continue };
            let key = bed.plantable.changes.get(index).map(|change| bed.key(&file, change));
            self.refused.extend(key);
        }
        let dropped = before.saturating_sub(self.len());
        if dropped == 0 {
            let text: Vec<&str> = errors.iter().map(|error| error.rendered.as_str()).take(3).collect();
            return Err(format!("no switch explains:\n{}", text.join("\n")));
        }
        Ok(dropped)
    }

    /// Every switch: its file, its change and its number.
    fn planted(&self) -> Vec<(PathBuf, usize, u32)> {
        let of_bed = |(file, bed): (&PathBuf, &Bed)| {
            bed.chosen.iter().map(|(index, number)| (file.clone(), *index, *number)).collect::<Vec<_>>()
        };
        self.beds.iter().flat_map(of_bed).collect()
    }

    /// Where the function of a switch begins.
    fn function(&self, file: &Path, number: u32) -> Option<usize> {
        let bed = self.beds.get(file)?;
        let (index, _) = bed.chosen.iter().find(|(_, planted)| *planted == number)?;
        let at = bed.plantable.changes.get(*index)?.range.start;
        Some(bed.plantable.function(at)?.range.start)
    }

    /// Functions that are called where all must be known at compile time stay as they are.
    fn drop_constant(&mut self, error: &Diagnostic) {
        if error.code != "E0015" {
            return;
        }
        let Some(path) = error.message.split('`').nth(1) else { return };
        let name = path.split('<').next().unwrap_or(path).rsplit("::").next().unwrap_or(path).to_owned();
        self.constant.insert(name);
        for bed in self.beds.values_mut() {
            let Bed { plantable, chosen, .. } = bed;
            chosen.retain(|(index, _)| {
                let change = plantable.changes.get(*index);
                let function = change.and_then(|change| plantable.function(change.range.start));
                !function.is_some_and(|function| function.constant.is_some() && self.constant.contains(&function.name))
            });
        }
    }

    /// The switch whose other value an error is in, or the arms that leave a match open.
    fn standing_in(&self, error: &Diagnostic) -> Option<(PathBuf, BTreeSet<u32>)> {
        for (file, span) in &error.spans {
            let Some(bed) = self.beds.get(file) else { continue };
            if error.code == "E0004" {
                let arms = bed.woven.places.iter().filter(|place| place.arm);
                let matching = arms.filter_map(|place| {
                    let around = bed.woven_range(place)?;
                    (around.start <= span.start && span.end <= around.end).then_some((around.len(), place))
                });
                let matching: Vec<_> = matching.collect();
                if let Some(least) = matching.iter().map(|(len, _)| *len).min() {
                    let numbers = matching.iter().filter(|(len, _)| *len == least).map(|(_, place)| place.number);
                    return Some((file.clone(), numbers.collect()));
                }
            }
            let within = |place: &&Planted| place.other.start <= span.start && span.end <= place.other.end;
            if let Some(place) = bed.woven.places.iter().filter(within).min_by_key(|place| place.other.len()) {
                return Some((file.clone(), BTreeSet::from([place.number])));
            }
        }
        None
    }

    /// The innermost switch around an error; else those inside of it.
    fn around(&self, error: &Diagnostic) -> Option<(PathBuf, BTreeSet<u32>)> {
        for (file, span) in &error.spans {
            let Some(bed) = self.beds.get(file) else { continue };
            let places = &bed.woven.places;
            let around = |place: &&Planted| place.whole.start <= span.start && span.end <= place.whole.end;
            if let Some(place) = places.iter().filter(around).min_by_key(|place| place.whole.len()) {
                return Some((file.clone(), BTreeSet::from([place.number])));
            }
            let inside = places.iter().filter(|place| span.start <= place.whole.start && place.whole.end <= span.end);
            let inside: BTreeSet<u32> = inside.map(|place| place.number).collect();
            if !inside.is_empty() {
                return Some((file.clone(), inside));
            }
        }
        None
    }

    /// All switches of the function that an error is in: the last resort.
    fn of_function(&self, error: &Diagnostic) -> Option<(PathBuf, BTreeSet<u32>)> {
        for (file, span) in &error.spans {
            let Some(bed) = self.beds.get(file) else { continue };
            let functions = bed.plantable.functions.iter().filter(|function| {
                let moved = bed.moved(function.range.start).zip(bed.moved(function.range.end));
                moved.is_some_and(|(start, end)| start <= span.start && span.end <= end)
            });
            let Some(function) = functions.min_by_key(|function| function.range.len()) else { continue };
            let of_function = bed.chosen.iter().filter(|(index, _)| {
                let change = bed.plantable.changes.get(*index);
                change.is_some_and(|change| function.range.contains(&change.range.start))
            });
            let of_function: BTreeSet<u32> = of_function.map(|(_, number)| *number).collect();
            if !of_function.is_empty() {
                return Some((file.clone(), of_function));
            }
        }
        None
    }
}

impl Bed {
    /// What a change is known by as long as its function stays as it is.
    fn key(&self, file: &Path, change: &Change) -> u64 {
        let function = self.plantable.function(change.range.start).map(|function| function.range.clone());
        let function = function.unwrap_or(0..self.source.len());
        let mut hasher = DefaultHasher::new();
        self.source.get(function.clone()).hash(&mut hasher);
        change.range.start.saturating_sub(function.start).hash(&mut hasher);
        (file, change.range.len(), &change.what, format!("{:?}", change.with)).hash(&mut hasher);
        hasher.finish()
    }

    /// Where the match of an arm is in the woven text: between the pieces that come before and after it.
    fn woven_range(&self, arm: &Planted) -> Option<Range<usize>> {
        Some(self.moved(arm.around.start)?..self.moved(arm.around.end)?)
    }

    /// Where a byte of the source is in the woven text.
    fn moved(&self, byte: usize) -> Option<usize> {
        let mut at = byte;
        let shifts = self.woven.shifts.iter().take_while(|(place, _)| *place < byte);
        if let Some((_, by)) = shifts.last() {
            at = at.checked_add(*by)?;
        }
        Some(at)
    }
}
