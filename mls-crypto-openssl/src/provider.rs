//! The suites that this crate has.

use std::sync::Arc;

use mls_crypto_traits::{CertificateSignatures, CipherSuite, CipherSuiteProvider, CryptoError, CryptoProvider};

use crate::certificate::Certificates;
use crate::suite::{OpenSslSuite, RECIPES};

/// The MLS cipher suites on OpenSSL: suites 1 to 7 of RFC 9420 section 17.1.
///
/// It holds the algorithms that it fetched and draws nothing, but for the nonces of ECDSA before OpenSSL
/// 3.2. Cloning shares it; make one and keep it.
#[derive(Clone, Debug)]
pub struct OpenSslProvider {
    suites: Arc<[OpenSslSuite]>,
}

impl OpenSslProvider {
    /// Fetches the algorithms of every suite, from OpenSSL's default library context.
    ///
    /// A suite of which this OpenSSL lacks an algorithm, by its build or its configuration, is left out:
    /// [`cipher_suites`](CryptoProvider::cipher_suites) says which there are.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] where none is left.
    pub fn new() -> Result<Self, CryptoError> {
        let suites: Arc<[_]> = RECIPES.into_iter().filter_map(|recipe| OpenSslSuite::fetch(recipe).ok()).collect();
        if suites.is_empty() { Err(CryptoError::Unsupported) } else { Ok(Self { suites }) }
    }
}

impl CryptoProvider for OpenSslProvider {
    fn cipher_suites(&self) -> Vec<CipherSuite> {
        self.suites.iter().map(|suite| suite.params().cipher_suite).collect()
    }

    fn provider(&self, id: CipherSuite) -> Option<&dyn CipherSuiteProvider> {
        let suite = self.suites.iter().find(|suite| suite.params().cipher_suite == id)?;
        Some(suite)
    }

    fn certificate_signatures(&self) -> Option<&dyn CertificateSignatures> {
        Some(&Certificates)
    }
}

#[cfg(test)]
mod tests;
