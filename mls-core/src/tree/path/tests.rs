#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

extern crate std;

mod keys;
mod vectors;
pub(in crate::tree) mod world;

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use mls_crypto_traits::{CryptoError, HpkeCiphertext, HpkePublicKey, SecretBytes};
use proptest::prelude::*;

use self::world::{Sent, World, suite1};
use super::*;
use crate::commit::{EncryptedPathSecrets, UpdatePath, UpdatePathNode};
use crate::tree::leaf_node::LeafNodeSource;
use crate::tree::math::{LeafIndex, NodeIndex, direct_path};
use crate::tree::parent_hash::verify_parent_hashes;

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

fn node(index: u32) -> NodeIndex {
    NodeIndex::new(index).unwrap()
}

fn no_leaves() -> BTreeSet<LeafIndex> {
    BTreeSet::new()
}

fn check(world: &World, sent: &Sent, path: &UpdatePath) -> Result<(), PathError> {
    check_path(world.suite, &world.tree, sent.sender, path, &sent.excluded)
}

fn decrypt(world: &World, sent: &Sent, path: &UpdatePath, own: LeafIndex) -> Result<(), PathError> {
    let keys = &world.members[&own].keys;
    decrypt_path(
        world.suite,
        &world.tree,
        own,
        &keys.leaf,
        &keys.parents,
        sent.sender,
        path,
        &sent.excluded,
        &sent.context,
    )
    .map(drop)
}

/// Eight members, all parents filled by commits of 0, 2, 4, 6; and a path from leaf 0 under way.
fn filled() -> (World, Sent) {
    let mut world = World::new(suite1(), 1);
    world.add(7);
    for sender in [0, 2, 4, 6] {
        world.commit(leaf(sender));
    }
    let sent = world.send(leaf(0), no_leaves());
    check(&world, &sent, &sent.path).unwrap();
    (world, sent)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // req: R-4.2-01, R-7.4-01, R-7.5-02, R-7.5-08, R-7.5-13
    #[test]
    fn random_histories_converge(seed in any::<u64>()) {
        let mut world = World::new(suite1(), seed);
        world.add(3);
        for _ in 0..8 {
            world.step();
        }
        world.check_tree_invariant();
    }
}

// req: R-7.4-02, R-7.4-03, R-7.4-04, R-12.4.2-14
#[test]
fn secrets_follow_the_chain_and_the_leaf_does_not() {
    let (world, sent) = filled();
    let suite = world.suite;
    let first = sent.new.path_secret_for(leaf(1)).unwrap();
    let second = sent.new.path_secret_for(leaf(2)).unwrap();
    let third = sent.new.path_secret_for(leaf(7)).unwrap();
    assert_eq!(first.as_bytes().len(), suite.hash_len());
    assert_eq!(second.as_bytes(), suite.derive_secret(first.as_bytes(), b"path").unwrap().as_bytes());
    assert_eq!(third.as_bytes(), suite.derive_secret(second.as_bytes(), b"path").unwrap().as_bytes());
    let beyond = suite.derive_secret(third.as_bytes(), b"path").unwrap();
    for (public, secret) in sent.new.public_keys().zip([first, second, third]) {
        let node_secret = suite.derive_secret(secret.as_bytes(), b"node").unwrap();
        assert_eq!(*public, suite.derive_key_pair(node_secret.as_bytes()).unwrap().public);
        assert_ne!(*public, *sent.new.leaf_public());
    }
    let (update, commit_secret) = sent.new.into_private();
    assert_eq!(commit_secret.as_bytes(), beyond.as_bytes());
    assert_eq!(update.set.into_keys().collect::<Vec<_>>(), [node(1), node(3), node(7)]);
    assert!(update.leaf.is_some());
    assert_eq!(update.clear, []);
}

// req: R-12.4.2-14, R-12.4.1-05, R-7.4-02
#[test]
fn alone_the_commit_secret_is_the_first_path_secret() {
    let mut world = World::new(suite1(), 2);
    let mut rng = world::TestRng::new(9);
    let mut same = world::TestRng::new(9);
    let new = generate_path(world.suite, &world.tree, leaf(0), &mut rng).unwrap();
    let expected_leaf = world.suite.generate_hpke_key_pair(&mut same).unwrap();
    let expected = PathSecret::random(world.suite, &mut same).unwrap();
    assert_eq!(*new.leaf_public(), expected_leaf.public);
    assert_eq!(new.public_keys().len(), 0);
    assert!(new.parent_hashes().leaf.is_empty());
    assert_eq!(new.into_private().1.as_bytes(), expected.as_bytes());
    world.commit(leaf(0));
}

