//! AEAD of a suite (RFC 9420 section 5.1; RFC 5116, RFC 8439).

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use mls_crypto_traits::{CryptoError, SecretBytes, wiping_stack};

/// Bytes of the tag, `AEAD.Nt`, in each of the three.
const TAG_LEN: usize = 16;

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
        let (key, nonce) = self.keyed(key, nonce)?;
        let mut out = vec![0; plaintext.len().checked_add(TAG_LEN).ok_or(CryptoError::TooLong)?];
        let (body, tag) = out.split_at_mut_checked(plaintext.len()).ok_or(CryptoError::Backend)?;
        // Out of place: no plaintext is ever in the buffer, whatever happens.
        self.run(|| key.seal_out_of_place_scatter(nonce, Aad::from(aad), plaintext, body, &[], tag))
            .map_err(|_| CryptoError::TooLong)?;
        Ok(out)
    }

    /// The same in place, the room for the tag behind the plaintext.
    pub(crate) fn seal_in_place(
        self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        text: &mut [u8],
    ) -> Result<(), CryptoError> {
        let (key, nonce) = self.keyed(key, nonce)?;
        let (body, tag) = text.split_last_chunk_mut::<TAG_LEN>().ok_or(CryptoError::WrongLength)?;
        let made = self
            .run(|| key.seal_in_place_separate_tag(nonce, Aad::from(aad), body))
            .map_err(|_| CryptoError::TooLong)?;
        *tag = made.as_ref().try_into().map_err(|_| CryptoError::Backend)?;
        Ok(())
    }

    /// The plaintext; whatever is wrong with the ciphertext is one error.
    pub(crate) fn open(
        self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<SecretBytes, CryptoError> {
        let (key, nonce) = self.keyed(key, nonce)?;
        let (body, tag) = ciphertext.split_last_chunk::<TAG_LEN>().ok_or(CryptoError::InvalidCiphertext)?;
        let mut out = SecretBytes::zeros(body.len());
        self.run(|| key.open_separate_gather(nonce, Aad::from(aad), body, tag, out.as_mut_bytes()))
            .map_err(|_| CryptoError::InvalidCiphertext)?;
        Ok(out)
    }

    /// Does `work`, and wipes the key from the stack where the library leaves it there.
    fn run<T>(self, work: impl FnOnce() -> T) -> T {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => work(),
            Self::ChaCha20Poly1305 => wiping_stack::<{ 4 << 10 }, T>(work),
        }
    }

    fn keyed(self, key: &[u8], nonce: &[u8]) -> Result<(LessSafeKey, Nonce), CryptoError> {
        let algorithm = match self {
            Self::Aes128Gcm => &aead::AES_128_GCM,
            Self::Aes256Gcm => &aead::AES_256_GCM,
            Self::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        };
        let key = UnboundKey::new(algorithm, key).map_err(|_| CryptoError::WrongLength)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CryptoError::WrongLength)?;
        Ok((LessSafeKey::new(key), nonce))
    }
}

#[cfg(test)]
mod tests;
