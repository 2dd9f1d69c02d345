//! External commits that are refused (RFC 9420 sections 8.3, 12.2 and 12.4.3.2).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{CryptoError, HpkePublicKey};

use super::common::{Event, Peer, group_of};
use super::forge::{Lies, forge_external};
use super::support::{SUITE, by_value, extensions, four, handle, leaf, node, refused};
use crate::framing::{FramingError, MlsMessage, ProtocolVersion, Sender};
use crate::group::{CommitPlan, CommitRule, Disposition, Proposing, ReceiveError};
use crate::proposal::list::{ListedProposal, ProposalListError};
use crate::proposal::{Proposal, ProposalType, ReInit};
use crate::tree::leaf_node::LeafNodeSource;
use crate::tree::path::PathError;
use crate::tree::validate::LeafNodeError;

fn listed(proposal: Proposal) -> ListedProposal {
    ListedProposal { sender: Sender::NewMemberCommit, ..by_value(0, proposal) }
}

fn init(kem_output: Vec<u8>) -> ListedProposal {
    listed(Proposal::ExternalInit { kem_output })
}

fn invalid(rule: CommitRule) -> ReceiveError {
    ReceiveError::InvalidCommit { sender: Sender::NewMemberCommit, rule: Box::new(rule) }
}

fn erin() -> Peer {
    Peer::new("erin", SUITE, 99)
}

/// A plain external commit with one lie.
fn join(member: &Peer, joiner: &mut Peer, lies: Lies<'_>) -> MlsMessage {
    forge_external(member, joiner, |kem| vec![init(kem)], lies)
}

#[test]
fn the_forged_external_commit_is_good_without_a_lie() {
    for names in [&["alice"][..], &["alice", "bob"], &["alice", "bob", "carol"], &["alice", "bob", "carol", "dave"]] {
        let mut peers = group_of(names, SUITE);
        let message = join(&peers[0], &mut erin(), Lies::none());
        for peer in &mut peers {
            let Event::Epoch(change) = handle(peer, &message).unwrap() else { panic!() };
            assert_eq!(change.added[0].index, leaf(u32::try_from(names.len()).unwrap()));
        }
        super::common::agree(&peers);
    }
}

// req: R-12.2-19
// bad: ValSem-240, ValSem-241, valn-0401
#[test]
fn not_exactly_one_external_init() {
    let [alice, mut bob, ..] = four();
    let rule = |count| invalid(CommitRule::Proposals(ProposalListError::ExternalInitCount(count)));
    let none = forge_external(&alice, &mut erin(), |_| vec![], Lies::none());
    assert_eq!(refused(&mut bob, &none), rule(0));
    let psk_only = |_| vec![listed(super::psks::external(b"psk", 32))];
    let none = forge_external(&alice, &mut erin(), psk_only, Lies::none());
    assert_eq!(refused(&mut bob, &none), rule(0));
    let two = forge_external(&alice, &mut erin(), |kem| vec![init(kem.clone()), init(kem)], Lies::none());
    let error = refused(&mut bob, &two);
    assert_eq!(error, rule(2));
    assert_eq!(error.disposition(), Disposition::Blame(Sender::NewMemberCommit));
}

// req: R-12.2-24
// bad: ValSem-242, valn-0404
#[test]
fn a_proposal_that_has_no_place_there() {
    let [alice, mut bob, ..] = four();
    let package = Arc::new(Peer::new("frank", SUITE, 5).key_package().key_package);
    let update = Arc::new(package.leaf_node.clone());
    let re_init =
        ReInit { group_id: vec![1], version: ProtocolVersion::MLS10, cipher_suite: SUITE, extensions: extensions(&[]) };
    let cases = [
        (Proposal::Add(package), ProposalType::ADD),
        (Proposal::Update(update), ProposalType::UPDATE),
        (Proposal::ReInit(re_init), ProposalType::REINIT),
        (Proposal::GroupContextExtensions(extensions(&[])), ProposalType::GROUP_CONTEXT_EXTENSIONS),
        (Proposal::Custom { proposal_type: 0xff01.into(), body: vec![] }, ProposalType::from(0xff01)),
    ];
    for (proposal, kind) in cases {
        let list = |kem| vec![init(kem), listed(proposal)];
        let message = forge_external(&alice, &mut erin(), list, Lies::none());
        let rule = ProposalListError::NotInExternalCommit(kind);
        assert_eq!(refused(&mut bob, &message), invalid(CommitRule::Proposals(rule)));
    }
}

