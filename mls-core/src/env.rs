//! What the engine needs from outside: crypto, signers, randomness and the time.

use alloc::sync::Arc;

use mls_crypto_traits::{CipherSuite, CryptoProvider, Rng, SignaturePublicKey, SigningKey, Suite};

use crate::custom::CustomTypes;
use crate::limits::Limits;

/// Seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub u64);

/// Finds the signing key for a public key: a map in memory, a key store, a hardware module.
pub trait Signers: Send + Sync {
    /// The signer of `public`, or `None` where it is not held.
    fn signer(&self, public: &SignaturePublicKey) -> Option<Arc<dyn SigningKey>>;
}

/// What one call of the engine may use. Made anew for each call and never stored.
pub struct Env<'a> {
    /// The cipher suites. The engine takes the one that the group or the key package names.
    pub crypto: &'a dyn CryptoProvider,
    /// The signing keys.
    pub signers: &'a dyn Signers,
    /// The only source of randomness: the same state, input, time and random bytes give the same result.
    pub rng: &'a mut dyn Rng,
    /// The time.
    pub now: UnixTime,
    /// The bounds in force.
    pub limits: Limits,
    /// The types that the application registers: [`CustomTypes::none`] where it has none.
    pub custom: &'a CustomTypes,
}

impl<'a> Env<'a> {
    /// The suite `id`, borrowed from the provider and not from this value.
    pub(crate) fn suite(&self, id: CipherSuite) -> Option<Suite<'a>> {
        self.crypto.suite(id)
    }
}

impl core::fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { crypto, signers: _, rng: _, now, limits, custom: _ } = self;
        f.debug_struct("Env").field("crypto", crypto).field("now", now).field("limits", limits).finish_non_exhaustive()
    }
}
