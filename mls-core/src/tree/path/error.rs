//! What can be wrong with an update path.

use core::fmt;

use mls_codec::{DecodeError, EncodeError};
use mls_crypto_traits::CryptoError;

use crate::tree::math::NodeIndex;
use crate::tree::parent_hash::ParentHashError;
use crate::tree::ratchet_tree::TreeError;

/// Why an update path is refused or cannot be made (RFC 9420 sections 7.4 to 7.6 and 12.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// The path has fewer or more nodes than the sender's filtered direct path (7.6).
    PathLength {
        /// The length of the filtered direct path.
        expected: usize,
        /// The number of nodes sent.
        found: usize,
    },
    /// A node has fewer or more ciphertexts than the resolution it is for has nodes (7.6).
    CiphertextCount {
        /// The node of the filtered direct path.
        node: NodeIndex,
        /// The size of the resolution, without leaves that the commit adds.
        expected: usize,
        /// The number of ciphertexts sent.
        found: usize,
    },
    /// A public key of the path is already in the tree (12.4.2).
    KeyInTree {
        /// The node that has the key.
        node: NodeIndex,
    },
    /// Two public keys of the path are equal (16.7).
    DuplicateKey,
    /// A public key of the path is not a valid HPKE key of the suite (7.1).
    InvalidPublicKey(CryptoError),
    /// The leaf of the path does not come from a commit (7.5).
    WrongLeafSource,
    /// The leaf's parent hash is not the one of the path (7.9.2).
    ParentHashMismatch,
    /// The secrets of a path are not sent to its sender (7.5).
    OwnPath,
    /// The path is not encrypted to this leaf: it is blank, or the same commit adds it (7.5).
    NotARecipient,
    /// No private key is held for any node that the secret is encrypted to (7.5).
    NoPrivateKey {
        /// The node of the filtered direct path whose secret is wanted.
        node: NodeIndex,
    },
    /// The path secret does not decrypt (7.6).
    Decryption(CryptoError),
    /// A path secret is not `KDF.Nh` bytes long (7.4).
    PathSecretLength,
    /// The key derived for a node is not the one in the path or tree (7.5, 12.4.3.1).
    PublicKeyMismatch {
        /// The node.
        node: NodeIndex,
    },
    /// The tree refused the path's nodes.
    Tree(TreeError),
    /// The parent hashes of the path could not be computed (7.9).
    ParentHash(ParentHashError),
    /// A value is too long to encode (2.1.2).
    Encode(EncodeError),
    /// Stored keys do not decode.
    Decode(DecodeError),
    /// The crypto backend failed.
    Crypto(CryptoError),
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PathLength { expected, found } => {
                write!(f, "path has {found} nodes, the filtered direct path {expected}")
            }
            Self::CiphertextCount { node, expected, found } => {
                write!(f, "{node:?} has {found} encrypted path secrets for {expected} recipients")
            }
            Self::KeyInTree { node } => write!(f, "key of the path is already that of {node:?}"),
            Self::DuplicateKey => f.write_str("two keys of the path are equal"),
            Self::InvalidPublicKey(error) => write!(f, "invalid public key in the path: {error}"),
            Self::WrongLeafSource => f.write_str("leaf of the path does not come from a commit"),
            Self::ParentHashMismatch => f.write_str("leaf's parent hash does not match the path"),
            Self::OwnPath => f.write_str("path is our own"),
            Self::NotARecipient => f.write_str("path is not encrypted to this leaf"),
            Self::NoPrivateKey { node } => {
                write!(f, "no private key held to decrypt the secret of {node:?}")
            }
            Self::Decryption(error) => write!(f, "path secret does not decrypt: {error}"),
            Self::PathSecretLength => f.write_str("path secret has the wrong length"),
            Self::PublicKeyMismatch { node } => {
                write!(f, "derived key of {node:?} differs from the public one")
            }
            Self::Tree(error) => error.fmt(f),
            Self::ParentHash(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::Decode(error) => error.fmt(f),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PathError {}

impl From<TreeError> for PathError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

impl From<ParentHashError> for PathError {
    fn from(error: ParentHashError) -> Self {
        Self::ParentHash(error)
    }
}

impl From<EncodeError> for PathError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<CryptoError> for PathError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}
