//! Which subject public keys and signature algorithms there are (RFC 5280 section 4.1.1.2, RFC 5480, RFC 8410).

use alloc::vec::Vec;

use der::asn1::UintRef;
use der::{AnyRef, Decode, Encode, Sequence};
use mls_crypto_traits::{CertificateSignature, SignatureScheme};
use rustls_pki_types::{AlgorithmIdentifier, alg_id};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// The schemes of the suites.
pub(crate) const SCHEMES: [SignatureScheme; 5] = [
    SignatureScheme::Ed25519,
    SignatureScheme::EcdsaP256,
    SignatureScheme::EcdsaP384,
    SignatureScheme::EcdsaP521,
    SignatureScheme::Ed448,
];

/// The identifiers of a suite's scheme: that of the public key, and that of the signature. The content of the
/// `AlgorithmIdentifier`, without its header.
pub(crate) const fn scheme_ids(scheme: SignatureScheme) -> Option<(AlgorithmIdentifier, AlgorithmIdentifier)> {
    Some(match scheme {
        SignatureScheme::Ed25519 => (alg_id::ED25519, alg_id::ED25519),
        SignatureScheme::Ed448 => (alg_id::ED448, alg_id::ED448),
        SignatureScheme::EcdsaP256 => (alg_id::ECDSA_P256, alg_id::ECDSA_SHA256),
        SignatureScheme::EcdsaP384 => (alg_id::ECDSA_P384, alg_id::ECDSA_SHA384),
        SignatureScheme::EcdsaP521 => (alg_id::ECDSA_P521, alg_id::ECDSA_SHA512),
        _ => return None,
    })
}

/// The identifiers of an algorithm that only certificates have.
pub(crate) const fn certificate_ids(
    algorithm: CertificateSignature,
) -> Option<(AlgorithmIdentifier, AlgorithmIdentifier)> {
    Some(match algorithm {
        CertificateSignature::RsaPkcs1Sha256 => (alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256),
        CertificateSignature::RsaPkcs1Sha384 => (alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA384),
        CertificateSignature::RsaPkcs1Sha512 => (alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA512),
        CertificateSignature::RsaPssSha256 => (alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA256),
        CertificateSignature::RsaPssSha384 => (alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA384),
        CertificateSignature::RsaPssSha512 => (alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA512),
        CertificateSignature::EcdsaP256Sha384 => (alg_id::ECDSA_P256, alg_id::ECDSA_SHA384),
        CertificateSignature::EcdsaP384Sha256 => (alg_id::ECDSA_P384, alg_id::ECDSA_SHA256),
        _ => return None,
    })
}

/// Every algorithm that there is a name for, in a provider or not.
fn all_ids() -> impl Iterator<Item = (AlgorithmIdentifier, AlgorithmIdentifier)> {
    let suites = SCHEMES.into_iter().filter_map(scheme_ids);
    suites.chain(CertificateSignature::ALL.into_iter().filter_map(certificate_ids))
}

/// Whether a signature's algorithm is known not to be one of a key's: either is known, and they do not go together.
pub(crate) fn is_mismatch(public_key: &[u8], signature: &[u8]) -> bool {
    let of_key = || all_ids().filter(|(key, _)| key.as_ref() == public_key);
    of_key().next().is_some() && !of_key().any(|(_, with)| with.as_ref() == signature)
}

/// The scheme of a signature key: of those of the suites, no two have keys of one length.
pub(crate) const fn scheme_of_key(public: &[u8]) -> Option<SignatureScheme> {
    Some(match public.len() {
        32 => SignatureScheme::Ed25519,
        57 => SignatureScheme::Ed448,
        65 => SignatureScheme::EcdsaP256,
        97 => SignatureScheme::EcdsaP384,
        133 => SignatureScheme::EcdsaP521,
        _ => return None,
    })
}

/// The scheme that a `SubjectPublicKeyInfo` says its key is for.
pub(crate) fn scheme_of_spki(spki: &SubjectPublicKeyInfoOwned) -> Option<SignatureScheme> {
    let id = content(&spki.algorithm)?;
    SCHEMES.into_iter().find(|scheme| scheme_ids(*scheme).is_some_and(|(key, _)| key.as_ref() == id))
}

/// The content of an `AlgorithmIdentifier`, as [`AlgorithmIdentifier`] holds it.
fn content(algorithm: &AlgorithmIdentifierOwned) -> Option<Vec<u8>> {
    let der = algorithm.to_der().ok()?;
    Some(AnyRef::from_der(&der).ok()?.value().to_vec())
}

/// The parsed form of what [`AlgorithmIdentifier`] holds.
#[cfg(feature = "issue")]
pub(crate) fn parsed(id: &AlgorithmIdentifier) -> Result<AlgorithmIdentifierOwned, der::Error> {
    let any = der::Any::new(der::Tag::Sequence, id.as_ref())?;
    AlgorithmIdentifierOwned::from_der(&any.to_der()?)
}

/// The `SubjectPublicKeyInfo` of a signature key.
#[cfg(feature = "issue")]
pub(crate) fn spki_of_key(public: &[u8]) -> Option<SubjectPublicKeyInfoOwned> {
    let (key, _) = scheme_ids(scheme_of_key(public)?)?;
    let subject_public_key = der::asn1::BitString::from_bytes(public).ok()?;
    Some(SubjectPublicKeyInfoOwned { algorithm: parsed(&key).ok()?, subject_public_key })
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

/// Whether `public` is a DER `RSAPublicKey` that is accepted: a modulus of 2048 to 8192 bits and odd, an exponent
/// odd, above 1 and of 33 bits at most. Written here so that no two backends differ in it.
pub(crate) fn is_good_rsa_key(public: &[u8]) -> bool {
    let Ok(key) = RsaPublicKey::from_der(public) else { return false };
    let modulus = key.modulus.as_bytes();
    let exponent = key.public_exponent.as_bytes();
    let bits = |bytes: &[u8]| {
        let unused = bytes.first().map_or(0, |first| first.leading_zeros());
        u32::try_from(bytes.len()).unwrap_or(u32::MAX).saturating_mul(8).saturating_sub(unused)
    };
    let odd = |bytes: &[u8]| bytes.last().is_some_and(|last| last & 1 == 1);
    (2048..=8192).contains(&bits(modulus)) && odd(modulus) && (2..=33).contains(&bits(exponent)) && odd(exponent)
}

#[cfg(test)]
mod tests;
