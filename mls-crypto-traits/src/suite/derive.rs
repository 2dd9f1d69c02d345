//! The labelled KDFs (RFC 9420 sections 8 and 9.1) and key pairs from key material.

use super::Suite;
use crate::{
    CryptoError, HpkeKeyPair, Rng, SecretBytes, SignatureKeyPair,
    label::{Header, PREFIX},
    random_bytes,
};

impl Suite<'_> {
    /// `KDF.Extract(salt, ikm)`.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    pub fn extract(self, salt: &[u8], ikm: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.provider().hkdf_extract(salt, &[ikm])
    }

    /// `ExpandWithLabel` (RFC 9420 section 8); `label` is without the prefix `MLS 1.0 `.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] where `len` exceeds 65535 or 255 hashes, or an input a vector.
    // req: R-8-01
    pub fn expand_with_label(
        self,
        secret: &[u8],
        label: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<SecretBytes, CryptoError> {
        let length = u16::try_from(len).map_err(|_| CryptoError::TooLong)?;
        let label_len = Header::of(&[PREFIX, label])?;
        let context_len = Header::new(context.len())?;
        let info: &[&[u8]] =
            &[&length.to_be_bytes(), label_len.as_bytes(), PREFIX, label, context_len.as_bytes(), context];
        self.provider().hkdf_expand(secret, info, len)
    }

    /// `DeriveSecret` (RFC 9420 section 8): no context, `Nh` bytes.
    ///
    /// # Errors
    /// As [`expand_with_label`](Self::expand_with_label).
    // req: R-8-02
    pub fn derive_secret(self, secret: &[u8], label: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.expand_with_label(secret, label, &[], self.hash_len())
    }

    /// `DeriveTreeSecret` (RFC 9420 section 9.1).
    ///
    /// # Errors
    /// As [`expand_with_label`](Self::expand_with_label).
    // req: R-9.1-01
    pub fn derive_tree_secret(
        self,
        secret: &[u8],
        label: &[u8],
        generation: u32,
        len: usize,
    ) -> Result<SecretBytes, CryptoError> {
        self.expand_with_label(secret, label, &generation.to_be_bytes(), len)
    }

    /// `KEM.DeriveKeyPair(ikm)` (RFC 9180 section 7.1.3).
    ///
    /// # Errors
    /// [`CryptoError::KeyDerivation`] where no candidate is a key.
    pub fn derive_key_pair(self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        self.provider().kem().derive_key_pair(ikm)
    }

    /// A fresh HPKE key pair.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`] where the source failed.
    pub fn generate_hpke_key_pair(self, rng: &mut dyn Rng) -> Result<HpkeKeyPair, CryptoError> {
        let ikm = random_bytes(rng, self.provider().kem().key_ikm_len())?;
        self.derive_key_pair(ikm.as_bytes())
    }

    /// A signature key pair from key material: the EdDSA seed, or the ECDSA scalar by rejection
    /// sampling. The same material gives an unrelated HPKE key pair.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a scheme whose provider cannot derive;
    /// [`CryptoError::KeyDerivation`] where no candidate is a key.
    pub fn derive_signature_key_pair(self, ikm: &[u8]) -> Result<SignatureKeyPair, CryptoError> {
        let private = self.provider().derive_signature_key(ikm)?;
        let public = self.signing_key(&private)?.public_key().clone();
        Ok(SignatureKeyPair { private, public })
    }

    /// A fresh signature key pair.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`] where the source failed, and those of
    /// [`derive_signature_key_pair`](Self::derive_signature_key_pair).
    pub fn generate_signature_key_pair(self, rng: &mut dyn Rng) -> Result<SignatureKeyPair, CryptoError> {
        let ikm = random_bytes(rng, self.provider().signature_ikm_len())?;
        self.derive_signature_key_pair(ikm.as_bytes())
    }
}
