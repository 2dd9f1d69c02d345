//! Ratchet trees against the tree as the RFC draws it: an array, and everything by scanning.

mod naive;

use std::sync::LazyLock;

use mls_codec::Encode;
use mls_core::credential::{Credential, CredentialType};
use mls_core::extension::Extensions;
use mls_core::tree::key_index::IndexSeed;
use mls_core::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource};
use mls_core::tree::math::{LeafIndex, NodeIndex, TreeSize, direct_path};
use mls_core::tree::parent_node::ParentNode;
use mls_core::tree::ratchet_tree::{NodeEdit, RatchetTree};
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CryptoProvider, Suite};

use crate::driver::SUITE;
use crate::input::{Input, Seed, Seeds};
use crate::life::LIFE;
use mls_core::tree::node_bytes::NodeBytes;
use naive::Naive;

/// In the first byte: the rest of the input is the data of a `ratchet_tree` extension.
const RAW: u8 = 0xff;
/// So many changes are made of one input.
const CHANGES: usize = 24;
/// Trees are not made larger than this.
const LARGEST: u32 = 256;

static CRYPTO: LazyLock<RustCryptoProvider> = LazyLock::new(RustCryptoProvider::new);

fn suite() -> Suite<'static> {
    CRYPTO.suite(SUITE).unwrap()
}

const fn seed() -> IndexSeed {
    IndexSeed::new([0x1d; 16])
}

/// The first byte says where the tree comes from: the rest of the input, a group's tree with as many edits of its
/// encoding as the second byte says, or as many made-up leaves. What is left changes it.
///
/// Promises: no panic. A tree that is read is written as it came. After each change its nodes, members, keys and root hash
/// are those of an array that was changed as the RFC says, and those of a tree built from that array; what the array
/// refuses is refused. The difference of two versions turns one into the other.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    match input.byte() {
        RAW => drop(read(input.rest())),
        first if first.is_multiple_of(2) => {
            let mut bytes = LIFE.tree.clone();
            for _ in 0..input.byte() % 16 {
                if let Some((_, edit)) = input.edit() {
                    edit.make(&mut bytes);
                }
            }
            if let Some((tree, naive)) = read(&bytes) {
                change(tree, naive, &mut input);
            }
        }
        _ => {
            let leaves = u32::from(input.byte() % 40) + 1;
            let nodes = (0..leaves).map(|leaf| (leaf_index(leaf).node(), made_up_leaf(u64::from(leaf))));
            let size = TreeSize::for_leaves(leaves).unwrap();
            let tree = RatchetTree::from_nodes(suite(), seed(), size, nodes.clone()).unwrap();
            let naive = Naive::of(size, nodes);
            naive.compare(&tree);
            change(tree, naive, &mut input);
        }
    }
}

fn leaf_index(leaf: u32) -> LeafIndex {
    LeafIndex::new(leaf).unwrap()
}

/// A tree from the data of an extension, and the same as an array.
fn read(bytes: &[u8]) -> Option<(RatchetTree, Naive)> {
    let tree = RatchetTree::from_extension(suite(), seed(), bytes).ok()?;
    let written = tree.to_extension().expect("what was read can be written");
    assert!(written == bytes, "the tree came as {bytes:?} and goes as {written:?}");
    let naive = Naive::of(tree.size(), tree.nodes().map(|(node, bytes)| (node, bytes.clone())));
    naive.compare(&tree);
    assert_eq!(naive.repeated_key(), None, "a key stands in two nodes");
    Some((tree, naive))
}

/// A leaf that nothing vouches for; one in four takes the key of another.
fn made_up_leaf(number: u64) -> NodeBytes {
    let key = |kind: u8| {
        let [.., high, low] = number.to_be_bytes();
        vec![kind, high, if high % 4 == 3 { 0 } else { low }]
    };
    let credential_type = if number.is_multiple_of(3) { CredentialType::BASIC } else { CredentialType::X509 };
    let leaf = LeafNode {
        encryption_key: key(1).into(),
        signature_key: key(2).into(),
        credential: Credential::Basic { identity: vec![] },
        capabilities: Capabilities { credentials: vec![credential_type], ..Capabilities::default() },
        leaf_node_source: LeafNodeSource::Update,
        extensions: Extensions::new(),
        signature: vec![],
    };
    leaf.to_bytes().unwrap().into()
}

