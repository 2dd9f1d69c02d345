//! What can be wrong with an input, and where; what can be wrong with a value to encode.

use core::fmt;

/// Why decoding failed, and at which byte of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    offset: usize,
}

impl DecodeError {
    /// The error `kind` at `offset` bytes from the start of the outermost input.
    ///
    /// Hand-written [`Decode`](crate::Decode) implementations take the offset from
    /// [`Reader::offset`](crate::Reader::offset) before they read the item that they complain of.
    #[must_use]
    pub const fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The rule that the input broke.
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Where the item that broke it begins, in bytes from the start of the outermost input.
    ///
    /// For [`DecodeErrorKind::UnexpectedEnd`] that is the item which is cut short, for
    /// [`DecodeErrorKind::TrailingBytes`] the first byte too many, and for everything that is
    /// wrong with a vector's length the first byte of its header.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl core::error::Error for DecodeError {}

/// The rule that an input broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The input, or the vector around the item, ends inside the item (RFC 9420 2.1.2).
    UnexpectedEnd,
    /// Bytes follow the end of the value (RFC 9420 6).
    TrailingBytes,
    /// A vector length uses more bytes than it needs (RFC 9420 2.1.2).
    NonMinimalLength,
    /// A vector length begins with the reserved two bits 11 (RFC 9420 2.1.2).
    InvalidLengthPrefix,
    /// A vector announces more bytes than follow (RFC 9420 2.1.2).
    LengthOverflow,
    /// A vector is longer than this platform can address, or than its decoder allows
    /// (RFC 9420 2.1.2).
    VectorTooLong,
    /// The presence octet of an optional value is neither 0 nor 1 (RFC 9420 2.1.1).
    InvalidPresence,
    /// The value is not one of those which a closed enum has.
    UnknownValue,
    /// The value is well formed, and its type forbids it.
    InvalidValue,
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnexpectedEnd => "input ends inside an item",
            Self::TrailingBytes => "bytes follow the end of the value",
            Self::NonMinimalLength => "vector length is not minimally encoded",
            Self::InvalidLengthPrefix => "vector length has the reserved prefix 11",
            Self::LengthOverflow => "vector length exceeds the input",
            Self::VectorTooLong => "vector is too long",
            Self::InvalidPresence => "presence octet is neither 0 nor 1",
            Self::UnknownValue => "value is not one of its enum",
            Self::InvalidValue => "value is not allowed",
        })
    }
}

/// Why a value cannot be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeError {
    /// A vector's body is longer than 2^30-1 bytes (RFC 9420 2.1.2).
    VectorTooLong,
    /// The memory for the encoding cannot be had.
    OutOfMemory,
    /// An element of a vector wrote another number of bytes than its
    /// [`encoded_len`](crate::Encode::encoded_len) had said: its implementation is wrong.
    LengthMismatch,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VectorTooLong => "vector is longer than 2^30-1 bytes",
            Self::OutOfMemory => "no memory for the encoding",
            Self::LengthMismatch => "a value wrote another number of bytes than it announced",
        })
    }
}

impl core::error::Error for EncodeError {}

#[cfg(test)]
mod tests;
