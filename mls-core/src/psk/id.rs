//! The names of pre-shared keys on the wire (RFC 9420 section 8.4).

use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{Rng, Suite, random_bytes};

use super::PskError;

/// Where a pre-shared key comes from. Closed: any other value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[mls(repr = "u8")]
#[non_exhaustive]
pub enum PskType {
    /// Provided by the application.
    #[mls(value = 1)]
    External,
    /// An earlier epoch's resumption PSK.
    #[mls(value = 2)]
    Resumption,
}

/// What a resumption PSK is used for. Closed: any other value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[mls(repr = "u8")]
#[non_exhaustive]
pub enum ResumptionPskUsage {
    /// By the application, in any epoch.
    #[mls(value = 1)]
    Application,
    /// To link a group to the one it reinitializes (section 11.2).
    #[mls(value = 2)]
    Reinit,
    /// To link a subgroup to the group it branches from (section 11.3).
    #[mls(value = 3)]
    Branch,
}

/// Which pre-shared key is meant.
// req: R-8.4-06
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[mls(repr = "u8")]
#[non_exhaustive]
pub enum Psk {
    /// One that the application provides.
    #[mls(value = 1)]
    External {
        /// The application's name for it.
        psk_id: Vec<u8>,
    },
    /// The resumption PSK of an epoch of a group.
    #[mls(value = 2)]
    Resumption {
        /// What it is used for.
        usage: ResumptionPskUsage,
        /// The group it comes from.
        psk_group_id: Vec<u8>,
        /// The epoch it comes from.
        psk_epoch: u64,
    },
}

impl Psk {
    /// The discriminant on the wire.
    #[must_use]
    pub const fn psk_type(&self) -> PskType {
        match self {
            Self::External { .. } => PskType::External,
            Self::Resumption { .. } => PskType::Resumption,
        }
    }
}

/// A use of a pre-shared key: the same key with another nonce is another use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct PreSharedKeyId {
    /// Which key.
    pub psk: Psk,
    /// Random, `KDF.Nh` bytes.
    pub psk_nonce: Vec<u8>,
}

impl PreSharedKeyId {
    /// A new use of `psk`, with a fresh nonce of the length that the *target* group's `suite` asks for.
    ///
    /// # Errors
    /// [`mls_crypto_traits::CryptoError::Randomness`] where `rng` fails.
    // req: R-8.4-02
    pub fn with_fresh_nonce(suite: Suite<'_>, psk: Psk, rng: &mut dyn Rng) -> Result<Self, PskError> {
        let psk_nonce = random_bytes(rng, suite.hash_len())?.as_bytes().to_vec();
        Ok(Self { psk, psk_nonce })
    }

    /// Checks that the nonce has `KDF.Nh` bytes of the target group's `suite`.
    ///
    /// # Errors
    /// [`PskError::NonceLength`] where it has not.
    // req: R-8.4-02
    pub fn check_nonce(&self, suite: Suite<'_>) -> Result<(), PskError> {
        if self.psk_nonce.len() == suite.hash_len() { Ok(()) } else { Err(PskError::NonceLength) }
    }
}

/// What binds a pre-shared key to its place in the list (RFC 9420 section 8.4).
#[derive(Clone, Copy, Debug, Encode)]
pub struct PskLabel<'a> {
    /// The use of the key.
    pub id: &'a PreSharedKeyId,
    /// Its place, from 0.
    pub index: u16,
    /// How many there are.
    pub count: u16,
}
