//! Reading: what is refused and what is not is known before.

use mls_client::mls_core::group::{Disposition, Missing};
use mls_client::mls_core::psk::Psk;
use mls_client::mls_core::record::RecordPrefix;
use mls_client::{Event, ReceiveError};

use crate::faces::Group;
use crate::service::{Kind, Post, Service, count, seen};

/// Past epochs that are retained by default.
pub(crate) const RETAINED: u64 = 3;

/// What has become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// It is too early for it.
    Later,
    /// What it needs is there now.
    Again,
}

impl Service {
    pub(crate) fn take(&mut self, who: usize, which: usize) -> Option<usize> {
        let inbox = &mut self.users[who].inbox;
        (!inbox.is_empty()).then(|| inbox.remove(which % inbox.len()))
    }

    /// Somebody reads a message. Whether it is done with.
    pub(crate) fn read(&mut self, who: usize, id: usize) -> bool {
        loop {
            let Post { epoch, bytes, kind, .. } = self.log[id].clone();
            let user = &mut self.users[who];
            let Some(group) = user.group.as_mut() else { return true };
            let now = group.epoch();
            // One of several commits of an epoch is handed out, never two.
            if kind == Kind::Loser && epoch >= now {
                return false;
            }
            let (before, commits) = (seen(group), user.store.commits());
            let result = group.receive(&bytes);
            if let Err(error) = &result {
                assert_eq!((seen(group), user.store.commits()), (before, commits), "{}: {error:?}", user.name);
            }
            match self.settle(who, id, now, result, true) {
                Outcome::Done => return true,
                Outcome::Later => return false,
                Outcome::Again => {}
            }
        }
    }

    /// The answer to a message that was read in the epoch `now` is the one that is due.
    fn settle(&mut self, who: usize, id: usize, now: u64, result: Result<Event, ReceiveError>, check: bool) -> Outcome {
        let Post { epoch, from, kind, .. } = self.log[id].clone();
        let user = &mut self.users[who];
        let first = !user.handled.contains(&id);
        let own = from == Some(who);
        let due = first && !own && epoch >= user.joined;
        let disposition = result.as_ref().err().map(ReceiveError::disposition);
        let refused = matches!(disposition, Some(Disposition::Discard | Disposition::Duplicate));
        let context = format!("user {who} in epoch {now}, post {id} of {from:?} and epoch {epoch}: {result:?}");
        if epoch > now {
            assert_eq!(disposition, Some(Disposition::AwaitEpoch(epoch)), "{context}");
            self.count("(messages that come too early)");
            return Outcome::Later;
        }
        match (kind, result) {
            (Kind::Application(data), Ok(Event::Message(received))) => {
                assert!(due && epoch + RETAINED >= now, "{context}");
                let sender = self.users[from.unwrap()].name.clone();
                assert_eq!((received.data, received.epoch), (data, epoch));
                let credential = mls_client::Credential::basic(sender.as_str());
                assert_eq!(received.sender.credential, credential);
                self.count(if epoch < now { "(late messages read)" } else { "(messages read)" });
            }
            (Kind::Application(_), Err(_)) => {
                assert!(refused && !(due && epoch + RETAINED >= now), "{context}");
                count(&mut self.counts, if first { "(messages refused)" } else { "(repeated messages refused)" });
            }
            (Kind::Proposal(_), Ok(Event::Proposal(_))) => {
                assert!(due && epoch == now, "{context}");
                user.cached.push(id);
            }
            (Kind::Proposal(_), Err(_)) => {
                assert!(refused && !(due && epoch == now), "{context}");
                self.count("(proposals refused)");
            }
            (Kind::Commit, Ok(Event::Epoch(change))) => {
                assert!(epoch == now && epoch >= user.joined, "{context}");
                if own {
                    count(&mut self.counts, "(own commits that came back)");
                } else if !change.leftovers.is_empty() {
                    count(&mut self.counts, "(commits that leave proposals over)");
                }
                if check {
                    self.enter(who, Some(change));
                } else {
                    user.cached.clear();
                    user.leftovers.extend(change.leftovers);
                }
            }
            (Kind::Commit, Ok(Event::Removed(change))) => {
                assert!(epoch == now && change.removed_self, "{context}");
                assert!(!self.roster_at(epoch + 1).values().any(|one| *one == who), "{context}");
                self.leave(who);
            }
            (Kind::Commit, Err(_)) if epoch == now => return self.supply(who, id, disposition, &context),
            (Kind::Commit | Kind::Loser, Err(_)) => assert!(refused, "{context}"),
            _ => panic!("{context}"),
        }
        self.users[who].handled.insert(id);
        Outcome::Done
    }

    /// Somebody gets what a commit needs: a proposal from the delivery service, a key from its owner.
    fn supply(&mut self, who: usize, id: usize, disposition: Option<Disposition>, context: &str) -> Outcome {
        match disposition {
            Some(Disposition::Retry(Missing::Proposal(reference))) => {
                let is_it = |post: &Post| matches!(&post.kind, Kind::Proposal(one) if one.reference == reference);
                let proposal = self.log.iter().position(is_it).unwrap_or_else(|| panic!("{context}"));
                assert!(!self.users[who].cached.contains(&proposal), "{context}");
                assert!(self.read(who, proposal), "{context}");
                self.count("(lost proposals fetched)");
            }
            Some(Disposition::Retry(Missing::Psk(psk))) => {
                // With another key, it leads elsewhere.
                let Psk::External { psk_id } = &psk.psk else { panic!("{context}") };
                let user = &mut self.users[who];
                user.store_psk_value(psk_id, b"another value");
                let commits = user.store.commits();
                let refusal = user.group.as_mut().unwrap().receive(&self.log[id].bytes);
                assert!(refusal.is_err(), "a wrong pre-shared key: {refusal:?}, {context}");
                assert_eq!(user.store.commits(), commits, "{context}");
                self.supply_psk(who, &Disposition::Retry(Missing::Psk(psk)));
            }
            _ => panic!("post {id}: {context}"),
        }
        Outcome::Again
    }

