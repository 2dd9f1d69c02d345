#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

mod oracle;

use alloc::collections::BTreeSet;
use alloc::vec;

use mls_crypto_traits::HpkePublicKey;
use proptest::prelude::*;

use self::oracle::Array;
use super::*;
use crate::tree::key_index::IndexSeed;
use crate::tree::leaf_node::LeafNodeSource;
use crate::tree::path::tests::world::{TestRng, World, suite1, tree_from};

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

fn node(index: u32) -> NodeIndex {
    NodeIndex::new(index).unwrap()
}

/// The verdict on an altered tree, which decoding may already refuse.
fn verdict(suite: Suite<'_>, array: &Array) -> bool {
    RatchetTree::from_extension(suite, IndexSeed::new([7; 16]), &array.to_extension())
        .is_ok_and(|tree| verify_parent_hashes(suite, &tree).is_ok())
}

/// Changes one thing that parent-hash validity may hang on.
fn mutate(array: &mut Array, rng: &mut TestRng) {
    let leaf_count = array.size.leaf_count() as usize;
    let random_leaf = leaf(rng.below(leaf_count) as u32);
    let choice = rng.below(9);
    let (at, byte) = (rng.below(1 << 16), rng.below(32));
    if choice == 8 {
        // Blank a node that is not the last: the array must stay well-formed.
        let last = array.nodes.iter().rposition(Option::is_some).unwrap();
        if last > 0 {
            array.nodes[at % last] = None;
        }
        return;
    }
    if choice < 6 {
        let mut parents = array.parents();
        if parents.is_empty() {
            return;
        }
        let at = at % parents.len();
        let parent = &mut parents[at];
        match choice {
            0 => match parent.parent_hash.get_mut(byte) {
                Some(byte) => *byte ^= 1,
                None => parent.parent_hash = vec![1; 32],
            },
            1 => parent.parent_hash.clear(),
            2 => parent.encryption_key = HpkePublicKey::from(vec![byte as u8; 32]),
            3 => {
                parent.unmerged_leaves.pop();
            }
            4 => parent.unmerged_leaves.push(random_leaf),
            _ => {
                parent.unmerged_leaves.push(random_leaf);
                parent.unmerged_leaves.sort_unstable();
            }
        }
        return;
    }
    let mut leaves = array.leaves();
    let at = at % leaves.len();
    match (choice, &mut leaves[at].leaf_node_source) {
        (6, LeafNodeSource::Commit { parent_hash }) if !parent_hash.is_empty() => parent_hash[byte] ^= 1,
        (6, _) => {}
        _ => leaves[at].credential = crate::credential::Credential::basic([byte as u8]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // req: R-7.9.2-01, R-7.9.2-02, R-7.9.2-03, R-7.9.2-05, R-7.9.2-06
    // bad: tree-10, tree-12
    #[test]
    fn verdicts_are_those_of_the_definition(seed in any::<u64>()) {
        let mut world = World::new(suite1(), seed);
        let size = 2 + world.rng.below(12);
        world.add(size);
        for _ in 0..6 {
            world.step();
            // Unmerged leaves that stay so for a while.
            if world.rng.below(2) == 0 {
                world.add(1);
            }
            let array = Array::of(&world.tree);
            prop_assert!(array.valid(world.suite));
            prop_assert_eq!(verify_parent_hashes(world.suite, &world.tree), Ok(()));
        }
        let array = Array::of(&world.tree);
        for _ in 0..24 {
            let mut changed = array.clone();
            mutate(&mut changed, &mut world.rng);
            prop_assert_eq!(verdict(world.suite, &changed), changed.valid(world.suite));
        }
    }

    // req: R-7.9-03, R-7.9-04
    #[test]
    fn original_hashes_are_those_of_the_tree_without_the_leaves(seed in any::<u64>()) {
        let mut world = World::with_members(suite1(), seed, 9, 2);
        world.add(3);
        world.commit(leaf(0));
        world.add(2);
        let array = Array::of(&world.tree);
        for index in 0..world.tree.size().node_count() {
            let excluded: BTreeSet<LeafIndex> = (0..world.rng.below(4)).map(|_| world.some_member()).collect();
            let excluded: Vec<LeafIndex> = excluded.into_iter().collect();
            let found = original_sibling_tree_hash(world.suite, &world.tree, node(index), &excluded).unwrap();
            prop_assert_eq!(found.as_bytes(), array.without(&excluded).tree_hash(world.suite, node(index)));
        }
    }
}

// req: R-7.9-01
#[test]
fn the_input_is_encoded_as_the_rfc_has_it() {
    let suite = suite1();
    let input = ParentHashInput { encryption_key: &[1, 2], parent_hash: &[], original_sibling_tree_hash: &[3] };
    let expected = suite.hash(&[&[2, 1, 2, 0, 1, 3]]).unwrap();
    assert_eq!(input.hash(suite), Ok(expected));
}

// req: R-7.5-03, R-7.5-10, R-7.9-02, R-7.9-04
#[test]
fn the_hashes_of_a_path_run_from_the_root_down() {
    let world = World::with_members(suite1(), 1, 4, 0);
    let suite = world.suite;
    let keys = [vec![1; 32], vec![2; 32]].map(HpkePublicKey::from);
    let hashes = path_parent_hashes(suite, &world.tree, leaf(0), &keys).unwrap();
    let sibling = |index| world.tree.node_hash(node(index)).unwrap();
    let hash = |key: &HpkePublicKey, parent_hash: &[u8], sibling: Digest| {
        let input = ParentHashInput {
            encryption_key: key.as_bytes(),
            parent_hash,
            original_sibling_tree_hash: sibling.as_bytes(),
        };
        input.hash(suite).unwrap().as_bytes().to_vec()
    };
    let lower = hash(&keys[1], &[], sibling(5));
    let leaf_hash = hash(&keys[0], &lower, sibling(2));
    assert_eq!(
        hashes,
        PathParentHashes { parents: vec![Digest::from_slice(&lower).unwrap(), Digest::EMPTY], leaf: leaf_hash }
    );
    assert_eq!(path_parent_hashes(suite, &world.tree, leaf(0), &keys[..1]), Err(ParentHashError::PathLength));
}

// req: R-7.9.2-02, R-7.9.2-04
// bad: tree-09
#[test]
fn a_hash_of_no_length_links_nothing() {
    let mut world = World::with_members(suite1(), 2, 4, 0);
    world.commit(leaf(0));
    let array = Array::of(&world.tree);
    let mut changed = array.clone();
    let LeafNodeSource::Commit { parent_hash } = &mut changed.leaves()[0].leaf_node_source else { panic!() };
    parent_hash.clear();
    let tree = tree_from(world.suite, &changed.to_extension());
    assert_eq!(verify_parent_hashes(world.suite, &tree), Err(ParentHashError::NotLinked(node(1))));
    let mut changed = array;
    changed.parents()[0].parent_hash.clear();
    let tree = tree_from(world.suite, &changed.to_extension());
    // The leaf's hash covers node 1's: what breaks first is the lower link.
    assert_eq!(verify_parent_hashes(world.suite, &tree), Err(ParentHashError::NotLinked(node(1))));
}

// req: R-7.9.2-03, R-7.9.1-01
#[test]
fn a_link_passes_over_blank_nodes_and_new_leaves() {
    let mut world = World::with_members(suite1(), 3, 8, 0);
    world.commit(leaf(0));
    // Blanks nodes 5 and 3 and the root on the way; 1 stays, and the next commit's root link starts at 4.
    world.remove(leaf(2));
    world.commit(leaf(4));
    world.remove(leaf(5));
    world.remove(leaf(6));
    world.commit(leaf(4));
    world.add(3);
    assert_eq!(verify_parent_hashes(world.suite, &world.tree), Ok(()));
    assert!(Array::of(&world.tree).valid(world.suite));
}

// req: R-7.9-03
// bad: tree-11
#[test]
fn an_empty_left_subtree_is_no_obstacle() {
    let mut world = World::with_members(suite1(), 4, 8, 3);
    for index in 0..4 {
        world.remove(leaf(index));
    }
    world.commit(leaf(6));
    assert_eq!(verify_parent_hashes(world.suite, &world.tree), Ok(()));
    world.add(1);
    assert_eq!(verify_parent_hashes(world.suite, &world.tree), Ok(()));
}

/// The tree with one entry less in a list of unmerged leaves, as a joiner would receive it.
fn with_merged(world: &World, parent: NodeIndex, merged: LeafIndex) -> RatchetTree {
    let mut array = Array::of(&world.tree);
    let Some(crate::tree::node::Node::Parent(node)) = &mut array.nodes[parent.as_u32() as usize] else { panic!() };
    assert!(node.unmerged_leaves.contains(&merged));
    node.unmerged_leaves.retain(|leaf| *leaf != merged);
    tree_from(world.suite, &array.to_extension())
}

// req: R-7.9.2-03
// bad: tree-11
#[test]
fn a_leaf_unmerged_below_must_be_unmerged_above() {
    let mut world = World::with_members(suite1(), 5, 8, 0);
    world.commit(leaf(6));
    world.remove(leaf(1));
    world.commit(leaf(0));
    world.add(1);
    assert_eq!(verify_parent_hashes(world.suite, &world.tree), Ok(()));
    // The root links to node 3, whose parent hash covers the other half only: no hash changes.
    let tree = with_merged(&world, node(7), leaf(1));
    assert_eq!(verify_parent_hashes(world.suite, &tree), Err(ParentHashError::NotLinked(node(7))));
}

// req: R-7.9.2-03
#[test]
fn a_blank_child_links_by_one_node_only() {
    let mut world = World::with_members(suite1(), 6, 4, 0);
    world.remove(leaf(0));
    world.commit(leaf(1));
    world.add(1);
    assert!(world.tree.is_blank(node(1)));
    assert_eq!(verify_parent_hashes(world.suite, &world.tree), Ok(()));
    let tree = with_merged(&world, node(3), leaf(0));
    assert_eq!(verify_parent_hashes(world.suite, &tree), Err(ParentHashError::NotLinked(node(3))));
}

// req: R-7.9-03
// bad: tree-11
#[test]
fn one_subtree_counts_differently_for_different_ancestors() {
    let mut world = World::with_members(suite1(), 7, 16, 0);
    world.remove(leaf(1));
    world.remove(leaf(2));
    world.commit(leaf(4));
    world.add(1);
    world.commit(leaf(8));
    world.add(1);
    let unmerged = |index| world.tree.parent(node(index)).unwrap().unmerged_leaves;
    assert_eq!((unmerged(7), unmerged(15)), (vec![leaf(1), leaf(2)], vec![leaf(2)]));
    assert_eq!(verify_parent_hashes(world.suite, &world.tree), Ok(()));
}
