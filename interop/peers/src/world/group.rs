//! A group whose members come from different makers, with a delivery service that reaches all.

use std::collections::BTreeMap;

use mls_client::mls_crypto_traits::Rng;

use super::actor::{Actor, Ask, Got, Maker, Outside, Sent, Settings, Succession, TestRng};
use super::tally::{Role, Tally};

/// The members by name, and the group's epoch kept in step.
pub struct MixedGroup {
    pub settings: Settings,
    pub members: BTreeMap<String, Box<dyn Actor>>,
    pub tally: Tally,
    seed: u64,
}

impl MixedGroup {
    /// The first creates the group and adds the others by one commit.
    pub fn new(settings: Settings, makers: &[Maker]) -> Self {
        let mut group = Self { settings, members: BTreeMap::new(), tally: Tally::default(), seed: 0 };
        let mut others = Vec::new();
        for (i, maker) in makers.iter().enumerate() {
            let mut actor = group.client(*maker, &format!("{i:02}"));
            if i == 0 {
                actor.create(b"mixed");
                group.tally.role(actor.maker(), Role::Creator);
                group.members.insert(actor.name().to_owned(), actor);
            } else {
                others.push(actor);
            }
        }
        if !others.is_empty() {
            let asks = others.iter_mut().map(|other| Ask::Add(other.key_package())).collect::<Vec<_>>();
            group.commit("00", &asks, others);
        }
        group
    }

    /// A client of the group's kind that is no member yet.
    pub fn client(&mut self, maker: Maker, name: &str) -> Box<dyn Actor> {
        self.seed += 1;
        (maker.make)(name, 7000 + self.seed, self.settings)
    }

    pub fn get(&mut self, name: &str) -> &mut Box<dyn Actor> {
        self.members.get_mut(name).unwrap()
    }

    pub fn names(&self) -> Vec<String> {
        self.members.keys().cloned().collect()
    }

    /// The leaf at which this member sits.
    pub fn leaf(&mut self, name: &str) -> u32 {
        let view = self.get(name).view();
        view.members.iter().find(|(_, identity)| identity == name.as_bytes()).unwrap().0
    }

    fn count(&mut self, name: &str, role: Role) {
        let maker = self.members[name].maker();
        self.tally.role(maker, role);
    }

    /// One proposes; everybody else takes it in.
    pub fn propose(&mut self, from: &str, ask: &Ask) {
        let message = self.get(from).propose(ask);
        self.check_form(&message);
        self.count(from, Role::Proposer);
        if matches!(ask, Ask::Update | Ask::Rekey) {
            self.count(from, Role::Updater);
        }
        self.take_in(Some(from), &message);
    }

    /// A proposal reaches all members but its sender.
    pub fn take_in(&mut self, from: Option<&str>, message: &[u8]) {
        for (name, actor) in &mut self.members {
            if Some(name.as_str()) != from {
                assert_eq!(actor.receive(message), Got::Proposal, "{name}");
            }
        }
    }

    /// One commits; everybody follows, the joiners join, the removed go. Gives back the removed.
    pub fn commit(&mut self, from: &str, asks: &[Ask], joiners: Vec<Box<dyn Actor>>) -> Vec<Box<dyn Actor>> {
        let sent = self.get(from).commit(asks);
        for ask in asks {
            match ask {
                Ask::Add(_) => self.count(from, Role::Adder),
                Ask::Remove(_) => self.count(from, Role::Remover),
                _ => (),
            }
        }
        if asks.is_empty() {
            self.count(from, Role::Updater);
        }
        self.follow(from, &sent, joiners)
    }

    /// The commit reaches all, and is accepted by its maker.
    pub fn follow(&mut self, from: &str, sent: &Sent, joiners: Vec<Box<dyn Actor>>) -> Vec<Box<dyn Actor>> {
        self.check_form(&sent.message);
        let removed = self.spread(from, &sent.message);
        self.get(from).accept();
        self.count(from, Role::Committer);
        assert_eq!(sent.welcome.is_some(), !joiners.is_empty());
        // Some hand the tree over only once they are in the epoch.
        let apart = !self.settings.tree_in_welcome && !joiners.is_empty();
        let tree = apart.then(|| sent.tree.clone().unwrap_or_else(|| self.get(from).view().tree));
        for mut joiner in joiners {
            joiner.join(sent.welcome.as_ref().unwrap(), tree.as_deref());
            self.tally.role(joiner.maker(), Role::Joiner);
            self.members.insert(joiner.name().to_owned(), joiner);
        }
        self.agree();
        removed
    }