    /// Somebody gets the pre-shared key that is all that stands in the way.
    pub(crate) fn supply_psk(&mut self, who: usize, disposition: &Disposition) {
        let Disposition::Retry(Missing::Psk(psk)) = disposition else { panic!("user {who}: {disposition:?}") };
        let Psk::External { psk_id } = &psk.psk else { panic!("user {who}: {psk:?}") };
        self.users[who].store_psk(psk_id);
        self.count("(pre-shared keys fetched)");
    }

    /// Somebody has been removed. Nothing is left of the group, and nothing more can be read.
    pub(crate) fn leave(&mut self, who: usize) {
        let user = &mut self.users[who];
        user.ghost = user.group.take();
        assert!(user.ghost.as_ref().is_none_or(|ghost| !ghost.is_active()));
        assert_eq!(user.store.keys(&RecordPrefix::Group(self.group_id.clone())), []);
        user.cached.clear();
        user.leftovers.clear();
        let inbox = core::mem::take(&mut user.inbox);
        self.count("(removals noticed)");
        let user = &mut self.users[who];
        // The way in that it took once is closed, too.
        if let Some(taken) = user.taken.take() {
            let again = user.client.join(&taken.welcome, taken.ratchet_tree.as_deref());
            assert!(again.is_err(), "{} was removed, and comes back by the old Welcome", user.name);
        }
        let Some(ghost) = &mut user.ghost else { return };
        for id in inbox {
            let refusal = ghost.receive(&self.log[id].bytes);
            assert!(refusal.is_err(), "user {who} was removed and reads {refusal:?}");
        }
    }

    /// Somebody who was added takes the Welcome.
    pub(crate) fn join(&mut self, who: usize) -> bool {
        let Some(waiting) = self.users[who].welcome.take() else { return false };
        let tree = waiting.ratchet_tree.as_deref();
        let group = loop {
            let user = &mut self.users[who];
            let commits = user.store.commits();
            match user.client.join(&waiting.welcome, tree) {
                Ok(group) => break group,
                Err(error) => {
                    assert_eq!(user.store.commits(), commits);
                    self.supply_psk(who, &error.disposition());
                }
            }
        };
        assert_eq!(group.epoch(), waiting.epoch);
        self.begin(who, group);
        let user = &mut self.users[who];
        let again = user.client.join(&waiting.welcome, tree);
        assert!(again.is_err(), "{} joins twice", user.name);
        user.taken = Some(waiting);
        true
    }

    /// Somebody reads all that waits, and fetches the commits that it lacks.
    pub(crate) fn catch_up(&mut self, who: usize) {
        loop {
            let mut place = 0;
            // Whoever is removed meanwhile has no inbox any more.
            while place < self.users[who].inbox.len() {
                let id = self.users[who].inbox.remove(place);
                if !self.read(who, id) {
                    self.users[who].inbox.insert(place, id);
                    place += 1;
                }
            }
            let Some(group) = &self.users[who].group else { return };
            let Some(next) = self.commits.get(usize::try_from(group.epoch()).unwrap()) else { return };
            self.users[who].inbox.push(*next);
        }
    }

    /// The same at one go: what waits, in the order of its arrival, and the commits that are lacking are one backlog.
    pub(crate) fn catch_up_at_once(&mut self, who: usize) {
        let user = &mut self.users[who];
        let Some(group) = &mut user.group else { return };
        let mut now = group.epoch();
        let mut backlog = core::mem::take(&mut user.inbox);
        let next = self.commits.iter().skip(usize::try_from(now).unwrap());
        let missing: Vec<usize> = next.copied().filter(|id| !backlog.contains(id)).collect();
        backlog.extend(missing);
        // A commit that did not win is read when it can do no harm.
        let (later, backlog): (Vec<usize>, Vec<usize>) =
            backlog.into_iter().partition(|id| self.log[*id].kind == Kind::Loser);
        user.inbox = later;
        let bytes: Vec<&[u8]> = backlog.iter().map(|id| self.log[*id].bytes.as_slice()).collect();
        let results = group.receive_all(&bytes).unwrap();
        assert_eq!(results.len(), backlog.len());
        count(&mut self.counts, "(backlogs read)");
        let mut left = Vec::new();
        let mut entered = false;
        for (id, result) in backlog.into_iter().zip(results) {
            if self.users[who].group.is_none() {
                assert!(result.is_err(), "user {who} was removed and reads {result:?}");
                continue;
            }
            // What is lacking for a commit is got when it is read by itself.
            if matches!(result.as_ref().map_err(ReceiveError::disposition), Err(Disposition::Retry(_))) {
                left.push(id);
                continue;
            }
            let advances = matches!(result, Ok(Event::Epoch(_)));
            if self.settle(who, id, now, result, false) == Outcome::Later {
                left.push(id);
            }
            if advances {
                now += 1;
                entered = true;
            }
        }
        self.users[who].inbox.extend(left);
        if self.users[who].group.as_ref().is_some_and(|group: &Group| group.is_active()) && entered {
            assert_eq!(self.users[who].group.as_ref().unwrap().epoch(), now);
            self.look(who);
        }
        self.catch_up(who);
    }
}
