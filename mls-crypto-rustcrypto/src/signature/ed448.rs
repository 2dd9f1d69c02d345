//! Ed448 (RFC 8032 section 5.2), without a context.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use ed448_goldilocks::{Signature, SigningKey as Expanded, VerifyingKey, signature::Signer};
use mls_crypto_traits::{CryptoError, SecretBytes, SignaturePublicKey, SigningKey, VerifyKey};
use zeroize::Zeroizing;

use super::SignatureAlgorithm;

const SEED_LEN: usize = 57;

pub(crate) const ED448: SignatureAlgorithm = SignatureAlgorithm {
    load_verify_key,
    load_signing_key,
};

fn load_verify_key(public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
    let key = public
        .try_into()
        .ok()
        .and_then(|bytes| VerifyingKey::from_bytes(bytes).ok())
        .ok_or(CryptoError::InvalidPublicKey)?;
    Ok(Arc::new(Ed448VerifyKey(key)))
}

fn load_signing_key(private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
    let seed: &[u8; SEED_LEN] = private
        .try_into()
        .map_err(|_| CryptoError::InvalidPrivateKey)?;
    let seed = Zeroizing::new((*seed).into());
    let expanded = Expanded::from(&*seed);
    let public = SignaturePublicKey::from(expanded.verifying_key().as_bytes().as_slice());
    Ok(Arc::new(Ed448SigningKey { expanded, public }))
}

#[derive(Debug)]
struct Ed448VerifyKey(VerifyingKey);

impl VerifyKey for Ed448VerifyKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        let signature =
            Signature::try_from(signature).map_err(|_| CryptoError::InvalidSignature)?;
        contiguous(message, |bytes| self.0.verify_raw(&signature, bytes))
            .map_err(|_| CryptoError::InvalidSignature)
    }
}

/// The key hashed out of its seed, with its public key.
struct Ed448SigningKey {
    expanded: Expanded,
    public: SignaturePublicKey,
}

impl SigningKey for Ed448SigningKey {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.public
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        let signature = contiguous(message, |bytes| self.expanded.try_sign(bytes))
            .map_err(|_| CryptoError::Backend)?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl fmt::Debug for Ed448SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            expanded: _,
            public,
        } = self;
        f.debug_struct("Ed448SigningKey")
            .field("public", public)
            .finish_non_exhaustive()
    }
}

/// Gives `message` to `f` as one slice. A copy made for that is wiped: a message is signed before it
/// is encrypted.
fn contiguous<T>(message: &[&[u8]], f: impl FnOnce(&[u8]) -> T) -> T {
    match message {
        [whole] => f(whole),
        parts => f(SecretBytes::concat(parts).as_bytes()),
    }
}

#[cfg(test)]
mod tests;
