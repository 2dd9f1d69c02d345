//! What is asked of others, what is kept until it is not needed, and what is so by default (RFC 9420 sections 5.3.1, 6,
//! 7.3 and 12.1.2).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_codec::Decode;
use mls_crypto_traits::CipherSuite;

use super::common::{Event, Peer};
use super::forge::{Lies, forge_commit, forge_data, forge_proposal};
use super::snapshot::snapshot;
use super::support::{
    SUITE, by_value, cached, create_with, encrypted, extension, extensions, four, fresh_key, handle, invalid_commit,
    invalid_list, invalid_proposal, key_package, key_package_of, leaf, own_leaf_node, propose_to, refused, suite,
};
use crate::credential::Credential;
use crate::extension::{ExtensionType, Extensions, ExternalSender, ExternalSenders, RequiredCapabilities};
use crate::framing::{FramingError, MlsMessage, MlsMessageBody, Padding, Sender};
use crate::group::{
    AnswerError, Answers, CommitPlan, CommitRule, Disposition, EncryptOptions, Inbound, KeyPackageSpec, LeafChange,
    Proposing, ReceiveError, SendOptions, VettedCommit, generate_key_package, generate_signer, open_welcome, receive,
};
use crate::identity::CredentialEvent;
use crate::key_package::KeyPackageError;
use crate::proposal::Proposal;
use crate::proposal::list::ProposalListError;
use crate::record::{Delta, Durable, RecordKey, Write};
use crate::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource};
use crate::tree::validate::LeafNodeError;

fn vetted(peer: &mut Peer, message: &MlsMessage) -> VettedCommit {
    let Inbound::Commit(pending) = receive(peer.group.as_ref().unwrap(), message, &mut peer.world.env()).unwrap()
    else {
        panic!()
    };
    let ruling = pending.question().accept();
    pending.rule(ruling, peer.group.as_ref().unwrap(), &mut peer.world.env()).unwrap()
}

/// Without an answer nothing happens.
fn unanswered(peer: &mut Peer, vetted: VettedCommit) {
    let before = snapshot(peer.group());
    let error = vetted.resume(peer.group.as_ref().unwrap(), &Answers::new(), &mut peer.world.env()).unwrap_err();
    assert_eq!(error, ReceiveError::Answer(AnswerError::NotVouched(0)));
    assert!(before == snapshot(peer.group()));
}

// req: R-5.3.1-05, R-5.3.1-08
#[test]
fn a_committers_new_credential_is_asked_about() {
    let [mut alice, mut bob, ..] = four();
    let message = forge_commit(&mut alice, &[], Lies::none());
    assert_eq!(vetted(&mut bob, &message).credentials(), []);
    let key = alice.new_signer();
    let changes: [Box<dyn Fn(&mut LeafNode)>; 2] = [
        Box::new(|leaf| leaf.credential = Credential::basic("mallory")),
        Box::new(|leaf| leaf.signature_key = key.clone()),
    ];
    for change in changes {
        let message = forge_commit(&mut alice, &[], Lies { leaf: Box::new(change), ..Lies::none() });
        let vetted = vetted(&mut bob, &message);
        let [check] = vetted.credentials() else { panic!("{:?}", vetted.credentials()) };
        assert_eq!((check.event, check.leaf), (CredentialEvent::Commit, Some(leaf(0))));
        assert_eq!(check.predecessor, Some((Credential::basic("alice"), alice.signature_key.clone())));
        unanswered(&mut bob, vetted);
    }
}

// req: R-5.3.1-03
#[test]
fn who_was_vouched_for_with_the_proposal_is_not_asked_about_again() {
    let [mut alice, mut bob, mut carol, _] = four();
    let erin = Arc::new(Peer::new("erin", SUITE, 9).key_package().key_package);
    propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Add(erin.clone()));
    let list = cached(&alice);
    let message = forge_commit(&mut alice, &list, Lies::none());
    assert_eq!(vetted(&mut bob, &message).credentials(), []);
    let message = forge_commit(&mut alice, &[by_value(0, Proposal::Add(erin))], Lies::none());
    let vetted = vetted(&mut bob, &message);
    let [check] = vetted.credentials() else { panic!("{:?}", vetted.credentials()) };
    assert_eq!((check.event, &check.credential), (CredentialEvent::Add, &Credential::basic("erin")));
}

