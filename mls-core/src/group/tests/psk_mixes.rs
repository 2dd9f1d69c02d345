//! Pre-shared keys of several kinds together (RFC 9420 section 8.4).

use alloc::vec;
use alloc::vec::Vec;

use mls_codec::Decode;

use super::common::{Peer, agree};
use super::forge::forge_commit;
use super::psks::external;
use super::support::{SUITE, by_value, cached, four, handle, no_path, propose_to, refused};
use crate::framing::{MlsMessage, MlsMessageBody};
use crate::group::{
    AnswerError, CommitError, CommitPlan, Disposition, ExternalJoinPlan, GroupInfoOptions, JoinError, Missing,
    PathPolicy, Proposing, ReceiveError, external_join, group_info,
};
use crate::proposal::list::ProposalListError;
use crate::psk::{Psk, ResumptionPskUsage};

fn named(name: &[u8]) -> Psk {
    Psk::External { psk_id: name.to_vec() }
}

fn resumption(usage: ResumptionPskUsage, group: &[u8], epoch: u64) -> Psk {
    Psk::Resumption { usage, psk_group_id: group.to_vec(), psk_epoch: epoch }
}

// req: R-12.1.4-05, R-8.4-01, R-8.4-05, R-12.4.2-05
#[test]
fn keys_of_all_kinds_in_one_commit() {
    let [mut alice, mut bob, mut carol, _] = four();
    for _ in 0..2 {
        let commit = alice.commit(&CommitPlan::default()).message;
        alice.accept();
        bob.receive(&commit);
        carol.receive(&commit);
    }
    let elsewhere = resumption(ResumptionPskUsage::Application, b"elsewhere", 9);
    let values = [(named(b"one"), vec![1; 1]), (named(b"two"), vec![2; 100]), (elsewhere, vec![3; 32])];
    alice.psks = values.iter().cloned().collect();
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::ExternalPsk(b"one".to_vec()));
    let of_group = |epoch| Proposing::ResumptionPsk { group_id: b"group".to_vec(), epoch };
    propose_to(&mut carol, &mut [&mut alice, &mut bob], of_group(3));
    let mut erin = Peer::new("erin", SUITE, 5);
    let proposals = vec![
        of_group(1),
        Proposing::ExternalPsk(b"two".to_vec()),
        Proposing::Add(alloc::sync::Arc::new(erin.key_package().key_package)),
        Proposing::ResumptionPsk { group_id: b"elsewhere".to_vec(), epoch: 9 },
        // One key under two nonces.
        Proposing::ExternalPsk(b"two".to_vec()),
    ];
    let output = alice.commit(&CommitPlan { proposals, path: PathPolicy::WhenRequired, ..CommitPlan::default() });
    // Whatever is missing is named, one after the other.
    for (psk, value) in values {
        let error = bob.try_receive(&output.message).unwrap_err();
        let ReceiveError::Answer(AnswerError::MissingPsk(id)) = &error else { panic!("{error:?}") };
        assert!(!bob.psks.contains_key(&id.psk));
        assert_eq!(error.disposition(), Disposition::Retry(Missing::Psk(id.clone().into())));
        bob.psks.insert(psk, value);
    }
    bob.receive(&output.message);
    alice.accept();
    // A new member needs them, too, and has no group to take any from.
    let welcome = output.welcome.unwrap();
    erin.psks = alice.psks.clone();
    let error = erin.try_join(&welcome, None).unwrap_err();
    assert!(
        matches!(error, JoinError::Answer(AnswerError::MissingPsk(id)) if matches!(id.psk, Psk::Resumption { psk_epoch: 1, .. }))
    );
    for epoch in [1, 3] {
        let psk = resumption(ResumptionPskUsage::Application, b"group", epoch);
        let held = alice.group().resumption[&epoch].as_ref().unwrap().as_bytes().to_vec();
        erin.psks.insert(psk, held);
    }
    erin.join(&welcome, None);
    agree(&[alice, bob, erin]);
}

// req: R-12.1.4-05
#[test]
fn references_and_values_in_any_order() {
    let [mut alice, mut bob, mut carol, _] = four();
    for (name, byte) in [(b"a", 1), (b"b", 2), (b"c", 3)] {
        for peer in [&mut alice, &mut bob] {
            peer.psks.insert(named(name), vec![byte; 32]);
        }
    }
    for name in [b"a", b"b"] {
        propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::ExternalPsk(name.to_vec()));
    }
    let [a, b] = <[_; 2]>::try_from(cached(&alice)).unwrap();
    let c = by_value(0, external(b"c", 32));
    for order in [[&a, &c, &b], [&b, &a, &c], [&c, &b, &a]] {
        let list: Vec<_> = order.into_iter().cloned().collect();
        let message = forge_commit(&mut alice, &list, no_path());
        // The list that was signed is the list that is mixed in.
        bob.psks.insert(named(b"a"), vec![9; 32]);
        refused(&mut bob, &message);
        bob.psks.insert(named(b"a"), vec![1; 32]);
    }
    let message = forge_commit(&mut alice, &[b, c, a], no_path());
    handle(&mut bob, &message).unwrap();
}

#[test]
fn more_psks_than_a_commit_can_count() {
    let [mut alice, ..] = four();
    alice.world.limits.psks = u32::MAX;
    let proposals = vec![Proposing::ExternalPsk(b"psk".to_vec()); 65_536];
    let plan = CommitPlan { proposals, include_pending: false, ..CommitPlan::default() };
    let error = alice.try_commit(&plan).unwrap_err();
    assert_eq!(error, CommitError::Proposals(ProposalListError::TooManyPsks));
    assert_eq!(error.disposition(), Disposition::FixCaller);
}

// req: R-11.2-05, R-11.3-06
#[test]
fn what_an_external_commit_cannot_mix_in() {
    let [mut alice, ..] = four();
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    let info = group_info(alice.group.as_ref().unwrap(), options, &mut alice.world.env()).unwrap();
    let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&info).unwrap().body else { panic!() };
    let mut erin = Peer::new("erin", SUITE, 5);
    let mut refuse = |psks| {
        let plan = ExternalJoinPlan { psks, ..ExternalJoinPlan::new(erin.leaf()) };
        external_join(&info, None, &plan, &mut erin.world.env()).map(drop).unwrap_err()
    };
    assert_eq!(refuse(vec![named(b"psk"); 65_536]), JoinError::TooManyPsks);
    for usage in [ResumptionPskUsage::Reinit, ResumptionPskUsage::Branch] {
        assert_eq!(refuse(vec![resumption(usage, b"group", 1)]), JoinError::PskUsage);
    }
}