// req: R-7.6-04
#[test]
fn a_node_above_new_leaves_only_has_no_ciphertext() {
    let mut world = World::with_members(suite1(), 3, 2, 1);
    let added = world.add(2);
    let sent = world.send(leaf(0), added.clone());
    let counts: Vec<usize> = sent.path.nodes.iter().map(|node| node.encrypted_path_secret.len()).collect();
    assert_eq!(counts, [1, 0]);
    // To encrypt to them anyway is refused.
    let mut path = sent.path.clone();
    path.nodes[1].encrypted_path_secret = path.nodes[0].encrypted_path_secret.clone();
    assert_eq!(check(&world, &sent, &path), Err(PathError::CiphertextCount { node: node(3), expected: 0, found: 1 }));
    assert_eq!(decrypt(&world, &sent, &sent.path, leaf(2)), Err(PathError::NotARecipient));
    world.deliver(sent);
}

// req: R-4.2-02
#[test]
fn a_key_missing_in_the_middle_is_no_hindrance() {
    let mut world = World::with_members(suite1(), 4, 4, 0);
    for sender in [0, 2] {
        world.commit(leaf(sender));
    }
    // Leaf 3 holds 5 and 7's keys; the path from leaf 0 after the loss of node 5's key reaches it by its leaf only if that is listed.
    let sent = world.send(leaf(0), no_leaves());
    let keys = &mut world.members.get_mut(&leaf(3)).unwrap().keys;
    let held = keys.parents.remove(&node(5)).unwrap();
    assert_eq!(decrypt(&world, &sent, &sent.path, leaf(3)), Err(PathError::NoPrivateKey { node: node(3) }));
    world.members.get_mut(&leaf(3)).unwrap().keys.parents.insert(node(5), held);
    world.deliver(sent);

    // A new member right of the middle knows nothing but its leaf until a path comes from elsewhere: then the root.
    let mut world = World::with_members(suite1(), 5, 3, 0);
    for sender in [0, 2] {
        world.commit(leaf(sender));
    }
    let added = world.add(1);
    assert_eq!(added, BTreeSet::from([leaf(3)]));
    let sent = world.send(leaf(0), no_leaves());
    world.deliver(sent);
    let held: Vec<NodeIndex> = world.members[&leaf(3)].keys.parents.keys().copied().collect();
    assert_eq!(held, [node(3)]);
}

// req: R-7.5-01, R-7.6-03
#[test]
fn a_path_of_another_length_is_refused() {
    let (world, sent) = filled();
    let mut short = sent.path.clone();
    short.nodes.pop();
    let mut long = sent.path.clone();
    let encrypted_path_secret = EncryptedPathSecrets::new(&[]).unwrap();
    long.nodes.push(UpdatePathNode { encryption_key: HpkePublicKey::from(vec![9; 32]), encrypted_path_secret });
    for (path, found) in [(short, 2), (long, 4)] {
        let want = PathError::PathLength { expected: 3, found };
        assert_eq!(check(&world, &sent, &path), Err(want.clone()));
        assert_eq!(merge_path(world.suite, &world.tree, sent.sender, &path).unwrap_err(), want);
        assert_eq!(decrypt(&world, &sent, &path, leaf(5)), Err(want));
    }
}

// req: R-7.6-02
#[test]
fn a_wrong_number_of_ciphertexts_is_refused() {
    let (world, sent) = filled();
    for index in 0..3_usize {
        let at = sent.path.nodes[index].encrypted_path_secret.len();
        assert_eq!(at, 1);
        let parent = node([1, 3, 7][index]);
        let own = leaf([1, 2, 5][index]);
        let mut few = sent.path.clone();
        few.nodes[index].encrypted_path_secret.edit(Vec::clear);
        let mut many = sent.path.clone();
        let one = HpkeCiphertext { kem_output: Vec::new(), ciphertext: Vec::new() };
        many.nodes[index].encrypted_path_secret.edit(|all| all.push(one));
        for (path, found) in [(few, 0), (many, 2)] {
            let want = PathError::CiphertextCount { node: parent, expected: 1, found };
            assert_eq!(check(&world, &sent, &path), Err(want.clone()));
            assert_eq!(decrypt(&world, &sent, &path, own), Err(want));
        }
    }
}

