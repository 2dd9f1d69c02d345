//! Lists of proposals that no commit may have (RFC 9420 section 12.2).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use super::common::Peer;
use super::forge::{Lies, forge_commit, forge_proposal};
use super::support::{
    PUBLIC, SUITE, by_value, cached, extensions, four, handle, invalid_commit, invalid_list, invalid_proposal, leaf,
    no_path, propose_to, reference, refused, refused_unasked, three_and_a_gap,
};
use crate::extension::{ExtensionType, Extensions, RequiredCapabilities};
use crate::framing::{ProtocolVersion, Sender};
use crate::group::{CommitPlan, CommitRule, Disposition, LeafChange, Missing, Proposing, ReceiveError};
use crate::proposal::list::{ListedProposal, ProposalListError};
use crate::proposal::{Proposal, ProposalType, ReInit};
use mls_codec::Decode;

fn re_init() -> ReInit {
    ReInit {
        group_id: b"next".to_vec(),
        version: ProtocolVersion::MLS10,
        cipher_suite: SUITE,
        extensions: Extensions::new(),
    }
}

fn context_extensions(list: &[(u16, &[u8])]) -> Proposal {
    Proposal::GroupContextExtensions(extensions(list))
}

/// Bob refuses Alice's commit of `list`.
fn check(alice: &mut Peer, bob: &mut Peer, list: &[ListedProposal], rule: ProposalListError) {
    let message = forge_commit(alice, list, Lies::none());
    let error = refused(bob, &message);
    assert_eq!(error, invalid_list(0, rule));
    assert_eq!(error.disposition(), Disposition::Blame(Sender::Member(leaf(0))));
}

// req: R-12.2-02
// bad: commit-02
#[test]
fn a_reference_twice() {
    let [mut alice, mut bob, ..] = four();
    propose_to(&mut alice, &mut [&mut bob], Proposing::Remove(leaf(3)));
    let mut list = cached(&alice);
    list.push(list[0].clone());
    let twice = reference(&list[0]);
    check(&mut alice, &mut bob, &list, ProposalListError::DuplicateReference(twice));
}

// req: R-12.2-06, R-12.4.2-04
// bad: ValSem-107, valn-0304, commit-01, commit-03
#[test]
fn a_leaf_that_is_changed_twice() {
    let [mut alice, mut bob, mut carol, _] = four();
    let conflict = || ProposalListError::ConflictingChanges(leaf(3));
    let remove = || by_value(0, Proposal::Remove(leaf(3).into()));
    check(&mut alice, &mut bob, &[remove(), remove()], conflict());
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Remove(leaf(3)));
    let by_reference = cached(&alice);
    check(&mut alice, &mut bob, &[by_reference[0].clone(), remove()], conflict());
    check(&mut alice, &mut bob, &[remove(), by_reference[0].clone()], conflict());
}

// req: R-12.2-06
// bad: valn-0304
#[test]
fn a_member_that_is_updated_and_removed_or_updated_twice() {
    let [mut alice, mut bob, mut carol, _] = four();
    for _ in 0..2 {
        propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Update(LeafChange::default()));
    }
    let updates = cached(&alice);
    let conflict = || ProposalListError::ConflictingChanges(leaf(2));
    check(&mut alice, &mut bob, &updates, conflict());
    let remove = by_value(0, Proposal::Remove(leaf(2).into()));
    check(&mut alice, &mut bob, &[updates[0].clone(), remove.clone()], conflict());
    check(&mut alice, &mut bob, &[remove, updates[0].clone()], conflict());
}

// req: R-12.2-04, R-12.4-02
// bad: ValSem-111, valn-0302
#[test]
fn an_update_of_the_committer() {
    let [mut alice, mut bob, ..] = four();
    propose_to(&mut alice, &mut [&mut bob], Proposing::Update(LeafChange::default()));
    let mut list = cached(&alice);
    check(&mut alice, &mut bob, &list, ProposalListError::UpdateByCommitter);
    list[0].reference = None;
    check(&mut alice, &mut bob, &list, ProposalListError::UpdateByCommitter);
}

// req: R-12.2-05, R-12.4-05
// bad: ValSem-200, valn-0303, valn-1204
#[test]
fn a_remove_of_the_committer() {
    let [mut alice, mut bob, mut carol, _] = four();
    let remove = by_value(0, Proposal::Remove(leaf(0).into()));
    check(&mut alice, &mut bob, &[remove], ProposalListError::RemoveOfCommitter);
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Remove(leaf(0)));
    let list = cached(&alice);
    check(&mut alice, &mut bob, &list, ProposalListError::RemoveOfCommitter);
}

