//! Where randomness comes from.

use crate::{CryptoError, SecretBytes};

/// A source of cryptographically secure random bytes.
///
/// Nothing in these crates draws from anywhere else, so the same source gives the same bytes.
///
/// # Security
/// Every secret rests on it. Outside of tests implement it with the operating system's generator, as
/// the backends' `OsRng` does.
pub trait Rng: Send {
    /// Fills all of `out`.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`] where the source failed; `out` then holds anything.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError>;
}

impl<R: Rng + ?Sized> Rng for &mut R {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        (**self).fill(out)
    }
}

/// `len` bytes drawn from `rng`.
///
/// # Errors
/// [`CryptoError::Randomness`] where the source failed.
pub fn random_bytes(rng: &mut dyn Rng, len: usize) -> Result<SecretBytes, CryptoError> {
    let mut bytes = SecretBytes::zeros(len);
    rng.fill(bytes.as_mut_bytes())?;
    Ok(bytes)
}
