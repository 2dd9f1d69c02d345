//! Signatures of certification authorities that no suite has: RSA, and ECDSA with another hash.

use mls_crypto_traits::{CertificateSignature, CertificateSignatures, CryptoError};
use openssl::{
    ec::{EcGroup, EcKey, EcPoint},
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Public},
    rsa::{Padding, Rsa},
    sign::{RsaPssSaltlen, Verifier},
};

use crate::error::backend;

/// OpenSSL's algorithms for certificates.
#[derive(Debug)]
pub(crate) struct Certificates;

enum Key {
    Rsa(Padding),
    Ec(Nid),
}

impl CertificateSignatures for Certificates {
    fn supports(&self, algorithm: CertificateSignature) -> bool {
        parts(algorithm).is_some()
    }

    fn verify(
        &self,
        algorithm: CertificateSignature,
        public: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let (kind, digest) = parts(algorithm).ok_or(CryptoError::Unsupported)?;
        let key = match kind {
            Key::Rsa(_) => rsa_key(public),
            Key::Ec(curve) => ec_key(curve, public),
        };
        let key = key.map_err(|_| CryptoError::InvalidPublicKey)?;
        let mut verifier = Verifier::new(digest, &key).map_err(backend)?;
        if let Key::Rsa(padding) = kind {
            verifier.set_rsa_padding(padding).map_err(backend)?;
            if padding == Padding::PKCS1_PSS {
                verifier.set_rsa_mgf1_md(digest).map_err(backend)?;
                verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).map_err(backend)?;
            }
        }
        match verifier.verify_oneshot(signature, message) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(CryptoError::InvalidSignature),
        }
    }
}

fn parts(algorithm: CertificateSignature) -> Option<(Key, MessageDigest)> {
    const PKCS1: Key = Key::Rsa(Padding::PKCS1);
    const PSS: Key = Key::Rsa(Padding::PKCS1_PSS);
    Some(match algorithm {
        CertificateSignature::RsaPkcs1Sha256 => (PKCS1, MessageDigest::sha256()),
        CertificateSignature::RsaPkcs1Sha384 => (PKCS1, MessageDigest::sha384()),
        CertificateSignature::RsaPkcs1Sha512 => (PKCS1, MessageDigest::sha512()),
        CertificateSignature::RsaPssSha256 => (PSS, MessageDigest::sha256()),
        CertificateSignature::RsaPssSha384 => (PSS, MessageDigest::sha384()),
        CertificateSignature::RsaPssSha512 => (PSS, MessageDigest::sha512()),
        CertificateSignature::EcdsaP256Sha384 => (Key::Ec(Nid::X9_62_PRIME256V1), MessageDigest::sha384()),
        CertificateSignature::EcdsaP384Sha256 => (Key::Ec(Nid::SECP384R1), MessageDigest::sha256()),
        _ => return None,
    })
}

fn rsa_key(public: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    PKey::from_rsa(Rsa::public_key_from_der_pkcs1(public)?)
}

fn ec_key(curve: Nid, public: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    let group = EcGroup::from_curve_name(curve)?;
    let mut context = openssl::bn::BigNumContext::new()?;
    let point = EcPoint::from_bytes(&group, public, &mut context)?;
    PKey::from_ec_key(EcKey::from_public_key(&group, &point)?)
}
