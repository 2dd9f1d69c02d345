//! The key schedule (RFC 9420 section 8): from one epoch's init secret to the next epoch's secrets.
//!
//! Every secret is a type of its own, and a type exists only where the RFC has the secret:
//! [`JoinerSecret::derive`] mixes the init and commit secrets, [`JoinerSecret::mix_psk`] gives the
//! [`Intermediate`] that yields the [`WelcomeSecret`], and [`Intermediate::enter_epoch`] consumes it
//! and gives the [`EpochSecrets`]. Whatever is not kept is wiped when its value ends.

mod confirmation;
mod epoch;
mod exporter;
mod external;
mod keys;
pub(crate) mod secrets;
mod transcript;

pub use confirmation::{confirmation_tag, verify_confirmation_tag};
pub use epoch::{EpochSecrets, Intermediate};
pub use keys::KeyAndNonce;
pub use secrets::{
    CommitSecret, ConfirmationKey, EncryptionSecret, EpochAuthenticator, EpochSecret,
    ExporterSecret, ExternalSecret, InitSecret, JoinerSecret, MembershipKey, PskSecret,
    ResumptionPsk, SenderDataSecret, WelcomeSecret,
};
pub use transcript::{confirmed_transcript_hash, interim_transcript_hash};

#[cfg(test)]
pub(crate) mod test_vectors;
#[cfg(test)]
mod tests;
