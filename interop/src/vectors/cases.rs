//! What the checks share.

use core::fmt::Debug;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CryptoError, HpkePrivateKey, HpkePublicKey, Rng, SecretBytes, Suite};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Whether a case passed, or what was wrong.
pub type Outcome = Result<(), String>;

/// Bytes that stand in the files in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hex(pub(super) Vec<u8>);

impl Hex {
    pub(super) fn secret(&self) -> SecretBytes {
        SecretBytes::from_slice(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map(Self).map_err(serde::de::Error::custom)
    }
}

pub(super) fn parse<T: DeserializeOwned>(case: Value) -> Result<T, String> {
    serde_json::from_value(case).map_err(|error| error.to_string())
}

/// The value of a step that has to succeed.
pub(super) fn must<T, E: Debug>(what: &str, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{what}: {error:?}"))
}

/// The value that has to be there.
pub(super) fn some<T>(what: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("{what}: nothing there"))
}

pub(super) fn equal(what: &str, found: &[u8], wanted: &[u8]) -> Outcome {
    holds(what, found == wanted)
}

pub(super) fn holds(what: &str, condition: bool) -> Outcome {
    if condition { Ok(()) } else { Err(format!("{what}: differs")) }
}

/// Checks that two HPKE keys are a pair.
pub(super) fn belong(what: &str, suite: Suite<'_>, private: &HpkePrivateKey, public: &HpkePublicKey) -> Outcome {
    let found = must(what, suite.provider().kem().public_key(private.as_bytes()))?;
    holds(what, found == *public)
}

/// Decodes, and encodes to the same bytes.
pub(super) fn round_trip<T: Encode + Decode>(what: &str, bytes: &Hex) -> Result<T, String> {
    let value = must(what, T::from_bytes(&bytes.0))?;
    equal(what, &must(what, value.to_bytes())?, &bytes.0)?;
    Ok(value)
}

/// Bytes that differ from call to call and from nothing else: the checks need no secrecy.
pub(super) struct CountingRng(pub(super) u64);

impl Rng for CountingRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for chunk in out.chunks_mut(8) {
            self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            for (byte, random) in chunk.iter_mut().zip((self.0 >> 7).to_le_bytes()) {
                *byte = random;
            }
        }
        Ok(())
    }
}
