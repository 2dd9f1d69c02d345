//! AEAD keys that the key schedule gives outside the secret tree.

use mls_crypto_traits::{CryptoError, Expansion, SecretBytes, Suite};

use super::{SenderDataSecret, WelcomeSecret};

/// An AEAD key and the one nonce that goes with it.
#[derive(Debug)]
#[non_exhaustive]
pub struct KeyAndNonce {
    /// `AEAD.Nk` bytes.
    pub key: SecretBytes,
    /// `AEAD.Nn` bytes.
    pub nonce: SecretBytes,
}

impl KeyAndNonce {
    fn derive(suite: Suite<'_>, secret: &[u8], context: &[u8]) -> Result<Self, CryptoError> {
        let mut key = SecretBytes::zeros(suite.aead_key_len());
        let mut nonce = SecretBytes::zeros(suite.aead_nonce_len());
        suite.expand_each(
            secret,
            [
                Expansion { label: b"key", context, out: key.as_mut_bytes() },
                Expansion { label: b"nonce", context, out: nonce.as_mut_bytes() },
            ],
        )?;
        Ok(Self { key, nonce })
    }
}

impl WelcomeSecret {
    /// The key and nonce under which a Welcome's GroupInfo is sealed (RFC 9420 section 12.4.3.1).
    ///
    /// # Errors
    /// Whatever the backend's HKDF fails with.
    pub fn key_and_nonce(&self, suite: Suite<'_>) -> Result<KeyAndNonce, CryptoError> {
        KeyAndNonce::derive(suite, self.as_bytes(), b"")
    }
}

impl SenderDataSecret {
    /// The key and nonce under which the sender data of the `PrivateMessage` with this `ciphertext` is sealed (RFC
    /// 9420 section 6.3.2).
    ///
    /// The sample is the ciphertext's first `KDF.Nh` bytes, or all of it where it is shorter.
    ///
    /// # Errors
    /// Whatever the backend's HKDF fails with.
    pub fn key_and_nonce(&self, suite: Suite<'_>, ciphertext: &[u8]) -> Result<KeyAndNonce, CryptoError> {
        // req: R-6.3.2-03
        let sample = ciphertext.get(..suite.hash_len()).unwrap_or(ciphertext);
        KeyAndNonce::derive(suite, self.as_bytes(), sample)
    }
}
