//! Taking in a path (RFC 9420 sections 7.5, 7.6, 12.4.2 and 12.4.3.1).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use mls_crypto_traits::{HpkePrivateKey, HpkePublicKey, Suite};

use super::generate::install;
use super::keys::PathKeysUpdate;
use super::secret::PathSecret;
use super::{PathError, UPDATE_PATH_NODE};
use crate::commit::{UpdatePath, UpdatePathNode};
use crate::key_schedule::CommitSecret;
use crate::tree::leaf_node::LeafNodeSource;
use crate::tree::math::{LeafIndex, NodeIndex, direct_path};
use crate::tree::parent_hash::path_parent_hashes;
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::resolution::CopathChild;

/// Checks a path's shape and keys against the tree with the commit's proposals applied (RFC 9420 sections 7.6 and 12.4.2).
///
/// `excluded` are the leaves that the commit adds: nothing is encrypted to them, so that a node may have no ciphertext at all. The
/// path's keys, leaf's and parents', must be nowhere in the tree, whose sender's path still has its old keys; an external
/// joiner's leaf is still blank, or the one just beyond a full tree. The leaf node itself is validated elsewhere ([`validate_leaf`](crate::tree::validate::validate_leaf)).
///
/// # Errors
/// [`PathError::PathLength`], [`PathError::CiphertextCount`], [`PathError::InvalidPublicKey`], [`PathError::DuplicateKey`],
/// [`PathError::KeyInTree`].
pub fn check_path(
    suite: Suite<'_>,
    tree_after_proposals: &RatchetTree,
    sender: LeafIndex,
    path: &UpdatePath,
    excluded: &BTreeSet<LeafIndex>,
) -> Result<(), PathError> {
    let copath = copath(tree_after_proposals, sender, path)?;
    for (child, node) in copath.iter().zip(&path.nodes) {
        check_count(child, node, excluded)?;
    }
    check_keys(suite, tree_after_proposals, path)
}

/// The tree with a received path in it (RFC 9420 section 7.5), for the provisional group context.
///
/// The path has passed [`check_path`]. Its parent hashes are computed, and the leaf's compared.
///
/// # Errors
/// [`PathError::WrongLeafSource`], [`PathError::ParentHashMismatch`], [`PathError::PathLength`]; [`PathError::Tree`] if the tree refuses
/// the nodes.
pub fn merge_path(
    suite: Suite<'_>,
    tree_after_proposals: &RatchetTree,
    sender: LeafIndex,
    path: &UpdatePath,
) -> Result<RatchetTree, PathError> {
    let LeafNodeSource::Commit { parent_hash } = &path.leaf_node.leaf_node_source else {
        return Err(PathError::WrongLeafSource);
    };
    let copath = copath(tree_after_proposals, sender, path)?;
    let keys: Vec<&HpkePublicKey> = path.nodes.iter().map(|node| &node.encryption_key).collect();
    let parent_hashes = path_parent_hashes(suite, tree_after_proposals, sender, &keys)?;
    // req: R-7.9.2-07
    if *parent_hash != parent_hashes.leaf {
        return Err(PathError::ParentHashMismatch);
    }
    let nodes = copath.iter().map(|child| child.step.node).zip(keys.iter().copied());
    install(suite, tree_after_proposals, sender, &path.leaf_node, nodes, &parent_hashes)
}

/// Decrypts our part of a received path and derives what is above (RFC 9420 sections 7.5 and 7.6).
///
/// `own` is our leaf, `leaf_key` and `parents` the private keys held in `tree_after_proposals` (for a leaf that this commit updates, the
/// new one); a key missing in the middle is no hindrance. `group_context` is the encoded provisional one. The path has passed
/// [`check_path`].
///
/// # Errors
/// [`PathError::OwnPath`], [`PathError::NotARecipient`], [`PathError::NoPrivateKey`]; [`PathError::Decryption`] and
/// [`PathError::PathSecretLength`] for a bad ciphertext; [`PathError::PublicKeyMismatch`] if a derived key is not the one sent.
#[expect(clippy::too_many_arguments, reason = "a path is bound to all of them")]
pub fn decrypt_path(
    suite: Suite<'_>,
    tree_after_proposals: &RatchetTree,
    own: LeafIndex,
    leaf_key: &HpkePrivateKey,
    parents: &BTreeMap<NodeIndex, HpkePrivateKey>,
    sender: LeafIndex,
    path: &UpdatePath,
    excluded: &BTreeSet<LeafIndex>,
    group_context: &[u8],
) -> Result<(PathKeysUpdate, CommitSecret), PathError> {
    if own == sender {
        return Err(PathError::OwnPath);
    }
    if excluded.contains(&own) || tree_after_proposals.is_blank(own.node()) {
        return Err(PathError::NotARecipient);
    }
    let copath = copath(tree_after_proposals, sender, path)?;
    // req: R-7.5-11
    let lowest = copath.iter().position(|child| child.step.node.covers(own)).ok_or(PathError::NotARecipient)?;
    let (_, common) = copath.split_at_checked(lowest).unwrap_or_default();
    let (_, nodes) = path.nodes.split_at_checked(lowest).unwrap_or_default();
    let (Some(child), Some(node)) = (common.first(), nodes.first()) else {
        return Err(PathError::NotARecipient);
    };
    check_count(child, node, excluded)?;
    let private = |node: NodeIndex| if node == own.node() { Some(leaf_key) } else { parents.get(&node) };
    // req: R-4.2-02
    let (private, public, ciphertext) = child
        .recipient(own, |node| private(node).is_some(), excluded)
        .and_then(|(place, recipient)| {
            let public = tree_after_proposals.encryption_key(recipient)?;
            Some((private(recipient)?, public, node.encrypted_path_secret.get(place)?))
        })
        .ok_or(PathError::NoPrivateKey { node: child.step.node })?;
    // The tree has the public key, which is not computed again.
    let key = suite.hpke_key_pair(private, &HpkePublicKey::from(public)).map_err(PathError::Decryption)?;
    // req: R-7.6-05
    let secret = suite
        .encrypt_context(UPDATE_PATH_NODE, group_context)?
        .open_with(key.as_ref(), &ciphertext)
        .map_err(PathError::Decryption)?;
    let secret = PathSecret::from_secret(suite, secret).map_err(|_| PathError::PathSecretLength)?;

    let public = nodes.iter().map(|node| Some(node.encryption_key.as_bytes()));
    let (set, commit_secret) = derive_upward(suite, common.iter().map(|child| child.step.node), public, &secret)?;
    // req: R-7.5-15
    let clear = direct_path(sender, tree_after_proposals.size())
        .filter(|node| node.covers(own) && !set.contains_key(node))
        .collect();
    Ok((PathKeysUpdate { leaf: None, set, clear }, CommitSecret::from_bytes(commit_secret.into_secret())))
}

