//! What is to be issued.

use alloc::vec::Vec;
use core::str::FromStr;
use core::time::Duration;

use der::Encode;
use der::asn1::{GeneralizedTime, Ia5String, ObjectIdentifier, OctetString, UtcTime};
use der::oid::AssociatedOid;
use mls_core::env::UnixTime;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::error::IssueError;
use crate::options::ID_KP_IM_URI;

/// From when to when a certificate is valid, both ends included.
pub type Validity = (UnixTime, UnixTime);

/// From here on times are `GeneralizedTime` (RFC 5280 section 4.1.2.5): 2050.
const YEAR_2050: u64 = 2_524_608_000;

/// What a certificate is to say, but for issuer, key and serial number.
#[derive(Clone, Debug)]
pub struct CertificateSpec {
    pub(crate) subject: Name,
    pub(crate) validity: Validity,
    names: Vec<GeneralName>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    extended_key_usage: Vec<ObjectIdentifier>,
    others: Vec<Extension>,
}

impl CertificateSpec {
    /// A member's certificate: `digitalSignature`, `id-kp-imUri` (RFC 9734). `subject` is in the form of RFC 4514, such
    /// as `CN=Alice,O=Example`; it may be empty where there are alternative names.
    ///
    /// # Errors
    /// [`IssueError::Name`].
    pub fn end_entity(subject: &str, validity: Validity) -> Result<Self, IssueError> {
        let usage = ObjectIdentifier::new(ID_KP_IM_URI).map_err(|_| IssueError::ObjectIdentifier)?;
        Ok(Self {
            subject: name(subject)?,
            validity,
            names: Vec::new(),
            basic_constraints: None,
            key_usage: Some(KeyUsage(KeyUsages::DigitalSignature.into())),
            extended_key_usage: Vec::from([usage]),
            others: Vec::new(),
        })
    }

    /// A certification authority's certificate: `keyCertSign` and `cRLSign`, no path length.
    ///
    /// # Errors
    /// [`IssueError::Name`].
    pub fn authority(subject: &str, validity: Validity) -> Result<Self, IssueError> {
        Ok(Self {
            basic_constraints: Some(BasicConstraints { ca: true, path_len_constraint: None }),
            key_usage: Some(KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign)),
            extended_key_usage: Vec::new(),
            ..Self::end_entity(subject, validity)?
        })
    }

    /// Adds a URI to the subject alternative names.
    ///
    /// # Errors
    /// [`IssueError::AlternativeName`].
    pub fn uri(self, uri: &str) -> Result<Self, IssueError> {
        Ok(self.name(GeneralName::UniformResourceIdentifier(ascii(uri)?)))
    }

    /// Adds an email address to the subject alternative names.
    ///
    /// # Errors
    /// [`IssueError::AlternativeName`].
    pub fn email(self, address: &str) -> Result<Self, IssueError> {
        Ok(self.name(GeneralName::Rfc822Name(ascii(address)?)))
    }

    /// Adds a DNS name to the subject alternative names.
    ///
    /// # Errors
    /// [`IssueError::AlternativeName`].
    pub fn dns(self, name: &str) -> Result<Self, IssueError> {
        Ok(self.name(GeneralName::DnsName(ascii(name)?)))
    }

    /// Adds any subject alternative name.
    #[must_use]
    pub fn name(mut self, name: GeneralName) -> Self {
        self.names.push(name);
        self
    }

    /// How many authorities may stand below an authority, on the way to an end entity.
    #[must_use]
    pub const fn path_length(mut self, authorities: u8) -> Self {
        self.basic_constraints = Some(BasicConstraints { ca: true, path_len_constraint: Some(authorities) });
        self
    }

    /// Takes other key usages, or leaves them out.
    #[must_use]
    pub const fn key_usage(mut self, usage: Option<KeyUsage>) -> Self {
        self.key_usage = usage;
        self
    }

    /// Takes other extended key usages, in dotted form; none leaves the extension out.
    ///
    /// # Errors
    /// [`IssueError::ObjectIdentifier`].
    pub fn extended_key_usage(mut self, identifiers: &[&str]) -> Result<Self, IssueError> {
        let parsed: Result<Vec<_>, _> = identifiers.iter().map(|id| ObjectIdentifier::new(id)).collect();
        self.extended_key_usage = parsed.map_err(|_| IssueError::ObjectIdentifier)?;
        Ok(self)
    }

    /// Adds an extension.
    #[must_use]
    pub fn extension(mut self, extension: Extension) -> Self {
        self.others.push(extension);
        self
    }

    /// The extensions, key identifiers aside.
    pub(crate) fn extensions(&self) -> Result<Vec<Extension>, IssueError> {
        let mut all = Vec::new();
        if let Some(constraints) = &self.basic_constraints {
            all.push(extension(true, constraints)?);
        }
        if let Some(usage) = &self.key_usage {
            all.push(extension(true, usage)?);
        }
        if !self.extended_key_usage.is_empty() {
            all.push(extension(false, &ExtendedKeyUsage(self.extended_key_usage.clone()))?);
        }
        all.extend(self.alternative_names()?);
        all.extend(self.others.iter().cloned());
        Ok(all)
    }

    /// The subject alternative names, critical where there is no subject (RFC 5280 section 4.2.1.6).
    pub(crate) fn alternative_names(&self) -> Result<Option<Extension>, IssueError> {
        if self.names.is_empty() {
            return Ok(None);
        }
        extension(self.subject.is_empty(), &SubjectAltName(self.names.clone())).map(Some)
    }
}

pub(crate) fn extension<T: Encode + AssociatedOid>(critical: bool, value: &T) -> Result<Extension, IssueError> {
    Ok(Extension { extn_id: T::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}

pub(crate) fn time(at: UnixTime) -> Result<Time, IssueError> {
    let since = Duration::from_secs(at.0);
    Ok(if at.0 < YEAR_2050 {
        Time::UtcTime(UtcTime::from_unix_duration(since).map_err(|_| IssueError::Time)?)
    } else {
        Time::GeneralTime(GeneralizedTime::from_unix_duration(since).map_err(|_| IssueError::Time)?)
    })
}

fn name(text: &str) -> Result<Name, IssueError> {
    if text.is_empty() { Ok(Name::default()) } else { Name::from_str(text).map_err(|_| IssueError::Name) }
}

fn ascii(text: &str) -> Result<Ia5String, IssueError> {
    Ia5String::new(text).map_err(|_| IssueError::AlternativeName)
}
