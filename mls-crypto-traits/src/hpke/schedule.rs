//! The key schedule (RFC 9180 section 5.1).

use alloc::vec::Vec;

use super::context::Context;
use crate::{
    CipherSuiteProvider, CryptoError, SecretBytes,
    kdf::{labeled_expand, labeled_extract},
    provider::ProviderKdf,
};

/// The least length of a PSK (RFC 9180 section 9.5).
const MIN_PSK_LEN: usize = 32;

/// An HPKE mode that MLS and its extensions use.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Mode<'a> {
    /// Encryption to a public key.
    Base,
    /// The same, authenticated by a pre-shared key of 32 bytes or more.
    Psk {
        /// The key.
        psk: &'a [u8],
        /// Its identifier, not empty.
        psk_id: &'a [u8],
    },
}

impl core::fmt::Debug for Mode<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Base => f.write_str("Base"),
            Self::Psk { psk: _, psk_id } => f.debug_struct("Psk").field("psk_id", psk_id).finish_non_exhaustive(),
        }
    }
}

/// The part of the key schedule that depends on mode and `info` alone: computed once, it serves
/// encryptions to any number of receivers.
#[derive(Debug)]
pub struct KeySchedule {
    suite_id: [u8; 10],
    /// `key_schedule_context`: mode, `psk_id_hash`, `info_hash`.
    context: Vec<u8>,
    psk: SecretBytes,
}

impl KeySchedule {
    /// Hashes mode and `info` (in parts).
    ///
    /// # Errors
    /// [`CryptoError::InvalidPsk`].
    pub fn new<P: CipherSuiteProvider + ?Sized>(
        provider: &P,
        mode: Mode<'_>,
        info: &[&[u8]],
    ) -> Result<Self, CryptoError> {
        let (octet, psk, psk_id) = match mode {
            Mode::Base => (0, &[][..], &[][..]),
            Mode::Psk { psk, psk_id } if psk.len() < MIN_PSK_LEN || psk_id.is_empty() => {
                return Err(CryptoError::InvalidPsk);
            }
            Mode::Psk { psk, psk_id } => (1, psk, psk_id),
        };
        let suite_id = suite_id(provider);
        let kdf = ProviderKdf(provider);
        let psk_id_hash = labeled_extract(&kdf, &suite_id, &[], b"psk_id_hash", &[psk_id])?;
        let info_hash = labeled_extract(&kdf, &suite_id, &[], b"info_hash", info)?;
        Ok(Self {
            suite_id,
            context: [&[octet], psk_id_hash.as_bytes(), info_hash.as_bytes()].concat(),
            psk: SecretBytes::from_slice(psk),
        })
    }

    /// AEAD key and nonce of the first message.
    pub(crate) fn key_and_nonce<P: CipherSuiteProvider + ?Sized>(
        &self,
        provider: &P,
        shared_secret: &SecretBytes,
    ) -> Result<(SecretBytes, SecretBytes), CryptoError> {
        let params = provider.params();
        let secret = self.secret(provider, shared_secret)?;
        Ok((
            self.expand(provider, &secret, b"key", params.aead_key_len)?,
            self.expand(provider, &secret, b"base_nonce", params.aead_nonce_len)?,
        ))
    }

    /// Everything, for a context.
    pub(crate) fn context<'a>(
        &self,
        provider: &'a dyn CipherSuiteProvider,
        shared_secret: &SecretBytes,
    ) -> Result<Context<'a>, CryptoError> {
        let params = provider.params();
        let secret = self.secret(provider, shared_secret)?;
        Ok(Context::new(
            provider,
            self.suite_id,
            self.expand(provider, &secret, b"key", params.aead_key_len)?,
            self.expand(provider, &secret, b"base_nonce", params.aead_nonce_len)?,
            self.expand(provider, &secret, b"exp", params.hash_len)?,
        ))
    }

    /// An exported secret, without the keys of a context.
    pub(crate) fn export(
        &self,
        provider: &dyn CipherSuiteProvider,
        shared_secret: &SecretBytes,
        exporter_context: &[u8],
        len: usize,
    ) -> Result<SecretBytes, CryptoError> {
        let secret = self.secret(provider, shared_secret)?;
        let exporter = self.expand(provider, &secret, b"exp", provider.params().hash_len)?;
        export(provider, &self.suite_id, &exporter, exporter_context, len)
    }

    fn secret<P: CipherSuiteProvider + ?Sized>(
        &self,
        provider: &P,
        shared_secret: &SecretBytes,
    ) -> Result<SecretBytes, CryptoError> {
        let kdf = ProviderKdf(provider);
        let shared_secret = shared_secret.as_bytes();
        labeled_extract(&kdf, &self.suite_id, shared_secret, b"secret", &[self.psk.as_bytes()])
    }

    fn expand<P: CipherSuiteProvider + ?Sized>(
        &self,
        provider: &P,
        secret: &SecretBytes,
        label: &[u8],
        len: usize,
    ) -> Result<SecretBytes, CryptoError> {
        let kdf = ProviderKdf(provider);
        let info: &[&[u8]] = &[&self.context];
        labeled_expand(&kdf, &self.suite_id, secret.as_bytes(), label, info, len)
    }
}

/// `Export` (RFC 9180 section 5.3).
pub(crate) fn export<P: CipherSuiteProvider + ?Sized>(
    provider: &P,
    suite_id: &[u8],
    exporter: &SecretBytes,
    exporter_context: &[u8],
    len: usize,
) -> Result<SecretBytes, CryptoError> {
    let kdf = ProviderKdf(provider);
    labeled_expand(&kdf, suite_id, exporter.as_bytes(), b"sec", &[exporter_context], len)
}

/// `"HPKE" || kem_id || kdf_id || aead_id` (RFC 9180 section 5.1).
fn suite_id<P: CipherSuiteProvider + ?Sized>(provider: &P) -> [u8; 10] {
    let [k0, k1] = provider.kem().kem_id().to_be_bytes();
    let [d0, d1] = provider.params().kdf_id.to_be_bytes();
    let [a0, a1] = provider.params().aead_id.to_be_bytes();
    [b'H', b'P', b'K', b'E', k0, k1, d0, d1, a0, a1]
}
