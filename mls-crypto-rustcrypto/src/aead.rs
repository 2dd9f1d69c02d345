//! AEAD of a suite (RFC 9420 section 5.1; RFC 5116, RFC 8439).

use aes_gcm::{
    AeadInOut, Aes128Gcm, Aes256Gcm, KeyInit, KeySizeUser, Nonce, Tag, aead::consts::U12, aead::consts::U16,
};
use alloc::vec::Vec;
use chacha20poly1305::ChaCha20Poly1305;
use mls_crypto_traits::{CryptoError, SecretBytes};

use crate::stack::{self, wiped};

/// Bytes of the tag, `AEAD.Nt`, in each of the three.
pub(crate) const TAG_LEN: usize = 16;

/// The AEAD that a suite names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AeadAlgorithm {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

impl AeadAlgorithm {
    /// The ciphertext with its tag behind it.
    pub(crate) fn seal(self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut out = Vec::with_capacity(plaintext.len().saturating_add(TAG_LEN));
        out.extend_from_slice(plaintext);
        out.extend_from_slice(&[0; TAG_LEN]);
        match self.seal_in_place(key, nonce, aad, &mut out) {
            Ok(()) => Ok(out),
            Err(error) => {
                // The plaintext may still stand in it.
                drop(SecretBytes::from(out));
                Err(error)
            }
        }
    }

    /// The same in place, the room for the tag behind the plaintext.
    pub(crate) fn seal_in_place(
        self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        text: &mut [u8],
    ) -> Result<(), CryptoError> {
        wiped::<{ stack::AEAD }, _>(|| match self {
            Self::Aes128Gcm => seal_in_place_with::<Aes128Gcm>(key, nonce, aad, text),
            Self::Aes256Gcm => seal_in_place_with::<Aes256Gcm>(key, nonce, aad, text),
            Self::ChaCha20Poly1305 => seal_in_place_with::<ChaCha20Poly1305>(key, nonce, aad, text),
        })
    }

    /// The plaintext; whatever is wrong with the ciphertext is one error.
    pub(crate) fn open(
        self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        wiped::<{ stack::AEAD }, _>(|| match self {
            Self::Aes128Gcm => open_with::<Aes128Gcm>(key, nonce, aad, ciphertext),
            Self::Aes256Gcm => open_with::<Aes256Gcm>(key, nonce, aad, ciphertext),
            Self::ChaCha20Poly1305 => open_with::<ChaCha20Poly1305>(key, nonce, aad, ciphertext),
        })
    }
}

/// What the three have in common: nonces of 12 bytes, tags of 16.
trait Cipher: KeyInit + KeySizeUser + AeadInOut<NonceSize = U12, TagSize = U16> {}

impl<C: KeyInit + KeySizeUser + AeadInOut<NonceSize = U12, TagSize = U16>> Cipher for C {}

fn seal_in_place_with<C: Cipher>(key: &[u8], nonce: &[u8], aad: &[u8], text: &mut [u8]) -> Result<(), CryptoError> {
    let (cipher, nonce) = keyed::<C>(key, nonce)?;
    let (body, tag) = text.split_last_chunk_mut::<TAG_LEN>().ok_or(CryptoError::WrongLength)?;
    *tag = cipher.encrypt_inout_detached(nonce, aad, body.into()).map_err(|_| CryptoError::TooLong)?.into();
    Ok(())
}

fn open_with<C: Cipher>(key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CryptoError> {
    let (cipher, nonce) = keyed::<C>(key, nonce)?;
    let (body, tag) = ciphertext.split_last_chunk::<TAG_LEN>().ok_or(CryptoError::InvalidCiphertext)?;
    let mut out = SecretBytes::from_slice(body);
    let tag = Tag::from(*tag);
    cipher
        .decrypt_inout_detached(nonce, aad, out.as_mut_bytes().into(), &tag)
        .map_err(|_| CryptoError::InvalidCiphertext)?;
    Ok(out)
}

fn keyed<'n, C: Cipher>(key: &[u8], nonce: &'n [u8]) -> Result<(C, &'n Nonce<U12>), CryptoError> {
    let cipher = C::new_from_slice(key).map_err(|_| CryptoError::WrongLength)?;
    let nonce = nonce.try_into().map_err(|_| CryptoError::WrongLength)?;
    Ok((cipher, nonce))
}

#[cfg(test)]
mod tests;
