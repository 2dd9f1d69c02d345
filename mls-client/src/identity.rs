//! Who a client is in a group.

use mls_core::credential::Credential;
use mls_core::env::UnixTime;
use mls_core::extension::Extensions;
use mls_core::group::LeafSpec;
use mls_core::tree::leaf_node::{Capabilities, Lifetime};
use mls_crypto_traits::{CipherSuite, SignaturePublicKey};

/// How long a key package is valid from the moment of its making, in seconds: twelve weeks.
const VALIDITY: u64 = 12 * 7 * 24 * 3600;
/// How far back it is valid, in seconds: the clocks of others may be slow by an hour.
const CLOCK_SKEW: u64 = 3600;

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

    /// The leaf of a key package made at `now` (RFC 9420 section 7.2): valid from an hour before to twelve weeks
    /// after, with the capabilities of this library.
    #[must_use]
    pub fn leaf(&self, now: UnixTime) -> LeafSpec {
        LeafSpec {
            credential: self.credential.clone(),
            signature_key: self.signature_key.clone(),
            capabilities: Capabilities::default(),
            extensions: Extensions::default(),
            lifetime: Lifetime {
                not_before: now.0.saturating_sub(CLOCK_SKEW),
                not_after: now.0.saturating_add(VALIDITY),
            },
        }
    }
}
