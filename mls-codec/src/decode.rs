//! [`Decode`]: strict, total, and bounded by the length of the input.

use alloc::vec::Vec;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::reader::Reader;

/// A value that can be read from its encoding in the TLS presentation language.
///
/// Derive it for structs and tagged enums; see the [crate documentation](crate) for the types that
/// have it already. An implementation by hand reads from the [`Reader`] and reports what is wrong
/// with an item at the offset where the item begins:
///
/// ```
/// use mls_codec::{Decode, DecodeError, DecodeErrorKind, Reader};
///
/// #[derive(Debug, PartialEq)]
/// struct Percent(u8);
///
/// impl Decode for Percent {
///     fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
///         let at = r.offset();
///         match u8::decode(r)? {
///             value @ 0..=100 => Ok(Self(value)),
///             _ => Err(DecodeError::new(DecodeErrorKind::InvalidValue, at)),
///         }
///     }
/// }
///
/// assert_eq!(Percent::from_bytes(&[7]), Ok(Percent(7)));
/// let error = <(u32, Percent)>::from_bytes(&[0, 0, 0, 0, 101]).unwrap_err();
/// assert_eq!((error.kind(), error.offset()), (DecodeErrorKind::InvalidValue, 4));
/// ```
pub trait Decode: Sized {
    /// Reads one value and leaves the reader behind it.
    ///
    /// # Errors
    /// The first rule that the input breaks, and where. The reader's position is unspecified then.
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads one value that must be all of `bytes`.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and [`DecodeErrorKind::TrailingBytes`] if bytes are left over
    /// (RFC 9420 6).
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let value = Self::decode(&mut r)?;
        // req: R-6-11
        r.finish()?;
        Ok(value)
    }

    /// Reads values until `r` is empty: the body of a vector. `u8` and integers override it.
    #[doc(hidden)]
    fn decode_vec(r: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        // req: R-2.1.2-06 (grows with what was read, never with what was announced)
        let mut items = Vec::new();
        while !r.is_empty() {
            let (at, before) = (r.offset(), r.remaining());
            let item = Self::decode(r)?;
            // An element of no length would be read for ever.
            if r.remaining() >= before {
                return Err(DecodeError::new(DecodeErrorKind::InvalidValue, at));
            }
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests;