// req: R-5.3.1-06, R-5.3.1-07
#[test]
fn external_senders_are_asked_about_when_they_come_or_change() {
    let [mut alice, mut bob, ..] = four();
    let key = Peer::new("server", SUITE, 77).signature_key;
    let list = |names: &[&str]| {
        let senders = names
            .iter()
            .map(|name| ExternalSender { signature_key: key.clone(), credential: Credential::basic(*name) })
            .collect();
        let mut extensions = Extensions::new();
        extensions.set(&ExternalSenders(senders)).unwrap();
        extensions
    };
    let lists: [(&[&str], &[&str]); 4] =
        [(&["a"], &["a"]), (&["a", "b"], &["b"]), (&["a", "b"], &[]), (&["c", "b"], &["c"])];
    for (names, asked) in lists {
        let message = {
            let proposals = vec![Proposing::GroupContextExtensions(list(names))];
            let message = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() }).message;
            alice.accept();
            message
        };
        let vetted = vetted(&mut bob, &MlsMessage::from_bytes(&message).unwrap());
        let checks = vetted.credentials();
        assert!(checks.iter().all(|check| check.event == CredentialEvent::ExternalSender));
        let found: Vec<_> = checks.iter().map(|check| check.credential.clone()).collect();
        assert_eq!(found, asked.iter().map(|name| Credential::basic(*name)).collect::<Vec<_>>());
        if !asked.is_empty() {
            unanswered(&mut bob, vetted);
        }
        bob.receive(&message);
    }
}

// req: R-5.3.2-02
#[test]
fn a_message_is_read_although_its_sender_has_run_out() {
    let [mut alice, mut bob, ..] = four();
    let late = [alice.send(b"late"), alice.send(b"later")];
    bob.world.now += 10 * 365 * 24 * 3600;
    assert_eq!(bob.receive(&late[0]).data(), b"late");
    let commit = alice.commit(&CommitPlan::default()).message;
    bob.receive(&commit);
    assert_eq!(bob.receive(&late[1]).data(), b"later");
}

fn update_of(alice: &mut Peer, lie: impl FnOnce(&mut LeafNode)) -> Proposal {
    let mut update = own_leaf_node(alice);
    update.encryption_key = fresh_key(alice);
    update.leaf_node_source = LeafNodeSource::Update;
    lie(&mut update);
    let signer = alice.world.signers.0.get(&alice.signature_key).unwrap();
    update.sign(suite(alice), signer.as_ref(), Some((b"group", leaf(0)))).unwrap();
    Proposal::Update(Arc::new(update))
}

// req: R-7.3-02, R-12.2-03
#[test]
fn a_leaf_is_validated_wherever_it_comes_in() {
    let [mut alice, mut bob, ..] = four();
    let lie = |leaf: &mut LeafNode| leaf.extensions.0.push(extension(0xff01, b""));
    let rule = || LeafNodeError::UndeclaredExtension(ExtensionType::from(0xff01));
    let package = key_package(&mut Peer::new("erin", SUITE, 9), |package| lie(&mut package.leaf_node));
    let add = Proposal::Add(Arc::new(package));
    let invalid = || ProposalListError::InvalidAdd(KeyPackageError::Leaf(rule()));
    let message = forge_proposal(&mut alice, add.clone(), Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_proposal(0, invalid()));
    let message = forge_commit(&mut alice, &[by_value(0, add)], Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_list(0, invalid()));
    let update = update_of(&mut alice, lie);
    let message = forge_proposal(&mut alice, update, Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_proposal(0, ProposalListError::InvalidUpdate(rule())));
    let message = forge_commit(&mut alice, &[], Lies { leaf: Box::new(lie), ..Lies::none() });
    assert_eq!(refused(&mut bob, &message), invalid_commit(0, CommitRule::PathLeaf(rule())));
}

