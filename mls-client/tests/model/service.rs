//! A delivery service: what was sent to whom, which commit won, and who is a member by its account.

use std::collections::BTreeMap;

use mls_client::mls_core::commit::UpdatePath;
use mls_client::mls_core::extension::Extensions;
use mls_client::mls_core::framing::{Content, MlsMessage, MlsMessageBody};
use mls_client::mls_core::proposal::{Proposal, ProposalRef};
use mls_client::{CipherSuite, CommitOutput, GroupId};
use mls_codec::Decode;

use crate::actions::Setup;
use crate::check::Facts;
use crate::faces::ExternalJoin;
use crate::oracle::{Change, Committer};
use crate::users::{User, Waiting};
use crate::watch::Watch;

/// What has happened how often.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

pub(crate) fn count(counts: &mut Counts, what: &'static str) {
    *counts.entry(what).or_default() += 1;
}

/// A message that was sent.
#[derive(Clone)]
pub(crate) struct Post {
    /// The epoch that it belongs to.
    pub(crate) epoch: u64,
    /// Nobody is one from outside.
    pub(crate) from: Option<usize>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: Kind,
    pub(crate) to: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Application(Vec<u8>),
    Proposal(Box<Proposed>),
    /// The commit that ends its epoch.
    Commit,
    /// A commit that another one was preferred to.
    Loser,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Proposed {
    pub(crate) reference: ProposalRef,
    pub(crate) proposal: Proposal,
}

/// A commit that may win.
pub(crate) struct Candidate {
    pub(crate) from: usize,
    pub(crate) made: Made,
    pub(crate) transition: Transition,
}

pub(crate) enum Made {
    Member(Box<CommitOutput>),
    /// `None` while its user is about to start again.
    External(Box<Option<ExternalJoin>>),
}

/// From one epoch to the next.
#[derive(Clone)]
pub(crate) struct Transition {
    pub(crate) change: Change,
    pub(crate) committer: usize,
    /// Who is added, in the order of the Adds.
    pub(crate) added: Vec<usize>,
    /// The extensions of the group context, where they are replaced.
    pub(crate) extensions: Option<Extensions>,
    /// The posts of the proposals that the commit covers.
    pub(crate) covered: Vec<usize>,
    /// The path, where it can be seen.
    pub(crate) path: Option<UpdatePath>,
}

pub(crate) struct Service {
    pub(crate) suite: CipherSuite,
    pub(crate) public: bool,
    pub(crate) group_id: GroupId,
    pub(crate) users: Vec<User>,
    pub(crate) log: Vec<Post>,
    /// The epoch that the winning commits have led to.
    pub(crate) latest: u64,
    /// By epoch: who has which leaf.
    pub(crate) rosters: Vec<BTreeMap<usize, usize>>,
    /// By the epoch that it ended: the post of the commit.
    pub(crate) commits: Vec<usize>,
    /// By the epoch that it ended.
    pub(crate) transitions: Vec<Transition>,
    /// By epoch: what its members see.
    pub(crate) facts: BTreeMap<u64, Facts>,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) watch: Option<Watch>,
    pub(crate) counts: Counts,
}

/// The path of a commit in the clear.
pub(crate) fn visible_path(bytes: &[u8]) -> Option<UpdatePath> {
    match MlsMessage::from_bytes(bytes).unwrap().body {
        MlsMessageBody::PublicMessage(message) => match message.content.content {
            Content::Commit(commit) => commit.path.clone(),
            _ => None,
        },
        _ => None,
    }
}

impl Service {
    pub(crate) fn new(setup: &Setup) -> Self {
        let suite = CipherSuite(setup.suite);
        let mut users: Vec<User> =
            setup.users.iter().enumerate().map(|(number, parts)| User::new(number, *parts, suite)).collect();
        let group = users[0].client.create_group(&users[0].identity).unwrap();
        let group_id = group.id().clone();
        users[0].group = Some(group);
        let mut service = Self {
            suite,
            public: setup.public,
            group_id,
            users,
            log: Vec::new(),
            latest: 0,
            rosters: vec![BTreeMap::from([(0, 0)])],
            commits: Vec::new(),
            transitions: Vec::new(),
            facts: BTreeMap::new(),
            candidates: Vec::new(),
            watch: None,
            counts: Counts::new(),
        };
        if setup.watched {
            service.watch = Some(Watch::new(service.users[0].group.as_mut().unwrap(), suite));
        }
        for parts in &setup.users {
            service.count(parts.described());
            service.count(parts.backend.described());
        }
        service.enter(0, None);
        service.found(setup.members);
        service
    }

