//! Parent-hash validity as the RFC words it, with no regard for cost.

use alloc::vec::Vec;

use mls_codec::{Encode, encode_header};
use mls_crypto_traits::Suite;

use crate::tree::leaf_node::{LeafNode, LeafNodeSource};
use crate::tree::math::{LeafIndex, NodeIndex, TreeSize};
use crate::tree::node::Node;
use crate::tree::parent_node::ParentNode;
use crate::tree::ratchet_tree::RatchetTree;

/// A tree as an array of nodes, blanks at the end included.
#[derive(Clone)]
pub(super) struct Array {
    pub(super) size: TreeSize,
    pub(super) nodes: Vec<Option<Node>>,
}

impl Array {
    pub(super) fn of(tree: &RatchetTree) -> Self {
        let size = tree.size();
        let node = |index| {
            let node = NodeIndex::new(index).unwrap();
            match node.leaf() {
                Some(leaf) => tree.leaf(leaf).map(|leaf| Node::Leaf(leaf.into())),
                None => tree.parent(node).map(|parent| Node::Parent(parent.into())),
            }
        };
        Self { size, nodes: (0..size.node_count()).map(node).collect() }
    }

    /// The `ratchet_tree` extension's data.
    pub(super) fn to_extension(&self) -> Vec<u8> {
        let last = self.nodes.iter().rposition(Option::is_some).unwrap();
        let body: Vec<u8> = self.nodes[..=last].iter().flat_map(|node| node.to_bytes().unwrap()).collect();
        let mut out = Vec::new();
        encode_header(body.len(), &mut out).unwrap();
        out.extend(body);
        out
    }

    fn get(&self, node: NodeIndex) -> Option<&Node> {
        self.nodes[node.as_u32() as usize].as_ref()
    }

    fn unmerged(&self, node: NodeIndex) -> Vec<LeafIndex> {
        match self.get(node) {
            Some(Node::Parent(parent)) => parent.unmerged_leaves.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn resolution(&self, node: NodeIndex) -> Vec<NodeIndex> {
        match self.get(node) {
            Some(_) => core::iter::once(node).chain(self.unmerged(node).into_iter().map(LeafIndex::node)).collect(),
            None => match (node.left(), node.right()) {
                (Some(left), Some(right)) => [self.resolution(left), self.resolution(right)].concat(),
                _ => Vec::new(),
            },
        }
    }

    pub(super) fn tree_hash(&self, suite: Suite<'_>, node: NodeIndex) -> Vec<u8> {
        let input = match (self.get(node), node.leaf()) {
            (leaf, Some(index)) => {
                let leaf = leaf.map(|node| match node {
                    Node::Leaf(leaf) => leaf.to_bytes().unwrap(),
                    Node::Parent(_) => panic!("a parent in a leaf's place"),
                });
                let mut input = [&[1][..], &index.as_u32().to_be_bytes(), &[u8::from(leaf.is_some())]].concat();
                input.extend(leaf.unwrap_or_default());
                input
            }
            (parent, None) => {
                let mut input = [2, u8::from(parent.is_some())].to_vec();
                if let Some(Node::Parent(parent)) = parent {
                    parent.encode(&mut input).unwrap();
                }
                self.tree_hash(suite, node.left().unwrap()).encode(&mut input).unwrap();
                self.tree_hash(suite, node.right().unwrap()).encode(&mut input).unwrap();
                input
            }
        };
        suite.hash(&[&input]).unwrap().as_bytes().to_vec()
    }

    /// The array without `leaves`, neither themselves nor in lists.
    pub(super) fn without(&self, leaves: &[LeafIndex]) -> Self {
        let mut array = self.clone();
        for leaf in leaves {
            array.nodes[leaf.node().as_u32() as usize] = None;
        }
        for node in array.nodes.iter_mut().flatten() {
            if let Node::Parent(parent) = node {
                parent.unmerged_leaves.retain(|leaf| !leaves.contains(leaf));
            }
        }
        array
    }

    fn parent_hash(&self, suite: Suite<'_>, node: NodeIndex, sibling: NodeIndex) -> Vec<u8> {
        let Some(Node::Parent(parent)) = self.get(node) else { panic!("no parent") };
        let original = self.without(&parent.unmerged_leaves).tree_hash(suite, sibling);
        let input = (&parent.encryption_key, &parent.parent_hash, &original).to_bytes().unwrap();
        suite.hash(&[&input]).unwrap().as_bytes().to_vec()
    }

    fn own_parent_hash(&self, node: NodeIndex) -> Option<Vec<u8>> {
        match self.get(node)? {
            Node::Parent(parent) => Some(parent.parent_hash.clone()),
            Node::Leaf(leaf) => match &leaf.leaf_node_source {
                LeafNodeSource::Commit { parent_hash } => Some(parent_hash.clone()),
                _ => None,
            },
        }
    }

    /// Section 12.4.3.1's rules for unmerged leaves.
    fn unmerged_valid(&self, node: NodeIndex) -> bool {
        let unmerged = self.unmerged(node);
        unmerged.windows(2).all(|pair| pair[0] < pair[1])
            && unmerged.iter().all(|leaf| {
                let mut between = leaf.node();
                if !node.covers(*leaf) || self.get(between).is_none() {
                    return false;
                }
                while between != node {
                    if !between.is_leaf() && self.get(between).is_some() && !self.unmerged(between).contains(leaf) {
                        return false;
                    }
                    between = between.parent(self.size).unwrap();
                }
                true
            })
    }

    /// Section 7.9.2's definition, for every child and every node of its resolution.
    fn linked(&self, suite: Suite<'_>, node: NodeIndex) -> bool {
        let (left, right) = (node.left().unwrap(), node.right().unwrap());
        let links = [(left, right), (right, left)].into_iter().flat_map(|(child, sibling)| {
            let resolution = self.resolution(child);
            resolution.clone().into_iter().filter(move |candidate| {
                let mut rest: Vec<NodeIndex> = resolution.iter().copied().filter(|other| other != candidate).collect();
                rest.sort_unstable();
                let unmerged: Vec<NodeIndex> =
                    self.unmerged(node).into_iter().filter(|leaf| child.covers(*leaf)).map(LeafIndex::node).collect();
                rest == unmerged && self.own_parent_hash(*candidate) == Some(self.parent_hash(suite, node, sibling))
            })
        });
        links.count() == 1
    }

    pub(super) fn valid(&self, suite: Suite<'_>) -> bool {
        (0..self.size.node_count())
            .map(|index| NodeIndex::new(index).unwrap())
            .filter(|node| !node.is_leaf() && self.get(*node).is_some())
            .all(|node| self.unmerged_valid(node) && self.linked(suite, node))
    }

    pub(super) fn parents(&mut self) -> Vec<&mut ParentNode> {
        self.nodes.iter_mut().flatten().filter_map(as_parent).collect()
    }

    pub(super) fn leaves(&mut self) -> Vec<&mut LeafNode> {
        self.nodes.iter_mut().flatten().filter_map(as_leaf).collect()
    }
}

fn as_parent(node: &mut Node) -> Option<&mut ParentNode> {
    match node {
        Node::Parent(parent) => Some(parent),
        Node::Leaf(_) => None,
    }
}

fn as_leaf(node: &mut Node) -> Option<&mut LeafNode> {
    match node {
        Node::Leaf(leaf) => Some(leaf),
        Node::Parent(_) => None,
    }
}
