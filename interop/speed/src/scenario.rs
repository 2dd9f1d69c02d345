//! What is measured, and in which order: the same for every implementation.
//!
//! The first leaf is Alice, who founds the group and adds all the others in one commit. The leaves 1, 2, 4, 8 and so on
//! are members that are played to the end; all others only have a key package. *Fresh* is the tree after that commit:
//! its inside is blank, and a path of Alice's is sealed to every member. Then the played members commit, from the last
//! to the first, so that every subtree beside Alice's path has a key of its own: *warm*. Handshakes are
//! `PublicMessage`s, credentials basic; adds are committed without a path.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use std::time::Instant;

use crate::count::{Taken, count, live};
use crate::row::{Row, Sheet};

/// What a commit gives.
#[derive(Debug, Default)]
pub struct Committed {
    pub message: Vec<u8>,
    pub welcome: Option<Vec<u8>>,
    pub tree: Option<Vec<u8>>,
}

/// How new members get the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    InWelcome,
    /// With the commit, apart from the Welcome.
    Beside,
    /// From somebody else: whoever adds them has nothing to do with it, where the implementation can leave it out.
    Elsewhere,
}

/// What was handed to the store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stored {
    pub records: u64,
    pub bytes: u64,
}

/// An implementation with one backend, suite and store.
pub trait Library {
    /// One member: a client, with a group once it has founded or joined one.
    type Member;

    /// Where the figures go.
    fn sheet(&self, members: u32) -> Sheet;
    /// Begins a part: prices of cryptography from here on are those of its floor, and the last before it.
    fn begin_part(&self) {}
    /// Takes the prices of cryptography, where figures stand beside them.
    fn take_prices(&self) {}
    /// The floor of what the row is of, by the prices of the part.
    fn floor(&self, _row: &Row) -> Option<f64> {
        None
    }
    fn member(&self, name: &str) -> Self::Member;
    /// A new key package.
    fn key_package(&self, member: &mut Self::Member) -> Vec<u8>;
    /// Key packages of members that nobody plays.
    fn key_packages(&self, count: u32) -> Vec<Vec<u8>>;
    fn create(&self, member: &mut Self::Member);
    /// Commits Adds, without a path.
    fn add(&self, member: &mut Self::Member, key_packages: &[Vec<u8>], tree: Tree) -> Committed;
    fn remove(&self, member: &mut Self::Member, leaf: u32) -> Vec<u8>;
    /// Commits a path and nothing else.
    fn update(&self, member: &mut Self::Member) -> Vec<u8>;
    /// Takes over the commit that was made last.
    fn apply(&self, member: &mut Self::Member);
    fn join(&self, member: &mut Self::Member, welcome: &[u8], tree: Option<&[u8]>);
    /// Takes in somebody else's commit.
    fn process(&self, member: &mut Self::Member, commit: &[u8]);
    fn send(&self, member: &mut Self::Member, data: &[u8]) -> Vec<u8>;
    fn receive(&self, member: &mut Self::Member, message: &[u8]);
    /// What makes two members agree.
    fn authenticator(&self, member: &mut Self::Member) -> Vec<u8>;
    /// Makes the state durable, where that is a call of its own.
    fn persist(&self, member: &mut Self::Member);
    /// What the store was handed since this was last asked.
    fn stored(&self, member: &mut Self::Member) -> Stored;
    /// Forgets the group, which stays in the store.
    fn unload(&self, member: &mut Self::Member);
    /// Gets the group back, as much of it as the implementation reads then.
    fn load(&self, member: &mut Self::Member);
    /// Reads the rest, where some is read when it is needed.
    fn load_rest(&self, _member: &mut Self::Member) {}
}

/// The name of somebody whom nobody plays. No name comes twice: a client is in a group once.
pub fn filler() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("filler {}", NEXT.fetch_add(1, Relaxed))
}

/// What to measure, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub members: u32,
    /// Whether the bulk add with the tree in the Welcome is measured: two implementations are quadratic in it.
    pub tree_in_welcome: bool,
    /// Whether a thousand single adds are measured.
    pub singles: bool,
    /// Whether a look will do: everything is measured less often, and figures are less steady.
    pub quick: bool,
}

impl Plan {
    /// How often an operation whose cost grows with the group is measured.
    const fn runs(&self) -> usize {
        match self.members {
            _ if self.quick => 5,
            0..=100 => 15,
            101..=1_000 => 7,
            1_001..=10_000 => 5,
            _ => 3,
        }
    }

