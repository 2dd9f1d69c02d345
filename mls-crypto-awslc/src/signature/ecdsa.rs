//! ECDSA on the NIST curves (FIPS 186-5), signatures in DER, nonces from the library's generator.

use core::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING,
    ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    EcdsaVerificationAlgorithm, KeyPair, ParsedPublicKey,
};
use mls_crypto_traits::{CryptoError, DhCurve, SecretBytes, SignaturePublicKey, SigningKey, VerifyKey};

use super::SignatureAlgorithm;
use crate::{dh::has_form, hash::HashAlgorithm};

pub(crate) const ECDSA_P256: SignatureAlgorithm = SignatureAlgorithm {
    load_verify_key: |public| P256.load_verify_key(public),
    verify: |public, message, signature| P256.load_verify_key(public)?.verify(message, signature),
    load_signing_key: |private| P256.load_signing_key(private),
};
pub(crate) const ECDSA_P384: SignatureAlgorithm = SignatureAlgorithm {
    load_verify_key: |public| P384.load_verify_key(public),
    verify: |public, message, signature| P384.load_verify_key(public)?.verify(message, signature),
    load_signing_key: |private| P384.load_signing_key(private),
};
pub(crate) const ECDSA_P521: SignatureAlgorithm = SignatureAlgorithm {
    load_verify_key: |public| P521.load_verify_key(public),
    verify: |public, message, signature| P521.load_verify_key(public)?.verify(message, signature),
    load_signing_key: |private| P521.load_signing_key(private),
};

/// One curve with the hash that MLS gives it.
struct Ecdsa {
    curve: DhCurve,
    hash: HashAlgorithm,
    signing: &'static EcdsaSigningAlgorithm,
    verification: &'static EcdsaVerificationAlgorithm,
}

static P256: Ecdsa = Ecdsa {
    curve: DhCurve::P256,
    hash: HashAlgorithm::Sha256,
    signing: &ECDSA_P256_SHA256_ASN1_SIGNING,
    verification: &ECDSA_P256_SHA256_ASN1,
};
static P384: Ecdsa = Ecdsa {
    curve: DhCurve::P384,
    hash: HashAlgorithm::Sha384,
    signing: &ECDSA_P384_SHA384_ASN1_SIGNING,
    verification: &ECDSA_P384_SHA384_ASN1,
};
static P521: Ecdsa = Ecdsa {
    curve: DhCurve::P521,
    hash: HashAlgorithm::Sha512,
    signing: &ECDSA_P521_SHA512_ASN1_SIGNING,
    verification: &ECDSA_P521_SHA512_ASN1,
};

impl Ecdsa {
    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        if !has_form(self.curve, public) {
            return Err(CryptoError::InvalidPublicKey);
        }
        let key = ParsedPublicKey::new(self.verification, public).map_err(|_| CryptoError::InvalidPublicKey)?;
        Ok(Arc::new(EcdsaVerifyKey { key, hash: self.hash }))
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        let len = self.curve.private_key_len();
        let (Ok(short), true) = (u8::try_from(len), private.len() == len) else {
            return Err(CryptoError::InvalidPrivateKey);
        };
        // ECPrivateKey (RFC 5915) without the public key, which the library then computes. Its call that takes
        // the bare scalar wants the public key too, and to compute that beforehand costs twice as much.
        let header = [0x30, short.saturating_add(5), 0x02, 0x01, 0x01, 0x04, short];
        let der = SecretBytes::concat(&[&header, private]);
        let key = EcdsaKeyPair::from_private_key_der(self.signing, der.as_bytes())
            .map_err(|_| CryptoError::InvalidPrivateKey)?;
        let public = SignaturePublicKey::from(key.public_key().as_ref());
        Ok(Arc::new(EcdsaSigningKey { key, hash: self.hash, public }))
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
