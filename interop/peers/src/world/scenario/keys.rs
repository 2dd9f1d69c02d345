//! Pre-shared keys and signature keys.

use crate::world::actor::{Ask, Maker, Settings};
use crate::world::group::MixedGroup;
use crate::world::tally::Tally;

pub(super) fn external_psks(settings: Settings, makers: &[Maker; 4]) -> Tally {
    const ID: &[u8] = b"psk";
    const VALUE: &[u8] = b"a value of the application's own";
    let mut group = MixedGroup::new(settings, makers);
    let mut joiner = group.client(makers[1], "04");
    joiner.store_psk(ID, VALUE);
    for actor in group.members.values_mut() {
        actor.store_psk(ID, VALUE);
    }
    group.propose("02", &Ask::ExternalPsk(ID.to_vec()));
    let ask = Ask::Add(joiner.key_package());
    group.commit("01", &[ask], vec![joiner]);
    group.propose("01", &Ask::ExternalPsk(ID.to_vec()));
    group.commit("00", &[], vec![]);
    group.commit("02", &[Ask::ExternalPsk(ID.to_vec())], vec![]);
    group.talk();
    group.tally
}

pub(super) fn resumption_psks(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    let epoch = group.get("00").view().epoch;
    group.commit("00", &[], vec![]);
    group.commit("03", &[], vec![]);
    group.propose("01", &Ask::ResumptionPsk(epoch));
    group.commit("02", &[], vec![]);
    group.commit("01", &[Ask::ResumptionPsk(epoch), Ask::ResumptionPsk(epoch + 1)], vec![]);
    group.talk();
    group.tally
}

/// Several in one commit, from several proposers: the order in which they are mixed in counts (RFC 9420 section 8.4).
pub(super) fn psks_by_both_ways(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    for actor in group.members.values_mut() {
        actor.store_psk(b"a", b"the first value");
        actor.store_psk(b"b", b"the second value");
        actor.store_psk(b"c", b"the third value");
    }
    for (proposer, committer) in [("00", "01"), ("01", "02"), ("02", "00")] {
        group.propose(proposer, &Ask::ExternalPsk(b"c".to_vec()));
        group.commit(committer, &[Ask::ExternalPsk(b"a".to_vec()), Ask::ExternalPsk(b"b".to_vec())], vec![]);
    }
    group.talk();
    group.tally
}

pub(super) fn new_signature_keys(settings: Settings, makers: &[Maker; 4]) -> Tally {
    let mut group = MixedGroup::new(settings, makers);
    for name in group.names() {
        let sent = group.get(&name).commit_rekey();
        group.follow(&name, &sent, vec![]);
        group.talk();
    }
    group.propose("00", &Ask::Rekey);
    group.propose("01", &Ask::Rekey);
    group.commit("02", &[], vec![]);
    group.talk();
    group.propose("02", &Ask::Rekey);
    group.commit("00", &[], vec![]);
    group.commit("01", &[], vec![]);
    group.talk();
    group.tally
}
