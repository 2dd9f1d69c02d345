//! Trees that are made at once, in parts, beside the same ones made by edits.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use mls_codec::DecodeErrorKind;
use mls_crypto_traits::Digest;

use super::support::{
    Counting, SEED, encryption_key, leaf, leaf_index, node_index, parent, signature_key, tree_of, with_path,
};
use crate::tree::hash::blank_tree_hash;
use crate::tree::math::{LeafIndex, NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::ratchet_tree::build::NodeSource;
use crate::tree::ratchet_tree::{RatchetTree, TreeError};

const MEMBERS: u32 = 1_500;

/// A tree of several parts: one of them blank inside, one within the tree blank, a blank half of the last, members of
/// three kinds, and parents on all levels.
fn edited(counting: &Counting) -> RatchetTree {
    let suite = counting.suite();
    let tree = tree_of(suite, MEMBERS);
    let updates: Vec<_> =
        [(7, 2), (300, 4), (1_400, 4)].map(|(at, kind)| (leaf_index(at), leaf(10_000 + at, kind))).into();
    let removes: Vec<LeafIndex> = [5, 299].into_iter().chain(512..768).map(leaf_index).collect();
    let (mut tree, _) = tree.apply_changes(suite, &updates, &removes, &[]).unwrap();
    for (sender, from) in [(0, 20_000), (1_499, 21_000), (800, 22_000), (301, 23_000)] {
        tree = with_path(suite, &tree, leaf_index(sender), from).unwrap();
    }
    tree.settle();
    tree
}

fn nodes(tree: &RatchetTree) -> Vec<(NodeIndex, NodeBytes)> {
    tree.nodes().map(|(node, bytes)| (node, bytes.clone())).collect()
}

fn build(counting: &Counting, nodes: Vec<(NodeIndex, NodeBytes)>) -> Result<RatchetTree, TreeError> {
    RatchetTree::from_nodes(counting.suite(), SEED, TreeSize::from_depth(11).unwrap(), nodes)
}

#[test]
fn a_tree_of_many_parts_is_the_one_that_edits_make() {
    let counting = Counting::new(1);
    let edited = edited(&counting);
    assert!(edited.nodes().filter(|(node, _)| node.level() > 8).count() >= 4, "there are parents above the parts");
    let mut shuffled = nodes(&edited);
    shuffled.reverse();
    counting.take();
    let built = build(&counting, shuffled).unwrap();
    assert_eq!(counting.take(), 4_095, "each node is hashed once");

    assert_eq!((built.size(), built.root_hash()), (edited.size(), edited.root_hash()));
    assert_eq!(nodes(&built), nodes(&edited));
    assert_eq!(built.summary(), edited.summary());
    assert_eq!(built.next_free_leaf(), Some(leaf_index(5)));
    assert!(built.is_settled());
    for node in (0..4_095).map(node_index) {
        assert_eq!(built.node_hash(node), edited.node_hash(node), "{node}");
        assert_eq!(built.members_under(node), edited.members_under(node), "{node}");
        assert_eq!(built.resolution_len(node), edited.resolution_len(node), "{node}");
        assert_eq!(built.is_subtree_blank(node), edited.is_subtree_blank(node), "{node}");
        if let Some(key) = edited.encryption_key(node) {
            assert_eq!(built.find_encryption_key(key), Some(node));
        }
    }
    for (at, _) in edited.leaves() {
        let (_, key) = edited.leaf_keys(at).unwrap();
        assert_eq!(built.find_signature_key(key), Some(at));
    }
    assert_eq!(built.find_signature_key(&signature_key(5)), None);
    assert_eq!(built.find_encryption_key(&encryption_key(299)), None);
    assert_eq!(built.check_unique_keys(), Ok(()));

    // And it goes on as the other does.
    let again = [&built, &edited].map(|tree| with_path(counting.suite(), tree, leaf_index(1_200), 30_000).unwrap());
    assert_eq!(again[0].root_hash(), again[1].root_hash());
}

#[test]
fn what_is_known_of_blank_subtrees_is_taken() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let edited = edited(&counting);
    let blank = edited.blank_after(leaf_index(MEMBERS - 1));
    // Of 2 048 leaves those from 1 536 on; the smaller ones before are not worth their bytes.
    let root = node_index(2 * 1_536 + 511);
    assert_eq!(blank, [(root, blank_tree_hash(suite, root).unwrap())]);
    for other in [0, 5, 1_023, MEMBERS - 2] {
        assert_eq!(edited.blank_after(leaf_index(other)), [], "{other}");
    }

    let build = |blank: &[(NodeIndex, Digest)]| {
        counting.take();
        let tree = RatchetTree::build(suite, SEED, edited.size(), &mut nodes(&edited), blank).unwrap();
        (*tree.root_hash(), counting.take())
    };
    let root_hash = *edited.root_hash();
    assert_eq!(build(&blank), (root_hash, 4_095 - 1_023));
    // What is known of other subtrees, or is no hash of this suite, is of no use.
    let short = Digest::from_slice(&[7; 31]).unwrap();
    for useless in [(node_index(2 * 1_024 + 511), blank[0].1), (root, short)] {
        assert_eq!(build(&[useless]), (root_hash, 4_095));
    }
    let (wrong, hashes) = build(&[(root, Digest::from_slice(&[7; 32]).unwrap())]);
    assert_eq!(hashes, 4_095 - 1_023);
    assert_ne!(wrong, root_hash);
}

