//! Rows with their lines and tests, and what is wrong with them.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::lists::{Entry, Lists, Requirement};
use super::ran::Ran;
use super::scan::{Sources, Tag, TagKind, Target};

/// How many rows may be excepted.
const MAX_EXCEPTIONS: usize = 15;

/// How many requirements a test may name.
const MAX_IDS: usize = 5;

/// A line of code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the root.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// A test function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestPlace {
    /// Where it begins.
    pub place: Place,
    /// Its package.
    pub package: String,
    /// Its path in the package, as test runners print it.
    pub name: String,
}

/// A requirement with what stands for it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The requirement.
    pub requirement: Requirement,
    /// The lines that enforce it.
    pub enforced: BTreeSet<Place>,
    /// The tests that name it.
    pub tests: BTreeSet<TestPlace>,
    /// Why it has no line, or no test.
    pub exception: Option<String>,
}

/// A bad input with its tests.
#[derive(Clone, Debug)]
pub struct BadInput {
    /// The entry of the catalogue.
    pub entry: Entry,
    /// The tests that name it.
    pub tests: BTreeSet<TestPlace>,
}

/// Something that is wrong in any state of the work.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A comment that begins like a tag and has no list of ids.
    Malformed(Place, String),
    /// An id that is in no list.
    Unknown(Place, String),
    /// A comment in test code that is at no test.
    NoTest(Place, String),
    /// A bad input named outside of tests.
    BadInputInCode(Place, String),
    /// A test that names more than five requirements.
    TooManyIds(TestPlace, usize),
    /// More exceptions than fifteen.
    TooManyExceptions(usize),
    /// An exception for what is no testable requirement.
    ExceptionUnknown(String),
    /// An exception for a requirement that has a line and a test.
    ExceptionNeedless(String),
    /// An id that a list has twice.
    Twice(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(place, text) => write!(f, "{place}: no list of ids: {text}"),
            Self::Unknown(place, id) => write!(f, "{place}: there is no {id}"),
            Self::NoTest(place, id) => write!(f, "{place}: {id} stands in test code, but at no test"),
            Self::BadInputInCode(place, id) => write!(f, "{place}: {id} belongs at a test"),
            Self::TooManyIds(test, ids) => write!(f, "{}: {} names {ids} requirements", test.place, test.name),
            Self::TooManyExceptions(number) => write!(f, "{number} exceptions; {MAX_EXCEPTIONS} are allowed"),
            Self::ExceptionUnknown(id) => write!(f, "an exception for {id}, which is no testable requirement"),
            Self::ExceptionNeedless(id) => write!(f, "an exception for {id}, which has a line and a test"),
            Self::Twice(id) => write!(f, "{id} is in the list twice"),
        }
    }
}

/// Something that is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gap {
    /// A testable requirement without test or exception.
    Untested(Requirement),
    /// A testable requirement that has a test, and neither a line that enforces it nor an exception.
    Unplaced(Requirement),
    /// A bad input without test.
    BadInput(Entry),
    /// A test that names a requirement and did not run.
    NotRun(TestPlace),
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untested(row) | Self::Unplaced(row) => write!(f, "{}\t{}\t{}", row.id, row.level, row.text),
            Self::BadInput(entry) => write!(f, "{}\t{}", entry.id, entry.text),
            Self::NotRun(test) => write!(f, "{}: {} {} did not run", test.place, test.package, test.name),
        }
    }
}

/// The matrix.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// One row a requirement, in the order of the RFC.
    pub rows: Vec<Row>,
    /// The catalogue of bad input.
    pub bad_input: Vec<BadInput>,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// What is not there.
    pub gaps: Vec<Gap>,
}

impl Matrix {
    /// Puts lists and sources together; tests must be among those that ran, where a list of them is given.
    #[must_use]
    pub fn new(lists: Lists, sources: &Sources, ran: Option<&Ran>) -> Self {
        let mut matrix = Self { faults: faults_of_lists(&lists), ..Self::default() };
        let exceptions: BTreeMap<_, _> = lists.exceptions.into_iter().map(|entry| (entry.id, entry.text)).collect();
        matrix.rows.extend(lists.requirements.into_iter().map(|requirement| Row {
            exception: exceptions.get(&requirement.id).cloned(),
            requirement,
            enforced: BTreeSet::new(),
            tests: BTreeSet::new(),
        }));
        matrix.bad_input.extend(lists.bad_input.into_iter().map(|entry| BadInput { entry, tests: BTreeSet::new() }));
        for (file, line, text) in &sources.malformed {
            matrix.faults.push(Fault::Malformed(Place { file: file.clone(), line: *line }, text.clone()));
        }
        matrix.place(sources);
        matrix.count_ids(sources);
        matrix.judge(ran);
        matrix
    }

