//! What is accepted as a key or a signature: one set on every backend.
//!
//! Libraries disagree on malformed and degenerate keys and signatures. In a group such a disagreement
//! is a split: a malicious member sends what half of the others accept. So the checks stand here, in
//! front of the provider, and this is the whole of what is accepted.
//!
//! **Ed25519** (RFC 8032 section 5.1). A public key `A` is 32 bytes, a signature `R || S` 64.
//! * `S < L`.
//! * `A` and `R` are canonical: `y < p`, and no sign bit where `x = 0`.
//! * `A` and `R` are not of small order (1, 2, 4 or 8).
//! * `A` decodes to a point (the provider's part).
//! * `[S]B = R + [k]A`, the equation *without* cofactor, holds; `k` is the hash of the bytes as they
//!   came (the provider's part). Keys and `R` with a component of small order are accepted where it
//!   holds.
//!
//! **Ed448** (RFC 8032 section 5.2), with an empty context. A public key is 57 bytes, a signature 114.
//! * `S < L`; its last byte is zero.
//! * `A` and `R` are canonical: the low seven bits of the last byte are zero, `y < p`, and no sign bit
//!   where `x = 0`.
//! * `A` and `R` are not of small order (1, 2 or 4).
//! * `A` and `R` decode to points (the provider's part).
//! * `[4][S]B = [4]R + [4][k]A`, the equation *with* cofactor, holds (the provider's part). RFC 8032
//!   allows either. OpenSSL computes modulo the torsion and so cannot check the other one; the two
//!   differ for keys and `R` with a component of small order only.
//!
//! **ECDSA** on P-256, P-384, P-521 (RFC 9420 sections 5.1.1 and 5.1.2).
//! * A public key is an uncompressed point: `0x04`, then X and Y, both below `p`, at full length. It
//!   lies on the curve (the provider's part); compressed and hybrid forms and the point at infinity are
//!   refused.
//! * A signature is strict DER: `SEQUENCE` of two `INTEGER`s, each length in its shortest form, each
//!   integer positive and without superfluous zero bytes, nothing behind it and nothing in between.
//! * `r` and `s` are in `[1, n-1]`. Both of `s` and `n - s` are accepted.
//! * The verification equation holds (the provider's part).
//! * A private key is a big-endian scalar in `[1, n-1]`; one that lost its leading zeros is padded.
//!
//! **HPKE keys** (RFC 9180 sections 7.1.1, 7.1.4).
//! * NIST curves: public keys as for ECDSA; private keys in `[1, n-1]` at full length.
//! * X25519 and X448: public keys of 32 and 56 bytes. Values at or above `p`, and the top bit of
//!   X25519, are accepted and reduced, as RFC 7748 section 5 demands. Keys of small order are refused
//!   where a key is checked or sealed to (`InvalidPublicKey`): with such a key in the tree nobody could
//!   encrypt a path any more. An all-zero result is refused besides (`SharedSecretZero`).
//! * X25519 and X448 private keys are any 32 and 56 bytes.
//!
//! Schemes under [`SignatureScheme::Other`] pass unchecked.

use crate::{CryptoError, DhCurve, SecretBytes, SignatureScheme};

mod derive;
mod ecdsa;
mod eddsa;
mod edwards;
mod montgomery;
pub(crate) mod scalar;

pub(crate) use derive::derive_signature_key;

/// Checks the form of a signature public key, as the [module](self) states it.
///
/// # Errors
/// [`CryptoError::InvalidPublicKey`].
pub fn signature_public_key(scheme: SignatureScheme, public: &[u8]) -> Result<(), CryptoError> {
    // req: R-5.1.1-01, R-5.1.1-02
    let good = match scheme {
        SignatureScheme::Ed25519 => eddsa::ED25519.is_good_point(public),
        SignatureScheme::Ed448 => eddsa::ED448.is_good_point(public),
        SignatureScheme::EcdsaP256 => ecdsa::P256.is_uncompressed(public),
        SignatureScheme::EcdsaP384 => ecdsa::P384.is_uncompressed(public),
        SignatureScheme::EcdsaP521 => ecdsa::P521.is_uncompressed(public),
        SignatureScheme::Other(_) => true,
    };
    if good { Ok(()) } else { Err(CryptoError::InvalidPublicKey) }
}

/// Checks that an EdDSA public key decodes to a point, which is the provider's part: for one whose library
/// finds it out only when it verifies. The form is checked in front.
///
/// # Errors
/// [`CryptoError::InvalidPublicKey`]; [`CryptoError::Unsupported`] for other schemes.
pub fn eddsa_key_decodes(scheme: SignatureScheme, public: &[u8]) -> Result<(), CryptoError> {
    let good = match scheme {
        SignatureScheme::Ed25519 => edwards::decodes_25519(public),
        SignatureScheme::Ed448 => edwards::decodes_448(public),
        _ => return Err(CryptoError::Unsupported),
    };
    if good { Ok(()) } else { Err(CryptoError::InvalidPublicKey) }
}

