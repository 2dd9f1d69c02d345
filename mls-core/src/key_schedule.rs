//! The key schedule (RFC 9420 section 8): from one epoch's init secret to the next epoch's secrets.
//!
//! Every secret is a type of its own, and a type exists only where the RFC has the secret:
//! [`JoinerSecret::derive`] mixes the init and commit secrets, [`JoinerSecret::mix_psk`] gives the
//! [`Intermediate`] that yields the [`WelcomeSecret`], and [`Intermediate::enter_epoch`] consumes it
//! and gives the [`EpochSecrets`]. Whatever is not kept is wiped when its value ends.
//!
//! ```
//! use mls_core::key_schedule::{CommitSecret, EpochSecret, EpochSecrets, JoinerSecret, PskSecret};
//! # use mls_crypto_rustcrypto::RustCryptoProvider;
//! # use mls_crypto_traits::{CipherSuite, CryptoError, CryptoProvider, SecretBytes};
//! # let provider = RustCryptoProvider::new();
//! # let id = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
//! # let suite = provider.suite(id).unwrap();
//! # let random = SecretBytes::zeros(32);
//! let first = EpochSecrets::from_epoch_secret(suite, EpochSecret::from_bytes(random))?;
//! // A Commit without path and pre-shared keys.
//! let group_context = b"the encoded GroupContext of epoch 1";
//! let commit_secret = CommitSecret::zeros(suite);
//! let joiner = JoinerSecret::derive(suite, first.init, &commit_secret, group_context)?;
//! let second = joiner.mix_psk(suite, &PskSecret::zeros(suite))?.enter_epoch(suite, group_context)?;
//! let exported = second.exporter.export(suite, b"my application", b"context", 16)?;
//! assert_eq!(exported.len(), 16);
//! # Ok::<(), CryptoError>(())
//! ```

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
    CommitSecret, ConfirmationKey, EncryptionSecret, EpochAuthenticator, EpochSecret, ExporterSecret, ExternalSecret,
    InitSecret, JoinerSecret, MembershipKey, PskSecret, ResumptionPsk, SenderDataSecret, WelcomeSecret,
};
pub use transcript::{confirmed_transcript_hash, interim_transcript_hash};

#[cfg(test)]
pub(crate) mod tests;
