//! RFC 9420 chapters 4 and 7 as plainly as can be: a ratchet tree that is an array, recomputed from scratch each time.
//!
//! Nothing here is shared with the library but the structures of leaves and the hash function: places in the tree,
//! resolutions, hashes and what a commit does to a tree are worked out again, without regard to cost.

use std::collections::BTreeSet;

use mls_client::mls_core::commit::UpdatePath;
use mls_client::mls_core::tree::leaf_node::{LeafNode, LeafNodeSource};
use mls_client::mls_core::tree::node::{Node, RatchetTreeArray};
use mls_client::mls_core::tree::parent_node::ParentNode;
use mls_client::mls_crypto_rustcrypto::RustCryptoProvider;
use mls_client::mls_crypto_traits::{CryptoProvider, HpkePublicKey, SignaturePublicKey};
use mls_client::{CipherSuite, LeafIndex};
use mls_codec::{Decode, Encode};

/// A node by the leaves below it: the first, and how many (a power of two).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    first: usize,
    width: usize,
}

impl Place {
    const fn leaf(index: usize) -> Self {
        Self { first: index, width: 1 }
    }

    /// Where the node stands in the array (appendix C: leaves at even places, a parent between its children).
    const fn index(self) -> usize {
        2 * self.first + self.width - 1
    }

    const fn children(self) -> [Self; 2] {
        let width = self.width / 2;
        [Self { first: self.first, width }, Self { first: self.first + width, width }]
    }

    const fn covers(self, leaf: usize) -> bool {
        self.first <= leaf && leaf < self.first + self.width
    }
}

#[derive(Clone)]
pub(crate) struct Tree {
    suite: CipherSuite,
    /// As many as a perfect tree has.
    nodes: Vec<Option<Node>>,
}

/// Who commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Committer {
    Member(usize),
    Newcomer,
}

/// What a commit does to the tree, in the order of its proposals.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) updated: Vec<(usize, LeafNode)>,
    pub(crate) removed: Vec<usize>,
    pub(crate) added: Vec<LeafNode>,
    pub(crate) committer: Committer,
    pub(crate) path: bool,
    /// The signature key that the committer's new leaf has to have.
    pub(crate) signature_key: Option<SignaturePublicKey>,
}

impl Tree {
    /// Reads an exported tree and fills it up with blanks (section 7.8: the array ends with the last node that is not).
    pub(crate) fn of(exported: &[u8], suite: CipherSuite) -> Self {
        let mut nodes = RatchetTreeArray::from_bytes(exported).unwrap().into_nodes();
        nodes.resize((nodes.len() + 1).next_power_of_two() - 1, None);
        Self { suite, nodes }
    }

    const fn leaf_count(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }

    const fn root(&self) -> Place {
        Place { first: 0, width: self.leaf_count() }
    }

    pub(crate) fn places(&self) -> Vec<Place> {
        let mut places = vec![self.root()];
        let mut next = 0;
        while let Some(place) = places.get(next).copied() {
            if place.width > 1 {
                places.extend(place.children());
            }
            next += 1;
        }
        places
    }

    fn node(&self, place: Place) -> Option<&Node> {
        self.nodes[place.index()].as_ref()
    }

    fn parent(&self, place: Place) -> Option<&ParentNode> {
        match self.node(place)? {
            Node::Parent(parent) => Some(parent),
            Node::Leaf(_) => panic!("a leaf at the place of a parent"),
        }
    }

    pub(crate) fn leaf(&self, index: usize) -> Option<&LeafNode> {
        match self.nodes.get(2 * index)?.as_ref()? {
            Node::Leaf(leaf) => Some(leaf),
            Node::Parent(_) => panic!("a parent at the place of a leaf"),
        }
    }

    /// The places in the array that are not blank.
    pub(crate) fn occupied(&self) -> BTreeSet<usize> {
        (0..self.nodes.len()).filter(|place| self.nodes[*place].is_some()).collect()
    }

    pub(crate) fn leaves(&self) -> Vec<usize> {
        (0..self.leaf_count()).filter(|index| self.leaf(*index).is_some()).collect()
    }

    /// From the leaf's parent up to the root.
    fn direct_path(&self, leaf: usize) -> Vec<Place> {
        let mut path: Vec<Place> = self.places().into_iter().filter(|p| p.width > 1 && p.covers(leaf)).collect();
        path.sort_by_key(|place| place.width);
        path
    }

