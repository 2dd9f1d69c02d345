//! What happens in mixed groups: each scenario is played by four makers, of whom the first creates the group.

use super::actor::{Ask, Got, Maker, Settings};
use super::group::MixedGroup;
use super::tally::Tally;

mod joining;
mod keys;
mod outside;
mod successors;

/// What a scenario takes that not every implementation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// An external commit that removes a leaf with another signature key than the joiner's.
    ResyncWithNewKey,
    /// Update proposals of one's own.
    Update,
    /// New signature keys of one's own.
    Rekey,
    /// A group context extension that the group's required capabilities do not list.
    UnrequiredExtension,
    ReInit,
    Branch,
}

/// A scenario, and how many epochs all members agree on in the course of it.
pub struct Scenario {
    pub name: &'static str,
    pub needs: &'static [Need],
    pub epochs: usize,
    pub run: fn(Settings, &[Maker; 4]) -> Tally,
}

const fn scenario(name: &'static str, epochs: usize, run: fn(Settings, &[Maker; 4]) -> Tally) -> Scenario {
    Scenario { name, needs: &[], epochs, run }
}

/// All scenarios: each is expected of each peer, but for what the peer lacks.
pub const ALL: &[Scenario] = &[
    scenario("commits by everybody", 5, everybody_commits),
    scenario("adds one by one", 3, joining::adds_one_by_one),
    scenario("adds and removes by reference", 6, proposals_by_reference),
    Scenario { needs: &[Need::Update], ..scenario("updates by reference", 5, updates_by_reference) },
    scenario("removes by value", 3, removes_by_value),
    scenario("no path, tree apart", 8, commits_without_path),
    scenario("external joins", 8, joining::external_joins),
    scenario("resync with the old key", 7, joining::resyncs),
    Scenario {
        needs: &[Need::ResyncWithNewKey],
        ..scenario("resync with a new key", 6, joining::resyncs_with_new_keys)
    },
    scenario("external PSKs", 4, keys::external_psks),
    scenario("resumption PSKs", 5, keys::resumption_psks),
    scenario("PSKs by value and by reference", 4, keys::psks_by_both_ways),
    Scenario { needs: &[Need::Update, Need::Rekey], ..scenario("new signature keys", 8, keys::new_signature_keys) },
    scenario("late messages", 5, late_messages),
    scenario("two commits at once", 9, two_commits_at_once),
    scenario("from the store", 6, from_the_store),
    scenario("context extensions", 6, outside::context_extensions),
    Scenario {
        needs: &[Need::UnrequiredExtension],
        ..scenario("context extensions not required", 4, outside::unrequired_extensions)
    },
    scenario("custom extensions in leaves", 4, outside::custom_leaves),
    scenario("external senders", 4, outside::external_senders),
    scenario("new members ask", 4, outside::new_members_ask),
    Scenario { needs: &[Need::ReInit], ..scenario("ReInit", 8, successors::re_init) },
    Scenario { needs: &[Need::ReInit], ..scenario("ReInit to another suite", 4, successors::re_init_suite) },
    Scenario { needs: &[Need::Branch], ..scenario("branch", 4, successors::branch) },
];

fn everybody_commits(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    group.talk();
    for name in group.names() {
        group.commit(&name, &[], vec![]);
        group.talk();
    }
    group.tally
}

fn proposals_by_reference(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut tally = Tally::default();
    for committer in ["01", "02"] {
        let mut group = MixedGroup::new(settings, makers);
        let mut joiner = group.client(makers[1], "04");
        group.propose("02", &Ask::Add(joiner.key_package()));
        let leaf = group.leaf("03");
        group.propose("01", &Ask::Remove(leaf));
        let removed = group.commit(committer, &[], vec![joiner]);
        assert_eq!(removed.len(), 1);
        assert_eq!(removed[0].name(), "03");
        group.talk();
        let mut second = group.client(makers[0], "05");
        let leaf = group.leaf("04");
        group.propose("00", &Ask::Remove(leaf));
        let ask = Ask::Add(second.key_package());
        group.commit(committer, &[ask], vec![second]);
        group.talk();
        tally.add(&group.tally);
    }
    tally
}

fn updates_by_reference(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    let names = group.names();
    for committer in &names {
        names.iter().filter(|name| *name != committer).for_each(|name| group.propose(name, &Ask::Update));
        group.commit(committer, &[], vec![]);
        group.talk();
    }
    group.tally
}

fn removes_by_value(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    let leaf = group.leaf("02");
    assert_eq!(group.commit("01", &[Ask::Remove(leaf)], vec![])[0].name(), "02");
    let leaf = group.leaf("01");
    assert_eq!(group.commit("00", &[Ask::Remove(leaf)], vec![])[0].name(), "01");
    group.talk();
    group.tally
}

fn commits_without_path(settings: Settings, makers: &[Maker; 4]) -> Tally {
    use super::actor::Padding;
    let mut tally = Tally::default();
    for padding in [Padding::None, Padding::Padme] {
        let settings = Settings { path: false, tree_in_welcome: false, padding, ..settings };
        let mut group = MixedGroup::new(settings, makers);
        let mut joiner = group.client(makers[0], "04");
        let ask = Ask::Add(joiner.key_package());
        group.commit("01", &[ask], vec![joiner]);
        group.talk();
        group.commit("04", &[], vec![]);
        group.commit("03", &[], vec![]);
        group.talk();
        tally.add(&group.tally);
    }
    tally
}

fn late_messages(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, &makers[..3]);
    let names = ["00", "01", "02"];
    for (i, from) in names.iter().enumerate() {
        let to = names[(i + 1) % 3];
        let leaf = group.leaf(from);
        let messages: Vec<_> = (0..12).map(|i| group.get(from).send(&[i], b"")).collect();
        let read = |group: &mut MixedGroup, order: [u8; 4]| {
            for i in order {
                let want = Got::Message { data: vec![i], aad: vec![], sender: leaf };
                assert_eq!(group.get(to).receive(&messages[usize::from(i)]), want);
                group.tally.messages += 1;
            }
        };
        read(&mut group, [3, 0, 11, 5]);
        if i < 2 {
            group.commit("00", &[], vec![]);
            group.commit("01", &[], vec![]);
        }
        read(&mut group, [10, 1, 2, 4]);
    }
    group.tally
}

fn two_commits_at_once(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    for (winner, loser) in [("00", "01"), ("01", "00"), ("02", "00"), ("03", "01")] {
        group.get(loser).commit(&[]);
        group.commit(winner, &[], vec![]);
        group.commit(loser, &[], vec![]);
    }
    group.talk();
    group.tally
}

fn from_the_store(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    group.restart();
    group.talk();
    let leaf = group.leaf("03");
    group.propose("01", &Ask::Remove(leaf));
    group.restart();
    group.commit("00", &[], vec![]);
    for name in group.names() {
        group.restart();
        group.commit(&name, &[], vec![]);
        group.talk();
    }
    let mut joiner = group.client(makers[3], "04");
    let ask = Ask::Add(joiner.key_package());
    group.commit("02", &[ask], vec![joiner]);
    group.restart();
    group.talk();
    group.tally
}
