//! X25519 and X448 (RFC 7748 section 5).

use mls_crypto_traits::{CryptoError, Dh, DhCurve, SecretBytes};
use openssl::{
    derive::Deriver,
    error::ErrorStack,
    pkey::{Id, PKey, PKeyRef, Private, Public},
};

use crate::error::backend;

/// Diffie-Hellman on Curve25519 or Curve448.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Xdh {
    X25519,
    X448,
}

impl Xdh {
    fn id(self) -> Id {
        match self {
            Self::X25519 => Id::X25519,
            Self::X448 => Id::X448,
        }
    }

    /// Whether OpenSSL has the curve.
    pub(crate) fn probe(self) -> Result<Self, CryptoError> {
        let base_point = [&[9][..], &[0; 55]].concat();
        let base_point = base_point.get(..self.curve().public_key_len()).unwrap_or_default();
        self.load_public(base_point).map_err(|_| CryptoError::Unsupported)?;
        Ok(self)
    }
}

impl Dh for Xdh {
    type PrivateKey = PKey<Private>;
    type PublicKey = PKey<Public>;

    fn curve(&self) -> DhCurve {
        match self {
            Self::X25519 => DhCurve::X25519,
            Self::X448 => DhCurve::X448,
        }
    }

    fn load_private(&self, private: &[u8]) -> Result<PKey<Private>, CryptoError> {
        PKey::private_key_from_raw_bytes(private, self.id()).map_err(|_| CryptoError::InvalidPrivateKey)
    }

    fn load_public(&self, public: &[u8]) -> Result<PKey<Public>, CryptoError> {
        PKey::public_key_from_raw_bytes(public, self.id()).map_err(|_| CryptoError::InvalidPublicKey)
    }

    fn public_key(&self, private: &PKey<Private>) -> Result<Vec<u8>, CryptoError> {
        private.raw_public_key().map_err(backend)
    }

    fn agree(&self, private: &PKey<Private>, public: &PKey<Public>) -> Result<SecretBytes, CryptoError> {
        let mut shared = SecretBytes::zeros(self.curve().shared_point_len());
        // With keys of one curve, it fails where the result is zero.
        derive(private, public, shared.as_mut_bytes()).map_err(|_| CryptoError::SharedSecretZero)?;
        Ok(shared)
    }
}

fn derive(private: &PKeyRef<Private>, public: &PKeyRef<Public>, shared: &mut [u8]) -> Result<(), ErrorStack> {
    let mut deriver = Deriver::new(private)?;
    // There is nothing to check of a key on these curves.
    deriver.set_peer_ex(public, false)?;
    deriver.derive(shared).map(drop)
}