/// Checks the form of a signature, as the [module](self) states it.
///
/// # Errors
/// [`CryptoError::InvalidSignature`].
pub fn signature(scheme: SignatureScheme, signature: &[u8]) -> Result<(), CryptoError> {
    // req: R-5.1.2-02
    let good = match scheme {
        SignatureScheme::Ed25519 => eddsa::ED25519.is_good_signature(signature),
        SignatureScheme::Ed448 => eddsa::ED448.is_good_signature(signature),
        SignatureScheme::EcdsaP256 => ecdsa::P256.is_good_signature(signature),
        SignatureScheme::EcdsaP384 => ecdsa::P384.is_good_signature(signature),
        SignatureScheme::EcdsaP521 => ecdsa::P521.is_good_signature(signature),
        SignatureScheme::Other(_) => true,
    };
    if good { Ok(()) } else { Err(CryptoError::InvalidSignature) }
}

/// Checks a signature private key and brings it to its full length.
///
/// # Errors
/// [`CryptoError::InvalidPrivateKey`].
pub fn signature_private_key(scheme: SignatureScheme, private: &[u8]) -> Result<SecretBytes, CryptoError> {
    let order = match scheme {
        SignatureScheme::Ed25519 | SignatureScheme::Ed448 => {
            let right = signature_private_key_len(scheme) == Some(private.len());
            return if right { Ok(SecretBytes::from_slice(private)) } else { Err(CryptoError::InvalidPrivateKey) };
        }
        SignatureScheme::EcdsaP256 => ecdsa::P256.order,
        SignatureScheme::EcdsaP384 => ecdsa::P384.order,
        SignatureScheme::EcdsaP521 => ecdsa::P521.order,
        SignatureScheme::Other(_) => return Ok(SecretBytes::from_slice(private)),
    };
    let mut padded = SecretBytes::zeros(order.len());
    let missing = order.len().checked_sub(private.len()).ok_or(CryptoError::InvalidPrivateKey)?;
    if let Some(low_end) = padded.as_mut_bytes().get_mut(missing..) {
        low_end.copy_from_slice(private);
    }
    if scalar::is_in_range(order, padded.as_bytes()) { Ok(padded) } else { Err(CryptoError::InvalidPrivateKey) }
}

/// Checks an HPKE public key, as the [module](self) states it.
///
/// # Errors
/// [`CryptoError::InvalidPublicKey`].
pub fn hpke_public_key(curve: DhCurve, public: &[u8]) -> Result<(), CryptoError> {
    // req: R-5.1.1-03
    let good = match curve {
        DhCurve::P256 => ecdsa::P256.is_uncompressed(public),
        DhCurve::P384 => ecdsa::P384.is_uncompressed(public),
        DhCurve::P521 => ecdsa::P521.is_uncompressed(public),
        DhCurve::X25519 => montgomery::is_good_x25519(public),
        DhCurve::X448 => montgomery::is_good_x448(public),
    };
    if good { Ok(()) } else { Err(CryptoError::InvalidPublicKey) }
}

/// Checks the form of an encapsulated key: [`hpke_public_key`] without the small orders, which the
/// all-zero result answers.
pub(crate) fn kem_output(curve: DhCurve, kem_output: &[u8]) -> Result<(), CryptoError> {
    match curve {
        DhCurve::X25519 | DhCurve::X448 if kem_output.len() == curve.public_key_len() => Ok(()),
        DhCurve::X25519 | DhCurve::X448 => Err(CryptoError::InvalidPublicKey),
        _ => hpke_public_key(curve, kem_output),
    }
}

/// Checks an HPKE private key, as the [module](self) states it.
///
/// # Errors
/// [`CryptoError::InvalidPrivateKey`].
pub fn hpke_private_key(curve: DhCurve, private: &[u8]) -> Result<(), CryptoError> {
    let good = match scalar::order_of(curve) {
        Some(order) => scalar::is_in_range(order, private),
        None => private.len() == curve.private_key_len(),
    };
    if good { Ok(()) } else { Err(CryptoError::InvalidPrivateKey) }
}

/// Bytes of a signature private key; `None` for schemes that this crate does not know.
#[must_use]
pub const fn signature_private_key_len(scheme: SignatureScheme) -> Option<usize> {
    match scheme {
        SignatureScheme::Ed25519 | SignatureScheme::EcdsaP256 => Some(32),
        SignatureScheme::Ed448 => Some(57),
        SignatureScheme::EcdsaP384 => Some(48),
        SignatureScheme::EcdsaP521 => Some(66),
        SignatureScheme::Other(_) => None,
    }
}

#[cfg(test)]
mod tests;
