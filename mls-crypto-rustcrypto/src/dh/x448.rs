//! X448 (RFC 7748 section 5).

use alloc::vec::Vec;

use mls_crypto_traits::{CryptoError, Dh, DhCurve, SecretBytes};
use x448::{PublicKey, StaticSecret};

use crate::stack::{self, wiped};

/// Diffie-Hellman on Curve448.
#[derive(Clone, Copy, Debug)]
pub(crate) struct X448;

impl Dh for X448 {
    type PrivateKey = StaticSecret;
    type PublicKey = PublicKey;

    fn curve(&self) -> DhCurve {
        DhCurve::X448
    }

    fn load_private(&self, private: &[u8]) -> Result<StaticSecret, CryptoError> {
        // By reference up to the call: a local array would stay behind.
        <&[u8; 56]>::try_from(private)
            .map(|bytes| StaticSecret::from(*bytes))
            .map_err(|_| CryptoError::InvalidPrivateKey)
    }

    fn load_public(&self, public: &[u8]) -> Result<PublicKey, CryptoError> {
        // "Unchecked" leaves points of low order in: their result is zero, which the KEM refuses.
        PublicKey::from_bytes_unchecked(public).ok_or(CryptoError::InvalidPublicKey)
    }

    fn public_key(&self, private: &StaticSecret) -> Result<Vec<u8>, CryptoError> {
        Ok(wiped::<{ stack::CURVE }, _>(|| PublicKey::from(private).as_bytes().to_vec()))
    }

    fn agree(&self, private: &StaticSecret, public: &PublicKey) -> Result<SecretBytes, CryptoError> {
        Ok(wiped::<{ stack::CURVE }, _>(|| SecretBytes::from_slice(private.diffie_hellman(public).as_bytes())))
    }
}
