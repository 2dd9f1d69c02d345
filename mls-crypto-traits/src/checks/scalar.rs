//! Secret scalars of the NIST curves: their range, and how they are sampled.

use super::ecdsa;
use crate::{CryptoError, DhCurve, SecretBytes};

/// The order `n` of a NIST curve, big-endian; `None` for curves whose private keys are any string.
pub(crate) fn order_of(curve: DhCurve) -> Option<&'static [u8]> {
    match curve {
        DhCurve::P256 => Some(ecdsa::P256.order),
        DhCurve::P384 => Some(ecdsa::P384.order),
        DhCurve::P521 => Some(ecdsa::P521.order),
        DhCurve::X25519 | DhCurve::X448 => None,
    }
}

/// Whether `scalar` has the length of `order` and lies in `[1, order - 1]`; constant time for one
/// length.
pub(crate) fn is_in_range(order: &[u8], scalar: &[u8]) -> bool {
    let (mut any, mut borrow) = (0_u64, false);
    for (digits, limits) in scalar.rchunks(8).zip(order.rchunks(8)) {
        let digit = word(digits);
        any |= digit;
        // The borrow of scalar - order, word by word: it remains where scalar < order.
        let (rest, under) = digit.overflowing_sub(word(limits));
        borrow = under | rest.overflowing_sub(u64::from(borrow)).1;
    }
    (scalar.len() == order.len()) & (any != 0) & borrow
}

/// Up to eight bytes as a number, big-endian.
fn word(bytes: &[u8]) -> u64 {
    match <[u8; 8]>::try_from(bytes) {
        Ok(bytes) => u64::from_be_bytes(bytes),
        Err(_) => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// The first candidate in `[1, order - 1]` (RFC 9180 section 7.1.3); `candidate` gives as many bytes
/// as the order has.
pub(crate) fn sample(
    order: &[u8],
    candidate: impl Fn(u8) -> Result<SecretBytes, CryptoError>,
) -> Result<SecretBytes, CryptoError> {
    // 0xff, and 0x01 for P-521: the bits above the highest of the order are cleared.
    let mask = order.first().map_or(0, |first| u8::MAX.wrapping_shr(first.leading_zeros()));
    for counter in 0..=u8::MAX {
        let mut bytes = candidate(counter)?;
        if let Some(first) = bytes.as_mut_bytes().first_mut() {
            *first &= mask;
        }
        if is_in_range(order, bytes.as_bytes()) {
            return Ok(bytes);
        }
    }
    Err(CryptoError::KeyDerivation)
}

#[cfg(test)]
mod tests;