fn made_up_parent(number: u64, unmerged: &[LeafIndex]) -> NodeBytes {
    let [.., high, low] = number.to_be_bytes();
    let parent = ParentNode {
        encryption_key: vec![3, high, low].into(),
        parent_hash: vec![low; usize::from(high % 2)],
        unmerged_leaves: unmerged.to_vec(),
    };
    parent.to_bytes().unwrap().into()
}

fn change(mut tree: RatchetTree, mut naive: Naive, input: &mut Input<'_>) {
    let first = tree.clone();
    for number in 0..CHANGES {
        if input.is_empty() {
            break;
        }
        let before = tree.clone();
        let (changed, expected) = one_change(&tree, &naive, input);
        match (changed, expected) {
            (Some(changed), Some(expected)) => (tree, naive) = (changed, expected),
            (None, None) => {}
            (changed, _) => panic!("change {number}: {}", if changed.is_some() { "is made" } else { "is refused" }),
        }
        naive.compare(&tree);
        replay(&before, &tree);
        if input.clone().byte().is_multiple_of(4) {
            tree.settle();
        }
    }
    replay(&first, &tree);
    replay(&tree, &first);
}

/// The difference of two versions turns the one into the other.
fn replay(older: &RatchetTree, newer: &RatchetTree) {
    let replayed = older.clone().edit_resized(suite(), newer.size(), older.diff(newer)).expect("a difference");
    assert_eq!(replayed.root_hash(), newer.root_hash());
    assert_eq!(replayed.size(), newer.size());
    assert_eq!(replayed.summary(), newer.summary());
    assert!(replayed.nodes().eq(newer.nodes()));
}

/// One change of both, `None` where it is refused.
fn one_change(tree: &RatchetTree, naive: &Naive, input: &mut Input<'_>) -> (Option<RatchetTree>, Option<Naive>) {
    let kind = input.byte();
    match kind % 6 {
        0 => edit_nodes(tree, naive, input),
        1 | 2 => apply_changes(tree, naive, input),
        3 => set_path(tree, naive, input),
        4 if tree.size().leaf_count() < LARGEST => {
            let mut naive = naive.clone();
            naive.extend();
            (tree.clone().extend(suite()).ok(), Some(naive))
        }
        _ => {
            let mut naive = naive.clone();
            naive.truncate();
            (tree.clone().truncate(suite()).ok(), Some(naive))
        }
    }
}

/// Some nodes, whatever the RFC says, in the order in which they come.
fn edit_nodes(tree: &RatchetTree, naive: &Naive, input: &mut Input<'_>) -> (Option<RatchetTree>, Option<Naive>) {
    let count = tree.size().node_count();
    let mut edits: Vec<NodeEdit> = Vec::new();
    for _ in 0..=input.byte() % 4 {
        let node = NodeIndex::new(u32::try_from(input.short()).unwrap() % (count + 1)).unwrap();
        let number = input.short() as u64;
        let bytes = match number % 3 {
            0 => None,
            _ if node.is_leaf() => Some(made_up_leaf(number)),
            _ => Some(made_up_parent(number, &[leaf_index(u32::from(input.byte()))])),
        };
        edits.push((node, bytes));
    }
    if !input.byte().is_multiple_of(8) {
        edits.sort_by_key(|(node, _)| *node);
    }
    (tree.clone().edit(suite(), edits.clone()).ok(), naive.edited(&edits))
}

/// Updates, Removes and Adds in one batch.
fn apply_changes(tree: &RatchetTree, naive: &Naive, input: &mut Input<'_>) -> (Option<RatchetTree>, Option<Naive>) {
    let leaves = tree.size().leaf_count();
    let counts = input.byte();
    let leaf = |input: &mut Input<'_>| leaf_index(u32::from(input.byte()) % (leaves + 1));
    let updates: Vec<_> = (0..counts % 4).map(|_| (leaf(input), made_up_leaf(input.short() as u64))).collect();
    let removes: Vec<_> = (0..counts / 4 % 4).map(|_| leaf(input)).collect();
    let wanted = if leaves < LARGEST { counts / 16 % 8 } else { 0 };
    let adds: Vec<_> = (0..wanted).map(|_| made_up_leaf(input.short() as u64)).collect();
    let changed = tree.apply_changes(suite(), &updates, &removes, &adds).ok();
    let expected = naive.changed(&updates, &removes, &adds);
    if let (Some((_, added)), Some((_, expected))) = (&changed, &expected) {
        assert_eq!(added, expected, "Adds go to other leaves");
    }
    (changed.map(|(tree, _)| tree), expected.map(|(naive, _)| naive))
}

