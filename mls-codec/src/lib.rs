//! The TLS presentation language as RFC 9420 uses it (sections 2.1.1 and 2.1.2): [`Encode`],
//! [`Decode`], their derives, and [`open_enum!`] for registries that keep unknown values.
//!
//! ```
//! use mls_codec::{Decode, Encode};
//!
//! /// struct { uint32 epoch; opaque group_id<V>; optional<uint16> hint; }
//! #[derive(Debug, PartialEq, Encode, Decode)]
//! struct Example {
//!     epoch: u32,
//!     group_id: Vec<u8>,
//!     hint: Option<u16>,
//! }
//!
//! let value = Example { epoch: 7, group_id: b"abc".to_vec(), hint: None };
//! let bytes = value.to_bytes()?;
//! assert_eq!(bytes, [0, 0, 0, 7, 3, b'a', b'b', b'c', 0]);
//! assert_eq!(Example::from_bytes(&bytes)?, value);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | presentation language | Rust |
//! |---|---|
//! | `uint8` ... `uint64` | `u8`, `u16`, `u32`, `u64` (big endian) |
//! | `opaque x[N]` | `[u8; N]` |
//! | `opaque x<V>` | `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>`; to encode also `[u8]` |
//! | `T x<V>` | `Vec<T>`; to encode also `[T]` |
//! | `optional<T>` | `Option<T>` |
//! | `struct` | a struct with `#[derive(Encode, Decode)]`, fields in order; a tuple |
//! | `select` on a tag | an enum with `#[derive(Encode, Decode)]` and `#[mls(repr = "u8")]` |
//! | an enum that others may extend | [`open_enum!`] |
//!
//! A tagged enum is closed: a tag that it does not have is [`DecodeErrorKind::UnknownValue`]. The
//! values are constants of the tag's type, and no two may be the same.
//!
//! ```
//! use mls_codec::{Decode, DecodeErrorKind, Encode};
//!
//! #[derive(Debug, PartialEq, Encode, Decode)]
//! #[mls(repr = "u8")]
//! enum Sender {
//!     #[mls(value = 1)]
//!     Member(u32),
//!     #[mls(value = 2)]
//!     External { index: u32 },
//!     #[mls(value = 3)]
//!     NewMember,
//! }
//!
//! assert_eq!(Sender::Member(5).to_bytes()?, [1, 0, 0, 0, 5]);
//! assert_eq!(Sender::from_bytes(&[3])?, Sender::NewMember);
//! let error = Sender::from_bytes(&[4]).unwrap_err();
//! assert_eq!((error.kind(), error.offset()), (DecodeErrorKind::UnknownValue, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```compile_fail
//! # use mls_codec::Encode;
//! const ONE: u8 = 1;
//!
//! #[derive(Encode)]
//! #[mls(repr = "u8")]
//! enum Ambiguous {
//!     #[mls(value = 1)]
//!     A,
//!     #[mls(value = ONE)]
//!     B,
//! }
//! ```
//!
//! What borrows can be encoded, for inputs of hashes and signatures, and not decoded:
//!
//! ```
//! use mls_codec::Encode;
//!
//! #[derive(Encode)]
//! struct SignContent<'a> {
//!     label: &'a [u8],
//!     content: &'a [u8],
//! }
//!
//! assert_eq!(SignContent { label: b"L", content: b"" }.to_bytes()?, [1, b'L', 0]);
//! # Ok::<(), mls_codec::EncodeError>(())
//! ```
//!
//! There is one encoding of each value, and decoding accepts that one only. No input makes decoding
//! panic, and none makes it allocate more than a constant times its own length (the constant is
//! the size of the types decoded to): an announced length is compared with the bytes that are
//! there before anything is done with it.
//!
//! The crate is `no_std` with `alloc`.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
// The derives name this crate `::mls_codec`; its own tests use them too.
extern crate self as mls_codec;

mod decode;
mod encode;
mod error;
mod impls;
mod open_enum;
mod reader;
mod varint;

pub use decode::Decode;
pub use encode::{Encode, encode_opaque, opaque_len};
pub use error::{DecodeError, DecodeErrorKind, EncodeError};
pub use mls_codec_derive::{Decode, Encode};
pub use reader::Reader;
pub use varint::{MAX_VECTOR_LEN, decode_header, encode_header, header_len};

/// What the macros of this crate expand to; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use alloc::vec::Vec;
}
