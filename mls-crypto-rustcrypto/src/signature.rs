//! Signature schemes of the suites (RFC 9420 section 5.1.2).

use alloc::sync::Arc;
use mls_crypto_traits::{CryptoError, SigningKey, VerifyKey};

pub(crate) mod ecdsa;
pub(crate) mod ed25519;
#[cfg(feature = "curve448")]
pub(crate) mod ed448;

type Loaded<K> = Result<Arc<K>, CryptoError>;

/// How a suite's signature keys are loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignatureAlgorithm {
    pub(crate) load_verify_key: fn(&[u8]) -> Loaded<dyn VerifyKey>,
    pub(crate) load_signing_key: fn(&[u8]) -> Loaded<dyn SigningKey>,
}

#[cfg(test)]
mod tests;
