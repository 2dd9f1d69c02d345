//! Signed structures, and PEM.

use alloc::string::String;
use alloc::vec::Vec;

use der::asn1::BitStringRef;
use der::pem::{LineEnding, encode_string};
use der::{AnyRef, Decode, Encode, Sequence};
use mls_crypto_traits::SigningKey;
use x509_cert::certificate::Version;
use x509_cert::ext::Extensions;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Validity;

use super::error::IssueError;
use crate::spki::{parsed, scheme_ids, scheme_of_key};

/// `TBSCertificate` (RFC 5280 section 4.1), to be encoded.
#[derive(Sequence)]
pub(crate) struct TbsCertificate {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(crate) version: Option<Version>,
    pub(crate) serial_number: SerialNumber,
    pub(crate) signature: AlgorithmIdentifierOwned,
    pub(crate) issuer: Name,
    pub(crate) validity: Validity,
    pub(crate) subject: Name,
    pub(crate) subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(crate) extensions: Option<Extensions>,
}

/// What certificates, requests and revocation lists are: something with a signature.
#[derive(Sequence)]
struct Signed<'a> {
    content: AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitStringRef<'a>,
}

/// The identifier of the algorithm that a key signs with.
pub(crate) fn algorithm_of(key: &dyn SigningKey) -> Result<AlgorithmIdentifierOwned, IssueError> {
    let scheme = scheme_of_key(key.public_key().as_bytes()).ok_or(IssueError::UnsupportedKey)?;
    let (_, signature) = scheme_ids(scheme).ok_or(IssueError::UnsupportedKey)?;
    Ok(parsed(&signature)?)
}

/// Signs a structure, which says inside, where it does, that it is signed with [`algorithm_of`] the key.
pub(crate) fn sign(content: &impl Encode, key: &dyn SigningKey) -> Result<Vec<u8>, IssueError> {
    let content = content.to_der()?;
    let signature = key.sign(&[&content])?;
    let signed = Signed {
        content: AnyRef::from_der(&content)?,
        algorithm: algorithm_of(key)?,
        signature: BitStringRef::from_bytes(&signature)?,
    };
    Ok(signed.to_der()?)
}

/// A certificate in PEM (RFC 7468).
///
/// # Errors
/// [`IssueError::Encoding`].
pub fn certificate_pem(der: &[u8]) -> Result<String, IssueError> {
    pem("CERTIFICATE", der)
}

/// A certification request in PEM (RFC 7468).
///
/// # Errors
/// [`IssueError::Encoding`].
pub fn request_pem(der: &[u8]) -> Result<String, IssueError> {
    pem("CERTIFICATE REQUEST", der)
}

/// A revocation list in PEM (RFC 7468).
///
/// # Errors
/// [`IssueError::Encoding`].
pub fn revocation_list_pem(der: &[u8]) -> Result<String, IssueError> {
    pem("X509 CRL", der)
}

fn pem(label: &str, der: &[u8]) -> Result<String, IssueError> {
    encode_string(label, LineEnding::LF, der).map_err(|_| IssueError::Encoding)
}
