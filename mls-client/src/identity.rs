//! Who a client is in a group.

use mls_core::credential::Credential;
use mls_crypto_traits::{CipherSuite, SignaturePublicKey};

/// Who a client is in a group: a credential, and the key that proves it, for one cipher suite.
///
/// It is public data. A client may have several, for several suites or several accounts; the application keeps them
/// (the private keys are in the store).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The suite that the key belongs to.
    pub cipher_suite: CipherSuite,
    /// What others see.
    pub credential: Credential,
    /// The key that our messages are signed with. The client must have its signer.
    pub signature_key: SignaturePublicKey,
}

impl Identity {
    /// An identity over a signer that the client has.
    #[must_use]
    pub const fn new(cipher_suite: CipherSuite, credential: Credential, signature_key: SignaturePublicKey) -> Self {
        Self { cipher_suite, credential, signature_key }
    }
}
