//! What can be wrong with pre-shared keys.

use core::fmt;

use mls_codec::EncodeError;
use mls_crypto_traits::CryptoError;

/// Why pre-shared keys cannot be used (RFC 9420 section 8.4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PskError {
    /// More than 65535 pre-shared keys: `PSKLabel` counts them in 16 bits (section 8.4).
    TooManyPsks,
    /// A `psk_nonce` is not `KDF.Nh` bytes long (section 8.4).
    NonceLength,
    /// The backend failed.
    Crypto(CryptoError),
}

impl fmt::Display for PskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyPsks => f.write_str("more than 65535 pre-shared keys"),
            Self::NonceLength => f.write_str("a PSK nonce has the wrong length"),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PskError {}

impl From<CryptoError> for PskError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<EncodeError> for PskError {
    fn from(error: EncodeError) -> Self {
        Self::Crypto(error.into())
    }
}
