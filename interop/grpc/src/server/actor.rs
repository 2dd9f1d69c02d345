//! An actor: a client with a store of its own, and one identity.

use std::sync::Arc;

use mls_client::mls_core::key_package::KeyPackage;
use mls_client::mls_core::record::{Delta, RecordKey, RecordPrefix};
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{
    BasicIdentity, CipherSuite, Client, Credential, DefaultRules, Identity, Limits, MemoryStorage, NewKeyPackage,
    Storage,
};
use mls_codec::{Decode, Reader};

use super::Settings;
use super::failure::Failure;

/// An actor: a client with a store of its own, and one identity.
#[derive(Clone)]
pub(super) struct Actor {
    pub(super) client: Client,
    pub(super) identity: Identity,
    store: Arc<MemoryStorage>,
}

/// A key package with its private keys, which the interface wants for its transcripts.
pub(super) struct OpenKeyPackage {
    pub(super) published: NewKeyPackage,
    pub(super) init: Vec<u8>,
    pub(super) encryption: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl Actor {
    pub(super) fn new(settings: &Settings, suite: CipherSuite, name: Vec<u8>) -> Result<Self, Failure> {
        let store = Arc::new(MemoryStorage::new());
        let client = client(settings, &store)?;
        let identity = client.new_identity(suite, Credential::basic(name))?;
        Ok(Self { client, identity, store })
    }

    /// The same client under an identity of another suite.
    pub(super) fn in_suite(&self, suite: CipherSuite) -> Result<Self, Failure> {
        let identity = self.client.new_identity(suite, self.identity.credential.clone())?;
        Ok(Self { client: self.client.clone(), identity, store: Arc::clone(&self.store) })
    }

    /// The same client under the identity of another actor, whose key packages it takes over.
    pub(super) fn joined_by(&self, settings: &Settings, other: &Self) -> Result<Self, Failure> {
        self.take_over(&other.store)?;
        let client = client(settings, &self.store)?;
        Ok(Self { client, identity: other.identity.clone(), store: Arc::clone(&self.store) })
    }

    /// Takes in the key packages, signers and pre-shared keys of another store, as far as it does not have them.
    fn take_over(&self, other: &MemoryStorage) -> Result<(), Failure> {
        let mut delta = Delta::of_store([0; 16], Vec::new());
        for prefix in [RecordPrefix::KeyPackages, RecordPrefix::Signers, RecordPrefix::Psks] {
            for (key, value) in other.scan(&prefix)? {
                if matches!(self.store.read(core::slice::from_ref(&key))?.as_slice(), [None]) {
                    delta.put(key, value);
                }
            }
        }
        drop(self.store.commit(&delta)?);
        Ok(())
    }

    pub(super) fn key_package(&self) -> Result<OpenKeyPackage, Failure> {
        let published = self.client.key_package(&self.identity)?;
        let record = self.record(RecordKey::KeyPackage(published.reference.into()))?;
        let mut r = Reader::new(record.as_bytes());
        let (_version, _) = (u8::decode(&mut r)?, KeyPackage::decode(&mut r)?);
        let (init, encryption) = (r.opaque()?.to_vec(), r.opaque()?.to_vec());
        Ok(OpenKeyPackage { published, init, encryption, signature: self.signature_key()? })
    }

    fn signature_key(&self) -> Result<Vec<u8>, Failure> {
        let record = self.record(RecordKey::Signer(self.identity.signature_key.clone()))?;
        let mut r = Reader::new(record.as_bytes());
        let (_version, _suite) = (u8::decode(&mut r)?, CipherSuite::decode(&mut r)?);
        Ok(r.opaque()?.to_vec())
    }

    fn record(&self, key: RecordKey) -> Result<SecretBytes, Failure> {
        let record = self.store.read(&[key])?.into_iter().next().flatten();
        record.ok_or_else(|| Failure::refused("the store lacks what it was given"))
    }
}

fn client(settings: &Settings, store: &Arc<MemoryStorage>) -> Result<Client, Failure> {
    let rules = DefaultRules::new().allow_external_commits().allow_external_senders().allow_new_member_proposals();
    // Test clients of others make leaves that never expire.
    let mut limits = Limits::default();
    limits.max_lifetime = u64::MAX;
    let storage: Arc<dyn Storage> = store.clone();
    Ok(Client::builder(storage, Arc::new(BasicIdentity::new()))
        .crypto(Arc::clone(&settings.crypto))
        .rules(Arc::new(rules))
        .limits(limits)
        .grease(settings.grease)
        .build()?)
}
