//! The operating system's randomness.

use mls_crypto_traits::{CryptoError, Rng};

/// The operating system's cryptographically secure generator.
///
/// It holds nothing, so every value is the same source. On `wasm32-unknown-unknown` the crate
/// `getrandom` needs its feature `wasm_js`, which the application turns on.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRng;

impl Rng for OsRng {
    #[expect(clippy::disallowed_methods, reason = "this is the source that others are given")]
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        getrandom::fill(out).map_err(|_| CryptoError::Randomness)
    }
}

#[cfg(test)]
mod tests;
