//! Certificate revocation lists (RFC 5280 section 5).

use alloc::sync::Arc;
use alloc::vec::Vec;

use der::Decode;
use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject;
use webpki::{CertRevocationList, OwnedCertRevocationList};
use x509_cert::crl::CertificateList;

use crate::error::ConfigError;

/// What is demanded of revocation lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revocation {
    /// They are not looked at.
    Off,
    /// A certificate that a list names is refused. A list may be missing or out of date. The default.
    #[default]
    BestEffort,
    /// Every certificate below the trust anchor needs a list that is signed by its issuer and in date.
    Required,
}

/// Revocation lists, parsed once. Their signatures are verified with the paths that they are needed for.
#[derive(Debug, Default)]
pub struct RevocationLists {
    /// The newest first: of an issuer's lists the first counts.
    lists: Vec<(u64, CertRevocationList<'static>)>,
}

impl RevocationLists {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a list in DER.
    ///
    /// # Errors
    /// [`ConfigError::RevocationList`]; nothing is added then.
    pub fn add_der(&mut self, list: &[u8]) -> Result<(), ConfigError> {
        let parsed = OwnedCertRevocationList::from_der(list).map_err(|_| ConfigError::RevocationList)?;
        let read = CertificateList::<x509_cert::certificate::Rfc5280>::from_der(list)
            .map_err(|_| ConfigError::RevocationList)?;
        let this_update = read.tbs_cert_list.this_update.to_unix_duration().as_secs();
        let place = self.lists.partition_point(|(other, _)| *other > this_update);
        self.lists.insert(place, (this_update, parsed.into()));
        Ok(())
    }

    /// Adds every list of a PEM text.
    ///
    /// # Errors
    /// [`ConfigError::Pem`] where it has none or is malformed, [`ConfigError::RevocationList`]; those before the
    /// malformed one are added.
    pub fn add_pem(&mut self, text: &[u8]) -> Result<(), ConfigError> {
        let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(text).collect();
        let found = found.map_err(|_| ConfigError::Pem)?;
        if found.is_empty() {
            return Err(ConfigError::Pem);
        }
        found.iter().try_for_each(|list| self.add_der(list))
    }

    pub(crate) fn as_refs(&self) -> Vec<&CertRevocationList<'static>> {
        self.lists.iter().map(|(_, list)| list).collect()
    }
}

/// Where the revocation lists come from. They are asked for at every check; fetching them is the application's.
pub trait RevocationSource: Send + Sync {
    /// The lists of now.
    fn lists(&self) -> Arc<RevocationLists>;
}

/// Lists that stay as they are.
impl RevocationSource for Arc<RevocationLists> {
    fn lists(&self) -> Arc<RevocationLists> {
        Self::clone(self)
    }
}

/// Lists that can be replaced while the provider is in use.
#[cfg(feature = "std")]
#[derive(Debug, Default)]
pub struct ReplaceableLists(std::sync::RwLock<Arc<RevocationLists>>);

#[cfg(feature = "std")]
impl ReplaceableLists {
    /// With `lists` to begin with.
    #[must_use]
    pub fn new(lists: RevocationLists) -> Self {
        Self(std::sync::RwLock::new(Arc::new(lists)))
    }

    /// Takes `lists` in place of those that were.
    pub fn replace(&self, lists: RevocationLists) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(lists);
    }
}

#[cfg(feature = "std")]
impl RevocationSource for ReplaceableLists {
    fn lists(&self) -> Arc<RevocationLists> {
        Arc::clone(&self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