// req: R-7.3-08, R-7.3-07
// bad: ValSem-109, valn-0602, valn-0103
#[test]
fn an_update_that_lacks_what_the_group_demands() {
    let able = |capabilities: &mut Capabilities| {
        capabilities.extensions.extend([0xff01, 0xff02].map(ExtensionType::from));
        capabilities.proposals.push(0xff03.into());
    };
    let mut demands = extensions(&[(0xff02, b"")]);
    demands
        .set(&RequiredCapabilities {
            extension_types: vec![0xff01.into()],
            proposal_types: vec![0xff03.into()],
            credential_types: vec![],
        })
        .unwrap();
    let (mut alice, mut bob) = (Peer::new("alice", SUITE, 1), Peer::new("bob", SUITE, 2));
    create_with(&mut alice, able, demands);
    let proposals = vec![Proposing::Add(Arc::new(key_package_of(&mut bob, able)))];
    let welcome = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() }).welcome.unwrap();
    alice.accept();
    bob.join(&welcome, None);
    let cases: [(fn(&mut LeafNode), LeafNodeError); 3] = [
        (
            |leaf| leaf.capabilities.extensions.retain(|kind| *kind != ExtensionType::from(0xff01)),
            LeafNodeError::RequiredExtensionMissing(0xff01.into()),
        ),
        (
            |leaf| leaf.capabilities.extensions.retain(|kind| *kind != ExtensionType::from(0xff02)),
            LeafNodeError::GroupExtensionUnsupported(0xff02.into()),
        ),
        (|leaf| leaf.capabilities.proposals.clear(), LeafNodeError::RequiredProposalMissing(0xff03.into())),
    ];
    for (lie, rule) in cases {
        let update = update_of(&mut alice, lie);
        let message = forge_proposal(&mut alice, update, Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid_proposal(0, ProposalListError::InvalidUpdate(rule)));
    }
    let update = update_of(&mut alice, |_| {});
    let message = forge_proposal(&mut alice, update, Lies::none());
    handle(&mut bob, &message).unwrap();
}

// bad: trap-06
#[test]
fn nobody_is_blamed_for_what_is_not_signed() {
    let [mut alice, mut bob, ..] = four();
    // Carol did nothing: Alice made it all, Carol's tag or key included.
    let of_carol = || Lies { content: Box::new(|c| c.sender = Sender::Member(leaf(2))), ..Lies::none() };
    let nobody = || Proposal::Remove(leaf(9).into());
    let messages = [
        forge_proposal(&mut alice, nobody(), of_carol()),
        forge_proposal(&mut alice, nobody(), Lies { key_of: Some(leaf(2)), encrypt: true, ..of_carol() }),
        forge_commit(&mut alice, &[by_value(0, nobody())], of_carol()),
        forge_data(&mut alice, b"carol", Lies { key_of: Some(leaf(2)), ..of_carol() }),
    ];
    for message in &messages {
        let error = refused(&mut bob, message);
        assert_eq!(error, ReceiveError::Framing(FramingError::WrongSignature));
        assert_eq!(error.disposition(), Disposition::Discard);
    }
    for lies in [Lies::none(), encrypted()] {
        let message = forge_proposal(&mut alice, nobody(), lies);
        let error = refused(&mut bob, &message);
        assert_eq!(error.disposition(), Disposition::Blame(Sender::Member(leaf(0))));
    }
}