    /// How often one is measured whose cost should not.
    const fn steady(&self) -> usize {
        if self.quick { 7 } else { 21 }
    }

    /// How often a group is founded to be measured.
    const fn foundings(&self) -> usize {
        match self.members {
            0..=100 if self.quick => 5,
            0..=100 => 15,
            101..=10_000 if !self.quick => 3,
            _ => 1,
        }
    }

    /// How often all that is done again at most, and until when: a machine is slower for some seconds now and then.
    const fn rounds(&self) -> (usize, Duration) {
        if self.quick { (5, Duration::from_millis(200)) } else { (9, Duration::from_secs(1)) }
    }

    /// How long a part goes on at most, once everything in it has been measured: what is slow is measured less often.
    const fn patience(&self) -> Duration {
        Duration::from_secs(if self.quick { 2 } else { 10 })
    }
}

/// Runs everything at one size.
pub fn run<L: Library>(library: &L, plan: &Plan) {
    let sheet = library.sheet(plan.members);
    // What runs for the first time in a process is slower.
    drop(warm_up(library, plan.members.clamp(2, 10)));
    let mut stage = Stage::build(library, &sheet, plan);
    if plan.members > 1 {
        stage.fresh();
        stage.warm();
        stage.changes();
        stage.messages();
        stage.cold();
    }
    if plan.singles {
        single_adds(library, &library.sheet(1_000));
    }
}

/// Runs what several threads can share: many key packages to check, many members to seal to, many nodes to hash.
pub fn run_shared<L: Library>(library: &L, plan: &Plan) {
    let sheet = library.sheet(plan.members);
    let mut stage = Stage::build(library, &sheet, plan);
    stage.fresh();
    stage.warm();
    stage.cold();
}

struct Stage<'a, L: Library> {
    library: &'a L,
    sheet: &'a Sheet,
    plan: &'a Plan,
    alice: L::Member,
    /// The leaves 1, 2, 4 and so on.
    others: Vec<L::Member>,
    /// When the part began.
    start: Instant,
}

impl<'a, L: Library> Stage<'a, L> {
    /// Runs a part in rounds, with the prices behind each.
    fn rounds(&mut self, mut round: impl FnMut(&mut Self)) {
        self.library.begin_part();
        self.start = Instant::now();
        let (rounds, enough) = self.plan.rounds();
        for _ in 0..rounds {
            round(self);
            self.library.take_prices();
            if self.start.elapsed() >= enough {
                break;
            }
        }
    }

    /// Whether the part has gone on for long enough.
    fn is_long(&self) -> bool {
        self.start.elapsed() >= self.plan.patience()
    }

    /// Key packages, the group, its members.
    fn build(library: &'a L, sheet: &'a Sheet, plan: &'a Plan) -> Self {
        let mut alice = library.member("alice");
        library.begin_part();
        library.take_prices();
        let steady = plan.steady();
        let made: Vec<Taken> = (0..steady).map(|_| count(|| library.key_package(&mut alice)).1).collect();
        let created: Vec<Taken> = (0..steady)
            .map(|number| {
                let mut founder = library.member(&format!("founder {number}"));
                count(|| library.create(&mut founder)).1
            })
            .collect();
        library.take_prices();
        print(library, sheet, "key package", &made, |_| {});
        print(library, sheet, "create", &created, |_| {});

        let (others, key_packages) = invite(library, plan.members);
        let start = Instant::now();
        if plan.tree_in_welcome && plan.members > 1 {
            let mut taken = Vec::new();
            library.begin_part();
            for number in 0..plan.foundings().min(3) {
                if number > 0 && start.elapsed() >= plan.patience() {
                    break;
                }
                let mut founder = library.member(&format!("bulk {number}"));
                library.create(&mut founder);
                let (committed, this) = count(|| {
                    let committed = library.add(&mut founder, &key_packages, Tree::InWelcome);
                    library.apply(&mut founder);
                    committed
                });
                taken.push((this, committed.welcome.unwrap().len()));
            }
            let all: Vec<Taken> = taken.iter().map(|(taken, _)| *taken).collect();
            library.take_prices();
            print(library, sheet, "bulk add, tree inside", &all, |row| row.message = Some(taken[0].1 as u64));
        }
        library.create(&mut alice);
        let mut stage = Self { library, sheet, plan, alice, others, start };
        if plan.members > 1 {
            stage.found(&key_packages);
        }
        stage
    }