// req: R-12.4.3.2-04
// bad: ValSem-244, valn-0406
#[test]
fn a_reference() {
    let [mut alice, mut bob, ..] = four();
    super::support::propose_to(&mut alice, &mut [&mut bob], Proposing::Remove(leaf(3)));
    let by_reference = super::support::cached(&alice).remove(0);
    let message = forge_external(&alice, &mut erin(), |kem| vec![init(kem), by_reference], Lies::none());
    let rule = ProposalListError::ReferenceInExternalCommit;
    assert_eq!(refused(&mut bob, &message), invalid(CommitRule::Proposals(rule)));
}

// req: R-12.2-20, R-12.1.3-01
// bad: valn-0402
#[test]
fn a_remove_too_many_or_of_nobody() {
    let [alice, mut bob, ..] = four();
    let two = |kem| vec![init(kem), listed(Proposal::Remove(leaf(2).into())), listed(Proposal::Remove(leaf(3).into()))];
    let message = forge_external(&alice, &mut erin(), two, Lies::none());
    let rule = ProposalListError::TwoRemovesInExternalCommit;
    assert_eq!(refused(&mut bob, &message), invalid(CommitRule::Proposals(rule)));
    for nobody in [4, 1 << 20] {
        let list = |kem| vec![init(kem), listed(Proposal::Remove(leaf(nobody).into()))];
        let message = forge_external(&alice, &mut erin(), list, Lies::none());
        let rule = ProposalListError::RemoveOfNonMember(leaf(nobody).into());
        assert_eq!(refused(&mut bob, &message), invalid(CommitRule::Proposals(rule)));
    }
}

// req: R-12.4.3.2-03
// bad: ValSem-245, valn-0405
#[test]
fn an_external_commit_without_a_path() {
    let [alice, mut bob, ..] = four();
    let message = join(&alice, &mut erin(), super::support::no_path());
    assert_eq!(refused(&mut bob, &message), ReceiveError::ExternalCommitWithoutPath);
}

// req: R-12.4.3.2-05, R-6.1-05
// bad: ValSem-246, valn-0407, valn-1301
#[test]
fn a_signature_of_another_key_than_the_paths() {
    let [alice, mut bob, ..] = four();
    let mut erin = erin();
    let other = erin.new_signer();
    let message = join(&alice, &mut erin, Lies { sign_with: Some(other.clone()), ..Lies::none() });
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
    let message = join(&alice, &mut erin, Lies { leaf: Box::new(|leaf| leaf.signature_key = other), ..Lies::none() });
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
    let message = join(&alice, &mut erin, Lies { sign_context: Some(vec![]), ..Lies::none() });
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
    let message = join(&alice, &mut erin, Lies::none());
    assert!(matches!(bob.receive(&message.to_bytes().unwrap()), Event::Epoch(_)));
}

// req: R-6.2-02
// bad: framing-06
#[test]
fn a_membership_tag_of_a_stranger() {
    let [alice, mut bob, ..] = four();
    let lies = Lies { public: Box::new(|m| m.membership_tag = Some(vec![0; 32])), ..Lies::none() };
    let message = join(&alice, &mut erin(), lies);
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::UnexpectedMembershipTag));
}

// req: R-12.1.6-02, R-12.4.3.2-06
// bad: key-01
#[test]
fn a_key_encapsulation_that_is_none() {
    let [alice, mut bob, ..] = four();
    let cases = [
        (vec![], CryptoError::InvalidPublicKey),
        (vec![9; 31], CryptoError::InvalidPublicKey),
        (vec![0; 32], CryptoError::SharedSecretZero),
    ];
    for (kem_output, reason) in cases {
        let message = forge_external(&alice, &mut erin(), |_| vec![init(kem_output)], Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid(CommitRule::ExternalInit(reason)));
    }
    // A key encapsulation to somebody else gives other secrets.
    let message = forge_external(&alice, &mut erin(), |_| vec![init(vec![9; 32])], Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid(CommitRule::ConfirmationTag));
}

// req: R-12.4.2-16
#[test]
fn a_wrong_confirmation_tag() {
    let [alice, mut bob, ..] = four();
    let changes: [fn(&mut Vec<u8>); 3] = [|tag| tag[0] ^= 1, |tag| tag.truncate(31), Vec::clear];
    for change in changes {
        let lies = Lies { confirmation_tag: Box::new(|tag| change(tag.as_mut().unwrap())), ..Lies::none() };
        let message = join(&alice, &mut erin(), lies);
        assert_eq!(refused(&mut bob, &message), invalid(CommitRule::ConfirmationTag));
    }
}