    /// Section 4.1.1.
    fn resolution(&self, place: Place) -> Vec<Place> {
        match self.node(place) {
            Some(Node::Leaf(_)) => vec![place],
            Some(Node::Parent(parent)) => {
                let unmerged = parent.unmerged_leaves.iter().map(|leaf| Place::leaf(number(*leaf)));
                core::iter::once(place).chain(unmerged).collect()
            }
            None if place.width == 1 => Vec::new(),
            None => place.children().into_iter().flat_map(|child| self.resolution(child)).collect(),
        }
    }

    /// For each node of the array, the places of its resolution in the array.
    pub(crate) fn resolutions(&self) -> Vec<Vec<usize>> {
        let mut places = self.places();
        places.sort_by_key(|place| place.index());
        places.into_iter().map(|place| self.resolution(place).into_iter().map(Place::index).collect()).collect()
    }

    /// The direct path without the nodes whose child on the copath has an empty resolution (section 4.1.2), each with
    /// that child.
    fn filtered_direct_path(&self, leaf: usize) -> Vec<(Place, Place)> {
        let copath_child = |place: Place| place.children().into_iter().find(|child| !child.covers(leaf)).unwrap();
        let path = self.direct_path(leaf).into_iter().map(|place| (place, copath_child(place)));
        path.filter(|(_, child)| !self.resolution(*child).is_empty()).collect()
    }

    pub(crate) fn filtered_direct_paths(&self) -> Vec<(usize, Vec<usize>)> {
        let of = |leaf| self.filtered_direct_path(leaf).into_iter().map(|(place, _)| place.index()).collect();
        self.leaves().into_iter().map(|leaf| (leaf, of(leaf))).collect()
    }

    fn hash(&self, input: &[u8]) -> Vec<u8> {
        let provider = RustCryptoProvider::new();
        provider.suite(self.suite).unwrap().hash(&[input]).unwrap().as_bytes().to_vec()
    }

    /// Section 7.8, of a tree that lacks some leaves (section 7.9: the original tree hash of a sibling).
    fn tree_hash_without(&self, place: Place, without: &[LeafIndex]) -> Vec<u8> {
        let mut input = Vec::new();
        if place.width == 1 {
            input.push(1);
            input.extend(u32::try_from(place.first).unwrap().to_be_bytes());
            let leaf = self.leaf(place.first).filter(|_| !without.iter().any(|leaf| number(*leaf) == place.first));
            optional(&mut input, leaf.map(|leaf| leaf.to_bytes().unwrap()));
        } else {
            input.push(2);
            let parent = self.parent(place).map(|parent| {
                let mut unmerged = Vec::new();
                for leaf in parent.unmerged_leaves.iter().filter(|leaf| !without.contains(leaf)) {
                    unmerged.extend(leaf.as_u32().to_be_bytes());
                }
                let mut encoded = Vec::new();
                vector(&mut encoded, parent.encryption_key.as_bytes());
                vector(&mut encoded, &parent.parent_hash);
                vector(&mut encoded, &unmerged);
                encoded
            });
            optional(&mut input, parent);
            for child in place.children() {
                vector(&mut input, &self.tree_hash_without(child, without));
            }
        }
        self.hash(&input)
    }

    /// Section 7.8.
    pub(crate) fn tree_hash(&self) -> Vec<u8> {
        self.tree_hash_without(self.root(), &[])
    }

    /// What the parent hash below a node must be, on the side whose sibling this is (section 7.9).
    fn parent_hash_of(&self, parent: &ParentNode, sibling: Place) -> Vec<u8> {
        let mut input = Vec::new();
        vector(&mut input, parent.encryption_key.as_bytes());
        vector(&mut input, &parent.parent_hash);
        vector(&mut input, &self.tree_hash_without(sibling, &parent.unmerged_leaves));
        self.hash(&input)
    }

    fn parent_hash_at(&self, place: Place) -> &[u8] {
        match self.node(place) {
            Some(Node::Parent(parent)) => &parent.parent_hash,
            Some(Node::Leaf(leaf)) => match &leaf.leaf_node_source {
                LeafNodeSource::Commit { parent_hash } => parent_hash,
                _ => &[],
            },
            None => &[],
        }
    }

