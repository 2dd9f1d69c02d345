//! Types with everything that the codec has, and strategies for their values.
#![allow(unreachable_pub, dead_code, reason = "shared by several test binaries, none of which uses it all")]
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use mls_codec::{Decode, Encode, open_enum};
use proptest::collection::vec;
use proptest::prelude::*;

open_enum! {
    /// An open registry.
    pub struct Registry: u16 {
        /// One.
        ONE = 1,
    }
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Leaf {
    pub name: Vec<u8>,
    pub types: Vec<Registry>,
    pub age: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[mls(repr = "u8")]
pub enum Node {
    #[mls(value = 0)]
    Blank,
    #[mls(value = 1)]
    Leaf(Box<Leaf>),
    #[mls(value = 2)]
    Parent { key: [u8; 4], unmerged: Vec<u32> },
    #[mls(value = 200)]
    Many(Vec<Option<Leaf>>, Vec<(u64, Vec<Vec<u8>>)>),
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Tree {
    pub epoch: u64,
    pub nodes: Vec<Option<Node>>,
    pub tail: (u8, Option<Vec<u16>>, Box<[u8]>),
}

pub fn leaf() -> impl Strategy<Value = Leaf> {
    (vec(any::<u8>(), 0..80), vec(any::<u16>().prop_map(Registry), 0..40), any::<Option<u32>>())
        .prop_map(|(name, types, age)| Leaf { name, types, age })
}

pub fn node() -> impl Strategy<Value = Node> {
    prop_oneof![
        Just(Node::Blank),
        leaf().prop_map(|leaf| Node::Leaf(Box::new(leaf))),
        (any::<[u8; 4]>(), vec(any::<u32>(), 0..20)).prop_map(|(key, unmerged)| Node::Parent { key, unmerged }),
        (vec(proptest::option::of(leaf()), 0..4), vec((any::<u64>(), vec(vec(any::<u8>(), 0..4), 0..4)), 0..4))
            .prop_map(|(leaves, pairs)| Node::Many(leaves, pairs)),
    ]
}

pub fn tree() -> impl Strategy<Value = Tree> {
    (
        any::<u64>(),
        vec(proptest::option::of(node()), 0..8),
        any::<u8>(),
        proptest::option::of(vec(any::<u16>(), 0..8)),
        vec(any::<u8>(), 0..200),
    )
        .prop_map(|(epoch, nodes, a, b, c)| Tree { epoch, nodes, tail: (a, b, c.into()) })
}

/// An encoding of a tree with some bytes changed, cut or added: input that gets far before it fails.
pub fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let edits = vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (tree(), edits, any::<prop::sample::Index>(), vec(any::<u8>(), 0..3)).prop_map(|(tree, edits, cut, tail)| {
        let mut bytes = tree.to_bytes().unwrap();
        for (index, byte) in edits {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        // Cuts half of them.
        bytes.truncate(cut.index(2 * bytes.len()));
        bytes.extend(tail);
        bytes
    })
}
