//! AEAD of a suite (RFC 9420 section 5.1; RFC 5116, RFC 8439).

use core::fmt;

use mls_crypto_traits::{CryptoError, SecretBytes};
use openssl::{
    cipher::Cipher,
    cipher_ctx::{CipherCtx, CipherCtxRef},
    error::ErrorStack,
};

use crate::error::backend;

/// Bytes of the nonce, `AEAD.Nn`, in each of the three.
pub(crate) const NONCE_LEN: usize = 12;
/// Bytes of the tag, `AEAD.Nt`, in each of the three.
pub(crate) const TAG_LEN: usize = 16;

/// OpenSSL counts in `int`.
const MOST: usize = 1 << 30;

/// An AEAD by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AeadAlgorithm {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

impl AeadAlgorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "AES-128-GCM",
            Self::Aes256Gcm => "AES-256-GCM",
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305",
        }
    }

    /// Bytes of a key, `AEAD.Nk`.
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 => 32,
        }
    }
}

/// The AEAD that a suite names, fetched.
pub(crate) struct Aead {
    cipher: Cipher,
    algorithm: AeadAlgorithm,
}

impl Aead {
    /// Fetches the cipher, which costs more than a short message.
    pub(crate) fn fetch(algorithm: AeadAlgorithm) -> Result<Self, CryptoError> {
        let cipher = Cipher::fetch(None, algorithm.name(), None).map_err(|_| CryptoError::Unsupported)?;
        // Lengths that OpenSSL's interface takes for granted; and a stream, of which an input gives as
        // many bytes of output.
        let lengths = (cipher.key_length(), cipher.iv_length(), cipher.block_size());
        if lengths != (algorithm.key_len(), NONCE_LEN, 1) {
            return Err(CryptoError::Backend);
        }
        Ok(Self { cipher, algorithm })
    }

    /// The ciphertext with its tag behind it.
    pub(crate) fn seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.check_lengths(key, nonce)?;
        let len = plaintext.len().checked_add(TAG_LEN).ok_or(CryptoError::TooLong)?;
        let mut out = vec![0; len];
        let (body, tag) = out.split_last_chunk_mut::<TAG_LEN>().ok_or(CryptoError::Backend)?;
        self.encrypt(key, nonce, aad, plaintext, body, tag).map_err(backend)?;
        Ok(out)
    }

    /// The plaintext; whatever is wrong with the ciphertext is one error.
    pub(crate) fn open(
        &self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        self.check_lengths(key, nonce)?;
        let (body, tag) = ciphertext.split_last_chunk::<TAG_LEN>().ok_or(CryptoError::InvalidCiphertext)?;
        let mut out = SecretBytes::zeros(body.len());
        self.decrypt(key, nonce, aad, body, tag, out.as_mut_bytes()).map_err(|_| CryptoError::InvalidCiphertext)?;
        Ok(out)
    }

    /// OpenSSL's interface panics where they are short, and takes what is too long.
    fn check_lengths(&self, key: &[u8], nonce: &[u8]) -> Result<(), CryptoError> {
        let right = key.len() == self.algorithm.key_len() && nonce.len() == NONCE_LEN;
        if right { Ok(()) } else { Err(CryptoError::WrongLength) }
    }

    fn encrypt(
        &self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        plaintext: &[u8],
        body: &mut [u8],
        tag: &mut [u8; TAG_LEN],
    ) -> Result<(), ErrorStack> {
        // It wipes the key when it is dropped.
        let mut context = CipherCtx::new()?;
        context.encrypt_init(Some(&self.cipher), Some(key), Some(nonce))?;
        update(&mut context, aad, plaintext, body)?;
        context.cipher_final(&mut [])?;
        context.tag(tag)
    }

    fn decrypt(
        &self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        body: &[u8],
        tag: &[u8; TAG_LEN],
        plaintext: &mut [u8],
    ) -> Result<(), ErrorStack> {
        let mut context = CipherCtx::new()?;
        context.decrypt_init(Some(&self.cipher), Some(key), Some(nonce))?;
        context.set_tag(tag)?;
        update(&mut context, aad, body, plaintext)?;
        context.cipher_final(&mut []).map(drop)
    }
}

impl fmt::Debug for Aead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cipher: _, algorithm } = self;
        f.debug_tuple("Aead").field(algorithm).finish()
    }
}

/// `out` is as long as `input`.
fn update(context: &mut CipherCtxRef, aad: &[u8], input: &[u8], out: &mut [u8]) -> Result<(), ErrorStack> {
    for part in aad.chunks(MOST) {
        context.cipher_update(part, None)?;
    }
    for (from, to) in input.chunks(MOST).zip(out.chunks_mut(MOST)) {
        context.cipher_update(from, Some(to))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
