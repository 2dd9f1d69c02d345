//! Making a path (RFC 9420 sections 7.4 and 7.5).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{CryptoError, HpkeKeyPair, HpkePublicKey, Rng, Suite};

use super::keys::PathKeysUpdate;
use super::secret::PathSecret;
use super::{PathError, UPDATE_PATH_NODE};
use crate::commit::{EncryptedPathSecrets, UpdatePathNode};
use crate::key_schedule::CommitSecret;
use crate::record::blocks::{Blocks, Shared};
use crate::tree::leaf_node::{LeafNode, LeafNodeSource};
use crate::tree::math::{LeafIndex, NodeIndex, direct_path};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::parent_hash::{PathParentHashes, path_parent_hashes};
use crate::tree::parent_node::encode_parent;
use crate::tree::ratchet_tree::RatchetTree;

/// A path of fresh keys from our leaf to the root, with its secrets.
pub struct NewPath {
    sender: LeafIndex,
    leaf: HpkeKeyPair,
    steps: Vec<NewStep>,
    blanked: Vec<NodeIndex>,
    parent_hashes: PathParentHashes,
    commit_secret: PathSecret,
}

struct NewStep {
    node: NodeIndex,
    copath_child: NodeIndex,
    secret: PathSecret,
    keys: HpkeKeyPair,
}

/// Draws new keys for the leaf `sender` and its filtered direct path (RFC 9420 section 7.4).
///
/// `tree_after_proposals` is the tree with the commit's proposals applied, `sender` a leaf of it, an external joiner's among the blank
/// ones or just beyond a full tree. The leaf's key pair and the first path
/// secret are drawn from `rng`, in that order, the rest is derived.
///
/// # Errors
/// [`PathError::Crypto`] if `rng` or the backend fails.
pub fn generate_path(
    suite: Suite<'_>,
    tree_after_proposals: &RatchetTree,
    sender: LeafIndex,
    rng: &mut dyn Rng,
) -> Result<NewPath, PathError> {
    // req: R-7.4-02
    let leaf = suite.generate_hpke_key_pair(rng)?;
    let mut secret = PathSecret::random(suite, rng)?;
    let filtered = tree_after_proposals.filtered_direct_path(sender);
    let mut steps = Vec::with_capacity(filtered.len());
    for step in &filtered {
        let next = secret.next(suite)?;
        let secret = core::mem::replace(&mut secret, next);
        let keys = secret.node_key_pair(suite)?;
        steps.push(NewStep { node: step.node, copath_child: step.copath_child, secret, keys });
    }
    let public: Vec<&HpkePublicKey> = steps.iter().map(|step| &step.keys.public).collect();
    let parent_hashes = path_parent_hashes(suite, tree_after_proposals, sender, &public)?;
    // req: R-7.4-05
    let blanked = direct_path(sender, tree_after_proposals.size())
        .filter(|node| !steps.iter().any(|step| step.node == *node))
        .collect();
    // One step beyond the last node's secret: the first secret itself where there is no node.
    // req: R-12.4.1-05
    Ok(NewPath { sender, leaf, steps, blanked, parent_hashes, commit_secret: secret })
}

impl NewPath {
    /// The new key of our leaf.
    #[must_use]
    pub fn leaf_public(&self) -> &HpkePublicKey {
        &self.leaf.public
    }

    /// The parent hashes that go with the keys: the leaf's goes into the new leaf node before it is signed.
    #[must_use]
    pub fn parent_hashes(&self) -> &PathParentHashes {
        &self.parent_hashes
    }

    /// The public keys of the filtered direct path, leaf to root.
    #[must_use]
    pub fn public_keys(&self) -> impl ExactSizeIterator<Item = &HpkePublicKey> {
        self.steps.iter().map(|step| &step.keys.public)
    }

    /// The tree with the path in it, for the provisional group context (RFC 9420 section 7.5).
    ///
    /// `tree` is the one that the path was made for; `leaf` the new leaf, with [`Self::leaf_public`] and the leaf's parent hash.
    ///
    /// # Errors
    /// [`PathError::WrongLeafSource`], [`PathError::ParentHashMismatch`] or [`PathError::PublicKeyMismatch`] if the leaf is not made for
    /// this path; [`PathError::Tree`] if the tree is not.
    pub fn merge(&self, suite: Suite<'_>, tree: &RatchetTree, leaf: &LeafNode) -> Result<RatchetTree, PathError> {
        let LeafNodeSource::Commit { parent_hash } = &leaf.leaf_node_source else {
            return Err(PathError::WrongLeafSource);
        };
        // req: R-7.5-04
        if *parent_hash != self.parent_hashes.leaf {
            return Err(PathError::ParentHashMismatch);
        }
        if leaf.encryption_key != self.leaf.public {
            return Err(PathError::PublicKeyMismatch { node: self.sender.node() });
        }
        let nodes = self.steps.iter().map(|step| (step.node, &step.keys.public));
        install(suite, tree, self.sender, leaf, nodes, &self.parent_hashes)
    }

