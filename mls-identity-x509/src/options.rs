//! What is demanded of certificates.

use alloc::vec::Vec;

use der::asn1::ObjectIdentifier;

use crate::error::{ConfigError, X509Error};
use crate::read::Read;

/// `id-kp-imUri`, the extended key usage of instant messaging clients (RFC 9734).
pub const ID_KP_IM_URI: &str = "1.3.6.1.5.5.7.3.40";

const ANY_EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
const IM_URI: ObjectIdentifier = ObjectIdentifier::new_unwrap(ID_KP_IM_URI);

/// Which extended key usages (RFC 5280 section 4.2.1.12) certificates must have.
///
/// An issuer needs none. Where it has some, one of those asked for or `anyExtendedKeyUsage` must be among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedKeyUsage {
    wanted: Vec<ObjectIdentifier>,
    required: bool,
}

impl ExtendedKeyUsage {
    /// None is looked at.
    #[must_use]
    pub const fn any() -> Self {
        Self { wanted: Vec::new(), required: false }
    }

    /// `id-kp-imUri` (RFC 9734) is among those of the end entity, if it has any. The default.
    #[must_use]
    pub fn im_uri_if_present() -> Self {
        Self { wanted: Vec::from([IM_URI]), required: false }
    }

    /// The end entity has `id-kp-imUri` (RFC 9734).
    #[must_use]
    pub fn im_uri() -> Self {
        Self { wanted: Vec::from([IM_URI]), required: true }
    }

    /// The end entity has one of `identifiers`, in dotted form.
    ///
    /// # Errors
    /// [`ConfigError::ObjectIdentifier`].
    pub fn one_of(identifiers: &[&str]) -> Result<Self, ConfigError> {
        Ok(Self { wanted: parse(identifiers)?, required: true })
    }

    /// One of `identifiers`, in dotted form, is among those of the end entity, if it has any.
    ///
    /// # Errors
    /// [`ConfigError::ObjectIdentifier`].
    pub fn one_of_if_present(identifiers: &[&str]) -> Result<Self, ConfigError> {
        Ok(Self { wanted: parse(identifiers)?, required: false })
    }

    pub(crate) fn check_end_entity(&self, read: &Read) -> Result<(), X509Error> {
        match read.extended_key_usage()? {
            None if self.required => Err(X509Error::LeafExtendedKeyUsage),
            Some(usages) if self.is_restricted() && !self.is_met_by(&usages) => Err(X509Error::LeafExtendedKeyUsage),
            _ => Ok(()),
        }
    }

    pub(crate) fn check_issuer(&self, read: &Read) -> Result<(), X509Error> {
        match read.extended_key_usage()? {
            Some(usages)
                if self.is_restricted() && !self.is_met_by(&usages) && !usages.contains(&ANY_EXTENDED_KEY_USAGE) =>
            {
                Err(X509Error::CaExtendedKeyUsage)
            }
            _ => Ok(()),
        }
    }

    const fn is_restricted(&self) -> bool {
        self.required || !self.wanted.is_empty()
    }

    fn is_met_by(&self, usages: &[ObjectIdentifier]) -> bool {
        usages.iter().any(|usage| self.wanted.contains(usage))
    }
}

impl Default for ExtendedKeyUsage {
    fn default() -> Self {
        Self::im_uri_if_present()
    }
}

fn parse(identifiers: &[&str]) -> Result<Vec<ObjectIdentifier>, ConfigError> {
    identifiers.iter().map(|id| ObjectIdentifier::new(id).map_err(|_| ConfigError::ObjectIdentifier)).collect()
}

/// Which credential may follow another in a member's leaf (RFC 9420 section 5.3.1). The identity must be the same
/// in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SuccessorRule {
    /// Both are below one trust anchor: one with the same subject and key. Default: yes.
    pub same_anchor: bool,
    /// The key may be another. Default: yes; without it a renewal has to keep the key.
    pub new_key: bool,
}

impl Default for SuccessorRule {
    fn default() -> Self {
        Self { same_anchor: true, new_key: true }
    }
}

/// A key that must be on the verified path: a trust anchor's, an issuer's or the end entity's.
///
/// Only the path counts, by which the end entity's certificate was verified. Another certificate that is appended to
/// the chain meets no pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    pub(crate) spki: Vec<u8>,
}

impl Pin {
    /// Pins a key by its `SubjectPublicKeyInfo`, in DER.
    #[must_use]
    pub fn subject_public_key_info(der: &[u8]) -> Self {
        Self { spki: der.to_vec() }
    }

    /// Pins the key of a certificate, in DER.
    ///
    /// # Errors
    /// [`ConfigError::Certificate`].
    pub fn key_of(certificate: &[u8]) -> Result<Self, ConfigError> {
        let read = Read::from_der(certificate, 0).map_err(|_| ConfigError::Certificate)?;
        Ok(Self { spki: read.spki_der().ok_or(ConfigError::Certificate)? })
    }
}

/// How much a credential may make us do.
///
/// The path search has bounds of its own besides: six issuers on a path, a hundred signatures, and a number of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Certificates in a chain. Default: 8.
    pub certificates: usize,
    /// Bytes of a chain in all. Default: 65 536.
    pub bytes: usize,
    /// Verified signatures that are remembered, 0 for none; needs the feature `std`. Default: 4096, some 200 bytes each.
    pub remembered_signatures: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { certificates: 8, bytes: 65_536, remembered_signatures: 4096 }
    }
}