/// A path with some of its parents.
fn set_path(tree: &RatchetTree, naive: &Naive, input: &mut Input<'_>) -> (Option<RatchetTree>, Option<Naive>) {
    let size = tree.size();
    let limit = if size.leaf_count() < LARGEST { size.leaf_count() + 2 } else { size.leaf_count() };
    let sender = leaf_index(u32::from(input.byte()) % limit);
    let leaf = made_up_leaf(input.short() as u64);
    let on = size.doubled().filter(|_| sender.as_u32() == size.leaf_count()).unwrap_or(size);
    let which = input.short();
    let mut parents: Vec<(NodeIndex, NodeBytes)> = direct_path(sender, on)
        .enumerate()
        .filter(|(place, _)| which >> (place % 12) & 1 == 1)
        .map(|(place, node)| (node, made_up_parent((which + place) as u64, &[])))
        .collect();
    if which >> 13 == 1 {
        // One that may not be there, or may be there already.
        let node = NodeIndex::new(u32::from(input.byte()) % size.node_count()).unwrap();
        parents.push((node, made_up_parent(1, &[])));
    }
    (tree.set_path(suite(), sender, leaf.clone(), &parents).ok(), naive.with_path(sender, &leaf, &parents))
}

/// The group's tree as it is, edited and changed; made-up ones of sizes around powers of two; raw bytes.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    seeds.add("as it is", [0, 0]);
    seeds.edits("edited", &[0, 1], 0);
    let changes: [(&str, &[u8]); 8] = [
        ("edits", &[0, 3, 0, 1, 0, 5, 1, 0, 2, 0, 4, 0, 3, 0, 7, 0, 0, 0, 0, 0, 9, 1]),
        ("unordered edits", &[0, 1, 0, 4, 0, 5, 0, 2, 0, 4, 8]),
        ("adds", &[1, 0x70, 1, 0, 1, 1, 1, 2, 1, 3, 1, 4, 1, 5, 1, 6]),
        ("removes", &[1, 0x0c, 1, 2, 3, 1, 0x04, 0]),
        ("updates", &[1, 0x02, 0, 1, 7, 1, 1, 8]),
        ("all at once", &[1, 0x25, 0, 1, 7, 1, 2, 0, 2, 1]),
        ("paths", &[3, 0, 1, 9, 0x0f, 0xff, 3, 2, 1, 8, 0, 3, 1, 0x10, 2, 2, 3, 2, 2, 3, 0x0f, 0]),
        ("sizes", &[4, 4, 5, 4, 0, 0, 0, 7, 0, 4, 5]),
    ];
    for (number, (name, changes)) in changes.into_iter().enumerate() {
        if number % 2 == 0 {
            seeds.add(&format!("as it is, {name}"), [&[0, 0], changes].concat());
        } else {
            seeds.add(&format!("three leaves, {name}"), [&[1, 2], changes].concat());
        }
    }
    let raw: [(&str, &[u8]); 5] = [
        ("nothing", &[]),
        ("no nodes", &[0]),
        ("one blank", &[1, 0]),
        ("a parent alone", &[7, 0, 1, 2, 1, 7, 0, 0]),
        ("a long length", &[0x80, 1, 0, 0, 0]),
    ];
    for (name, bytes) in raw {
        seeds.add(&format!("raw {name}"), [&[RAW], bytes].concat());
    }
    let leaf = made_up_leaf(1);
    let mut nodes = vec![1, 1];
    nodes.extend_from_slice(&leaf);
    for (name, tail) in [("leaf", vec![]), ("leaf and blank", vec![0]), ("parent at the end", vec![1, 2, 1, 7, 0, 0])] {
        let mut bytes = vec![RAW];
        mls_codec::encode_opaque(&[nodes.clone(), tail].concat(), &mut bytes).unwrap();
        seeds.add(&format!("raw {name}"), bytes);
    }
    seeds.done()
}
