//! The tree as an array of encodings.

use std::collections::BTreeMap;

use mls_codec::{Decode, Encode, encode_header, encode_opaque};
use mls_core::tree::leaf_node::LeafNode;
use mls_core::tree::math::{LeafIndex, NodeIndex, TreeSize};
use mls_core::tree::parent_node::ParentNode;
use mls_core::tree::ratchet_tree::{NodeEdit, RatchetTree};

use super::{leaf_index, seed, suite};
use mls_core::tree::node_bytes::NodeBytes;

/// Leaf `i` stands at place `2 * i`; there are one less than a power of two.
#[derive(Clone)]
pub(super) struct Naive(Vec<Option<NodeBytes>>);

/// The level of a place: how many ones its number ends in.
const fn level(place: usize) -> u32 {
    place.trailing_ones()
}

impl Naive {
    pub(super) fn of(size: TreeSize, nodes: impl IntoIterator<Item = (NodeIndex, NodeBytes)>) -> Self {
        let mut naive = Self(vec![None; place_of(size.node_count())]);
        for (node, bytes) in nodes {
            naive.0[place(node)] = Some(bytes);
        }
        naive
    }

    fn leaves(&self) -> usize {
        self.0.len() / 2 + 1
    }

    /// The places above a leaf, upwards.
    fn above(&self, leaf: LeafIndex) -> Vec<usize> {
        let (mut at, mut path) = (place(leaf.node()), Vec::new());
        while at != self.0.len() / 2 {
            let step = 1 << level(at);
            // A left child stands before its parent, and the parent's place has the bit above set for the right one.
            at = if at >> (level(at) + 1) & 1 == 0 { at + step } else { at - step };
            path.push(at);
        }
        path
    }

    fn blank_above(&mut self, leaf: LeafIndex) {
        for at in self.above(leaf) {
            self.0[at] = None;
        }
    }

    pub(super) fn extend(&mut self) {
        let len = self.0.len() * 2 + 1;
        self.0.resize(len, None);
    }

    pub(super) fn truncate(&mut self) {
        if self.0.iter().all(Option::is_none) {
            self.0.truncate(1);
        }
        while self.0.len() > 1 && self.0[self.0.len() / 2 + 1..].iter().all(Option::is_none) {
            self.0.truncate(self.0.len() / 2);
        }
    }

    /// With these edits; `None` where they do not ascend or are outside.
    pub(super) fn edited(&self, edits: &[NodeEdit]) -> Option<Self> {
        let mut naive = self.clone();
        let mut last = None;
        for (node, bytes) in edits {
            if last.is_some_and(|last| last >= *node) {
                return None;
            }
            last = Some(*node);
            naive.0.get_mut(place(*node))?.clone_from(bytes);
        }
        Some(naive)
    }

    /// With these Updates, Removes and Adds, one by one; and where the Adds went. `None` where one is of no member or of
    /// one that has had its.
    pub(super) fn changed(
        &self,
        updates: &[(LeafIndex, NodeBytes)],
        removes: &[LeafIndex],
        adds: &[NodeBytes],
    ) -> Option<(Self, Vec<LeafIndex>)> {
        let mut naive = self.clone();
        let updates = updates.iter().map(|(leaf, bytes)| (*leaf, Some(bytes.clone())));
        let mut had = Vec::new();
        for (leaf, bytes) in updates.chain(removes.iter().map(|leaf| (*leaf, None))) {
            if self.0.get(place(leaf.node()))?.is_none() || had.contains(&leaf) {
                return None;
            }
            had.push(leaf);
            naive.0[place(leaf.node())] = bytes;
            naive.blank_above(leaf);
        }
        let added = adds.iter().map(|bytes| naive.add(bytes)).collect();
        naive.truncate();
        Some((naive, added))
    }

    fn add(&mut self, bytes: &NodeBytes) -> LeafIndex {
        let blank = (0..self.leaves()).find(|leaf| self.0[2 * leaf].is_none());
        let leaf = blank.unwrap_or_else(|| {
            self.extend();
            self.leaves() / 2
        });
        let leaf = leaf_index(u32::try_from(leaf).unwrap());
        self.0[place(leaf.node())] = Some(bytes.clone());
        for at in self.above(leaf) {
            if let Some(parent) = &mut self.0[at] {
                let mut decoded = ParentNode::from_bytes(parent).unwrap();
                decoded.unmerged_leaves.push(leaf);
                decoded.unmerged_leaves.sort();
                decoded.unmerged_leaves.dedup();
                *parent = decoded.to_bytes().unwrap().into();
            }
        }
        leaf
    }

    /// With a path; `None` where it leads elsewhere.
    pub(super) fn with_path(
        &self,
        sender: LeafIndex,
        leaf: &NodeBytes,
        parents: &[(NodeIndex, NodeBytes)],
    ) -> Option<Self> {
        let mut naive = self.clone();
        let index = place_of(sender.as_u32());
        if index == naive.leaves() {
            naive.extend();
        }
        if index >= naive.leaves() {
            return None;
        }
        let path = naive.above(sender);
        naive.blank_above(sender);
        naive.0[place(sender.node())] = Some(leaf.clone());
        for (node, bytes) in parents {
            let at = place(*node);
            if !path.contains(&at) || naive.0[at].is_some() {
                return None;
            }
            naive.0[at] = Some(bytes.clone());
        }
        Some(naive)
    }

