//! Hash values and MAC tags, held inline.

use alloc::vec::Vec;
use core::{cmp::Ordering, fmt, hash, ops::Deref};

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader};
use subtle::ConstantTimeEq;

const MAX: usize = 64;

/// In whole words, the bytes first: what is moved unaligned can be read again only once it has arrived in memory.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Inline {
    bytes: [u8; MAX],
    len: u8,
}

impl Inline {
    const EMPTY: Self = Self { bytes: [0; MAX], len: 0 };

    fn from_slice(slice: &[u8]) -> Option<Self> {
        let mut inline = Self::EMPTY;
        inline.bytes.get_mut(..slice.len())?.copy_from_slice(slice);
        inline.len = u8::try_from(slice.len()).ok()?;
        Some(inline)
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// A hash value of up to 64 bytes, held inline; on the wire `opaque<V>`.
///
/// Public data: `Eq`, `Ord` and `Hash` are not constant time.
#[derive(Clone, Copy)]
pub struct Digest(Inline);

impl Digest {
    /// The value of no bytes, as a field that is not set yet.
    pub const EMPTY: Self = Self(Inline::EMPTY);

    /// A digest of these bytes; `None` beyond 64.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Inline::from_slice(bytes).map(Self)
    }

    /// The hash value.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Deref for Digest {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Digest {}

impl PartialOrd for Digest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Digest {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl hash::Hash for Digest {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(")?;
        for byte in self.as_bytes() {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

impl Encode for Digest {
    fn encoded_len(&self) -> usize {
        mls_codec::opaque_len(self.as_bytes())
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        mls_codec::encode_opaque(self.as_bytes(), out)
    }
}

impl Decode for Digest {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = r.offset();
        Self::from_slice(r.opaque()?).ok_or_else(|| DecodeError::new(DecodeErrorKind::InvalidValue, offset))
    }
}

/// A MAC tag that we computed, held inline; on the wire `opaque<V>` (RFC 9420 section 5.1).
///
/// No `PartialEq`: comparing tags is [`ct_eq`](Self::ct_eq). `Debug` is redacted, as a tag that was
/// computed to check another is not public.
#[derive(Clone, Copy)]
pub struct Tag(Inline);

impl Tag {
    /// A tag of these bytes; `None` beyond 64.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Inline::from_slice(bytes).map(Self)
    }

    /// The tag.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether `other` is this tag: the lengths first, then the bytes in constant time.
    #[must_use]
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        // req: R-6.2-03
        self.as_bytes().ct_eq(other).into()
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Tag(..)")
    }
}

impl Encode for Tag {
    fn encoded_len(&self) -> usize {
        mls_codec::opaque_len(self.as_bytes())
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        mls_codec::encode_opaque(self.as_bytes(), out)
    }
}

#[cfg(test)]
mod tests;
