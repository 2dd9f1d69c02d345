//! What our commits leave out of the proposals that wait, and that nothing is left out in silence (RFC 9420 section 12.2).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_codec::Decode;

use super::common::{Event, Peer};
use super::support::{PUBLIC, SUITE, cached, extensions, four, leaf, propose_to, reference};
use crate::extension::Extensions;
use crate::framing::{Content, MlsMessage, MlsMessageBody, ProtocolVersion};
use crate::group::{CommitOutput, CommitPlan, DropReason, LeafChange, Proposing};
use crate::proposal::list::ProposalListError;
use crate::proposal::{ProposalOrRef, ProposalRef, ReInit};

/// What a public commit refers to.
fn covered(output: &CommitOutput) -> Vec<ProposalRef> {
    let MlsMessageBody::PublicMessage(message) = MlsMessage::from_bytes(&output.message).unwrap().body else {
        panic!()
    };
    let Content::Commit(commit) = message.content.content else { panic!() };
    let references = commit.proposals.iter().map(|listed| match listed {
        ProposalOrRef::Reference(reference) => *reference,
        ProposalOrRef::Proposal(proposal) => panic!("{proposal:?}"),
    });
    references.collect()
}

/// Every proposal that waits is committed or named with a reason, and everybody takes the commit.
fn commit(by: &mut Peer, others: &mut [&mut Peer]) -> Vec<(ProposalRef, DropReason)> {
    let waiting: Vec<_> = cached(by).iter().map(reference).collect();
    let output = by.commit(&CommitPlan { options: PUBLIC, ..CommitPlan::default() });
    let dropped: Vec<_> = output.dropped.iter().map(|dropped| (dropped.reference, dropped.reason.clone())).collect();
    let mut named: Vec<_> = dropped.iter().map(|(reference, _)| *reference).chain(covered(&output)).collect();
    named.sort();
    let mut all = waiting;
    all.sort();
    assert_eq!(named, all);
    for other in others {
        let Event::Epoch(_) = other.receive(&output.message) else { panic!() };
    }
    dropped
}

fn re_init() -> Proposing {
    Proposing::ReInit(ReInit {
        group_id: b"next".to_vec(),
        version: ProtocolVersion::MLS10,
        cipher_suite: SUITE,
        extensions: Extensions::new(),
    })
}

// req: R-12.2-13
#[test]
fn a_re_init_waits_for_all_others() {
    let [mut alice, mut bob, mut carol, _] = four();
    propose_to(&mut bob, &mut [&mut alice, &mut carol], re_init());
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Remove(leaf(3)));
    let first = reference(&cached(&alice)[0]);
    assert_eq!(commit(&mut alice, &mut [&mut bob, &mut carol]), [(first, DropReason::ReInit)]);
    alice.accept();
    // Nothing else waits: of two the first is committed.
    propose_to(&mut bob, &mut [&mut alice, &mut carol], re_init());
    propose_to(&mut carol, &mut [&mut alice, &mut bob], re_init());
    let second = reference(&cached(&alice)[1]);
    assert_eq!(commit(&mut alice, &mut [&mut bob, &mut carol]), [(second, DropReason::ReInit)]);
    assert!(bob.group().re_init().is_some());
}

// req: R-12.2-01, R-12.2-07
#[test]
fn every_proposal_that_is_left_out_is_named_with_its_reason() {
    let [mut alice, mut bob, mut carol, _] = four();
    let gce = |data: &[u8]| Proposing::GroupContextExtensions(extensions(&[(3, data)]));
    let psk = |name: &[u8]| Proposing::ExternalPsk(name.to_vec());
    for peer in [&mut alice, &mut bob, &mut carol] {
        let psk = crate::psk::Psk::External { psk_id: b"psk".to_vec() };
        peer.psks.insert(psk, b"value".to_vec());
    }
    let erin = Peer::new("erin", SUITE, 60).key_package().key_package;
    let update = || Proposing::Update(LeafChange::default());
    propose_to(&mut bob, &mut [&mut alice, &mut carol], update());
    propose_to(&mut bob, &mut [&mut alice, &mut carol], Proposing::Remove(leaf(3)));
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Remove(leaf(3)));
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Add(Arc::new(erin.clone())));
    propose_to(&mut bob, &mut [&mut alice, &mut carol], Proposing::Add(Arc::new(erin)));
    propose_to(&mut bob, &mut [&mut alice, &mut carol], psk(b"psk"));
    propose_to(&mut carol, &mut [&mut alice, &mut bob], gce(&[0, 0, 0]));
    propose_to(&mut bob, &mut [&mut alice, &mut carol], Proposing::GroupContextExtensions(Extensions::new()));
    propose_to(&mut bob, &mut [&mut alice, &mut carol], Proposing::Remove(leaf(0)));
    propose_to(&mut alice, &mut [&mut bob, &mut carol], update());
    let at: Vec<_> = cached(&alice).iter().map(reference).collect();
    let invalid = |rule| DropReason::Invalid(Box::new(rule));
    // Of two Removes of one leaf the later counts.
    let expected = vec![
        (at[1], DropReason::Superseded),
        (at[8], DropReason::RemovesUs),
        (at[9], DropReason::OwnUpdate),
        (at[4], invalid(ProposalListError::DuplicateInitKey)),
        (at[7], invalid(ProposalListError::TwoGroupContextExtensions)),
    ];
    assert_eq!(commit(&mut alice, &mut [&mut bob, &mut carol]), expected);
}
