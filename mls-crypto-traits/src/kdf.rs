//! HKDF (RFC 5869), and its labelled form of HPKE (RFC 9180 section 4).

use alloc::vec::Vec;
use core::fmt::Debug;

use crate::{CryptoError, SecretBytes};

/// HKDF with one hash.
pub trait Kdf: Debug + Send + Sync {
    /// `Nh`: what extract gives, in bytes.
    fn hash_len(&self) -> usize;

    /// HKDF-Extract over the concatenation of `ikm`.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    fn extract(&self, salt: &[u8], ikm: &[&[u8]]) -> Result<SecretBytes, CryptoError>;

    /// HKDF-Expand with the concatenation of `info`, to `len` bytes.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] beyond 255 hashes.
    fn expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError>;
}

/// HKDF-Extract from an HMAC (RFC 5869 section 2.2), for backends that have no other.
///
/// # Errors
/// Those of `hmac`.
pub fn hkdf_extract_with(
    hmac: impl Fn(&[u8], &[&[u8]]) -> Result<SecretBytes, CryptoError>,
    salt: &[u8],
    ikm: &[&[u8]],
) -> Result<SecretBytes, CryptoError> {
    // HMAC pads its key with zeros, so that an absent salt and Nh zero bytes are the same.
    hmac(salt, ikm)
}

/// HKDF-Expand from an HMAC (RFC 5869 section 2.3), for backends that have no other.
///
/// # Errors
/// [`CryptoError::TooLong`] beyond 255 hashes, and those of `hmac`.
pub fn hkdf_expand_with(
    hmac: impl Fn(&[u8], &[&[u8]]) -> Result<SecretBytes, CryptoError>,
    prk: &[u8],
    info: &[&[u8]],
    len: usize,
) -> Result<SecretBytes, CryptoError> {
    let mut okm = SecretBytes::zeros(len);
    let mut rest = okm.as_mut_bytes();
    let mut block = SecretBytes::default();
    let mut counter = 0_u8;
    while !rest.is_empty() {
        counter = counter.checked_add(1).ok_or(CryptoError::TooLong)?;
        let count = [counter];
        let mut parts = Vec::with_capacity(info.len().saturating_add(2));
        parts.push(block.as_bytes());
        parts.extend_from_slice(info);
        parts.push(&count);
        block = hmac(prk, &parts)?;
        if block.is_empty() {
            return Err(CryptoError::Backend);
        }
        let wanted = rest.len().min(block.len());
        let (head, tail) = rest.split_at_mut_checked(wanted).unwrap_or_default();
        for (to, from) in head.iter_mut().zip(block.as_bytes()) {
            *to = *from;
        }
        rest = tail;
    }
    Ok(okm)
}

const HPKE_VERSION: &[u8] = b"HPKE-v1";

/// `LabeledExtract` (RFC 9180 section 4).
pub(crate) fn labeled_extract<K: Kdf + ?Sized>(
    kdf: &K,
    suite_id: &[u8],
    salt: &[u8],
    label: &[u8],
    ikm: &[&[u8]],
) -> Result<SecretBytes, CryptoError> {
    let mut parts = Vec::with_capacity(ikm.len().saturating_add(3));
    parts.extend_from_slice(&[HPKE_VERSION, suite_id, label]);
    parts.extend_from_slice(ikm);
    kdf.extract(salt, &parts)
}

/// `LabeledExpand` (RFC 9180 section 4).
pub(crate) fn labeled_expand<K: Kdf + ?Sized>(
    kdf: &K,
    suite_id: &[u8],
    prk: &[u8],
    label: &[u8],
    info: &[&[u8]],
    len: usize,
) -> Result<SecretBytes, CryptoError> {
    let length = u16::try_from(len).map_err(|_| CryptoError::TooLong)?;
    let length = length.to_be_bytes();
    let mut parts = Vec::with_capacity(info.len().saturating_add(4));
    parts.extend_from_slice(&[&length, HPKE_VERSION, suite_id, label]);
    parts.extend_from_slice(info);
    kdf.expand(prk, &parts, len)
}

#[cfg(test)]
mod tests;
