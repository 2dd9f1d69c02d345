//! Registered extensions stand where their registration lets them, and GREASE in a GroupInfo is passed over (RFC 9420
//! sections 12.4.3, 13.5 and 17.3).

use alloc::vec;
use std::sync::Arc;

use mls_codec::Decode;

use super::common::{Peer, agree};
use super::forge::{Lies, forge_commit};
use super::support::{SUITE, by_value, extension, extensions, four, invalid_list, key_package, refused};
use crate::custom::CustomTypes;
use crate::extension::{ExtensionPlace, ExtensionType, Extensions};
use crate::framing::{MlsMessage, MlsMessageBody};
use crate::grease::grease_group_info;
use crate::group::{
    CommitError, CommitPlan, CreateError, ExportError, GroupInfoOptions, JoinError, KeyPackageSpec, Proposing,
    generate_key_package, group_info, group_info_with, verify_group_info,
};
use crate::key_package::{KeyPackage, KeyPackageError};
use crate::proposal::Proposal;
use crate::proposal::list::ProposalListError;
use crate::tree::validate::LeafNodeError;

const EXTENSION: ExtensionType = ExtensionType(0xff02);

fn only(place: ExtensionPlace) -> CustomTypes {
    CustomTypes::new().extension(EXTENSION, &[place]).unwrap()
}

// req: R-17.3-01
#[test]
fn an_add_has_a_registered_extension_only_where_it_may() {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let mut made = |lie: &dyn Fn(&mut KeyPackage)| {
        let listed = key_package(&mut erin, |package: &mut KeyPackage| {
            package.leaf_node.capabilities.extensions.push(EXTENSION);
            lie(package);
        });
        Proposal::Add(Arc::new(listed))
    };
    let in_package = made(&|package| package.extensions.0.push(extension(EXTENSION.0, b"")));
    let in_leaf = made(&|package| package.leaf_node.extensions.0.push(extension(EXTENSION.0, b"")));
    let misplaced = LeafNodeError::MisplacedExtension(EXTENSION);
    let cases = [
        (in_package, ExtensionPlace::LeafNode, KeyPackageError::MisplacedExtension(EXTENSION)),
        (in_leaf, ExtensionPlace::KeyPackage, KeyPackageError::Leaf(misplaced)),
    ];
    for (add, place, error) in cases {
        bob.world.custom = only(place);
        let message = forge_commit(&mut alice, &[by_value(0, add)], Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid_list(0, ProposalListError::InvalidAdd(error)));
    }
}

#[test]
fn we_put_a_registered_extension_only_where_it_may_stand() {
    let mut alice = Peer::new("alice", SUITE, 1);
    alice.world.custom = only(ExtensionPlace::LeafNode);
    let mut leaf = alice.leaf();
    leaf.capabilities.extensions.push(EXTENSION);
    let spec = KeyPackageSpec { cipher_suite: SUITE, leaf, extensions: extensions(&[(EXTENSION.0, b"")]) };
    let made = generate_key_package(&spec, &mut alice.world.env()).map(drop);
    assert_eq!(made, Err(CreateError::MisplacedExtension(EXTENSION)));
    alice.world.custom = only(ExtensionPlace::KeyPackage);
    assert_eq!(generate_key_package(&spec, &mut alice.world.env()).map(drop), Ok(()));
}

// req: R-17.3-01, R-12.4.3.3-07
#[test]
fn a_group_info_has_a_registered_extension_only_where_it_may() {
    let [mut alice, ..] = four();
    let mut bob = Peer::new("erin", SUITE, 9);
    let add = Proposing::Add(Arc::new(bob.key_package().key_package));
    let further = extensions(&[(EXTENSION.0, b"x")]);
    let plan = CommitPlan { proposals: vec![add], group_info_extensions: further.clone(), ..CommitPlan::default() };
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    alice.world.custom = only(ExtensionPlace::GroupContext);
    assert_eq!(alice.try_commit(&plan).map(drop), Err(CommitError::MisplacedExtension(EXTENSION)));
    let made = group_info_with(alice.group.as_ref().unwrap(), options, &further, &mut alice.world.env());
    assert_eq!(made, Err(ExportError::MisplacedExtension(EXTENSION)));
    alice.world.custom = only(ExtensionPlace::GroupInfo);
    let welcome = alice.commit(&plan).welcome.unwrap();
    bob.world.custom = only(ExtensionPlace::GroupContext);
    assert_eq!(bob.try_join(&welcome, None), Err(JoinError::MisplacedExtension(EXTENSION)));
    bob.world.custom = only(ExtensionPlace::GroupInfo);
    bob.join(&welcome, None);
    alice.accept();
    agree(&[alice, bob]);
}

#[test]
fn what_the_engine_puts_into_a_group_info_nobody_else_does() {
    let [mut alice, ..] = four();
    let options = GroupInfoOptions { external_pub: false, ratchet_tree: true };
    let mut make = |further: &Extensions| {
        group_info_with(alice.group.as_ref().unwrap(), options, further, &mut alice.world.env()).map(drop)
    };
    for kind in [ExtensionType::RATCHET_TREE, ExtensionType::EXTERNAL_PUB, ExtensionType::APPLICATION_ID] {
        assert_eq!(make(&extensions(&[(kind.0, b"")])), Err(ExportError::MisplacedExtension(kind)));
    }
    let twice = extensions(&[(0xff03, b""), (0xff03, b"")]);
    assert_eq!(make(&twice), Err(ExportError::DuplicateExtension));
    let plan = CommitPlan { group_info_extensions: twice, ..CommitPlan::default() };
    assert_eq!(alice.try_commit(&plan).map(drop), Err(CommitError::DuplicateExtension));
}

// req: R-12.4.3-03, R-13.5-02, R-13.5-03, R-13.5-06
#[test]
fn a_greased_group_info_is_as_good_as_another() {
    let [mut alice, ..] = four();
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    let mut further = Extensions::new();
    grease_group_info(&mut further, alice.world.env().rng).unwrap();
    let [greased] = &further.0[..] else { panic!("{further:?}") };
    let half = greased.extension_type.0 & 0xff;
    assert_eq!((half & 0x0f, greased.extension_type.0 >> 8), (0x0a, half));
    let plain = group_info(alice.group.as_ref().unwrap(), options, &mut alice.world.env()).unwrap();
    let bytes = group_info_with(alice.group.as_ref().unwrap(), options, &further, &mut alice.world.env()).unwrap();
    let read = |bytes: &[u8]| match MlsMessage::from_bytes(bytes).unwrap().body {
        MlsMessageBody::GroupInfo(info) => info,
        other => panic!("{other:?}"),
    };
    let (plain, info) = (read(&plain), read(&bytes));
    assert_eq!(info.group_context, plain.group_context);
    assert_eq!(info.extensions.0.len(), plain.extensions.0.len() + 1);
    verify_group_info(&info, None, &mut alice.world.env()).unwrap();
    let mut erin = Peer::new("erin", SUITE, 9);
    let commit = erin.join_external(&bytes, None, None);
    alice.receive(&commit);
    agree(&[alice, erin]);
}
