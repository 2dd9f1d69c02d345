//! The files about the ratchet tree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hex::encode as hex;
use mls_core::commit::UpdatePath;
use mls_core::group_context::GroupContext;
use mls_core::proposal::{Proposal, RemovedLeaf};
use mls_core::tree::hash::blank_tree_hash;
use mls_core::tree::key_index::IndexSeed;
use mls_core::tree::leaf_node::{LeafNode, LeafNodeSource};
use mls_core::tree::math::{LeafIndex, NodeIndex, TreeSize};
use mls_core::tree::path::{OwnPathKeys, PathSecret, generate_path};
use mls_core::tree::ratchet_tree::RatchetTree;
use mls_crypto_traits::{HpkePrivateKey, SecretBytes};
use serde_json::{Value, json};

use super::super::cases::{must, some};
use super::source::{OwnKeyPackage, Signer, Source, encoded};
use mls_core::tree::node_bytes::NodeBytes;

const SEED: IndexSeed = IndexSeed::new([9; 16]);

pub(super) fn tree_math(size: u32) -> Result<Vec<Value>, String> {
    let largest = size.saturating_mul(8);
    let sizes = core::iter::successors(Some(1_u32), |leaves| leaves.checked_mul(2));
    sizes.take_while(|leaves| *leaves <= largest).map(tree_math_of).collect()
}

fn tree_math_of(leaves: u32) -> Result<Value, String> {
    let size = some("size", TreeSize::for_leaves(leaves))?;
    let nodes: Option<Vec<NodeIndex>> = (0..size.node_count()).map(NodeIndex::new).collect();
    let nodes = some("nodes", nodes)?;
    let list = |of: &dyn Fn(NodeIndex) -> Option<NodeIndex>| -> Vec<Option<u32>> {
        nodes.iter().map(|node| of(*node).map(NodeIndex::as_u32)).collect()
    };
    Ok(json!({
        "n_leaves": leaves,
        "n_nodes": size.node_count(),
        "root": size.root().as_u32(),
        "left": list(&NodeIndex::left),
        "right": list(&NodeIndex::right),
        "parent": list(&|node| node.parent(size)),
        "sibling": list(&|node| node.sibling(size)),
    }))
}

/// What a member of a tree knows.
struct Member {
    signer: Signer,
    leaf: HpkePrivateKey,
    /// The path secrets that it was sent or drew; those of nodes that have other keys by now are left out when written.
    secrets: BTreeMap<NodeIndex, Vec<u8>>,
}

/// A tree with everything that its members know.
struct Forest<'s, 'a> {
    source: &'s mut Source<'a>,
    group_id: Vec<u8>,
    tree: RatchetTree,
    members: BTreeMap<LeafIndex, Member>,
}

/// A path as it is sent, and what it leads to.
struct Sent {
    path: UpdatePath,
    after: RatchetTree,
    /// For every node of the path its secret, leaf to root.
    secrets: Vec<(NodeIndex, Vec<u8>)>,
    leaf: HpkePrivateKey,
    commit_secret: Vec<u8>,
}

impl<'s, 'a> Forest<'s, 'a> {
    /// A tree of so many leaves, added one by one; after each the first leaf sends a path if asked for.
    fn new(source: &'s mut Source<'a>, leaves: u32, paths: bool) -> Result<Self, String> {
        let group_id = source.hash();
        let OwnKeyPackage { key_package, leaf, signer, .. } = source.key_package("0")?;
        let tree = must("tree", RatchetTree::new(source.suite, SEED, &key_package.leaf_node))?;
        let first = some("leaf", LeafIndex::new(0))?;
        let members = [(first, Member { signer, leaf: leaf.private, secrets: BTreeMap::new() })].into();
        let mut forest = Self { source, group_id, tree, members };
        for _ in 1..leaves {
            let added = forest.add()?;
            if paths {
                forest.send(added)?;
            }
        }
        Ok(forest)
    }

    fn change(
        &self,
        updates: &[(LeafIndex, NodeBytes)],
        removes: &[LeafIndex],
        adds: &[NodeBytes],
    ) -> Result<RatchetTree, String> {
        must("change", self.tree.apply_changes(self.source.suite, updates, removes, adds)).map(|(tree, _)| tree)
    }

    /// An Add, its new member and the tree after it.
    fn adding(&mut self) -> Result<(Proposal, LeafIndex, Member, RatchetTree), String> {
        let index = some("free leaf", self.tree.next_free_leaf())?;
        let own = self.source.key_package(&index.as_u32().to_string())?;
        let after = self.change(&[], &[], &[encoded("leaf", &own.key_package.leaf_node)?.into()])?;
        let member = Member { signer: own.signer, leaf: own.leaf.private, secrets: BTreeMap::new() };
        Ok((Proposal::Add(Arc::new(own.key_package)), index, member, after))
    }

