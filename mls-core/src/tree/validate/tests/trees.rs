//! Whole trees.

use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CipherSuite, CryptoError, HpkePublicKey};
use serde::Deserialize;

use crate::custom::CustomTypes;
use crate::extension::RequiredCapabilities;
use crate::framing::ProtocolVersion;
use crate::key_schedule::tests::test_vectors::{self, Hex};
use crate::tree::leaf_node::{LeafNode, LeafNodeSource};
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::parent_hash::ParentHashError;
use crate::tree::path::tests::world::{self, GROUP_ID, World, suite1};
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::validate::{
    LeafNodeError, TreeContext, TreeValidationError, UnmergedLeafError, find_own_leaf, validate_tree,
};

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

fn node(index: u32) -> NodeIndex {
    NodeIndex::new(index).unwrap()
}

const NOTHING: &RequiredCapabilities =
    &RequiredCapabilities { extension_types: Vec::new(), proposal_types: Vec::new(), credential_types: Vec::new() };

fn context(group_id: &[u8], cipher_suite: CipherSuite) -> TreeContext<'_> {
    TreeContext {
        group_id,
        version: ProtocolVersion::MLS10,
        cipher_suite,
        required: NOTHING,
        group_extensions: &[],
        now: None,
        max_lifetime: None,
        custom: CustomTypes::none(),
    }
}

fn verdict(world: &World, tree: &RatchetTree) -> Result<(), TreeValidationError> {
    validate_tree(world.suite, tree, &context(GROUP_ID, world.suite.id()))
}

#[derive(Deserialize)]
struct Case {
    cipher_suite: u16,
    tree: Hex,
    group_id: Hex,
    tree_hashes: Vec<Hex>,
}

// req: R-7.3-03, R-7.3-05, R-12.4.3.1-15
#[test]
fn official_tree_validation() {
    let cases: Vec<Case> = test_vectors::load("tree-validation.json");
    assert!([0, 98].contains(&cases.len()));
    for (number, case) in cases.iter().enumerate() {
        let Some(suite) = test_vectors::suite(case.cipher_suite) else {
            continue;
        };
        let tree = world::tree_from(suite, &case.tree.0);
        assert_eq!(validate_tree(suite, &tree, &context(&case.group_id.0, suite.id())), Ok(()), "case {number}");
        let root = tree.size().root().as_u32() as usize;
        assert_eq!(tree.root_hash().as_bytes(), case.tree_hashes[root].0, "case {number}");
        // Leaves set by an Update or a commit are bound to their group.
        if tree
            .leaves()
            .any(|(index, _)| !matches!(tree.leaf(index).unwrap().leaf_node_source, LeafNodeSource::KeyPackage(_)))
        {
            let other = validate_tree(suite, &tree, &context(b"another", suite.id()));
            assert!(matches!(
                other,
                Err(TreeValidationError::Leaf(_, LeafNodeError::InvalidSignature(CryptoError::InvalidSignature)))
            ));
        }
    }
}

/// Ten members, a filled interior, two unmerged leaves.
fn grown() -> World {
    let mut world = World::with_members(suite1(), 1, 8, 0);
    for sender in [0, 2, 4, 6] {
        world.commit(leaf(sender));
    }
    world.remove(leaf(5));
    world.remove(leaf(1));
    world.commit(leaf(0));
    world.commit(leaf(6));
    world.add(2);
    assert_eq!(verdict(&world, &world.tree), Ok(()));
    world
}

/// The tree with one parent changed.
fn with_parent(
    world: &World,
    index: u32,
    change: impl FnOnce(&mut crate::tree::parent_node::ParentNode),
) -> RatchetTree {
    let mut parent = world.tree.parent(node(index)).unwrap();
    change(&mut parent);
    replace(world, node(index), &parent.to_bytes().unwrap())
}

/// The tree with one node's encoding in place of another, through the extension that a joiner would be sent.
fn replace(world: &World, at: NodeIndex, bytes: &[u8]) -> RatchetTree {
    let mut body = Vec::new();
    let count = world.tree.size().node_count();
    let mut blanks = 0;
    for index in 0..count {
        let present =
            if node(index) == at { Some(bytes) } else { world.tree.node_bytes(node(index)).map(|bytes| &**bytes) };
        let Some(present) = present else {
            blanks += 1;
            continue;
        };
        body.extend(core::iter::repeat_n(0, blanks));
        blanks = 0;
        body.extend([1, if node(index).is_leaf() { 1 } else { 2 }]);
        body.extend(present);
    }
    let body: Vec<u8> = body.to_bytes().unwrap();
    world::tree_from(world.suite, &body)
}

