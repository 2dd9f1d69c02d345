//! Random histories against the tree as the RFC draws it: an array, and everything by scanning.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use mls_codec::Encode;
use proptest::prelude::*;
use proptest::sample::Index;

use super::support::*;
use crate::credential::CredentialType;
use crate::extension::ExtensionType;
use crate::proposal::ProposalType;
use crate::tree::leaf_node::LeafNode;
use crate::tree::math::{LeafIndex, NodeIndex, TreeSize, direct_path};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::parent_node::ParentNode;
use crate::tree::ratchet_tree::{PathStep, RatchetTree};

#[derive(Clone, Debug)]
enum Place {
    Blank,
    Leaf(LeafNode),
    Parent(ParentNode),
}

#[derive(Clone, Debug)]
struct Naive(Vec<Place>);

impl Naive {
    fn size(&self) -> TreeSize {
        TreeSize::for_nodes(self.0.len() as u32).unwrap()
    }

    fn at(&self, node: NodeIndex) -> &Place {
        &self.0[node.as_u32() as usize]
    }

    fn set(&mut self, node: NodeIndex, place: Place) {
        self.0[node.as_u32() as usize] = place;
    }

    fn nodes(&self) -> impl Iterator<Item = NodeIndex> + use<> {
        (0..self.0.len() as u32).map(node_index)
    }

    fn bytes(&self, node: NodeIndex) -> Option<Vec<u8>> {
        match self.at(node) {
            Place::Blank => None,
            Place::Leaf(leaf) => Some(leaf.to_bytes().unwrap()),
            Place::Parent(parent) => Some(parent.to_bytes().unwrap()),
        }
    }

    fn is_blank(&self, node: NodeIndex) -> bool {
        matches!(self.at(node), Place::Blank)
    }

    fn members(&self) -> Vec<LeafIndex> {
        self.nodes().filter(|node| !self.is_blank(*node)).filter_map(NodeIndex::leaf).collect()
    }

    fn leftmost_blank(&self) -> Option<LeafIndex> {
        self.nodes().filter(|node| self.is_blank(*node)).find_map(NodeIndex::leaf)
    }

    fn blank_path(&mut self, leaf: LeafIndex) {
        for node in direct_path(leaf, self.size()) {
            self.set(node, Place::Blank);
        }
    }

    fn extend(&mut self) {
        let len = self.0.len() * 2 + 1;
        self.0.resize(len, Place::Blank);
    }

    fn update(&mut self, leaf: LeafIndex, node: LeafNode) {
        self.set(leaf.node(), Place::Leaf(node));
        self.blank_path(leaf);
    }

    fn remove(&mut self, leaf: LeafIndex) {
        self.set(leaf.node(), Place::Blank);
        self.blank_path(leaf);
        while self.0.len() > 1 && self.0[self.0.len() / 2 + 1..].iter().all(|place| matches!(place, Place::Blank)) {
            self.0.truncate(self.0.len() / 2);
        }
    }

    fn add(&mut self, node: LeafNode) -> LeafIndex {
        let leaf = self.leftmost_blank().unwrap_or_else(|| {
            self.extend();
            self.leftmost_blank().unwrap()
        });
        self.set(leaf.node(), Place::Leaf(node));
        for ancestor in direct_path(leaf, self.size()) {
            if let Place::Parent(parent) = &mut self.0[ancestor.as_u32() as usize] {
                parent.unmerged_leaves.push(leaf);
                parent.unmerged_leaves.sort();
            }
        }
        leaf
    }

    fn resolution(&self, node: NodeIndex) -> Vec<NodeIndex> {
        match self.at(node) {
            Place::Leaf(_) => vec![node],
            Place::Parent(parent) => {
                let unmerged = parent.unmerged_leaves.iter().map(|leaf| leaf.node());
                core::iter::once(node).chain(unmerged).collect()
            }
            Place::Blank if node.is_leaf() => Vec::new(),
            Place::Blank => [self.resolution(node.left().unwrap()), self.resolution(node.right().unwrap())].concat(),
        }
    }

