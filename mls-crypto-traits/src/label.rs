//! The labelled structures of RFC 9420, as slices: nothing is copied to be hashed.

use crate::CryptoError;

/// What every label begins with (RFC 9420 sections 5.1.2, 5.1.3 and 8).
pub(crate) const PREFIX: &[u8] = b"MLS 1.0 ";

/// The length header of an `opaque<V>`, on the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    bytes: [u8; 4],
    len: usize,
}

impl Header {
    /// A header for `len` bytes (RFC 9420 section 2.1.2).
    pub(crate) fn new(len: usize) -> Result<Self, CryptoError> {
        let value = u32::try_from(len).map_err(|_| CryptoError::TooLong)?;
        let (value, len) = match value {
            0..=0x3f => (value << 24, 1),
            0x40..=0x3fff => (value << 16 | 0x4000_0000, 2),
            0x4000..=0x3fff_ffff => (value | 0x8000_0000, 4),
            _ => return Err(CryptoError::TooLong),
        };
        Ok(Self { bytes: value.to_be_bytes(), len })
    }

    /// A header for the concatenation of `parts`.
    pub(crate) fn of(parts: &[&[u8]]) -> Result<Self, CryptoError> {
        let len = parts.iter().try_fold(0_usize, |sum, part| sum.checked_add(part.len()));
        Self::new(len.ok_or(CryptoError::TooLong)?)
    }

    /// The header as it stands on the wire.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
