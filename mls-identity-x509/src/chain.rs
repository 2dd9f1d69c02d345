//! The chain of a credential, read (RFC 9420 section 5.3).

use alloc::vec::Vec;

use mls_core::credential::{Certificate, Credential};

use crate::error::X509Error;
use crate::options::Limits;
use crate::read::Read;
use crate::spki::{scheme_of_key, scheme_of_spki};

/// The certificates of a credential, each read. Nothing is verified.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    end_entity_der: &'a [u8],
    rest_der: &'a [Certificate],
    pub(crate) end_entity: Read,
    rest: Vec<Read>,
}

impl<'a> Chain<'a> {
    pub(crate) fn read(credential: &'a Credential, limits: &Limits) -> Result<Self, X509Error> {
        let Credential::X509 { certificates } = credential else {
            return Err(X509Error::NotX509);
        };
        // req: R-5.3-03
        let (first, rest_der) = certificates.split_first().ok_or(X509Error::EmptyChain)?;
        if certificates.len() > limits.certificates {
            return Err(X509Error::TooManyCertificates);
        }
        let bytes = certificates.iter().fold(0_usize, |sum, one| sum.saturating_add(one.cert_data.len()));
        if bytes > limits.bytes {
            return Err(X509Error::ChainTooLong);
        }
        let end_entity = Read::from_der(&first.cert_data, 0)?;
        let numbered = (1..).zip(rest_der);
        let rest: Result<Vec<Read>, _> = numbered.map(|(index, one)| Read::from_der(&one.cert_data, index)).collect();
        for (index, one) in certificates.iter().enumerate() {
            if certificates.iter().take(index).any(|before| before == one) {
                return Err(X509Error::DuplicateCertificate { index });
            }
        }
        Ok(Self { end_entity_der: &first.cert_data, rest_der, end_entity, rest: rest? })
    }

    pub(crate) const fn end_entity_der(&self) -> &'a [u8] {
        self.end_entity_der
    }

    pub(crate) fn issuers_der(&self) -> impl Iterator<Item = &'a [u8]> {
        self.rest_der.iter().map(|one| one.cert_data.as_slice())
    }

    pub(crate) fn all_der(&self) -> impl Iterator<Item = &'a [u8]> {
        core::iter::once(self.end_entity_der).chain(self.issuers_der())
    }

    pub(crate) fn issuers(&self) -> &[Read] {
        &self.rest
    }

    /// Checks the end entity's certificate for what does not depend on who issued it.
    pub(crate) fn check_end_entity(&self, signature_key: &[u8]) -> Result<(), X509Error> {
        let end_entity = &self.end_entity;
        if !end_entity.is_version_3() {
            return Err(X509Error::UnsupportedVersion { index: 0 });
        }
        let belongs = |read: &Read| read.key() == Some(signature_key);
        if end_entity.is_ca()? {
            let another = self.rest.iter().any(|read| belongs(read) || matches!(read.is_ca(), Ok(false)));
            return Err(if another { X509Error::EndEntityNotFirst } else { X509Error::EndEntityIsCa });
        }
        // req: R-5.3-02
        if !belongs(end_entity) {
            let another = self.rest.iter().any(belongs);
            return Err(if another { X509Error::EndEntityNotFirst } else { X509Error::LeafKeyMismatch });
        }
        // The same bits may be a key of another algorithm: of X25519, or of another curve.
        let says = scheme_of_spki(end_entity.certificate.tbs_certificate().subject_public_key_info());
        if says.is_none() || says != scheme_of_key(signature_key) {
            return Err(X509Error::UnsupportedLeafKey);
        }
        match end_entity.key_usage()? {
            Some(usage) if !usage.digital_signature() => Err(X509Error::LeafKeyUsage),
            _ => Ok(()),
        }
    }

    /// The earliest end of validity of the certificates, in seconds since the Unix epoch.
    pub(crate) fn earliest_end(&self) -> u64 {
        let end_entity = self.end_entity.not_after();
        self.rest.iter().map(Read::not_after).fold(end_entity, u64::min)
    }
}
