//! Validation of a received tree (RFC 9420 section 12.4.3.1).

use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, Encode, EncodeError};
use mls_crypto_traits::{CipherSuite, Suite, parallel};

use super::leaf::{ExpectedSource, LeafContext, LeafNodeError, signature_rule, validate_leaf};
use super::unmerged::{UnmergedLeafError, check_unmerged_leaves};
use crate::custom::CustomTypes;
use crate::extension::{ExtensionType, RequiredCapabilities};
use crate::framing::ProtocolVersion;
use crate::tree::leaf_node::LeafNode;
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::parent_hash::{ParentHashError, verify_parent_hashes_above_merged};
use crate::tree::ratchet_tree::RatchetTree;

/// So many leaves are worth a thread.
const AT_ONCE: usize = 16;

/// What a tree is validated against: the group that it is said to be of.
#[derive(Clone, Copy, Debug)]
pub struct TreeContext<'a> {
    /// The group's id.
    pub group_id: &'a [u8],
    /// The group's protocol version.
    pub version: ProtocolVersion,
    /// The group's cipher suite.
    pub cipher_suite: CipherSuite,
    /// What the group requires of its members.
    pub required: &'a RequiredCapabilities,
    /// The types of the group context's extensions.
    pub group_extensions: &'a [ExtensionType],
    /// Seconds since the Unix epoch, to refuse leaves whose lifetime is over. Best left out: a lifetime often ends while its leaf is
    /// in the tree.
    pub now: Option<u64>,
    /// The longest lifetime accepted, in seconds.
    pub max_lifetime: Option<u64>,
    /// The registered types: they say which extensions have a place in a leaf.
    pub custom: &'a CustomTypes,
}

/// Checks a received tree as a joiner must: its leaves, unmerged leaves, keys and parent hashes (RFC 9420 section 12.4.3.1).
///
/// That the keys are pairwise distinct holds for every [`RatchetTree`]; that the tree hash is the group context's is the
/// caller's to check.
///
/// # Errors
/// [`TreeValidationError`]: unmerged leaves first, then parents' keys, parent hashes, leaves from left to right.
pub fn validate_tree(
    suite: Suite<'_>,
    tree: &RatchetTree,
    context: &TreeContext<'_>,
) -> Result<(), TreeValidationError> {
    check_unmerged_leaves(tree)?;
    check_parent_keys(suite, tree, tree.size().root())?;
    verify_parent_hashes_above_merged(suite, tree)?;
    let leaves: Vec<LeafIndex> = tree.leaves().map(|(index, _)| index).collect();
    // req: R-7.3-03, R-12.4.3.1-15
    parallel::try_for_each(&leaves, AT_ONCE, |index| check_leaf(suite, tree, context, *index))
}

fn check_leaf(
    suite: Suite<'_>,
    tree: &RatchetTree,
    context: &TreeContext<'_>,
    index: LeafIndex,
) -> Result<(), TreeValidationError> {
    let encoded = tree.leaf_bytes(index).ok_or(TreeValidationError::MalformedLeaf(index))?;
    let leaf = LeafNode::from_bytes(encoded).map_err(|_| TreeValidationError::MalformedLeaf(index))?;
    let position = Some((context.group_id, index));
    let context = LeafContext {
        position,
        expected: ExpectedSource::Tree,
        version: context.version,
        cipher_suite: context.cipher_suite,
        required: context.required,
        group_extensions: context.group_extensions,
        members: Some(tree.summary()),
        now: context.now,
        max_lifetime: context.max_lifetime,
        // Here below, over the bytes that came.
        verified: true,
        custom: context.custom,
    };
    validate_leaf(suite, &leaf, &context)
        // req: R-7.3-05, R-7.2-16
        .and_then(|()| leaf.verify_encoded(suite, encoded, position).map_err(signature_rule))
        .map_err(|error| TreeValidationError::Leaf(index, error))
}

/// The place of our own leaf: the leaf in the tree that is byte for byte that of our key package (RFC 9420 section 12.4.3.1).
///
/// # Errors
/// [`TreeValidationError::OwnLeafMissing`] if there is none.
pub fn find_own_leaf(tree: &RatchetTree, own: &LeafNode) -> Result<LeafIndex, TreeValidationError> {
    // req: R-12.4.3.1-19
    let own_bytes = own.to_bytes()?;
    tree.find_signature_key(own.signature_key.as_bytes())
        .filter(|index| tree.leaf_bytes(*index).is_some_and(|bytes| **bytes == *own_bytes))
        .ok_or(TreeValidationError::OwnLeafMissing)
}

fn check_parent_keys(suite: Suite<'_>, tree: &RatchetTree, node: NodeIndex) -> Result<(), TreeValidationError> {
    let Some((left, right)) = node.left().zip(node.right()) else {
        return Ok(());
    };
    check_parent_keys(suite, tree, left)?;
    check_parent_keys(suite, tree, right)?;
    if let Some(parent) = tree.parent_ref(node) {
        // req: R-12.4.3.1-18
        if tree.find_encryption_key(parent.encryption_key) != Some(node) {
            return Err(TreeValidationError::DuplicateKey(node));
        }
        suite.check_hpke_public_key(parent.encryption_key).map_err(|_| TreeValidationError::InvalidParentKey(node))?;
    }
    Ok(())
}

/// The rule that a received tree breaks (RFC 9420 section 12.4.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeValidationError {
    /// A leaf does not decode (7.2).
    MalformedLeaf(LeafIndex),
    /// A leaf is invalid (7.3).
    Leaf(LeafIndex, LeafNodeError),
    /// A list of unmerged leaves is wrong (12.4.3.1).
    Unmerged(UnmergedLeafError),
    /// A parent's key is not a valid key of the suite (7.1).
    InvalidParentKey(NodeIndex),
    /// A parent's key is also another node's (12.4.3.1).
    DuplicateKey(NodeIndex),
    /// A parent is not parent-hash valid (7.9.2).
    ParentHash(ParentHashError),
    /// The leaf of our key package is not in the tree (12.4.3.1).
    OwnLeafMissing,
    /// Our leaf is too long to encode (2.1.2).
    Encode(EncodeError),
}

impl fmt::Display for TreeValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedLeaf(leaf) => write!(f, "{leaf:?} does not decode"),
            Self::Leaf(leaf, error) => write!(f, "{leaf:?}: {error}"),
            Self::Unmerged(error) => error.fmt(f),
            Self::InvalidParentKey(node) => write!(f, "{node:?} has an invalid key"),
            Self::DuplicateKey(node) => write!(f, "{node:?} has the key of another node"),
            Self::ParentHash(error) => error.fmt(f),
            Self::OwnLeafMissing => f.write_str("our leaf is not in the tree"),
            Self::Encode(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for TreeValidationError {}

impl From<UnmergedLeafError> for TreeValidationError {
    fn from(error: UnmergedLeafError) -> Self {
        Self::Unmerged(error)
    }
}

impl From<ParentHashError> for TreeValidationError {
    fn from(error: ParentHashError) -> Self {
        Self::ParentHash(error)
    }
}

impl From<EncodeError> for TreeValidationError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}
