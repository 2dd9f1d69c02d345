//! Trust anchors and certificates that are known beforehand.

use alloc::vec::Vec;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor};

use crate::error::ConfigError;
use crate::read::Read;

/// The certification authorities that are trusted, parsed once.
#[derive(Clone, Debug, Default)]
pub struct TrustAnchors {
    pub(crate) anchors: Vec<TrustAnchor<'static>>,
    /// Whether one of them constrains names of a form that is not compared, and whether one does of another.
    pub(crate) constraints: (bool, bool),
}

impl TrustAnchors {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the subject, key and name constraints of a certificate in DER. What else it says, its validity included,
    /// is not looked at (RFC 5280 section 6.1.1 (d)).
    ///
    /// # Errors
    /// [`ConfigError::Certificate`]; nothing is added then.
    pub fn add_der(&mut self, certificate: &[u8]) -> Result<(), ConfigError> {
        let der = CertificateDer::from(certificate);
        let anchor = webpki::anchor_from_trusted_cert(&der).map_err(|_| ConfigError::Certificate)?.to_owned();
        if anchor.name_constraints.is_some() {
            let read = Read::from_der(certificate, 0).map_err(|_| ConfigError::Certificate)?;
            self.constraints.0 |= read.constrains_unsupported_names();
            self.constraints.1 |= read.constrains_supported_names();
        }
        self.anchors.push(anchor);
        Ok(())
    }

    /// Adds every certificate of a PEM text.
    ///
    /// # Errors
    /// [`ConfigError::Pem`] where it has none or is malformed, [`ConfigError::Certificate`]; nothing is added then.
    pub fn add_pem(&mut self, text: &[u8]) -> Result<(), ConfigError> {
        let mut with_them = self.clone();
        for certificate in certificates_from_pem(text)? {
            with_them.add_der(&certificate)?;
        }
        *self = with_them;
        Ok(())
    }

    /// Adds the trust anchors of the operating system, and says how many there were. Those that cannot be used are
    /// left out.
    ///
    /// # Errors
    /// [`ConfigError::NativeRoots`] where there are none.
    ///
    /// # Security
    /// These are the authorities of the web. Any of them can then name a member, unless [pins](crate::Pin) say which.
    #[cfg(feature = "native-roots")]
    pub fn add_native(&mut self) -> Result<usize, ConfigError> {
        let found = rustls_native_certs::load_native_certs().certs;
        let added = found.iter().filter(|certificate| self.add_der(certificate).is_ok()).count();
        if added == 0 { Err(ConfigError::NativeRoots) } else { Ok(added) }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.anchors.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }
}

/// The certificates of a PEM text (RFC 7468), in DER.
///
/// # Errors
/// [`ConfigError::Pem`] where it has none or is malformed.
pub fn certificates_from_pem(text: &[u8]) -> Result<Vec<Vec<u8>>, ConfigError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let found = found.map_err(|_| ConfigError::Pem)?;
    if found.is_empty() {
        return Err(ConfigError::Pem);
    }
    Ok(found.into_iter().map(|certificate| certificate.as_ref().to_vec()).collect())
}
