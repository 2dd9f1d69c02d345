//! Making a leaf's ratchets before their first use.

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader};
use mls_crypto_traits::Suite;

use alloc::vec::Vec;

use super::{RatchetType, SecretTree, SecretTreeEdit, SecretTreeError, SecretTreeKey, expand::FirstUse};
use crate::tree::math::{LeafIndex, NodeIndex};

impl SecretTree {
    /// Plans the making of a leaf's two ratchets, which erases the way down to it.
    ///
    /// Done for our own leaf when an epoch begins, so that sending from a cold start reads one ratchet and no tree.
    ///
    /// # Errors
    /// [`SecretTreeError::LeafErased`] where they were made before; [`SecretTreeError::NotResident`];
    /// [`SecretTreeError::Crypto`].
    pub(crate) fn plan_first_use(&self, suite: Suite<'_>, leaf: LeafIndex) -> Result<SecretTreeEdit, SecretTreeError> {
        let FirstUse { handshake, application, packs } = self.expand(suite, leaf)?;
        Ok(SecretTreeEdit {
            packs,
            ratchets: Vec::from([
                ((leaf, RatchetType::Handshake), Some(handshake)),
                ((leaf, RatchetType::Application), Some(application)),
            ]),
            ..SecretTreeEdit::default()
        })
    }
}

impl Encode for SecretTreeKey {
    fn encoded_len(&self) -> usize {
        match self {
            Self::Node(node) => (1_u8, node).encoded_len(),
            Self::Ratchet(leaf, kind) => (2_u8, leaf, kind).encoded_len(),
            Self::Skipped(leaf, kind, generation) => (3_u8, leaf, kind, *generation).encoded_len(),
            Self::SkippedIndex => 1,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Node(node) => (1_u8, node).encode(out),
            Self::Ratchet(leaf, kind) => (2_u8, leaf, kind).encode(out),
            Self::Skipped(leaf, kind, generation) => (3_u8, leaf, kind, *generation).encode(out),
            Self::SkippedIndex => 4_u8.encode(out),
        }
    }
}

impl Decode for SecretTreeKey {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = r.offset();
        Ok(match u8::decode(r)? {
            1 => Self::Node(NodeIndex::decode(r)?),
            2 => Self::Ratchet(LeafIndex::decode(r)?, RatchetType::decode(r)?),
            3 => Self::Skipped(LeafIndex::decode(r)?, RatchetType::decode(r)?, u32::decode(r)?),
            4 => Self::SkippedIndex,
            _ => return Err(DecodeError::new(DecodeErrorKind::UnknownValue, at)),
        })
    }
}