    /// The bulk add with the tree outside, and the joins.
    fn found(&mut self, key_packages: &[Vec<u8>]) {
        let library = self.library;
        let (mut added, mut joined) = (Vec::new(), Vec::new());
        library.begin_part();
        for number in 1..self.plan.foundings() {
            // Since the first group was founded at all: one more costs that again, and the joins.
            if self.start.elapsed() >= self.plan.patience() * 2 {
                break;
            }
            let (mut others, key_packages) = invite(library, self.plan.members);
            let mut founder = library.member(&format!("outside {number}"));
            library.create(&mut founder);
            let founded = found(library, &mut founder, &mut others, &key_packages);
            added.push(founded.added);
            joined.extend(founded.joined);
        }
        let founded = found(library, &mut self.alice, &mut self.others, key_packages);
        added.push(founded.added);
        joined.extend(founded.joined);
        library.take_prices();
        self.print_with("bulk add, tree outside", &added, |row| row.message = Some(founded.welcome));
        self.print_with("join", &joined, |row| row.message = Some(founded.welcome + founded.tree));
        self.agree();
    }

    /// Commits of Alice, which leave the subtrees beside her path as they are.
    fn fresh(&mut self) {
        let runs = self.plan.runs();
        self.path_commits("path commit, fresh", "process it, fresh", None, runs);
    }

    /// The same once each of these subtrees has a key.
    fn warm(&mut self) {
        commit_all(self.library, &mut self.alice, &mut self.others);
        let (far, runs) = ("process it, warm, other half", self.plan.steady());
        self.path_commits("path commit, warm", "process it, warm, beside", Some(far), runs);
    }

    fn path_commits(&mut self, committing: &str, beside: &str, far: Option<&str>, runs: usize) {
        let (mut commits, mut near, mut last) = (Vec::new(), Vec::new(), Vec::new());
        let mut stored = Vec::new();
        let (mut len, mut persisted) = (0, Vec::new());
        self.persist_all();
        self.rounds(|stage| {
            let library = stage.library;
            for _ in 0..runs {
                let alice = &mut stage.alice;
                let (commit, taken) = count(|| {
                    let commit = library.update(alice);
                    library.apply(alice);
                    commit
                });
                commits.push(taken);
                len = commit.len() as u64;
                let end = stage.others.len() - 1;
                for (number, member) in stage.others.iter_mut().enumerate() {
                    let (_, taken) = count(|| library.process(member, &commit));
                    if number == 0 {
                        near.push(taken);
                        persisted.push(count(|| library.persist(member)).1);
                        stored.push(library.stored(member));
                    }
                    if number == end {
                        last.push(taken);
                    }
                }
                if stage.is_long() {
                    break;
                }
            }
        });
        self.print_with(committing, &commits, |row| row.message = Some(len));
        self.print_with(beside, &near, |row| row.message = Some(len));
        if let Some(far) = far {
            self.print_with(far, &last, |row| row.message = Some(len));
            self.print_stored("persist a processed commit", &persisted, &stored);
        }
        self.agree();
    }

    fn print_stored(&self, operation: &str, taken: &[Taken], stored: &[Stored]) {
        self.print_with(operation, taken, |row| {
            row.records = middle(stored.iter().map(|stored| stored.records));
            row.stored = middle(stored.iter().map(|stored| stored.bytes));
        });
    }