    /// The tree hash of RFC 9420 section 7.8, from the leaves up.
    fn hash(&self, at: usize) -> Vec<u8> {
        let node = self.0[at].as_ref();
        let mut input = vec![if level(at) == 0 { 1 } else { 2 }];
        if level(at) == 0 {
            input.extend_from_slice(&u32::try_from(at / 2).unwrap().to_be_bytes());
        }
        input.push(u8::from(node.is_some()));
        input.extend(node.iter().flat_map(|bytes| bytes.iter()));
        if level(at) > 0 {
            let half = 1 << (level(at) - 1);
            for child in [at - half, at + half] {
                encode_opaque(&self.hash(child), &mut input).unwrap();
            }
        }
        suite().hash(&[&input]).unwrap().as_bytes().to_vec()
    }

    /// `optional<Node> ratchet_tree<V>`, without the blanks at the end.
    fn extension(&self) -> Vec<u8> {
        let len = self.0.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let mut array = Vec::new();
        for (at, node) in self.0[..len].iter().enumerate() {
            match node {
                None => array.push(0),
                Some(bytes) => {
                    array.extend_from_slice(&[1, if level(at) == 0 { 1 } else { 2 }]);
                    array.extend_from_slice(bytes);
                }
            }
        }
        let mut out = Vec::new();
        encode_header(array.len(), &mut out).unwrap();
        out.extend(array);
        out
    }

    /// The first place of each encryption key and of each signature key; and whether there is a second one.
    fn keys(&self) -> [(BTreeMap<Vec<u8>, usize>, bool); 2] {
        let mut found = [(BTreeMap::new(), false), (BTreeMap::new(), false)];
        let mut note = |space: usize, key: &[u8], at: usize| {
            let (places, repeated): &mut (BTreeMap<Vec<u8>, usize>, bool) = &mut found[space];
            *repeated |= places.contains_key(key);
            places.entry(key.to_vec()).or_insert(at);
        };
        for (at, bytes) in self.0.iter().enumerate().filter_map(|(at, node)| Some((at, node.as_ref()?))) {
            if level(at) == 0 {
                let leaf = LeafNode::from_bytes(bytes).unwrap();
                note(0, leaf.encryption_key.as_bytes(), at);
                note(1, leaf.signature_key.as_bytes(), at);
            } else {
                note(0, ParentNode::from_bytes(bytes).unwrap().encryption_key.as_bytes(), at);
            }
        }
        found
    }

    /// What kind of key stands in two nodes.
    pub(super) fn repeated_key(&self) -> Option<&'static str> {
        let [(_, encryption), (_, signature)] = self.keys();
        if encryption {
            return Some("encryption");
        }
        signature.then_some("signature")
    }

    /// `tree` is this one, and so is one that is built from its nodes.
    pub(super) fn compare(&self, tree: &RatchetTree) {
        let nodes = || {
            let places = self.0.iter().enumerate();
            places.filter_map(|(at, node)| Some((NodeIndex::new(u32::try_from(at).unwrap()).unwrap(), node.clone()?)))
        };
        assert_eq!(place_of(tree.size().node_count()), self.0.len(), "size");
        assert!(tree.nodes().map(|(node, bytes)| (node, bytes.clone())).eq(nodes()), "nodes");
        assert_eq!(tree.root_hash().as_bytes(), self.hash(self.0.len() / 2), "root hash");
        assert_eq!(tree.to_extension().unwrap(), self.extension(), "extension");
        let built = RatchetTree::from_nodes(suite(), seed(), tree.size(), nodes()).unwrap();
        assert_eq!(built.root_hash(), tree.root_hash(), "root hash of a tree built from the nodes");
        assert_eq!(built.summary(), tree.summary(), "summary");
        let members = (0..self.leaves()).filter(|leaf| self.0[2 * leaf].is_some()).count();
        assert_eq!(place_of(tree.member_count()), members, "members");
        let blank = (0..self.leaves()).find(|leaf| self.0[2 * leaf].is_none());
        assert_eq!(tree.leftmost_blank().map(|leaf| place_of(leaf.as_u32())), blank, "leftmost blank");
        let [(encryption, _), (signature, _)] = self.keys();
        for (key, at) in &encryption {
            assert_eq!(tree.find_encryption_key(key).map(place), Some(*at), "encryption key");
        }
        for (key, at) in &signature {
            assert_eq!(tree.find_signature_key(key).map(|leaf| place(leaf.node())), Some(*at), "signature key");
        }
        assert_eq!(tree.check_unique_keys().is_err(), self.repeated_key().is_some(), "unique keys");
    }
}

fn place(node: NodeIndex) -> usize {
    place_of(node.as_u32())
}

fn place_of(number: u32) -> usize {
    usize::try_from(number).unwrap()
}
