//! What the batch calls take.

use crate::VerifyKey;

/// One signature to verify in [`CipherSuiteProvider::verify_batch`](crate::CipherSuiteProvider::verify_batch).
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the arguments of one call")]
pub struct VerifyItem<'a> {
    /// The key, of this provider.
    pub key: &'a dyn VerifyKey,
    /// The message, in parts.
    pub message: &'a [&'a [u8]],
    /// The signature, which has passed the checks in front.
    pub signature: &'a [u8],
}

/// One message to seal in [`CipherSuiteProvider::hpke_seal_batch`](crate::CipherSuiteProvider::hpke_seal_batch).
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "the arguments of one call")]
pub struct SealItem<'a> {
    /// The receiver's serialised public key.
    pub public: &'a [u8],
    /// Authenticated and not encrypted.
    pub aad: &'a [u8],
    /// What is encrypted.
    pub plaintext: &'a [u8],
    /// Randomness for this item alone, [`Kem::encap_ikm_len`](crate::Kem::encap_ikm_len) bytes.
    pub ikm_e: &'a [u8],
}

impl core::fmt::Debug for SealItem<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { public, aad: _, plaintext: _, ikm_e: _ } = self;
        f.debug_struct("SealItem").field("public", public).finish_non_exhaustive()
    }
}