// req: R-12.4.2-10, R-12.4.2-11, R-7.5-05
#[test]
fn a_key_that_is_in_the_tree_is_refused() {
    let (world, sent) = filled();
    // The sender's own old keys are still there; so are other leaves' and parents'.
    for old in [0_u32, 1, 2, 3, 5, 7, 9, 14] {
        let key = HpkePublicKey::from(world.tree.encryption_key(node(old)).unwrap().to_vec());
        let mut path = sent.path.clone();
        path.leaf_node.encryption_key = key.clone();
        assert_eq!(check(&world, &sent, &path), Err(PathError::KeyInTree { node: node(old) }));
        for index in 0..3 {
            let mut path = sent.path.clone();
            path.nodes[index].encryption_key = key.clone();
            assert_eq!(check(&world, &sent, &path), Err(PathError::KeyInTree { node: node(old) }));
        }
    }
}

// req: R-12.4.2-12
#[test]
fn equal_keys_within_a_path_are_refused() {
    let (world, sent) = filled();
    let mut leaf_twice = sent.path.clone();
    leaf_twice.nodes[1].encryption_key = leaf_twice.leaf_node.encryption_key.clone();
    let mut parent_twice = sent.path.clone();
    parent_twice.nodes[2].encryption_key = parent_twice.nodes[0].encryption_key.clone();
    for path in [leaf_twice, parent_twice] {
        assert_eq!(check(&world, &sent, &path), Err(PathError::DuplicateKey));
    }
}

// req: R-12.4.2-11
#[test]
fn an_invalid_key_is_refused() {
    let (world, sent) = filled();
    let mut path = sent.path.clone();
    path.nodes[1].encryption_key = HpkePublicKey::from(vec![9; 31]);
    assert!(matches!(check(&world, &sent, &path), Err(PathError::InvalidPublicKey(_))));
}

// req: R-7.9.2-07, R-7.3-19, R-7.5-04
#[test]
fn a_leaf_that_does_not_fit_its_path_is_refused() {
    let (world, sent) = filled();
    let right = sent.new.parent_hashes().leaf.clone();
    let mut flipped = right.clone();
    flipped[0] ^= 1;
    for wrong in [flipped, Vec::new(), right[..31].to_vec()] {
        let mut path = sent.path.clone();
        path.leaf_node = world.path_leaf(sent.sender, sent.new.leaf_public(), &wrong);
        let merged = merge_path(world.suite, &world.tree, sent.sender, &path);
        assert_eq!(merged.unwrap_err(), PathError::ParentHashMismatch);
        let own = sent.new.merge(world.suite, &world.tree, &path.leaf_node);
        assert_eq!(own.unwrap_err(), PathError::ParentHashMismatch);
    }
    let mut path = sent.path.clone();
    path.leaf_node.leaf_node_source = LeafNodeSource::Update;
    let merged = merge_path(world.suite, &world.tree, sent.sender, &path);
    assert_eq!(merged.unwrap_err(), PathError::WrongLeafSource);
    // A key of the path changes every parent hash below it.
    let mut path = sent.path.clone();
    path.nodes[2].encryption_key = HpkePublicKey::from(vec![9; 32]);
    let merged = merge_path(world.suite, &world.tree, sent.sender, &path);
    assert_eq!(merged.unwrap_err(), PathError::ParentHashMismatch);
    let other = world.path_leaf(sent.sender, &HpkePublicKey::from(vec![9; 32]), &right);
    let own = sent.new.merge(world.suite, &world.tree, &other);
    assert_eq!(own.unwrap_err(), PathError::PublicKeyMismatch { node: node(0) });
}

// req: R-7.5-12
#[test]
fn a_key_that_is_not_derived_from_its_secret_is_refused() {
    let (world, sent) = filled();
    for (index, parent) in [(0, 1), (1, 3), (2, 7)] {
        let mut path = sent.path.clone();
        path.nodes[index].encryption_key = HpkePublicKey::from(vec![9; 32]);
        let want = Err(PathError::PublicKeyMismatch { node: node(parent) });
        assert_eq!(decrypt(&world, &sent, &path, leaf(1)), want);
        // Who joins the path above does not see what is below.
        let below = decrypt(&world, &sent, &path, leaf(7));
        assert_eq!(below, if parent == 7 { want } else { Ok(()) });
    }
}

