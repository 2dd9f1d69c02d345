//! DHKEM (RFC 9180 section 4.1) and its `DeriveKeyPair` (section 7.1.3).

use alloc::{sync::Arc, vec::Vec};
use core::fmt::{self, Debug};

use subtle::ConstantTimeEq;

use super::{DhCurve, Encapsulation, Kem, KemPrivateKey, KemPublicKey};
use crate::{
    CryptoError, HpkeKeyPair, HpkePrivateKey, HpkePublicKey, Kdf, SecretBytes, checks,
    kdf::{labeled_expand, labeled_extract},
};

/// Diffie-Hellman in one group, as a backend offers it. A handle: cloning is cheap.
pub trait Dh: Clone + Debug + Send + Sync + 'static {
    /// A parsed private key, wiped on drop.
    type PrivateKey: Send + Sync + 'static;
    /// A parsed public key.
    type PublicKey: Send + Sync + 'static;

    /// The group.
    fn curve(&self) -> DhCurve;

    /// Parses a private key of `Nsk` bytes: a big-endian scalar in `[1, n-1]` on the NIST curves
    /// (checked in front), any string on X25519 and X448.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`].
    fn load_private(&self, private: &[u8]) -> Result<Self::PrivateKey, CryptoError>;

    /// Parses a public key of `Npk` bytes: an uncompressed point on the NIST curves, of checked form
    /// and to be checked to lie on the curve; any string on X25519 and X448.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    fn load_public(&self, public: &[u8]) -> Result<Self::PublicKey, CryptoError>;

    /// The serialised public key of a private one.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    fn public_key(&self, private: &Self::PrivateKey) -> Result<Vec<u8>, CryptoError>;

    /// The Diffie-Hellman result, `Ndh` bytes: the X coordinate on the NIST curves. Whether it is all
    /// zero is checked by the caller; a library that refuses by itself reports
    /// [`CryptoError::SharedSecretZero`].
    ///
    /// # Errors
    /// [`CryptoError::SharedSecretZero`], [`CryptoError::Backend`].
    fn agree(&self, private: &Self::PrivateKey, public: &Self::PublicKey) -> Result<SecretBytes, CryptoError>;
}

/// DHKEM over a backend's Diffie-Hellman and HKDF. `K` has to use the hash that RFC 9180 section 7.1
/// gives the group.
#[derive(Clone, Debug)]
pub struct DhKem<D, K> {
    dh: D,
    kdf: K,
}

impl<D: Dh, K: Kdf + Clone + 'static> DhKem<D, K> {
    /// The KEM of a group and a KDF.
    #[must_use]
    pub const fn new(dh: D, kdf: K) -> Self {
        Self { dh, kdf }
    }

    fn suite_id(&self) -> [u8; 5] {
        let [high, low] = self.dh.curve().kem_id().to_be_bytes();
        [b'K', b'E', b'M', high, low]
    }

    /// `DeriveKeyPair`, parsed.
    fn derive(&self, ikm: &[u8]) -> Result<(D::PrivateKey, SecretBytes), CryptoError> {
        let curve = self.dh.curve();
        let id = self.suite_id();
        let len = curve.private_key_len();
        let prk = labeled_extract(&self.kdf, &id, &[], b"dkp_prk", &[ikm])?;
        let Some(order) = checks::scalar::order_of(curve) else {
            let bytes = labeled_expand(&self.kdf, &id, prk.as_bytes(), b"sk", &[], len)?;
            return Ok((self.dh.load_private(bytes.as_bytes())?, bytes));
        };
        let bytes = checks::scalar::sample(order, |counter| {
            labeled_expand(&self.kdf, &id, prk.as_bytes(), b"candidate", &[&[counter]], len)
        })?;
        Ok((self.dh.load_private(bytes.as_bytes())?, bytes))
    }

    fn parse_private(&self, private: &[u8]) -> Result<D::PrivateKey, CryptoError> {
        checks::hpke_private_key(self.dh.curve(), private)?;
        self.dh.load_private(private)
    }

    /// The Diffie-Hellman result, refused where it is all zero (RFC 9180 section 7.1.4).
    fn agree(&self, private: &D::PrivateKey, public: &D::PublicKey) -> Result<SecretBytes, CryptoError> {
        let dh = self.dh.agree(private, public)?;
        let zeros = [0_u8; 66];
        let zero = zeros.get(..dh.len()).is_none_or(|zeros| dh.as_bytes().ct_eq(zeros).into());
        // On the NIST curves X = 0 is a point like others (RFC 9180 asks nothing of it there).
        let montgomery = matches!(self.dh.curve(), DhCurve::X25519 | DhCurve::X448);
        if montgomery && zero {
            return Err(CryptoError::SharedSecretZero);
        }
        Ok(dh)
    }

    /// `ExtractAndExpand` (RFC 9180 section 4.1).
    fn extract_and_expand(
        &self,
        dh: &SecretBytes,
        kem_output: &[u8],
        public: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        let id = self.suite_id();
        let prk = labeled_extract(&self.kdf, &id, &[], b"eae_prk", &[dh.as_bytes()])?;
        labeled_expand(
            &self.kdf,
            &id,
            prk.as_bytes(),
            b"shared_secret",
            &[kem_output, public],
            self.dh.curve().shared_secret_len(),
        )
    }
}

