//! The path from the end entity to a trust anchor, found and validated by rustls-webpki.

use alloc::vec::Vec;
use core::cell::Cell;
use core::time::Duration;

use mls_core::env::UnixTime;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime as PathTime};
use webpki::{
    Cert, EndEntityCert, ExpirationPolicy, ExtendedKeyUsageValidator, KeyPurposeIdIter, RevocationCheckDepth,
    RevocationOptionsBuilder, UnknownStatusPolicy, VerifiedPath,
};

use crate::chain::Chain;
use crate::error::X509Error;
use crate::provider::Settings;
use crate::read::Read;
use crate::revocation::{Revocation, RevocationLists};
use crate::spki::is_mismatch;

#[cfg(test)]
mod tests;

/// A trust anchor, as the successor rule compares them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnchorId {
    subject: Vec<u8>,
    spki: Vec<u8>,
}

impl AnchorId {
    fn of(anchor: &TrustAnchor<'_>) -> Self {
        Self { subject: anchor.subject.to_vec(), spki: anchor.subject_public_key_info.to_vec() }
    }
}

/// Finds a path for the chain's end entity at `now`, and returns its trust anchor.
pub(crate) fn verify(
    settings: &Settings,
    chain: &Chain<'_>,
    now: UnixTime,
    lists: Option<&RevocationLists>,
) -> Result<AnchorId, X509Error> {
    search(settings, chain, now, settings.revocation, lists)
}

/// The same, revocation aside.
pub(crate) fn verify_unrevoked(settings: &Settings, chain: &Chain<'_>, now: UnixTime) -> Result<AnchorId, X509Error> {
    search(settings, chain, now, Revocation::Off, None)
}

fn search(
    settings: &Settings,
    chain: &Chain<'_>,
    now: UnixTime,
    policy: Revocation,
    lists: Option<&RevocationLists>,
) -> Result<AnchorId, X509Error> {
    let end_entity = CertificateDer::from(chain.end_entity_der());
    let end_entity =
        EndEntityCert::try_from(&end_entity).map_err(|error| named(&error, X509Error::Malformed { index: 0 }))?;
    let mut issuers: Vec<CertificateDer<'_>> = chain.issuers_der().map(CertificateDer::from).collect();
    // req: R-5.3-04
    issuers.extend(settings.intermediates.iter().map(|der| CertificateDer::from(der.as_slice())));

    let lists = lists.map(RevocationLists::as_refs).unwrap_or_default();
    let options = match policy {
        Revocation::Off => None,
        _ => RevocationOptionsBuilder::new(&lists).ok(),
    };
    let options = options.map(|builder| {
        let (status, expiration) = match policy {
            Revocation::Required => (UnknownStatusPolicy::Deny, ExpirationPolicy::Enforce),
            _ => (UnknownStatusPolicy::Allow, ExpirationPolicy::Ignore),
        };
        let builder = builder.with_depth(RevocationCheckDepth::Chain).with_status_policy(status);
        builder.with_expiration_policy(expiration).build()
    });
    let no_lists = policy == Revocation::Required && options.is_none();

    // An error of ours ends a candidate, not the search: what stands here is why the last one was not taken.
    let ours = Cell::new(None);
    let check = |path: &VerifiedPath<'_>| {
        check_path(settings, path).map_err(|error| {
            ours.set(Some(error));
            webpki::Error::UnknownIssuer
        })
    };
    let found = end_entity.verify_for_usage(
        &settings.algorithms.as_refs(),
        &settings.anchors.anchors,
        &issuers,
        PathTime::since_unix_epoch(Duration::from_secs(now.0)),
        NoUsage,
        options,
        Some(&check),
    );
    match found {
        // The search ends with an error of rustls-webpki's alone where it is told of none.
        Ok(_) if no_lists => Err(X509Error::RevocationUnknown),
        Ok(path) => Ok(AnchorId::of(path.anchor())),
        Err(error) => Err(ours.get().unwrap_or_else(|| of_search(settings, chain, &error))),
    }
}

/// What rustls-webpki leaves to us on a path that it found good.
fn check_path(settings: &Settings, path: &VerifiedPath<'_>) -> Result<(), X509Error> {
    for issuer in path.intermediate_certificates() {
        let read = Read::from_der(&issuer.der(), 0).map_err(|_| X509Error::MalformedExtension)?;
        if read.key_usage()?.is_some_and(|usage| !usage.key_cert_sign()) {
            return Err(X509Error::CaKeyUsage);
        }
        settings.extended_key_usage.check_issuer(&read)?;
    }
    let keys = || {
        let certificate = |cert: &Cert<'_>| cert.subject_public_key_info();
        let issuers = path.intermediate_certificates().map(certificate);
        let anchor = webpki::spki_for_anchor(path.anchor());
        issuers.chain([certificate(path.end_entity()), anchor])
    };
    let pinned = |key: &[u8]| settings.pins.iter().any(|pin| pin.spki == key);
    if settings.pins.is_empty() || keys().any(|key| pinned(&key)) { Ok(()) } else { Err(X509Error::NotPinned) }
}

