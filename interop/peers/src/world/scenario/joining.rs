//! Ways into a group.

use crate::world::actor::{Ask, Maker, Settings};
use crate::world::group::MixedGroup;
use crate::world::tally::Tally;

pub(super) fn adds_one_by_one(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, &makers[..1]);
    for (i, maker) in makers.iter().enumerate().skip(1) {
        let mut joiner = group.client(*maker, &format!("{i:02}"));
        let ask = Ask::Add(joiner.key_package());
        group.commit(&format!("{:02}", i - 1), &[ask], vec![joiner]);
        group.talk();
    }
    group.tally
}

pub(super) fn external_joins(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut tally = Tally::default();
    for tree in [true, false] {
        let settings = Settings { custom_leaf: tree, ..settings };
        let mut group = MixedGroup::new(settings, &makers[..2]);
        let joiner = group.client(makers[2], "02");
        group.join_external(joiner, "01", tree, None);
        let joiner = group.client(makers[3], "03");
        group.join_external(joiner, "00", tree, None);
        group.talk();
        group.commit("03", &[], vec![]);
        group.talk();
        tally.add(&group.tally);
    }
    tally
}

pub(super) fn resyncs(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    for (i, name) in group.names().iter().enumerate() {
        let from = format!("{:02}", (i + 1) % 4);
        group.resync(name, &from, i % 2 == 0);
        group.talk();
    }
    group.commit("03", &[], vec![]);
    group.commit("00", &[], vec![]);
    group.talk();
    group.tally
}

pub(super) fn resyncs_with_new_keys(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    for (i, name) in group.names().iter().enumerate() {
        let leaf = group.leaf(name);
        let again = group.client(makers[i], name);
        group.join_external(again, &format!("{:02}", (i + 1) % 4), i % 2 == 0, Some(leaf));
    }
    group.talk();
    group.commit("03", &[], vec![]);
    group.tally
}
