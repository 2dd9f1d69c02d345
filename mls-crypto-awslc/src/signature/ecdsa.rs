//! ECDSA on the NIST curves (FIPS 186-5), signatures in DER, nonces from the library's generator.

use core::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING,
    ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    EcdsaVerificationAlgorithm, ParsedPublicKey,
};
use mls_crypto_traits::{CryptoError, Dh, SignaturePublicKey, SigningKey, VerifyKey};

use super::SignatureAlgorithm;
use crate::{
    dh::{AwsLcDh, has_form},
    hash::HashAlgorithm,
};

pub(crate) const ECDSA_P256: SignatureAlgorithm = SignatureAlgorithm {
    load_verify_key: |public| P256.load_verify_key(public),
    load_signing_key: |private| P256.load_signing_key(private),
};
pub(crate) const ECDSA_P384: SignatureAlgorithm = SignatureAlgorithm {
    load_verify_key: |public| P384.load_verify_key(public),
    load_signing_key: |private| P384.load_signing_key(private),
};
pub(crate) const ECDSA_P521: SignatureAlgorithm = SignatureAlgorithm {
    load_verify_key: |public| P521.load_verify_key(public),
    load_signing_key: |private| P521.load_signing_key(private),
};

/// One curve with the hash that MLS gives it.
struct Ecdsa {
    dh: AwsLcDh,
    hash: HashAlgorithm,
    signing: &'static EcdsaSigningAlgorithm,
    verification: &'static EcdsaVerificationAlgorithm,
}

static P256: Ecdsa = Ecdsa {
    dh: AwsLcDh::P256,
    hash: HashAlgorithm::Sha256,
    signing: &ECDSA_P256_SHA256_ASN1_SIGNING,
    verification: &ECDSA_P256_SHA256_ASN1,
};
static P384: Ecdsa = Ecdsa {
    dh: AwsLcDh::P384,
    hash: HashAlgorithm::Sha384,
    signing: &ECDSA_P384_SHA384_ASN1_SIGNING,
    verification: &ECDSA_P384_SHA384_ASN1,
};
static P521: Ecdsa = Ecdsa {
    dh: AwsLcDh::P521,
    hash: HashAlgorithm::Sha512,
    signing: &ECDSA_P521_SHA512_ASN1_SIGNING,
    verification: &ECDSA_P521_SHA512_ASN1,
};

impl Ecdsa {
    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        if !has_form(self.dh.curve(), public) {
            return Err(CryptoError::InvalidPublicKey);
        }
        let key = ParsedPublicKey::new(self.verification, public).map_err(|_| CryptoError::InvalidPublicKey)?;
        Ok(Arc::new(EcdsaVerifyKey { key, hash: self.hash }))
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        // The library's ECDSA keys want the public key with the scalar; its ECDH computes it.
        let public = self.dh.public_key(&self.dh.load_private(private)?)?;
        let key = EcdsaKeyPair::from_private_key_and_public_key(self.signing, private, &public)
            .map_err(|_| CryptoError::InvalidPrivateKey)?;
        Ok(Arc::new(EcdsaSigningKey { key, hash: self.hash, public: SignaturePublicKey::from(public) }))
    }
}

#[derive(Debug)]
struct EcdsaVerifyKey {
    key: ParsedPublicKey,
    hash: HashAlgorithm,
}

impl VerifyKey for EcdsaVerifyKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        self.key.verify_digest_sig(&self.hash.digest(message), signature).map_err(|_| CryptoError::InvalidSignature)
    }
}

/// The parsed scalar with its public key.
struct EcdsaSigningKey {
    key: EcdsaKeyPair,
    hash: HashAlgorithm,
    public: SignaturePublicKey,
}

impl SigningKey for EcdsaSigningKey {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.public
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        let signature = self.key.sign_digest(&self.hash.digest(message)).map_err(|_| CryptoError::Backend)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for EcdsaSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, hash: _, public } = self;
        f.debug_struct("EcdsaSigningKey").field("public", public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
