//! Plays actions.

use mls_client::{CommitPlan, EncryptOptions};

use crate::actions::{Action, Doing};
use crate::service::Service;
use crate::users::Failure;

fn pick(number: u8, of: &[usize]) -> Option<usize> {
    of.get(usize::from(number) % of.len().max(1)).copied()
}

impl Service {
    /// Does it, if it can be done. What was done is counted.
    pub(crate) fn act(&mut self, action: &Action) -> bool {
        let Some(done) = self.try_act(action) else { return false };
        self.count(done);
        self.check_agreement();
        true
    }

    fn try_act(&mut self, action: &Action) -> Option<&'static str> {
        let actors = self.actors();
        match action {
            Action::Send { from } => {
                self.send(pick(*from, &actors)?);
                Some("send")
            }
            Action::Propose { from, what, encrypt } => self.propose(pick(*from, &actors)?, *what, *encrypt),
            Action::ProposeAgain { who } => {
                let with = actors.into_iter().filter(|who| !self.users[*who].leftovers.is_empty()).collect::<Vec<_>>();
                self.propose_again(pick(*who, &with)?).then_some("propose leftovers again")
            }
            Action::ProposeOutside { what } => self.propose_outside(*what).then_some("propose from outside"),
            Action::Commit { from, what, how } => {
                let from = pick(*from, &actors)?;
                if how.informed {
                    self.catch_up(from);
                }
                self.users[from].group.as_ref()?;
                self.commit(from, what, *how).then_some("commit")
            }
            Action::Decide { which, echo } => self.decide(usize::from(*which), *echo).then_some("let a commit win"),
            Action::Withdraw { which } => self.withdraw(usize::from(*which)).then_some("withdraw a commit"),
            Action::Read { .. } | Action::Duplicate { .. } | Action::Lose { .. } => self.deliver(action, &actors),
            Action::CatchUp { who, backlog } => {
                let who = pick(*who, &actors)?;
                if *backlog {
                    self.catch_up_at_once(who);
                    return Some("catch up with a backlog");
                }
                self.catch_up(who);
                Some("catch up")
            }
            Action::CatchUpAll => {
                for who in actors {
                    self.catch_up(who);
                }
                Some("catch up, all")
            }
            Action::Offline { who } => {
                // Somebody stays.
                let who = pick(*who, &actors).filter(|_| actors.len() > 1)?;
                self.users[who].online = false;
                Some("go offline")
            }
            Action::Online { who } => {
                let away: Vec<usize> = (0..self.users.len()).filter(|who| !self.users[*who].online).collect();
                self.users[pick(*who, &away)?].online = true;
                Some("come back online")
            }
            Action::Restart { who } => {
                let who = usize::from(*who) % self.users.len();
                self.restart(who);
                Some("restart")
            }
            Action::Crash { who, doing, failure } => self.crash(pick(*who, &actors)?, *doing, *failure),
            Action::Join { who } => {
                let welcomed: Vec<usize> =
                    (0..self.users.len()).filter(|who| self.users[*who].welcome.is_some()).collect();
                self.join(pick(*who, &welcomed)?).then_some("join by a Welcome")
            }
            Action::JoinExternally { who, info, psk, tree_apart, resync } => {
                let current = self.current();
                let candidates = if *resync { self.resyncable() } else { self.outside() };
                let who = pick(*who, &candidates)?;
                let others: Vec<usize> = current.into_iter().filter(|one| *one != who).collect();
                let info = pick(*info, &others)?;
                self.join_externally(who, info, *psk, *tree_apart);
                Some(if *resync { "rejoin by an external commit" } else { "join by an external commit" })
            }
        }
    }

    /// Members that have a state to give up.
    fn resyncable(&self) -> Vec<usize> {
        self.actors()
            .into_iter()
            .filter(|who| self.is_member(*who) && !self.candidates.iter().any(|one| one.from == *who))
            .collect()
    }

    fn deliver(&mut self, action: &Action, actors: &[usize]) -> Option<&'static str> {
        match action {
            Action::Read { who, which } => {
                let waiting: Vec<usize> =
                    actors.iter().copied().filter(|who| !self.users[*who].inbox.is_empty()).collect();
                let who = pick(*who, &waiting)?;
                let id = self.take(who, usize::from(*which))?;
                if !self.read(who, id) {
                    self.users[who].inbox.push(id);
                }
                Some("read a message")
            }
            Action::Duplicate { who, which } => {
                let who = pick(*who, actors)?;
                let sent: Vec<usize> = (0..self.log.len())
                    .rev()
                    .take(40)
                    .filter(|id| self.log[*id].to.contains(&who) || self.log[*id].from == Some(who))
                    .collect();
                let id = *sent.get(usize::from(*which) % sent.len().max(1))?;
                self.users[who].inbox.push(id);
                Some("repeat a message")
            }
            Action::Lose { who, which } => {
                let waiting: Vec<usize> =
                    (0..self.users.len()).filter(|who| !self.users[*who].inbox.is_empty()).collect();
                self.take(pick(*who, &waiting)?, usize::from(*which))?;
                Some("lose a message")
            }
            _ => None,
        }
    }

    /// The store fails in the middle of something, the process dies, and another one finds out how far it came.
    fn crash(&mut self, who: usize, doing: Doing, failure: Failure) -> Option<&'static str> {
        match doing {
            Doing::Send => {
                let options = EncryptOptions { allow_pending_proposals: true, ..EncryptOptions::default() };
                let user = &mut self.users[who];
                user.store.fail_next(failure);
                let result = user.group.as_mut()?.send_with(b"perhaps", &options);
                // A generation that was reserved before takes no write.
                assert_eq!(user.store.has_failed(), result.is_err());
                self.restart(who);
                Some("crash while sending")
            }
            Doing::Commit => {
                let user = &mut self.users[who];
                let group = user.group.as_mut()?;
                if group.has_pending_commit() {
                    return None;
                }
                let plan = CommitPlan { include_pending: false, ..CommitPlan::default() };
                user.store.fail_next(failure);
                group.commit(&plan).unwrap_err();
                self.start_again(who);
                let commit = self.users[who].group.as_mut()?.pending_commit().unwrap();
                assert_eq!(commit.is_some(), failure == Failure::Mute);
                if let Some(commit) = commit {
                    self.candidate(who, &plan, commit);
                }
                Some("crash while committing")
            }
            Doing::Read(which) => self.crash_reading(who, which, failure),
        }
    }

    fn crash_reading(&mut self, who: usize, which: u8, failure: Failure) -> Option<&'static str> {
        let id = self.take(who, usize::from(which))?;
        let post = self.log[id].clone();
        let user = &mut self.users[who];
        let group = user.group.as_mut()?;
        let now = group.epoch();
        if post.kind == crate::service::Kind::Loser {
            user.inbox.push(id);
            return None;
        }
        user.store.fail_next(failure);
        let result = group.receive(&post.bytes);
        let failed = user.store.has_failed();
        assert!(result.is_err());
        if !failed || failure == Failure::Lost {
            self.restart(who);
            self.users[who].inbox.push(id);
            return Some("crash while reading");
        }
        // It has been read, and nobody was told.
        self.users[who].handled.insert(id);
        match post.kind {
            crate::service::Kind::Application(_) => self.restart(who),
            crate::service::Kind::Proposal(_) => {
                self.users[who].cached.push(id);
                self.restart(who);
            }
            crate::service::Kind::Commit => {
                self.users[who].cached.clear();
                self.start_again(who);
                match &self.users[who].group {
                    Some(group) => {
                        assert_eq!(group.epoch(), now + 1);
                        self.enter(who, None);
                    }
                    None => self.leave(who),
                }
            }
            crate::service::Kind::Loser => {}
        }
        Some("crash while reading")
    }

    /// The end of a history: all come back, all read, and all hear each other.
    pub(crate) fn settle_down(&mut self) {
        for who in 0..self.users.len() {
            self.users[who].online = true;
            self.join(who);
            if !self.is_joining(who) {
                self.catch_up(who);
            }
        }
        while self.decide(0, false) {}
        for who in 0..self.users.len() {
            self.join(who);
            self.catch_up(who);
        }
        assert_eq!(self.current().len(), self.roster().len(), "all members are up to date");
        for who in self.current() {
            self.send(who);
        }
        for who in self.current() {
            self.catch_up(who);
        }
        self.check_agreement();
    }
}
