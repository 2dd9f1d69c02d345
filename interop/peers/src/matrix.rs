//! Every scenario with every peer in every suite, and the table of what was run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::caught::caught;
use crate::peers::Side;
use crate::world::actor::{Maker, Padding, Settings};
use crate::world::scenario::{self, Scenario};
use crate::world::tally::{Role, Tally};

/// Handshakes encrypted with the tree in the Welcome; in the clear with the tree apart.
const MODES: [(bool, bool); 2] = [(true, true), (false, false)];

struct Case {
    side: &'static Side,
    scenario: &'static Scenario,
    settings: Settings,
    cast: &'static [Maker; 4],
}

/// What became of the cases of one side, scenario and suite.
#[derive(Default)]
struct Cell {
    cases: usize,
    tally: Tally,
    failures: Vec<String>,
}

pub struct Matrix {
    sides: &'static [Side],
    cells: BTreeMap<(&'static str, &'static str, u16), Cell>,
}

fn cases(sides: &'static [Side], only: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for side in sides {
        for scenario in scenario::ALL.iter().filter(|scenario| side.lacks(scenario).is_none()) {
            if !format!("{}: {}", side.name, scenario.name).contains(only) {
                continue;
            }
            for suite in side.suites {
                for (encrypt, tree_in_welcome) in MODES {
                    let settings = Settings {
                        suite: *suite,
                        encrypt,
                        path: true,
                        tree_in_welcome,
                        padding: Padding::Step,
                        grease: side.grease,
                        custom_leaf: false,
                    };
                    cases.extend(side.casts.iter().map(|cast| Case { side, scenario, settings, cast }));
                }
            }
        }
    }
    cases
}

/// Runs all cases whose side and scenario contain `only`, on `jobs` threads.
pub fn run(sides: &'static [Side], only: &str, jobs: usize) -> Matrix {
    let cases = cases(sides, only);
    let (next, matrix) = (AtomicUsize::new(0), Mutex::new(Matrix { sides, cells: BTreeMap::new() }));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = case.run();
                    matrix.lock().unwrap().enter(case, result);
                }
            });
        }
    });
    matrix.into_inner().unwrap()
}

impl Case {
    fn run(&self) -> Result<Tally, String> {
        let tally = caught(|| (self.scenario.run)(self.settings, self.cast))?;
        if tally.epochs != self.scenario.epochs {
            return Err(format!("{} epochs instead of {}", tally.epochs, self.scenario.epochs));
        }
        Ok(tally)
    }
}

impl Matrix {
    fn enter(&mut self, case: &Case, result: Result<Tally, String>) {
        let key = (case.side.name, case.scenario.name, case.settings.suite);
        let cell = self.cells.entry(key).or_default();
        cell.cases += 1;
        match result {
            Ok(tally) => cell.tally.add(&tally),
            Err(error) => {
                cell.failures.push(format!("{key:?}, {:?}, {:?}: {error}", case.cast, case.settings));
            }
        }
    }

    /// Prints the table, and gives back what is wrong.
    pub fn report(&self, only: &str) -> Vec<String> {
        if self.cells.is_empty() && !only.is_empty() {
            return Vec::new();
        }
        let suites = self.sides.iter().flat_map(|side| side.suites).copied().collect::<BTreeSet<_>>();
        println!(
            "Groups of four, each scenario in {} modes and with each cast: cases / epochs that all agreed on.\n",
            MODES.len()
        );
        print!("| peers | scenario |");
        suites.iter().for_each(|suite| print!(" suite {suite} |"));
        print!("\n|---|---|");
        suites.iter().for_each(|_| print!("---|"));
        println!();
        let (mut wrong, mut notes) = (Vec::new(), Vec::new());
        for side in self.sides {
            for scenario in scenario::ALL {
                print!("| {} | {} |", side.name, scenario.name);
                for suite in &suites {
                    print!(" {} |", self.cell(side, scenario, *suite, only, &mut wrong, &mut notes));
                }
                println!();
            }
        }
        println!();
        for (i, note) in notes.iter().enumerate() {
            println!("[{}] {note}", i + 1);
        }
        if only.is_empty() {
            self.roles(&mut wrong);
        }
        wrong
    }

