//! X.509 credentials for Messaging Layer Security (RFC 9420 section 5.3).
//!
//! [`X509Identity`] is an authentication service for organisations that run a certification authority: it finds a path
//! from a member's certificate to a trust anchor, checks that the key is the leaf's, and takes the member's identity
//! from the certificate. Path building and validation are rustls-webpki's; signatures are verified by the crypto
//! provider that the rest of MLS uses.
//!
#![cfg_attr(feature = "issue", doc = "```")]
#![cfg_attr(not(feature = "issue"), doc = "```ignore")]
//! use std::sync::Arc;
//!
//! use mls_client::UnixTime;
//! use mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
//! use mls_crypto_traits::{CipherSuite, CryptoProvider};
//! use mls_identity_x509::issue::{Authority, CertificateSpec};
//! use mls_identity_x509::{TrustAnchors, X509Identity, credential};
//!
//! let crypto = RustCryptoProvider::new();
//! let suite = crypto.suite(CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256).ok_or("no suite")?;
//! let new_key = || suite.signing_key(&suite.generate_signature_key_pair(&mut OsRng)?.private);
//!
//! // An authority, and a certificate for a device.
//! let year_2026 = (UnixTime(1_767_225_600), UnixTime(1_798_761_600));
//! let root = CertificateSpec::authority("CN=Example Root", year_2026)?;
//! let root = Authority::self_signed(&root, new_key()?, &mut OsRng)?;
//! let device = new_key()?;
//! let spec = CertificateSpec::end_entity("CN=Alice", year_2026)?.uri("im:alice@example.org/phone")?;
//! let certificate = root.issue(&spec, device.public_key(), &mut OsRng)?;
//!
//! // Whoever trusts the authority knows whose device it is.
//! let mut anchors = TrustAnchors::new();
//! anchors.add_der(root.certificate())?;
//! let identity = X509Identity::builder(Arc::new(crypto), anchors).build()?;
//! let member = identity.verify(&credential([certificate]), device.public_key(), UnixTime(1_780_000_000))?;
//! assert_eq!(member.0, b"im:alice@example.org/phone");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is checked
//! - The chain: the end entity first, the others in any order; issuers that are
//!   [configured](X509IdentityBuilder::intermediate) may be left out; no certificate twice; strict DER, nothing behind.
//! - The end entity: version 3, no certification authority, a key that is the leaf node's signature key in the suite's
//!   encoding, `digitalSignature` where there is a key usage, an [`ExtendedKeyUsage`].
//! - The path: signatures, validity at the time of the question, basic constraints, path lengths, `keyCertSign` where
//!   there is a key usage, name constraints, unknown critical extensions, [`Revocation`], [pins](Pin).
//! - The predecessor, where the credential replaces one: a [`SuccessorRule`].
//!
//! # What is not
//! - Name constraints on URIs, email addresses and directory names are not compared: a chain with such is refused
//!   where a name of the form occurs ([`X509Error::UnsupportedNameConstraint`]). DNS names and IP addresses are.
//! - Certificate policies; OCSP; delta and indirect revocation lists.
//! - A self-signed certificate is no end entity: rustls-webpki wants an issuer.
//!
//! # Signature algorithms
//! Those of the crypto provider's suites, and RSA (PKCS #1 and PSS, 2048 to 8192 bits), ECDSA on P-256 with SHA-384 and
//! on P-384 with SHA-256 where it has [`CertificateSignatures`](mls_crypto_traits::CertificateSignatures): OpenSSL and
//! AWS-LC do. Others are [`X509Error::UnsupportedAlgorithm`].
//!
//! # Features
//! - `std` (default): verified signatures are remembered, revocation lists can be replaced. Everything else is there
//!   without it.
//! - `issue`: certification requests, certificates, revocation lists, and the import of private keys.
//! - `native-roots`: the operating system's trust anchors.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod algorithms;
mod anchors;
mod chain;
mod error;
mod identity;
#[cfg(feature = "issue")]
pub mod issue;
mod memo;
mod options;
mod path;
mod provider;
mod read;
mod revocation;
mod spki;

pub use anchors::{TrustAnchors, certificates_from_pem};
pub use error::{ConfigError, X509Error};
pub use identity::{CustomIdentity, IdentitySource};
pub use options::{ExtendedKeyUsage, ID_KP_IM_URI, Limits, Pin, SuccessorRule};
pub use provider::{X509Identity, X509IdentityBuilder};
#[cfg(feature = "std")]
pub use revocation::ReplaceableLists;
pub use revocation::{Revocation, RevocationLists, RevocationSource};

pub use x509_cert;

use mls_core::credential::{Certificate, Credential};

/// An X.509 credential: certificates in DER, the end entity's first (RFC 9420 section 5.3).
pub fn credential(chain: impl IntoIterator<Item = alloc::vec::Vec<u8>>) -> Credential {
    Credential::X509 { certificates: chain.into_iter().map(|cert_data| Certificate { cert_data }).collect() }
}

/// Runs the example of the README.
#[cfg(all(doctest, feature = "issue"))]
#[doc = include_str!("../README.md")]
struct Readme;
