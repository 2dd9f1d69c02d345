//! ECDSA on the NIST curves (FIPS 186-5), deterministic (RFC 6979), signatures in DER.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use ecdsa::{
    Signature,
    signature::{MultipartSigner, MultipartVerifier},
};
use mls_crypto_traits::{CryptoError, SignaturePublicKey, SigningKey, VerifyKey};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;

use super::{Loaded, SignatureAlgorithm};
use crate::dh::nist::{NistCurve, encode, public_key, secret_key};
use crate::stack::{self, wiped};

pub(crate) const ECDSA_P256: SignatureAlgorithm = algorithm::<NistP256>();
pub(crate) const ECDSA_P384: SignatureAlgorithm = algorithm::<NistP384>();
pub(crate) const ECDSA_P521: SignatureAlgorithm = algorithm::<NistP521>();

const fn algorithm<C: NistCurve>() -> SignatureAlgorithm {
    SignatureAlgorithm { load_verify_key: load_verify_key::<C>, load_signing_key: load_signing_key::<C> }
}

fn load_verify_key<C: NistCurve>(public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
    let key = public_key::<C>(public)?;
    Ok(Arc::new(EcdsaVerifyKey::<C>(key.into())))
}

fn load_signing_key<C: NistCurve>(private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
    wiped::<{ stack::CURVE }, Loaded<dyn SigningKey>>(|| {
        let key = ecdsa::SigningKey::<C>::from(secret_key::<C>(private)?);
        let public = SignaturePublicKey::from(encode::<C>(&key.verifying_key().into()));
        Ok(Arc::new(EcdsaSigningKey { key, public }))
    })
}

struct EcdsaVerifyKey<C: NistCurve>(ecdsa::VerifyingKey<C>);

impl<C: NistCurve> VerifyKey for EcdsaVerifyKey<C> {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        let signature = Signature::<C>::from_der(signature).map_err(|_| CryptoError::InvalidSignature)?;
        // What is verified may be a private message's content.
        wiped::<{ stack::CURVE }, _>(|| self.0.multipart_verify(message, &signature))
            .map_err(|_| CryptoError::InvalidSignature)
    }
}

impl<C: NistCurve> fmt::Debug for EcdsaVerifyKey<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(key) = self;
        f.debug_tuple("EcdsaVerifyKey").field(key).finish()
    }
}

/// The parsed scalar with its public key.
struct EcdsaSigningKey<C: NistCurve> {
    key: ecdsa::SigningKey<C>,
    public: SignaturePublicKey,
}

impl<C: NistCurve> SigningKey for EcdsaSigningKey<C> {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.public
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        let signature: Signature<C> =
            wiped::<{ stack::CURVE }, _>(|| self.key.try_multipart_sign(message)).map_err(|_| CryptoError::Backend)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

impl<C: NistCurve> fmt::Debug for EcdsaSigningKey<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, public } = self;
        f.debug_struct("EcdsaSigningKey").field("public", public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
