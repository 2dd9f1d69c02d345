//! The application's space under pseudonyms and seals.

use core::any::Any;
use std::sync::Arc;

use mls_core::storage::{AppTransaction, AppWrites, StorageError, StorageErrorKind};
use mls_crypto_traits::{CryptoError, SecretBytes};

use super::error::{NotSealed, crypto};
use super::sealer::Sealing;

/// Seals what an application keeps in its space.
pub(super) struct AppSealer {
    pub(super) sealing: Sealing,
    pub(super) key: SecretBytes,
}

impl AppSealer {
    fn name(&self, key: &[u8]) -> Result<Vec<u8>, StorageError> {
        let suite = self.sealing.suite().map_err(crypto)?;
        let name = suite.expand_with_label(self.key.as_bytes(), b"app name", key, 32).map_err(crypto)?;
        Ok(name.as_bytes().to_vec())
    }

    fn value_key(&self) -> Result<SecretBytes, StorageError> {
        let suite = self.sealing.suite().map_err(crypto)?;
        suite.derive_secret(self.key.as_bytes(), b"app values").map_err(crypto)
    }

    /// The writes, to be made in the transaction of the store below.
    pub(super) fn wrap(self: &Arc<Self>, app: AppWrites) -> AppWrites {
        let sealer = Arc::clone(self);
        AppWrites::new(move |below| Ok(app.make(&mut SealedTransaction { sealer: &sealer, below })?))
    }
}

struct SealedTransaction<'a> {
    sealer: &'a AppSealer,
    below: &'a mut dyn AppTransaction,
}

impl AppTransaction for SealedTransaction<'_> {
    fn get(&mut self, key: &[u8]) -> Result<Option<SecretBytes>, StorageError> {
        let name = self.sealer.name(key)?;
        let Some(sealed) = self.below.get(&name)? else {
            return Ok(None);
        };
        let opened = self.sealer.sealing.open(&self.sealer.value_key()?, &name, sealed.as_bytes());
        opened.map(Some).map_err(|error| match error {
            CryptoError::InvalidCiphertext => {
                StorageError::new(StorageErrorKind::Corrupt).with_source(Box::new(NotSealed))
            }
            other => crypto(other),
        })
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        let name = self.sealer.name(key)?;
        let sealed = self.sealer.sealing.seal(&self.sealer.value_key()?, &name, value).map_err(crypto)?;
        self.below.put(&name, sealed.as_bytes())
    }

    fn delete(&mut self, key: &[u8]) -> Result<(), StorageError> {
        self.below.delete(&self.sealer.name(key)?)
    }

    fn native(&mut self) -> Option<&dyn Any> {
        self.below.native()
    }
}
