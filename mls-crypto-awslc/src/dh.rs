//! Diffie-Hellman of the suites' KEMs (RFC 9180 section 7.1; SP 800-56A, RFC 7748).

use core::fmt;

use aws_lc_rs::agreement::{
    self, Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, ParsedPublicKey, PrivateKey, UnparsedPublicKey, X25519,
};
use mls_crypto_traits::{CryptoError, Dh, DhCurve, SecretBytes};

/// Diffie-Hellman in one of the library's groups.
#[derive(Clone, Copy)]
pub(crate) struct AwsLcDh {
    curve: DhCurve,
    algorithm: &'static Algorithm,
}

impl AwsLcDh {
    pub(crate) const P256: Self = Self { curve: DhCurve::P256, algorithm: &ECDH_P256 };
    pub(crate) const P384: Self = Self { curve: DhCurve::P384, algorithm: &ECDH_P384 };
    pub(crate) const P521: Self = Self { curve: DhCurve::P521, algorithm: &ECDH_P521 };
    pub(crate) const X25519: Self = Self { curve: DhCurve::X25519, algorithm: &X25519 };
}

/// Whether `public` has the one form that is taken: the library takes compressed and hybrid points and
/// X.509 as well.
pub(crate) fn has_form(curve: DhCurve, public: &[u8]) -> bool {
    public.len() == curve.public_key_len() && (curve == DhCurve::X25519 || public.first() == Some(&4))
}

impl Dh for AwsLcDh {
    type PrivateKey = PrivateKey;
    type PublicKey = ParsedPublicKey;

    fn curve(&self) -> DhCurve {
        self.curve
    }

    fn load_private(&self, private: &[u8]) -> Result<PrivateKey, CryptoError> {
        PrivateKey::from_private_key(self.algorithm, private).map_err(|_| CryptoError::InvalidPrivateKey)
    }

    fn load_public(&self, public: &[u8]) -> Result<ParsedPublicKey, CryptoError> {
        if !has_form(self.curve, public) {
            return Err(CryptoError::InvalidPublicKey);
        }
        ParsedPublicKey::try_from(UnparsedPublicKey::new(self.algorithm, public))
            .map_err(|_| CryptoError::InvalidPublicKey)
    }

    fn public_key(&self, private: &PrivateKey) -> Result<Vec<u8>, CryptoError> {
        let public = private.compute_public_key().map_err(|_| CryptoError::Backend)?;
        Ok(public.as_ref().to_vec())
    }

    fn agree(&self, private: &PrivateKey, public: &ParsedPublicKey) -> Result<SecretBytes, CryptoError> {
        // Parsed keys fail for one reason: RFC 7748's zero, which the library refuses by itself.
        let failure = if self.curve == DhCurve::X25519 { CryptoError::SharedSecretZero } else { CryptoError::Backend };
        // The clone shares the parsed point.
        agreement::agree(private, public.clone(), failure, |shared| Ok(SecretBytes::from_slice(shared)))
    }
}

impl fmt::Debug for AwsLcDh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { curve, algorithm: _ } = self;
        f.debug_tuple("AwsLcDh").field(curve).finish()
    }
}

#[cfg(test)]
mod tests;
