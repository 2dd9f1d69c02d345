//! Whatever bytes come in: an error and an unchanged group, never a panic.
//!
//! Messages of every kind are damaged and handed to everything that takes bytes. No damage to what is signed or
//! encrypted goes unnoticed, and afterwards the undamaged ones are still good.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod common;
mod damage;

use core::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use common::{Peer, agree, group_of};
use damage::{Damage, damage, damaged};
use mls_codec::{Decode, Encode};
use mls_core::commit::{Commit, UpdatePath};
use mls_core::credential::Credential;
use mls_core::extension::{Extension, Extensions, ExternalPub, RequiredCapabilities};
use mls_core::framing::{FramedContent, MlsMessage, MlsMessageBody};
use mls_core::group::*;
use mls_core::group_context::GroupContext;
use mls_core::key_package::KeyPackage;
use mls_core::proposal::{Proposal, ProposalOrRef, ProposalRef};
use mls_core::psk::PreSharedKeyId;
use mls_core::record::{Durable, Missing, RecordKey, Records};
use mls_core::secret_tree::SkippedIndex;
use mls_core::tree::key_index::IndexSeed;
use mls_core::tree::leaf_node::{Capabilities, LeafNode};
use mls_core::tree::math::{LeafIndex, NodeIndex, TreeSize};
use mls_core::tree::node::{Node, RatchetTreeArray};
use mls_core::tree::parent_node::ParentNode;
use mls_core::tree::path::OwnPathKeys;
use mls_core::tree::ratchet_tree::RatchetTree;
use mls_core::welcome::{GroupInfo, GroupSecrets, Welcome};
use mls_crypto_traits::CipherSuite;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// What decodes is encoded as it came.
fn decode<T: Encode + Decode>(bytes: &[u8]) {
    if let Ok(value) = T::from_bytes(bytes) {
        assert_eq!(value.to_bytes().unwrap(), bytes);
    }
}

fn decode_all(bytes: &[u8]) {
    decode::<MlsMessage>(bytes);
    decode::<FramedContent>(bytes);
    decode::<Commit>(bytes);
    decode::<UpdatePath>(bytes);
    decode::<Proposal>(bytes);
    decode::<ProposalOrRef>(bytes);
    decode::<ProposalRef>(bytes);
    decode::<KeyPackage>(bytes);
    decode::<LeafNode>(bytes);
    decode::<ParentNode>(bytes);
    decode::<Node>(bytes);
    decode::<RatchetTreeArray>(bytes);
    decode::<Capabilities>(bytes);
    decode::<Credential>(bytes);
    decode::<Extension>(bytes);
    decode::<Extensions>(bytes);
    decode::<ExternalPub>(bytes);
    decode::<RequiredCapabilities>(bytes);
    decode::<GroupContext>(bytes);
    decode::<GroupInfo>(bytes);
    decode::<Welcome>(bytes);
    decode::<PreSharedKeyId>(bytes);
    decode::<SkippedIndex>(bytes);
    decode::<LeafIndex>(bytes);
    decode::<NodeIndex>(bytes);
    decode::<TreeSize>(bytes);
    drop(GroupSecrets::from_bytes(bytes));
    drop(OwnPathKeys::from_stored(bytes));
    if let Ok(key) = RecordKey::from_bytes(bytes) {
        assert_eq!(key.to_bytes().unwrap(), bytes);
    }
}

fn decode_tree(peer: &Peer, bytes: &[u8]) {
    let suite = peer.world.crypto.suite(peer.suite).unwrap();
    if let Ok(tree) = RatchetTree::from_extension(suite, IndexSeed::new([1; 16]), bytes) {
        assert_eq!(tree.to_extension().unwrap(), bytes);
    }
}

/// Bob, and a message of every kind that is good for him now.
struct Exhibition {
    peers: Vec<Peer>,
    /// Proposals, application data, commits; the last is an external one.
    messages: Vec<Vec<u8>>,
    /// Adds somebody by the name of Erin, and her.
    welcome: Vec<u8>,
    erin: Peer,
    /// A GroupInfo without a tree, and the tree.
    info: Vec<u8>,
    tree: Vec<u8>,
    key_package: Vec<u8>,
}

