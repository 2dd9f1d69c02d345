//! Hash, HMAC and HKDF of a suite (RFC 9420 section 5.1; FIPS 180-4, RFC 2104, RFC 5869).

use core::fmt;
use std::sync::Arc;

use mls_crypto_traits::{CryptoError, Digest, Kdf, SecretBytes, hkdf_expand_with, hkdf_extract_with};
use openssl::{
    md::{Md, MdRef},
    md_ctx::MdCtx,
};
use zeroize::Zeroizing;

use crate::error::backend;

/// Bytes of the longest of the digests.
const MAX_DIGEST_LEN: usize = 64;
/// Bytes of the longest of their blocks.
const MAX_BLOCK_LEN: usize = 128;

/// What HMAC mixes into its key, RFC 2104 section 2.
const INNER: u8 = 0x36;
const OUTER: u8 = 0x5c;

/// The hash that a suite names, also beneath its HMAC and HKDF. Cloning shares what was fetched.
#[derive(Clone)]
pub(crate) struct Hash(Arc<Fetched>);

struct Fetched {
    digest: Md,
    algorithm: HashAlgorithm,
}

/// A hash by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashAlgorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl HashAlgorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA2-256",
            Self::Sha384 => "SHA2-384",
            Self::Sha512 => "SHA2-512",
        }
    }

    fn digest_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn block_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }
}

impl Hash {
    /// Fetches the digest, which costs more than hashing with it.
    pub(crate) fn fetch(algorithm: HashAlgorithm) -> Result<Self, CryptoError> {
        let digest = Md::fetch(None, algorithm.name(), None).map_err(|_| CryptoError::Unsupported)?;
        if digest.size() != algorithm.digest_len() {
            return Err(CryptoError::Backend);
        }
        Ok(Self(Arc::new(Fetched { digest, algorithm })))
    }

    /// The digest, for signatures.
    #[cfg(deterministic_ecdsa)]
    pub(crate) fn digest(&self) -> &MdRef {
        &self.0.digest
    }

    /// The hash of the concatenation of `input`.
    pub(crate) fn hash(&self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        let mut out = [0; MAX_DIGEST_LEN];
        let len = digest_into(&mut context()?, &self.0.digest, input, &mut out)?;
        out.get(..len).and_then(Digest::from_slice).ok_or(CryptoError::Backend)
    }

    /// HMAC over the concatenation of `input`; a key of any length. OpenSSL's own costs microseconds to
    /// set up, which is more than all of this.
    pub(crate) fn hmac(&self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        let Fetched { digest, algorithm } = &*self.0;
        // It wipes its state when it finishes, and when it is dropped.
        let mut context = context()?;
        let mut block = Zeroizing::new([0; MAX_BLOCK_LEN]);
        let block = block.get_mut(..algorithm.block_len()).ok_or(CryptoError::Backend)?;
        if key.len() > block.len() {
            digest_into(&mut context, digest, &[key], block)?;
        } else {
            for (to, from) in block.iter_mut().zip(key) {
                *to = *from;
            }
        }

        let mut tag = SecretBytes::zeros(algorithm.digest_len());
        block.iter_mut().for_each(|byte| *byte ^= INNER);
        context.digest_init(digest).map_err(backend)?;
        context.digest_update(block).map_err(backend)?;
        for part in input {
            context.digest_update(part).map_err(backend)?;
        }
        context.digest_final(tag.as_mut_bytes()).map_err(backend)?;

        block.iter_mut().for_each(|byte| *byte ^= INNER ^ OUTER);
        context.digest_init(digest).map_err(backend)?;
        context.digest_update(block).map_err(backend)?;
        context.digest_update(tag.as_bytes()).map_err(backend)?;
        context.digest_final(tag.as_mut_bytes()).map_err(backend)?;
        Ok(tag)
    }
}

impl Kdf for Hash {
    fn hash_len(&self) -> usize {
        self.0.algorithm.digest_len()
    }

    fn extract(&self, salt: &[u8], ikm: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        hkdf_extract_with(|key, input| self.hmac(key, input), salt, ikm)
    }

    fn expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError> {
        hkdf_expand_with(|key, input| self.hmac(key, input), prk, info, len)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fetched { digest: _, algorithm } = &*self.0;
        f.debug_tuple("Hash").field(algorithm).finish()
    }
}

fn context() -> Result<MdCtx, CryptoError> {
    MdCtx::new().map_err(backend)
}

/// The digest of the concatenation of `input` at the beginning of `out`; its length.
fn digest_into(context: &mut MdCtx, digest: &MdRef, input: &[&[u8]], out: &mut [u8]) -> Result<usize, CryptoError> {
    context.digest_init(digest).map_err(backend)?;
    for part in input {
        context.digest_update(part).map_err(backend)?;
    }
    context.digest_final(out).map_err(backend)
}

#[cfg(test)]
mod tests;