/// The private keys that the path secret in a Welcome gives a joiner at `own` (RFC 9420 section 12.4.3.1).
///
/// `tree` is the joined one, `signer` the leaf that signed its GroupInfo.
///
/// # Errors
/// [`PathError::OwnPath`] if we are the signer, [`PathError::NotARecipient`] if we share no path with it;
/// [`PathError::PublicKeyMismatch`] naming the node whose key in the tree is another, or which is blank.
pub fn keys_from_welcome(
    suite: Suite<'_>,
    tree: &RatchetTree,
    own: LeafIndex,
    signer: LeafIndex,
    path_secret: &PathSecret,
) -> Result<PathKeysUpdate, PathError> {
    if own == signer {
        return Err(PathError::OwnPath);
    }
    if tree.is_blank(own.node()) || tree.is_blank(signer.node()) {
        return Err(PathError::NotARecipient);
    }
    let mut steps = tree.filtered_direct_path(signer);
    steps.retain(|step| step.node.covers(own));
    if steps.is_empty() {
        return Err(PathError::NotARecipient);
    }
    // req: R-12.4.3.1-20
    let public = steps.iter().map(|step| tree.encryption_key(step.node));
    let (set, _) = derive_upward(suite, steps.iter().map(|step| step.node), public, path_secret)?;
    Ok(PathKeysUpdate { set, ..PathKeysUpdate::default() })
}

/// The private keys of `nodes`, whose lowest has the path secret `lowest`, each compared with the public key that belongs there;
/// and the secret one step above.
fn derive_upward<'a>(
    suite: Suite<'_>,
    nodes: impl Iterator<Item = NodeIndex>,
    public: impl Iterator<Item = Option<&'a [u8]>>,
    lowest: &PathSecret,
) -> Result<(BTreeMap<NodeIndex, HpkePrivateKey>, PathSecret), PathError> {
    let mut keys = BTreeMap::new();
    let mut above: Option<PathSecret> = None;
    for (node, public) in nodes.zip(public) {
        let secret = above.as_ref().unwrap_or(lowest);
        let pair = secret.node_key_pair(suite)?;
        // req: R-7.5-12, R-12.4.3.1-21
        if public != Some(pair.public.as_bytes()) {
            return Err(PathError::PublicKeyMismatch { node });
        }
        // req: R-4.2-01, R-7.5-13
        keys.insert(node, pair.private);
        // The secret just used is wiped as it is replaced.
        // req: R-7.5-14
        above = Some(secret.next(suite)?);
    }
    // req: R-12.4.2-14
    match above {
        Some(secret) => Ok((keys, secret)),
        None => Err(PathError::NotARecipient),
    }
}

fn copath<'t>(tree: &'t RatchetTree, sender: LeafIndex, path: &UpdatePath) -> Result<Vec<CopathChild<'t>>, PathError> {
    let copath = tree.copath(sender);
    // req: R-7.6-03
    if copath.len() != path.nodes.len() {
        return Err(PathError::PathLength { expected: copath.len(), found: path.nodes.len() });
    }
    Ok(copath)
}

/// Checks that there is a ciphertext for each node of the resolution.
fn check_count(
    child: &CopathChild<'_>,
    node: &UpdatePathNode,
    excluded: &BTreeSet<LeafIndex>,
) -> Result<(), PathError> {
    // req: R-7.6-01, R-7.6-02, R-7.6-04
    let expected = child.resolution_len(excluded);
    let found = node.encrypted_path_secret.len();
    if expected == found { Ok(()) } else { Err(PathError::CiphertextCount { node: child.step.node, expected, found }) }
}

fn check_keys(suite: Suite<'_>, tree: &RatchetTree, path: &UpdatePath) -> Result<(), PathError> {
    let parents = path.nodes.iter().map(|node| &node.encryption_key);
    let mut seen: Vec<&[u8]> =
        core::iter::once(&path.leaf_node.encryption_key).chain(parents).map(HpkePublicKey::as_bytes).collect();
    for key in &seen {
        suite.check_hpke_public_key(key).map_err(PathError::InvalidPublicKey)?;
        // req: R-7.5-05, R-12.4.2-10, R-12.4.2-11
        if let Some(node) = tree.find_encryption_key(key) {
            return Err(PathError::KeyInTree { node });
        }
    }
    seen.sort_unstable();
    // req: R-12.4.2-12
    if seen.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(PathError::DuplicateKey);
    }
    Ok(())
}
