//! Loaded signature keys.

use alloc::vec::Vec;
use core::fmt::Debug;

use crate::{CryptoError, SignaturePublicKey};

/// A signature public key that a provider has parsed.
///
/// Callers hold it inside a [`CheckedVerifyKey`](crate::CheckedVerifyKey), which puts the checks of
/// [`checks`](crate::checks) in front.
pub trait VerifyKey: Debug + Send + Sync {
    /// Verifies `signature` over the concatenation of `message`, by the equation that
    /// [`checks`](crate::checks) demands.
    ///
    /// # Errors
    /// [`CryptoError::InvalidSignature`] where it does not hold.
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError>;
}

/// A key that signs: parsed by a provider, or the face of a device that keeps it.
pub trait SigningKey: Debug + Send + Sync {
    /// The public key that verifies what this signs.
    fn public_key(&self) -> &SignaturePublicKey;

    /// Signs the concatenation of `message`: `R || S` for EdDSA, strict DER for ECDSA.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the device or library failed.
    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError>;
}
