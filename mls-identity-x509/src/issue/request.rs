//! Certification requests (PKCS #10, RFC 2986).

use alloc::vec::Vec;

use der::asn1::SetOfVec;
use der::{Any, AnyRef, Decode, Encode, Tag, Tagged};
use mls_crypto_traits::{CryptoProvider, SignaturePublicKey, SigningKey, checks};
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::request::{CertReq, CertReqInfo, ExtensionReq, Version};

use super::encode::sign;
use super::error::IssueError;
use super::spec::{CertificateSpec, Validity};
use crate::spki::{scheme_ids, scheme_of_spki, spki_of_key};

/// Makes a certification request for `key`, in DER. Of `spec` it holds the subject and the alternative names.
///
/// # Errors
/// [`IssueError::UnsupportedKey`], [`IssueError::Crypto`].
pub fn request(spec: &CertificateSpec, key: &dyn SigningKey) -> Result<Vec<u8>, IssueError> {
    let mut attributes = SetOfVec::new();
    if let Some(names) = spec.alternative_names()? {
        let value = Any::from_der(&ExtensionReq(Vec::from([names])).to_der()?)?;
        let oid = <ExtensionReq as der::oid::AssociatedOid>::OID;
        attributes.insert(Attribute { oid, values: SetOfVec::try_from(Vec::from([value]))? })?;
    }
    let info = CertReqInfo {
        version: Version::V1,
        subject: spec.subject.clone(),
        public_key: spki_of_key(key.public_key().as_bytes()).ok_or(IssueError::UnsupportedKey)?,
        attributes,
    };
    sign(&info, key)
}

/// A certification request whose signature verifies: whoever made it has the key.
#[derive(Clone, Debug)]
pub struct Request {
    info: CertReqInfo,
    key: SignaturePublicKey,
    names: Vec<GeneralName>,
}

impl Request {
    /// Reads and verifies a request, in DER.
    ///
    /// # Errors
    /// [`IssueError::Request`], [`IssueError::UnsupportedKey`], [`IssueError::NoCipherSuite`]; [`IssueError::Crypto`]
    /// where the signature does not verify.
    pub fn verify(der: &[u8], crypto: &dyn CryptoProvider) -> Result<Self, IssueError> {
        let malformed = |_| IssueError::Request;
        let request = CertReq::from_der(der).map_err(malformed)?;
        let scheme = scheme_of_spki(&request.info.public_key).ok_or(IssueError::UnsupportedKey)?;
        let (_, signed_with) = scheme_ids(scheme).ok_or(IssueError::UnsupportedKey)?;
        let algorithm = request.algorithm.to_der().map_err(malformed)?;
        if AnyRef::from_der(&algorithm).map_err(malformed)?.value() != signed_with.as_ref() {
            return Err(IssueError::Request);
        }
        let key = request.info.public_key.subject_public_key.as_bytes().ok_or(IssueError::Request)?;
        let signature = request.signature.as_bytes().ok_or(IssueError::Request)?;
        checks::signature_public_key(scheme, key)?;
        checks::signature(scheme, signature)?;
        let suites = crypto.cipher_suites();
        let mut providers = suites.iter().filter_map(|id| crypto.provider(*id));
        let suite = providers.find(|one| one.params().signature == scheme).ok_or(IssueError::NoCipherSuite)?;
        let signed = signed_part(der).map_err(malformed)?;
        suite.load_verify_key(key)?.verify(&[signed], signature)?;
        let names = requested_names(&request.info).map_err(malformed)?;
        Ok(Self { key: SignaturePublicKey::from(key), names, info: request.info })
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &SignaturePublicKey {
        &self.key
    }

    /// The alternative names that are asked for.
    #[must_use]
    pub fn names(&self) -> &[GeneralName] {
        &self.names
    }

    /// A certificate for an [end entity](CertificateSpec::end_entity) with the subject and the names that are asked
    /// for.
    ///
    /// # Errors
    /// [`IssueError::Name`].
    ///
    /// # Security
    /// Whether the names are the requester's is for the caller to find out.
    pub fn as_asked(&self, validity: Validity) -> Result<CertificateSpec, IssueError> {
        let mut spec = CertificateSpec::end_entity("", validity)?;
        spec.subject = self.info.subject.clone();
        Ok(self.names.iter().cloned().fold(spec, CertificateSpec::name))
    }
}

/// The bytes that the signature is over: the first element of the outer SEQUENCE, as it came.
fn signed_part(der: &[u8]) -> der::Result<&[u8]> {
    let content = AnyRef::from_der(der)?.value();
    let (first, rest) = AnyRef::from_der_partial(content)?;
    first.tag().assert_eq(Tag::Sequence)?;
    let end = content.len().saturating_sub(rest.len());
    Ok(content.get(..end).unwrap_or_default())
}

fn requested_names(info: &CertReqInfo) -> der::Result<Vec<GeneralName>> {
    let wanted = <ExtensionReq as der::oid::AssociatedOid>::OID;
    let mut names = Vec::new();
    for attribute in info.attributes.iter().filter(|attribute| attribute.oid == wanted) {
        for value in attribute.values.iter() {
            let ExtensionReq(extensions) = ExtensionReq::from_der(&value.to_der()?)?;
            let wanted = <SubjectAltName as der::oid::AssociatedOid>::OID;
            for extension in extensions.iter().filter(|extension| extension.extn_id == wanted) {
                names.extend(SubjectAltName::from_der(extension.extn_value.as_bytes())?.0);
            }
        }
    }
    Ok(names)
}
