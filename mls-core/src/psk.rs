//! Pre-shared keys (RFC 9420 section 8.4).

mod error;
mod id;

use core::iter::zip;

use mls_codec::Encode;
use mls_crypto_traits::{SecretBytes, Suite};

use crate::key_schedule::{PskSecret, ResumptionPsk, secrets::secret_types};

pub use error::PskError;
pub use id::{PreSharedKeyId, Psk, PskLabel, PskType, ResumptionPskUsage};

secret_types! {
    /// The value of a pre-shared key, of any length (RFC 9420 section 8.4).
    PskValue;
}

impl From<ResumptionPsk> for PskValue {
    // req: R-8.4-05
    fn from(psk: ResumptionPsk) -> Self {
        Self(psk.into_secret())
    }
}

/// Combines pre-shared keys, in the order of the list, into the PSK secret (RFC 9420 section 8.4).
///
/// An empty list gives [`PskSecret::zeros`].
///
/// # Errors
/// [`PskError::TooManyPsks`] for more than 65535; [`PskError::Crypto`] where the backend's HKDF fails.
// req: R-8.4-03
// req: R-8.4-04
pub fn psk_secret(suite: Suite<'_>, psks: &[(&PreSharedKeyId, &PskValue)]) -> Result<PskSecret, PskError> {
    let count = u16::try_from(psks.len()).map_err(|_| PskError::TooManyPsks)?;
    let zero = SecretBytes::zeros(suite.hash_len());
    let mut secret = SecretBytes::zeros(suite.hash_len());
    for (index, (id, psk)) in zip(0..count, psks) {
        let extracted = suite.extract(zero.as_bytes(), psk.as_bytes())?;
        let label = PskLabel { id, index, count }.to_bytes()?;
        let input = suite.expand_with_label(extracted.as_bytes(), b"derived psk", &label, suite.hash_len())?;
        secret = suite.extract(input.as_bytes(), secret.as_bytes())?;
    }
    Ok(PskSecret::from_bytes(secret))
}

#[cfg(test)]
mod tests;