    /// Encrypts each path secret to the resolution of the node's copath child, without the leaves `excluded` that the commit adds
    /// (RFC 9420 section 7.6).
    ///
    /// `tree_after_proposals` is the tree that the path was made for, `group_context` the encoded provisional one, which has
    /// the hash of the tree with the path merged.
    ///
    /// # Errors
    /// [`PathError::Crypto`] if a public key of the tree is invalid or the backend fails.
    pub fn encrypt(
        &self,
        suite: Suite<'_>,
        tree_after_proposals: &RatchetTree,
        excluded: &BTreeSet<LeafIndex>,
        group_context: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Vec<UpdatePathNode>, PathError> {
        // req: R-7.6-05
        let context = suite.encrypt_context(UPDATE_PATH_NODE, group_context)?;
        let mut recipients = Vec::new();
        // req: R-7.5-07, R-7.5-08, R-7.6-01
        for step in &self.steps {
            let resolution = tree_after_proposals.resolution_excluding(step.copath_child, excluded);
            let key = |node| tree_after_proposals.encryption_key(node).map(HpkePublicKey::from);
            let keys: Option<Vec<HpkePublicKey>> = resolution.into_iter().map(key).collect();
            recipients.push(keys.ok_or(CryptoError::InvalidPublicKey)?);
        }
        // One batch for the whole path.
        let secrets = self.steps.iter().map(|step| step.secret.as_bytes());
        let items: Vec<(&HpkePublicKey, &[u8])> = recipients
            .iter()
            .zip(secrets)
            .flat_map(|(keys, secret)| keys.iter().map(move |key| (key, secret)))
            .collect();
        let mut sealed = context.seal_batch(&items, rng)?.into_iter();
        let mut nodes = Vec::with_capacity(self.steps.len());
        // req: R-7.5-01
        for (step, keys) in self.steps.iter().zip(&recipients) {
            let ciphertexts = sealed.by_ref().take(keys.len()).collect::<Result<Vec<_>, _>>()?;
            let encrypted_path_secret = EncryptedPathSecrets::new(&ciphertexts)?;
            nodes.push(UpdatePathNode { encryption_key: step.keys.public.clone(), encrypted_path_secret });
        }
        Ok(nodes)
    }

    /// The path secret that a new member at `joiner` is sent in its Welcome: that of the lowest common ancestor (RFC 9420 section
    /// 12.4.3). None if the path has no ancestor of `joiner`.
    #[must_use]
    pub fn path_secret_for(&self, joiner: LeafIndex) -> Option<&PathSecret> {
        self.steps.iter().find(|step| step.node.covers(joiner)).map(|step| &step.secret)
    }

    /// Our new private keys, and the commit secret (RFC 9420 section 8). The path secrets are wiped.
    #[must_use]
    pub fn into_private(self) -> (PathKeysUpdate, CommitSecret) {
        let Self { sender: _, leaf, steps, blanked, parent_hashes: _, commit_secret } = self;
        let update = PathKeysUpdate {
            leaf: Some(leaf.private),
            set: steps.into_iter().map(|step| (step.node, step.keys.private)).collect(),
            clear: blanked,
        };
        (update, CommitSecret::from_bytes(commit_secret.into_secret()))
    }
}

/// From this level upwards the nodes of a path stand in one block, which lives as long as the lowest of them: few are so
/// high. Those below are many, and live until one of the few members below them commits again.
const COMMON: u8 = 4;

/// Blanks the sender's direct path and installs the keys, without unmerged leaves (RFC 9420 section 7.5).
pub(super) fn install<'a>(
    suite: Suite<'_>,
    tree: &RatchetTree,
    sender: LeafIndex,
    leaf: &LeafNode,
    nodes: impl Iterator<Item = (NodeIndex, &'a HpkePublicKey)>,
    parent_hashes: &PathParentHashes,
) -> Result<RatchetTree, PathError> {
    let mut places = Vec::with_capacity(parent_hashes.parents.len());
    let (mut common, mut bytes) = (Blocks::<Shared>::new(), Vec::new());
    // req: R-7.4-01, R-7.5-02, R-7.5-09
    for ((node, key), parent_hash) in nodes.zip(&parent_hashes.parents) {
        encode_parent(&mut bytes, key.as_bytes(), parent_hash.as_bytes(), &[])?;
        let alone = (node.level() < COMMON).then(|| NodeBytes::from(&*bytes));
        places.push((node, alone.ok_or_else(|| common.push(&bytes))));
    }
    let place = |place: Result<NodeBytes, _>| place.unwrap_or_else(|place| common.part(&place));
    let parents: Vec<_> = places.into_iter().map(|(node, at)| (node, place(at))).collect();
    let leaf = NodeBytes::from(leaf.to_bytes()?);
    Ok(tree.set_path(suite, sender, leaf, &parents)?)
}

impl core::fmt::Debug for NewPath {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { sender, leaf, steps, blanked, parent_hashes, commit_secret } = self;
        f.debug_struct("NewPath")
            .field("sender", sender)
            .field("leaf", &leaf.public)
            .field("steps", steps)
            .field("blanked", blanked)
            .field("parent_hashes", parent_hashes)
            .field("commit_secret", commit_secret)
            .finish()
    }
}

impl core::fmt::Debug for NewStep {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { node, copath_child, secret, keys } = self;
        f.debug_struct("NewStep")
            .field("node", node)
            .field("copath_child", copath_child)
            .field("secret", secret)
            .field("public", &keys.public)
            .finish_non_exhaustive()
    }
}
