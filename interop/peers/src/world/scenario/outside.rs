//! Extensions, and those who are not in the group.

use crate::world::actor::{Ask, Maker, Required, Settings, context};
use crate::world::group::MixedGroup;
use crate::world::tally::{Role, Tally};

/// Basic credentials required, then extensions of the application's own, which all must support.
pub(super) fn context_extensions(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    group.propose("02", &Ask::Context(context(Required::Basic, None, &[])));
    group.commit("01", &[], vec![]);
    let mut joiner = group.client(makers[1], "04");
    let ask = Ask::Add(joiner.key_package());
    group.commit("00", &[ask], vec![joiner]);
    set_extensions(group, Required::Custom)
}

pub(super) fn unrequired_extensions(settings: Settings, makers: &[Maker; 4]) -> Tally {
    set_extensions(MixedGroup::new(settings, makers), Required::Nothing)
}

fn set_extensions(mut group: MixedGroup, required: Required) -> Tally {
    for (from, custom) in [("00", &b"one"[..]), ("01", b""), ("02", b"three")] {
        let list = context(required, Some(custom), &[]);
        group.commit(from, &[Ask::Context(list.clone())], vec![]);
        let view = group.get("03").view();
        assert!(view.context.ends_with(&list), "the context has the extensions");
        group.talk();
    }
    group.tally
}

pub(super) fn custom_leaves(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let settings = Settings { custom_leaf: true, ..settings };
    let mut group = MixedGroup::new(settings, makers);
    group.commit("01", &[], vec![]);
    let mut joiner = group.client(makers[0], "04");
    let ask = Ask::Add(joiner.key_package());
    group.commit("00", &[ask], vec![joiner]);
    group.talk();
    group.commit("02", &[], vec![]);
    group.talk();
    group.tally
}

/// The last of the makers is no member but a service that proposes.
pub(super) fn external_senders(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, &makers[..3]);
    let mut service = group.client(makers[3], "service");
    let senders = context(Required::Nothing, None, &[service.external_sender()]);
    group.propose("01", &Ask::Context(senders));
    group.commit("02", &[], vec![]);
    let outside = group.outside("00");
    let mut joiner = group.client(makers[3], "03");
    let proposal = service.propose_outside(&outside, &Ask::Add(joiner.key_package()));
    group.tally.role(service.maker(), Role::Proposer);
    group.take_in(None, &proposal);
    group.commit("01", &[], vec![joiner]);
    let outside = group.outside("02");
    let leaf = group.leaf("01");
    let proposal = service.propose_outside(&outside, &Ask::Remove(leaf));
    group.take_in(None, &proposal);
    assert_eq!(group.commit("00", &[], vec![])[0].name(), "01");
    group.talk();
    group.tally
}

pub(super) fn new_members_ask(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, &makers[..2]);
    for (i, committer) in [(2, "01"), (3, "00")] {
        let outside = group.outside("00");
        let mut joiner = group.client(makers[i], &format!("{i:02}"));
        let proposal = joiner.ask_in(&outside);
        group.tally.role(joiner.maker(), Role::Proposer);
        group.take_in(None, &proposal);
        group.commit(committer, &[], vec![joiner]);
        group.talk();
    }
    group.commit("02", &[], vec![]);
    group.tally
}