// req: R-7.5-11, R-7.6-05
#[test]
fn a_secret_for_somebody_else_does_not_decrypt() {
    let (world, sent) = filled();
    let mut swapped = sent.path.clone();
    swapped.nodes[0].encrypted_path_secret = sent.path.nodes[1].encrypted_path_secret.clone();
    assert_eq!(decrypt(&world, &sent, &swapped, leaf(1)), Err(PathError::Decryption(CryptoError::InvalidCiphertext)));

    let other_context = Sent { context: b"another".to_vec(), ..world_again(&sent, &world) };
    assert_eq!(
        decrypt(&world, &other_context, &sent.path, leaf(1)),
        Err(PathError::Decryption(CryptoError::InvalidCiphertext))
    );
    assert_eq!(decrypt(&world, &sent, &sent.path, leaf(0)), Err(PathError::OwnPath));
}

/// A second `Sent` of the same sender: only its public parts are used.
fn world_again(sent: &Sent, world: &World) -> Sent {
    let mut rng = world::TestRng::new(77);
    Sent {
        sender: sent.sender,
        new: generate_path(world.suite, &world.tree, sent.sender, &mut rng).unwrap(),
        path: sent.path.clone(),
        after: sent.after.clone(),
        context: sent.context.clone(),
        excluded: sent.excluded.clone(),
    }
}

// req: R-7.4-03
#[test]
fn a_path_secret_of_another_length_is_refused() {
    let (mut world, sent) = filled();
    let suite = world.suite;
    for len in [0, suite.hash_len() - 1, suite.hash_len() + 1] {
        assert_eq!(PathSecret::from_secret(suite, SecretBytes::zeros(len)).unwrap_err(), CryptoError::WrongLength);
        let mut path = sent.path.clone();
        let key = HpkePublicKey::from(world.tree.encryption_key(node(2)).unwrap().to_vec());
        let sealed = suite
            .encrypt_with_label(
                &key,
                b"UpdatePathNode",
                &sent.context,
                SecretBytes::zeros(len).as_bytes(),
                &mut world.rng,
            )
            .unwrap();
        path.nodes[0].encrypted_path_secret = EncryptedPathSecrets::new(&[sealed]).unwrap();
        assert_eq!(decrypt(&world, &sent, &path, leaf(1)), Err(PathError::PathSecretLength));
    }
}

// req: R-12.4.3.1-20, R-12.4.3.1-21
#[test]
fn a_welcomes_path_secret_must_fit_the_tree() {
    let (world, sent) = filled();
    let suite = world.suite;
    let lowest = sent.new.path_secret_for(leaf(2)).unwrap();
    let update = keys_from_welcome(suite, &sent.after, leaf(2), leaf(0), lowest).unwrap();
    assert_eq!(update.set.into_keys().collect::<Vec<_>>(), [node(3), node(7)]);
    let welcome = |tree, own, signer, secret| keys_from_welcome(suite, tree, own, signer, secret).map(drop);
    let wrong = PathSecret::from_secret(suite, SecretBytes::zeros(32)).unwrap();
    assert_eq!(welcome(&sent.after, leaf(2), leaf(0), &wrong), Err(PathError::PublicKeyMismatch { node: node(3) }));
    // The secret of the common ancestor, not of one above or below.
    assert_eq!(welcome(&sent.after, leaf(1), leaf(0), lowest), Err(PathError::PublicKeyMismatch { node: node(1) }));
    assert_eq!(welcome(&sent.after, leaf(0), leaf(0), lowest), Err(PathError::OwnPath));
    let blank = World::with_members(suite, 6, 8, 0);
    assert_eq!(welcome(&blank.tree, leaf(2), leaf(0), lowest), Err(PathError::PublicKeyMismatch { node: node(3) }));
    assert_eq!(welcome(&blank.tree, leaf(9), leaf(0), lowest), Err(PathError::NotARecipient));
}

// req: R-7.5-15, R-7.5-14
#[test]
fn keys_of_nodes_that_turned_blank_are_cleared() {
    let mut world = World::with_members(suite1(), 7, 4, 0);
    for sender in [0, 2] {
        world.commit(leaf(sender));
    }
    // Without leaf 1, node 1 leaves the filtered path of leaf 0: leaf 0 clears it, and so would leaf 1.
    assert!(world.members[&leaf(0)].keys.parents.contains_key(&node(1)));
    world.remove(leaf(1));
    assert_eq!(world.members[&leaf(0)].keys.parents.keys().collect::<Vec<_>>(), Vec::<&NodeIndex>::new());
    let sent = world.send(leaf(0), no_leaves());
    world.deliver(sent);
    assert_eq!(world.members[&leaf(0)].keys.parents.keys().collect::<Vec<_>>(), [&node(3)]);
}

