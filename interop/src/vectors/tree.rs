//! The files about the ratchet tree: RFC 9420 sections 4, 7 and 12.1, Appendix C.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mls_codec::{Decode, Encode};
use mls_core::commit::UpdatePath;
use mls_core::custom::CustomTypes;
use mls_core::extension::{Extensions, RequiredCapabilities};
use mls_core::framing::ProtocolVersion;
use mls_core::group_context::GroupContext;
use mls_core::proposal::Proposal;
use mls_core::tree::hash::blank_tree_hash;
use mls_core::tree::key_index::IndexSeed;
use mls_core::tree::leaf_node::LeafNodeSource;
use mls_core::tree::math::{LeafIndex, NodeIndex, TreeSize};
use mls_core::tree::path::{
    OwnPathKeys, PathSecret, check_path, decrypt_path, generate_path, keys_from_welcome, merge_path,
};
use mls_core::tree::ratchet_tree::RatchetTree;
use mls_core::tree::validate::{TreeContext, validate_tree};
use mls_crypto_traits::{CipherSuite, CryptoProvider, HpkePrivateKey, SignaturePrivateKey, SigningKey, Suite};
use serde::Deserialize;
use serde_json::Value;

use super::cases::{CountingRng, Hex, Outcome, belong, equal, holds, must, parse, some};
use super::suite;
use mls_core::tree::node_bytes::NodeBytes;

const SEED: IndexSeed = IndexSeed::new([7; 16]);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Math {
    n_leaves: u32,
    n_nodes: u32,
    root: u32,
    left: Vec<Option<u32>>,
    right: Vec<Option<u32>>,
    parent: Vec<Option<u32>>,
    sibling: Vec<Option<u32>>,
}

