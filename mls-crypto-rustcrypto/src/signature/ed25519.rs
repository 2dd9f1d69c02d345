//! Ed25519 (RFC 8032 section 5.1).

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use ed25519_dalek::{
    Signature, VerifyingKey,
    hazmat::{ExpandedSecretKey, raw_sign_byupdate},
};
use mls_crypto_traits::{CryptoError, SignaturePublicKey, SigningKey, VerifyKey};
use sha2::{Digest, Sha512};

use super::SignatureAlgorithm;
use crate::stack::{self, wiped};

pub(crate) const ED25519: SignatureAlgorithm = SignatureAlgorithm { load_verify_key, load_signing_key };

fn load_verify_key(public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
    let key = VerifyingKey::try_from(public).map_err(|_| CryptoError::InvalidPublicKey)?;
    Ok(Arc::new(Ed25519VerifyKey(key)))
}

fn load_signing_key(private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
    let seed = private.try_into().map_err(|_| CryptoError::InvalidPrivateKey)?;
    Ok(wiped::<{ stack::CURVE }, Arc<dyn SigningKey>>(|| Arc::new(Ed25519SigningKey::new(seed))))
}

#[derive(Debug)]
struct Ed25519VerifyKey(VerifyingKey);

impl VerifyKey for Ed25519VerifyKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        use ed25519_dalek::ed25519::signature::MultipartVerifier;

        let signature = Signature::from_slice(signature).map_err(|_| CryptoError::InvalidSignature)?;
        // What is verified may be a private message's content.
        wiped::<{ stack::CURVE }, _>(|| self.0.multipart_verify(message, &signature))
            .map_err(|_| CryptoError::InvalidSignature)
    }
}

/// The key as it is used: hashed out of its seed and with its public key, so that a signature costs
/// one multiplication.
struct Ed25519SigningKey {
    expanded: ExpandedSecretKey,
    verifying: VerifyingKey,
    public: SignaturePublicKey,
}

impl Ed25519SigningKey {
    fn new(seed: &[u8; 32]) -> Self {
        let expanded = ExpandedSecretKey::from(seed);
        let verifying = VerifyingKey::from(&expanded);
        let public = SignaturePublicKey::from(verifying.as_bytes().as_slice());
        Self { expanded, verifying, public }
    }
}

impl SigningKey for Ed25519SigningKey {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.public
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        let feed = |hasher: &mut Sha512| {
            for part in message {
                hasher.update(part);
            }
            Ok(())
        };
        wiped::<{ stack::CURVE }, _>(|| raw_sign_byupdate(&self.expanded, feed, &self.verifying))
            .map(|signature| signature.to_bytes().to_vec())
            .map_err(|_| CryptoError::Backend)
    }
}

impl fmt::Debug for Ed25519SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expanded: _, verifying: _, public } = self;
        f.debug_struct("Ed25519SigningKey").field("public", public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
