//! Runs histories until enough steps were made, and shows what they were.

use core::cell::RefCell;
use core::ops::RangeInclusive;

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::actions::{Action, Setup, actions, setup};
use crate::service::{Counts, Service};
use crate::users::Backend;

/// Which histories a test plays.
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    pub(crate) backends: &'static [Backend],
    pub(crate) users: RangeInclusive<usize>,
    pub(crate) watched: bool,
    /// How many steps are made at least.
    pub(crate) steps: u64,
    /// Actions in a history.
    pub(crate) length: usize,
    /// Nearly all users are members from the beginning.
    pub(crate) full: bool,
    /// How often all catch up.
    pub(crate) catch_up_all: u32,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            name: "",
            backends: &[],
            users: 3..=13,
            watched: false,
            full: false,
            steps: 5000,
            length: 150,
            catch_up_all: 2,
        }
    }
}

/// What a history is made of: each of these has to happen in each test.
const STEPS: &[&str] = &[
    "send",
    "propose an Add",
    "propose a Remove",
    "propose an Update",
    "propose an Update with a new signature key",
    "propose a pre-shared key",
    "propose extensions",
    "propose leftovers again",
    "commit",
    "let a commit win",
    "withdraw a commit",
    "read a message",
    "repeat a message",
    "lose a message",
    "catch up",
    "catch up with a backlog",
    "catch up, all",
    "go offline",
    "come back online",
    "restart",
    "crash while sending",
    "crash while committing",
    "crash while reading",
    "join by a Welcome",
    "join by an external commit",
    "rejoin by an external commit",
];

/// What comes of it: so must each of these.
const EVENTS: &[&str] = &[
    "(backlogs read)",
    "(commits of Updates)",
    "(commits of received proposals)",
    "(commits that add)",
    "(commits that come too late)",
    "(commits that drop proposals)",
    "(commits that leave proposals over)",
    "(commits that remove)",
    "(commits that rotate the signature key)",
    "(commits with a path)",
    "(commits with a resumption PSK)",
    "(commits with an external PSK)",
    "(commits without a path)",
    "(epochs entered)",
    "(late messages read)",
    "(lost proposals fetched)",
    "(messages read)",
    "(messages refused)",
    "(messages that come too early)",
    "(own commits that came back)",
    "(paths whose recipients were counted)",
    "(pre-shared keys fetched)",
    "(races between commits)",
    "(removals noticed)",
    "(removed members try Welcomes)",
    "(removed members try later messages)",
    "(repeated messages refused)",
    "(steps after which all members are up to date)",
    "(unaware members try later messages)",
];

/// What must happen in groups of many; the rest is tried in small ones.
const LARGE: &[&str] = &[
    "send",
    "commit",
    "let a commit win",
    "read a message",
    "catch up",
    "catch up with a backlog",
    "restart",
    "(commits of received proposals)",
    "(commits that add)",
    "(commits that remove)",
    "(commits with a path)",
    "(epochs of more than 32 members)",
    "(late messages read)",
    "(paths whose recipients were counted)",
    "(removed members try later messages)",
];

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

/// Plays a history. What was done in it.
fn play(setup: &Setup, actions: &[Action]) -> Counts {
    let mut service = Service::new(setup);
    for action in actions {
        service.act(action);
    }
    service.settle_down();
    if let Some(watch) = &service.watch {
        service.counts.insert("(commits that the server followed)", watch.followed);
        service.counts.insert("(commits that the server could not follow)", watch.restarted);
    }
    service.counts
}

fn lines(actions: &[Action]) -> String {
    actions.iter().map(|action| format!("{action:?}\n")).collect()
}

pub(crate) fn run(profile: &Profile) {
    let seed = variable("MODEL_SEED").unwrap_or_else(|| TestRunner::default().rng().next_u64());
    println!("{}: MODEL_SEED={seed} repeats this", profile.name);
    let promised = profile.steps * variable("MODEL_STEPS").unwrap_or(100) / 100;
    let total = RefCell::new(Counts::new());
    let steps = || {
        STEPS
            .iter()
            .chain(["propose from outside"].iter())
            .filter_map(|step| total.borrow().get(step).copied())
            .sum::<u64>()
    };
    let strategy = (
        setup(profile.backends, profile.users.clone(), profile.watched, profile.full),
        actions(profile.length, profile.catch_up_all),
    );
    let path: &'static str = Box::leak(format!("tests/model/regressions/{}.txt", profile.name).into_boxed_str());
    let config = ProptestConfig {
        cases: 1,
        max_shrink_iters: u32::try_from(variable("MODEL_SHRINK").unwrap_or(500)).unwrap(),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(path))),
        ..ProptestConfig::default()
    };
    let mut histories = 0_u64;
    while steps() < promised {
        let counted = total.borrow().clone();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        bytes[8..16].copy_from_slice(&histories.to_be_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        // What failed once is played before the first history, and does not count.
        let mut config = config.clone();
        if histories > 0 {
            config.failure_persistence = None;
        }
        let mut runner = TestRunner::new_with_rng(config, rng);
        let result = runner.run(&strategy, |(setup, actions)| {
            total.borrow_mut().clone_from(&counted);
            for (what, times) in play(&setup, &actions) {
                *total.borrow_mut().entry(what).or_default() += times;
            }
            Ok(())
        });
        if let Err(TestError::Fail(reason, (setup, actions))) = result {
            panic!("{}: history {histories} of seed {seed}: {reason}\n{setup:?}\n{}", profile.name, lines(&actions));
        }
        result.unwrap();
        histories += 1;
    }
    println!("{}: {histories} histories, {} steps", profile.name, steps());
    for (what, times) in total.borrow().iter() {
        println!("{times:>8} {what}");
    }
    let mut due: Vec<&str> = STEPS.iter().chain(EVENTS).copied().collect();
    if profile.full {
        due = LARGE.to_vec();
    }
    if profile.watched {
        due.extend([
            "propose from outside",
            "(commits that the server followed)",
            "(commits that the server could not follow)",
        ]);
    }
    let never: Vec<&str> =
        due.into_iter().filter(|what| total.borrow().get(what).is_none_or(|times| *times == 0)).collect();
    assert!(never.is_empty(), "never happened: {never:?}");
    assert!(steps() >= promised);
}