    fn add(&mut self) -> Result<LeafIndex, String> {
        let (_, index, member, after) = self.adding()?;
        self.tree = after;
        self.members.insert(index, member);
        Ok(index)
    }

    fn removing(&self, leaf: LeafIndex) -> Result<(Proposal, RatchetTree), String> {
        Ok((Proposal::Remove(RemovedLeaf::from(leaf)), self.change(&[], &[leaf], &[])?))
    }

    fn remove(&mut self, leaf: LeafIndex) -> Result<(), String> {
        self.tree = self.removing(leaf)?.1;
        self.members.remove(&leaf);
        Ok(())
    }

    fn sign(&self, leaf_node: &mut LeafNode, at: LeafIndex) -> Result<(), String> {
        let signer = &some("member", self.members.get(&at))?.signer;
        must("sign", leaf_node.sign(self.source.suite, signer.key.as_ref(), Some((&self.group_id, at))))
    }

    fn updating(&mut self, leaf: LeafIndex) -> Result<(Proposal, RatchetTree), String> {
        let pair = self.source.key_pair()?;
        let mut leaf_node = some("leaf", self.tree.leaf(leaf))?;
        leaf_node.encryption_key = pair.public;
        leaf_node.leaf_node_source = LeafNodeSource::Update;
        self.sign(&mut leaf_node, leaf)?;
        let after = self.change(&[(leaf, encoded("leaf", &leaf_node)?.into())], &[], &[])?;
        Ok((Proposal::Update(Arc::new(leaf_node)), after))
    }

    /// A path from this leaf. The group context has the hash of the tree with the path.
    fn path(&mut self, sender: LeafIndex, mut context: GroupContext) -> Result<Sent, String> {
        let suite = self.source.suite;
        let new = must("path", generate_path(suite, &self.tree, sender, &mut self.source.rng))?;
        let mut leaf_node = some("leaf", self.tree.leaf(sender))?;
        leaf_node.encryption_key = new.leaf_public().clone();
        leaf_node.leaf_node_source = LeafNodeSource::Commit { parent_hash: new.parent_hashes().leaf.clone() };
        self.sign(&mut leaf_node, sender)?;
        let after = must("merge", new.merge(suite, &self.tree, &leaf_node))?;
        context.tree_hash = after.root_hash().as_bytes().to_vec();
        let context = encoded("GroupContext", &context)?;
        let nodes = new.encrypt(suite, &self.tree, &BTreeSet::new(), &context, &mut self.source.rng);
        let path = UpdatePath { leaf_node, nodes: must("encrypt", nodes)? };
        let mut secrets = Vec::new();
        let mut secret = new.path_secret_for(sender).map(|secret| SecretBytes::from_slice(secret.as_bytes()));
        for step in self.tree.filtered_direct_path(sender) {
            let this = must("path secret", PathSecret::from_secret(suite, some("path secret", secret)?))?;
            secrets.push((step.node, this.as_bytes().to_vec()));
            secret = Some(SecretBytes::from_slice(must("next", this.next(suite))?.as_bytes()));
        }
        let (keys, commit_secret) = new.into_private();
        let mut own = OwnPathKeys::new(HpkePrivateKey::from_bytes(Vec::new()));
        drop(own.apply(keys));
        Ok(Sent { path, after, secrets, leaf: own.leaf, commit_secret: commit_secret.as_bytes().to_vec() })
    }

    /// A path that everybody takes in.
    fn send(&mut self, sender: LeafIndex) -> Result<(), String> {
        let hash = self.tree.root_hash();
        let context = self.source.context(&self.group_id, 1, hash.as_bytes());
        let Sent { after, secrets, leaf, .. } = self.path(sender, context)?;
        for (index, member) in &mut self.members {
            // From the lowest node above both on.
            let known = secrets.iter().filter(|(node, _)| node.covers(*index)).cloned();
            member.secrets.extend(known);
        }
        some("member", self.members.get_mut(&sender))?.leaf = leaf;
        self.tree = after;
        Ok(())
    }

    /// The secrets of nodes that still have their keys.
    fn current(&self, member: &Member) -> Result<Vec<Value>, String> {
        let suite = self.source.suite;
        let mut list = Vec::new();
        for (node, bytes) in &member.secrets {
            let secret = must("secret", PathSecret::from_secret(suite, SecretBytes::from_slice(bytes)))?;
            let pair = must("pair", secret.node_key_pair(suite))?;
            if self.tree.encryption_key(*node) == Some(pair.public.as_bytes()) {
                list.push(json!({"node": node.as_u32(), "path_secret": hex(bytes)}));
            }
        }
        Ok(list)
    }

    fn encoded(&self) -> Result<Vec<u8>, String> {
        must("tree", self.tree.to_extension())
    }
}