    /// One cell's text; what is wrong with it goes to `wrong`, what is to be said about it to `notes`.
    fn cell(
        &self,
        side: &Side,
        scenario: &Scenario,
        suite: u16,
        only: &str,
        wrong: &mut Vec<String>,
        notes: &mut Vec<String>,
    ) -> String {
        let mut note = |text: String| {
            let place = notes.iter().position(|known| *known == text).unwrap_or(notes.len());
            if place == notes.len() {
                notes.push(text);
            }
            format!("[{}]", place + 1)
        };
        if !side.suites.contains(&suite) {
            return String::from("no suite");
        }
        if let Some(why) = side.lacks(scenario) {
            return format!("cannot {}", note(why.to_owned()));
        }
        let name = format!("{}, {}, suite {suite}", side.name, scenario.name);
        let Some(cell) = self.cells.get(&(side.name, scenario.name, suite)) else {
            if only.is_empty() {
                wrong.push(format!("{name}: not run"));
            }
            return String::from("not run");
        };
        let expected = MODES.len() * side.casts.len();
        if cell.cases != expected {
            wrong.push(format!("{name}: {} of {expected} cases", cell.cases));
        }
        let failed = cell.failures.len();
        match side.bug(scenario, suite) {
            Some(bug) if failed == 0 => {
                wrong.push(format!("{name}: the bug \"{}\" is gone; take it from the list", bug.title));
                String::from("passes")
            }
            Some(bug) => {
                let other =
                    |failure: &&String| !bug.shows.is_empty() && !bug.shows.iter().any(|text| failure.contains(text));
                wrong.extend(cell.failures.iter().filter(other).cloned());
                format!("{failed} of {} fail {}", cell.cases, note(format!("PEERS.md, \"{}\"", bug.title)))
            }
            None if failed == 0 => format!("{} / {}", cell.cases, cell.tally.epochs),
            None => {
                wrong.extend(cell.failures.iter().cloned());
                format!("{failed} of {} FAILED", cell.cases)
            }
        }
    }

    /// Who did what, by implementation. Each must have had each role on each side and in each suite.
    fn roles(&self, wrong: &mut Vec<String>) {
        let mut all = Tally::default();
        for side in self.sides {
            for suite in side.suites {
                let mut tally = Tally::default();
                let cells = self.cells.iter().filter(|((name, _, of), _)| *name == side.name && of == suite);
                cells.for_each(|(_, cell)| tally.add(&cell.tally));
                for maker in side.makers() {
                    for role in Role::ALL.into_iter().filter(|role| side.unplayed != Some(*role)) {
                        if !tally.roles.contains_key(&(maker.name, role)) {
                            wrong.push(format!(
                                "{}, suite {suite}: {} was never {}",
                                side.name,
                                maker.name,
                                role.name()
                            ));
                        }
                    }
                }
                all.add(&tally);
            }
        }
        let makers = all.roles.keys().map(|(maker, _)| *maker).collect::<BTreeSet<_>>();
        print!("\n| who |");
        Role::ALL.iter().for_each(|role| print!(" {} |", role.name()));
        print!("\n|---|");
        Role::ALL.iter().for_each(|_| print!("---|"));
        println!();
        for maker in makers {
            print!("| {maker} |");
            Role::ALL.iter().for_each(|role| print!(" {} |", all.roles.get(&(maker, *role)).unwrap_or(&0)));
            println!();
        }
        let cases = self.cells.values().map(|cell| cell.cases).sum::<usize>();
        println!("\n{cases} cases, {} epochs, {} messages read by all.", all.epochs, all.messages);
    }
}
