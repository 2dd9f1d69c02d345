//! Why the secret tree gives no key.

use alloc::vec::Vec;
use core::fmt;

use mls_crypto_traits::CryptoError;

use super::SecretTreeKey;

/// Why there is no message key (RFC 9420 sections 9 and 15.3). Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretTreeError {
    /// The leaf is not in the tree (section 9).
    LeafOutOfTree,
    /// The leaf's secrets were erased (section 9.2).
    LeafErased,
    /// The generation's key is gone: used before, or skipped so long ago that it was dropped (section 9.2). A
    /// repeated or very late message, and no fault of its sender.
    KeyConsumed,
    /// The generation is further ahead than the limit allows (section 15.3).
    TooFarAhead {
        /// The generation that the ratchet is at.
        next: u32,
        /// The generation that was asked for.
        generation: u32,
    },
    /// All 2^32 generations were used (section 9.1).
    GenerationsExhausted,
    /// Records are needed that are not resident: these are all that the call may need.
    NotResident(Vec<SecretTreeKey>),
    /// The backend failed.
    Crypto(CryptoError),
}

impl fmt::Display for SecretTreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeafOutOfTree => f.write_str("the leaf is not in the secret tree"),
            Self::LeafErased => f.write_str("the leaf's secrets were erased"),
            Self::KeyConsumed => f.write_str("the message key is gone"),
            Self::TooFarAhead { next, generation } => {
                write!(f, "generation {generation} is too far ahead of {next}")
            }
            Self::GenerationsExhausted => f.write_str("all generations were used"),
            Self::NotResident(keys) => write!(f, "{} records are not resident", keys.len()),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SecretTreeError {}

impl From<CryptoError> for SecretTreeError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}
