//! Key encapsulation (RFC 9180 section 4).

use alloc::{sync::Arc, vec::Vec};
use core::fmt::Debug;

use crate::{CryptoError, HpkeKeyPair, HpkePublicKey, SecretBytes};

mod curve;
mod dhkem;

pub use curve::DhCurve;
pub use dhkem::{Dh, DhKem};

/// What encapsulation gives.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "RFC 9180 section 4 fixes the two outputs")]
pub struct Encapsulation {
    /// `enc`, which goes to the receiver; `Nenc` bytes.
    pub kem_output: Vec<u8>,
    /// The shared secret; `Nsecret` bytes.
    pub shared_secret: SecretBytes,
}

/// A key encapsulation mechanism. It draws nothing: randomness comes in as key material.
///
/// The Diffie-Hellman KEMs of RFC 9180 need not be written: see [`DhKem`].
///
/// # Security
/// A provider that has to draw its own ephemeral keys may ignore `ikm_e`; runs then cannot be replayed.
pub trait Kem: Debug + Send + Sync {
    /// The HPKE KEM identifier (RFC 9180 section 7.1).
    fn kem_id(&self) -> u16;

    /// `Nenc`: bytes of an encapsulated key.
    fn enc_len(&self) -> usize;

    /// `Npk`: bytes of a public key.
    fn public_key_len(&self) -> usize;

    /// `Nsk`: bytes of a private key.
    fn private_key_len(&self) -> usize;

    /// `Nsecret`: bytes of a shared secret.
    fn shared_secret_len(&self) -> usize;

    /// How many random bytes make a key pair.
    fn key_ikm_len(&self) -> usize {
        self.private_key_len()
    }

    /// How many random bytes make an encapsulation.
    fn encap_ikm_len(&self) -> usize {
        self.private_key_len()
    }

    /// `DeriveKeyPair(ikm)` (RFC 9180 section 7.1.3).
    ///
    /// # Errors
    /// [`CryptoError::KeyDerivation`] where no candidate is a key.
    fn derive_key_pair(&self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError>;

    /// The public key of a private one.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`].
    fn public_key(&self, private: &[u8]) -> Result<HpkePublicKey, CryptoError>;

    /// Parses and checks a public key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    fn load_public(&self, public: &[u8]) -> Result<Arc<dyn KemPublicKey>, CryptoError>;

    /// Parses and checks a private key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`].
    fn load_private(&self, private: &[u8]) -> Result<Arc<dyn KemPrivateKey>, CryptoError>;

    /// Parses a private key whose public key is known, which then need not be computed: on most groups that is half of
    /// a decapsulation.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`]; [`CryptoError::InvalidPublicKey`] where `public` is malformed, and where the
    /// KEM sees that it is another key's.
    ///
    /// # Security
    /// Whether `public` belongs to `private` is the caller's to know. With another nothing decapsulates to what was
    /// encapsulated; no secret is at stake.
    fn load_key_pair(&self, private: &[u8], public: &[u8]) -> Result<Arc<dyn KemPrivateKey>, CryptoError> {
        let key = self.load_private(private)?;
        if key.public_key().as_bytes() == public { Ok(key) } else { Err(CryptoError::InvalidPublicKey) }
    }

    /// Checks a public key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    fn check_public_key(&self, public: &[u8]) -> Result<(), CryptoError> {
        self.load_public(public).map(drop)
    }

    /// Encapsulates to a serialised public key. `ikm_e` makes the ephemeral key and is
    /// [`encap_ikm_len`](Self::encap_ikm_len) bytes, fresh for each call.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`], [`CryptoError::SharedSecretZero`].
    fn encap(&self, public: &[u8], ikm_e: &[u8]) -> Result<Encapsulation, CryptoError> {
        self.load_public(public)?.encap(ikm_e)
    }

    /// The shared secret of an encapsulated key, by a serialised private key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`]; [`CryptoError::InvalidPublicKey`] where `kem_output` is
    /// malformed; [`CryptoError::SharedSecretZero`].
    fn decap(&self, private: &[u8], kem_output: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.load_private(private)?.decap(kem_output)
    }
}

/// A KEM public key that was parsed and checked once.
pub trait KemPublicKey: Debug + Send + Sync {
    /// Encapsulates to this key; `ikm_e` as in [`Kem::encap`].
    ///
    /// # Errors
    /// [`CryptoError::SharedSecretZero`].
    fn encap(&self, ikm_e: &[u8]) -> Result<Encapsulation, CryptoError>;
}

/// A KEM private key that was parsed and checked once.
pub trait KemPrivateKey: Debug + Send + Sync {
    /// The public key.
    fn public_key(&self) -> &HpkePublicKey;

    /// The shared secret of an encapsulated key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`] where `kem_output` is malformed;
    /// [`CryptoError::SharedSecretZero`].
    fn decap(&self, kem_output: &[u8]) -> Result<SecretBytes, CryptoError>;
}
