//! Signature private keys from key material.
//!
//! RFC 9420 leaves this open. It is `DeriveKeyPair` of RFC 9180 section 7.1.3 under an identifier of
//! its own, so that the same material gives unrelated KEM and signature keys.

use super::{ecdsa, scalar, signature_private_key_len};
use crate::{
    CryptoError, Kdf, SignaturePrivateKey, SignatureScheme,
    kdf::{labeled_expand, labeled_extract},
};

/// Derives the seed or the scalar of `scheme`.
pub(crate) fn derive_signature_key<K: Kdf>(
    kdf: &K,
    scheme: SignatureScheme,
    ikm: &[u8],
) -> Result<SignaturePrivateKey, CryptoError> {
    let (code, order) = match scheme {
        SignatureScheme::EcdsaP256 => (0x0403_u16, Some(ecdsa::P256.order)),
        SignatureScheme::EcdsaP384 => (0x0503, Some(ecdsa::P384.order)),
        SignatureScheme::EcdsaP521 => (0x0603, Some(ecdsa::P521.order)),
        SignatureScheme::Ed25519 => (0x0807, None),
        SignatureScheme::Ed448 => (0x0808, None),
        SignatureScheme::Other(_) => return Err(CryptoError::Unsupported),
    };
    let len = signature_private_key_len(scheme).ok_or(CryptoError::Unsupported)?;
    let [high, low] = code.to_be_bytes();
    let id = [b'S', b'I', b'G', high, low];
    let prk = labeled_extract(kdf, &id, &[], b"dkp_prk", &[ikm])?;
    let private = match order {
        None => labeled_expand(kdf, &id, prk.as_bytes(), b"sk", &[], len)?,
        Some(order) => {
            scalar::sample(order, |counter| labeled_expand(kdf, &id, prk.as_bytes(), b"candidate", &[&[counter]], len))?
        }
    };
    Ok(SignaturePrivateKey::from(private))
}
