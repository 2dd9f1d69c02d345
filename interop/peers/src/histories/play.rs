//! How a drawn history is played.

use std::collections::BTreeSet;

use proptest::sample::Index;

use super::{Act, History, MEMBERS, Step};
use crate::world::actor::{Actor, Ask, Got, Maker, Padding, Required, Settings, context};
use crate::world::group::MixedGroup;
use crate::world::scenario::Need;
use crate::world::tally::Tally;

const PSK: (&[u8], &[u8]) = (b"shared", b"a value that all clients have");

/// A message that some have not read yet.
struct Late {
    epoch: u64,
    sender: String,
    want: Got,
    message: Vec<u8>,
    readers: Vec<String>,
}

struct Play {
    group: MixedGroup,
    makers: Vec<Maker>,
    can_leave_unrequired: bool,
    next: usize,
    late: Vec<Late>,
}

/// What one commit may contain: one change for each leaf, and one PSK and one list of extensions.
#[derive(Default)]
struct Content {
    touched: BTreeSet<String>,
    psk: bool,
    context: bool,
    /// Whether nobody can be added any more.
    closed: bool,
    added: Vec<Box<dyn Actor>>,
    removed: usize,
}

pub(super) fn play(history: &History) -> Tally {
    let side = history.side();
    let settings = Settings {
        suite: *history.suite.get(side.suites),
        encrypt: history.encrypt,
        path: history.path,
        tree_in_welcome: history.tree_in_welcome,
        padding: Padding::Step,
        grease: side.grease,
        custom_leaf: history.custom_leaf,
    };
    let cast = history.cast.get(side.casts);
    let mut group = MixedGroup::new(settings, &cast[..history.founders]);
    for actor in group.members.values_mut() {
        actor.store_psk(PSK.0, PSK.1);
    }
    let can_leave_unrequired = side.lacks.iter().all(|(need, _)| *need != Need::UnrequiredExtension);
    let mut play =
        Play { group, makers: side.makers(), can_leave_unrequired, next: history.founders, late: Vec::new() };
    for step in &history.steps {
        play.step(step);
    }
    play.group.talk();
    play.group.tally
}

