//! Who a certificate is for.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use der::Encode;
use der::oid::db::rfc4519::COMMON_NAME;
use mls_core::identity::MemberId;
use x509_cert::Certificate;
use x509_cert::ext::pkix::name::{DirectoryString, GeneralName};

use crate::error::X509Error;
use crate::read::Read;

/// From what in the end entity's certificate the [`MemberId`] is taken.
///
/// A member of a group is a client: a person with two devices is two members, whose identities differ. Of the name
/// that is looked for there must be exactly one.
#[derive(Clone)]
#[non_exhaustive]
pub enum IdentitySource {
    /// The URI among the subject alternative names, byte for byte. The default.
    Uri,
    /// The email address among the subject alternative names, its domain in lower case.
    Email,
    /// The DNS name among the subject alternative names, in lower case.
    Dns,
    /// The common name of the subject, in UTF-8.
    CommonName,
    /// The whole subject, in DER.
    Subject,
    /// A function of one's own; `None` refuses the certificate. See [`IdentitySource::custom`].
    Custom(CustomIdentity),
}

/// A function that takes an identity from a certificate.
#[derive(Clone)]
pub struct CustomIdentity(Arc<Function>);

type Function = dyn Fn(&Certificate) -> Option<MemberId> + Send + Sync;

impl IdentitySource {
    /// Takes the identity by a function.
    ///
    /// # Security
    /// The certificate's path has been verified when it is called; which of the issuers below the trust anchors may
    /// vouch for which names is for name constraints, pins and this function to say.
    pub fn custom(function: impl Fn(&Certificate) -> Option<MemberId> + Send + Sync + 'static) -> Self {
        Self::Custom(CustomIdentity(Arc::new(function)))
    }

    pub(crate) fn of(&self, read: &Read) -> Result<MemberId, X509Error> {
        let found: Vec<Vec<u8>> = match self {
            Self::Uri => names(read, |name| match name {
                GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_bytes().to_vec()),
                _ => None,
            })?,
            Self::Email => names(read, |name| match name {
                GeneralName::Rfc822Name(email) => Some(with_lower_case_domain(email.as_bytes())),
                _ => None,
            })?,
            Self::Dns => names(read, |name| match name {
                GeneralName::DnsName(dns) => Some(dns.as_bytes().to_ascii_lowercase()),
                _ => None,
            })?,
            Self::CommonName => common_names(read)?,
            Self::Subject => {
                let subject = read.certificate.tbs_certificate().subject();
                if subject.is_empty() {
                    return Err(X509Error::NoIdentity);
                }
                Vec::from([subject.to_der().map_err(|_| X509Error::NoIdentity)?])
            }
            Self::Custom(CustomIdentity(function)) => {
                return function(&read.certificate).ok_or(X509Error::NoIdentity);
            }
        };
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(only), None) if !only.is_empty() => Ok(MemberId(only)),
            (_, None) => Err(X509Error::NoIdentity),
            (_, Some(_)) => Err(X509Error::AmbiguousIdentity),
        }
    }
}

fn names(read: &Read, pick: impl Fn(&GeneralName) -> Option<Vec<u8>>) -> Result<Vec<Vec<u8>>, X509Error> {
    Ok(read.alternative_names()?.iter().filter_map(pick).collect())
}

fn common_names(read: &Read) -> Result<Vec<Vec<u8>>, X509Error> {
    let subject = read.certificate.tbs_certificate().subject();
    let values = subject.iter().filter(|attribute| attribute.oid == COMMON_NAME);
    values
        .map(|attribute| {
            let text = attribute.value.decode_as::<DirectoryString>().map_err(|_| X509Error::NoIdentity)?;
            match text {
                // What a T61 string means nobody agrees on.
                DirectoryString::TeletexString(_) => Err(X509Error::NoIdentity),
                text => Ok(text.value().into_owned().into_bytes()),
            }
        })
        .collect()
}

fn with_lower_case_domain(email: &[u8]) -> Vec<u8> {
    let mut email = email.to_vec();
    let at = email.iter().rposition(|byte| *byte == b'@');
    if let Some(domain) = at.and_then(|at| email.get_mut(at..)) {
        domain.make_ascii_lowercase();
    }
    email
}

impl fmt::Debug for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uri => "Uri",
            Self::Email => "Email",
            Self::Dns => "Dns",
            Self::CommonName => "CommonName",
            Self::Subject => "Subject",
            Self::Custom(_) => "Custom(..)",
        })
    }
}

impl fmt::Debug for CustomIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("CustomIdentity(..)")
    }
}
