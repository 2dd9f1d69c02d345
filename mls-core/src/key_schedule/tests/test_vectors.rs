//! Reading the official test vectors, where they are.

extern crate std;

use std::{env, fs, path::PathBuf, println, string::String, vec::Vec};

use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CipherSuite, CryptoProvider, SecretBytes, Suite};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// The cases of a vector file; none, and one line that says so, where the vectors are not at hand.
pub(crate) fn load<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let folder = env::var_os("MLS_TEST_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/test-vectors")),
        PathBuf::from,
    );
    let Ok(text) = fs::read_to_string(folder.join(file)) else {
        println!("skipped: no {file} in {}", folder.display());
        return Vec::new();
    };
    serde_json::from_str(&text).unwrap()
}

static PROVIDER: RustCryptoProvider = RustCryptoProvider::new();

/// A cipher suite by its number; `None` where the provider was built without it.
pub(crate) fn suite(id: u16) -> Option<Suite<'static>> {
    let suite = PROVIDER.suite(CipherSuite::from(id));
    if suite.is_none() {
        println!("skipped: the provider has no cipher suite {id}");
    }
    suite
}

/// Bytes that stand in the vectors in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl Hex {
    pub(crate) fn secret(&self) -> SecretBytes {
        SecretBytes::from_slice(&self.0)
    }
}

impl core::fmt::Debug for Hex {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}
