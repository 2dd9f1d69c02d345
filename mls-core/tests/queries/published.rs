//! What is published, looked at without a group.

use mls_codec::Decode;
use mls_core::framing::{ContentType, MlsMessage, MlsMessageBody, Sender, WireFormat};
use mls_core::group::*;
use mls_core::key_package::KeyPackageError;
use mls_core::record::{GroupId, RecordKey};
use std::sync::Arc;

use crate::common::{NOW, Peer, group_of};
use crate::{SUITE, leaf};

fn info(peer: &mut Peer, ratchet_tree: bool) -> mls_core::welcome::GroupInfo {
    let options = GroupInfoOptions { external_pub: false, ratchet_tree };
    let bytes = peer.run(|e: &ExportError| e.missing().cloned(), |group, env| group_info(group, options, env)).unwrap();
    match MlsMessage::from_bytes(&bytes).unwrap().body {
        MlsMessageBody::GroupInfo(info) => *info,
        _ => panic!(),
    }
}

#[test]
fn a_message_tells_where_it_belongs() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let text = peers[0].send(b"text");
    let proposal = peers[0].propose(Proposing::Remove(leaf(1)), &SendOptions { encrypt: false, ..Default::default() });
    let peek = MlsMessage::from_bytes(&text).unwrap().peek();
    assert_eq!(peek.wire_format, WireFormat::PrivateMessage);
    assert_eq!((peek.group_id, peek.epoch), (Some(GroupId::from(b"group".to_vec())), Some(1)));
    assert_eq!((peek.content_type, peek.sender), (Some(ContentType::Application), None));
    let peek = MlsMessage::from_bytes(&proposal).unwrap().peek();
    assert_eq!((peek.wire_format, peek.epoch), (WireFormat::PublicMessage, Some(1)));
    assert_eq!((peek.content_type, peek.sender), (Some(ContentType::Proposal), Some(Sender::Member(leaf(0)))));

    let mut carol = Peer::new("carol", SUITE, 7);
    let package = carol.key_package();
    let peek = MlsMessage::from_bytes(&package.message).unwrap().peek();
    assert_eq!((peek.wire_format, peek.cipher_suite), (WireFormat::KeyPackage, Some(SUITE)));
    let output = peers[1].commit(&CommitPlan {
        proposals: vec![Proposing::Add(Arc::new(package.key_package))],
        ..CommitPlan::default()
    });
    let peek = MlsMessage::from_bytes(output.welcome.as_ref().unwrap()).unwrap().peek();
    assert_eq!((peek.wire_format, peek.key_packages), (WireFormat::Welcome, vec![package.reference]));
    assert_eq!((peek.group_id, peek.epoch, peek.cipher_suite), (None, None, Some(SUITE)));
}

#[test]
fn a_welcome_is_looked_into_and_nothing_is_used_up() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let mut carol = Peer::new("carol", SUITE, 7);
    let package = carol.key_package();
    let output = peers[0].commit(&CommitPlan {
        proposals: vec![Proposing::Add(Arc::new(package.key_package.clone()))],
        ..CommitPlan::default()
    });
    peers[0].accept();
    let welcome = output.welcome.unwrap();
    let MlsMessageBody::Welcome(parsed) = MlsMessage::from_bytes(&welcome).unwrap().body else { panic!() };
    let record = carol.store.get(&RecordKey::KeyPackage(package.reference.into())).unwrap();
    let records = carol.store.records.clone();
    let opened = open_welcome(&parsed, &package.reference, record.as_bytes(), None, &mut carol.world.env()).unwrap();
    assert_eq!((opened.key_package(), opened.psks().len()), (&package.key_package, 0));
    let pending = opened.resume(&Answers::new(), &mut carol.world.env()).unwrap();
    assert_eq!(pending.group_info().group_context, *peers[0].group().context());
    assert_eq!(pending.members(), peers[0].group().members().unwrap());
    assert_eq!((pending.own_leaf(), pending.tree().member_count()), (leaf(2), 3));
    drop(pending);
    assert!(carol.store.records == records);
    carol.join(&welcome, None);
}

#[test]
fn a_group_info_is_verified_by_itself() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    let tree = export_ratchet_tree(peers[0].group()).unwrap();
    let mut world = Peer::new("nobody", SUITE, 8).world;
    let good = info(&mut peers[1], true);
    let verified = verify_group_info(&good, None, &mut world.env()).unwrap();
    assert_eq!(verified.members(), peers[0].group().members().unwrap());
    assert_eq!((verified.group_info(), verified.tree().member_count()), (&good, 3));
    let bare = info(&mut peers[1], false);
    assert_eq!(verify_group_info(&bare, None, &mut world.env()).err(), Some(JoinError::NoTree));
    verify_group_info(&bare, Some(&tree), &mut world.env()).unwrap();

    let mut forged = good.clone();
    forged.confirmation_tag[0] ^= 1;
    let refused = verify_group_info(&forged, None, &mut world.env());
    assert_eq!(refused.err(), Some(JoinError::GroupInfoSignature));
    let mut other = good;
    other.group_context.tree_hash[0] ^= 1;
    assert_eq!(verify_group_info(&other, None, &mut world.env()).err(), Some(JoinError::TreeHash));
}

#[test]
fn a_key_package_is_checked_by_itself() {
    let mut carol = Peer::new("carol", SUITE, 7);
    let package = carol.key_package().key_package;
    assert_eq!(check_key_package(&package, &carol.world.env()), Ok(()));
    let mut forged = package.clone();
    forged.signature[0] ^= 1;
    assert_eq!(check_key_package(&forged, &carol.world.env()), Err(KeyPackageError::InvalidSignature));
    let mut alien = package.clone();
    alien.cipher_suite = mls_crypto_traits::CipherSuite(0xeaea);
    let unknown = Err(KeyPackageError::UnsupportedSuite(alien.cipher_suite));
    assert_eq!(check_key_package(&alien, &carol.world.env()), unknown);
    carol.world.now = NOW + 1000 * 24 * 3600;
    assert!(matches!(check_key_package(&package, &carol.world.env()), Err(KeyPackageError::Leaf(_))));
}
