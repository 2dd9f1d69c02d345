//! Ed448 (RFC 8032 section 5.2), without a context.
//!
//! Verification is written here, over the curve of `ed448-goldilocks`: that crate's own refuses keys and
//! `R` with a component of small order, which OpenSSL accepts. Both then hold to the equation that RFC
//! 8032 section 5.2.7 states, the one with the cofactor.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use ed448_goldilocks::{
    CompressedEdwardsY, EdwardsPoint, EdwardsScalar, SecretKey, SigningKey as Expanded, WideEdwardsScalarBytes,
    signature::Signer,
};
use mls_crypto_traits::{CryptoError, SecretBytes, SignaturePublicKey, SigningKey, VerifyKey};
use shake::{
    Shake256,
    digest::{ExtendableOutput, Update, XofReader},
};

use super::SignatureAlgorithm;
use crate::stack::{self, wiped};

const SEED_LEN: usize = 57;
const POINT_LEN: usize = 57;

/// `dom4(0, "")`: not prehashed, no context.
const DOM4: &[u8] = b"SigEd448\0\0";

pub(crate) const ED448: SignatureAlgorithm = SignatureAlgorithm { load_verify_key, load_signing_key };

fn load_verify_key(public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
    let bytes: [u8; POINT_LEN] = public.try_into().map_err(|_| CryptoError::InvalidPublicKey)?;
    let point = decode(bytes).ok_or(CryptoError::InvalidPublicKey)?;
    Ok(Arc::new(Ed448VerifyKey { bytes, point }))
}

fn load_signing_key(private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
    let seed: &[u8; SEED_LEN] = private.try_into().map_err(|_| CryptoError::InvalidPrivateKey)?;
    Ok(wiped::<{ stack::CURVE }, Arc<dyn SigningKey>>(|| {
        let expanded = Expanded::from(<&SecretKey>::from(seed));
        let public = SignaturePublicKey::from(expanded.verifying_key().as_bytes().as_slice());
        Arc::new(Ed448SigningKey { expanded, public })
    }))
}

#[derive(Debug)]
struct Ed448VerifyKey {
    bytes: [u8; POINT_LEN],
    point: EdwardsPoint,
}

impl VerifyKey for Ed448VerifyKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        // What is verified may be a private message's content.
        let holds = wiped::<{ stack::CURVE }, _>(|| self.holds(message, signature));
        if holds == Some(true) { Ok(()) } else { Err(CryptoError::InvalidSignature) }
    }
}

impl Ed448VerifyKey {
    /// Whether `[4][S]B = [4]R + [4][k]A`; `None` where the signature cannot be decoded.
    #[expect(clippy::arithmetic_side_effects, reason = "group arithmetic does not overflow")]
    fn holds(&self, message: &[&[u8]], signature: &[u8]) -> Option<bool> {
        let (r_bytes, s_bytes) = signature.split_first_chunk::<POINT_LEN>()?;
        let s_bytes: [u8; POINT_LEN] = s_bytes.try_into().ok()?;
        let r = decode(*r_bytes)?;
        let s = EdwardsScalar::from_canonical_bytes(&s_bytes.into()).into_option()?;
        if s_bytes.last() != Some(&0) {
            return None;
        }

        let mut hash = Shake256::default();
        for part in [DOM4, r_bytes, &self.bytes].into_iter().chain(message.iter().copied()) {
            hash.update(part);
        }
        let mut k = WideEdwardsScalarBytes::default();
        hash.finalize_xof().read(&mut k);
        let k = EdwardsScalar::from_bytes_mod_order_wide(&k);

        let rest = EdwardsPoint::GENERATOR * s - r - self.point * k;
        Some(rest.double().double() == EdwardsPoint::IDENTITY)
    }
}

/// Decodes a point, of whatever order.
fn decode(bytes: [u8; POINT_LEN]) -> Option<EdwardsPoint> {
    let point = CompressedEdwardsY(bytes).decompress_unchecked().into_option()?;
    Some(point.to_edwards())
}

/// The key hashed out of its seed, with its public key.
struct Ed448SigningKey {
    expanded: Expanded,
    public: SignaturePublicKey,
}

impl SigningKey for Ed448SigningKey {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.public
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        wiped::<{ stack::CURVE }, _>(|| contiguous(message, |bytes| self.expanded.try_sign(bytes)))
            .map(|signature| signature.to_bytes().to_vec())
            .map_err(|_| CryptoError::Backend)
    }
}

impl fmt::Debug for Ed448SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expanded: _, public } = self;
        f.debug_struct("Ed448SigningKey").field("public", public).finish_non_exhaustive()
    }
}

/// Gives `message` to `f` as one slice. A copy made for that is wiped: a message is signed before it
/// is encrypted.
fn contiguous<T>(message: &[&[u8]], f: impl FnOnce(&[u8]) -> T) -> T {
    match message {
        [whole] => f(whole),
        parts => f(SecretBytes::concat(parts).as_bytes()),
    }
}

#[cfg(test)]
mod tests;