// req: R-12.4.3.2-08, R-7.2-16
#[test]
fn a_leaf_that_is_signed_for_another_place() {
    let [alice, mut bob, ..] = four();
    let rule = || LeafNodeError::InvalidSignature(CryptoError::InvalidSignature);
    for (group, at) in [(&b"group"[..], 3), (b"group", 5), (b"another", 4)] {
        let lies = Lies { leaf_position: Some((group.to_vec(), leaf(at))), ..Lies::none() };
        let message = join(&alice, &mut erin(), lies);
        assert_eq!(refused(&mut bob, &message), invalid(CommitRule::PathLeaf(rule())));
    }
}

// req: R-7.3-20, R-12.4.3.2-10, R-12.4.2-11
#[test]
fn a_members_key() {
    let [alice, mut bob, mut carol, _] = four();
    let message = join(&alice, &mut carol, Lies::none());
    let rule = CommitRule::PathLeaf(LeafNodeError::SignatureKeyInUse(leaf(2)));
    assert_eq!(refused(&mut bob, &message), invalid(rule));
    let key = HpkePublicKey::from(bob.group().tree().unwrap().encryption_key(node(6)).unwrap());
    let lies = Lies { leaf: Box::new(|leaf| leaf.encryption_key = key), ..Lies::none() };
    let message = join(&alice, &mut erin(), lies);
    assert_eq!(refused(&mut bob, &message), invalid(CommitRule::Path(PathError::KeyInTree { node: node(6) })));
    // Who resyncs keeps its signature key.
    let list = |kem| vec![init(kem), listed(Proposal::Remove(leaf(2).into()))];
    let message = forge_external(&alice, &mut carol, list, Lies::none());
    let Event::Epoch(change) = handle(&mut bob, &message).unwrap() else { panic!() };
    assert_eq!((change.removed, change.added[0].index), (vec![leaf(2)], leaf(2)));
}

// req: R-12.2-21
#[test]
fn a_resync_that_keeps_its_encryption_key() {
    let [alice, mut bob, mut carol, _] = four();
    let old = super::support::own_leaf_node(&carol).encryption_key;
    let list = |kem| vec![init(kem), listed(Proposal::Remove(leaf(2).into()))];
    let lies = Lies { leaf: Box::new(|leaf| leaf.encryption_key = old), ..Lies::none() };
    let message = forge_external(&alice, &mut carol, list, lies);
    let rule = CommitRule::PathLeaf(LeafNodeError::EncryptionKeyUnchanged);
    assert_eq!(refused(&mut bob, &message), invalid(rule));
}

// req: R-7.6-02, R-7.6-03, R-7.9.2-07
#[test]
fn a_path_of_a_stranger_that_is_invalid() {
    let [alice, mut bob, ..] = four();
    let length = PathError::PathLength { expected: 1, found: 0 };
    let count = PathError::CiphertextCount { node: node(7), expected: 1, found: 0 };
    let cases = [
        (Lies { nodes: Box::new(|nodes, _| nodes.clear()), ..Lies::none() }, length),
        (
            Lies {
                nodes: Box::new(|nodes, _| nodes[0].encrypted_path_secret.edit(|all| drop(all.pop()))),
                ..Lies::none()
            },
            count,
        ),
        (
            Lies {
                leaf: Box::new(|leaf| leaf.leaf_node_source = LeafNodeSource::Commit { parent_hash: vec![] }),
                ..Lies::none()
            },
            PathError::ParentHashMismatch,
        ),
        (
            Lies { leaf: Box::new(|leaf| leaf.leaf_node_source = LeafNodeSource::Update), ..Lies::none() },
            PathError::WrongLeafSource,
        ),
    ];
    for (lies, rule) in cases {
        let message = join(&alice, &mut erin(), lies);
        assert_eq!(refused(&mut bob, &message), invalid(CommitRule::Path(rule)));
    }
}

// req: R-12.4.2-01
#[test]
fn an_external_commit_that_comes_late() {
    let [mut alice, mut bob, ..] = four();
    let message = join(&alice, &mut erin(), Lies::none());
    let commit = alice.commit(&CommitPlan::default()).message;
    bob.receive(&commit);
    assert_eq!(refused(&mut bob, &message), ReceiveError::PastEpoch(1));
}

// req: R-12.4.2-20
// bad: commit-20
#[test]
fn an_external_commit_that_removes_us() {
    let [alice, mut bob, ..] = four();
    let list = |kem| vec![init(kem), listed(Proposal::Remove(leaf(1).into()))];
    let message = forge_external(&alice, &mut erin(), list, Lies::none());
    let Event::Epoch(change) = handle(&mut bob, &message).unwrap() else { panic!() };
    assert!(change.removed_self);
    assert!(!bob.group().is_active());
}
