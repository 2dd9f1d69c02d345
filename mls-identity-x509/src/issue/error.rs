//! Why something cannot be issued or imported.

use core::fmt;

use mls_crypto_traits::CryptoError;

/// Why something cannot be issued or imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueError {
    /// A distinguished name is not in the form of RFC 4514.
    Name,
    /// An alternative name is not ASCII.
    AlternativeName,
    /// A time is after the year 9999.
    Time,
    /// An object identifier is malformed.
    ObjectIdentifier,
    /// A key is of no scheme of a cipher suite.
    UnsupportedKey,
    /// A certificate is malformed.
    Certificate,
    /// A certification request is malformed.
    Request,
    /// A private key is malformed, or not in PKCS #8 or SEC 1.
    PrivateKey,
    /// A private key does not belong to the certificate.
    KeyMismatch,
    /// The crypto provider has no suite with the key's scheme.
    NoCipherSuite,
    /// A value is too long for its encoding.
    Encoding,
    /// The crypto provider, the signer or the source of randomness failed; for a request, its signature does not
    /// verify.
    Crypto(CryptoError),
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "malformed distinguished name",
            Self::AlternativeName => "malformed alternative name",
            Self::Time => "time out of range",
            Self::ObjectIdentifier => "malformed object identifier",
            Self::UnsupportedKey => "the key is of no cipher suite",
            Self::Certificate => "malformed certificate",
            Self::Request => "malformed certification request",
            Self::PrivateKey => "malformed private key",
            Self::KeyMismatch => "the key is not the certificate's",
            Self::NoCipherSuite => "no cipher suite for the key",
            Self::Encoding => "a value is too long",
            Self::Crypto(_) => "a cryptographic operation failed",
        })
    }
}

impl core::error::Error for IssueError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Crypto(error) => Some(error),
            _ => None,
        }
    }
}

impl From<CryptoError> for IssueError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<der::Error> for IssueError {
    fn from(_: der::Error) -> Self {
        Self::Encoding
    }
}