pub(super) fn tree_math(_: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: Math = parse(case)?;
    let size = some("size", TreeSize::for_leaves(case.n_leaves))?;
    holds("n_nodes", size.node_count() == case.n_nodes)?;
    holds("root", size.root().as_u32() == case.root)?;
    let lists = [&case.left, &case.right, &case.parent, &case.sibling];
    holds("lists", lists.iter().all(|list| u32::try_from(list.len()) == Ok(case.n_nodes)))?;
    let wanted = case.left.iter().zip(&case.right).zip(case.parent.iter().zip(&case.sibling));
    for (index, ((left, right), (parent, sibling))) in (0..).zip(wanted) {
        let node = some("node", NodeIndex::new(index))?;
        let number = |node: Option<NodeIndex>| node.map(NodeIndex::as_u32);
        holds("left", number(node.left()) == *left)?;
        holds("right", number(node.right()) == *right)?;
        holds("parent", number(node.parent(size)) == *parent)?;
        holds("sibling", number(node.sibling(size)) == *sibling)?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    cipher_suite: u16,
    tree_before: Hex,
    proposal: Hex,
    proposal_sender: u32,
    tree_hash_before: Hex,
    tree_after: Hex,
    tree_hash_after: Hex,
}

pub(super) fn tree_operations(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: Operation = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let before = must("tree_before", RatchetTree::from_extension(suite, SEED, &case.tree_before.0))?;
    equal("tree_hash_before", before.root_hash().as_bytes(), &case.tree_hash_before.0)?;
    let (mut updates, mut removes, mut adds) = (Vec::new(), Vec::new(), Vec::new());
    match must("proposal", Proposal::from_bytes(&case.proposal.0))? {
        Proposal::Add(key_package) => adds.push(NodeBytes::from(must("leaf", key_package.leaf_node.to_bytes())?)),
        Proposal::Update(leaf) => {
            let sender = some("sender", LeafIndex::new(case.proposal_sender))?;
            updates.push((sender, NodeBytes::from(must("leaf", leaf.to_bytes())?)));
        }
        Proposal::Remove(removed) => removes.push(some("removed", removed.leaf())?),
        other => return Err(format!("unexpected proposal {other:?}")),
    }
    let (after, _) = must("change", before.apply_changes(suite, &updates, &removes, &adds))?;
    equal("tree_after", &must("tree_after", after.to_extension())?, &case.tree_after.0)?;
    equal("tree_hash_after", after.root_hash().as_bytes(), &case.tree_hash_after.0)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Validation {
    cipher_suite: u16,
    tree: Hex,
    group_id: Hex,
    tree_hashes: Vec<Hex>,
    resolutions: Vec<Vec<u32>>,
}

pub(super) fn tree_validation(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: Validation = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let tree = must("tree", RatchetTree::from_extension(suite, SEED, &case.tree.0))?;
    equal("encoding", &must("encoding", tree.to_extension())?, &case.tree.0)?;
    let nodes = usize::try_from(tree.size().node_count()).map_err(|error| error.to_string())?;
    holds("nodes", case.tree_hashes.len() == nodes && case.resolutions.len() == nodes)?;
    for (index, (hash, resolution)) in (0..).zip(case.tree_hashes.iter().zip(&case.resolutions)) {
        let node = some("node", NodeIndex::new(index))?;
        let found = match tree.node_hash(node) {
            Some(hash) => hash,
            None => must("blank hash", blank_tree_hash(suite, node))?,
        };
        equal("tree hash", found.as_bytes(), &hash.0)?;
        let found: Vec<u32> = tree.resolution(node).into_iter().map(NodeIndex::as_u32).collect();
        holds("resolution", found == *resolution)?;
    }
    let context = TreeContext {
        group_id: &case.group_id.0,
        version: ProtocolVersion::MLS10,
        cipher_suite: CipherSuite(case.cipher_suite),
        required: &RequiredCapabilities::default(),
        group_extensions: &[],
        now: None,
        max_lifetime: None,
        custom: CustomTypes::none(),
    };
    must("validation", validate_tree(suite, &tree, &context))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Treekem {
    cipher_suite: u16,
    group_id: Hex,
    epoch: u64,
    confirmed_transcript_hash: Hex,
    ratchet_tree: Hex,
    leaves_private: Vec<LeafPrivate>,
    update_paths: Vec<SentPath>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafPrivate {
    index: u32,
    encryption_priv: Hex,
    signature_priv: Hex,
    path_secrets: Vec<NodeSecret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeSecret {
    node: u32,
    path_secret: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentPath {
    sender: u32,
    update_path: Hex,
    path_secrets: Vec<Option<Hex>>,
    commit_secret: Hex,
    tree_hash_after: Hex,
}

/// What one member knows.
struct Leaf {
    keys: OwnPathKeys,
    signer: Arc<dyn SigningKey>,
}

impl Treekem {
    fn context(&self, tree_hash: &[u8]) -> Result<Vec<u8>, String> {
        let context = GroupContext {
            version: ProtocolVersion::MLS10,
            cipher_suite: CipherSuite(self.cipher_suite),
            group_id: self.group_id.0.clone(),
            epoch: self.epoch,
            tree_hash: tree_hash.to_vec(),
            confirmed_transcript_hash: self.confirmed_transcript_hash.0.clone(),
            extensions: Extensions::new(),
        };
        must("GroupContext", context.to_bytes())
    }

    fn leaves(&self, suite: Suite<'_>, tree: &RatchetTree) -> Result<BTreeMap<LeafIndex, Leaf>, String> {
        let mut leaves = BTreeMap::new();
        for private in &self.leaves_private {
            let index = some("leaf", LeafIndex::new(private.index))?;
            let leaf = some("leaf", tree.leaf(index))?;
            let mut keys = OwnPathKeys::new(HpkePrivateKey::from_bytes(private.encryption_priv.0.clone()));
            belong("encryption key", suite, &keys.leaf, &leaf.encryption_key)?;
            for NodeSecret { node, path_secret } in &private.path_secrets {
                let node = some("node", NodeIndex::new(*node))?;
                let secret = must("path secret", PathSecret::from_secret(suite, path_secret.secret()))?;
                let pair = must("node key", secret.node_key_pair(suite))?;
                equal("node key", pair.public.as_bytes(), some("node", tree.encryption_key(node))?)?;
                keys.parents.insert(node, pair.private);
            }
            let signer = SignaturePrivateKey::from_bytes(private.signature_priv.0.clone());
            let signer = must("signer", suite.signing_key(&signer))?;
            holds("signature key", *signer.public_key() == leaf.signature_key)?;
            leaves.insert(index, Leaf { keys, signer });
        }
        holds("leaves", leaves.keys().copied().eq(tree.leaves().map(|(index, _)| index)))?;
        Ok(leaves)
    }
}

pub(super) fn treekem(provider: &dyn CryptoProvider, case: Value) -> Outcome {
    let case: Treekem = parse(case)?;
    let suite = suite(provider, case.cipher_suite)?;
    let tree = must("tree", RatchetTree::from_extension(suite, SEED, &case.ratchet_tree.0))?;
    let leaves = case.leaves(suite, &tree)?;
    for sent in &case.update_paths {
        let sender = some("sender", LeafIndex::new(sent.sender))?;
        let path = must("path", UpdatePath::from_bytes(&sent.update_path.0))?;
        must("leaf", path.leaf_node.verify_signature(suite, Some((&case.group_id.0, sender))))?;
        let after = everybody_follows(&case, suite, &tree, &leaves, sender, &path, &sent.commit_secret.0)?;
        equal("tree_hash_after", after.root_hash().as_bytes(), &sent.tree_hash_after.0)?;
        secrets_fit(suite, &after, sender, sent)?;
        own_path(&case, suite, &tree, &leaves, sender)?;
    }
    Ok(())
}

/// Every other member decrypts the path and finds the commit secret.
fn everybody_follows(
    case: &Treekem,
    suite: Suite<'_>,
    tree: &RatchetTree,
    leaves: &BTreeMap<LeafIndex, Leaf>,
    sender: LeafIndex,
    path: &UpdatePath,
    commit_secret: &[u8],
) -> Result<RatchetTree, String> {
    let none = BTreeSet::new();
    must("path", check_path(suite, tree, sender, path, &none))?;
    let after = must("merge", merge_path(suite, tree, sender, path))?;
    let context = case.context(after.root_hash().as_bytes())?;
    for (own, Leaf { keys, .. }) in leaves.iter().filter(|(own, _)| **own != sender) {
        let opened = decrypt_path(suite, tree, *own, &keys.leaf, &keys.parents, sender, path, &none, &context);
        let (_, found) = must("decrypt", opened)?;
        equal("commit_secret", found.as_bytes(), commit_secret)?;
    }
    Ok(after)
}

/// The file has a secret for each other member: that of the lowest node it shares with the sender. From there to the root
/// it leads to the keys of the new tree.
fn secrets_fit(suite: Suite<'_>, after: &RatchetTree, sender: LeafIndex, sent: &SentPath) -> Outcome {
    for (index, secret) in (0..).zip(&sent.path_secrets) {
        let own = some("leaf", LeafIndex::new(index))?;
        let Some(secret) = secret else {
            holds("no path secret", own == sender || after.is_blank(own.node()))?;
            continue;
        };
        let secret = must("path secret", PathSecret::from_secret(suite, secret.secret()))?;
        must("keys", keys_from_welcome(suite, after, own, sender, &secret))?;
    }
    let described =
        |(index, _): (LeafIndex, _)| usize::try_from(index.as_u32()).is_ok_and(|i| i < sent.path_secrets.len());
    holds("path secrets", after.leaves().all(described))
}

/// A path of our own from the same leaf, which everybody follows.
fn own_path(
    case: &Treekem,
    suite: Suite<'_>,
    tree: &RatchetTree,
    leaves: &BTreeMap<LeafIndex, Leaf>,
    sender: LeafIndex,
) -> Outcome {
    let rng = &mut CountingRng(2);
    let new = must("generate", generate_path(suite, tree, sender, rng))?;
    let mut leaf_node = some("leaf", tree.leaf(sender))?;
    leaf_node.encryption_key = new.leaf_public().clone();
    leaf_node.leaf_node_source = LeafNodeSource::Commit { parent_hash: new.parent_hashes().leaf.clone() };
    let signer = &some("signer", leaves.get(&sender))?.signer;
    must("sign", leaf_node.sign(suite, signer.as_ref(), Some((&case.group_id.0, sender))))?;
    let after = must("merge", new.merge(suite, tree, &leaf_node))?;
    let context = case.context(after.root_hash().as_bytes())?;
    let nodes = must("encrypt", new.encrypt(suite, tree, &BTreeSet::new(), &context, rng))?;
    let path = UpdatePath { leaf_node, nodes };
    let (_, secret) = new.into_private();
    let theirs = everybody_follows(case, suite, tree, leaves, sender, &path, secret.as_bytes())?;
    equal("own tree hash", theirs.root_hash().as_bytes(), after.root_hash().as_bytes())
}
