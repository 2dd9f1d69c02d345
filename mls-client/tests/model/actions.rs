//! What may happen, and how often. Numbers pick among those that can do it, whoever they are then.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::users::{Backend, Face, Failure, Parts, Store};

/// How a history begins.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) suite: u16,
    pub(crate) users: Vec<Parts>,
    /// How many of them are members from the beginning.
    pub(crate) members: usize,
    /// Handshake messages are never encrypted, as a server that reads along wants it.
    pub(crate) public: bool,
    /// Somebody outside follows.
    pub(crate) watched: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    Send {
        from: u8,
    },
    Propose {
        from: u8,
        what: Wish,
        encrypt: bool,
    },
    ProposeAgain {
        who: u8,
    },
    ProposeOutside {
        what: Wish,
    },
    Commit {
        from: u8,
        what: Vec<Wish>,
        how: How,
    },
    /// One of the commits wins; the winner hears of it at once, or as the others do.
    Decide {
        which: u8,
        echo: bool,
    },
    /// Somebody takes a commit back that has not won.
    Withdraw {
        which: u8,
    },
    /// Somebody reads one of the messages that wait.
    Read {
        who: u8,
        which: u8,
    },
    /// A message comes again.
    Duplicate {
        who: u8,
        which: u16,
    },
    /// A message never comes.
    Lose {
        who: u8,
        which: u8,
    },
    /// Somebody reads all that waits and fetches the commits that it lacks, one by one or as one backlog.
    CatchUp {
        who: u8,
        backlog: bool,
    },
    CatchUpAll,
    Offline {
        who: u8,
    },
    Online {
        who: u8,
    },
    Restart {
        who: u8,
    },
    /// The store fails in the middle of something, and the process dies.
    Crash {
        who: u8,
        doing: Doing,
        failure: Failure,
    },
    /// Somebody who was added takes the Welcome.
    Join {
        who: u8,
    },
    JoinExternally {
        who: u8,
        info: u8,
        psk: bool,
        tree_apart: bool,
        resync: bool,
    },
}

/// A change to the group.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish {
    Add(u8),
    Remove(u8),
    Update,
    /// An Update with a new signature key.
    Rotation,
    Psk(u8),
    Resumption(u8),
    Extensions(bool),
}

/// How a commit is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    /// The committer reads first what waits for it.
    pub(crate) informed: bool,
    pub(crate) path: bool,
    pub(crate) pending: bool,
    pub(crate) encrypt: bool,
    pub(crate) rotate: bool,
    pub(crate) tree_apart: bool,
    pub(crate) one_each: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Doing {
    Send,
    Commit,
    Read(u8),
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        6 => any::<u8>().prop_map(Wish::Add),
        4 => any::<u8>().prop_map(Wish::Remove),
        3 => Just(Wish::Update),
        2 => Just(Wish::Rotation),
        2 => any::<u8>().prop_map(Wish::Psk),
        2 => any::<u8>().prop_map(Wish::Resumption),
        1 => any::<bool>().prop_map(Wish::Extensions),
    ]
}

fn how() -> impl Strategy<Value = How> {
    let informed = (prop::bool::weighted(0.7), prop::bool::weighted(0.7));
    let bools = (informed, any::<bool>(), any::<bool>(), prop::bool::weighted(0.2), any::<bool>(), any::<bool>());
    bools.prop_map(|((informed, pending), path, encrypt, rotate, tree_apart, one_each)| How {
        informed,
        path,
        pending,
        encrypt,
        rotate,
        tree_apart,
        one_each,
    })
}

fn changes() -> impl Strategy<Value = Action> {
    let number = any::<u8>;
    prop_oneof![
        8 => (number(), wish(), any::<bool>()).prop_map(|(from, what, encrypt)| Action::Propose { from, what, encrypt }),
        2 => number().prop_map(|who| Action::ProposeAgain { who }),
        2 => wish().prop_map(|what| Action::ProposeOutside { what }),
        9 => (number(), vec(wish(), 0..3), how()).prop_map(|(from, what, how)| Action::Commit { from, what, how }),
        10 => (number(), any::<bool>()).prop_map(|(which, echo)| Action::Decide { which, echo }),
        1 => number().prop_map(|which| Action::Withdraw { which }),
        3 => number().prop_map(|who| Action::Join { who }),
        2 => (number(), number(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
            |(who, info, psk, tree_apart, resync)| Action::JoinExternally { who, info, psk, tree_apart, resync },
        ),
    ]
}

fn traffic(all: u32) -> impl Strategy<Value = Action> {
    let number = any::<u8>;
    let failure = prop_oneof![Just(Failure::Lost), Just(Failure::Mute)];
    let doing = prop_oneof![Just(Doing::Send), Just(Doing::Commit), number().prop_map(Doing::Read)];
    prop_oneof![
        8 => number().prop_map(|from| Action::Send { from }),
        14 => (number(), number()).prop_map(|(who, which)| Action::Read { who, which }),
        4 => (number(), any::<u16>()).prop_map(|(who, which)| Action::Duplicate { who, which }),
        5 => (number(), number()).prop_map(|(who, which)| Action::Lose { who, which }),
        8 => (number(), any::<bool>()).prop_map(|(who, backlog)| Action::CatchUp { who, backlog }),
        all => Just(Action::CatchUpAll),
        1 => number().prop_map(|who| Action::Offline { who }),
        2 => number().prop_map(|who| Action::Online { who }),
        4 => number().prop_map(|who| Action::Restart { who }),
        3 => (number(), doing, failure).prop_map(|(who, doing, failure)| Action::Crash { who, doing, failure }),
    ]
}

/// Actions; the more members, the more often all of them catch up.
pub(crate) fn actions(count: usize, all: u32) -> impl Strategy<Value = Vec<Action>> {
    vec(prop_oneof![changes(), traffic(all)], count)
}

fn parts(backends: &'static [Backend]) -> impl Strategy<Value = Parts> {
    let face = prop_oneof![Just(Face::Blocking), Just(Face::Async)];
    let store = prop_oneof![
        Just(Store::Memory),
        Just(Store::Sqlite),
        Just(Store::EncryptedMemory),
        Just(Store::EncryptedSqlite)
    ];
    (face, store, prop::sample::select(backends)).prop_map(|(face, store, backend)| Parts { face, store, backend })
}

/// A beginning: so many users, with these backends. Mostly the common suites: 4 to 7 are slow.
pub(crate) fn setup(
    backends: &'static [Backend],
    users: core::ops::RangeInclusive<usize>,
    watched: bool,
    full: bool,
) -> impl Strategy<Value = Setup> {
    let suite = prop_oneof![6 => Just(1), 4 => Just(3), 3 => Just(2), 1 => Just(7)];
    (suite, vec(parts(backends), users), any::<u8>(), any::<bool>()).prop_map(move |(suite, users, members, public)| {
        Setup {
            suite,
            // Two are members at least, and one is outside.
            members: if full {
                users.len() - 1 - usize::from(members) % 4
            } else {
                2 + usize::from(members) % (users.len() - 2)
            },
            users,
            public: watched && public,
            watched,
        }
    })
}
