//! AWS-LC's randomness.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use mls_crypto_traits::{CryptoError, Rng};

/// AWS-LC's cryptographically secure generator, seeded from the operating system.
///
/// It holds nothing, so every value is the same source.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsLcRng;

impl Rng for AwsLcRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        SystemRandom::new().fill(out).map_err(|_| CryptoError::Randomness)
    }
}

#[cfg(test)]
mod tests;