fn exhibition() -> Exhibition {
    let mut peers = group_of(&["alice", "bob", "carol", "dave"], CipherSuite(1));
    let mut messages = Vec::new();
    let mut erin = Peer::new("erin", CipherSuite(1), 55);
    let key_package = erin.key_package();
    for encrypt in [true, false] {
        let options = SendOptions { encrypt, ..SendOptions::default() };
        let add = Proposing::Add(Arc::new(key_package.key_package.clone()));
        let proposals = [add, Proposing::Update(LeafChange::default()), Proposing::Remove(LeafIndex::new(3).unwrap())];
        for proposing in proposals {
            messages.push(peers[2].propose(proposing, &options));
        }
        peers[2].propose(Proposing::ExternalPsk(b"psk".to_vec()), &options);
    }
    messages.extend([peers[0].send(b"hello"), peers[0].send(b"")]);
    let info = group_info_of(&mut peers[0], false);
    let tree = export_ratchet_tree(peers[0].group()).unwrap();
    let external = Peer::new("frank", CipherSuite(1), 56).join_external(&info, Some(&tree), None);
    let mut welcome = None;
    for (from, encrypt) in [(0, true), (3, false)] {
        let options = SendOptions { encrypt, ..SendOptions::default() };
        let proposals = vec![Proposing::Add(Arc::new(key_package.key_package.clone()))];
        let output = peers[from].commit(&CommitPlan {
            proposals,
            options,
            ratchet_tree_in_welcome: false,
            ..CommitPlan::default()
        });
        messages.push(output.message);
        welcome = output.welcome.zip(output.ratchet_tree);
    }
    messages.push(external);
    let (welcome, tree_of_welcome) = welcome.unwrap();
    erin.psks.clear();
    // What Erin joins by is Dave's, whose tree has her.
    let key_package = key_package.message;
    Exhibition { peers, messages, welcome, erin, info, tree: tree_of_welcome, key_package }
}

fn group_info_of(peer: &mut Peer, ratchet_tree: bool) -> Vec<u8> {
    let options = GroupInfoOptions { external_pub: true, ratchet_tree };
    let group = peer.group.take().unwrap();
    let info = group_info(&group, options, &mut peer.world.env()).unwrap();
    peer.group = Some(group);
    info
}

/// Drives an operation, reading what it misses; nothing is applied.
fn drive<T, E>(
    peer: &mut Peer,
    group: &mut Group,
    missing: impl Fn(&E) -> Option<Missing>,
    mut op: impl FnMut(&mut Peer, &Group) -> Result<T, E>,
) -> Option<T> {
    for _ in 0..8 {
        match op(peer, group) {
            Ok(done) => return Some(done),
            Err(error) => {
                let records: Records = peer.store.read(&missing(&error)?);
                group.admit(records, &mut peer.world.env()).ok()?;
            }
        }
    }
    None
}

/// Handles a message up to the step; whether there is one.
fn attempt(peer: &mut Peer, group: &mut Group, bytes: &[u8]) -> Option<Step<()>> {
    let message = MlsMessage::from_bytes(bytes).ok()?;
    drive(
        peer,
        group,
        |error: &ReceiveError| error.missing().cloned(),
        |peer, group| match receive(group, &message, &mut peer.world.env())? {
            Inbound::Application(step) => Ok(step.map(drop)),
            Inbound::OwnCommit(step) => Ok(step.map(drop)),
            Inbound::Proposal(pending) => {
                let answers = peer.answers(pending.credentials(), &[]);
                Ok(pending.resume(group, &answers, &mut peer.world.env())?.map(drop))
            }
            Inbound::Commit(pending) => {
                let ruling = pending.question().accept();
                let vetted = pending.rule(ruling, group, &mut peer.world.env())?;
                let answers = peer.answers(vetted.credentials(), vetted.psks());
                Ok(vetted.resume(group, &answers, &mut peer.world.env())?.map(drop))
            }
            other => panic!("{other:?}"),
        },
    )
}

fn attempt_with_bob(bob: &mut Peer, bytes: &[u8]) -> bool {
    let mut group = bob.group.take().unwrap();
    let (stamp, records) = (group.stamp(), bob.store.records.clone());
    let accepted = attempt(bob, &mut group, bytes).is_some();
    assert_eq!(group.stamp(), stamp);
    assert_eq!(bob.store.records, records);
    bob.group = Some(group);
    accepted
}

