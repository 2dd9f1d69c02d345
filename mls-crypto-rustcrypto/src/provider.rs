//! The suites that this crate has.

use alloc::vec::Vec;

use mls_crypto_traits::{CipherSuite, CipherSuiteProvider, CryptoProvider};

use crate::suite::{self, RustCryptoSuite};

/// The MLS cipher suites on RustCrypto.
///
/// Suites 1, 2, 3, 5 and 7 of RFC 9420 section 17.1; with the feature `curve448` 4 and 6 too. The value
/// holds nothing and draws nothing: it can stand in a `const`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RustCryptoProvider;

/// In the order of preference among the registered suites of one strength: the mandatory one first.
static SUITES: &[&RustCryptoSuite] = &[
    &suite::X25519_AES128GCM_SHA256_ED25519,
    &suite::P256_AES128GCM_SHA256_P256,
    &suite::X25519_CHACHA20POLY1305_SHA256_ED25519,
    #[cfg(feature = "curve448")]
    &suite::X448_AES256GCM_SHA512_ED448,
    &suite::P521_AES256GCM_SHA512_P521,
    #[cfg(feature = "curve448")]
    &suite::X448_CHACHA20POLY1305_SHA512_ED448,
    &suite::P384_AES256GCM_SHA384_P384,
];

impl RustCryptoProvider {
    /// The provider.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl CryptoProvider for RustCryptoProvider {
    fn cipher_suites(&self) -> Vec<CipherSuite> {
        SUITES.iter().map(|suite| suite.params().cipher_suite).collect()
    }

    fn provider(&self, id: CipherSuite) -> Option<&dyn CipherSuiteProvider> {
        let suite = SUITES.iter().find(|suite| suite.params().cipher_suite == id)?;
        Some(*suite)
    }
}

#[cfg(test)]
mod tests;