// req: R-12.1.3-01, R-12.2-03
// bad: ValSem-108, valn-0701, tree-15
#[test]
fn a_remove_of_nobody() {
    let [mut alice, mut bob, _] = three_and_a_gap();
    for nobody in [2, 4, 7, 1 << 30, u32::MAX >> 1] {
        let remove = Proposal::Remove(leaf(nobody).into());
        let rule = || ProposalListError::RemoveOfNonMember(leaf(nobody).into());
        check(&mut alice, &mut bob, &[by_value(0, remove.clone())], rule());
        let message = forge_proposal(&mut alice, remove, Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid_proposal(0, rule()));
    }
}

// req: R-12.2-11
// bad: ValSem-208, valn-0308, commit-01
#[test]
fn two_lists_of_extensions() {
    let [mut alice, mut bob, mut carol, _] = four();
    let empty = || by_value(0, context_extensions(&[]));
    check(&mut alice, &mut bob, &[empty(), empty()], ProposalListError::TwoGroupContextExtensions);
    let proposing = Proposing::GroupContextExtensions(Extensions::new());
    propose_to(&mut carol, &mut [&mut alice, &mut bob], proposing);
    let list = [cached(&alice)[0].clone(), empty()];
    check(&mut alice, &mut bob, &list, ProposalListError::TwoGroupContextExtensions);
}

fn required(extensions: &[u16], proposals: &[u16], credentials: &[u16]) -> Extensions {
    let mut list = Extensions::new();
    list.set(&RequiredCapabilities {
        extension_types: extensions.iter().map(|kind| (*kind).into()).collect(),
        proposal_types: proposals.iter().map(|kind| (*kind).into()).collect(),
        credential_types: credentials.iter().map(|kind| (*kind).into()).collect(),
    })
    .unwrap();
    list
}

// req: R-12.1.7-01, R-13.4-05, R-13.4-08, R-11.1-02, R-17.3-01
// bad: ValSem-209, valn-1603, commit-06
#[test]
fn extensions_that_the_group_cannot_have() {
    let [mut alice, mut bob, ..] = four();
    let malformed = ProposalListError::MalformedExtension;
    let cases = [
        (extensions(&[(0xff01, b"a"), (0xff01, b"b")]), ProposalListError::DuplicateExtension),
        (extensions(&[(0xff01, b"")]), ProposalListError::UnsupportedByMember),
        (required(&[0xff01], &[], &[]), ProposalListError::UnsupportedByMember),
        (required(&[], &[0xff01], &[]), ProposalListError::UnsupportedByMember),
        (required(&[], &[], &[2]), ProposalListError::UnsupportedByMember),
        (extensions(&[(3, b"\x05")]), malformed(ExtensionType::REQUIRED_CAPABILITIES)),
        (extensions(&[(5, b"\x05")]), malformed(ExtensionType::EXTERNAL_SENDERS)),
        (extensions(&[(1, b"")]), ProposalListError::MisplacedExtension(ExtensionType::APPLICATION_ID)),
        (extensions(&[(2, b"")]), ProposalListError::MisplacedExtension(ExtensionType::RATCHET_TREE)),
        (extensions(&[(4, b"")]), ProposalListError::MisplacedExtension(ExtensionType::EXTERNAL_PUB)),
    ];
    for (extensions, rule) in cases {
        let proposal = Proposal::GroupContextExtensions(extensions);
        check(&mut alice, &mut bob, &[by_value(0, proposal.clone())], rule.clone());
        let message = forge_proposal(&mut alice, proposal, Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid_proposal(0, rule));
    }
}

// req: R-11.1-03
#[test]
fn default_types_need_no_listing() {
    let [mut alice, mut bob, ..] = four();
    let list = [by_value(0, Proposal::GroupContextExtensions(required(&[1, 5], &[1, 7], &[1])))];
    let message = forge_commit(&mut alice, &list, Lies::none());
    handle(&mut bob, &message).unwrap();
}