#[test]
fn arbitrary_bytes_are_refused() {
    let stage = RefCell::new(exhibition());
    let runner = &mut TestRunner::new(config(4000));
    runner
        .run(&(vec(any::<u8>(), 0..120), 0..6_u16), |(mut bytes, wire_format)| {
            let Exhibition { peers, .. } = &mut *stage.borrow_mut();
            decode_all(&bytes);
            decode_tree(&peers[1], &bytes);
            assert!(!attempt_with_bob(&mut peers[1], &bytes));
            // Behind a good header.
            let [high, low] = wire_format.to_be_bytes();
            drop(bytes.splice(0..0, [0, 1, high, low]));
            decode_all(&bytes);
            assert!(!attempt_with_bob(&mut peers[1], &bytes));
            Ok(())
        })
        .unwrap();
}

#[test]
fn damaged_messages_are_refused_and_change_nothing() {
    let stage = RefCell::new(exhibition());
    for restart in [false, true] {
        if restart {
            stage.borrow_mut().peers[1].restart();
        }
        // The undamaged ones are good, or this would prove nothing.
        {
            let Exhibition { peers, messages, .. } = &mut *stage.borrow_mut();
            assert!(messages.iter().all(|message| attempt_with_bob(&mut peers[1], message)));
        }
        let runner = &mut TestRunner::new(config(3000));
        runner
            .run(&(any::<Index>(), damage()), |(which, damage)| {
                let Exhibition { peers, messages, .. } = &mut *stage.borrow_mut();
                let Some(bytes) = damaged(&messages[which.index(messages.len())], &damage) else { return Ok(()) };
                decode_all(&bytes);
                prop_assert!(!attempt_with_bob(&mut peers[1], &bytes));
                Ok(())
            })
            .unwrap();
    }
    // And Bob goes on as if nothing had been.
    let Exhibition { mut peers, messages, .. } = stage.into_inner();
    let commit = messages.len() - 3;
    for message in &messages[..commit] {
        peers[1].receive(message);
    }
    peers[1].receive(&messages[commit]);
    peers[0].accept();
    agree(&peers[..2]);
}

/// A Welcome has an entry for each new member, and only one's own can be checked.
#[test]
fn damaged_welcomes_and_trees_are_refused() {
    let stage = RefCell::new(exhibition());
    let authenticator = {
        let Exhibition { peers, .. } = &mut *stage.borrow_mut();
        peers[3].accept();
        peers[3].group().epoch_authenticator().to_vec()
    };
    let runner = &mut TestRunner::new(config(2000));
    let joins = |erin: &mut Peer, welcome: &[u8], tree: &[u8]| -> Option<Vec<u8>> {
        let MlsMessageBody::Welcome(welcome) = MlsMessage::from_bytes(welcome).ok()?.body else { return None };
        let entry = welcome.secrets.first()?;
        let keys: Vec<&RecordKey> =
            erin.store.records.keys().filter(|key| matches!(key, RecordKey::KeyPackage(_))).collect();
        let [RecordKey::KeyPackage(reference)] = keys[..] else { panic!() };
        let (reference, mine) = (**reference, **reference == entry.new_member);
        let record = erin.store.get(&RecordKey::KeyPackage(reference.into())).unwrap();
        let opened = open_welcome(&welcome, &reference, record.as_bytes(), Some(tree), &mut erin.world.env()).ok()?;
        let pending = opened.resume(&Answers::new(), &mut erin.world.env()).ok()?;
        let answers = erin.answers(pending.credentials(), &[]);
        let fresh = pending.resume(&answers, &mut erin.world.env()).ok()?;
        assert!(mine);
        let durable = Durable::i_stored(fresh.delta());
        Some(fresh.release(durable).unwrap().epoch_authenticator().to_vec())
    };
    {
        let Exhibition { erin, welcome, tree, .. } = &mut *stage.borrow_mut();
        assert_eq!(joins(erin, welcome, tree).as_ref(), Some(&authenticator));
    }
    runner
        .run(&(0..3_u8, damage()), |(what, damage)| {
            let Exhibition { erin, welcome, tree, .. } = &mut *stage.borrow_mut();
            let records = erin.store.records.clone();
            let which: &[u8] = if what == 0 { tree } else { welcome };
            let Some(bytes) = damaged(which, &damage) else { return Ok(()) };
            decode_all(&bytes);
            decode_tree(erin, &bytes);
            let joined = if what == 0 { joins(erin, welcome, &bytes) } else { joins(erin, &bytes, tree) };
            // Damage beside our entry may leave a Welcome that still serves; it then leads to the very same epoch.
            prop_assert!(joined.is_none() || (what != 0 && joined.as_ref() == Some(&authenticator)));
            prop_assert_eq!(&erin.store.records, &records);
            Ok(())
        })
        .unwrap();
    let Exhibition { mut erin, welcome, tree, .. } = stage.into_inner();
    erin.join(&welcome, Some(&tree));
    assert_eq!(erin.group().epoch_authenticator(), authenticator);
}

