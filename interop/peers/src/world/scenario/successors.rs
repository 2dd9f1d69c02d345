//! Groups that succeed others (RFC 9420 sections 11.2 and 11.3).

use crate::world::actor::{Ask, Maker, Settings, Succession};
use crate::world::group::MixedGroup;
use crate::world::tally::Tally;

const EVERYBODY: [&str; 4] = ["00", "01", "02", "03"];

/// By value, then by reference; founded by others than the committer.
pub(super) fn re_init(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut tally = Tally::default();
    for (committer, founder) in [("00", "01"), ("01", "00")] {
        let mut group = MixedGroup::new(settings, makers);
        let ask = Ask::ReInit { suite: settings.suite, id: b"again".to_vec() };
        if committer == "00" {
            group.commit(committer, &[ask], vec![]);
        } else {
            group.propose("02", &ask);
            group.commit(committer, &[], vec![]);
        }
        group.succeed(founder, &Succession::ReInit, settings.suite, &EVERYBODY);
        group.talk();
        group.commit("02", &[], vec![]);
        group.talk();
        tally.add(&group.tally);
    }
    tally
}

pub(super) fn re_init_suite(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    let suite = if settings.suite == 1 { 2 } else { 1 };
    group.commit("01", &[Ask::ReInit { suite, id: b"other".to_vec() }], vec![]);
    group.succeed("00", &Succession::ReInit, suite, &EVERYBODY);
    group.talk();
    group.commit("01", &[], vec![]);
    group.talk();
    group.tally
}

pub(super) fn branch(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut tally = Tally::default();
    for founder in ["00", "01"] {
        let mut group = MixedGroup::new(settings, makers);
        group.succeed(founder, &Succession::Branch(b"aside".to_vec()), settings.suite, &["00", "01", "03"]);
        group.talk();
        tally.add(&group.tally);
    }
    tally
}
