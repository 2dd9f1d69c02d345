//! What was done, counted: a scenario that is cut short shows.

use std::collections::BTreeMap;

/// What a member does in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Creator,
    Joiner,
    Adder,
    Remover,
    Updater,
    ExternalJoiner,
    Proposer,
    Committer,
    Follower,
    Talker,
    Listener,
}

impl Role {
    pub const ALL: [Self; 11] = [
        Self::Creator,
        Self::Joiner,
        Self::Adder,
        Self::Remover,
        Self::Updater,
        Self::ExternalJoiner,
        Self::Proposer,
        Self::Committer,
        Self::Follower,
        Self::Talker,
        Self::Listener,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Creator => "creator",
            Self::Joiner => "joiner",
            Self::Adder => "adder",
            Self::Remover => "remover",
            Self::Updater => "updater",
            Self::ExternalJoiner => "external joiner",
            Self::Proposer => "proposer",
            Self::Committer => "committer",
            Self::Follower => "follower",
            Self::Talker => "talker",
            Self::Listener => "listener",
        }
    }
}

/// Epochs that all members agreed on, messages that all others read, and who did what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub epochs: usize,
    pub messages: usize,
    pub roles: BTreeMap<(&'static str, Role), usize>,
}

impl Tally {
    pub fn role(&mut self, maker: &'static str, role: Role) {
        *self.roles.entry((maker, role)).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        self.epochs += other.epochs;
        self.messages += other.messages;
        for (key, count) in &other.roles {
            *self.roles.entry(*key).or_default() += count;
        }
    }
}