    fn found(&mut self, members: usize) {
        let newcomers: Vec<usize> = (1..members).collect();
        self.add_all(&newcomers);
        self.decide(0, false);
        for who in newcomers {
            self.join(who);
        }
    }

    pub(crate) fn count(&mut self, what: &'static str) {
        count(&mut self.counts, what);
    }

    pub(crate) fn roster(&self) -> &BTreeMap<usize, usize> {
        &self.rosters[self.rosters.len() - 1]
    }

    pub(crate) fn roster_at(&self, epoch: u64) -> &BTreeMap<usize, usize> {
        &self.rosters[usize::try_from(epoch).unwrap()]
    }

    pub(crate) fn is_member(&self, who: usize) -> bool {
        self.roster().values().any(|one| *one == who)
    }

    /// Whether an external commit of the user may win.
    pub(crate) fn is_joining(&self, who: usize) -> bool {
        self.candidates.iter().any(|one| one.from == who && matches!(one.made, Made::External(_)))
    }

    /// Those that are members as far as they know, and do things.
    pub(crate) fn actors(&self) -> Vec<usize> {
        let acts = |who: &usize| self.users[*who].online && self.users[*who].group.is_some() && !self.is_joining(*who);
        (0..self.users.len()).filter(acts).collect()
    }

    pub(crate) fn is_up_to_date(&self, who: usize) -> bool {
        self.is_member(who) && self.users[who].group.as_ref().is_some_and(|group| group.epoch() == self.latest)
    }

    /// Those that are members, and know it all.
    pub(crate) fn current(&self) -> Vec<usize> {
        self.actors().into_iter().filter(|who| self.is_up_to_date(*who)).collect()
    }

    /// Those that are not members, and know it.
    pub(crate) fn outside(&self) -> Vec<usize> {
        let out = |who: &usize| {
            let user = &self.users[*who];
            user.group.is_none() && user.welcome.is_none() && !self.is_member(*who) && !self.is_joining(*who)
        };
        (0..self.users.len()).filter(out).collect()
    }

    pub(crate) fn leaf(&self, who: usize) -> Option<usize> {
        self.roster().iter().find(|(_, one)| **one == who).map(|(leaf, _)| *leaf)
    }

    /// Sends a message to the members of its epoch; all others are given it, too, and must not be able to read it.
    pub(crate) fn post(
        &mut self,
        from: Option<usize>,
        epoch: u64,
        bytes: Vec<u8>,
        kind: Kind,
        besides: &[usize],
    ) -> usize {
        let id = self.log.len();
        let members: Vec<usize> = self.roster_at(epoch).values().copied().collect();
        let to: Vec<usize> = members
            .iter()
            .copied()
            .filter(|who| Some(*who) != from || besides.contains(who))
            .filter(|who| !self.is_gone(*who))
            .collect();
        for who in &to {
            self.users[*who].inbox.push(id);
        }
        for who in (0..self.users.len()).filter(|who| !members.contains(who)) {
            self.intrude(who, &bytes);
        }
        self.log.push(Post { epoch, from, bytes, kind, to });
        id
    }

    /// Whether a user knows that it has been removed.
    fn is_gone(&self, who: usize) -> bool {
        self.users[who].ghost.is_some() || self.users[who].group.is_none() && !self.is_member(who)
    }

    /// Somebody who was removed, or is not a member yet, tries a message.
    fn intrude(&mut self, who: usize, bytes: &[u8]) {
        let user = &mut self.users[who];
        if self.candidates.iter().any(|one| one.from == who) {
            return;
        }
        let commits = user.store.commits();
        let Some(group) = user.ghost.as_mut().or(user.group.as_mut()) else { return };
        let before = seen(group);
        let refusal = group.receive(bytes);
        assert!(refusal.is_err(), "{}, who is no member, reads {refusal:?}", user.name);
        assert_eq!((seen(group), user.store.commits()), (before, commits), "{}: {refusal:?}", user.name);
        let what = if user.ghost.is_some() {
            "(removed members try later messages)"
        } else {
            "(unaware members try later messages)"
        };
        self.count(what);
    }

