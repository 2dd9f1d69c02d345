//! The header of a variable-length vector: its body's length in 1, 2 or 4 bytes (RFC 9420 2.1.2).

use alloc::vec::Vec;

use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::reader::Reader;

/// The longest body of a vector, in bytes: 2^30-1 (RFC 9420 2.1.2).
pub const MAX_VECTOR_LEN: u32 = 0x3fff_ffff;

const MAX_ONE: u32 = 0x3f;
const MAX_TWO: u32 = 0x3fff;

/// The number of bytes in the header of a vector whose body has `body_len` bytes: 1, 2 or 4.
///
/// Bodies that are too long to encode count as 4.
#[must_use]
pub const fn header_len(body_len: usize) -> usize {
    match body_len {
        0..=0x3f => 1,
        0x40..=0x3fff => 2,
        _ => 4,
    }
}

/// Appends the header of a vector whose body has `body_len` bytes.
///
/// # Errors
/// [`EncodeError::VectorTooLong`] above [`MAX_VECTOR_LEN`]; nothing is appended then.
pub fn encode_header(body_len: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    // req: R-2.1.2-05, R-6.3.1-12
    let len = u32::try_from(body_len).ok().filter(|len| *len <= MAX_VECTOR_LEN).ok_or(EncodeError::VectorTooLong)?;
    let [a, b, c, d] = len.to_be_bytes();
    // req: R-2.1.2-01, R-2.1.2-02
    match header_len(body_len) {
        1 => out.push(d),
        2 => out.extend_from_slice(&[0x40 | c, d]),
        _ => out.extend_from_slice(&[0x80 | a, b, c, d]),
    }
    Ok(())
}

/// Reads the header of a vector and returns the length of its body.
///
/// The body itself is not looked at; [`Reader::opaque`] and [`Reader::vector`] also check that it
/// is there.
///
/// # Errors
/// [`DecodeErrorKind::UnexpectedEnd`], [`DecodeErrorKind::NonMinimalLength`] and
/// [`DecodeErrorKind::InvalidLengthPrefix`], at the header's first byte.
pub fn decode_header(r: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let at = r.offset();
    let [first] = r.array()?;
    let cut_short = |_| DecodeError::new(DecodeErrorKind::UnexpectedEnd, at);
    // req: R-2.1.2-01
    let (len, needs_more_than) = match first >> 6 {
        0b00 => (u32::from(first), None),
        0b01 => {
            let [b] = r.array().map_err(cut_short)?;
            (u32::from_be_bytes([0, 0, first & 0x3f, b]), Some(MAX_ONE))
        }
        0b10 => {
            let [b, c, d] = r.array().map_err(cut_short)?;
            (u32::from_be_bytes([first & 0x3f, b, c, d]), Some(MAX_TWO))
        }
        // req: R-2.1.2-04
        _ => return Err(DecodeError::new(DecodeErrorKind::InvalidLengthPrefix, at)),
    };
    // req: R-2.1.2-03
    if needs_more_than.is_some_and(|max| len <= max) {
        return Err(DecodeError::new(DecodeErrorKind::NonMinimalLength, at));
    }
    usize::try_from(len).map_err(|_| DecodeError::new(DecodeErrorKind::VectorTooLong, at))
}

#[cfg(test)]
mod tests;
