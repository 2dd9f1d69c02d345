//! The face of a cipher suite that callers use: RFC 9420's functions over a provider's primitives.

use alloc::vec::Vec;

use crate::{CipherSuite, CipherSuiteProvider, CryptoError, SecretBytes};

mod derive;
mod encrypt;
mod hash;
mod sign;

pub use derive::Expansion;
pub use encrypt::EncryptContext;
pub use sign::{CheckedVerifyKey, VerifyRequest};

/// A cipher suite (RFC 9420 section 5.1): every cryptographic function of MLS over one provider.
///
/// It is a reference and `Copy`. The checks of [`checks`](crate::checks) sit in it, in front of the
/// provider.
#[derive(Clone, Copy, Debug)]
pub struct Suite<'a>(&'a dyn CipherSuiteProvider);

impl<'a> Suite<'a> {
    /// The suite of a provider.
    #[must_use]
    pub fn new(provider: &'a dyn CipherSuiteProvider) -> Self {
        Self(provider)
    }

    /// The suite's identifier.
    #[must_use]
    pub fn id(self) -> CipherSuite {
        self.0.params().cipher_suite
    }

    /// `Nh`, in bytes.
    #[must_use]
    pub fn hash_len(self) -> usize {
        self.0.params().hash_len
    }

    /// `AEAD.Nk`, in bytes.
    #[must_use]
    pub fn aead_key_len(self) -> usize {
        self.0.params().aead_key_len
    }

    /// `AEAD.Nn`, in bytes.
    #[must_use]
    pub fn aead_nonce_len(self) -> usize {
        self.0.params().aead_nonce_len
    }

    /// `AEAD.Nt`, in bytes.
    #[must_use]
    pub fn aead_tag_len(self) -> usize {
        self.0.params().aead_tag_len
    }

    /// The provider behind it.
    #[must_use]
    pub fn provider(self) -> &'a dyn CipherSuiteProvider {
        self.0
    }

    /// AEAD encryption: the ciphertext with its tag behind it.
    ///
    /// # Errors
    /// [`CryptoError::WrongLength`] for a key or nonce of another length than the suite's.
    ///
    /// # Security
    /// One nonce encrypts one message under a key.
    pub fn aead_seal(self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.check_aead_lengths(key, nonce)?;
        self.0.aead_seal(key, nonce, aad, plaintext)
    }

    /// The same in place: `text` is the plaintext with room for the tag behind it, and becomes what
    /// [`aead_seal`](Self::aead_seal) gives.
    ///
    /// # Errors
    /// Those of [`aead_seal`](Self::aead_seal), and [`CryptoError::WrongLength`] where there is no room for a tag.
    ///
    /// # Security
    /// One nonce encrypts one message under a key. After an error plaintext may stand in `text`.
    pub fn aead_seal_in_place(self, key: &[u8], nonce: &[u8], aad: &[u8], text: &mut [u8]) -> Result<(), CryptoError> {
        self.check_aead_lengths(key, nonce)?;
        if text.len() < self.aead_tag_len() {
            return Err(CryptoError::WrongLength);
        }
        self.0.aead_seal_in_place(key, nonce, aad, text)
    }

    /// AEAD decryption of what [`aead_seal`](Self::aead_seal) gives.
    ///
    /// # Errors
    /// [`CryptoError::WrongLength`] for a key or nonce of another length than the suite's;
    /// [`CryptoError::InvalidCiphertext`] for whatever is wrong with the ciphertext.
    pub fn aead_open(
        self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        self.check_aead_lengths(key, nonce)?;
        if ciphertext.len() < self.aead_tag_len() {
            return Err(CryptoError::InvalidCiphertext);
        }
        self.0.aead_open(key, nonce, aad, ciphertext)
    }

    fn check_aead_lengths(self, key: &[u8], nonce: &[u8]) -> Result<(), CryptoError> {
        if key.len() == self.aead_key_len() && nonce.len() == self.aead_nonce_len() {
            Ok(())
        } else {
            Err(CryptoError::WrongLength)
        }
    }
}

#[cfg(test)]
mod tests;