    /// Lets a commit win over all others of its epoch.
    pub(crate) fn decide(&mut self, which: usize, echo: bool) -> bool {
        if self.candidates.is_empty() {
            return false;
        }
        let mut losers = core::mem::take(&mut self.candidates);
        let Candidate { from, made, transition } = losers.swap_remove(which % losers.len());
        if !losers.is_empty() {
            self.count("(races between commits)");
        }
        self.end_epoch(&transition);
        self.transitions.push(transition.clone());
        for loser in losers {
            self.lose(loser);
        }
        let bytes = match &made {
            Made::Member(output) => output.message.clone(),
            Made::External(join) => join.as_ref().as_ref().unwrap().message().to_vec(),
        };
        if let Some(watch) = &mut self.watch {
            watch.see(&bytes);
        }
        let besides: &[usize] = if echo && matches!(made, Made::Member(_)) { &[from] } else { &[] };
        self.latest += 1;
        let id = self.post(Some(from), self.latest - 1, bytes, Kind::Commit, besides);
        self.commits.push(id);
        match made {
            Made::Member(output) => {
                if besides.is_empty() {
                    let change = self.users[from].group.as_mut().unwrap().accept_commit().unwrap();
                    self.enter(from, Some(change));
                }
                self.welcome(&transition.added, &output);
            }
            Made::External(join) => {
                let group = (*join).unwrap().accept().unwrap();
                self.begin(from, group);
            }
        }
        true
    }

    /// Somebody is a member from this epoch on.
    pub(crate) fn begin(&mut self, who: usize, group: crate::faces::Group) {
        let user = &mut self.users[who];
        user.joined = group.epoch();
        user.group = Some(group);
        (user.ghost, user.welcome, user.taken, user.key_package) = (None, None, None, None);
        user.leftovers.clear();
        self.enter(who, None);
    }

    /// Who is a member in the next epoch.
    fn end_epoch(&mut self, transition: &Transition) {
        let mut tree = self.facts[&self.latest].tree.clone();
        let mut roster = self.roster().clone();
        let mut joiners = transition.added.clone();
        let mut placed = tree.apply(&transition.change);
        if transition.change.committer == Committer::Newcomer {
            placed.push(tree.place_leaf(transition.path.as_ref().unwrap().leaf_node.clone()));
            joiners.push(transition.committer);
        }
        roster.retain(|leaf, _| !transition.change.removed.contains(leaf));
        roster.extend(placed.into_iter().zip(joiners));
        self.rosters.push(roster);
    }

    /// A commit did not win.
    fn lose(&mut self, Candidate { from, made, .. }: Candidate) {
        match made {
            // Its committer learns that from the one that won.
            Made::Member(output) => self.reject(from, output.message),
            Made::External(join) => {
                let join = (*join).unwrap();
                let bytes = join.message().to_vec();
                join.abandon().unwrap();
                self.reject(from, bytes);
            }
        }
    }

    /// A commit that cannot win reaches the others all the same.
    pub(crate) fn reject(&mut self, from: usize, bytes: Vec<u8>) {
        let epoch = MlsMessage::from_bytes(&bytes).map(|message| match message.body {
            MlsMessageBody::PublicMessage(message) => message.content.epoch,
            MlsMessageBody::PrivateMessage(message) => message.epoch,
            _ => panic!("no commit"),
        });
        let epoch = epoch.unwrap();
        let to: Vec<usize> = self.roster_at(epoch).values().copied().filter(|who| !self.is_gone(*who)).collect();
        for who in &to {
            self.users[*who].inbox.push(self.log.len());
        }
        let members: Vec<usize> = self.roster_at(epoch).values().copied().collect();
        for who in (0..self.users.len()).filter(|who| !members.contains(who)) {
            self.intrude(who, &bytes);
        }
        self.log.push(Post { epoch, from: Some(from), bytes, kind: Kind::Loser, to });
    }

    /// The Welcomes go to those that were added. Those that were removed try them, too.
    fn welcome(&mut self, added: &[usize], output: &CommitOutput) {
        for (place, who) in added.iter().enumerate() {
            let welcome = output.welcome.as_ref().unwrap_or_else(|| &output.welcomes[place]).clone();
            for other in 0..self.users.len() {
                let user = &mut self.users[other];
                if other != *who && user.ghost.is_some() && !added.contains(&other) {
                    let commits = user.store.commits();
                    let refusal = user.client.join(&welcome, output.ratchet_tree.as_deref());
                    assert!(refusal.is_err(), "{} joins with the Welcome of {who}", user.name);
                    assert_eq!(user.store.commits(), commits);
                    count(&mut self.counts, "(removed members try Welcomes)");
                }
            }
            let ratchet_tree = output.ratchet_tree.clone();
            self.users[*who].welcome = Some(Waiting { welcome, ratchet_tree, epoch: output.epoch });
        }
    }
}

/// What can be seen of a group without changing it.
pub(crate) fn seen(group: &crate::faces::Group) -> (String, Vec<u8>) {
    (format!("{group:?}"), group.epoch_authenticator().to_vec())
}