    fn filtered_direct_path(&self, leaf: LeafIndex) -> Vec<PathStep> {
        let mut steps = Vec::new();
        for node in direct_path(leaf, self.size()) {
            let (left, right) = (node.left().unwrap(), node.right().unwrap());
            let copath_child = if left.covers(leaf) { right } else { left };
            if !self.resolution(copath_child).is_empty() {
                steps.push(PathStep { node, copath_child });
            }
        }
        steps
    }

    fn tree_hash(&self, node: NodeIndex, counting: &Counting) -> Vec<u8> {
        let optional = self.bytes(node).map_or_else(|| vec![0], |bytes| [vec![1], bytes].concat());
        let input = match node.leaf() {
            Some(leaf) => [vec![1], leaf.as_u32().to_be_bytes().to_vec(), optional].concat(),
            None => {
                let child = |child: NodeIndex| self.tree_hash(child, counting).to_bytes().unwrap();
                [vec![2], optional, child(node.left().unwrap()), child(node.right().unwrap())].concat()
            }
        };
        counting.suite().hash(&[&input]).unwrap().to_vec()
    }

    fn encryption_key(&self, node: NodeIndex) -> Option<&[u8]> {
        match self.at(node) {
            Place::Blank => None,
            Place::Leaf(leaf) => Some(leaf.encryption_key.as_bytes()),
            Place::Parent(parent) => Some(parent.encryption_key.as_bytes()),
        }
    }

    fn leaves(&self) -> impl Iterator<Item = &LeafNode> {
        self.0.iter().filter_map(|place| match place {
            Place::Leaf(leaf) => Some(leaf),
            _ => None,
        })
    }
}

#[derive(Clone, Debug)]
enum Action {
    Changes {
        updates: Vec<Index>,
        removes: Vec<Index>,
        adds: Vec<u16>,
    },
    Path(Index),
    /// From the next free leaf.
    Join,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let members = |most| proptest::collection::vec(any::<Index>(), 0..=most);
    let changes = |updates, removes, adds| {
        (members(updates), members(removes), proptest::collection::vec(0_u16..64, 0..=adds))
            .prop_map(|(updates, removes, adds)| Action::Changes { updates, removes, adds })
    };
    let action = prop_oneof![
        2 => changes(2, 2, 3),
        1 => changes(0, 0, 12),
        1 => changes(1, 12, 1),
        4 => any::<Index>().prop_map(Action::Path),
        1 => Just(Action::Join),
    ];
    proptest::collection::vec(action, 1..14)
}

/// The tree and its model, and a number for the next fresh keys.
struct Pair<'a> {
    counting: &'a Counting,
    tree: RatchetTree,
    naive: Naive,
    fresh: u32,
}

