//! Ed25519 and Ed448 (RFC 8032).

use core::fmt;
use std::sync::Arc;

use mls_crypto_traits::{CryptoError, SecretBytes, SignaturePublicKey, SignatureScheme, SigningKey, VerifyKey, checks};
use openssl::{
    error::ErrorStack,
    md_ctx::MdCtx,
    pkey::{Id, PKey, PKeyRef, Private, Public},
};

use super::SignatureAlgorithm;
use crate::error::backend;

/// EdDSA on one of its curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eddsa {
    Ed25519,
    Ed448,
}

impl Eddsa {
    fn id(self) -> Id {
        match self {
            Self::Ed25519 => Id::ED25519,
            Self::Ed448 => Id::ED448,
        }
    }

    fn scheme(self) -> SignatureScheme {
        match self {
            Self::Ed25519 => SignatureScheme::Ed25519,
            Self::Ed448 => SignatureScheme::Ed448,
        }
    }

    fn signature_len(self) -> usize {
        match self {
            Self::Ed25519 => 64,
            Self::Ed448 => 114,
        }
    }

    /// The key of any bytes of its length.
    fn parsed(self, public: &[u8]) -> Result<EddsaVerifyKey, CryptoError> {
        let key = PKey::public_key_from_raw_bytes(public, self.id()).map_err(|_| CryptoError::InvalidPublicKey)?;
        Ok(EddsaVerifyKey { algorithm: self, key })
    }

    /// Whether OpenSSL has the curve.
    pub(crate) fn probe(self) -> Result<Self, CryptoError> {
        let len = checks::signature_private_key_len(self.scheme()).unwrap_or_default();
        PKey::public_key_from_raw_bytes(&vec![3; len], self.id()).map_err(|_| CryptoError::Unsupported)?;
        Ok(self)
    }
}

impl SignatureAlgorithm for Eddsa {
    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        // OpenSSL takes any bytes until it verifies with them.
        checks::eddsa_key_decodes(self.scheme(), public)?;
        Ok(Arc::new(self.parsed(public)?))
    }

    /// What a signature is good under decodes: OpenSSL has done so. Else what is wrong is asked.
    fn verify(&self, public: &[u8], message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        let verdict = self.parsed(public)?.verify(message, signature);
        verdict.or_else(|wrong| checks::eddsa_key_decodes(self.scheme(), public).and(Err(wrong)))
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        let key = PKey::private_key_from_raw_bytes(private, self.id()).map_err(|_| CryptoError::InvalidPrivateKey)?;
        let public = SignaturePublicKey::from(key.raw_public_key().map_err(backend)?);
        Ok(Arc::new(EddsaSigningKey { algorithm: *self, key, public }))
    }
}

struct EddsaVerifyKey {
    algorithm: Eddsa,
    key: PKey<Public>,
}

impl VerifyKey for EddsaVerifyKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        match contiguous(message, |whole| verify(&self.key, whole, signature)) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(CryptoError::InvalidSignature),
        }
    }
}

impl fmt::Debug for EddsaVerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { algorithm, key } = self;
        let public = key.raw_public_key().map(SignaturePublicKey::from).ok();
        f.debug_struct("EddsaVerifyKey").field("algorithm", algorithm).field("public", &public).finish()
    }
}

/// The parsed seed with its public key.
struct EddsaSigningKey {
    algorithm: Eddsa,
    key: PKey<Private>,
    public: SignaturePublicKey,
}

impl SigningKey for EddsaSigningKey {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.public
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        let mut signature = vec![0; self.algorithm.signature_len()];
        let len = contiguous(message, |whole| sign(&self.key, whole, &mut signature)).map_err(backend)?;
        signature.truncate(len);
        Ok(signature)
    }
}

impl fmt::Debug for EddsaSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { algorithm, key: _, public } = self;
        f.debug_struct("EddsaSigningKey").field("algorithm", algorithm).field("public", public).finish_non_exhaustive()
    }
}

fn verify(key: &PKeyRef<Public>, message: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
    let mut context = MdCtx::new()?;
    context.digest_verify_init(None, key)?;
    context.digest_verify(message, signature)
}

fn sign(key: &PKeyRef<Private>, message: &[u8], signature: &mut [u8]) -> Result<usize, ErrorStack> {
    let mut context = MdCtx::new()?;
    context.digest_sign_init(None, key)?;
    context.digest_sign(message, Some(signature))
}

/// Gives `message` to `f` as one slice: OpenSSL reads it twice. A copy made for that is wiped: a message
/// is signed before it is encrypted.
fn contiguous<T>(message: &[&[u8]], f: impl FnOnce(&[u8]) -> T) -> T {
    match message {
        [whole] => f(whole),
        parts => f(SecretBytes::concat(parts).as_bytes()),
    }
}

#[cfg(test)]
mod tests;