// req: R-12.1.7-01, R-12.3-02
#[test]
fn demands_are_made_of_who_remains() {
    let [mut alice, mut bob, ..] = four();
    // Somebody who supports an extension may come, the others cannot have it.
    let mut erin = Peer::new("erin", SUITE, 9);
    let package = super::support::key_package(&mut erin, |package| {
        package.leaf_node.capabilities.extensions.push(ExtensionType::from(0xff01));
    });
    let add = by_value(0, Proposal::Add(Arc::new(package)));
    let demand = by_value(0, context_extensions(&[(0xff01, b"")]));
    check(&mut alice, &mut bob, &[add, demand.clone()], ProposalListError::UnsupportedByMember);
    let removes = (1..4).map(|at| by_value(0, Proposal::Remove(leaf(at).into())));
    let list: Vec<_> = removes.chain([demand]).collect();
    check(&mut alice, &mut bob, &list, ProposalListError::UnsupportedByMember);
}

// req: R-12.2-12, R-16.12-01
// bad: valn-0309, commit-04
#[test]
fn a_re_init_beside_others() {
    let [mut alice, mut bob, mut carol, _] = four();
    let close = || by_value(0, Proposal::ReInit(re_init()));
    let other = || by_value(0, Proposal::Remove(leaf(3).into()));
    for list in [[close(), other()], [other(), close()], [close(), close()]] {
        check(&mut alice, &mut bob, &list, ProposalListError::ReInitNotAlone);
    }
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Remove(leaf(3)));
    let list = [cached(&alice)[0].clone(), close()];
    check(&mut alice, &mut bob, &list, ProposalListError::ReInitNotAlone);
}

// req: R-12.1.5-01, R-13.4-05, R-17.3-01
// bad: valn-0901
#[test]
fn a_re_init_that_cannot_be() {
    let [mut alice, mut bob, ..] = four();
    let tree = || extensions(&[(2, b"")]);
    let twice = || extensions(&[(0xff01, b""), (0xff01, b"")]);
    let cases = [
        (ReInit { version: ProtocolVersion::from(0), ..re_init() }, ProposalListError::ReInitVersion),
        (ReInit { extensions: twice(), ..re_init() }, ProposalListError::DuplicateExtension),
        (
            ReInit { extensions: tree(), ..re_init() },
            ProposalListError::MisplacedExtension(ExtensionType::RATCHET_TREE),
        ),
    ];
    for (re_init, rule) in cases {
        let proposal = Proposal::ReInit(re_init);
        check(&mut alice, &mut bob, &[by_value(0, proposal.clone())], rule.clone());
        let message = forge_proposal(&mut alice, proposal, Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid_proposal(0, rule));
    }
}

// req: R-12.4.2-06, R-12.4.2-17
// bad: commit-05
#[test]
fn a_re_init_with_a_wrong_tag_closes_nothing() {
    let [mut alice, mut bob, mut carol, _] = four();
    let list = [by_value(0, Proposal::ReInit(re_init()))];
    let lies = Lies { confirmation_tag: Box::new(|tag| tag.as_mut().unwrap()[0] ^= 1), ..no_path() };
    let message = forge_commit(&mut alice, &list, lies);
    assert_eq!(refused(&mut bob, &message), invalid_commit(0, CommitRule::ConfirmationTag));
    // Rightly made it closes the group.
    let message = forge_commit(&mut alice, &list, no_path());
    handle(&mut bob, &message).unwrap();
    handle(&mut carol, &message).unwrap();
    let list = [by_value(1, Proposal::Remove(leaf(3).into()))];
    let next = forge_commit(&mut bob, &list, Lies::none());
    let closed = ReceiveError::Fault(crate::group::Fault::ReInitialized);
    assert_eq!(refused(&mut carol, &next), closed);
    assert_eq!(refused_unasked(&mut carol, &next), closed);
    let late = forge_proposal(&mut bob, Proposal::Remove(leaf(3).into()), Lies::none());
    assert_eq!(refused(&mut carol, &late), closed);
}

// req: R-12.1.6-01, R-12.2-14
// bad: valn-0310
#[test]
fn an_external_init_of_a_member() {
    let [mut alice, mut bob, ..] = four();
    let proposal = Proposal::ExternalInit { kem_output: vec![9; 32] };
    check(&mut alice, &mut bob, &[by_value(0, proposal.clone())], ProposalListError::ExternalInitByMember);
    let message = forge_proposal(&mut alice, proposal, Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_proposal(0, ProposalListError::ExternalInitByMember));
}

