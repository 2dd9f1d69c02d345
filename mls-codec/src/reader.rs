//! A cursor over the input which knows how far from its beginning it stands.

use core::fmt;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::varint::decode_header;

/// A cursor over bytes to decode.
///
/// Every read either succeeds or fails with an error that carries the absolute offset; a failed
/// read of plain bytes leaves the reader where it was. The slices it hands out borrow from the
/// input, not from the reader.
///
/// ```
/// use mls_codec::{Decode, DecodeErrorKind, Reader};
///
/// let mut r = Reader::new(&[0x00, 0x05, 0x02, b'h', b'i', 0xff]);
/// assert_eq!(u16::decode(&mut r)?, 5);
/// assert_eq!(r.opaque()?, b"hi");
/// assert_eq!((r.offset(), r.remaining()), (5, 1));
/// let error = r.finish().unwrap_err();
/// assert_eq!((error.kind(), error.offset()), (DecodeErrorKind::TrailingBytes, 5));
/// # Ok::<(), mls_codec::DecodeError>(())
/// ```
#[derive(Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`, offset 0.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// The offset of the next byte, counted from the start of the outermost input.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The number of bytes not yet read.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// Whether everything is read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Reads `len` bytes.
    ///
    /// # Errors
    /// [`DecodeErrorKind::UnexpectedEnd`] if fewer remain; nothing is read then.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        // req: R-2.1.2-07
        let Some((taken, rest)) = self.bytes.split_at_checked(len) else {
            return Err(self.error(DecodeErrorKind::UnexpectedEnd));
        };
        self.advance(len, rest);
        Ok(taken)
    }

    /// Reads `N` bytes as an array.
    ///
    /// # Errors
    /// [`DecodeErrorKind::UnexpectedEnd`] if fewer remain; nothing is read then.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        // req: R-2.1.2-07
        let Some((taken, rest)) = self.bytes.split_first_chunk::<N>() else {
            return Err(self.error(DecodeErrorKind::UnexpectedEnd));
        };
        self.advance(N, rest);
        Ok(*taken)
    }

    /// Reads everything that remains.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = self.bytes;
        self.advance(rest.len(), &[]);
        rest
    }

    /// Reads a vector `opaque<V>` and returns its body (RFC 9420 2.1.2).
    ///
    /// # Errors
    /// As [`decode_header`], and [`DecodeErrorKind::LengthOverflow`] at the header's first byte if
    /// the body is longer than what remains.
    pub fn opaque(&mut self) -> Result<&'a [u8], DecodeError> {
        Ok(self.vector()?.bytes)
    }

    /// Reads a vector `T<V>` and returns a reader over its body, which keeps counting offsets from
    /// the start of the outermost input (RFC 9420 2.1.2).
    ///
    /// # Errors
    /// As [`opaque`](Self::opaque).
    #[inline]
    pub fn vector(&mut self) -> Result<Self, DecodeError> {
        // Most are short: one byte of header, and the body is there.
        if let Some((&len @ 0..0x40, behind)) = self.bytes.split_first()
            && let Some((bytes, rest)) = behind.split_at_checked(usize::from(len))
        {
            let offset = self.offset.saturating_add(1);
            *self = Self { bytes: rest, offset: offset.saturating_add(bytes.len()) };
            return Ok(Self { bytes, offset });
        }
        self.any_vector()
    }

    fn any_vector(&mut self) -> Result<Self, DecodeError> {
        let at = self.offset;
        let len = decode_header(self)?;
        let offset = self.offset;
        // req: R-2.1.2-06, R-2.1.2-07
        let bytes = self.take(len).map_err(|_| DecodeError::new(DecodeErrorKind::LengthOverflow, at))?;
        Ok(Self { bytes, offset })
    }

    /// Runs `decode` and returns its value together with the bytes that it read.
    ///
    /// For values which are hashed, verified or served in the encoding that they came in.
    ///
    /// ```
    /// use mls_codec::{Decode, Reader};
    ///
    /// let mut r = Reader::new(&[2, 7, 8, 9]);
    /// let (value, raw) = r.with_raw(|r| Vec::<u8>::decode(r))?;
    /// assert_eq!((value, raw), (vec![7, 8], &[2, 7, 8][..]));
    /// # Ok::<(), mls_codec::DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// Those of `decode`, and [`DecodeErrorKind::InvalidValue`] if it replaced the reader by one
    /// that has more left.
    pub fn with_raw<T>(
        &mut self,
        decode: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<(T, &'a [u8]), DecodeError> {
        let (before, at) = (self.bytes, self.offset);
        let value = decode(self)?;
        let raw = before
            .len()
            .checked_sub(self.bytes.len())
            .and_then(|read| before.get(..read))
            .ok_or_else(|| DecodeError::new(DecodeErrorKind::InvalidValue, at))?;
        Ok((value, raw))
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`DecodeErrorKind::TrailingBytes`] at the first byte that is left, if one is.
    pub fn finish(self) -> Result<(), DecodeError> {
        // req: R-6-11
        if self.is_empty() { Ok(()) } else { Err(self.error(DecodeErrorKind::TrailingBytes)) }
    }

    /// The error `kind` at the next byte.
    #[must_use]
    pub const fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(kind, self.offset)
    }

    fn advance(&mut self, by: usize, rest: &'a [u8]) {
        self.bytes = rest;
        self.offset = self.offset.saturating_add(by);
    }
}

/// Shows where the reader stands, never the bytes: they may be secret.
impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, offset } = self;
        f.debug_struct("Reader").field("offset", offset).field("remaining", &bytes.len()).finish()
    }
}

#[cfg(test)]
mod tests;
