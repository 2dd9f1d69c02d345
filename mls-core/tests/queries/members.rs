//! Members, staleness, and messages to one member.

use mls_core::credential::Credential;
use mls_core::group::*;

use crate::common::{Event, group_of};
use crate::{SUITE, leaf};

#[test]
fn members_are_found_by_index_credential_and_key() {
    let peers = group_of(&["alice", "bob", "carol"], SUITE);
    let group = peers[0].group();
    let bob = group.member(leaf(1)).unwrap().unwrap();
    assert_eq!(bob.credential, Credential::basic(b"bob".to_vec()));
    assert_eq!(group.members_with_credential(&bob.credential).unwrap(), core::slice::from_ref(&bob));
    assert_eq!(group.member_with_signature_key(&bob.signature_key).unwrap(), Some(bob.clone()));
    assert_eq!(group.leaf_node(leaf(1)).unwrap().unwrap().signature_key, bob.signature_key);
    assert_eq!(group.members_with_credential(&Credential::basic(b"dave".to_vec())).unwrap(), []);
    assert_eq!(group.member_with_signature_key(&b"none".to_vec().into()).unwrap(), None);
    assert_eq!(group.leaf_node(leaf(3)).unwrap(), None);
}

#[test]
fn members_whose_leaves_do_not_change_are_stale() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    // Alice founded in epoch 0 and committed in epoch 1, when the others came in; then Bob commits twice.
    for _ in 0..2 {
        let output = peers[1].commit(&CommitPlan::default());
        peers[1].accept();
        for who in [0, 2] {
            let Event::Epoch(_) = peers[who].receive(&output.message) else { panic!() };
        }
    }
    for who in [0, 1] {
        if who == 0 {
            // What is stored says the same.
            peers[0].restart();
            let peer = &mut peers[0];
            let missing = peer.group().tree().err().unwrap();
            let records = peer.store.read(&missing);
            peer.group.as_mut().unwrap().admit(records, &mut peer.world.env()).unwrap();
        }
        let group = peers[who].group();
        assert_eq!(group.epoch(), 3);
        assert_eq!(group.leaf_changed_in(leaf(0)).unwrap(), Some(1));
        assert_eq!(group.leaf_changed_in(leaf(1)).unwrap(), Some(3));
        assert_eq!(group.leaf_changed_in(leaf(2)).unwrap(), Some(1));
        assert_eq!(group.leaf_changed_in(leaf(3)).unwrap(), None);
        let stale: Vec<_> = group.stale_members(2).unwrap().iter().map(|m| (m.index, m.since)).collect();
        assert_eq!(stale, [(leaf(0), 1), (leaf(2), 1)]);
        assert_eq!(group.stale_members(3).unwrap(), []);
    }
}

fn purpose(mode: MemberMode) -> MemberPurpose<'static> {
    MemberPurpose { label: b"invitation", context: b"room 7", mode }
}

#[test]
fn one_member_reads_what_is_sealed_to_it_and_nobody_else() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    for mode in [MemberMode::Base, MemberMode::Psk] {
        let sealed = {
            let peer = &mut peers[0];
            let group = peer.group.take().unwrap();
            let sealed =
                seal_to_member(&group, leaf(1), purpose(mode), b"aad", b"secret", &mut peer.world.env()).unwrap();
            peer.group = Some(group);
            sealed
        };
        let mut open = |who: usize, purpose: MemberPurpose<'_>, aad: &[u8]| {
            let peer = &mut peers[who];
            let group = peer.group.take().unwrap();
            let opened = open_as_member(&group, purpose, aad, &sealed, &peer.world.env());
            peer.group = Some(group);
            opened.map(|secret| secret.as_bytes().to_vec())
        };
        assert_eq!(open(1, purpose(mode), b"aad").unwrap(), b"secret");
        let failed = Err(MemberError::CannotDecrypt);
        assert_eq!(open(2, purpose(mode), b"aad"), failed);
        assert_eq!(open(1, purpose(mode), b"other"), failed);
        assert_eq!(open(1, MemberPurpose { label: b"other", ..purpose(mode) }, b"aad"), failed);
        assert_eq!(open(1, MemberPurpose { context: b"other", ..purpose(mode) }, b"aad"), failed);
        let other = if mode == MemberMode::Base { MemberMode::Psk } else { MemberMode::Base };
        assert_eq!(open(1, purpose(other), b"aad"), failed);
    }
}

#[test]
fn what_is_sealed_to_a_member_is_bound_to_the_epoch() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let (alice, bob) = peers.split_at_mut(1);
    let (alice, bob) = (&mut alice[0], &mut bob[0]);
    let group = alice.group.take().unwrap();
    let sealed = seal_to_member(&group, leaf(1), purpose(MemberMode::Base), b"", b"x", &mut alice.world.env()).unwrap();
    let nobody = seal_to_member(&group, leaf(2), purpose(MemberMode::Base), b"", b"x", &mut alice.world.env());
    assert_eq!(nobody, Err(MemberError::NoSuchMember(leaf(2))));
    alice.group = Some(group);
    // Bob's leaf keeps its key in the next epoch.
    let output = alice.commit(&CommitPlan::default());
    alice.accept();
    bob.receive(&output.message);
    let group = bob.group.take().unwrap();
    let opened = open_as_member(&group, purpose(MemberMode::Base), b"", &sealed, &bob.world.env());
    assert_eq!(opened.err(), Some(MemberError::CannotDecrypt));
}
