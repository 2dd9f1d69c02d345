//! OpenSSL's randomness.

use mls_crypto_traits::{CryptoError, Rng};
use openssl::rand::rand_bytes;

/// OpenSSL's cryptographically secure generator, `RAND_bytes`.
///
/// It is seeded and reseeded from the operating system, and fork-safe. It holds nothing here, so every
/// value is the same source.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenSslRng;

/// OpenSSL counts in `int`.
const MOST: usize = 1 << 30;

impl Rng for OpenSslRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.chunks_mut(MOST).try_for_each(|chunk| rand_bytes(chunk).map_err(|_| CryptoError::Randomness))
    }
}

#[cfg(test)]
mod tests;