// req: R-12.1-04, R-12.2-15, R-13.5-07
#[test]
fn a_proposal_of_an_unknown_type() {
    let [mut alice, mut bob, ..] = four();
    for kind in [8, 0x0a0a, 0xff01] {
        let proposal_type = ProposalType::from(kind);
        let proposal = Proposal::Custom { proposal_type, body: vec![1] };
        let rule = || ProposalListError::UnknownProposalType(proposal_type);
        check(&mut alice, &mut bob, &[by_value(0, proposal.clone())], rule());
        let message = forge_proposal(&mut alice, proposal, Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid_proposal(0, rule()));
    }
}

// req: R-12.4-12, R-12.4-13, R-12.4.2-07
// bad: ValSem-201, valn-1206
#[test]
fn no_path_where_one_is_due() {
    let [mut alice, mut bob, mut carol, _] = four();
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Update(LeafChange::default()));
    let update = cached(&alice);
    let psk = super::psks::external(b"psk", 32);
    let lists = [
        vec![],
        update,
        vec![by_value(0, Proposal::Remove(leaf(3).into()))],
        vec![by_value(0, context_extensions(&[]))],
        vec![by_value(0, psk), by_value(0, Proposal::Remove(leaf(3).into()))],
    ];
    for list in lists {
        let message = forge_commit(&mut alice, &list, no_path());
        assert_eq!(refused(&mut bob, &message), invalid_list(0, ProposalListError::PathRequired));
        // What is plain from the list is refused before the policy is asked.
        assert_eq!(refused_unasked(&mut bob, &message), invalid_list(0, ProposalListError::PathRequired));
    }
}

// req: R-12.4-14
#[test]
fn no_path_where_none_is_due() {
    for what in 0..3 {
        let [mut alice, mut bob, ..] = four();
        let psk = crate::psk::Psk::External { psk_id: b"psk".to_vec() };
        for peer in [&mut alice, &mut bob] {
            peer.psks.insert(psk.clone(), vec![5; 32]);
        }
        let proposal = match what {
            0 => Proposal::Add(Arc::new(Peer::new("erin", SUITE, 9).key_package().key_package)),
            1 => super::psks::external(b"psk", 32),
            _ => Proposal::ReInit(re_init()),
        };
        let message = forge_commit(&mut alice, &[by_value(0, proposal)], no_path());
        handle(&mut bob, &message).unwrap();
    }
}

// req: R-12.2-17
// bad: commit-17
#[test]
fn a_proposal_that_never_arrived() {
    let [mut alice, mut bob, ..] = four();
    let proposal = alice.propose(Proposing::Remove(leaf(3)), &PUBLIC);
    let list = cached(&alice);
    let message = forge_commit(&mut alice, &list, Lies::none());
    let error = refused(&mut bob, &message);
    assert_eq!(error, ReceiveError::MissingProposal(reference(&list[0])));
    assert_eq!(error.disposition(), Disposition::Retry(Missing::Proposal(reference(&list[0]))));
    bob.receive(&proposal);
    handle(&mut bob, &message).unwrap();
}

// req: R-12.1-03
#[test]
fn a_proposal_of_an_epoch_that_is_over() {
    let [mut alice, mut bob, ..] = four();
    propose_to(&mut alice, &mut [&mut bob], Proposing::Remove(leaf(3)));
    let old = cached(&alice);
    let commit = alice.commit(&CommitPlan { include_pending: false, ..CommitPlan::default() }).message;
    alice.accept();
    bob.receive(&commit);
    let message = forge_commit(&mut alice, &old, Lies::none());
    assert_eq!(refused(&mut bob, &message), ReceiveError::MissingProposal(reference(&old[0])));
}

// req: R-12.1-03
// bad: trap-02
#[test]
fn a_proposal_twice_and_too_many() {
    let [mut alice, mut bob, ..] = four();
    bob.world.limits.cached_proposals = 2;
    for _ in 0..2 {
        let message = alice.propose(Proposing::ExternalPsk(b"psk".to_vec()), &PUBLIC);
        bob.receive(&message);
        let message = crate::framing::MlsMessage::from_bytes(&message).unwrap();
        let error = refused(&mut bob, &message);
        assert!(matches!(error, ReceiveError::DuplicateProposal(_)), "{error:?}");
        assert_eq!(error.disposition(), Disposition::Duplicate);
    }
    let message = alice.propose(Proposing::ExternalPsk(b"psk".to_vec()), &PUBLIC);
    let message = crate::framing::MlsMessage::from_bytes(&message).unwrap();
    assert_eq!(refused(&mut bob, &message), ReceiveError::TooManyProposals);
}