impl Pair<'_> {
    fn fresh(&mut self) -> u32 {
        self.fresh += 1;
        self.fresh
    }

    fn run(&mut self, action: &Action) {
        let members = self.naive.members();
        match action {
            Action::Changes { updates, removes, adds } => self.changes(&members, updates, removes, adds),
            Action::Path(_) if members.is_empty() => {}
            Action::Path(sender) => self.path(members[sender.index(members.len())], true),
            Action::Join => {
                let sender = self.tree.next_free_leaf().unwrap();
                assert_eq!(self.naive.leftmost_blank(), self.tree.leftmost_blank());
                self.path(sender, false);
            }
        }
    }

    fn changes(&mut self, members: &[LeafIndex], updates: &[Index], removes: &[Index], adds: &[u16]) {
        let pick = |indices: &[Index]| -> BTreeSet<LeafIndex> {
            indices.iter().filter(|_| !members.is_empty()).map(|index| members[index.index(members.len())]).collect()
        };
        let removes = pick(removes);
        let mut updated = Vec::new();
        for leaf in pick(updates).difference(&removes) {
            let node = leaf_node(self.fresh(), 1);
            updated.push((*leaf, NodeBytes::from(node.to_bytes().unwrap())));
            self.naive.update(*leaf, node);
        }
        removes.iter().for_each(|leaf| self.naive.remove(*leaf));
        let mut slots = Vec::new();
        let mut added = Vec::new();
        for kind in adds {
            let node = leaf_node(self.fresh(), *kind);
            added.push(NodeBytes::from(node.to_bytes().unwrap()));
            slots.push(self.naive.add(node));
        }
        let removes: Vec<_> = removes.into_iter().rev().collect();
        let (tree, at) = self.tree.apply_changes(self.counting.suite(), &updated, &removes, &added).unwrap();
        assert_eq!(at, slots);
        self.tree = tree;
    }

    fn path(&mut self, sender: LeafIndex, is_member: bool) {
        let steps = self.tree.filtered_direct_path(sender);
        if !self.naive.size().contains_leaf(sender) {
            self.naive.extend();
        }
        assert_eq!(steps, self.naive.filtered_direct_path(sender));
        let leaf = leaf_node(self.fresh(), 3);
        self.naive.update(sender, leaf.clone());
        let mut parents = Vec::new();
        for step in &steps {
            let parent = parent_node(self.fresh());
            parents.push((step.node, NodeBytes::from(parent.to_bytes().unwrap())));
            self.naive.set(step.node, Place::Parent(parent));
        }
        self.counting.take();
        let leaf = NodeBytes::from(leaf.to_bytes().unwrap());
        let tree = self.tree.set_path(self.counting.suite(), sender, leaf, &parents).unwrap();
        let depth = usize::from(tree.size().depth());
        if is_member {
            assert_eq!(self.counting.take(), depth + 1, "one hash a node");
        }
        assert!(tree.unshared_nodes(&self.tree) <= depth + 1, "one new node a level");
        self.tree = tree;
    }

    fn check(&self) {
        let Self { counting, tree, naive, fresh } = self;
        assert_eq!(tree.size(), naive.size());
        assert_eq!(tree.root_hash().as_bytes(), naive.tree_hash(naive.size().root(), counting));
        let members = naive.members();
        assert_eq!(tree.member_count() as usize, members.len());
        assert_eq!(tree.leaves().map(|(leaf, _)| leaf).collect::<Vec<_>>(), members);
        assert_eq!(tree.leftmost_blank(), naive.leftmost_blank());
        for node in naive.nodes() {
            assert_eq!(tree.node_bytes(node).map(|bytes| bytes.to_vec()), naive.bytes(node));
            assert_eq!(tree.encryption_key(node), naive.encryption_key(node));
            assert_eq!(tree.resolution(node), naive.resolution(node));
            assert_eq!(tree.resolution_len(node) as usize, naive.resolution(node).len());
            assert_eq!(tree.is_subtree_blank(node), naive.resolution(node).is_empty());
            let under = members.iter().filter(|leaf| node.covers(**leaf)).count();
            assert_eq!(tree.members_under(node) as usize, under);
            match tree.node_hash(node) {
                Some(hash) => assert_eq!(hash.as_bytes(), naive.tree_hash(node, counting)),
                None => assert!(node.parent(tree.size()).is_some_and(|above| tree.is_subtree_blank(above))),
            }
            if let Some(leaf) = node.leaf() {
                assert_eq!(tree.filtered_direct_path(leaf), naive.filtered_direct_path(leaf));
                self.check_copath(leaf, &members);
            }
        }
        self.check_lookups(*fresh);
        self.check_summary();
    }

    /// Whom a path of `sender` is encrypted to, some leaves left out, and which ciphertext is each member's.
    fn check_copath(&self, sender: LeafIndex, members: &[LeafIndex]) {
        let excluded = members.iter().copied().filter(|leaf| leaf.as_u32() % 3 == 1).collect();
        for child in self.tree.copath(sender) {
            let resolution = self.tree.resolution_excluding(child.step.copath_child, &excluded);
            assert_eq!(child.resolution_len(&excluded), resolution.len());
            assert_eq!(Some(child.hash), self.tree.node_hash(child.step.copath_child).as_deref());
            let below = |leaf: &&LeafIndex| child.step.copath_child.covers(**leaf) && !excluded.contains(*leaf);
            for own in members.iter().filter(below) {
                // Of the nodes above, every second is held; then none but the leaf.
                for every in [2, u32::MAX] {
                    let held =
                        |node: NodeIndex| node == own.node() || node.covers(*own) && node.as_u32() / 2 % every == 1;
                    let expected = resolution.iter().copied().enumerate().find(|(_, node)| held(*node));
                    assert_eq!(child.recipient(*own, held, &excluded), expected);
                }
            }
        }
    }

    fn check_lookups(&self, fresh: u32) {
        let Self { tree, naive, .. } = self;
        let by_key: BTreeMap<_, _> =
            naive.nodes().filter_map(|node| Some((naive.encryption_key(node)?.to_vec(), node))).collect();
        for number in 0..=fresh + 1 {
            let key = encryption_key(number);
            assert_eq!(tree.find_encryption_key(&key), by_key.get(&key).copied());
            let key = signature_key(number);
            let leaf = naive.members().into_iter().find(|leaf| tree.leaf_keys(*leaf).unwrap().1 == key);
            assert_eq!(tree.find_signature_key(&key), leaf);
        }
        assert_eq!(tree.check_unique_keys(), Ok(()));
    }

    fn check_summary(&self) {
        let Self { tree, naive, .. } = self;
        let all = |supports: &dyn Fn(&LeafNode) -> bool| naive.leaves().all(supports);
        for value in 0..400 {
            let (extension, proposal, credential) = (ExtensionType(value), ProposalType(value), CredentialType(value));
            let summary = tree.summary();
            assert_eq!(
                summary.all_support_extension(extension),
                all(&|leaf| leaf.capabilities.supports_extension(extension))
            );
            assert_eq!(
                summary.all_support_proposal(proposal),
                all(&|leaf| leaf.capabilities.supports_proposal(proposal))
            );
            assert_eq!(
                summary.all_support_credential(credential),
                all(&|leaf| leaf.capabilities.supports_credential(credential))
            );
        }
        let in_use: BTreeSet<_> = naive.leaves().map(|leaf| leaf.credential.credential_type()).collect();
        assert!(tree.summary().credential_types_in_use().eq(in_use));
    }
}