#[test]
fn damaged_group_infos_are_refused() {
    let mut stage = exhibition();
    let infos = [group_info_of(&mut stage.peers[1], true), stage.info.clone()];
    let tree = export_ratchet_tree(stage.peers[1].group()).unwrap();
    let joiner = RefCell::new(Peer::new("grace", CipherSuite(1), 71));
    let joins = |info: &[u8], tree: Option<&[u8]>| -> Option<()> {
        let mut peer = joiner.borrow_mut();
        let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(info).ok()?.body else { return None };
        let plan = ExternalJoinPlan::new(peer.leaf());
        let pending = external_join(&info, tree, &plan, &mut peer.world.env()).ok()?;
        let ruling = pending.question().accept();
        let vetted = pending.rule(ruling, &mut peer.world.env()).ok()?;
        let answers = peer.answers(vetted.credentials(), vetted.psks());
        vetted.resume(&answers, &mut peer.world.env()).ok().map(drop)
    };
    assert!(joins(&infos[0], None).is_some() && joins(&infos[1], Some(&tree)).is_some());
    let runner = &mut TestRunner::new(config(2000));
    runner
        .run(&(0..3_usize, damage()), |(what, damage)| {
            let which: &[u8] = if what == 2 { &tree } else { &infos[what] };
            let Some(bytes) = damaged(which, &damage) else { return Ok(()) };
            decode_all(&bytes);
            let joined = match what {
                0 => joins(&bytes, None),
                1 => joins(&bytes, Some(&tree)),
                _ => joins(&infos[1], Some(&bytes)),
            };
            prop_assert!(joined.is_none());
            Ok(())
        })
        .unwrap();
}

#[test]
fn damaged_key_packages_are_not_added() {
    let stage = RefCell::new(exhibition());
    let adds = |bob: &mut Peer, bytes: &[u8]| -> Option<()> {
        let MlsMessageBody::KeyPackage(key_package) = MlsMessage::from_bytes(bytes).ok()?.body else { return None };
        let plan = CommitPlan { proposals: vec![Proposing::Add(key_package)], ..CommitPlan::default() };
        bob.try_commit(&plan).ok().map(drop)
    };
    let runner = &mut TestRunner::new(config(1000));
    {
        let Exhibition { peers, key_package, .. } = &mut *stage.borrow_mut();
        assert!(adds(&mut peers[1], key_package).is_some());
    }
    runner
        .run(&damage(), |damage| {
            let Exhibition { peers, key_package, .. } = &mut *stage.borrow_mut();
            let Some(bytes) = damaged(key_package, &damage) else { return Ok(()) };
            decode_all(&bytes);
            prop_assert!(adds(&mut peers[1], &bytes).is_none());
            prop_assert!(!peers[1].group().has_pending_commit());
            Ok(())
        })
        .unwrap();
}

/// Everything that a member does, from records as they are. Outcomes do not matter; panics do.
fn live_on(peer: &mut Peer, messages: &[Vec<u8>]) -> Option<()> {
    let id = mls_core::record::GroupId::from(b"group".to_vec());
    let [header, status] = Group::records_to_load(&id).map(|key| peer.store.get(&key));
    let (header, status) = (header?, status?);
    let mut group = Group::load(&id, header.as_bytes(), status.as_bytes()).ok()?;
    let group = &mut group;
    drop(drive(
        peer,
        group,
        |e: &EncryptError| e.missing().cloned(),
        |peer, group| encrypt(group, b"x", &EncryptOptions::default(), &mut peer.world.env()),
    ));
    drop(drive(
        peer,
        group,
        |e: &CommitError| e.missing().cloned(),
        |peer, group| accept_commit(group, &mut peer.world.env()),
    ));
    drop(drive(
        peer,
        group,
        |e: &ProposeError| e.missing().cloned(),
        |peer, group| {
            propose(group, Proposing::Update(LeafChange::default()), &SendOptions::default(), &mut peer.world.env())
        },
    ));
    drop(drive(peer, group, |e: &Missing| Some(e.clone()), |_, group| pending_commit(group)));
    drop(group.members());
    drop(group_info(group, GroupInfoOptions { external_pub: true, ratchet_tree: true }, &mut peer.world.env()));
    for message in messages {
        if let Some(step) = attempt(peer, group, message) {
            let durable = Durable::i_stored(step.delta());
            assert!(step.apply(group, durable).is_ok());
        }
    }
    drop(drive(
        peer,
        group,
        |e: &CommitError| e.missing().cloned(),
        |peer, group| drop_commit(group, &mut peer.world.env()),
    ));
    let plan = CommitPlan::default();
    let draft = drive(
        peer,
        group,
        |e: &CommitError| e.missing().cloned(),
        |peer, group| commit(group, &plan, &mut peer.world.env()),
    )?;
    let ruling = draft.question().accept();
    let vetted = draft.rule(ruling, group, &mut peer.world.env()).ok()?;
    let answers = peer.answers(vetted.credentials(), vetted.psks());
    let step = vetted.resume(group, &answers, &mut peer.world.env()).ok()?;
    let durable = Durable::i_stored(step.delta());
    step.apply(group, durable).ok()?;
    let message = MlsMessage::from_bytes(messages.last()?).ok()?;
    drop(receive(group, &message, &mut peer.world.env()));
    Some(())
}

