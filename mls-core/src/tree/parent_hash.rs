//! Parent hashes (RFC 9420 section 7.9).
//!
//! A parent hash commits a node to the key of the parent above it and to the subtree on the parent's other side,
//! as these were when the parent's key was set. So it proves that whoever chose the key sat below the parent.

mod original;
mod verify;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::borrow::Borrow;

use mls_codec::EncodeError;
use mls_crypto_traits::{CryptoError, Digest, HpkePublicKey, Suite};

use super::hash::VectorHeader;
use super::math::{LeafIndex, NodeIndex};
use super::ratchet_tree::RatchetTree;
use super::validate::UnmergedLeafError;

pub use original::original_sibling_tree_hash;
pub(super) use original::split_leaves;
pub use verify::verify_parent_hashes;
pub(super) use verify::verify_parent_hashes_above_merged;

/// What a parent hash is the hash of (RFC 9420 section 7.9, `ParentHashInput`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentHashInput<'a> {
    /// The parent's public key.
    pub encryption_key: &'a [u8],
    /// The parent's own `parent_hash`, empty at the root.
    pub parent_hash: &'a [u8],
    /// The tree hash of the parent's other child as it was when the parent's key was set.
    pub original_sibling_tree_hash: &'a [u8],
}

impl ParentHashInput<'_> {
    /// The parent hash: `suite`'s hash of the encoded input.
    ///
    /// # Errors
    /// [`ParentHashError::Encode`] for a field too long to encode, [`ParentHashError::Crypto`] from the backend.
    pub fn hash(&self, suite: Suite<'_>) -> Result<Digest, ParentHashError> {
        let Self { encryption_key, parent_hash, original_sibling_tree_hash } = *self;
        let [key, parent, sibling] = [
            VectorHeader::of(encryption_key)?,
            VectorHeader::of(parent_hash)?,
            VectorHeader::of(original_sibling_tree_hash)?,
        ];
        // req: R-7.9-01
        let input =
            [key.as_ref(), encryption_key, parent.as_ref(), parent_hash, sibling.as_ref(), original_sibling_tree_hash];
        Ok(suite.hash(&input)?)
    }
}

/// The `parent_hash` fields that go with the keys of a path (RFC 9420 section 7.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathParentHashes {
    /// One for each node of the filtered direct path, leaf to root; the last is empty.
    pub parents: Vec<Digest>,
    /// The sender's leaf's; empty where the filtered direct path is.
    pub leaf: Vec<u8>,
}

/// The parent hashes of a path from `sender` with the public keys `keys` (RFC 9420 section 7.9).
///
/// `tree_after_proposals` is the tree that the path will be installed in, `keys` the keys of `sender`'s filtered direct path, leaf to
/// root. Nodes of a path have no unmerged leaves, so a sibling's original tree hash is its present one: one hash a key.
///
/// # Errors
/// [`ParentHashError::PathLength`] if there are not as many keys as nodes; [`ParentHashError::Crypto`] from the backend.
pub fn path_parent_hashes<K: Borrow<HpkePublicKey>>(
    suite: Suite<'_>,
    tree_after_proposals: &RatchetTree,
    sender: LeafIndex,
    keys: &[K],
) -> Result<PathParentHashes, ParentHashError> {
    let copath = tree_after_proposals.copath(sender);
    if copath.len() != keys.len() {
        return Err(ParentHashError::PathLength);
    }
    let mut parents = Vec::with_capacity(copath.len());
    let mut above = Digest::EMPTY;
    // req: R-7.5-10, R-7.9-02, R-7.5-03
    for (sibling, key) in copath.iter().zip(keys).rev() {
        let input = ParentHashInput {
            encryption_key: key.borrow().as_bytes(),
            parent_hash: above.as_bytes(),
            // req: R-7.9-04
            original_sibling_tree_hash: sibling.hash,
        };
        let hash = input.hash(suite)?;
        parents.push(core::mem::replace(&mut above, hash));
    }
    parents.reverse();
    Ok(PathParentHashes { parents, leaf: above.as_bytes().to_vec() })
}

/// Why parent hashes could not be computed, or do not hold (RFC 9420 section 7.9).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParentHashError {
    /// The number of keys is not that of the nodes of the filtered direct path (7.9).
    PathLength,
    /// No node below this parent carries its parent hash with the unmerged leaves that go with it (7.9.2).
    NotLinked(NodeIndex),
    /// A list of unmerged leaves is wrong (12.4.3.1).
    Unmerged(UnmergedLeafError),
    /// A node that is not in the tree was asked for.
    OutsideTree(NodeIndex),
    /// A field is too long to encode (2.1.2).
    Encode(EncodeError),
    /// The crypto backend failed.
    Crypto(CryptoError),
}

impl core::fmt::Display for ParentHashError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::PathLength => f.write_str("number of keys differs from the filtered direct path"),
            Self::NotLinked(node) => write!(f, "no valid parent hash links to parent {node:?}"),
            Self::Unmerged(error) => error.fmt(f),
            Self::OutsideTree(node) => write!(f, "{node:?} is outside the tree"),
            Self::Encode(error) => error.fmt(f),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ParentHashError {}

impl From<EncodeError> for ParentHashError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<CryptoError> for ParentHashError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<UnmergedLeafError> for ParentHashError {
    fn from(error: UnmergedLeafError) -> Self {
        Self::Unmerged(error)
    }
}