// bad: trap-12
#[test]
fn any_of_several_own_updates_may_be_committed() {
    for chosen in 0..3 {
        let [mut alice, mut bob, mut carol, _] = four();
        for _ in 0..3 {
            propose_to(&mut carol, &mut [&mut alice, &mut bob], Proposing::Update(LeafChange::default()));
        }
        carol.restart();
        let list = [cached(&alice).swap_remove(chosen)];
        let message = forge_commit(&mut alice, &list, Lies::none());
        for peer in [&mut bob, &mut carol] {
            let Event::Epoch(change) = peer_receive(peer, &message) else { panic!() };
            assert_eq!(change.updated, [leaf(2)]);
        }
        // The key that was kept is that of the leaf.
        let commit = bob.commit(&CommitPlan::default()).message;
        bob.accept();
        carol.receive(&commit);
        assert_eq!(carol.group().epoch_authenticator(), bob.group().epoch_authenticator());
    }
}

fn peer_receive(peer: &mut Peer, message: &MlsMessage) -> Event {
    peer.receive(&mls_codec::Encode::to_bytes(message).unwrap())
}

// bad: trap-15
#[test]
fn public_keys_are_had_once_the_private_ones_are_stored() {
    let mut alice = Peer::new("alice", SUITE, 1);
    let puts = |delta: &Delta, is: fn(&RecordKey) -> bool| {
        delta.writes().any(|write| matches!(write, Write::Put(key, _) if is(key)))
    };
    let other = generate_signer(SUITE, &mut alice.world.env()).unwrap();
    let elsewhere = || Durable::i_stored(other.delta());
    let signer = generate_signer(SUITE, &mut alice.world.env()).unwrap();
    assert!(puts(signer.delta(), |key| matches!(key, RecordKey::Signer(_))));
    assert!(signer.release(elsewhere()).is_err());
    let spec = KeyPackageSpec { cipher_suite: SUITE, leaf: alice.leaf(), extensions: Extensions::new() };
    let package = generate_key_package(&spec, &mut alice.world.env()).unwrap();
    assert!(puts(package.delta(), |key| matches!(key, RecordKey::KeyPackage(_))));
    assert!(package.release(elsewhere()).is_err());
}

// req: R-6-03
// bad: trap-16
#[test]
fn the_defaults_are_the_safe_ones() {
    assert!(SendOptions::default().encrypt);
    assert_eq!(SendOptions::default().padding, Padding::Step);
    assert_eq!(EncryptOptions::default().padding, Padding::Step);
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let proposal = bob.propose(Proposing::Remove(leaf(3)), &SendOptions::default());
    alice.receive(&proposal);
    let proposals = vec![Proposing::Add(Arc::new(erin.key_package().key_package))];
    let output = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() });
    for message in [&proposal, &output.message] {
        let message = MlsMessage::from_bytes(message).unwrap();
        assert!(matches!(message.body, MlsMessageBody::PrivateMessage(_)));
    }
    let welcome = super::successor_support::welcome_of(&output.welcome.unwrap());
    let reference = welcome.secrets[0].new_member;
    let record = erin.store.get(&RecordKey::KeyPackage(reference.into())).unwrap();
    let opened = open_welcome(&welcome, &reference, record.as_bytes(), None, &mut erin.world.env()).unwrap();
    let pending = opened.resume(&Answers::new(), &mut erin.world.env()).unwrap();
    let extensions = &pending.group_info().extensions;
    assert!(!extensions.contains(ExtensionType::EXTERNAL_PUB));
    assert!(extensions.contains(ExtensionType::RATCHET_TREE));
}

// req: R-13.4-01, R-17.1-01
#[test]
fn what_a_leaf_says_is_so() {
    let alice = Peer::new("alice", SUITE, 1);
    let suites = alice.leaf().capabilities.cipher_suites;
    assert!(suites.contains(&CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519));
    for id in suites {
        assert!(alice.world.crypto.suite(id).is_some(), "{id:?}");
        let mut peers = super::common::group_of(&["alice", "bob"], id);
        let message = peers[0].send(b"data");
        assert_eq!(peers[1].receive(&message).data(), b"data");
    }
}