impl Play {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Commit { committer, by_reference, by_value } => self.commit(*committer, by_reference, by_value),
            Step::Rekey { who } => {
                let who = self.pick(*who);
                let sent = self.group.get(&who).commit_rekey();
                self.group.follow(&who, &sent, vec![]);
                self.forget_sender(&who);
            }
            Step::Race { winner, loser } => {
                let (winner, loser) = (self.pick(*winner), self.pick(*loser));
                if winner != loser {
                    self.group.get(&loser).commit(&[]);
                    self.group.commit(&winner, &[], vec![]);
                }
            }
            Step::ExternalJoin { maker, from, tree } if self.group.members.len() < MEMBERS => {
                let (joiner, from) = (self.client(*maker), self.pick(*from));
                self.group.join_external(joiner, &from, *tree, None);
            }
            Step::ExternalJoin { .. } => (),
            Step::Resync { who, from, tree } => {
                let (who, from) = (self.pick(*who), self.pick(*from));
                if who != from {
                    self.group.resync(&who, &from, *tree);
                    self.forget(&who);
                }
            }
            Step::Talk { who, late } => self.talk(*who, *late),
            Step::Restart { who } => {
                let who = self.pick(*who);
                self.group.get(&who).restart();
            }
        }
        self.read_late();
    }

    fn pick(&self, index: Index) -> String {
        index.get(&self.group.names()).clone()
    }

    fn epoch(&mut self) -> u64 {
        let any = self.group.names()[0].clone();
        self.group.get(&any).view().epoch
    }

    fn client(&mut self, maker: Index) -> Box<dyn Actor> {
        let mut client = self.group.client(*maker.get(&self.makers), &format!("{:02}", self.next));
        client.store_psk(PSK.0, PSK.1);
        self.next += 1;
        client
    }

    fn commit(&mut self, committer: Index, by_reference: &[(Index, Act)], by_value: &[Act]) {
        let committer = self.pick(committer);
        let mut content = Content::default();
        content.touched.insert(committer.clone());
        for (who, act) in by_reference {
            let who = self.pick(*who);
            if let Some(ask) = self.ask(*act, Some(&who), &mut content) {
                self.group.propose(&who, &ask);
            }
        }
        let asks = by_value.iter().filter_map(|act| self.ask(*act, None, &mut content)).collect::<Vec<_>>();
        let gone = self.group.commit(&committer, &asks, content.added);
        assert_eq!(gone.len(), content.removed);
        gone.iter().for_each(|actor| self.forget(actor.name()));
    }

    /// What an act comes to, if the commit may still contain it.
    fn ask(&mut self, act: Act, proposer: Option<&str>, content: &mut Content) -> Option<Ask> {
        match act {
            Act::Update | Act::Rekey => {
                // Nobody updates by value, nor twice, nor where it is removed, nor where it commits.
                let proposer = proposer?;
                if !content.touched.insert(proposer.to_owned()) {
                    return None;
                }
                if matches!(act, Act::Update) {
                    return Some(Ask::Update);
                }
                self.forget_sender(proposer);
                Some(Ask::Rekey)
            }
            Act::Remove(who) => {
                let who = self.pick(who);
                if proposer == Some(&*who) || !content.touched.insert(who.clone()) {
                    return None;
                }
                content.removed += 1;
                Some(Ask::Remove(self.group.leaf(&who)))
            }
            Act::Add(maker) => {
                if content.closed || self.group.members.len() + content.added.len() >= MEMBERS {
                    return None;
                }
                let mut joiner = self.client(maker);
                let key_package = joiner.key_package();
                content.added.push(joiner);
                Some(Ask::Add(key_package))
            }
            Act::ExternalPsk => {
                let new = !core::mem::replace(&mut content.psk, true);
                new.then(|| Ask::ExternalPsk(PSK.0.to_vec()))
            }
            Act::ResumptionPsk => {
                // Joiners do not have it.
                if content.psk || !content.added.is_empty() {
                    return None;
                }
                (content.psk, content.closed) = (true, true);
                Some(Ask::ResumptionPsk(self.epoch()))
            }
            Act::Context(number) => {
                if core::mem::replace(&mut content.context, true) {
                    return None;
                }
                let required = [Required::Basic, Required::Custom, Required::Nothing][usize::from(number % 3)];
                let custom = required == Required::Custom || (self.can_leave_unrequired && number % 2 == 0);
                Some(Ask::Context(context(required, custom.then_some(&[number]), &[])))
            }
        }
    }

    /// One says five things; the last `late` of them reach each of the others at most an epoch later.
    fn talk(&mut self, who: Index, late: u8) {
        let sender = self.pick(who);
        let epoch = self.epoch();
        let leaf = self.group.leaf(&sender);
        let readers = self.group.names().into_iter().filter(|name| *name != sender).collect::<Vec<_>>();
        for i in 0..5 {
            let data = vec![i; usize::from(i) * 37];
            let message = self.group.get(&sender).send(&data, sender.as_bytes());
            let want = Got::Message { data, aad: sender.clone().into_bytes(), sender: leaf };
            let said = Late { epoch, sender: sender.clone(), want, message, readers: readers.clone() };
            if i < late {
                self.late.push(said);
            } else {
                self.read(&said);
            }
        }
    }

    fn read(&mut self, late: &Late) {
        for name in &late.readers {
            assert_eq!(self.group.get(name).receive(&late.message), late.want, "{name}");
        }
        self.group.tally.messages += 1;
    }

    /// What was said in another epoch than the present is late enough.
    fn read_late(&mut self) {
        let epoch = self.epoch();
        let (old, new) = core::mem::take(&mut self.late).into_iter().partition(|late| late.epoch < epoch);
        self.late = new;
        let old: Vec<Late> = old;
        old.iter().rev().for_each(|late| self.read(late));
    }

    /// Nothing of a sender is late any more: mls-rs reads no messages of a former signature key.
    fn forget_sender(&mut self, name: &str) {
        self.late.retain(|late| late.sender != name);
    }

    /// A member that is gone, or has lost its state, neither reads what is late nor is read.
    fn forget(&mut self, name: &str) {
        self.forget_sender(name);
        self.late.iter_mut().for_each(|late| late.readers.retain(|reader| reader != name));
    }
}