    /// A client enters by its own commit; in the place of `resync` if that is given.
    pub fn join_external(&mut self, mut joiner: Box<dyn Actor>, from: &str, tree: bool, resync: Option<u32>) {
        let info = self.get(from).group_info(tree);
        let tree = (!tree).then(|| self.get(from).view().tree);
        let message = joiner.join_external(&info, tree.as_deref(), resync);
        self.tally.role(joiner.maker(), Role::ExternalJoiner);
        let name = joiner.name().to_owned();
        self.members.remove(&name);
        let removed = self.spread(&name, &message);
        assert!(removed.is_empty());
        self.members.insert(name, joiner);
        self.agree();
    }

    /// A member of before, still at its leaf, enters again with nothing but its signature key.
    pub fn resync(&mut self, name: &str, from: &str, tree: bool) {
        let leaf = self.leaf(name);
        let lost = self.members.remove(name).unwrap();
        self.join_external(lost, from, tree, Some(leaf));
    }

    fn spread(&mut self, from: &str, message: &[u8]) -> Vec<Box<dyn Actor>> {
        let mut gone = Vec::new();
        for (name, actor) in &mut self.members {
            if name == from {
                continue;
            }
            self.tally.role(actor.maker(), Role::Follower);
            match actor.receive(message) {
                Got::Epoch => (),
                Got::Removed => gone.push(name.clone()),
                other => panic!("{name}: {other:?}"),
            }
        }
        gone.iter().map(|name| self.members.remove(name).unwrap()).collect()
    }

    /// The group as those see it who are not in it.
    pub fn outside(&mut self, from: &str) -> Outside {
        let view = self.get(from).view();
        let inside = self.settings.tree_in_welcome;
        let info = self.get(from).group_info(inside);
        let tree = (!inside).then_some(view.tree);
        Outside { group_id: b"mixed".to_vec(), epoch: view.epoch, info, tree }
    }

    /// A group follows this one, with those members that are named. All others are gone.
    pub fn succeed(&mut self, founder: &str, kind: &Succession, suite: u16, names: &[&str]) {
        self.members.retain(|name, _| names.contains(&name.as_str()));
        self.settings.suite = suite;
        let members = self.members.iter_mut();
        // Everybody needs a key of the suite; the founder's key package is of no use to it.
        let key_packages = members.filter_map(|(name, actor)| {
            let key_package = actor.next_key_package(kind, suite);
            (name != founder).then_some(key_package)
        });
        let key_packages = key_packages.collect::<Vec<_>>();
        let sent = self.get(founder).found(kind, &key_packages);
        self.count(founder, Role::Creator);
        let apart = !self.settings.tree_in_welcome;
        let tree = sent.tree.clone().or_else(|| apart.then(|| self.get(founder).view().tree));
        for (name, actor) in &mut self.members {
            if name != founder {
                actor.succeed(kind, sent.welcome.as_ref().unwrap(), tree.as_deref());
                self.tally.role(actor.maker(), Role::Joiner);
            }
        }
        self.agree();
    }

    /// All are in one epoch with the same tree and secrets, and nobody else is in it.
    pub fn agree(&mut self) {
        let names = self.names();
        let first = self.get(&names[0]).view();
        for name in &names[1..] {
            assert_eq!(self.get(name).view(), first, "{name}");
        }
        let mut seen =
            first.members.iter().map(|(_, name)| String::from_utf8(name.clone()).unwrap()).collect::<Vec<_>>();
        seen.sort();
        assert_eq!(seen, names);
        self.tally.epochs += 1;
    }

    /// Everybody says something to all.
    pub fn talk(&mut self) {
        for (round, from) in self.names().into_iter().enumerate() {
            let mut data = vec![0; [0, 1, 40, 300, 5000][round % 5]];
            TestRng(round as u64).fill(&mut data).unwrap();
            let aad = from.as_bytes().to_vec();
            let leaf = self.leaf(&from);
            let message = self.get(&from).send(&data, &aad);
            self.count(&from, Role::Talker);
            let want = Got::Message { data, aad, sender: leaf };
            for (name, actor) in &mut self.members {
                if *name != from {
                    assert_eq!(actor.receive(&message), want, "{name}");
                    self.tally.role(actor.maker(), Role::Listener);
                }
            }
            self.tally.messages += 1;
        }
    }

    /// Everybody's process ends and starts again.
    pub fn restart(&mut self) {
        for actor in self.members.values_mut() {
            actor.restart();
        }
    }

    /// A member's handshake is in the clear or encrypted as was set: version, then wire format.
    fn check_form(&self, message: &[u8]) {
        let wire_format = if self.settings.encrypt { 2 } else { 1 };
        assert_eq!(message[..4], [0, 1, 0, wire_format]);
    }
}
