//! Groups to attack, and what refusing means.

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_crypto_traits::{CipherSuite, Suite};

use super::common::{Event, Peer, group_of};
use super::forge::Lies;
use super::observer::refuses_too;
use super::snapshot::snapshot;
use crate::extension::{Extension, ExtensionType, Extensions};
use crate::framing::{MlsMessage, Sender};
use crate::group::{
    CommitPlan, CommitRule, CreateGroup, KeyPackageSpec, Proposing, ReceiveError, SendOptions, create_group,
    generate_key_package, receive,
};
use crate::key_package::KeyPackage;
use crate::proposal::list::{ListedProposal, ProposalListError};
use crate::proposal::{Proposal, ProposalRef};
use crate::record::GroupId;
use crate::tree::leaf_node::{Capabilities, LeafNode};
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::path::PathError;

pub(super) const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

pub(super) const PUBLIC: SendOptions =
    SendOptions { authenticated_data: Vec::new(), encrypt: false, padding: crate::framing::Padding::None };

pub(super) fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

pub(super) fn node(index: u32) -> NodeIndex {
    NodeIndex::new(index).unwrap()
}

pub(super) fn suite(peer: &Peer) -> Suite<'_> {
    peer.world.crypto.suite(SUITE).unwrap()
}

/// Alice, Bob, Carol and Dave, at leaves 0 to 3.
pub(super) fn four() -> [Peer; 4] {
    group_of(&["alice", "bob", "carol", "dave"], SUITE).try_into().ok().unwrap()
}

/// Alice, Bob and Carol at leaves 0, 1 and 3; leaf 2 is blank.
pub(super) fn three_and_a_gap() -> [Peer; 3] {
    let [mut alice, mut bob, carol, mut dave] = four();
    drop(carol);
    let plan = CommitPlan { proposals: alloc::vec![Proposing::Remove(leaf(2))], ..CommitPlan::default() };
    let output = alice.commit(&plan);
    alice.accept();
    bob.receive(&output.message);
    dave.receive(&output.message);
    [alice, bob, dave]
}

/// A member handles a message; all questions are answered with yes.
pub(super) fn handle(peer: &mut Peer, message: &MlsMessage) -> Result<Event, ReceiveError> {
    let inbound = peer.run(|error: &ReceiveError| error.missing().cloned(), |group, env| receive(group, message, env));
    inbound.and_then(|inbound| peer.finish(inbound))
}

/// Why a member refuses a message at once, before anybody is asked.
pub(super) fn refused_unasked(peer: &mut Peer, message: &MlsMessage) -> ReceiveError {
    let inbound = peer.run(|error: &ReceiveError| error.missing().cloned(), |group, env| receive(group, message, env));
    inbound.expect_err("questions are asked")
}

/// Why a member refuses a message. Refusing leaves the group and the store as they were.
pub(super) fn refused(victim: &mut Peer, message: &MlsMessage) -> ReceiveError {
    let before = snapshot(victim.group());
    let records = victim.store.records.clone();
    let writes = victim.store.writes;
    let error = handle(victim, message).expect_err("the message is accepted");
    let after = snapshot(victim.group());
    for (name, value) in &before {
        assert!(after.get(name) == Some(value), "{name} has changed: {error:?}");
    }
    assert!(before.keys().eq(after.keys()), "{error:?}");
    assert!(victim.store.records == records && victim.store.writes == writes, "{error:?}");
    refuses_too(victim, message, &error);
    error
}

pub(super) fn invalid_proposal(by: u32, rule: ProposalListError) -> ReceiveError {
    ReceiveError::InvalidProposal { sender: Sender::Member(leaf(by)), rule: Box::new(rule) }
}

pub(super) fn invalid_commit(by: u32, rule: CommitRule) -> ReceiveError {
    ReceiveError::InvalidCommit { sender: Sender::Member(leaf(by)), rule: Box::new(rule) }
}

pub(super) fn invalid_list(by: u32, rule: ProposalListError) -> ReceiveError {
    invalid_commit(by, CommitRule::Proposals(rule))
}

pub(super) fn invalid_path(by: u32, rule: PathError) -> ReceiveError {
    invalid_commit(by, CommitRule::Path(rule))
}