#[derive(Clone, Debug)]
enum Loss {
    Damage(Vec<Damage>),
    Gone,
    /// The value of another record.
    Swapped(Index),
}

#[test]
fn damaged_records_do_not_panic() {
    let mut stage = exhibition();
    // Every kind of record is there: past epochs, skipped keys, proposals of both sides, a pending commit.
    let (alice, skipped) = (stage.peers[0].send(b"1"), stage.peers[0].send(b"2"));
    drop(alice);
    let mut messages = stage.messages.clone();
    let late = messages.remove(6);
    let bob = &mut stage.peers[1];
    bob.receive(&skipped);
    bob.receive(&messages[0]);
    drop(bob.propose(Proposing::Update(LeafChange::default()), &SendOptions::default()));
    let public = messages[messages.len() - 2].clone();
    bob.receive(&public);
    stage.peers[3].accept();
    let again = stage.peers[3].send(b"1");
    let skipped = stage.peers[3].send(b"2");
    let bob = &mut stage.peers[1];
    bob.receive(&skipped);
    drop(bob.propose(Proposing::Update(LeafChange::default()), &SendOptions::default()));
    drop(bob.commit(&CommitPlan::default()));
    let proposal = stage.peers[3].propose(Proposing::Remove(LeafIndex::new(2).unwrap()), &SendOptions::default());
    let commit = stage.peers[3].commit(&CommitPlan { include_pending: false, ..CommitPlan::default() }).message;
    let messages = [late, again, proposal, commit];

    let bob = stage.peers.remove(1);
    let records = bob.store.records.clone();
    let kinds: BTreeMap<String, usize> = records.keys().fold(BTreeMap::new(), |mut kinds, key| {
        let name = format!("{key:?}");
        *kinds.entry(name.split('(').next().unwrap().to_owned()).or_default() += 1;
        kinds
    });
    println!("{kinds:?}");
    for kind in ["Group", "Status", "TreeNode", "PathKeys", "Proposal", "PendingCommit", "Epoch", "SecretNode"] {
        assert!(kinds.contains_key(kind), "{kind}");
    }
    for kind in ["Ratchet", "SkippedKey", "SkippedIndex", "ResumptionPsk"] {
        assert!(kinds.contains_key(kind), "{kind}");
    }
    let bob = RefCell::new(bob);
    assert_eq!(live_on(&mut bob.borrow_mut(), &messages), Some(()));
    let loss = prop_oneof![
        6 => damage().prop_map(Loss::Damage),
        1 => Just(Loss::Gone),
        1 => any::<Index>().prop_map(Loss::Swapped),
    ];
    let runner = &mut TestRunner::new(config(1500));
    runner
        .run(&(any::<Index>(), loss), |(which, loss)| {
            let mut bob = bob.borrow_mut();
            let keys: Vec<&RecordKey> = records.keys().collect();
            let key = keys[which.index(keys.len())];
            bob.store.records = records.clone();
            match loss {
                Loss::Damage(damage) => {
                    let Some(bytes) = damaged(&records[key], &damage) else { return Ok(()) };
                    bob.store.records.insert(key.clone(), bytes);
                }
                Loss::Gone => drop(bob.store.records.remove(key)),
                Loss::Swapped(other) => {
                    let value = records[keys[other.index(keys.len())]].clone();
                    bob.store.records.insert(key.clone(), value);
                }
            }
            let _ = live_on(&mut bob, &messages);
            Ok(())
        })
        .unwrap();
}

