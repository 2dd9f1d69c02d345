//! What a cryptographic operation can fail with.

use core::fmt;

use mls_codec::EncodeError;

/// Why a cryptographic operation failed.
///
/// The same input gives the same variant on every backend, `Backend` and `Randomness` excepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CryptoError {
    /// The backend failed for a reason of its own (a device, an allocation, a broken library).
    Backend,
    /// AEAD or HPKE decryption failed; nothing more is said (RFC 9180 section 5.2).
    InvalidCiphertext,
    /// A private key has the wrong length or is out of range.
    InvalidPrivateKey,
    /// HPKE was given a PSK without an identifier, the reverse, or one under 32 bytes (RFC 9180
    /// sections 5.1 and 9.5).
    InvalidPsk,
    /// A public key has the wrong length or form, is off its curve or of small order (RFC 9420
    /// section 5.1.1).
    InvalidPublicKey,
    /// A signature is malformed or does not verify (RFC 9420 section 5.1.2).
    InvalidSignature,
    /// No key came out of the key material after 256 candidates (RFC 9180 section 7.1.3).
    KeyDerivation,
    /// An HPKE context has sealed or opened as many messages as it may (RFC 9180 section 5.2).
    MessageLimit,
    /// The source of randomness failed.
    Randomness,
    /// A Diffie-Hellman result was all zero (RFC 9180 section 7.1.4).
    SharedSecretZero,
    /// An input or a requested output is longer than the format or the algorithm allows.
    TooLong,
    /// The backend does not do this.
    Unsupported,
    /// A key, nonce or other fixed-length input has another length.
    WrongLength,
}

impl fmt::Display for CryptoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backend => "the cryptographic backend failed",
            Self::InvalidCiphertext => "decryption failed",
            Self::InvalidPrivateKey => "invalid private key",
            Self::InvalidPsk => "invalid HPKE pre-shared key",
            Self::InvalidPublicKey => "invalid public key",
            Self::InvalidSignature => "invalid signature",
            Self::KeyDerivation => "key derivation found no valid key",
            Self::MessageLimit => "the HPKE context is exhausted",
            Self::Randomness => "the source of randomness failed",
            Self::SharedSecretZero => "the shared secret is zero",
            Self::TooLong => "input or output too long",
            Self::Unsupported => "not supported by this backend",
            Self::WrongLength => "wrong length",
        })
    }
}

impl core::error::Error for CryptoError {}

impl From<EncodeError> for CryptoError {
    fn from(_: EncodeError) -> Self {
        Self::TooLong
    }
}
