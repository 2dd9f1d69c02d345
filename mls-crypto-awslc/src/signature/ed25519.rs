//! Ed25519 (RFC 8032 section 5.1).

use core::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ED25519 as LIBRARY, Ed25519KeyPair, KeyPair, ParsedPublicKey};
use curve25519_dalek::edwards::CompressedEdwardsY;
use mls_crypto_traits::{CryptoError, SignaturePublicKey, SigningKey, VerifyKey};

use super::SignatureAlgorithm;
use crate::bytes::with_whole;

pub(crate) const ED25519: SignatureAlgorithm = SignatureAlgorithm { load_verify_key, verify, load_signing_key };

fn load_verify_key(public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
    // The library takes X.509 as well, and any 32 bytes until it verifies with them.
    let point = CompressedEdwardsY::from_slice(public).ok().and_then(|point| point.decompress());
    if point.is_none() {
        return Err(CryptoError::InvalidPublicKey);
    }
    Ok(Arc::new(parsed(public)?))
}

fn parsed(public: &[u8]) -> Result<Ed25519VerifyKey, CryptoError> {
    ParsedPublicKey::new(&LIBRARY, public).map(Ed25519VerifyKey).map_err(|_| CryptoError::InvalidPublicKey)
}

/// What a signature is good under decodes: the library has done so. Else what is wrong is asked.
fn verify(public: &[u8], message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
    let raw = <&[u8; 32]>::try_from(public).map_err(|_| CryptoError::InvalidPublicKey)?;
    let verdict = parsed(raw)?.verify(message, signature);
    verdict.or_else(|wrong| load_verify_key(public).and(Err(wrong)))
}

fn load_signing_key(private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
    let key = Ed25519KeyPair::from_seed_unchecked(private).map_err(|_| CryptoError::InvalidPrivateKey)?;
    let public = SignaturePublicKey::from(key.public_key().as_ref());
    Ok(Arc::new(Ed25519SigningKey { key, public }))
}

#[derive(Debug)]
struct Ed25519VerifyKey(ParsedPublicKey);

impl VerifyKey for Ed25519VerifyKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        with_whole(message, |whole| self.0.verify_sig(whole, signature)).map_err(|_| CryptoError::InvalidSignature)
    }
}

/// The parsed seed with its public key.
struct Ed25519SigningKey {
    key: Ed25519KeyPair,
    public: SignaturePublicKey,
}

impl SigningKey for Ed25519SigningKey {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.public
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        let signature = with_whole(message, |whole| self.key.try_sign(whole)).map_err(|_| CryptoError::Backend)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for Ed25519SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, public } = self;
        f.debug_struct("Ed25519SigningKey").field("public", public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