// req: R-12.4.3.1-16, R-12.4.3.1-17, R-7.1-01, R-7.1-02
// bad: valn-1408, valn-1409, tree-06, tree-07, tree-08
#[test]
fn wrong_unmerged_leaves_are_refused() {
    let world = grown();
    let unmerged = |index: u32| world.tree.parent(node(index)).unwrap().unmerged_leaves;
    assert_eq!(
        (unmerged(3), unmerged(7), unmerged(11)),
        (Vec::from([leaf(1)]), Vec::from([leaf(1), leaf(5)]), Vec::from([leaf(5)]))
    );
    let refused = |tree: &RatchetTree| match verdict(&world, tree) {
        Err(TreeValidationError::Unmerged(error)) => error,
        other => panic!("{other:?}"),
    };
    let tree = with_parent(&world, 7, |parent| parent.unmerged_leaves.reverse());
    assert_eq!(refused(&tree), UnmergedLeafError::NotAscending { parent: node(7) });
    let tree = with_parent(&world, 7, |parent| parent.unmerged_leaves[1] = leaf(1));
    assert_eq!(refused(&tree), UnmergedLeafError::NotAscending { parent: node(7) });
    let tree = with_parent(&world, 3, |parent| parent.unmerged_leaves = [leaf(5)].into());
    assert_eq!(refused(&tree), UnmergedLeafError::NotBelow { parent: node(3), leaf: leaf(5) });
    let tree = with_parent(&world, 3, |parent| parent.unmerged_leaves.push(leaf(70)));
    assert_eq!(refused(&tree), UnmergedLeafError::NotBelow { parent: node(3), leaf: leaf(70) });
    let tree = with_parent(&world, 7, |parent| parent.unmerged_leaves = [leaf(1), leaf(2)].into());
    let between = UnmergedLeafError::NotListedBetween { parent: node(7), node: node(3), leaf: leaf(2) };
    assert_eq!(refused(&tree), between);
    let tree = with_parent(&world, 7, |parent| parent.unmerged_leaves = [leaf(2)].into());
    assert_eq!(refused(&tree), between);
    let mut world = grown();
    world.remove(leaf(5));
    world.commit(leaf(6));
    let tree = with_parent(&world, 11, |parent| parent.unmerged_leaves = [leaf(5)].into());
    assert_eq!(
        verdict(&world, &tree),
        Err(TreeValidationError::Unmerged(UnmergedLeafError::Blank { parent: node(11), leaf: leaf(5) }))
    );
}

// req: R-12.4.3.1-14
#[test]
fn a_parent_without_a_link_is_refused() {
    let world = grown();
    let tree = with_parent(&world, 11, |parent| parent.parent_hash[0] ^= 1);
    assert_eq!(verdict(&world, &tree), Err(TreeValidationError::ParentHash(ParentHashError::NotLinked(node(11)))));
}

// req: R-7.1-01
#[test]
fn an_invalid_parent_key_is_refused() {
    let world = grown();
    // In the left half of the tree, and in the right.
    for at in [3, 11] {
        let tree = with_parent(&world, at, |parent| parent.encryption_key = HpkePublicKey::from(Vec::from([1; 31])));
        assert_eq!(verdict(&world, &tree), Err(TreeValidationError::InvalidParentKey(node(at))));
    }
}

// req: R-7.3-03, R-12.4.3.1-15
#[test]
fn one_invalid_leaf_spoils_the_tree() {
    let world = grown();
    let mut leaf_node = world.tree.leaf(leaf(3)).unwrap();
    assert!(matches!(leaf_node.leaf_node_source, LeafNodeSource::KeyPackage(_)));
    leaf_node.signature[5] ^= 1;
    let bytes = leaf_node.to_bytes().unwrap();
    // The leaf counts in parent hashes, so it must be one that none covers: an unmerged one.
    let mut unmerged = world.tree.leaf(leaf(5)).unwrap();
    unmerged.signature[5] ^= 1;
    let tree = replace(&world, leaf(5).node(), &unmerged.to_bytes().unwrap());
    assert_eq!(
        verdict(&world, &tree),
        Err(TreeValidationError::Leaf(leaf(5), LeafNodeError::InvalidSignature(CryptoError::InvalidSignature)))
    );
    let tree = replace(&world, leaf(3).node(), &bytes);
    assert!(matches!(verdict(&world, &tree), Err(TreeValidationError::ParentHash(_))));
}

// req: R-7.3-13, R-7.3-14
#[test]
fn lifetimes_in_a_tree_count_only_where_asked() {
    let world = grown();
    let mut context = context(GROUP_ID, world.suite.id());
    let over = world::LIFETIME.not_after + 1;
    assert_eq!(validate_tree(world.suite, &world.tree, &context), Ok(()));
    context.now = Some(over);
    assert_eq!(
        validate_tree(world.suite, &world.tree, &context),
        Err(TreeValidationError::Leaf(leaf(1), LeafNodeError::Expired))
    );
    context.now = Some(world::LIFETIME.not_after);
    assert_eq!(validate_tree(world.suite, &world.tree, &context), Ok(()));
}

// req: R-12.4.3.1-19
#[test]
fn our_own_leaf_is_found_byte_for_byte() {
    let world = grown();
    let own: LeafNode = world.tree.leaf(leaf(5)).unwrap();
    assert_eq!(LeafNode::from_bytes(&own.to_bytes().unwrap()), Ok(own.clone()));
    assert_eq!(find_own_leaf(&world.tree, &own), Ok(leaf(5)));
    let mut other = own;
    other.signature[0] ^= 1;
    assert_eq!(find_own_leaf(&world.tree, &other), Err(TreeValidationError::OwnLeafMissing));
    let stranger = World::new(suite1(), 99).tree.leaf(leaf(0)).unwrap();
    assert_eq!(find_own_leaf(&world.tree, &stranger), Err(TreeValidationError::OwnLeafMissing));
}
