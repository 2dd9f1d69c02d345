//! Issuing for tests and small deployments (feature `issue`): certificates, certification requests, revocation lists,
//! and private keys from elsewhere.
//!
//! An [`Authority`] is a certificate with its signing key, a key of any scheme of the cipher suites, in memory or in a
//! device. It issues what a [`CertificateSpec`] says. It keeps no record of what it has issued.

mod authority;
mod encode;
mod error;
mod private_key;
mod request;
mod spec;

pub use authority::Authority;
pub use encode::{certificate_pem, request_pem, revocation_list_pem};
pub use error::IssueError;
pub use private_key::ImportedKey;
pub use request::{Request, request};
pub use spec::{CertificateSpec, Validity};
