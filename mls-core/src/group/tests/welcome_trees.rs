//! Welcomes whose tree is refused (RFC 9420 sections 7.3, 7.9.2 and 12.4.3.1).

use alloc::boxed::Box;

use mls_codec::Encode;
use mls_crypto_traits::{CryptoError, SecretBytes};

use super::common::{NOW, Peer};
use super::forge::Lie;
use super::forge_welcome::{WelcomeLies, forge_welcome, with_node};
use super::support::{SUITE, extension, four, leaf, node, suite};
use super::welcomes::{Scene, refused, refused_bytes, scene};
use crate::extension::ExtensionType;
use crate::group::JoinError;
use crate::tree::leaf_node::{LeafNode, LeafNodeSource, Lifetime};
use crate::tree::parent_hash::ParentHashError;
use crate::tree::parent_node::ParentNode;
use crate::tree::path::PathError;
use crate::tree::ratchet_tree::{RatchetTree, TreeError};
use crate::tree::validate::{LeafNodeError, TreeValidationError};

/// Bob's leaf changed and signed again, in the tree that Erin is welcomed to.
fn bobs_leaf(scene: &mut Scene, change: impl FnOnce(&mut LeafNode), sign: bool) -> JoinError {
    let suite = suite(&scene.bob);
    let signer = scene.bob.world.signers.0.get(&scene.bob.signature_key).unwrap();
    let tree = |tree: &mut RatchetTree| {
        let mut leaf_node = tree.leaf(leaf(1)).unwrap();
        change(&mut leaf_node);
        if sign {
            leaf_node.sign(suite, signer.as_ref(), Some((b"group", leaf(1)))).unwrap();
        }
        *tree = with_node(suite, tree, node(2), Some(leaf_node.to_bytes().unwrap()));
    };
    let forged =
        forge_welcome(&mut scene.alice, &scene.package, WelcomeLies { tree: Box::new(tree), ..WelcomeLies::none() });
    refused_bytes(&mut scene.erin, &forged.welcome, None)
}

// req: R-12.4.3.1-15, R-7.3-03, R-7.3-05
// bad: valn-0102, valn-1407
#[test]
fn a_tree_with_a_leaf_that_is_invalid() {
    let mut scene = scene();
    let taken = scene.alice.signature_key.clone();
    let of_bob = |rule| JoinError::Tree(TreeValidationError::Leaf(leaf(1), rule));
    let bad_signature = || of_bob(LeafNodeError::InvalidSignature(CryptoError::InvalidSignature));
    assert_eq!(bobs_leaf(&mut scene, |leaf| leaf.signature[0] ^= 1, false), bad_signature());
    assert_eq!(bobs_leaf(&mut scene, |leaf| leaf.leaf_node_source = LeafNodeSource::Update, false), bad_signature());
    let error = bobs_leaf(&mut scene, |leaf| leaf.capabilities.versions.clear(), true);
    assert_eq!(error, of_bob(LeafNodeError::VersionUnsupported));
    let error = bobs_leaf(&mut scene, |leaf| leaf.extensions.0.push(extension(0xff01, b"")), true);
    assert_eq!(error, of_bob(LeafNodeError::UndeclaredExtension(ExtensionType::from(0xff01))));
    let inverted = LeafNodeSource::KeyPackage(Lifetime { not_before: 2, not_after: 1 });
    let error = bobs_leaf(&mut scene, |leaf| leaf.leaf_node_source = inverted, true);
    assert_eq!(error, of_bob(LeafNodeError::LifetimeInverted));
    let error = bobs_leaf(&mut scene, |leaf| leaf.signature_key = taken, true);
    assert_eq!(error, JoinError::TreeForm(TreeError::DuplicateSignatureKey(leaf(0), leaf(1))));
    let key = scene.alice.group().tree().unwrap().leaf(leaf(0)).unwrap().encryption_key;
    let error = bobs_leaf(&mut scene, |leaf| leaf.encryption_key = key, true);
    assert_eq!(error, JoinError::TreeForm(TreeError::DuplicateEncryptionKey(node(0), node(2))));
}

