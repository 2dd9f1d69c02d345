//! Why a chain is refused, and why a provider cannot be made.

use core::error::Error;
use core::fmt;

use mls_core::identity::{IdentityError, IdentityErrorKind};

/// Why an X.509 credential is refused (RFC 9420 section 5.3; RFC 5280).
///
/// It is the source of the [`IdentityError`] that [`X509Identity`](crate::X509Identity) returns: downcast it there.
/// `index` counts the certificates of the credential, the end entity being 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum X509Error {
    /// The credential is of another type.
    NotX509,
    /// The chain has no certificate (RFC 9420 section 5.3).
    EmptyChain,
    /// The chain has more certificates than [`Limits`](crate::Limits) allow.
    TooManyCertificates,
    /// The chain has more bytes than [`Limits`](crate::Limits) allow.
    ChainTooLong,
    /// A certificate is not valid DER of a certificate (RFC 5280 section 4.1).
    Malformed {
        /// Which one.
        index: usize,
    },
    /// Bytes follow a certificate in its entry.
    TrailingData {
        /// Which one.
        index: usize,
    },
    /// A certificate is not of version 3 (section 4.1.2.1).
    UnsupportedVersion {
        /// Which one.
        index: usize,
    },
    /// A certificate is there twice.
    DuplicateCertificate {
        /// The second one.
        index: usize,
    },
    /// The first certificate is not the end entity's (RFC 9420 section 5.3).
    EndEntityNotFirst,
    /// The end entity's certificate is a certification authority's.
    EndEntityIsCa,
    /// The end entity's key is not the leaf node's signature key (RFC 9420 section 5.3).
    LeafKeyMismatch,
    /// The end entity's key belongs to no scheme of a cipher suite, or says that it is of another than its length.
    UnsupportedLeafKey,
    /// The end entity's key usage does not allow digital signatures (RFC 5280 section 4.2.1.3).
    LeafKeyUsage,
    /// An issuer's key usage does not allow signing certificates (section 4.2.1.3).
    CaKeyUsage,
    /// The end entity's certificate lacks an extended key usage that is demanded (section 4.2.1.12).
    LeafExtendedKeyUsage,
    /// An issuer is restricted to other extended key usages.
    CaExtendedKeyUsage,
    /// A certificate has expired (section 4.1.2.5).
    Expired,
    /// A certificate is not valid yet (section 4.1.2.5).
    NotYetValid,
    /// A certificate's validity ends before it begins.
    InvalidValidity,
    /// No path leads to a trust anchor.
    UnknownIssuer,
    /// A certificate's signature does not verify.
    InvalidSignature,
    /// A signature algorithm is not there, in this crate or in the crypto provider.
    UnsupportedAlgorithm,
    /// A signature's algorithm is not one of its issuer's key.
    AlgorithmMismatch,
    /// A certificate names two signature algorithms (section 4.1.1.2).
    SignatureAlgorithmMismatch,
    /// An issuer is not a certification authority (section 4.2.1.9).
    IssuerNotCa,
    /// A path is longer than an issuer allows (section 4.2.1.9).
    PathLengthExceeded,
    /// A name lies outside of an issuer's constraints (section 4.2.1.10).
    NameConstraintViolated,
    /// An issuer constrains names of a form that is not checked: URIs, email addresses or directory names.
    UnsupportedNameConstraint,
    /// A certificate has a critical extension that is not known (section 4.2).
    UnknownCriticalExtension,
    /// An extension is malformed.
    MalformedExtension,
    /// A certificate is revoked (section 5).
    Revoked,
    /// No revocation list speaks of a certificate, and one is required.
    RevocationUnknown,
    /// A revocation list is out of date, and a fresh one is required (section 5.1.2.5).
    RevocationListExpired,
    /// A revocation list is not signed by the issuer that it names, or not by an algorithm that is there.
    RevocationListSignature,
    /// The issuer of a revocation list may not sign any (section 4.2.1.3).
    RevocationListIssuer,
    /// The path search took more than it may.
    PathTooComplex,
    /// No certificate on the path is pinned.
    NotPinned,
    /// The end entity's certificate holds no name of the kind that identities are taken from.
    NoIdentity,
    /// The end entity's certificate holds several names of that kind.
    AmbiguousIdentity,
    /// The predecessor has another identity (RFC 9420 section 5.3.1).
    IdentityChanged,
    /// The predecessor is not below the same trust anchor.
    AnchorChanged,
    /// The predecessor has another key, and a change is not allowed.
    KeyChanged,
    /// The predecessor cannot be read, or no longer leads to a trust anchor.
    PredecessorInvalid,
    /// A certificate is refused for a reason that has no name here.
    Refused,
}

impl X509Error {
    /// Whether the credential is not acceptable or could not be checked for want of a revocation list.
    #[must_use]
    pub const fn kind(&self) -> IdentityErrorKind {
        match self {
            Self::RevocationUnknown | Self::RevocationListExpired => IdentityErrorKind::Unavailable,
            _ => IdentityErrorKind::Rejected,
        }
    }