// req: R-7.5-15, R-7.4-05
#[test]
fn unfiltered_ancestors_are_cleared_on_both_sides() {
    let mut world = World::with_members(suite1(), 10, 8, 0);
    world.remove(leaf(2));
    world.remove(leaf(3));
    let sent = world.send(leaf(0), no_leaves());
    assert!(sent.after.is_blank(node(3)));
    let clear = |own: u32| {
        let keys = &world.members[&leaf(own)].keys;
        decrypt_path(
            world.suite,
            &world.tree,
            leaf(own),
            &keys.leaf,
            &keys.parents,
            sent.sender,
            &sent.path,
            &sent.excluded,
            &sent.context,
        )
        .unwrap()
        .0
        .clear
    };
    assert_eq!(clear(1), [node(3)]);
    assert_eq!(clear(6), []);
    assert_eq!(sent.new.into_private().0.clear, [node(3)]);
}

/// An external joiner at a blank leaf, and one just beyond a full tree.
// req: R-7.5-01, R-7.5-09, R-7.9.2-07
#[test]
fn a_path_may_come_from_outside() {
    for (size, removed, steps) in [(4, Some(1), vec![(1, 0), (3, 5)]), (4, None, vec![(7, 3)])] {
        let mut world = World::with_members(suite1(), 8, size, 4);
        if let Some(index) = removed {
            world.remove(leaf(index));
        }
        let joiner = world.tree.next_free_leaf().unwrap();
        let steps: Vec<_> = steps.into_iter().map(|(a, b)| (node(a), node(b))).collect();
        let filtered = world.tree.filtered_direct_path(joiner);
        assert_eq!(filtered.iter().map(|step| (step.node, step.copath_child)).collect::<Vec<_>>(), steps);

        let new = generate_path(world.suite, &world.tree, joiner, &mut world.rng).unwrap();
        let mut leaf_node = World::new(suite1(), 9).tree.leaf(leaf(0)).unwrap();
        leaf_node.encryption_key = new.leaf_public().clone();
        leaf_node.leaf_node_source = LeafNodeSource::Commit { parent_hash: new.parent_hashes().leaf.clone() };
        let after = new.merge(world.suite, &world.tree, &leaf_node).unwrap();
        assert_eq!(verify_parent_hashes(world.suite, &after), Ok(()));
        let context = after.root_hash().as_bytes().to_vec();
        let nodes = new.encrypt(world.suite, &world.tree, &no_leaves(), &context, &mut world.rng).unwrap();
        let path = UpdatePath { leaf_node, nodes };
        let sent = Sent { sender: joiner, new, path, after, context, excluded: no_leaves() };
        check(&world, &sent, &sent.path).unwrap();
        let merged = merge_path(world.suite, &world.tree, joiner, &sent.path).unwrap();
        assert_eq!(merged.root_hash(), sent.after.root_hash());
        for own in world.members.keys() {
            assert_eq!(decrypt(&world, &sent, &sent.path, *own), Ok(()));
        }
        let mut path = sent.path.clone();
        path.leaf_node.encryption_key = world.tree.leaf(leaf(0)).unwrap().encryption_key;
        assert_eq!(check(&world, &sent, &path), Err(PathError::KeyInTree { node: node(0) }));
    }
}

#[test]
fn the_upper_nodes_of_a_path_share_a_block() {
    let mut world = World::with_members(suite1(), 7, 64, 0);
    world.commit(LeafIndex::ZERO);
    let path: Vec<_> = direct_path(LeafIndex::ZERO, world.tree.size())
        .filter_map(|node| Some((node.level(), world.tree.node_bytes(node)?)))
        .collect();
    assert_eq!(path.iter().map(|(level, _)| *level).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    for (level, bytes) in &path {
        let beside = path.iter().filter(|(_, other)| Arc::ptr_eq(&other.block, &bytes.block)).count();
        assert_eq!(beside, if *level < 4 { 1 } else { 3 }, "level {level}");
    }
}