/// A leaf with what is said to be its hash behind its encoding, or any node by itself.
struct Known(NodeIndex, NodeBytes, bool);

impl NodeSource for Known {
    type Error = TreeError;

    fn node(&self) -> NodeIndex {
        self.0
    }

    fn take(&mut self) -> Result<NodeBytes, TreeError> {
        Ok(self.1.clone())
    }

    fn is_hashed(&self) -> bool {
        self.2
    }
}

#[test]
fn what_is_known_of_leaves_is_taken() {
    let counting = Counting::new(1);
    let suite = counting.suite();
    let edited = edited(&counting);
    // `hash_of` the leaves, instead of what the tree has.
    let build = |hash_of: &dyn Fn(NodeIndex) -> Option<Vec<u8>>| {
        let mut sources: Vec<Known> = nodes(&edited)
            .into_iter()
            .map(|(node, bytes)| match hash_of(node).filter(|_| node.is_leaf()) {
                Some(hash) => {
                    let block = Arc::from([&bytes[..], &hash].concat());
                    Known(node, NodeBytes::part(&block, 0..bytes.len()), true)
                }
                None => Known(node, bytes, false),
            })
            .collect();
        counting.take();
        let tree = RatchetTree::build(suite, SEED, edited.size(), &mut sources, &[]).unwrap();
        (tree, counting.take())
    };
    let known = |node| edited.node_hash(node).map(|hash| hash.as_bytes().to_vec());
    let members = usize::try_from(edited.member_count()).unwrap();
    let (tree, hashes) = build(&known);
    assert_eq!((tree.root_hash(), hashes), (edited.root_hash(), 4_095 - members));
    assert_eq!(nodes(&tree), nodes(&edited));
    for node in (0..4_095).map(node_index) {
        assert_eq!(tree.node_hash(node), edited.node_hash(node), "{node}");
    }
    // Some of them.
    let (tree, hashes) = build(&|node| known(node).filter(|_| node.as_u32() < 8));
    assert_eq!((tree.root_hash(), hashes), (edited.root_hash(), 4_095 - 4));
    // One that is no hash of this suite is of no use; a wrong one makes another tree hash.
    let (tree, hashes) = build(&|node| (node == node_index(0)).then(|| vec![7; 31]));
    assert_eq!((tree.root_hash(), hashes), (edited.root_hash(), 4_095));
    let (tree, hashes) = build(&|node| (node == node_index(0)).then(|| vec![7; 32]));
    assert_eq!(hashes, 4_094);
    assert_ne!(tree.root_hash(), edited.root_hash());
}

#[test]
fn what_is_wrong_with_a_node_of_any_part_is_found() {
    let counting = Counting::new(1);
    let good = nodes(&edited(&counting));
    let place = |node: u32| good.iter().position(|(at, _)| *at == node_index(node)).unwrap();
    // Of a leaf in a part, and of the root.
    for node in [2 * 1_300, 2_047] {
        let mut bad = good.clone();
        bad[place(node)].1 = NodeBytes::from(&[1, 2, 3][..]);
        let error = build(&counting, bad).unwrap_err();
        assert!(
            matches!(&error, TreeError::Decode(error) if error.kind() == DecodeErrorKind::LengthOverflow),
            "{error:?}"
        );
    }
    let mut twice = good.clone();
    twice.push((node_index(2_047), parent(1)));
    assert_eq!(build(&counting, twice).unwrap_err(), TreeError::NotAscending(node_index(2_047)));
    let mut outside = good.clone();
    outside.push((node_index(4_096), leaf(40_000, 1)));
    assert_eq!(build(&counting, outside).unwrap_err(), TreeError::IndexOutOfTree(node_index(4_096)));
    // Two members of one key, in two parts.
    let mut repeated = good.clone();
    repeated[place(2 * 1_300)].1 = leaf(9, 1);
    let tree = build(&counting, repeated).unwrap();
    assert_eq!(tree.check_unique_keys(), Err(TreeError::DuplicateEncryptionKey(node_index(18), node_index(2_600))));
    assert_eq!(tree.find_signature_key(&signature_key(9)), Some(leaf_index(9)));
}