/// Where a tree of 2^31 leaves is written, nobody sets out to hash it.
#[test]
fn absurd_sizes_are_refused() {
    let mut stage = exhibition();
    let message = stage.peers[0].send(b"heard");
    let mut bob = stage.peers.remove(1);
    bob.receive(&message);
    drop(bob.commit(&CommitPlan::default()));
    let records = bob.store.records.clone();
    let sized = |key: &&RecordKey| matches!(key, RecordKey::Group(_) | RecordKey::PendingCommit(_));
    for key in records.keys().filter(sized) {
        // A small number may be the logarithm of a size.
        let small = |value: &[u8]| (0..value.len()).filter(|at| value[*at] <= 8).collect::<Vec<_>>();
        for at in small(&records[key]) {
            bob.store.records = records.clone();
            bob.store.records.get_mut(key).unwrap()[at] = 31;
            let _ = live_on(&mut bob, &stage.messages);
        }
    }
}

/// A record that must be there and is not is damage, too: a driver does not ask for it for ever.
/// That a leaf is not stored does not make its member's messages a stranger's.
#[test]
fn a_senders_leaf_that_is_gone_is_missed() {
    let mut peers = group_of(&["alice", "bob"], CipherSuite(1));
    let message = MlsMessage::from_bytes(&peers[0].send(b"hello")).unwrap();
    let bob = &mut peers[1];
    let records = bob.store.records.clone();
    let key = RecordKey::TreeNode(bob.group().id().clone(), NodeIndex::new(0).unwrap());
    assert!(bob.store.records.remove(&key).is_some());
    bob.restart();
    let mut group = bob.group.take().unwrap();
    let mut asked = Vec::new();
    let fault = loop {
        let missing = receive(&group, &message, &mut bob.world.env()).unwrap_err().missing().cloned().unwrap();
        asked.push(missing.prefixes.len());
        let records = bob.store.read(&missing);
        if let Err(fault) = group.admit(records, &mut bob.world.env()) {
            break fault;
        }
    };
    assert!(matches!(fault, Fault::Corrupt(_)), "{fault:?}");
    // The tree is not read before the leaf is missed.
    assert_eq!((asked.pop(), asked.iter().sum::<usize>()), (Some(1), 0));
    bob.store.records = records;
    bob.group = Some(group);
    bob.restart();
    assert_eq!(bob.receive(&message.to_bytes().unwrap()).data(), b"hello");
}

#[test]
fn records_that_are_gone_are_missed() {
    let mut peers = group_of(&["alice", "bob"], CipherSuite(1));
    let late = peers[0].send(b"late");
    for _ in 0..2 {
        let output = peers[0].commit(&CommitPlan::default());
        peers[0].accept();
        peers[1].receive(&output.message);
    }
    let bob = &mut peers[1];
    drop(bob.commit(&CommitPlan::default()));
    let records = bob.store.records.clone();
    let id = bob.group().id().clone();
    let first_node = NodeIndex::new(2).unwrap();
    let gone = [
        RecordKey::PathKeys(id.clone()),
        RecordKey::PendingCommit(id.clone()),
        RecordKey::TreeNode(id.clone(), first_node),
        RecordKey::Epoch(id.clone(), 1),
    ];
    for key in gone {
        assert!(bob.store.records.remove(&key).is_some(), "{key:?}");
        bob.restart();
        let mut group = bob.group.take().unwrap();
        let message = MlsMessage::from_bytes(&late).unwrap();
        let fault = loop {
            let env = &mut bob.world.env();
            let missing = match &key {
                RecordKey::Epoch(..) => receive(&group, &message, env).unwrap_err().missing().cloned(),
                _ => accept_commit(&group, env).unwrap_err().missing().cloned(),
            };
            let records = bob.store.read(&missing.unwrap());
            if let Err(fault) = group.admit(records, &mut bob.world.env()) {
                break fault;
            }
        };
        match &key {
            // That it is gone shows in the tree's hash.
            RecordKey::TreeNode(..) => assert!(matches!(fault, Fault::Corrupt(_)), "{fault:?}"),
            _ => assert_eq!(fault, Fault::Damaged(Box::new(key))),
        }
        bob.store.records = records.clone();
        bob.group = Some(group);
    }
    bob.restart();
    bob.accept();
}
