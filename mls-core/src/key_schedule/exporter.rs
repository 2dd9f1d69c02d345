//! Secrets for other protocols (RFC 9420 section 8.5).

use mls_crypto_traits::{CryptoError, SecretBytes, Suite};

use super::ExporterSecret;

impl ExporterSecret {
    /// MLS-Exporter: `length` bytes for the use that `label` names, bound to `context`.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] beyond what HKDF-Expand can give (255 hashes); whatever the backend fails with.
    ///
    /// # Security
    /// Each use takes a label of its own, registered where it must be unique, and exports again after each Commit.
    // req: R-8.5-01
    pub fn export(
        &self,
        suite: Suite<'_>,
        label: &[u8],
        context: &[u8],
        length: usize,
    ) -> Result<SecretBytes, CryptoError> {
        let derived = suite.derive_secret(self.as_bytes(), label)?;
        let context = suite.hash(&[context])?;
        suite.expand_with_label(derived.as_bytes(), b"exported", context.as_bytes(), length)
    }
}