    /// Every parent hash is valid (section 7.9.2), and unmerged leaves are where they belong (section 12.4.3.1).
    pub(crate) fn check(&self) {
        for place in self.places().into_iter().filter(|place| place.width > 1) {
            let Some(parent) = self.parent(place) else { continue };
            assert!(
                place.children().into_iter().any(|child| self.binds(place, parent, child)),
                "the parent hash of {place:?} is not in its subtree"
            );
            for leaf in parent.unmerged_leaves.iter().map(|leaf| number(*leaf)) {
                assert!(place.covers(leaf) && self.leaf(leaf).is_some(), "unmerged leaf {leaf} of {place:?}");
                for below in self.direct_path(leaf).into_iter().filter(|below| below.width < place.width) {
                    let lists = |node: &ParentNode| node.unmerged_leaves.iter().any(|one| number(*one) == leaf);
                    assert!(self.parent(below).is_none_or(lists), "leaf {leaf} is merged at {below:?} only");
                }
            }
            assert!(parent.unmerged_leaves.windows(2).all(|pair| pair[0] < pair[1]), "unmerged leaves of {place:?}");
        }
        assert!(self.parent_hash_at(self.root()).is_empty(), "a parent hash at the root");
    }

    /// Whether some node in the resolution of the child carries the parent's hash, and all others there are the
    /// parent's unmerged leaves.
    fn binds(&self, place: Place, parent: &ParentNode, child: Place) -> bool {
        let sibling = place.children().into_iter().find(|other| *other != child).unwrap();
        let expected = self.parent_hash_of(parent, sibling);
        let resolution = self.resolution(child);
        let unmerged: Vec<Place> = parent
            .unmerged_leaves
            .iter()
            .map(|leaf| number(*leaf))
            .filter(|leaf| child.covers(*leaf))
            .map(Place::leaf)
            .collect();
        resolution.iter().any(|node| {
            let others: Vec<Place> = resolution.iter().filter(|other| *other != node).copied().collect();
            self.parent_hash_at(*node) == expected && others == unmerged
        })
    }

    fn set_leaf(&mut self, leaf: usize, node: Option<LeafNode>) {
        self.nodes[2 * leaf] = node.map(|leaf| Node::Leaf(Box::new(leaf)));
    }

    fn blank_path(&mut self, leaf: usize) {
        for place in self.direct_path(leaf) {
            self.nodes[place.index()] = None;
        }
    }

    /// Section 7.7: the right half goes as long as no member is there.
    fn truncate(&mut self) {
        while self.leaf_count() > 1 && self.leaves().into_iter().all(|leaf| leaf < self.leaf_count() / 2) {
            self.nodes.truncate(self.nodes.len() / 2);
        }
    }

    /// The leftmost blank leaf, in a tree that is doubled if there is none (section 7.7).
    pub(crate) fn place_leaf(&mut self, leaf: LeafNode) -> usize {
        let free = (0..self.leaf_count()).find(|index| self.leaf(*index).is_none());
        let index = free.unwrap_or_else(|| self.leaf_count());
        if free.is_none() {
            self.nodes.resize(2 * self.nodes.len() + 1, None);
        }
        self.set_leaf(index, Some(leaf));
        index
    }

    /// Applies the proposals (section 12.3): Updates, then Removes, then Adds. Where the new leaves are.
    pub(crate) fn apply(&mut self, change: &Change) -> Vec<usize> {
        for (leaf, node) in &change.updated {
            self.set_leaf(*leaf, Some(node.clone()));
            self.blank_path(*leaf);
        }
        for leaf in &change.removed {
            assert!(self.leaf(*leaf).is_some(), "leaf {leaf} is blank already");
            self.set_leaf(*leaf, None);
            self.blank_path(*leaf);
        }
        self.truncate();
        let mut placed = Vec::new();
        for node in &change.added {
            let leaf = self.place_leaf(node.clone());
            placed.push(leaf);
            for place in self.direct_path(leaf) {
                if let Some(Node::Parent(parent)) = &mut self.nodes[place.index()] {
                    parent.unmerged_leaves.push(LeafIndex::new(u32::try_from(leaf).unwrap()).unwrap());
                    parent.unmerged_leaves.sort();
                }
            }
        }
        placed
    }

