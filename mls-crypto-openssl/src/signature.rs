//! Signature schemes of the suites (RFC 9420 section 5.1.2).

use core::fmt::Debug;
use std::sync::Arc;

use mls_crypto_traits::{CryptoError, SigningKey, VerifyKey};

pub(crate) mod ecdsa;
pub(crate) mod eddsa;

/// How a suite's signature keys are loaded, and signatures verified.
pub(crate) trait SignatureAlgorithm: Debug + Send + Sync {
    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError>;

    /// Verifies under a key that is not loaded.
    fn verify(&self, public: &[u8], message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        self.load_verify_key(public)?.verify(message, signature)
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError>;
}

#[cfg(test)]
mod tests;
