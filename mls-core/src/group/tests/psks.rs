//! Pre-shared keys in proposals (RFC 9420 sections 8.4 and 12.1.4).

use alloc::boxed::Box;
use alloc::vec;

use super::forge::{Lies, forge_commit, forge_proposal};
use super::support::{by_value, cached, four, handle, invalid_list, invalid_proposal, no_path, propose_to, refused};
use crate::group::{AnswerError, CommitPlan, Disposition, Missing, Proposing, ReceiveError};
use crate::proposal::Proposal;
use crate::proposal::list::ProposalListError;
use crate::psk::{PreSharedKeyId, Psk, ResumptionPskUsage};

pub(super) fn external(name: &[u8], nonce: usize) -> Proposal {
    Proposal::PreSharedKey(PreSharedKeyId { psk: Psk::External { psk_id: name.to_vec() }, psk_nonce: vec![3; nonce] })
}

fn resumption(usage: ResumptionPskUsage, group: &[u8], epoch: u64) -> PreSharedKeyId {
    let psk = Psk::Resumption { usage, psk_group_id: group.to_vec(), psk_epoch: epoch };
    PreSharedKeyId { psk, psk_nonce: vec![3; 32] }
}

// req: R-12.1.4-01, R-12.1.4-02, R-12.1.4-03, R-11.2-06, R-11.3-07
// bad: ValSem-401, ValSem-402, valn-0801, valn-0802, valn-0803, commit-09, commit-10
#[test]
fn a_psk_that_may_not_be_proposed() {
    let [mut alice, mut bob, ..] = four();
    let usage = |usage| Proposal::PreSharedKey(resumption(usage, b"group", 1));
    let cases = [
        (external(b"psk", 31), ProposalListError::PskNonceLength),
        (external(b"psk", 33), ProposalListError::PskNonceLength),
        (external(b"psk", 0), ProposalListError::PskNonceLength),
        (usage(ResumptionPskUsage::Reinit), ProposalListError::PskUsage),
        (usage(ResumptionPskUsage::Branch), ProposalListError::PskUsage),
    ];
    for (proposal, rule) in cases {
        let message = forge_proposal(&mut alice, proposal.clone(), Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid_proposal(0, rule.clone()));
        for lies in [Lies::none(), no_path()] {
            let message = forge_commit(&mut alice, &[by_value(0, proposal.clone())], lies);
            assert_eq!(refused(&mut bob, &message), invalid_list(0, rule.clone()));
        }
    }
}

// req: R-12.2-10
// bad: ValSem-403, valn-0307, commit-01, commit-03
#[test]
fn a_psk_twice() {
    let [mut alice, mut bob, mut carol, _] = four();
    for peer in [&mut alice, &mut bob] {
        peer.psks.insert(Psk::External { psk_id: b"psk".to_vec() }, vec![5; 32]);
    }
    let twice = [by_value(0, external(b"psk", 32)), by_value(0, external(b"psk", 32))];
    let message = forge_commit(&mut alice, &twice, no_path());
    assert_eq!(refused(&mut bob, &message), invalid_list(0, ProposalListError::DuplicatePsk));
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::ExternalPsk(b"psk".to_vec()));
    let referred = cached(&alice)[0].clone();
    let mut inline = referred.clone();
    inline.reference = None;
    inline.sender = twice[0].sender;
    let message = forge_commit(&mut alice, &[referred.clone(), inline], no_path());
    assert_eq!(refused(&mut bob, &message), invalid_list(0, ProposalListError::DuplicatePsk));
    // The same key under two nonces is no duplicate.
    let message = forge_commit(&mut alice, &[referred, twice[0].clone()], no_path());
    handle(&mut bob, &message).unwrap();
}

// req: R-12.4.2-05
// bad: valn-1205
#[test]
fn a_psk_that_is_not_there_yet() {
    let [mut alice, mut bob, ..] = four();
    let psk = Psk::External { psk_id: b"psk".to_vec() };
    alice.psks.insert(psk.clone(), vec![5; 32]);
    let id = PreSharedKeyId { psk: psk.clone(), psk_nonce: vec![3; 32] };
    let message = forge_commit(&mut alice, &[by_value(0, external(b"psk", 32))], no_path());
    let error = refused(&mut bob, &message);
    assert_eq!(error, ReceiveError::Answer(AnswerError::MissingPsk(id.clone())));
    assert_eq!(error.disposition(), Disposition::Retry(Missing::Psk(Box::new(id))));
    bob.psks.insert(psk, vec![5; 32]);
    handle(&mut bob, &message).unwrap();
}

// req: R-8.4-04
#[test]
fn a_psk_with_another_value() {
    let [mut alice, mut bob, ..] = four();
    let psk = Psk::External { psk_id: b"psk".to_vec() };
    alice.psks.insert(psk.clone(), vec![5; 32]);
    bob.psks.insert(psk, vec![6; 32]);
    let message = forge_commit(&mut alice, &[by_value(0, external(b"psk", 32))], no_path());
    let rule = crate::group::CommitRule::ConfirmationTag;
    assert_eq!(refused(&mut bob, &message), super::support::invalid_commit(0, rule));
}

// req: R-8.4-05, R-12.4.2-05
// bad: ValSem-400, commit-07
#[test]
fn a_resumption_psk_that_we_do_not_hold() {
    let [mut alice, mut bob, ..] = four();
    bob.world.limits.resumption_psks = 1;
    for _ in 0..2 {
        let commit = alice.commit(&CommitPlan::default()).message;
        alice.accept();
        bob.receive(&commit);
    }
    // Before we joined, dropped by now, never to be, and of a group that is not ours.
    for (group, epoch) in [(&b"group"[..], 0), (b"group", 1), (b"group", 9), (b"another", 2)] {
        let id = resumption(ResumptionPskUsage::Application, group, epoch);
        let list = [by_value(0, Proposal::PreSharedKey(id.clone()))];
        let message = forge_commit(&mut alice, &list, no_path());
        assert_eq!(refused(&mut bob, &message), ReceiveError::Answer(AnswerError::MissingPsk(id)));
    }
    let id = resumption(ResumptionPskUsage::Application, b"group", 2);
    let message = forge_commit(&mut alice, &[by_value(0, Proposal::PreSharedKey(id))], no_path());
    handle(&mut bob, &message).unwrap();
}