    /// What a commit must have made of this tree, where `after` tells the keys that were drawn. Where those are that
    /// came in; the committer's leaf for one from outside.
    pub(crate) fn expect(&self, change: &Change, after: &Self, path: Option<&UpdatePath>) -> Vec<usize> {
        let mut expected = self.clone();
        let mut placed = expected.apply(change);
        if change.path {
            let committer = match change.committer {
                Committer::Member(leaf) => leaf,
                Committer::Newcomer => {
                    let newcomer = after.nodes.iter().flatten().find_map(|node| match node {
                        Node::Leaf(leaf) if self.lacks(&leaf.encryption_key) => Some(leaf.as_ref().clone()),
                        _ => None,
                    });
                    let leaf = expected.place_leaf(newcomer.expect("nobody has come in"));
                    placed.push(leaf);
                    leaf
                }
            };
            let newcomers: &[usize] = if change.committer == Committer::Newcomer { &[] } else { &placed };
            expected.merge_path(self, committer, change, after, newcomers, path);
        } else {
            assert!(path.is_none(), "a path that is not due");
        }
        for place in expected.places() {
            let seen = after.nodes.get(place.index()).map(Option::as_ref);
            assert_eq!(seen, Some(expected.node(place)), "{place:?} after {change:?}");
        }
        assert_eq!(expected.nodes.len(), after.nodes.len(), "the size of the tree after {change:?}");
        placed
    }

    fn lacks(&self, key: &HpkePublicKey) -> bool {
        !self.nodes.iter().flatten().any(|node| match node {
            Node::Leaf(leaf) => leaf.encryption_key == *key,
            Node::Parent(parent) => parent.encryption_key == *key,
        })
    }

    /// Section 7.5: new keys for the filtered direct path, none for the rest of it.
    fn merge_path(
        &mut self,
        before: &Self,
        committer: usize,
        change: &Change,
        after: &Self,
        newcomers: &[usize],
        path: Option<&UpdatePath>,
    ) {
        let filtered = self.filtered_direct_path(committer);
        if let Some(path) = path {
            let sealed: Vec<usize> = path.nodes.iter().map(|node| node.encrypted_path_secret.len()).collect();
            let known = |place: &Place| place.width > 1 || !newcomers.contains(&place.first);
            let due = |(_, child): &(Place, Place)| self.resolution(*child).iter().filter(|place| known(place)).count();
            assert_eq!(sealed, filtered.iter().map(due).collect::<Vec<_>>(), "to whom path secrets are sent");
        }
        self.blank_path(committer);
        let mut above = Vec::new();
        for (step, (place, child)) in filtered.iter().enumerate().rev() {
            let encryption_key =
                after.parent(*place).expect("no key on the filtered direct path").encryption_key.clone();
            assert!(before.lacks(&encryption_key), "an old key at {place:?}");
            if let Some(path) = path {
                assert_eq!(path.nodes[step].encryption_key, encryption_key);
            }
            let parent = ParentNode { encryption_key, parent_hash: above, unmerged_leaves: Vec::new() };
            above = self.parent_hash_of(&parent, *child);
            self.nodes[place.index()] = Some(Node::Parent(Box::new(parent)));
        }
        let leaf = after.leaf(committer).expect("no leaf of the committer").clone();
        assert_eq!(leaf.leaf_node_source, LeafNodeSource::Commit { parent_hash: above });
        assert!(before.lacks(&leaf.encryption_key), "the committer's key is an old one");
        if let Some(signature_key) = &change.signature_key {
            assert_eq!(leaf.signature_key, *signature_key, "the committer's signature key");
        }
        if let Some(path) = path {
            assert_eq!(path.leaf_node, leaf);
        }
        self.set_leaf(committer, Some(leaf));
    }
}

pub(crate) fn number(leaf: LeafIndex) -> usize {
    usize::try_from(leaf.as_u32()).unwrap()
}

fn optional(out: &mut Vec<u8>, value: Option<Vec<u8>>) {
    match value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            out.extend(value);
        }
    }
}

/// A vector with its length before it (section 2.1.2).
fn vector(out: &mut Vec<u8>, value: &[u8]) {
    match value.len() {
        len @ 0..=0x3f => out.push(u8::try_from(len).unwrap()),
        len @ 0x40..=0x3fff => out.extend((u16::try_from(len).unwrap() | 0x4000).to_be_bytes()),
        len => out.extend((u32::try_from(len).unwrap() | 0x8000_0000).to_be_bytes()),
    }
    out.extend(value);
}