/// Extended key usages are ours to check: of rustls-webpki's, one that is demanded is demanded of issuers as well.
struct NoUsage;

impl ExtendedKeyUsageValidator for NoUsage {
    fn validate(&self, usages: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        for usage in usages {
            usage?;
        }
        Ok(())
    }
}

/// The search's error, with what it does not say.
fn of_search(settings: &Settings, chain: &Chain<'_>, error: &webpki::Error) -> X509Error {
    use webpki::Error as E;
    match error {
        // Of names in a form that it does not compare the search says the same as of names that do not fit.
        E::NameConstraintViolation => {
            let configured = settings.intermediates.iter().filter_map(|der| Read::from_der(der, 0).ok());
            let configured: Vec<Read> = configured.collect();
            let issuers = || chain.issuers().iter().chain(&configured);
            let (unsupported, supported) = settings.anchors.constraints;
            let unsupported = unsupported || issuers().any(Read::constrains_unsupported_names);
            let supported = supported || issuers().any(Read::constrains_supported_names);
            if unsupported && !supported {
                X509Error::UnsupportedNameConstraint
            } else {
                X509Error::NameConstraintViolated
            }
        }
        // Which certificate it is the search does not say.
        E::BadDer | E::BadDerTime | E::TrailingData(_) | E::UnsupportedCertVersion => {
            let fails = |der: &[u8]| EndEntityCert::try_from(&CertificateDer::from(der)).err().as_ref() == Some(error);
            match (chain.all_der().position(fails), error) {
                (Some(index), E::UnsupportedCertVersion) => X509Error::UnsupportedVersion { index },
                (Some(index), _) => X509Error::Malformed { index },
                (None, _) => X509Error::MalformedExtension,
            }
        }
        _ => named(error, X509Error::Refused),
    }
}

/// The name that an error of rustls-webpki has here.
fn named(error: &webpki::Error, otherwise: X509Error) -> X509Error {
    use webpki::Error as E;
    match error {
        E::CaUsedAsEndEntity => X509Error::EndEntityIsCa,
        E::EndEntityUsedAsCa => X509Error::IssuerNotCa,
        E::CertExpired { .. } => X509Error::Expired,
        E::CertNotValidYet { .. } => X509Error::NotYetValid,
        E::InvalidCertValidity => X509Error::InvalidValidity,
        E::CertRevoked => X509Error::Revoked,
        E::CrlExpired { .. } => X509Error::RevocationListExpired,
        E::UnknownRevocationStatus => X509Error::RevocationUnknown,
        E::InvalidCrlSignatureForPublicKey
        | E::UnsupportedCrlSignatureAlgorithmContext(_)
        | E::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => X509Error::RevocationListSignature,
        E::IssuerNotCrlSigner => X509Error::RevocationListIssuer,
        E::UnknownIssuer => X509Error::UnknownIssuer,
        E::InvalidSignatureForPublicKey => X509Error::InvalidSignature,
        E::SignatureAlgorithmMismatch => X509Error::SignatureAlgorithmMismatch,
        E::UnsupportedSignatureAlgorithmContext(_) => X509Error::UnsupportedAlgorithm,
        E::UnsupportedSignatureAlgorithmForPublicKeyContext(context)
            if is_mismatch(&context.public_key_algorithm_id, &context.signature_algorithm_id) =>
        {
            X509Error::AlgorithmMismatch
        }
        E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => X509Error::UnsupportedAlgorithm,
        E::PathLenConstraintViolated => X509Error::PathLengthExceeded,
        E::UnsupportedCriticalExtension => X509Error::UnknownCriticalExtension,
        E::EmptyEkuExtension
        | E::ExtensionValueInvalid
        | E::MalformedExtensions
        | E::MalformedNameConstraint
        | E::MalformedDnsIdentifier
        | E::InvalidNetworkMaskConstraint => X509Error::MalformedExtension,
        E::MaximumNameConstraintComparisonsExceeded
        | E::MaximumPathBuildCallsExceeded
        | E::MaximumPathDepthExceeded
        | E::MaximumSignatureChecksExceeded => X509Error::PathTooComplex,
        _ => otherwise,
    }
}
