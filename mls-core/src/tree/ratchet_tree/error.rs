//! What can be wrong with a tree or with a change to it.

use core::fmt;

use mls_codec::{DecodeError, EncodeError};
use mls_crypto_traits::CryptoError;

use crate::tree::math::{LeafIndex, NodeIndex};

/// Why a tree could not be made or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeError {
    /// The `ratchet_tree` array has no nodes (RFC 9420 section 12.4.3.3).
    Empty,
    /// The `ratchet_tree` array ends in a blank node (RFC 9420 section 12.4.3.3).
    TrailingBlank,
    /// The `ratchet_tree` array ends in a parent, which then stands above no member on its right: no sequence of
    /// changes leads there (RFC 9420 sections 7.7 and 12.1.3).
    TrailingParent,
    /// A leaf stands at an odd position (RFC 9420 section 12.4.3.3).
    LeafAtParentPosition(NodeIndex),
    /// A parent stands at an even position (RFC 9420 section 12.4.3.3).
    ParentAtLeafPosition(NodeIndex),
    /// More than 2^31 leaves.
    TooManyLeaves,
    /// The node is outside the tree.
    IndexOutOfTree(NodeIndex),
    /// The edits do not ascend strictly, or a node is named twice.
    NotAscending(NodeIndex),
    /// Two updates or removes, or one of each, for the same leaf (RFC 9420 section 12.2).
    RepeatedLeaf(LeafIndex),
    /// An update or remove of a blank leaf (RFC 9420 section 12.1.3).
    BlankLeaf(LeafIndex),
    /// The parent is not on the sender's direct path (RFC 9420 section 7.5).
    NotOnDirectPath(NodeIndex),
    /// Two nodes have the same encryption key (RFC 9420 section 16.7).
    DuplicateEncryptionKey(NodeIndex, NodeIndex),
    /// Two leaves have the same signature key (RFC 9420 section 16.7).
    DuplicateSignatureKey(LeafIndex, LeafIndex),
    /// A node does not decode.
    Decode(DecodeError),
    /// Something is too long to encode.
    Encode(EncodeError),
    /// The crypto provider failed.
    Crypto(CryptoError),
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("ratchet tree has no nodes"),
            Self::TrailingBlank => f.write_str("ratchet tree ends in a blank node"),
            Self::TrailingParent => f.write_str("ratchet tree ends in a parent"),
            Self::LeafAtParentPosition(node) => write!(f, "leaf at parent position {node}"),
            Self::ParentAtLeafPosition(node) => write!(f, "parent at leaf position {node}"),
            Self::TooManyLeaves => f.write_str("more than 2^31 leaves"),
            Self::IndexOutOfTree(node) => write!(f, "node {node} is outside the tree"),
            Self::NotAscending(node) => write!(f, "edit of node {node} does not ascend"),
            Self::RepeatedLeaf(leaf) => write!(f, "leaf {leaf} is changed twice"),
            Self::BlankLeaf(leaf) => write!(f, "leaf {leaf} is blank"),
            Self::NotOnDirectPath(node) => write!(f, "node {node} is not on the direct path"),
            Self::DuplicateEncryptionKey(a, b) => {
                write!(f, "nodes {a} and {b} have one encryption key")
            }
            Self::DuplicateSignatureKey(a, b) => {
                write!(f, "leaves {a} and {b} have one signature key")
            }
            Self::Decode(error) => write!(f, "node does not decode: {error}"),
            Self::Encode(error) => write!(f, "tree does not encode: {error}"),
            Self::Crypto(error) => write!(f, "crypto provider failed: {error}"),
        }
    }
}

impl core::error::Error for TreeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            Self::Encode(error) => Some(error),
            Self::Crypto(error) => Some(error),
            _ => None,
        }
    }
}

impl From<DecodeError> for TreeError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for TreeError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<CryptoError> for TreeError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}
