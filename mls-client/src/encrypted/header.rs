//! The record that says with which key a store is sealed.

use mls_codec::{Decode, Encode};
use mls_core::record::{Delta, Precondition, RecordKey, RecordPrefix};
use mls_core::storage::{AsyncStorage, StorageError, StorageErrorKind};
use mls_crypto_traits::SecretBytes;

use super::error::{EncryptedError, NotSealed};
use super::sealer::Sealer;

/// No pseudonym has this length.
const NAME: &[u8] = b"mls-client encrypted store, version 0";

/// The sets of what belongs to no group in the store.
pub(super) const OUTSIDE_GROUPS: [RecordPrefix; 5] = [
    RecordPrefix::ExternalJoins,
    RecordPrefix::Successors,
    RecordPrefix::KeyPackages,
    RecordPrefix::Signers,
    RecordPrefix::Psks,
];

/// The keys that a store is sealed with: one, or two while it is changed from the first to the second.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Header {
    version: u8,
    pub(super) keys: Vec<KeyEntry>,
}

/// One key: how to tell it, and under it the key of the application's space, which stays the same when it is changed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct KeyEntry {
    check: Vec<u8>,
    app_key: Vec<u8>,
}

/// The header as it was read, for conditions on it.
pub(super) struct StoredHeader {
    pub(super) header: Header,
    pub(super) bytes: SecretBytes,
}

pub(super) fn header_key() -> RecordKey {
    RecordKey::Psk(NAME.to_vec())
}

impl Header {
    pub(super) const fn of(keys: Vec<KeyEntry>) -> Self {
        Self { version: 0, keys }
    }

    pub(super) fn to_record(&self) -> Result<SecretBytes, StorageError> {
        let bytes = self.to_bytes().map_err(|_| StorageError::new(StorageErrorKind::Other))?;
        Ok(SecretBytes::from_slice(&bytes))
    }
}

impl KeyEntry {
    pub(super) fn new(sealer: &Sealer, app_key: &SecretBytes) -> Result<Self, EncryptedError> {
        let app_key = sealer.sealing.seal(&sealer.header, &sealer.check, app_key.as_bytes())?;
        Ok(Self { check: sealer.check.clone(), app_key: app_key.as_bytes().to_vec() })
    }

    pub(super) fn is_of(&self, sealer: &Sealer) -> bool {
        self.check == sealer.check
    }

    /// The key of the application's space.
    pub(super) fn app_key(&self, sealer: &Sealer) -> Result<SecretBytes, EncryptedError> {
        sealer.sealing.open(&sealer.header, &self.check, &self.app_key).map_err(|_| damaged().into())
    }
}

fn damaged() -> StorageError {
    StorageError::at(StorageErrorKind::Corrupt, header_key()).with_source(Box::new(NotSealed))
}

pub(super) async fn read(inner: &dyn AsyncStorage) -> Result<Option<StoredHeader>, EncryptedError> {
    let Some(bytes) = inner.read(&[header_key()]).await?.pop().flatten() else {
        return Ok(None);
    };
    let header = Header::from_bytes(bytes.as_bytes()).map_err(|_| damaged())?;
    if header.version == 0 { Ok(Some(StoredHeader { header, bytes })) } else { Err(damaged().into()) }
}

/// The header of a store that is sealed with this key; an empty store is from now on.
pub(super) async fn open(inner: &dyn AsyncStorage, sealer: &Sealer) -> Result<StoredHeader, EncryptedError> {
    let stored = match read(inner).await? {
        Some(stored) => stored,
        None => found(inner, sealer).await?,
    };
    let ours = stored.header.keys.iter().any(|entry| entry.is_of(sealer));
    match (ours, stored.header.keys.len()) {
        (true, 1) => Ok(stored),
        (true, _) => Err(EncryptedError::RotationUnfinished),
        (false, _) => Err(EncryptedError::WrongKey),
    }
}

async fn found(inner: &dyn AsyncStorage, sealer: &Sealer) -> Result<StoredHeader, EncryptedError> {
    for prefix in [&RecordPrefix::Groups].into_iter().chain(&OUTSIDE_GROUPS) {
        if !inner.scan(prefix).await?.is_empty() {
            return match read(inner).await? {
                // Somebody else was first.
                Some(stored) => Ok(stored),
                None => Err(EncryptedError::NotEncrypted),
            };
        }
    }
    let app_key = SecretBytes::from_slice(&sealer.sealing.random::<32>()?);
    let header = Header::of(vec![KeyEntry::new(sealer, &app_key)?]);
    let bytes = header.to_record()?;
    let mut delta = Delta::of_store(sealer.sealing.random()?, vec![Precondition::Absent(header_key())]);
    delta.put(header_key(), bytes.duplicate());
    match inner.commit(&delta).await {
        Ok(_) => Ok(StoredHeader { header, bytes }),
        Err(error) if error.kind() == StorageErrorKind::Conflict => {
            read(inner).await?.ok_or(EncryptedError::Storage(error))
        }
        Err(error) => Err(error.into()),
    }
}