    fn place(&mut self, sources: &Sources) {
        for tag in &sources.tags {
            let found = match tag.kind {
                TagKind::Requirement => {
                    let row = self.rows.iter_mut().find(|row| row.requirement.id == tag.id);
                    row.map(|row| (Some(&mut row.enforced), &mut row.tests))
                }
                TagKind::BadInput => {
                    let row = self.bad_input.iter_mut().find(|row| row.entry.id == tag.id);
                    row.map(|row| (None, &mut row.tests))
                }
            };
            let comment = Place { file: tag.file.clone(), line: tag.line };
            let Some((enforced, tests)) = found else {
                self.faults.push(Fault::Unknown(comment, tag.id.clone()));
                continue;
            };
            match (&tag.target, enforced) {
                (Target::Code { line }, Some(enforced)) => {
                    enforced.insert(Place { file: tag.file.clone(), line: *line });
                }
                (Target::Code { .. }, None) => self.faults.push(Fault::BadInputInCode(comment, tag.id.clone())),
                (Target::Test { .. }, _) => tests.extend(test_place(tag)),
                (Target::Nothing, _) => self.faults.push(Fault::NoTest(comment, tag.id.clone())),
            }
        }
    }

    fn count_ids(&mut self, sources: &Sources) {
        let mut ids: BTreeMap<TestPlace, BTreeSet<&str>> = BTreeMap::new();
        for tag in sources.tags.iter().filter(|tag| tag.kind == TagKind::Requirement) {
            if let Some(test) = test_place(tag) {
                ids.entry(test).or_default().insert(&tag.id);
            }
        }
        let too_many = ids.into_iter().filter(|(_, ids)| ids.len() > MAX_IDS);
        self.faults.extend(too_many.map(|(test, ids)| Fault::TooManyIds(test, ids.len())));
    }

    fn judge(&mut self, ran: Option<&Ran>) {
        for row in &self.rows {
            match &row.exception {
                Some(_) if !row.requirement.testable => {
                    self.faults.push(Fault::ExceptionUnknown(row.requirement.id.clone()));
                }
                Some(_) if !row.tests.is_empty() && !row.enforced.is_empty() => {
                    self.faults.push(Fault::ExceptionNeedless(row.requirement.id.clone()));
                }
                None if row.requirement.testable && row.tests.is_empty() => {
                    self.gaps.push(Gap::Untested(row.requirement.clone()));
                }
                None if row.requirement.testable && row.enforced.is_empty() => {
                    self.gaps.push(Gap::Unplaced(row.requirement.clone()));
                }
                _ => {}
            }
        }
        let untested = self.bad_input.iter().filter(|row| row.tests.is_empty());
        self.gaps.extend(untested.map(|row| Gap::BadInput(row.entry.clone())));
        if let Some(ran) = ran {
            let all: BTreeSet<_> = self
                .rows
                .iter()
                .flat_map(|row| &row.tests)
                .chain(self.bad_input.iter().flat_map(|row| &row.tests))
                .collect();
            let missed = all.into_iter().filter(|test| !ran.has(&test.package, &test.name));
            self.gaps.extend(missed.map(|test| Gap::NotRun(test.clone())));
        }
    }

    /// The row of an id.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.requirement.id == id)
    }
}

fn test_place(tag: &Tag) -> Option<TestPlace> {
    let Target::Test { line, name } = &tag.target else { return None };
    let place = Place { file: tag.file.clone(), line: *line };
    Some(TestPlace { place, package: tag.package.clone(), name: name.clone() })
}

fn faults_of_lists(lists: &Lists) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    let requirements = lists.requirements.iter().map(|row| &row.id);
    for id in requirements.clone().chain(lists.bad_input.iter().map(|entry| &entry.id)) {
        if !seen.insert(id) {
            faults.push(Fault::Twice(id.clone()));
        }
    }
    let mut excepted = BTreeSet::new();
    for Entry { id, .. } in &lists.exceptions {
        if !excepted.insert(id) {
            faults.push(Fault::Twice(id.clone()));
        }
        if !requirements.clone().any(|known| known == id) {
            faults.push(Fault::ExceptionUnknown(id.clone()));
        }
    }
    if excepted.len() > MAX_EXCEPTIONS {
        faults.push(Fault::TooManyExceptions(excepted.len()));
    }
    faults
}
