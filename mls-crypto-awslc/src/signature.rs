//! Signature schemes of the suites (RFC 9420 section 5.1.2).

use std::sync::Arc;

use mls_crypto_traits::{CryptoError, SigningKey, VerifyKey};

pub(crate) mod ecdsa;
pub(crate) mod ed25519;

type Loaded<K> = Result<Arc<K>, CryptoError>;

/// How a suite's signature keys are loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignatureAlgorithm {
    pub(crate) load_verify_key: fn(&[u8]) -> Loaded<dyn VerifyKey>,
    pub(crate) load_signing_key: fn(&[u8]) -> Loaded<dyn SigningKey>,
}

#[cfg(test)]
mod tests;
