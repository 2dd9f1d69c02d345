//! HKDF (RFC 5869), and its labelled form of HPKE (RFC 9180 section 4).

use alloc::vec::Vec;
use core::fmt::{self, Debug};

use zeroize::Zeroizing;

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

/// One of several outputs of HKDF-Expand from the same key.
pub struct Okm<'a> {
    /// The `info`, in parts.
    pub info: &'a [&'a [u8]],
    /// Where the output goes, as long as it is to be.
    pub okm: &'a mut [u8],
}

impl Debug for Okm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { info, okm } = self;
        f.debug_struct("Okm").field("parts", &info.len()).field("len", &okm.len()).finish_non_exhaustive()
    }
}

/// HKDF-Expand of one key to several outputs (RFC 5869 section 2.3), none longer than a hash, from an HMAC that has that
/// key already, for backends where setting it up is half the work. `hmac` writes a tag of `hash_len` bytes.
///
/// # Errors
/// [`CryptoError::TooLong`] for an output that is longer than a hash, [`CryptoError::WrongLength`] for a hash of more than
/// 64 bytes, and those of `hmac`.
pub fn hkdf_expand_each_with(
    hmac: impl Fn(&[&[u8]], &mut [u8]) -> Result<(), CryptoError>,
    hash_len: usize,
    outputs: &mut [Okm<'_>],
) -> Result<(), CryptoError> {
    // No digest is longer.
    let mut block = Zeroizing::new([0; 64]);
    let short = block.get_mut(..hash_len).ok_or(CryptoError::WrongLength)?;
    for Okm { info, okm } in outputs {
        if okm.len() == hash_len {
            joined(&[], info, &[&[1]], |parts| hmac(parts, okm))?;
            continue;
        }
        joined(&[], info, &[&[1]], |parts| hmac(parts, short))?;
        okm.copy_from_slice(short.get(..okm.len()).ok_or(CryptoError::TooLong)?);
    }
    Ok(())
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
    let mut counter = 1_u8;
    let mut block = joined(&[], info, &[&[counter]], |parts| hmac(prk, parts))?;
    if len <= block.len() {
        block.truncate(len);
        return Ok(block);
    }
    let mut okm = SecretBytes::zeros(len);
    let mut rest = okm.as_mut_bytes();
    loop {
        if block.is_empty() {
            return Err(CryptoError::Backend);
        }
        let wanted = rest.len().min(block.len());
        let (head, tail) = rest.split_at_mut_checked(wanted).unwrap_or_default();
        for (to, from) in head.iter_mut().zip(block.as_bytes()) {
            *to = *from;
        }
        rest = tail;
        if rest.is_empty() {
            return Ok(okm);
        }
        counter = counter.checked_add(1).ok_or(CryptoError::TooLong)?;
        block = joined(&[block.as_bytes()], info, &[&[counter]], |parts| hmac(prk, parts))?;
    }
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
    joined(&[HPKE_VERSION, suite_id, label], ikm, &[], |parts| kdf.extract(salt, parts))
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
    joined(&[&length, HPKE_VERSION, suite_id, label], info, &[], |parts| kdf.expand(prk, parts, len))
}

/// Hands over `first`, `middle` and `last` as one list; without an allocation where they are as few as they always are
/// in MLS.
pub(crate) fn joined<T>(first: &[&[u8]], middle: &[&[u8]], last: &[&[u8]], work: impl FnOnce(&[&[u8]]) -> T) -> T {
    let parts = || first.iter().chain(middle).chain(last).copied();
    let mut few = [&[][..]; 10];
    let len = parts().count();
    few.iter_mut().zip(parts()).for_each(|(to, part)| *to = part);
    match few.get(..len) {
        Some(few) => work(few),
        None => work(&parts().collect::<Vec<_>>()),
    }
}

#[cfg(test)]
mod tests;