    /// The phrase of `Display` for errors about the certificates one by one and the end entity.
    const fn about_certificates(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotX509 => "the credential is not X.509",
            Self::EmptyChain => "the chain is empty",
            Self::TooManyCertificates => "too many certificates",
            Self::ChainTooLong => "the chain is too long",
            Self::Malformed { .. } => "malformed certificate",
            Self::TrailingData { .. } => "bytes after a certificate",
            Self::UnsupportedVersion { .. } => "not a version 3 certificate",
            Self::DuplicateCertificate { .. } => "a certificate occurs twice",
            Self::EndEntityNotFirst => "the end entity is not first",
            Self::EndEntityIsCa => "the end entity is a certification authority",
            Self::LeafKeyMismatch => "the end entity's key is not the leaf's",
            Self::UnsupportedLeafKey => "the end entity's key is of no cipher suite",
            Self::LeafKeyUsage => "the end entity may not sign",
            Self::LeafExtendedKeyUsage => "the end entity lacks an extended key usage",
            Self::NoIdentity => "no identity in the certificate",
            Self::AmbiguousIdentity => "several identities in the certificate",
            Self::IdentityChanged => "the predecessor has another identity",
            Self::AnchorChanged => "the predecessor has another trust anchor",
            Self::KeyChanged => "the predecessor has another key",
            Self::PredecessorInvalid => "the predecessor is not valid",
            _ => return None,
        })
    }

    /// The phrase of `Display` for errors about the path.
    const fn about_path(&self) -> &'static str {
        match self {
            Self::CaKeyUsage => "an issuer may not sign certificates",
            Self::CaExtendedKeyUsage => "an issuer is restricted to other extended key usages",
            Self::Expired => "a certificate has expired",
            Self::NotYetValid => "a certificate is not valid yet",
            Self::InvalidValidity => "a validity ends before it begins",
            Self::UnknownIssuer => "no path to a trust anchor",
            Self::InvalidSignature => "a signature does not verify",
            Self::UnsupportedAlgorithm => "unsupported signature algorithm",
            Self::AlgorithmMismatch => "a signature's algorithm does not fit the issuer's key",
            Self::SignatureAlgorithmMismatch => "a certificate names two signature algorithms",
            Self::IssuerNotCa => "an issuer is not a certification authority",
            Self::PathLengthExceeded => "the path is longer than an issuer allows",
            Self::NameConstraintViolated => "a name violates an issuer's constraints",
            Self::UnsupportedNameConstraint => "unsupported name constraint",
            Self::UnknownCriticalExtension => "unknown critical extension",
            Self::MalformedExtension => "malformed extension",
            Self::Revoked => "a certificate is revoked",
            Self::RevocationUnknown => "no revocation list for a certificate",
            Self::RevocationListExpired => "a revocation list is out of date",
            Self::RevocationListSignature => "a revocation list's signature does not verify",
            Self::RevocationListIssuer => "an issuer may not sign revocation lists",
            Self::PathTooComplex => "the path search takes too much",
            Self::NotPinned => "no certificate on the path is pinned",
            _ => "a certificate is refused",
        }
    }
}

impl fmt::Display for X509Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.about_certificates().unwrap_or_else(|| self.about_path()))?;
        match self {
            Self::Malformed { index }
            | Self::TrailingData { index }
            | Self::UnsupportedVersion { index }
            | Self::DuplicateCertificate { index } => write!(f, " (certificate {index})"),
            _ => Ok(()),
        }
    }
}

impl Error for X509Error {}

impl From<X509Error> for IdentityError {
    fn from(error: X509Error) -> Self {
        Self::new(error.kind()).with_source(alloc::boxed::Box::new(error))
    }
}

/// Why trust anchors, certificates or revocation lists cannot be taken into a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The input is not PEM (RFC 7468), or has nothing of the kind that is looked for.
    Pem,
    /// A certificate is malformed.
    Certificate,
    /// A revocation list is malformed, or of a kind that is not supported: a delta, an indirect one, or one that is
    /// partitioned by reasons.
    RevocationList,
    /// An object identifier is malformed.
    ObjectIdentifier,
    /// There is no trust anchor.
    NoTrustAnchor,
    /// The crypto provider has no cipher suite.
    NoCipherSuite,
    /// The operating system's trust anchors cannot be read.
    NativeRoots,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pem => "not PEM of the kind that is wanted",
            Self::Certificate => "malformed certificate",
            Self::RevocationList => "malformed or unsupported revocation list",
            Self::ObjectIdentifier => "malformed object identifier",
            Self::NoTrustAnchor => "no trust anchor",
            Self::NoCipherSuite => "no cipher suite",
            Self::NativeRoots => "the system's trust anchors cannot be read",
        })
    }
}

impl Error for ConfigError {}