pub(super) fn tree_operations(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let size = source.size.max(3);
    let mut forest = Forest::new(source, size, true)?;
    let (middle, last) = (some("leaf", LeafIndex::new(1))?, some("leaf", LeafIndex::new(size.saturating_sub(1)))?);
    let mut cases = vec![];
    // A tree that grows, a leaf that changes, one that goes, its place taken, and the last one that goes.
    let (add, _, _, grown) = forest.adding()?;
    cases.push(operation(&forest, &add, 0, &grown)?);
    let (update, updated) = forest.updating(middle)?;
    cases.push(operation(&forest, &update, middle.as_u32(), &updated)?);
    let (remove, removed) = forest.removing(last)?;
    cases.push(operation(&forest, &remove, 0, &removed)?);
    let (remove, removed) = forest.removing(middle)?;
    cases.push(operation(&forest, &remove, 0, &removed)?);
    forest.remove(middle)?;
    let (add, _, _, filled) = forest.adding()?;
    cases.push(operation(&forest, &add, 0, &filled)?);
    Ok(cases)
}

fn operation(forest: &Forest<'_, '_>, proposal: &Proposal, sender: u32, after: &RatchetTree) -> Result<Value, String> {
    Ok(json!({
        "cipher_suite": forest.source.suite.id().0,
        "tree_before": hex(forest.encoded()?),
        "proposal": hex(encoded("proposal", proposal)?),
        "proposal_sender": sender,
        "tree_hash_before": hex(forest.tree.root_hash().as_bytes()),
        "tree_after": hex(must("tree", after.to_extension())?),
        "tree_hash_after": hex(after.root_hash().as_bytes()),
    }))
}

/// Trees with and without blanks and unmerged leaves.
fn trees(
    source: &mut Source<'_>,
    mut each: impl FnMut(&mut Forest<'_, '_>) -> Result<Value, String>,
) -> Result<Vec<Value>, String> {
    let size = source.size;
    let mut cases = vec![each(&mut Forest::new(source, 2, false)?)?, each(&mut Forest::new(source, size, true)?)?];
    let mut forest = Forest::new(source, size, true)?;
    let leaf = |index: u32| some("leaf", LeafIndex::new(index));
    if size > 2 {
        // A blank in the middle, and its place taken by a leaf that no parent has merged.
        forest.remove(leaf(1)?)?;
        forest.send(leaf(0)?)?;
        cases.push(each(&mut forest)?);
        forest.add()?;
    }
    forest.add()?;
    cases.push(each(&mut forest)?);
    Ok(cases)
}

pub(super) fn tree_validation(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    trees(source, |forest| {
        let (mut hashes, mut resolutions) = (Vec::new(), Vec::new());
        for index in 0..forest.tree.size().node_count() {
            let node = some("node", NodeIndex::new(index))?;
            let hash = match forest.tree.node_hash(node) {
                Some(hash) => hash,
                None => must("blank hash", blank_tree_hash(forest.source.suite, node))?,
            };
            hashes.push(hex(hash.as_bytes()));
            resolutions.push(forest.tree.resolution(node).into_iter().map(NodeIndex::as_u32).collect::<Vec<_>>());
        }
        Ok(json!({
            "cipher_suite": forest.source.suite.id().0,
            "tree": hex(forest.encoded()?),
            "group_id": hex(&forest.group_id),
            "tree_hashes": hashes,
            "resolutions": resolutions,
        }))
    })
}

pub(super) fn treekem(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    trees(source, |forest| {
        let epoch = u64::from(forest.source.below(1000));
        let context = forest.source.context(&forest.group_id, epoch, &[]);
        let mut private = Vec::new();
        for (index, member) in &forest.members {
            private.push(json!({
                "index": index.as_u32(),
                "encryption_priv": hex(member.leaf.as_bytes()),
                "signature_priv": hex(&member.signer.private),
                "path_secrets": forest.current(member)?,
            }));
        }
        let senders: Vec<LeafIndex> = forest.members.keys().copied().collect();
        let mut paths = Vec::new();
        for sender in &senders {
            let sent = forest.path(*sender, context.clone())?;
            let last = senders.last().map_or(0, |last| last.as_u32());
            let secret_for = |index: u32| {
                let leaf = LeafIndex::new(index).filter(|leaf| leaf != sender && forest.members.contains_key(leaf))?;
                sent.secrets.iter().find(|(node, _)| node.covers(leaf)).map(|(_, secret)| hex(secret))
            };
            paths.push(json!({
                "sender": sender.as_u32(),
                "update_path": hex(encoded("path", &sent.path)?),
                "path_secrets": (0..=last).map(secret_for).collect::<Vec<_>>(),
                "commit_secret": hex(&sent.commit_secret),
                "tree_hash_after": hex(sent.after.root_hash().as_bytes()),
            }));
        }
        Ok(json!({
            "cipher_suite": forest.source.suite.id().0,
            "group_id": hex(&forest.group_id),
            "epoch": epoch,
            "confirmed_transcript_hash": hex(&context.confirmed_transcript_hash),
            "ratchet_tree": hex(forest.encoded()?),
            "leaves_private": private,
            "update_paths": paths,
        }))
    })
}
