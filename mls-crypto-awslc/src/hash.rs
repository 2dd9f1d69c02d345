//! Hash, HMAC and HKDF of a suite (RFC 9420 section 5.1; FIPS 180-4, RFC 2104, RFC 5869).

use aws_lc_rs::{digest, hkdf, hmac};
use mls_crypto_traits::{
    CryptoError, Digest, Kdf, Okm, SecretBytes, hkdf_expand_each_with, hkdf_expand_with, hkdf_extract_with,
};

use crate::bytes::{STACK, whole_len, with_whole};

/// The longest key that AWS-LC's HKDF-Expand takes.
const MAX_PRK_LEN: usize = 64;

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
        Digest::from_slice(self.digest(input).as_ref()).ok_or(CryptoError::Backend)
    }

    /// [`hash`](Self::hash), as the library has it.
    pub(crate) fn digest(self, input: &[&[u8]]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        // The one-shot call needs no context, which is worth a copy of short parts.
        if input.len() <= 1 || whole_len(input).is_some_and(|len| len <= STACK) {
            return with_whole(input, |whole| digest::digest(algorithm, whole));
        }
        let mut context = digest::Context::new(algorithm);
        for part in input {
            context.update(part);
        }
        context.finish()
    }

    /// HMAC over the concatenation of `input`; a key of any length.
    pub(crate) fn hmac(self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        let algorithm = self.hkdf().hmac_algorithm();
        let mut tag = SecretBytes::zeros(algorithm.tag_len());
        let key = hmac::Key::new(algorithm, key);
        // In one piece: a context that is fed piece by piece ends in a tag that cannot be wiped.
        with_whole(input, |whole| hmac::sign_to_buffer(&key, whole, tag.as_mut_bytes()).map(|_| ()))
            .map_err(|_| CryptoError::Backend)?;
        Ok(tag)
    }

    /// HKDF-Expand to several outputs, the key set up once.
    pub(crate) fn expand_each(self, prk: &[u8], outputs: &mut [Okm<'_>]) -> Result<(), CryptoError> {
        let algorithm = self.hkdf().hmac_algorithm();
        let (key, len) = (hmac::Key::new(algorithm, prk), algorithm.tag_len());
        let hmac = |input: &[&[u8]], tag: &mut [u8]| {
            with_whole(input, |whole| hmac::sign_to_buffer(&key, whole, tag).map(|_| ()))
                .map_err(|_| CryptoError::Backend)
        };
        hkdf_expand_each_with(hmac, len, outputs)
    }

    fn hkdf(self) -> hkdf::Algorithm {
        match self {
            Self::Sha256 => hkdf::HKDF_SHA256,
            Self::Sha384 => hkdf::HKDF_SHA384,
            Self::Sha512 => hkdf::HKDF_SHA512,
        }
    }
}

impl Kdf for HashAlgorithm {
    fn hash_len(&self) -> usize {
        self.hkdf().hmac_algorithm().tag_len()
    }

    fn extract(&self, salt: &[u8], ikm: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        // The library's own gives no key to take out.
        hkdf_extract_with(|key, input| self.hmac(key, input), salt, ikm)
    }

    fn expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError> {
        if prk.len() > MAX_PRK_LEN {
            return hkdf_expand_with(|key, input| self.hmac(key, input), prk, info, len);
        }
        let mut okm = SecretBytes::zeros(len);
        hkdf::Prk::new_less_safe(self.hkdf(), prk)
            .expand(info, Length(len))
            .map_err(|_| CryptoError::TooLong)?
            .fill(okm.as_mut_bytes())
            .map_err(|_| CryptoError::Backend)?;
        Ok(okm)
    }
}

/// How many bytes to expand to.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests;
