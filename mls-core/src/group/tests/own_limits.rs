//! What others with the same bounds would refuse is not made.

use alloc::vec;
use alloc::vec::Vec;

use super::common::Peer;
use super::forge::{Lies, forge_proposal};
use super::snapshot::snapshot;
use super::support::{PUBLIC, cached, extensions, four, handle, leaf};
use crate::credential::Credential;
use crate::framing::Sender;
use crate::group::{
    CommitError, CommitPlan, Disposition, DropReason, DroppedProposal, LeafChange, ProposeError, Proposing, propose,
};
use crate::limits::{LimitExceeded, Limits};
use crate::psk::Psk;

fn psk(number: u8) -> Proposing {
    Proposing::ExternalPsk(vec![number])
}

fn refused_proposal(peer: &mut Peer, proposing: &Proposing) -> ProposeError {
    let before = snapshot(peer.group());
    let missing = |error: &ProposeError| error.missing().cloned();
    let made = peer.run(missing, |group, env| propose(group, proposing.clone(), &PUBLIC, env));
    let error = made.expect_err("it is proposed");
    assert_eq!(snapshot(peer.group()), before);
    assert_eq!(error.disposition(), Disposition::FixCaller);
    error
}

fn refused_commit(peer: &mut Peer, plan: &CommitPlan) -> CommitError {
    let before = snapshot(peer.group());
    let error = peer.try_commit(plan).expect_err("it is committed");
    assert_eq!(snapshot(peer.group()), before);
    assert_eq!(error.disposition(), Disposition::FixCaller);
    error
}

#[test]
fn no_more_is_proposed_than_others_cache() {
    let [mut alice, mut bob, ..] = four();
    let usual = alice.world.limits;
    handle(&mut alice, &forge_proposal(&mut bob, super::psks::external(&[9], 32), Lies::none())).unwrap();
    alice.propose(psk(0), &PUBLIC);
    alice.propose(psk(1), &PUBLIC);
    alice.world.limits = Limits { cached_proposals_per_sender: 2, ..usual };
    let own = Sender::Member(leaf(0));
    let error = ProposeError::Limit(LimitExceeded::CachedProposalsOfSender(own));
    assert_eq!(refused_proposal(&mut alice, &psk(2)), error);
    alice.world.limits = Limits { cached_proposal_bytes: 100, ..usual };
    assert_eq!(refused_proposal(&mut alice, &psk(2)), ProposeError::Limit(LimitExceeded::CachedProposalBytes));
    alice.world.limits = Limits { cached_proposals: 3, ..usual };
    assert_eq!(refused_proposal(&mut alice, &psk(2)), ProposeError::TooManyProposals);
    alice.world.limits = Limits { cached_proposals: 4, cached_proposals_per_sender: 3, ..usual };
    alice.propose(psk(2), &PUBLIC);
}

#[test]
fn nothing_longer_is_sent_than_others_accept() {
    let [mut alice, ..] = four();
    let usual = alice.world.limits;
    let long = || Proposing::GroupContextExtensions(extensions(&[(0xff01, &[0; 100])]));
    alice.world.limits = Limits { extension_bytes: 100, ..usual };
    assert_eq!(refused_proposal(&mut alice, &long()), ProposeError::Limit(LimitExceeded::ExtensionBytes));
    let plan = CommitPlan { proposals: vec![long()], ..CommitPlan::default() };
    assert_eq!(refused_commit(&mut alice, &plan), CommitError::Limit(LimitExceeded::ExtensionBytes));
    alice.world.limits = Limits { credential_bytes: 100, ..usual };
    let change = LeafChange { credential: Some(Credential::basic([0; 100])), ..LeafChange::default() };
    let plan = CommitPlan { leaf: change.clone(), ..CommitPlan::default() };
    assert_eq!(refused_commit(&mut alice, &plan), CommitError::Limit(LimitExceeded::CredentialBytes));
    let update = Proposing::Update(change);
    assert_eq!(refused_proposal(&mut alice, &update), ProposeError::Limit(LimitExceeded::CredentialBytes));
}

#[test]
fn a_commit_has_no_more_psks_than_others_accept() {
    let [mut alice, mut bob, mut carol, _] = four();
    for peer in [&mut alice, &mut bob, &mut carol] {
        for number in 0..4 {
            peer.psks.insert(Psk::External { psk_id: vec![number] }, vec![number]);
        }
        peer.world.limits.psks = 2;
    }
    let plan = CommitPlan { proposals: (0..3).map(psk).collect(), ..CommitPlan::default() };
    assert_eq!(refused_commit(&mut alice, &plan), CommitError::Limit(LimitExceeded::Psks));
    // Received ones that do not fit are left out, and the commit is one that others accept.
    let messages = [2, 3].map(|number| forge_proposal(&mut carol, super::psks::external(&[number], 32), Lies::none()));
    for message in &messages {
        handle(&mut alice, message).unwrap();
        handle(&mut bob, message).unwrap();
    }
    let references: Vec<_> = cached(&alice).into_iter().filter_map(|listed| listed.reference).collect();
    let remove = Proposing::Remove(leaf(3));
    let plan = CommitPlan { proposals: vec![remove, psk(0)], ..CommitPlan::default() };
    let output = alice.commit(&plan);
    let reason = DropReason::Limit(LimitExceeded::Psks);
    assert_eq!(output.dropped, [DroppedProposal { reference: references[1], reason }]);
    bob.receive(&output.message);
    alice.accept();
    super::common::agree(&[alice, bob]);
}