/// A proposal that stands in the commit of its sender.
pub(super) fn by_value(sender: u32, proposal: Proposal) -> ListedProposal {
    ListedProposal { sender: Sender::Member(leaf(sender)), proposal, reference: None, member: None }
}

/// The proposals that a member has cached, as a commit refers to them.
pub(super) fn cached(peer: &Peer) -> Vec<ListedProposal> {
    let cache = peer.group().proposals().unwrap().in_order();
    cache
        .into_iter()
        .map(|(reference, cached)| ListedProposal {
            sender: cached.sender,
            proposal: cached.proposal.clone(),
            reference: Some(*reference),
            member: cached.member.clone(),
        })
        .collect()
}

pub(super) fn reference(listed: &ListedProposal) -> ProposalRef {
    listed.reference.unwrap()
}

/// A member proposes, and the others take it.
pub(super) fn propose_to(from: &mut Peer, others: &mut [&mut Peer], proposing: Proposing) {
    let message = from.propose(proposing, &PUBLIC);
    for other in others {
        other.receive(&message);
    }
}

/// A key package of `peer`'s with one thing changed, signed again.
pub(super) fn key_package(peer: &mut Peer, lie: impl FnOnce(&mut KeyPackage)) -> KeyPackage {
    let mut package = peer.key_package().key_package;
    lie(&mut package);
    sign(peer, &mut package);
    package
}

/// Signs a key package and its leaf with the key of `peer`.
pub(super) fn sign(peer: &Peer, package: &mut KeyPackage) {
    let signer = peer.world.signers.0.get(&peer.signature_key).unwrap();
    package.leaf_node.sign(suite(peer), signer.as_ref(), None).unwrap();
    package.sign(suite(peer), signer.as_ref()).unwrap();
}

/// A valid public key that nobody has.
pub(super) fn fresh_key(peer: &mut Peer) -> mls_crypto_traits::HpkePublicKey {
    let crypto = alloc::sync::Arc::clone(&peer.world.crypto);
    crypto.suite(SUITE).unwrap().generate_hpke_key_pair(&mut peer.world.rng).unwrap().public
}

pub(super) fn own_leaf_node(peer: &Peer) -> LeafNode {
    peer.group().tree().unwrap().leaf(peer.group().own_leaf()).unwrap()
}

pub(super) fn extension(kind: u16, data: &[u8]) -> Extension {
    Extension { extension_type: ExtensionType::from(kind), extension_data: data.to_vec() }
}

pub(super) fn extensions(list: &[(u16, &[u8])]) -> Extensions {
    list.iter().map(|(kind, data)| extension(*kind, data)).collect()
}

pub(super) fn no_path() -> Lies<'static> {
    Lies { with_path: false, ..Lies::none() }
}

pub(super) fn encrypted() -> Lies<'static> {
    Lies { encrypt: true, ..Lies::none() }
}

/// Creates a group with these extensions; the creator's leaf says more of itself.
pub(super) fn create_with(peer: &mut Peer, able: impl FnOnce(&mut Capabilities), extensions: Extensions) {
    let mut spec = peer.leaf();
    able(&mut spec.capabilities);
    let group_id = Some(GroupId::from(b"group".to_vec()));
    let plan = CreateGroup { group_id, cipher_suite: SUITE, leaf: spec, extensions };
    let fresh = create_group(&plan, &mut peer.world.env()).unwrap();
    let durable = peer.store.commit(fresh.delta());
    peer.group = Some(fresh.release(durable).unwrap());
}

/// A key package whose private part is stored; its leaf says more of itself.
pub(super) fn key_package_of(peer: &mut Peer, able: impl FnOnce(&mut Capabilities)) -> KeyPackage {
    let mut spec = peer.leaf();
    able(&mut spec.capabilities);
    let spec = KeyPackageSpec { cipher_suite: SUITE, leaf: spec, extensions: Extensions::new() };
    let fresh = generate_key_package(&spec, &mut peer.world.env()).unwrap();
    let durable = peer.store.commit(fresh.delta());
    fresh.release(durable).unwrap().key_package
}
