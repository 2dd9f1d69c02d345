//! Runs histories until enough steps were made, and shows what they were.

use core::cell::RefCell;
use core::ops::RangeInclusive;

use proptest::prelude::*;
use proptest::test_runner::{
    FailurePersistence, FileFailurePersistence, PersistedSeed, RngAlgorithm, TestError, TestRng, TestRunner,
};

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

/// The steps of all tests together, as they are.
const ALL_STEPS: u64 = 26_000;

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

/// What must happen where a server reads along.
const WATCHED: &[&str] =
    &["propose from outside", "(commits that the server followed)", "(commits that the server could not follow)"];

/// How clients are put together.
const CLIENTS: &[&str] = &[
    "(clients, blocking, in memory)",
    "(clients, blocking, SQLite)",
    "(clients, blocking, encrypted in memory)",
    "(clients, blocking, encrypted SQLite)",
    "(clients, async, in memory)",
    "(clients, async, SQLite)",
    "(clients, async, encrypted in memory)",
    "(clients, async, encrypted SQLite)",
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

/// What was done so far.
struct Tally<'a> {
    profile: &'a Profile,
    promised: u64,
    total: RefCell<Counts>,
}

impl Tally<'_> {
    fn steps(&self) -> u64 {
        let steps = STEPS.iter().chain(&["propose from outside"]);
        steps.filter_map(|step| self.total.borrow().get(step).copied()).sum()
    }

    /// What was to happen, and has not. Of a short run nothing rare is expected.
    fn never(&self) -> Vec<&'static str> {
        if self.promised < self.profile.steps {
            return Vec::new();
        }
        let mut due: Vec<&str> = if self.profile.full { LARGE.to_vec() } else { [STEPS, EVENTS].concat() };
        due.extend(CLIENTS);
        due.extend(self.profile.backends.iter().map(|backend| backend.described()));
        if self.profile.watched {
            due.extend(WATCHED);
        }
        due.retain(|what| self.total.borrow().get(what).is_none_or(|times| *times == 0));
        due
    }

    /// Whether another history is to be played: rare things are given some time.
    fn goes_on(&self) -> bool {
        let steps = self.steps();
        steps < self.promised || steps < 3 * self.promised && !self.never().is_empty()
    }

    fn show(&self, histories: u64) {
        println!("{}: {histories} histories, {} steps", self.profile.name, self.steps());
        for (what, times) in self.total.borrow().iter() {
            println!("{times:>8} {what}");
        }
    }
}

pub(crate) fn run(profile: &Profile) {
    let seed = variable("MODEL_SEED").unwrap_or_else(|| TestRunner::default().rng().next_u64());
    println!("{}: MODEL_SEED={seed} repeats this", profile.name);
    let promised = variable("MODEL_STEPS").map_or(profile.steps, |all| (all * profile.steps).div_ceil(ALL_STEPS));
    let tally = Tally { profile, promised, total: RefCell::new(Counts::new()) };
    let strategy = (
        setup(profile.backends, profile.users.clone(), profile.watched, profile.full),
        actions(profile.length, profile.catch_up_all),
    );
    let mut histories = 0_u64;
    while tally.goes_on() {
        let mut runner = TestRunner::new_with_rng(config(profile, histories), rng(seed, histories));
        let counted = tally.total.borrow().clone();
        let result = runner.run(&strategy, |(setup, actions)| {
            // Of what is played again nothing counts.
            tally.total.borrow_mut().clone_from(&counted);
            for (what, times) in play(&setup, &actions) {
                *tally.total.borrow_mut().entry(what).or_default() += times;
            }
            Ok(())
        });
        if let Err(TestError::Fail(reason, (setup, actions))) = result {
            let actions: String = actions.iter().map(|action| format!("{action:?}\n")).collect();
            panic!("{}: history {histories} of seed {seed}: {reason}\n{setup:?}\n{actions}", profile.name);
        }
        result.unwrap();
        histories += 1;
    }
    tally.show(histories);
    assert!(tally.steps() >= promised, "{} steps of {promised}", tally.steps());
    assert!(tally.never().is_empty(), "never happened: {:?}", tally.never());
}

/// One history; before the first, those that failed once.
fn config(profile: &Profile, histories: u64) -> ProptestConfig {
    let path: &'static str = Box::leak(format!("tests/model/regressions/{}.txt", profile.name).into_boxed_str());
    let file = FileFailurePersistence::Direct(path);
    ProptestConfig {
        cases: 1,
        max_shrink_iters: u32::try_from(variable("MODEL_SHRINK").unwrap_or(500)).unwrap(),
        failure_persistence: Some(if histories == 0 { Box::new(file) } else { Box::new(SavedOnly(file)) }),
        ..ProptestConfig::default()
    }
}

/// A file that failures are written to, and not read from.
#[derive(Clone, Copy, Debug, PartialEq)]
struct SavedOnly(FileFailurePersistence);

impl FailurePersistence for SavedOnly {
    fn load_persisted_failures2(&self, _: Option<&'static str>) -> Vec<PersistedSeed> {
        Vec::new()
    }

    fn save_persisted_failure2(
        &mut self,
        source_file: Option<&'static str>,
        seed: PersistedSeed,
        shrunken_value: &dyn core::fmt::Debug,
    ) {
        self.0.save_persisted_failure2(source_file, seed, shrunken_value);
    }

    fn box_clone(&self) -> Box<dyn FailurePersistence> {
        Box::new(*self)
    }

    fn eq(&self, other: &dyn FailurePersistence) -> bool {
        other.as_any().downcast_ref::<Self>() == Some(self)
    }

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}

fn rng(seed: u64, histories: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes[8..16].copy_from_slice(&histories.to_be_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}
