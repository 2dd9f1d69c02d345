//! Entering a group from outside (RFC 9420 section 8.3).

use alloc::vec::Vec;

use mls_crypto_traits::{CryptoError, HpkeKeyPair, HpkePrivateKey, HpkePublicKey, Rng, Suite};

use super::{ExternalSecret, InitSecret};

impl ExternalSecret {
    /// The group's external key pair in this epoch; the public half may be published in a GroupInfo.
    ///
    /// # Errors
    /// Whatever the backend's key derivation fails with.
    // req: R-8-08
    pub fn key_pair(&self, suite: Suite<'_>) -> Result<HpkeKeyPair, CryptoError> {
        suite.derive_key_pair(self.as_bytes())
    }
}

impl InitSecret {
    /// A fresh init secret for an external Commit to the group with `external_pub`, and the `kem_output` that
    /// its `ExternalInit` proposal carries.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] where `external_pub` is none; whatever the backend or `rng` fails with.
    // req: R-8.3-01
    pub fn for_external_sender(
        suite: Suite<'_>,
        external_pub: &HpkePublicKey,
        rng: &mut dyn Rng,
    ) -> Result<(Vec<u8>, Self), CryptoError> {
        let (kem_output, init_secret) = suite.external_init_sender(external_pub, rng)?;
        Ok((kem_output, Self::from_bytes(init_secret)))
    }

    /// The init secret that an external Commit's `kem_output` stands for.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] or [`CryptoError::SharedSecretZero`] for a bad `kem_output`; whatever
    /// the backend fails with.
    // req: R-8.3-02
    pub fn for_external_receiver(
        suite: Suite<'_>,
        external_priv: &HpkePrivateKey,
        kem_output: &[u8],
    ) -> Result<Self, CryptoError> {
        suite.external_init_receiver(external_priv, kem_output).map(Self::from_bytes)
    }
}
