//! Reading certificates: what the path search does not look at.

use alloc::vec::Vec;

use der::asn1::ObjectIdentifier;
use der::oid::AssociatedOid;
use der::{AnyRef, Decode, Encode, ErrorKind};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, NameConstraints, SubjectAltName};

use crate::error::X509Error;

/// A certificate of a chain, read in whole.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) certificate: Certificate,
}

impl Read {
    /// Reads the certificate at `index` of a chain.
    pub(crate) fn from_der(der: &[u8], index: usize) -> Result<Self, X509Error> {
        let malformed = X509Error::Malformed { index };
        AnyRef::from_der(der).map_err(|error| match error.kind() {
            ErrorKind::TrailingData { .. } => X509Error::TrailingData { index },
            _ => malformed,
        })?;
        let certificate = Certificate::from_der(der).map_err(|_| malformed)?;
        Ok(Self { certificate })
    }

    pub(crate) fn is_version_3(&self) -> bool {
        self.certificate.tbs_certificate().version() == Version::V3
    }

    /// Whether basic constraints say that it is a certification authority's.
    pub(crate) fn is_ca(&self) -> Result<bool, X509Error> {
        Ok(self.extension::<BasicConstraints>()?.is_some_and(|constraints| constraints.ca))
    }

    /// The bits of the subject public key.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        self.certificate.tbs_certificate().subject_public_key_info().subject_public_key.as_bytes()
    }

    pub(crate) fn spki_der(&self) -> Option<Vec<u8>> {
        self.certificate.tbs_certificate().subject_public_key_info().to_der().ok()
    }

    pub(crate) fn key_usage(&self) -> Result<Option<KeyUsage>, X509Error> {
        self.extension()
    }

    pub(crate) fn extended_key_usage(&self) -> Result<Option<Vec<ObjectIdentifier>>, X509Error> {
        Ok(self.extension::<ExtendedKeyUsage>()?.map(|usage| usage.0))
    }

    pub(crate) fn alternative_names(&self) -> Result<Vec<GeneralName>, X509Error> {
        Ok(self.extension::<SubjectAltName>()?.map(|names| names.0).unwrap_or_default())
    }

    /// Whether it constrains names of a form that the path search does not compare, and so refuses.
    pub(crate) fn constrains_unsupported_names(&self) -> bool {
        let Ok(Some(constraints)) = self.extension::<NameConstraints>() else { return false };
        let trees = [constraints.permitted_subtrees, constraints.excluded_subtrees];
        trees.into_iter().flatten().flatten().any(|tree| !is_supported(&tree.base))
    }

    /// Whether it constrains names of a form that the path search compares.
    pub(crate) fn constrains_supported_names(&self) -> bool {
        let Ok(Some(constraints)) = self.extension::<NameConstraints>() else { return false };
        let trees = [constraints.permitted_subtrees, constraints.excluded_subtrees];
        trees.into_iter().flatten().flatten().any(|tree| is_supported(&tree.base))
    }

    /// The end of its validity, in seconds since the Unix epoch.
    pub(crate) fn not_after(&self) -> u64 {
        self.certificate.tbs_certificate().validity().not_after.to_unix_duration().as_secs()
    }

    fn extension<'a, T: Decode<'a, Error = der::Error> + AssociatedOid>(&'a self) -> Result<Option<T>, X509Error> {
        let found = self.certificate.tbs_certificate().get_extension::<T>();
        Ok(found.map_err(|_| X509Error::MalformedExtension)?.map(|(_, extension)| extension))
    }
}

const fn is_supported(name: &GeneralName) -> bool {
    matches!(name, GeneralName::DnsName(_) | GeneralName::IpAddress(_))
}
