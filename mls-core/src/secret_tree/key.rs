//! Names of a secret tree's records, encoded.

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader};

use super::{RatchetType, SecretTreeKey};
use crate::tree::math::{LeafIndex, NodeIndex};

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
