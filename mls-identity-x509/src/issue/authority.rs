//! A certification authority.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use der::asn1::{OctetString, Uint};
use mls_core::env::UnixTime;
use mls_crypto_traits::{Rng, SignaturePublicKey, SigningKey};
use x509_cert::certificate::Version;
use x509_cert::crl::{RevokedCert, TbsCertList};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, SubjectKeyIdentifier};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Validity;

use super::encode::{TbsCertificate, algorithm_of, sign};
use super::error::IssueError;
use super::spec::{CertificateSpec, extension, time};
use crate::read::Read;
use crate::spki::spki_of_key;

/// A certification authority: a certificate and the key that it is for.
#[derive(Clone)]
pub struct Authority {
    certificate: Vec<u8>,
    name: Name,
    key: Arc<dyn SigningKey>,
}

impl Authority {
    /// Takes a certificate, in DER, and its key.
    ///
    /// # Errors
    /// [`IssueError::Certificate`]; [`IssueError::KeyMismatch`] where the key is another's.
    pub fn new(certificate: Vec<u8>, key: Arc<dyn SigningKey>) -> Result<Self, IssueError> {
        let read = Read::from_der(&certificate, 0).map_err(|_| IssueError::Certificate)?;
        if read.key() != Some(key.public_key().as_bytes()) {
            return Err(IssueError::KeyMismatch);
        }
        let name = read.certificate.tbs_certificate().subject().clone();
        Ok(Self { certificate, name, key })
    }

    /// Makes a root: an authority whose certificate is signed by itself. `spec` is one for an
    /// [authority](CertificateSpec::authority).
    ///
    /// # Errors
    /// [`IssueError::UnsupportedKey`], [`IssueError::Time`], [`IssueError::Crypto`].
    pub fn self_signed(
        spec: &CertificateSpec,
        key: Arc<dyn SigningKey>,
        rng: &mut dyn Rng,
    ) -> Result<Self, IssueError> {
        let public = key.public_key().clone();
        let certificate = issue(&spec.subject, &*key, spec, &public, rng)?;
        Ok(Self { certificate, name: spec.subject.clone(), key })
    }

    /// The authority's own certificate, in DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Issues a certificate for `key`, in DER, with a random serial number. An [`Authority`] below this one is made of
    /// it by [`Authority::new`].
    ///
    /// # Errors
    /// [`IssueError::UnsupportedKey`], [`IssueError::Time`], [`IssueError::Crypto`].
    ///
    /// # Security
    /// That the subject has the private key is for the caller to know: a [`Request`](super::Request) proves it.
    pub fn issue(
        &self,
        spec: &CertificateSpec,
        key: &SignaturePublicKey,
        rng: &mut dyn Rng,
    ) -> Result<Vec<u8>, IssueError> {
        issue(&self.name, &*self.key, spec, key, rng)
    }

    /// Issues a revocation list, in DER: it names `revoked`, certificates of this authority in DER. `number` grows from
    /// list to list (RFC 5280 section 5.2.3).
    ///
    /// # Errors
    /// [`IssueError::Certificate`], [`IssueError::Time`], [`IssueError::Crypto`].
    pub fn revocation_list(
        &self,
        revoked: &[&[u8]],
        this_update: UnixTime,
        next_update: UnixTime,
        number: u32,
    ) -> Result<Vec<u8>, IssueError> {
        let entry = |der: &&[u8]| {
            let read = Read::from_der(der, 0).map_err(|_| IssueError::Certificate)?;
            Ok(RevokedCert {
                serial_number: read.certificate.tbs_certificate().serial_number().clone(),
                revocation_date: time(this_update)?,
                crl_entry_extensions: None,
            })
        };
        let entries: Result<Vec<RevokedCert>, IssueError> = revoked.iter().map(entry).collect();
        let entries = entries?;
        let number = CrlNumber(Uint::new(&number.to_be_bytes())?);
        let list: TbsCertList = TbsCertList {
            version: Version::V2,
            signature: algorithm_of(&*self.key)?,
            issuer: self.name.clone(),
            this_update: time(this_update)?,
            next_update: Some(time(next_update)?),
            revoked_certificates: (!entries.is_empty()).then_some(entries),
            crl_extensions: Some(Vec::from([authority_key(&*self.key)?, extension(false, &number)?])),
        };
        sign(&list, &*self.key)
    }
}

fn issue(
    issuer: &Name,
    issuer_key: &dyn SigningKey,
    spec: &CertificateSpec,
    key: &SignaturePublicKey,
    rng: &mut dyn Rng,
) -> Result<Vec<u8>, IssueError> {
    let mut serial = [0; 16];
    rng.fill(&mut serial)?;
    // Positive, and of full length (RFC 5280 section 4.1.2.2).
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    let mut extensions = spec.extensions()?;
    extensions.push(extension(false, &SubjectKeyIdentifier(key_identifier(key)?))?);
    extensions.push(authority_key(issuer_key)?);
    let (not_before, not_after) = spec.validity;
    let content = TbsCertificate {
        version: Some(Version::V3),
        serial_number: SerialNumber::new(&serial)?,
        signature: algorithm_of(issuer_key)?,
        issuer: issuer.clone(),
        validity: Validity::new(time(not_before)?, time(not_after)?),
        subject: spec.subject.clone(),
        subject_public_key_info: spki_of_key(key.as_bytes()).ok_or(IssueError::UnsupportedKey)?,
        extensions: Some(extensions),
    };
    sign(&content, issuer_key)
}

/// A key's identifier: its last 20 bytes. Any value does that two keys do not share (RFC 5280 section 4.2.1.2).
fn key_identifier(key: &SignaturePublicKey) -> Result<OctetString, IssueError> {
    let bytes = key.as_bytes();
    let tail = bytes.get(bytes.len().saturating_sub(20)..).unwrap_or(bytes);
    Ok(OctetString::new(tail)?)
}

fn authority_key(key: &dyn SigningKey) -> Result<x509_cert::ext::Extension, IssueError> {
    let identifier = key_identifier(key.public_key())?;
    extension(false, &AuthorityKeyIdentifier { key_identifier: Some(identifier), ..Default::default() })
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate: _, name, key } = self;
        f.debug_struct("Authority").field("name", name).field("key", key).finish_non_exhaustive()
    }
}
