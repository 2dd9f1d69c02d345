//! X25519 (RFC 7748 section 5).

use alloc::vec::Vec;

use mls_crypto_traits::{CryptoError, Dh, DhCurve, SecretBytes};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::stack::{self, wiped};

/// Diffie-Hellman on Curve25519.
#[derive(Clone, Copy, Debug)]
pub(crate) struct X25519;

impl Dh for X25519 {
    type PrivateKey = StaticSecret;
    type PublicKey = PublicKey;

    fn curve(&self) -> DhCurve {
        DhCurve::X25519
    }

    fn load_private(&self, private: &[u8]) -> Result<StaticSecret, CryptoError> {
        // By reference up to the call: a local array would stay behind.
        <&[u8; 32]>::try_from(private)
            .map(|bytes| StaticSecret::from(*bytes))
            .map_err(|_| CryptoError::InvalidPrivateKey)
    }

    fn load_public(&self, public: &[u8]) -> Result<PublicKey, CryptoError> {
        let bytes: [u8; 32] = public.try_into().map_err(|_| CryptoError::InvalidPublicKey)?;
        Ok(PublicKey::from(bytes))
    }

    fn public_key(&self, private: &StaticSecret) -> Result<Vec<u8>, CryptoError> {
        Ok(wiped::<{ stack::CURVE }, _>(|| PublicKey::from(private).as_bytes().to_vec()))
    }

    fn agree(&self, private: &StaticSecret, public: &PublicKey) -> Result<SecretBytes, CryptoError> {
        Ok(wiped::<{ stack::CURVE }, _>(|| SecretBytes::from_slice(private.diffie_hellman(public).as_bytes())))
    }
}
