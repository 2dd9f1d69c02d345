//! [`Encode`]: a value's one encoding, and its length beforehand.

use alloc::vec::Vec;

use crate::error::EncodeError;
use crate::varint::{encode_header, header_len};

/// A value that has an encoding in the TLS presentation language.
///
/// Derive it for structs and tagged enums; see the [crate documentation](crate) for the types that
/// have it already. An implementation by hand owes that [`encode`](Self::encode) appends exactly
/// [`encoded_len`](Self::encoded_len) bytes:
///
/// ```
/// use mls_codec::{Encode, EncodeError, encode_opaque, opaque_len};
///
/// struct Label<'a>(&'a str);
///
/// impl Encode for Label<'_> {
///     fn encoded_len(&self) -> usize {
///         opaque_len(self.0.as_bytes())
///     }
///     fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
///         encode_opaque(self.0.as_bytes(), out)
///     }
/// }
///
/// assert_eq!(Label("hi").to_bytes()?, [2, b'h', b'i']);
/// # Ok::<(), EncodeError>(())
/// ```
///
/// A vector announces its length before its elements, so its elements are asked for theirs first:
/// once for each vector that encloses them. With the handful of levels that protocol structs have
/// this is linear, and vectors of integers and of bytes answer without looking at the elements.
pub trait Encode {
    /// The exact number of bytes that [`encode`](Self::encode) appends.
    ///
    /// Sums saturate; a value for which they do cannot be encoded.
    fn encoded_len(&self) -> usize;

    /// Appends the encoding to `out`.
    ///
    /// # Errors
    /// [`EncodeError::VectorTooLong`] if a vector's body has more than 2^30-1 bytes (RFC 9420
    /// 2.1.2). A part of the encoding may have been appended then.
    ///
    /// # Security
    /// Where `out` has too little capacity it reallocates, and leaves what it held in freed memory.
    /// To encode a secret, reserve [`encoded_len`](Self::encoded_len) bytes first, in a
    /// buffer that is wiped when dropped, or use [`to_bytes`](Self::to_bytes).
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// The encoding, in a vector of its own.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), and [`EncodeError::OutOfMemory`] if
    /// [`encoded_len`](Self::encoded_len) bytes cannot be had.
    ///
    /// # Security
    /// Allocates once, [`encoded_len`](Self::encoded_len) bytes, and never moves them: the vector
    /// returned is the only copy that was made, so it is enough to wipe that. On an error the part
    /// already written is wiped.
    fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        out.try_reserve_exact(self.encoded_len()).map_err(|_| EncodeError::OutOfMemory)?;
        match self.encode(&mut out) {
            Ok(()) => Ok(out),
            Err(error) => {
                out.fill(0);
                // Keeps the stores, which nothing reads any more.
                core::hint::black_box(&mut out);
                Err(error)
            }
        }
    }

    /// The length of `items` one after another, without a header. Types of fixed size override it.
    #[doc(hidden)]
    fn slice_len(items: &[Self]) -> usize
    where
        Self: Sized,
    {
        items.iter().fold(0, |sum: usize, item| sum.saturating_add(item.encoded_len()))
    }

    /// Appends `items` one after another, without a header. `u8` overrides it.
    #[doc(hidden)]
    fn encode_slice(items: &[Self], out: &mut Vec<u8>) -> Result<(), EncodeError>
    where
        Self: Sized,
    {
        items.iter().try_for_each(|item| item.encode(out))
    }
}

/// Appends `bytes` as a vector `opaque<V>`: header and body (RFC 9420 2.1.2).
///
/// # Errors
/// [`EncodeError::VectorTooLong`] above 2^30-1 bytes; nothing is appended then.
pub fn encode_opaque(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    encode_header(bytes.len(), out)?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// The length of `bytes` as a vector `opaque<V>`, its header included (RFC 9420 2.1.2).
#[must_use]
pub const fn opaque_len(bytes: &[u8]) -> usize {
    header_len(bytes.len()).saturating_add(bytes.len())
}

#[cfg(test)]
mod tests;
