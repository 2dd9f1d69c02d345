//! How indices and sizes are stored. Neither stands on the wire.

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader};

use super::{NodeIndex, TreeSize};

impl Encode for NodeIndex {
    fn encoded_len(&self) -> usize {
        self.as_u32().encoded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.as_u32().encode(out)
    }
}

impl Decode for NodeIndex {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = r.offset();
        Self::new(u32::decode(r)?).ok_or_else(|| DecodeError::new(DecodeErrorKind::InvalidValue, at))
    }
}

impl Encode for TreeSize {
    fn encoded_len(&self) -> usize {
        1
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.depth().encode(out)
    }
}

impl Decode for TreeSize {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = r.offset();
        Self::from_depth(u8::decode(r)?).ok_or_else(|| DecodeError::new(DecodeErrorKind::InvalidValue, at))
    }
}
