//! Path secrets (RFC 9420 section 7.4).

use mls_crypto_traits::{CryptoError, HpkeKeyPair, Rng, SecretBytes, Suite, random_bytes};

/// The secret of a node on a path: it gives the node's key pair and the secrets of the nodes above.
pub struct PathSecret(SecretBytes);

impl PathSecret {
    /// A fresh secret, `KDF.Nh` bytes.
    ///
    /// # Errors
    /// Whatever `rng` fails with.
    pub fn random(suite: Suite<'_>, rng: &mut dyn Rng) -> Result<Self, CryptoError> {
        random_bytes(rng, suite.hash_len()).map(Self)
    }

    /// Takes over a secret that came decrypted, from a path or a Welcome.
    ///
    /// # Errors
    /// [`CryptoError::WrongLength`] unless it is `KDF.Nh` bytes long.
    pub fn from_secret(suite: Suite<'_>, secret: SecretBytes) -> Result<Self, CryptoError> {
        if secret.as_bytes().len() == suite.hash_len() { Ok(Self(secret)) } else { Err(CryptoError::WrongLength) }
    }

    /// The secret's bytes.
    ///
    /// # Security
    /// They leave only encrypted, to members below the secret's node.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The secret one step further up.
    ///
    /// # Errors
    /// From the crypto backend.
    pub fn next(&self, suite: Suite<'_>) -> Result<Self, CryptoError> {
        // req: R-7.4-03
        suite.derive_secret(self.0.as_bytes(), b"path").map(Self)
    }

    /// The key pair of the secret's node.
    ///
    /// # Errors
    /// From the crypto backend.
    pub fn node_key_pair(&self, suite: Suite<'_>) -> Result<HpkeKeyPair, CryptoError> {
        // req: R-7.4-04
        let node_secret = suite.derive_secret(self.0.as_bytes(), b"node")?;
        suite.derive_key_pair(node_secret.as_bytes())
    }

    pub(super) fn into_secret(self) -> SecretBytes {
        self.0
    }
}

impl core::fmt::Debug for PathSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self(_) = self;
        f.write_str("PathSecret(..)")
    }
}
