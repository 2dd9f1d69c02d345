//! Bounds on out-of-order delivery (RFC 9420 section 15.3).

/// How much work and memory out-of-order messages may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretTreeLimits {
    /// How many generations one message may skip. Default 1000.
    pub max_forward: u32,
    /// How many skipped keys are kept for one sender, both ratchets together. Default 1000.
    pub max_skipped_per_sender: u32,
    /// How many skipped keys are kept in one epoch. Default 10 000. Their age is bounded by the epoch's retention.
    pub max_skipped_per_epoch: u32,
}

impl SecretTreeLimits {
    /// The defaults.
    pub const DEFAULT: Self = Self { max_forward: 1_000, max_skipped_per_sender: 1_000, max_skipped_per_epoch: 10_000 };
}

impl Default for SecretTreeLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
