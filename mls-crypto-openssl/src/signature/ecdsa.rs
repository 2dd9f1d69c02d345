//! ECDSA on the NIST curves (FIPS 186-5), signatures in DER; deterministic (RFC 6979) where OpenSSL
//! can do it.

use core::fmt;
use std::sync::Arc;

use mls_crypto_traits::{CryptoError, SignaturePublicKey, SigningKey, VerifyKey};
use openssl::{
    ec::EcKey,
    ecdsa::EcdsaSig,
    error::ErrorStack,
    pkey::{Private, Public},
};

use super::SignatureAlgorithm;
use crate::{dh::nist::Nist, error::backend, hash::Hash};

/// ECDSA on a curve with a hash. Cloning shares both.
#[derive(Clone, Debug)]
pub(crate) struct Ecdsa {
    curve: Nist,
    hash: Hash,
}

impl Ecdsa {
    pub(crate) fn new(curve: Nist, hash: Hash) -> Self {
        Self { curve, hash }
    }
}

impl SignatureAlgorithm for Ecdsa {
    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        let point = self.curve.point(public)?;
        let key = EcKey::from_public_key(self.curve.group(), &point).map_err(backend)?;
        Ok(Arc::new(EcdsaVerifyKey { algorithm: self.clone(), key }))
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        let scalar = self.curve.scalar(private)?;
        let point = self.curve.base_times(&scalar).map_err(backend)?;
        let public = SignaturePublicKey::from(self.curve.encode(&point)?);
        let key = EcKey::from_private_components(self.curve.group(), scalar.number(), &point).map_err(backend)?;
        let key = Signer::new(key).map_err(backend)?;
        Ok(Arc::new(EcdsaSigningKey { algorithm: self.clone(), key, public }))
    }
}

struct EcdsaVerifyKey {
    algorithm: Ecdsa,
    key: EcKey<Public>,
}

impl VerifyKey for EcdsaVerifyKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        let digest = self.algorithm.hash.hash(message)?;
        let verdict = EcdsaSig::from_der(signature).and_then(|signature| signature.verify(&digest, &self.key));
        match verdict {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(CryptoError::InvalidSignature),
        }
    }
}

impl fmt::Debug for EcdsaVerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { algorithm, key } = self;
        let public = algorithm.curve.encode(key.public_key()).map(SignaturePublicKey::from).ok();
        f.debug_struct("EcdsaVerifyKey").field("algorithm", algorithm).field("public", &public).finish()
    }
}

/// The parsed scalar with its public key.
struct EcdsaSigningKey {
    algorithm: Ecdsa,
    key: Signer,
    public: SignaturePublicKey,
}

impl SigningKey for EcdsaSigningKey {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.public
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        let digest = self.algorithm.hash.hash(message)?;
        self.key.sign(&digest, &self.algorithm.hash).map_err(backend)
    }
}

impl fmt::Debug for EcdsaSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { algorithm, key: _, public } = self;
        f.debug_struct("EcdsaSigningKey").field("algorithm", algorithm).field("public", public).finish_non_exhaustive()
    }
}

/// Signs with a nonce that follows from key and digest.
#[cfg(deterministic_ecdsa)]
struct Signer(openssl::pkey::PKey<Private>);

#[cfg(deterministic_ecdsa)]
impl Signer {
    fn new(key: EcKey<Private>) -> Result<Self, ErrorStack> {
        openssl::pkey::PKey::from_ec_key(key).map(Self)
    }

    fn sign(&self, digest: &[u8], hash: &Hash) -> Result<Vec<u8>, ErrorStack> {
        use openssl::pkey_ctx::{NonceType, PkeyCtx};

        let mut context = PkeyCtx::new(&self.0)?;
        context.sign_init()?;
        context.set_signature_md(hash.digest())?;
        context.set_nonce_type(NonceType::DETERMINISTIC_K)?;
        let mut signature = vec![0; self.0.size()];
        let len = context.sign(digest, Some(&mut signature))?;
        signature.truncate(len);
        Ok(signature)
    }
}

/// Signs with a nonce that OpenSSL draws, and makes from key and digest as well.
#[cfg(not(deterministic_ecdsa))]
struct Signer(EcKey<Private>);

#[cfg(not(deterministic_ecdsa))]
impl Signer {
    fn new(key: EcKey<Private>) -> Result<Self, ErrorStack> {
        Ok(Self(key))
    }

    fn sign(&self, digest: &[u8], _: &Hash) -> Result<Vec<u8>, ErrorStack> {
        EcdsaSig::sign(digest, &self.0)?.to_der()
    }
}

#[cfg(test)]
mod tests;
