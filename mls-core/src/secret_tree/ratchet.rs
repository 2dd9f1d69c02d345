//! The hash ratchets (RFC 9420 section 9.1).

use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CryptoError, Expansion, SecretBytes, Suite};

use super::SecretTreeError;

/// Which of a leaf's two ratchets (RFC 9420 section 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[mls(repr = "u8")]
#[non_exhaustive]
pub enum RatchetType {
    /// For proposals and Commits.
    #[mls(value = 1)]
    Handshake,
    /// For application data.
    #[mls(value = 2)]
    Application,
}

impl RatchetType {
    /// The label that a ratchet's first secret is derived with.
    pub(super) const fn label(self) -> &'static [u8] {
        match self {
            Self::Handshake => b"handshake",
            Self::Application => b"application",
        }
    }
}

/// The key and nonce of one generation, for one message (RFC 9420 section 9.1).
pub struct MessageKey {
    generation: u32,
    key: SecretBytes,
    nonce: SecretBytes,
}

impl MessageKey {
    pub(super) const fn new(generation: u32, key: SecretBytes, nonce: SecretBytes) -> Self {
        Self { generation, key, nonce }
    }

    /// The generation, as it stands in the message's sender data.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// The AEAD key.
    #[must_use]
    pub const fn key(&self) -> &SecretBytes {
        &self.key
    }

    /// The nonce as derived, before the reuse guard.
    #[must_use]
    pub const fn nonce(&self) -> &SecretBytes {
        &self.nonce
    }

    /// The nonce with `reuse_guard` exclusive-ored into its first four bytes (RFC 9420 section 6.3.1).
    #[must_use]
    pub fn guarded_nonce(&self, reuse_guard: [u8; 4]) -> SecretBytes {
        let mut nonce = self.nonce.duplicate();
        for (byte, guard) in nonce.as_mut_bytes().iter_mut().zip(reuse_guard) {
            *byte ^= guard;
        }
        nonce
    }

    pub(super) fn duplicate(&self) -> Self {
        Self::new(self.generation, self.key.duplicate(), self.nonce.duplicate())
    }
}

impl fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generation, key: _, nonce: _ } = self;
        f.debug_struct("MessageKey").field("generation", generation).finish_non_exhaustive()
    }
}

/// Where a ratchet stands: its next generation and that generation's secret.
pub struct RatchetState {
    /// `None` after generation 2^32 - 1.
    next: Option<(u32, SecretBytes)>,
}

impl RatchetState {
    /// The ratchet at `generation`, or the exhausted one.
    pub(super) const fn new(next: Option<(u32, SecretBytes)>) -> Self {
        Self { next }
    }

    /// The next generation, `None` where all were used.
    #[must_use]
    pub fn generation(&self) -> Option<u32> {
        self.next.as_ref().map(|(generation, _)| *generation)
    }

    pub(super) const fn next(&self) -> Option<&(u32, SecretBytes)> {
        self.next.as_ref()
    }

    /// The ratchet as it is after `generation` was used, without the keys between.
    ///
    /// A sender that reserves generations ahead stores this one, and keeps its own in memory: after a crash it
    /// skips generations and repeats none. A ratchet that is past `generation` already, or at its end, stays as it is.
    ///
    /// # Errors
    /// [`SecretTreeError::Crypto`].
    pub(super) fn after(&self, suite: Suite<'_>, generation: u32) -> Result<Self, SecretTreeError> {
        let Some((first, secret)) = &self.next else {
            return Ok(Self { next: None });
        };
        let mut next = Some((*first, secret.duplicate()));
        for current in *first..=generation {
            let Some((_, secret)) = &next else { break };
            let following = next_secret(suite, secret.as_bytes(), current)?;
            next = current.checked_add(1).map(|number| (number, following));
        }
        Ok(Self { next })
    }

    /// Uses `generation`, and gives the keys of the skipped ones from `keep_from` on.
    // req: R-9.1-01
    // req: R-9.2-05
    pub(super) fn advance(
        &self,
        suite: Suite<'_>,
        generation: u32,
        keep_from: u32,
    ) -> Result<Advanced, SecretTreeError> {
        let Some((first, secret)) = &self.next else {
            return Err(SecretTreeError::GenerationsExhausted);
        };
        if generation < *first {
            return Err(SecretTreeError::KeyConsumed);
        }
        let mut skipped = Vec::new();
        // The secret of the generation at hand, once it is no longer the stored one.
        let mut moved: Option<SecretBytes> = None;
        for current in *first..generation {
            let secret = moved.as_ref().unwrap_or(secret).as_bytes();
            moved = Some(if current >= keep_from {
                let (key, next) = use_up(suite, secret, current)?;
                skipped.push(key);
                next
            } else {
                next_secret(suite, secret, current)?
            });
        }
        let secret = moved.as_ref().unwrap_or(secret).as_bytes();
        let (key, next) = use_up(suite, secret, generation)?;
        let next = generation.checked_add(1).map(|number| (number, next));
        Ok(Advanced { state: Self { next }, skipped, key })
    }
}

/// What comes out of moving a ratchet on.
pub(super) struct Advanced {
    pub(super) state: RatchetState,
    pub(super) skipped: Vec<MessageKey>,
    pub(super) key: MessageKey,
}

fn next_secret(suite: Suite<'_>, secret: &[u8], generation: u32) -> Result<SecretBytes, CryptoError> {
    suite.derive_tree_secret(secret, b"secret", generation, suite.hash_len())
}

/// The key and nonce of `generation` and the secret of the next one, from that generation's secret.
fn use_up(suite: Suite<'_>, secret: &[u8], generation: u32) -> Result<(MessageKey, SecretBytes), CryptoError> {
    let mut key = SecretBytes::zeros(suite.aead_key_len());
    let mut nonce = SecretBytes::zeros(suite.aead_nonce_len());
    let mut next = SecretBytes::zeros(suite.hash_len());
    let context = &generation.to_be_bytes();
    suite.expand_each(
        secret,
        [
            Expansion { label: b"key", context, out: key.as_mut_bytes() },
            Expansion { label: b"nonce", context, out: nonce.as_mut_bytes() },
            Expansion { label: b"secret", context, out: next.as_mut_bytes() },
        ],
    )?;
    Ok((MessageKey::new(generation, key, nonce), next))
}

impl fmt::Debug for RatchetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { next: _ } = self;
        f.debug_struct("RatchetState").field("generation", &self.generation()).finish_non_exhaustive()
    }
}