/// Two trees hold the same, whichever way they were made.
fn assert_same(a: &RatchetTree, b: &RatchetTree) {
    assert_eq!(a.size(), b.size());
    assert_eq!(a.root_hash(), b.root_hash());
    assert_eq!(a.member_count(), b.member_count());
    assert_eq!(a.summary(), b.summary());
    assert!(a.nodes().eq(b.nodes()));
    for (node, _) in a.nodes() {
        let key = a.encryption_key(node).unwrap();
        assert_eq!(b.find_encryption_key(key), Some(node));
    }
    assert_eq!(a.diff(b), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    // req: R-4.1.1-04, R-4.1.2-03, R-12.1.1-03, R-12.1.1-04, R-12.1.1-05
    // bad: tree-17
    #[test]
    fn random_histories_agree_with_an_array(suite in 0_usize..3, actions in actions()) {
        let counting = Counting::new([1, 5, 7][suite]);
        let suite = counting.suite();
        let first = leaf_node(0, 1);
        let tree = RatchetTree::new(suite, SEED, &first).unwrap();
        let mut pair = Pair { counting: &counting, tree, naive: Naive(vec![Place::Leaf(first)]), fresh: 0 };
        pair.check();
        for action in actions {
            let older = pair.tree.clone();
            let older_nodes: Vec<_> = older.nodes().map(|(node, bytes)| (node, bytes.clone())).collect();
            pair.run(&action);
            pair.check();

            prop_assert!(older.nodes().eq(older_nodes.iter().map(|(node, bytes)| (*node, bytes))));
            let stored = RatchetTree::from_nodes(suite, SEED, older.size(), older_nodes).unwrap();
            assert_same(&stored, &older);
            for (from, to) in [(&older, &pair.tree), (&pair.tree, &older)] {
                let replayed = from.clone().edit_resized(suite, to.size(), from.diff(to)).unwrap();
                assert_same(&replayed, to);
            }
            // Nobody shares `stored`: the same edits, made in place.
            let replayed = stored.edit_resized(suite, pair.tree.size(), older.diff(&pair.tree)).unwrap();
            assert_same(&replayed, &pair.tree);
            if pair.tree.member_count() > 0 {
                let extension = pair.tree.to_extension().unwrap();
                assert_same(&RatchetTree::from_extension(suite, SEED, &extension).unwrap(), &pair.tree);
            }
        }
    }
}