// req: R-7.3-13, R-7.2-12
// bad: valn-0106, welcome-06
#[test]
fn a_leaf_whose_time_is_over() {
    let cases = [
        (NOW - 10, NOW - 1, LeafNodeError::Expired),
        (NOW + 1, NOW + 10, LeafNodeError::NotYetValid),
        (0, u64::MAX, LeafNodeError::LifetimeTooLong),
    ];
    for (not_before, not_after, rule) in cases {
        let mut scene = scene();
        scene.erin.world.limits.strict_tree_lifetimes = true;
        let source = LeafNodeSource::KeyPackage(Lifetime { not_before, not_after });
        let error = bobs_leaf(&mut scene, |leaf| leaf.leaf_node_source = source.clone(), true);
        assert_eq!(error, JoinError::Tree(TreeValidationError::Leaf(leaf(1), rule)));
        // A group is not lost over it, unless that is asked for.
        scene.erin.world.limits.strict_tree_lifetimes = false;
        let suite = suite(&scene.bob);
        let signer = scene.bob.world.signers.0.get(&scene.bob.signature_key).unwrap();
        let tree = |tree: &mut RatchetTree| {
            let mut leaf_node = LeafNode { leaf_node_source: source, ..tree.leaf(leaf(1)).unwrap() };
            leaf_node.sign(suite, signer.as_ref(), None).unwrap();
            *tree = with_node(suite, tree, node(2), Some(leaf_node.to_bytes().unwrap()));
        };
        let lies = WelcomeLies { tree: Box::new(tree), ..WelcomeLies::none() };
        let forged = forge_welcome(&mut scene.alice, &scene.package, lies);
        scene.erin.try_join(&forged.welcome, None).unwrap();
    }
}

// req: R-12.4.3.1-19
#[test]
fn a_tree_without_us() {
    let mut scene = scene();
    let suite = suite(&scene.bob);
    let mut stranger = Peer::new("erin", SUITE, 4).key_package().key_package.leaf_node;
    let tree = |tree: &mut RatchetTree| {
        *tree = with_node(suite, tree, node(4), Some(stranger.to_bytes().unwrap()));
    };
    let lies = WelcomeLies { tree: Box::new(tree), ..WelcomeLies::none() };
    let forged = forge_welcome(&mut scene.alice, &scene.package, lies);
    let error = refused_bytes(&mut scene.erin, &forged.welcome, None);
    assert_eq!(error, JoinError::Tree(TreeValidationError::OwnLeafMissing));
    // Our keys, but another leaf than the one that we made.
    stranger = scene.package.leaf_node.clone();
    stranger.extensions.0.push(extension(1, b"another"));
    let signer = scene.erin.world.signers.0.get(&scene.erin.signature_key).unwrap();
    stranger.sign(suite, signer.as_ref(), None).unwrap();
    let tree = |tree: &mut RatchetTree| {
        *tree = with_node(suite, tree, node(4), Some(stranger.to_bytes().unwrap()));
    };
    let lies = WelcomeLies { tree: Box::new(tree), ..WelcomeLies::none() };
    let forged = forge_welcome(&mut scene.alice, &scene.package, lies);
    let error = refused_bytes(&mut scene.erin, &forged.welcome, None);
    assert_eq!(error, JoinError::Tree(TreeValidationError::OwnLeafMissing));
}

// req: R-12.4.3.1-14, R-12.4.3.1-18
// bad: valn-1406, valn-1410
#[test]
fn a_tree_whose_parents_do_not_hold() {
    let [mut alice, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let package = erin.key_package().key_package;
    let helper = Peer::new("helper", SUITE, 10);
    let suite = suite(&helper);
    let member = alice.group().tree().unwrap().leaf(leaf(3)).unwrap().encryption_key;
    let cases: [(Lie<'_, ParentNode>, JoinError); 2] = [
        (
            Box::new(|parent| parent.parent_hash[0] ^= 1),
            JoinError::Tree(TreeValidationError::ParentHash(ParentHashError::NotLinked(node(1)))),
        ),
        (
            Box::new(move |parent| parent.encryption_key = member),
            JoinError::TreeForm(TreeError::DuplicateEncryptionKey(node(1), node(6))),
        ),
    ];
    for (change, rule) in cases {
        let tree = |tree: &mut RatchetTree| {
            let mut parent = tree.parent(node(1)).unwrap();
            change(&mut parent);
            *tree = with_node(suite, tree, node(1), Some(parent.to_bytes().unwrap()));
        };
        let lies = WelcomeLies { tree: Box::new(tree), ..WelcomeLies::none() };
        let forged = forge_welcome(&mut alice, &package, lies);
        let (records, tree) = (erin.store.records.clone(), None);
        assert_eq!(erin.try_join(&forged.welcome, tree).unwrap_err(), rule);
        assert!(records == erin.store.records);
    }
}

// req: R-12.4.3.1-20, R-12.4.3.1-21
#[test]
fn a_path_secret_that_is_not_the_trees() {
    let mut scene = scene();
    let secret = |bytes: &'static [u8], with_path| WelcomeLies {
        with_path,
        secrets: Box::new(move |secrets| secrets.path_secret = Some(SecretBytes::from_slice(bytes))),
        ..WelcomeLies::none()
    };
    for length in [0, 31, 33] {
        assert_eq!(refused(&mut scene, secret(&[9; 33][..length], true)), JoinError::PathSecretLength);
    }
    for with_path in [true, false] {
        let error = refused(&mut scene, secret(&[9; 32], with_path));
        assert_eq!(error, JoinError::Path(PathError::PublicKeyMismatch { node: node(3) }));
    }
}
