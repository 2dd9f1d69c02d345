//! Signatures of certificates that no cipher suite has.

use core::fmt::Debug;

use crate::CryptoError;

/// A signature algorithm that certification authorities use and no cipher suite of RFC 9420 does.
///
/// The algorithms of the suites need no other interface than
/// [`load_verify_key`](crate::CipherSuiteProvider::load_verify_key).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateSignature {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2).
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, in mask generation too, and a salt of 32 bytes (RFC 8017 section 8.1).
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, in mask generation too, and a salt of 48 bytes.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, in mask generation too, and a salt of 64 bytes.
    RsaPssSha512,
    /// ECDSA on P-256 with SHA-384.
    EcdsaP256Sha384,
    /// ECDSA on P-384 with SHA-256.
    EcdsaP384Sha256,
}

impl CertificateSignature {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::RsaPkcs1Sha256,
        Self::RsaPkcs1Sha384,
        Self::RsaPkcs1Sha512,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
        Self::EcdsaP256Sha384,
        Self::EcdsaP384Sha256,
    ];
}

/// What a backend may have besides its suites: it verifies signatures of certification authorities.
///
/// It is offered through [`CryptoProvider::certificate_signatures`](crate::CryptoProvider::certificate_signatures).
pub trait CertificateSignatures: Debug + Send + Sync {
    /// Whether the algorithm is there.
    fn supports(&self, algorithm: CertificateSignature) -> bool;

    /// Verifies `signature` over `message`.
    ///
    /// `public` is the content of the subject public key's BIT STRING: a DER `RSAPublicKey` (RFC 8017 appendix A.1.1)
    /// with a modulus of 2048 to 8192 bits, an uncompressed point. The caller has checked that form, and an ECDSA
    /// signature's as [`checks`](crate::checks) states it.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`], [`CryptoError::InvalidSignature`]; [`CryptoError::Unsupported`] where the
    /// algorithm is not there.
    fn verify(
        &self,
        algorithm: CertificateSignature,
        public: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError>;
}
