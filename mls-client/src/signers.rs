//! The signing keys that a client holds.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use mls_core::env::Signers;
use mls_crypto_traits::{SignaturePublicKey, SigningKey};

/// The signing keys that are loaded, by public key.
#[derive(Default)]
pub(crate) struct SignerMap {
    keys: RwLock<BTreeMap<SignaturePublicKey, Arc<dyn SigningKey>>>,
}

impl SignerMap {
    pub(crate) fn insert(&self, signer: Arc<dyn SigningKey>) {
        let public = signer.public_key().clone();
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(public, signer);
    }

    pub(crate) fn extend(&self, signers: Vec<Arc<dyn SigningKey>>) {
        signers.into_iter().for_each(|signer| self.insert(signer));
    }

    pub(crate) fn public_keys(&self) -> Vec<SignaturePublicKey> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

impl Signers for SignerMap {
    fn signer(&self, public: &SignaturePublicKey) -> Option<Arc<dyn SigningKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(public).cloned()
    }
}