impl<D: Dh, K: Kdf + Clone + 'static> Kem for DhKem<D, K> {
    fn kem_id(&self) -> u16 {
        self.dh.curve().kem_id()
    }

    fn enc_len(&self) -> usize {
        self.dh.curve().public_key_len()
    }

    fn public_key_len(&self) -> usize {
        self.dh.curve().public_key_len()
    }

    fn private_key_len(&self) -> usize {
        self.dh.curve().private_key_len()
    }

    fn shared_secret_len(&self) -> usize {
        self.dh.curve().shared_secret_len()
    }

    fn derive_key_pair(&self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        let (private, bytes) = self.derive(ikm)?;
        Ok(HpkeKeyPair {
            public: HpkePublicKey::from(self.dh.public_key(&private)?),
            private: HpkePrivateKey::from(bytes),
        })
    }

    fn public_key(&self, private: &[u8]) -> Result<HpkePublicKey, CryptoError> {
        let private = self.parse_private(private)?;
        self.dh.public_key(&private).map(HpkePublicKey::from)
    }

    fn load_public(&self, public: &[u8]) -> Result<Arc<dyn KemPublicKey>, CryptoError> {
        checks::hpke_public_key(self.dh.curve(), public)?;
        Ok(Arc::new(PublicKey { kem: self.clone(), parsed: self.dh.load_public(public)?, bytes: public.to_vec() }))
    }

    fn check_public_key(&self, public: &[u8]) -> Result<(), CryptoError> {
        let curve = self.dh.curve();
        checks::hpke_public_key(curve, public)?;
        match curve {
            // Any string is a key then: there is nothing to parse.
            DhCurve::X25519 | DhCurve::X448 => Ok(()),
            _ => self.dh.load_public(public).map(drop),
        }
    }

    fn load_private(&self, private: &[u8]) -> Result<Arc<dyn KemPrivateKey>, CryptoError> {
        let parsed = self.parse_private(private)?;
        Ok(Arc::new(PrivateKey {
            public: HpkePublicKey::from(self.dh.public_key(&parsed)?),
            kem: self.clone(),
            parsed,
        }))
    }

    fn load_key_pair(&self, private: &[u8], public: &[u8]) -> Result<Arc<dyn KemPrivateKey>, CryptoError> {
        checks::hpke_public_key(self.dh.curve(), public)?;
        let parsed = self.parse_private(private)?;
        Ok(Arc::new(PrivateKey { public: HpkePublicKey::from(public), kem: self.clone(), parsed }))
    }
}

struct PublicKey<D: Dh, K> {
    kem: DhKem<D, K>,
    parsed: D::PublicKey,
    bytes: Vec<u8>,
}

impl<D: Dh, K: Kdf + Clone + 'static> KemPublicKey for PublicKey<D, K> {
    fn encap(&self, ikm_e: &[u8]) -> Result<Encapsulation, CryptoError> {
        let (ephemeral, _wiped) = self.kem.derive(ikm_e)?;
        let kem_output = self.kem.dh.public_key(&ephemeral)?;
        let dh = self.kem.agree(&ephemeral, &self.parsed)?;
        Ok(Encapsulation { shared_secret: self.kem.extract_and_expand(&dh, &kem_output, &self.bytes)?, kem_output })
    }
}

impl<D: Dh, K> Debug for PublicKey<D, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kem, parsed: _, bytes: _ } = self;
        write!(f, "KemPublicKey({:?})", kem.dh.curve())
    }
}

struct PrivateKey<D: Dh, K> {
    kem: DhKem<D, K>,
    parsed: D::PrivateKey,
    public: HpkePublicKey,
}

impl<D: Dh, K: Kdf + Clone + 'static> KemPrivateKey for PrivateKey<D, K> {
    fn public_key(&self) -> &HpkePublicKey {
        &self.public
    }

    fn decap(&self, kem_output: &[u8]) -> Result<SecretBytes, CryptoError> {
        checks::kem_output(self.kem.dh.curve(), kem_output)?;
        let ephemeral = self.kem.dh.load_public(kem_output)?;
        let dh = self.kem.agree(&self.parsed, &ephemeral)?;
        self.kem.extract_and_expand(&dh, kem_output, self.public.as_bytes())
    }
}

impl<D: Dh, K> Debug for PrivateKey<D, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kem, parsed: _, public: _ } = self;
        write!(f, "KemPrivateKey({:?}, ..)", kem.dh.curve())
    }
}

#[cfg(test)]
mod tests;
