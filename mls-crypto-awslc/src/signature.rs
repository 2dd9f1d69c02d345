//! Signature schemes of the suites (RFC 9420 section 5.1.2).

use std::sync::Arc;

use mls_crypto_traits::{CryptoError, SigningKey, VerifyKey};

pub(crate) mod ecdsa;
pub(crate) mod ed25519;

type Loaded<K> = Result<Arc<K>, CryptoError>;
type Verify = fn(&[u8], &[&[u8]], &[u8]) -> Result<(), CryptoError>;

/// How a suite's signature keys are loaded, and signatures verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignatureAlgorithm {
    pub(crate) load_verify_key: fn(&[u8]) -> Loaded<dyn VerifyKey>,
    /// Verifies under a key that is not loaded: public key, message, signature.
    pub(crate) verify: Verify,
    pub(crate) load_signing_key: fn(&[u8]) -> Loaded<dyn SigningKey>,
}

#[cfg(test)]
mod tests;
