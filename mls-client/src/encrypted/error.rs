//! Why an encrypted store could not be opened.

use core::error::Error;
use core::fmt;

use mls_core::storage::{StorageError, StorageErrorKind};
use mls_crypto_traits::CryptoError;

/// Why an encrypted store could not be opened, or its key changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncryptedError {
    /// The store below failed.
    Storage(StorageError),
    /// The store is sealed with another key.
    WrongKey,
    /// The key is being changed, from or to this one: call [`Encrypted::rotate`](super::Encrypted::rotate) with both
    /// keys again.
    RotationUnfinished,
    /// The store has records that are not sealed, and no trace of a key.
    NotEncrypted,
    /// The provider does not have the cipher suite, or its cryptography failed.
    Crypto(CryptoError),
}

/// A record that is not sealed under the key of its store, or stands under another record's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotSealed;

/// A failure of the cryptography as one of the store.
pub(super) fn crypto(error: CryptoError) -> StorageError {
    StorageError::new(StorageErrorKind::Other).with_source(Box::new(error))
}

impl From<StorageError> for EncryptedError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<CryptoError> for EncryptedError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl fmt::Display for EncryptedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Storage(_) => "the store below failed",
            Self::WrongKey => "the store is sealed with another key",
            Self::RotationUnfinished => "the store's key is being changed",
            Self::NotEncrypted => "the store has records that are not sealed",
            Self::Crypto(_) => "the cryptography failed",
        })
    }
}

impl Error for EncryptedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Storage(error) => Some(error),
            Self::Crypto(error) => Some(error),
            Self::WrongKey | Self::RotationUnfinished | Self::NotEncrypted => None,
        }
    }
}

impl fmt::Display for NotSealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the record is damaged, stands under another's name, or is sealed with another key")
    }
}

impl Error for NotSealed {}
