//! Who signs what when a signature key is replaced (RFC 9420 sections 12.1.2 and 12.4.1).

use alloc::boxed::Box;
use alloc::vec;
use std::sync::Arc;

use mls_codec::Decode;
use mls_crypto_traits::{CryptoError, SignaturePublicKey};

use super::common::Peer;
use super::forge::{Lies, forge_commit};
use super::forge_welcome::{WelcomeLies, forge_welcome};
use super::support::{PUBLIC, SUITE, four, leaf, refused, suite};
use crate::framing::{Content, FramingError, MlsMessage, MlsMessageBody};
use crate::group::{CommitPlan, JoinError, LeafChange, Proposing, ReceiveError, open_welcome};
use crate::record::RecordKey;

fn to_key(key: &SignaturePublicKey) -> LeafChange {
    LeafChange { signature_key: Some(key.clone()), ..LeafChange::default() }
}

// req: R-12.4.1-10, R-12.4.1-13, R-7.5-06
#[test]
fn a_commit_that_rotates_the_key() {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 5);
    let (old, new) = (alice.signature_key.clone(), alice.new_signer());
    let proposals = vec![Proposing::Add(Arc::new(erin.key_package().key_package))];
    let plan = CommitPlan { proposals, leaf: to_key(&new), options: PUBLIC, ..CommitPlan::default() };
    let output = alice.commit(&plan);

    let MlsMessageBody::PublicMessage(message) = MlsMessage::from_bytes(&output.message).unwrap().body else {
        panic!()
    };
    let group = alice.group();
    let (suite, context) = (suite(&alice), Some(group.epoch.context_bytes.as_slice()));
    let content = message.unprotect(suite, Some(&group.epoch.secrets.membership), context).unwrap();
    // The content by the key of the old epoch, the leaf by the new one.
    assert_eq!(content.verify_signature(suite, &old, context), Ok(()));
    let by_new = content.verify_signature(suite, &new, context);
    assert_eq!(by_new, Err(FramingError::WrongSignature));
    let Content::Commit(commit) = &content.content.content else { panic!() };
    let leaf_node = &commit.path.as_ref().unwrap().leaf_node;
    assert_eq!(leaf_node.signature_key, new);
    assert_eq!(leaf_node.verify_signature(suite, Some((b"group", leaf(0)))), Ok(()));

    // The GroupInfo by the new one, too.
    let welcome = output.welcome.unwrap();
    let opened = super::successor_support::welcome_of(&welcome);
    let reference = opened.secrets[0].new_member;
    let record = erin.store.get(&RecordKey::KeyPackage(reference.into())).unwrap();
    let opened = open_welcome(&opened, &reference, record.as_bytes(), None, &mut erin.world.env()).unwrap();
    let pending = opened.resume(&erin.answers(&[], &[]), &mut erin.world.env()).unwrap();
    assert_eq!(pending.group_info().verify_signature(suite, &new), Ok(()));
    assert_eq!(pending.group_info().verify_signature(suite, &old), Err(CryptoError::InvalidSignature));

    alice.accept();
    bob.receive(&output.message);
    erin.join(&welcome, None);
    let message = alice.send(b"by the new key");
    for peer in [&mut bob, &mut erin] {
        assert_eq!(peer.receive(&message).data(), b"by the new key");
        assert_eq!(peer.group().member(leaf(0)).unwrap().unwrap().signature_key, new);
    }
}

// req: R-12.4.1-10, R-6.1-03
#[test]
fn a_commit_that_is_signed_by_its_new_key_already() {
    let [mut alice, mut bob, ..] = four();
    let new = alice.new_signer();
    let key = new.clone();
    let rotated = || Lies { leaf: Box::new(|leaf| leaf.signature_key = key.clone()), ..Lies::none() };
    let message = forge_commit(&mut alice, &[], Lies { sign_with: Some(new.clone()), ..rotated() });
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
    let message = forge_commit(&mut alice, &[], rotated());
    super::support::handle(&mut bob, &message).unwrap();
}

// req: R-12.4.1-13, R-12.4.3.1-10
#[test]
fn a_group_info_that_is_signed_by_the_key_before() {
    let [mut alice, ..] = four();
    let (old, new) = (alice.signature_key.clone(), alice.new_signer());
    alice.commit(&CommitPlan { leaf: to_key(&new), ..CommitPlan::default() });
    alice.accept();
    let mut erin = Peer::new("erin", SUITE, 5);
    let package = erin.key_package().key_package;
    let lies = WelcomeLies { sign_with: Some(old), ..WelcomeLies::none() };
    let forged = forge_welcome(&mut alice, &package, lies);
    assert_eq!(erin.try_join(&forged.welcome, None).unwrap_err(), JoinError::GroupInfoSignature);
    let forged = forge_welcome(&mut alice, &package, WelcomeLies::none());
    erin.try_join(&forged.welcome, None).unwrap();
}

// req: R-12.1.2-02
#[test]
fn an_update_that_rotates_the_key() {
    let [mut alice, mut bob, mut carol, _] = four();
    let (old, new) = (bob.signature_key.clone(), bob.new_signer());
    let update = bob.propose(Proposing::Update(to_key(&new)), &PUBLIC);
    for peer in [&mut alice, &mut carol] {
        peer.receive(&update);
    }
    // Until it is committed, the old key signs.
    let remove = bob.propose(Proposing::Remove(leaf(3)), &PUBLIC);
    for peer in [&mut alice, &mut carol] {
        peer.receive(&remove);
        assert_eq!(peer.group().member(leaf(1)).unwrap().unwrap().signature_key, old);
    }
    let commit = alice.commit(&CommitPlan::default()).message;
    alice.accept();
    for peer in [&mut bob, &mut carol] {
        peer.receive(&commit);
    }
    bob.restart();
    let message = bob.send(b"by the new key");
    for peer in [&mut alice, &mut carol] {
        assert_eq!(peer.receive(&message).data(), b"by the new key");
        assert_eq!(peer.group().member(leaf(1)).unwrap().unwrap().signature_key, new);
    }
    let commit = bob.commit(&CommitPlan::default()).message;
    bob.accept();
    alice.receive(&commit);
    super::common::agree(&[alice, bob]);
}
