//! Encryption contexts (RFC 9180 sections 5.2 and 5.3).

use alloc::vec::Vec;
use core::fmt;

use super::schedule::export;
use crate::{CipherSuiteProvider, CryptoError, SecretBytes};

/// Seals in sequence and exports.
#[derive(Debug)]
pub struct SenderContext<'a>(pub(crate) Context<'a>);

impl SenderContext<'_> {
    /// Encrypts the next message.
    ///
    /// # Errors
    /// [`CryptoError::MessageLimit`] where no sequence number is left.
    pub fn seal(&mut self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.step(|provider, key, nonce| provider.aead_seal(key, nonce, aad, plaintext))
    }

    /// A secret of `len` bytes that the receiver can export too.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] beyond 255 hashes.
    pub fn export(&self, exporter_context: &[u8], len: usize) -> Result<SecretBytes, CryptoError> {
        self.0.export(exporter_context, len)
    }
}

/// Opens in sequence and exports.
#[derive(Debug)]
pub struct ReceiverContext<'a>(pub(crate) Context<'a>);

impl ReceiverContext<'_> {
    /// Decrypts the next message. A failure leaves the sequence number as it was.
    ///
    /// # Errors
    /// [`CryptoError::InvalidCiphertext`]; [`CryptoError::MessageLimit`] where no sequence number is
    /// left.
    pub fn open(&mut self, aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.0.step(|provider, key, nonce| open_aead(provider, key, nonce, aad, ciphertext))
    }

    /// A secret of `len` bytes that the sender can export too.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] beyond 255 hashes.
    pub fn export(&self, exporter_context: &[u8], len: usize) -> Result<SecretBytes, CryptoError> {
        self.0.export(exporter_context, len)
    }
}

/// AEAD decryption, with the tag's length checked in front of the provider.
pub(super) fn open_aead<P: CipherSuiteProvider + ?Sized>(
    provider: &P,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<SecretBytes, CryptoError> {
    if ciphertext.len() < provider.params().aead_tag_len {
        return Err(CryptoError::InvalidCiphertext);
    }
    provider.aead_open(key, nonce, aad, ciphertext)
}

/// What both sides hold.
pub(crate) struct Context<'a> {
    provider: &'a dyn CipherSuiteProvider,
    suite_id: [u8; 10],
    key: SecretBytes,
    base_nonce: SecretBytes,
    exporter: SecretBytes,
    /// `None` once the last sequence number is used.
    sequence: Option<u64>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        provider: &'a dyn CipherSuiteProvider,
        suite_id: [u8; 10],
        key: SecretBytes,
        base_nonce: SecretBytes,
        exporter: SecretBytes,
    ) -> Self {
        Self { provider, suite_id, key, base_nonce, exporter, sequence: Some(0) }
    }

    /// Runs one AEAD operation with the current nonce; moves on only where it succeeds.
    fn step<T>(
        &mut self,
        operation: impl FnOnce(&dyn CipherSuiteProvider, &[u8], &[u8]) -> Result<T, CryptoError>,
    ) -> Result<T, CryptoError> {
        let sequence = self.sequence.ok_or(CryptoError::MessageLimit)?;
        let nonce = self.nonce(sequence);
        let output = operation(self.provider, self.key.as_bytes(), nonce.as_bytes())?;
        // 2^64 messages, where RFC 9180 allows 2^(8 Nn): nobody gets there.
        self.sequence = sequence.checked_add(1);
        Ok(output)
    }

    /// `ComputeNonce`: the sequence number, big-endian, on the right end of the base nonce.
    fn nonce(&self, sequence: u64) -> SecretBytes {
        let mut nonce = self.base_nonce.duplicate();
        let low_end_first = sequence.to_be_bytes().into_iter().rev();
        for (byte, with) in nonce.as_mut_bytes().iter_mut().rev().zip(low_end_first) {
            *byte ^= with;
        }
        nonce
    }

    fn export(&self, exporter_context: &[u8], len: usize) -> Result<SecretBytes, CryptoError> {
        export(self.provider, &self.suite_id, &self.exporter, exporter_context, len)
    }

    #[cfg(test)]
    pub(crate) fn set_sequence(&mut self, sequence: u64) {
        self.sequence = Some(sequence);
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider: _, suite_id, key: _, base_nonce: _, exporter: _, sequence } = self;
        f.debug_struct("Context").field("suite_id", suite_id).field("sequence", sequence).finish_non_exhaustive()
    }
}
