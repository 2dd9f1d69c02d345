//! Hash, HMAC and HKDF of a suite (RFC 9420 section 5.1; FIPS 180-4, RFC 2104, RFC 5869).

use hmac::{EagerHash, Hmac, KeyInit, Mac, digest::OutputSizeUser};
use mls_crypto_traits::{CryptoError, Digest, Kdf, SecretBytes};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::stack::{self, wiped};

/// The hash that a suite names, also beneath its HMAC and HKDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashAlgorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl HashAlgorithm {
    /// The hash of the concatenation of `input`.
    pub(crate) fn hash(self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        match self {
            Self::Sha256 => hash_with::<Sha256>(input),
            Self::Sha384 => hash_with::<Sha384>(input),
            Self::Sha512 => hash_with::<Sha512>(input),
        }
    }

    /// HMAC over the concatenation of `input`; a key of any length.
    pub(crate) fn hmac(self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        wiped::<{ stack::HASH }, _>(|| match self {
            Self::Sha256 => hmac_with::<Sha256>(key, input),
            Self::Sha384 => hmac_with::<Sha384>(key, input),
            Self::Sha512 => hmac_with::<Sha512>(key, input),
        })
    }
}

impl Kdf for HashAlgorithm {
    fn hash_len(&self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn extract(&self, salt: &[u8], ikm: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        // HMAC pads its key with zeros, so that an absent salt and Nh zero bytes are the same.
        self.hmac(salt, ikm)
    }

    fn expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError> {
        wiped::<{ stack::HASH }, _>(|| match self {
            Self::Sha256 => expand_with::<Sha256>(prk, info, len),
            Self::Sha384 => expand_with::<Sha384>(prk, info, len),
            Self::Sha512 => expand_with::<Sha512>(prk, info, len),
        })
    }
}

fn hash_with<D: sha2::Digest>(input: &[&[u8]]) -> Result<Digest, CryptoError> {
    let mut hasher = D::new();
    for part in input {
        hasher.update(part);
    }
    Digest::from_slice(&hasher.finalize()).ok_or(CryptoError::Backend)
}

fn hmac_with<D: EagerHash>(key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError>
where
    Hmac<D>: KeyInit + Mac,
{
    let mut mac = keyed::<D>(key)?;
    for part in input {
        mac.update(part);
    }
    let tag = Zeroizing::new(mac.finalize().into_bytes());
    Ok(SecretBytes::from_slice(&tag))
}

/// HKDF-Expand; the key is absorbed once, whatever the number of blocks.
fn expand_with<D: EagerHash>(prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError>
where
    Hmac<D>: KeyInit + Mac + Clone,
{
    let keyed = keyed::<D>(prk)?;
    let mut out = SecretBytes::zeros(len);
    let mut counters = 1..=u8::MAX;
    let mut previous = None;
    for chunk in out.as_mut_bytes().chunks_mut(<Hmac<D> as OutputSizeUser>::output_size()) {
        let counter = counters.next().ok_or(CryptoError::TooLong)?;
        let mut mac = keyed.clone();
        if let Some(block) = &previous {
            mac.update(Zeroizing::as_ref(block));
        }
        for part in info {
            mac.update(part);
        }
        mac.update(&[counter]);
        let block = Zeroizing::new(mac.finalize().into_bytes());
        for (to, from) in chunk.iter_mut().zip(block.iter()) {
            *to = *from;
        }
        previous = Some(block);
    }
    Ok(out)
}

fn keyed<D: EagerHash>(key: &[u8]) -> Result<Hmac<D>, CryptoError>
where
    Hmac<D>: KeyInit,
{
    // HMAC takes keys of every length: the error cannot come.
    <Hmac<D> as KeyInit>::new_from_slice(key).map_err(|_| CryptoError::Backend)
}

#[cfg(test)]
mod tests;