    /// Adds of one, and removals of the one that was added.
    fn changes(&mut self) {
        let (mut adds, mut added, mut removes, mut removed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut add_len, mut remove_len) = (0, 0);
        // In a large group a removal takes a hundred times as long as an add, which would find the caches as that left
        // them: all are added first. A small one would be a large one by then.
        let steady = self.plan.steady();
        let in_a_row = if self.plan.members < 1_000 { 1 } else { steady };
        self.rounds(|stage| {
            let library = stage.library;
            let fillers = library.key_packages(u32::try_from(steady).unwrap());
            for fillers in fillers.chunks(in_a_row) {
                let mut more = 0;
                for filler in fillers {
                    let alice = &mut stage.alice;
                    let (commit, taken) = count(|| {
                        let commit = library.add(alice, core::slice::from_ref(filler), Tree::Elsewhere).message;
                        library.apply(alice);
                        commit
                    });
                    adds.push(taken);
                    add_len = commit.len() as u64;
                    added.push(stage.process_all(&commit));
                    more += 1;
                    if stage.is_long() {
                        break;
                    }
                }
                // The last first.
                for behind in (0..more).rev() {
                    let alice = &mut stage.alice;
                    let leaf = stage.plan.members + behind;
                    let (commit, taken) = count(|| {
                        let commit = library.remove(alice, leaf);
                        library.apply(alice);
                        commit
                    });
                    removes.push(taken);
                    remove_len = commit.len() as u64;
                    removed.push(stage.process_all(&commit));
                }
                if stage.is_long() {
                    break;
                }
            }
        });
        self.print_with("add one", &adds, |row| row.message = Some(add_len));
        self.print_with("process it, add", &added, |row| row.message = Some(add_len));
        self.print_with("remove one", &removes, |row| row.message = Some(remove_len));
        self.print_with("process it, remove", &removed, |row| row.message = Some(remove_len));
        self.agree();
    }

    /// What the first of the others took for it.
    fn process_all(&mut self, commit: &[u8]) -> Taken {
        let library = self.library;
        let taken: Vec<Taken> =
            self.others.iter_mut().map(|member| count(|| library.process(member, commit)).1).collect();
        taken[0]
    }

    fn messages(&mut self) {
        let library = self.library;
        let first = library.send(&mut self.alice, b"first");
        library.receive(&mut self.others[0], &first);
        for (name, len) in [("32 B", 32), ("1 KiB", 1_024), ("64 KiB", 65_536)] {
            let (data, mut sent, mut received) = (vec![7; len], Vec::new(), Vec::new());
            let (mut stored, mut persisted) = (Vec::new(), Vec::new());
            self.persist_all();
            self.rounds(|stage| {
                for _ in 0..stage.plan.steady() * 2 {
                    let [alice, receiver] = [&mut stage.alice, &mut stage.others[0]];
                    let (message, taken) = count(|| library.send(alice, &data));
                    sent.push(taken);
                    received.push(count(|| library.receive(receiver, &message)).1);
                    persisted.push(count(|| library.persist(receiver)).1);
                    stored.push(library.stored(receiver));
                    if stage.is_long() {
                        break;
                    }
                }
            });
            self.print(&format!("send {name}"), &sent);
            self.print(&format!("receive {name}"), &received);
            if len == 1_024 {
                self.print_stored("persist a message", &persisted, &stored);
            }
        }
    }

    /// From a store that is open and a group that is not loaded.
    fn cold(&mut self) {
        let library = self.library;
        self.persist_all();
        let (mut sent, mut received, mut loaded, mut alive) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        self.rounds(|stage| {
            for _ in 0..stage.plan.runs() {
                library.unload(&mut stage.alice);
                let (message, taken) = count(|| {
                    library.load(&mut stage.alice);
                    let message = library.send(&mut stage.alice, &[7; 1_024]);
                    library.persist(&mut stage.alice);
                    message
                });
                sent.push(taken);
                library.persist(&mut stage.others[0]);
                library.unload(&mut stage.others[0]);
                received.push(
                    count(|| {
                        library.load(&mut stage.others[0]);
                        library.receive(&mut stage.others[0], &message);
                        library.persist(&mut stage.others[0]);
                    })
                    .1,
                );
                if stage.is_long() {
                    break;
                }
            }
        });
        self.print("cold start, send", &sent);
        self.print("cold start, receive", &received);
        // Apart: behind a whole group that was freed, the next to allocate tidies the heap up, for milliseconds.
        self.rounds(|stage| {
            for _ in 0..stage.plan.runs() {
                library.unload(&mut stage.alice);
                let before = live();
                loaded.push(
                    count(|| {
                        library.load(&mut stage.alice);
                        library.load_rest(&mut stage.alice);
                    })
                    .1,
                );
                alive.push(u64::try_from(live() - before).unwrap_or(0));
                if stage.is_long() {
                    break;
                }
            }
        });
        self.print_with("load", &loaded, |row| {
            row.live = middle(alive.iter().copied()).and_then(|alive| i64::try_from(alive).ok());
        });
    }

    fn print(&self, operation: &str, taken: &[Taken]) {
        self.print_with(operation, taken, |_| {});
    }

