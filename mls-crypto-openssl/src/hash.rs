//! Hash, HMAC and HKDF of a suite (RFC 9420 section 5.1; FIPS 180-4, RFC 2104, RFC 5869).

use core::fmt;
use std::sync::Arc;

use mls_crypto_traits::{CryptoError, Digest, Kdf, SecretBytes, hkdf_expand_with, hkdf_extract_with};
use openssl::{
    md::{Md, MdRef},
    md_ctx::MdCtx,
};
use zeroize::Zeroize;

use crate::error::backend;

/// Bytes of the longest of the digests.
const MAX_DIGEST_LEN: usize = 64;
/// Bytes of the longest of their blocks. Behind a shorter one there is room for what follows it.
const BUFFER_LEN: usize = 128;

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
        let mut buffer = Buffer { bytes: [0; BUFFER_LEN], block_len: algorithm.block_len() };
        if key.len() > algorithm.block_len() {
            digest_into(&mut context, digest, &[key], buffer.block())?;
        } else {
            for (to, from) in buffer.block().iter_mut().zip(key) {
                *to = *from;
            }
        }
        let mut inner = SecretBytes::zeros(algorithm.digest_len());
        let mut tag = SecretBytes::zeros(algorithm.digest_len());
        buffer.block().iter_mut().for_each(|byte| *byte ^= INNER);
        buffer.digest(&mut context, digest, input, inner.as_mut_bytes())?;
        buffer.block().iter_mut().for_each(|byte| *byte ^= INNER ^ OUTER);
        buffer.digest(&mut context, digest, &[inner.as_bytes()], tag.as_mut_bytes())?;
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

/// HMAC's block, and the first parts behind it, so that they go to the digest in one call. Wiped when dropped.
struct Buffer {
    bytes: [u8; BUFFER_LEN],
    block_len: usize,
}

impl Buffer {
    fn block(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.block_len).unwrap_or_default()
    }

    /// The digest of the block and the `parts`.
    fn digest(
        &mut self,
        context: &mut MdCtx,
        digest: &MdRef,
        parts: &[&[u8]],
        out: &mut [u8],
    ) -> Result<(), CryptoError> {
        let (mut end, mut parts) = (self.block_len, parts);
        while let Some((part, others)) = parts.split_first()
            && let Some(room) = self.bytes.get_mut(end..end.saturating_add(part.len()))
        {
            for (to, from) in room.iter_mut().zip(*part) {
                *to = *from;
            }
            end = end.saturating_add(part.len());
            parts = others;
        }
        context.digest_init(digest).map_err(backend)?;
        context.digest_update(self.bytes.get(..end).ok_or(CryptoError::Backend)?).map_err(backend)?;
        for part in parts {
            context.digest_update(part).map_err(backend)?;
        }
        context.digest_final(out).map_err(backend)?;
        Ok(())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // As a slice: an array is wiped byte by byte.
        self.bytes.as_mut_slice().zeroize();
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
