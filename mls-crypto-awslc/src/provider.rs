//! The suites that this crate has.

use std::sync::LazyLock;

use mls_crypto_traits::{CertificateSignatures, CipherSuite, CipherSuiteProvider, CryptoProvider};

use crate::certificate::Certificates;
use crate::suite::AwsLcSuite;

/// The MLS cipher suites on AWS-LC.
///
/// Suites 1, 2, 3, 5 and 7 of RFC 9420 section 17.1. The value holds nothing: it can stand in a `const`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsLcProvider;

/// In the order of preference among the registered suites of one strength: the mandatory one first.
static SUITES: LazyLock<Vec<AwsLcSuite>> =
    LazyLock::new(|| (1..=7).map(CipherSuite::from).filter_map(AwsLcSuite::registered).collect());

impl AwsLcProvider {
    /// The provider.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl CryptoProvider for AwsLcProvider {
    fn cipher_suites(&self) -> Vec<CipherSuite> {
        SUITES.iter().map(|suite| suite.params().cipher_suite).collect()
    }

    fn provider(&self, id: CipherSuite) -> Option<&dyn CipherSuiteProvider> {
        let suite = SUITES.iter().find(|suite| suite.params().cipher_suite == id)?;
        Some(suite)
    }

    fn certificate_signatures(&self) -> Option<&dyn CertificateSignatures> {
        Some(&Certificates)
    }
}

#[cfg(test)]
mod tests;
