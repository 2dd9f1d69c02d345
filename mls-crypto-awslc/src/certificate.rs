//! Signatures of certification authorities that no suite has: RSA, and ECDSA with another hash.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, VerificationAlgorithm,
};
use mls_crypto_traits::{CertificateSignature, CertificateSignatures, CryptoError};

/// AWS-LC's algorithms for certificates.
#[derive(Debug)]
pub(crate) struct Certificates;

impl CertificateSignatures for Certificates {
    fn supports(&self, algorithm: CertificateSignature) -> bool {
        library(algorithm).is_some()
    }

    fn verify(
        &self,
        algorithm: CertificateSignature,
        public: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let library = library(algorithm).ok_or(CryptoError::Unsupported)?;
        let key = ParsedPublicKey::new(library, public).map_err(|_| CryptoError::InvalidPublicKey)?;
        key.verify_sig(message, signature).map_err(|_| CryptoError::InvalidSignature)
    }
}

fn library(algorithm: CertificateSignature) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        CertificateSignature::RsaPkcs1Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        CertificateSignature::RsaPkcs1Sha384 => &RSA_PKCS1_2048_8192_SHA384,
        CertificateSignature::RsaPkcs1Sha512 => &RSA_PKCS1_2048_8192_SHA512,
        CertificateSignature::RsaPssSha256 => &RSA_PSS_2048_8192_SHA256,
        CertificateSignature::RsaPssSha384 => &RSA_PSS_2048_8192_SHA384,
        CertificateSignature::RsaPssSha512 => &RSA_PSS_2048_8192_SHA512,
        CertificateSignature::EcdsaP256Sha384 => &ECDSA_P256_SHA384_ASN1,
        CertificateSignature::EcdsaP384Sha256 => &ECDSA_P384_SHA256_ASN1,
        _ => return None,
    })
}
