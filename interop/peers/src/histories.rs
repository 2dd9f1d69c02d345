//! Random histories of mixed groups: members of all makers come, go, change their keys, lose their state and talk late.
//! A history follows from its seed alone, but for the keys that others draw; one that fails is made smaller before it is
//! printed.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::caught::caught;
use crate::peers::{SIDES, Side};
use crate::world::tally::Tally;

mod play;

/// Members of one group, and epochs of one history at most.
const MEMBERS: usize = 9;
const STEPS: usize = 24;

/// A history, as it is drawn. Choices are by [`Index`], among what there is when it comes to them.
#[derive(Clone, Debug)]
struct History {
    side: Index,
    suite: Index,
    encrypt: bool,
    path: bool,
    tree_in_welcome: bool,
    custom_leaf: bool,
    cast: Index,
    founders: usize,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    /// Proposals by some, then a commit of all of them and more by value.
    Commit {
        committer: Index,
        by_reference: Vec<(Index, Act)>,
        by_value: Vec<Act>,
    },
    /// A commit with a new signature key.
    Rekey {
        who: Index,
    },
    /// A commit by value that closes nothing but loses against another.
    Race {
        winner: Index,
        loser: Index,
    },
    ExternalJoin {
        maker: Index,
        from: Index,
        tree: bool,
    },
    Resync {
        who: Index,
        from: Index,
        tree: bool,
    },
    /// Messages of which some reach some members only later.
    Talk {
        who: Index,
        late: u8,
    },
    Restart {
        who: Index,
    },
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Update,
    Rekey,
    Remove(Index),
    Add(Index),
    ExternalPsk,
    ResumptionPsk,
    Context(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Update),
        1 => Just(Act::Rekey),
        3 => any::<Index>().prop_map(Act::Remove),
        4 => any::<Index>().prop_map(Act::Add),
        1 => Just(Act::ExternalPsk),
        1 => Just(Act::ResumptionPsk),
        1 => any::<u8>().prop_map(Act::Context),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any::<Index>(), vec((any::<Index>(), act()), 0..4), vec(act(), 0..3))
            .prop_map(|(committer, by_reference, by_value)| Step::Commit { committer, by_reference, by_value }),
        1 => any::<Index>().prop_map(|who| Step::Rekey { who }),
        1 => any::<[Index; 2]>().prop_map(|[winner, loser]| Step::Race { winner, loser }),
        1 => (any::<[Index; 2]>(), any::<bool>())
            .prop_map(|([maker, from], tree)| Step::ExternalJoin { maker, from, tree }),
        1 => (any::<[Index; 2]>(), any::<bool>()).prop_map(|([who, from], tree)| Step::Resync { who, from, tree }),
        3 => (any::<Index>(), 0..4_u8).prop_map(|(who, late)| Step::Talk { who, late }),
        1 => any::<Index>().prop_map(|who| Step::Restart { who }),
    ]
}

fn history() -> impl Strategy<Value = History> {
    let choices = any::<[Index; 3]>();
    let flags = any::<[bool; 4]>();
    (choices, flags, 1..5_usize, vec(step(), 8..STEPS)).prop_map(|(choices, flags, founders, steps)| {
        let ([side, suite, cast], [encrypt, path, tree_in_welcome, custom_leaf]) = (choices, flags);
        History { side, suite, encrypt, path, tree_in_welcome, custom_leaf, cast, founders, steps }
    })
}

impl History {
    fn side(&self) -> &'static Side {
        self.side.get(SIDES)
    }
}

/// Plays one history; what is wrong with it, made as small as it gets.
fn play(seed: u64) -> Result<(&'static str, Tally), String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let played = Cell::new(None);
    let result = runner.run(&history(), |history| {
        let tally = caught(|| play::play(&history)).map_err(TestCaseError::fail)?;
        played.set(Some((history.side().name, tally)));
        Ok(())
    });
    match result {
        Ok(()) => Ok(played.take().unwrap()),
        Err(TestError::Fail(reason, smallest)) => Err(format!("seed {seed}: {reason}\n  smallest: {smallest:?}")),
        Err(TestError::Abort(reason)) => Err(format!("seed {seed}: {reason}")),
    }
}

/// Plays histories from this seed on until there are so many epochs. Prints counts, and gives back what is wrong.
pub fn run(epochs: usize, seed: u64, jobs: usize) -> Vec<String> {
    println!("\nRandom histories, seeds from {seed} on, until {epochs} epochs:\n");
    let (next, done) = (AtomicU64::new(seed), AtomicUsize::new(0));
    let results = Mutex::new((BTreeMap::<&str, (usize, Tally)>::new(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while done.load(Ordering::Relaxed) < epochs {
                    let result = play(next.fetch_add(1, Ordering::Relaxed));
                    let mut results = results.lock().unwrap();
                    match result {
                        Ok((side, tally)) => {
                            done.fetch_add(tally.epochs, Ordering::Relaxed);
                            let (histories, sum) = results.0.entry(side).or_default();
                            *histories += 1;
                            sum.add(&tally);
                        }
                        Err(error) => {
                            println!("{error}");
                            results.1.push(error);
                            // Enough to look at.
                            if results.1.len() >= 5 {
                                done.store(epochs, Ordering::Relaxed);
                            }
                        }
                    }
                }
            });
        }
    });
    let (counts, mut wrong) = results.into_inner().unwrap();
    println!("| peers | histories | epochs | messages |\n|---|---|---|---|");
    for side in SIDES {
        let Some((histories, tally)) = counts.get(side.name) else {
            wrong.push(format!("no history with {}", side.name));
            continue;
        };
        println!("| {} | {histories} | {} | {} |", side.name, tally.epochs, tally.messages);
    }
    wrong
}
