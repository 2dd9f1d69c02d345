//! Groups that succeed others, and what joining them takes.
#![allow(clippy::unwrap_in_result, reason = "tests")]

use alloc::vec::Vec;

use mls_codec::Decode;
use mls_crypto_traits::CipherSuite;

use super::common::Peer;
use super::snapshot::snapshot;
use super::support::{extensions, four};
use crate::extension::Extensions;
use crate::framing::{MlsMessage, MlsMessageBody, ProtocolVersion};
use crate::group::{
    CommitPlan, Group, JoinError, PendingSuccessor, PendingSuccessorJoin, Proposing, Step, Succession, Successor,
    SuccessorError, SuccessorKind, SuccessorPlan, create_successor, open_successor_welcome,
};
use crate::key_package::KeyPackage;
use crate::proposal::ReInit;
use crate::record::RecordKey;
use crate::welcome::Welcome;

pub(super) const NEW_SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;

/// The group context extensions of the successor.
pub(super) fn new_extensions() -> Extensions {
    // Nothing is required, which is not what the old group says.
    extensions(&[(3, &[0, 0, 0])])
}

pub(super) fn parameters() -> ReInit {
    ReInit {
        group_id: b"successor".to_vec(),
        version: ProtocolVersion::MLS10,
        cipher_suite: NEW_SUITE,
        extensions: new_extensions(),
    }
}

/// Bob commits a `ReInit`; he has entered the epoch that it closes.
pub(super) fn reinit_commit(by: &mut Peer, re_init: ReInit) -> Vec<u8> {
    let plan = CommitPlan { proposals: Vec::from([Proposing::ReInit(re_init)]), ..CommitPlan::default() };
    let message = by.commit(&plan).message;
    by.accept();
    message
}

/// Four members whose group is closed, each with a signer for the new suite.
pub(super) fn closed_with(re_init: ReInit) -> [Peer; 4] {
    let [mut alice, mut bob, mut carol, mut dave] = four();
    let suite = re_init.cipher_suite;
    let message = reinit_commit(&mut bob, re_init);
    for peer in [&mut alice, &mut carol, &mut dave] {
        peer.receive(&message);
    }
    let mut peers = [alice, bob, carol, dave];
    for peer in &mut peers {
        move_to(peer, suite);
    }
    peers
}

pub(super) fn closed() -> [Peer; 4] {
    closed_with(parameters())
}

/// From now on the peer makes leaves for another suite.
pub(super) fn move_to(peer: &mut Peer, suite: CipherSuite) {
    if peer.suite != suite {
        peer.suite = suite;
        peer.signature_key = peer.new_signer();
    }
}

pub(super) fn packages(peers: &mut [&mut Peer]) -> Vec<KeyPackage> {
    peers.iter_mut().map(|peer| peer.key_package().key_package).collect()
}

pub(super) fn reinit(by: &Peer, key_packages: Vec<KeyPackage>) -> SuccessorPlan {
    SuccessorPlan::new(SuccessorKind::ReInit, by.leaf(), key_packages)
}

pub(super) fn branch(by: &Peer, key_packages: Vec<KeyPackage>) -> SuccessorPlan {
    let kind = SuccessorKind::Branch { group_id: None, extensions: new_extensions() };
    SuccessorPlan::new(kind, by.leaf(), key_packages)
}

pub(super) fn begin(by: &mut Peer, plan: &SuccessorPlan) -> Result<PendingSuccessor, SuccessorError> {
    by.run(|error: &SuccessorError| error.missing().cloned(), |old, env| create_successor(old, plan, env))
}

/// Founds a successor: it is stored and waits.
pub(super) fn try_found(by: &mut Peer, plan: &SuccessorPlan) -> Result<Successor, SuccessorError> {
    let pending = begin(by, plan)?;
    let answers = by.answers(pending.credentials(), pending.psks());
    let old = by.group.as_ref().unwrap();
    let fresh = pending.resume(old, &answers, &mut by.world.env())?;
    let durable = by.store.commit(fresh.delta());
    Ok(fresh.release(durable).unwrap())
}

pub(super) fn found(by: &mut Peer, plan: &SuccessorPlan) -> Successor {
    try_found(by, plan).unwrap()
}

/// Stores a step of the old group and enters the new one.
pub(super) fn enter(peer: &mut Peer, step: Step<Group>) -> Group {
    let durable = peer.store.commit(step.delta());
    step.apply(peer.group.as_mut().unwrap(), durable).unwrap()
}

pub(super) fn try_accept(by: &mut Peer, successor: Successor) -> Result<Group, SuccessorError> {
    let step = successor.accept(by.group.as_ref().unwrap(), &mut by.world.env())?;
    Ok(enter(by, step))
}

pub(super) fn accept(by: &mut Peer, successor: Successor) -> Group {
    try_accept(by, successor).unwrap()
}

pub(super) fn welcome_of(bytes: &[u8]) -> Welcome {
    let MlsMessageBody::Welcome(welcome) = MlsMessage::from_bytes(bytes).unwrap().body else { panic!() };
    welcome
}

/// The questions of a join; those before are answered.
pub(super) fn try_open(
    peer: &mut Peer,
    expected: Succession,
    welcome: &[u8],
    tree: Option<&[u8]>,
) -> Result<PendingSuccessorJoin, JoinError> {
    let welcome = welcome_of(welcome);
    let (reference, record) = welcome
        .secrets
        .iter()
        .find_map(|entry| Some((entry.new_member, peer.store.get(&RecordKey::KeyPackage(entry.new_member.into()))?)))
        .expect("a key package of ours");
    let opened = peer.run(
        |error: &JoinError| error.missing().cloned(),
        |old, env| open_successor_welcome(old, expected, &welcome, &reference, record.as_bytes(), tree, env),
    )?;
    let answers = peer.answers(&[], opened.psks());
    opened.resume(peer.group.as_ref().unwrap(), &answers, &mut peer.world.env())
}

pub(super) fn try_join(peer: &mut Peer, expected: Succession, welcome: &[u8]) -> Result<Group, JoinError> {
    let pending = try_open(peer, expected, welcome, None)?;
    let answers = peer.answers(pending.credentials(), &[]);
    let step = pending.resume(peer.group.as_ref().unwrap(), &answers, &mut peer.world.env())?;
    Ok(enter(peer, step))
}

pub(super) fn join(peer: &mut Peer, expected: Succession, welcome: &[u8]) -> Group {
    try_join(peer, expected, welcome).unwrap()
}

/// Why a member does not join. The group and the store are as they were.
pub(super) fn refused(peer: &mut Peer, expected: Succession, welcome: &[u8]) -> JoinError {
    // What is read to find out does not count.
    let _ = peer.group().tree().map(drop);
    let before = snapshot(peer.group());
    let (records, writes) = (peer.store.records.clone(), peer.store.writes);
    let error = try_join(peer, expected, welcome).expect_err("the Welcome is accepted");
    assert!(before == snapshot(peer.group()), "{error:?}");
    assert!(records == peer.store.records && writes == peer.store.writes, "{error:?}");
    error
}