    fn print_with(&self, operation: &str, taken: &[Taken], more: impl FnOnce(&mut Row)) {
        print(self.library, self.sheet, operation, taken, more);
    }

    fn persist_all(&mut self) {
        for member in core::iter::once(&mut self.alice).chain(&mut self.others) {
            self.library.persist(member);
            self.library.stored(member);
        }
    }

    fn agree(&mut self) {
        let ours = self.library.authenticator(&mut self.alice);
        for member in &mut self.others {
            assert_eq!(self.library.authenticator(member), ours, "the members do not agree");
        }
    }
}

/// Prints a row beside its floor.
fn print<L: Library>(library: &L, sheet: &Sheet, operation: &str, taken: &[Taken], more: impl FnOnce(&mut Row)) {
    sheet.print_with(operation, taken, |row| {
        more(row);
        row.floor_us = library.floor(row);
    });
}

/// What founding a group took, and how long what new members need was.
struct Founded {
    added: Taken,
    joined: Vec<Taken>,
    welcome: u64,
    tree: u64,
}

/// The founder adds everybody, and those who are played join.
fn found<L: Library>(
    library: &L,
    founder: &mut L::Member,
    others: &mut [L::Member],
    key_packages: &[Vec<u8>],
) -> Founded {
    let (committed, added) = count(|| {
        let committed = library.add(founder, key_packages, Tree::Beside);
        library.apply(founder);
        committed
    });
    // It takes a while; and what is short would find the caches as that left them.
    if key_packages.len() > 1_000 {
        library.take_prices();
    }
    let (welcome, tree) = (committed.welcome.unwrap(), committed.tree.unwrap());
    let joined = others.iter_mut().map(|member| count(|| library.join(member, &welcome, Some(&tree))).1).collect();
    Founded { added, joined, welcome: welcome.len() as u64, tree: tree.len() as u64 }
}

/// Each of the others commits, from the last to the first.
fn commit_all<L: Library>(library: &L, alice: &mut L::Member, others: &mut [L::Member]) {
    for from in (0..others.len()).rev() {
        let commit = library.update(&mut others[from]);
        library.apply(&mut others[from]);
        library.process(alice, &commit);
        for (number, member) in others.iter_mut().enumerate() {
            if number != from {
                library.process(member, &commit);
            }
        }
    }
}

/// Which leaves are played, beside Alice's.
fn played(members: u32) -> Vec<u32> {
    (0..32).map(|k| 1_u32 << k).take_while(|leaf| *leaf < members).collect()
}

/// The played members that have not joined yet, and everybody's key packages.
fn invite<L: Library>(library: &L, members: u32) -> (Vec<L::Member>, Vec<Vec<u8>>) {
    let played = played(members);
    let mut key_packages = library.key_packages(members - 1);
    let mut others: Vec<L::Member> = played.iter().map(|leaf| library.member(&format!("member {leaf}"))).collect();
    for (leaf, member) in played.iter().zip(&mut others) {
        key_packages[*leaf as usize - 1] = library.key_package(member);
    }
    (others, key_packages)
}

/// A warm group: Alice, and the others that are played.
pub fn warm_up<L: Library>(library: &L, members: u32) -> (L::Member, Vec<L::Member>) {
    let mut alice = library.member("alice");
    let (mut others, key_packages) = invite(library, members);
    library.create(&mut alice);
    found(library, &mut alice, &mut others, &key_packages);
    commit_all(library, &mut alice, &mut others);
    // Alice's own path, too.
    let commit = library.update(&mut alice);
    library.apply(&mut alice);
    others.iter_mut().for_each(|member| library.process(member, &commit));
    (alice, others)
}

/// A group of a thousand that grows by one at a time.
fn single_adds<L: Library>(library: &L, sheet: &Sheet) {
    let key_packages = library.key_packages(1_000);
    let mut founder = library.member("single");
    library.create(&mut founder);
    library.begin_part();
    library.take_prices();
    let ((), taken) = count(|| {
        for key_package in &key_packages {
            library.add(&mut founder, core::slice::from_ref(key_package), Tree::Elsewhere);
            library.apply(&mut founder);
        }
    });
    library.take_prices();
    print(library, sheet, "1 000 single adds", &[taken], |_| {});
}

fn middle(values: impl Iterator<Item = u64>) -> Option<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
