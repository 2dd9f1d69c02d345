//! Encryption at rest, over any store.

mod app;
mod error;
mod header;
mod rotate;
mod sealer;

use std::sync::Arc;

use mls_core::record::{Delta, Durable, Precondition, RecordKey, RecordPrefix, RecordSet, Write};
use mls_core::storage::{AppWrites, AsyncStorage, BoxFuture, Storage, StorageError, StorageErrorKind};
use mls_crypto_traits::SecretBytes;

pub use error::EncryptedError;
pub use sealer::{Sealing, StoreKey};

use crate::blocking::{Blocking, ready};
use app::AppSealer;
use error::NotSealed;
use header::{StoredHeader, header_key};
use sealer::Sealer;

/// A store whose records are encrypted before another store, blocking or asynchronous, gets them.
///
/// Each value is sealed by the AEAD of a cipher suite, under a key of its own that is derived from the store's key and a
/// random salt, and bound to the record that it is of: a value that is put in the place of another does not open. Names
/// are pseudonyms: keyed hashes of group identifiers, PSK identifiers, references and public keys. What stays to be seen
/// is how many records there are of which kind, their sizes, and of a group's records the places in its tree, the
/// numbers of epochs and of skipped generations.
///
/// The key is checked when the store is opened, and can be [changed](Self::rotate).
///
#[cfg_attr(feature = "rustcrypto", doc = "```")]
#[cfg_attr(not(feature = "rustcrypto"), doc = "```ignore")]
/// use mls_client::mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
/// use mls_client::mls_crypto_traits::SecretBytes;
/// use mls_client::{BasicIdentity, CipherSuite, Client, Encrypted, EncryptedError, MemoryStorage, Sealing, StoreKey};
/// use std::sync::Arc;
///
/// let suite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
/// let sealing = Sealing::new(Arc::new(RustCryptoProvider::new()), suite, Box::new(OsRng));
/// # let from_the_key_store = || SecretBytes::from_slice(&[7; 32]);
/// let key = StoreKey::from_bytes(from_the_key_store()).ok_or("too short")?;
/// let file = Arc::new(MemoryStorage::new());
/// let store = Encrypted::open(Arc::clone(&file), &key, &sealing)?;
/// let client = Client::builder(Arc::new(store), Arc::new(BasicIdentity::new())).build()?;
///
/// let other = StoreKey::from_bytes(SecretBytes::from_slice(&[8; 32])).ok_or("too short")?;
/// assert!(matches!(Encrypted::open(file, &other, &sealing), Err(EncryptedError::WrongKey)));
/// # drop(client);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
/// Whoever can write the file, and has no key, can delete records, and can put an older state of all or of single
/// records back: nothing in a file can tell that it is the latest. An old state of a group brings back keys that were
/// deleted, and sends with generations that were used, which gives away the exclusive or of two plaintexts. Against
/// those who can write, keep the file where they cannot, or a counter where they cannot turn it back.
///
/// What the application writes in [transactions](AppWrites) is sealed in its own key-value space; tables that it reaches
/// through the store's native view are its own affair.
pub struct Encrypted<S: ?Sized> {
    inner: Arc<S>,
    sealer: Sealer,
    app: Arc<AppSealer>,
    /// Nothing is written under this key once another one is being introduced.
    header: SecretBytes,
}

impl<S: Storage + 'static> Encrypted<S> {
    /// Opens a store that is sealed with `key`; an empty one is sealed with it from now on.
    ///
    /// # Errors
    /// An [`EncryptedError`]: [`WrongKey`](EncryptedError::WrongKey) where it is another one.
    pub fn open(inner: Arc<S>, key: &StoreKey, sealing: &Sealing) -> Result<Self, EncryptedError> {
        let sealer = Sealer::new(sealing.share(), key)?;
        let header = settled(header::open(&Blocking::new(Arc::clone(&inner)), &sealer))?;
        Self::of(inner, sealer, &header)
    }

    /// Changes the key of a store: everything is sealed anew. It may be interrupted and called again with the same keys;
    /// until it is done the store cannot be opened with either. What has the store open with the old key gets a
    /// conflict at its next write.
    ///
    /// # Errors
    /// An [`EncryptedError`]; as much as was done stays.
    pub fn rotate(inner: Arc<S>, old: &StoreKey, new: &StoreKey, sealing: &Sealing) -> Result<(), EncryptedError> {
        let (old, new) = (Sealer::new(sealing.share(), old)?, Sealer::new(sealing.share(), new)?);
        settled(rotate::rotate(&Blocking::new(inner), &old, &new))
    }
}

impl<S: AsyncStorage> Encrypted<S> {
    /// [Opens](Self::open) an asynchronous store.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_async(inner: Arc<S>, key: &StoreKey, sealing: &Sealing) -> Result<Self, EncryptedError> {
        let sealer = Sealer::new(sealing.share(), key)?;
        let header = header::open(&*inner, &sealer).await?;
        Self::of(inner, sealer, &header)
    }

    /// [Changes](Self::rotate) the key of an asynchronous store.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub async fn rotate_async(
        inner: Arc<S>,
        old: &StoreKey,
        new: &StoreKey,
        sealing: &Sealing,
    ) -> Result<(), EncryptedError> {
        let (old, new) = (Sealer::new(sealing.share(), old)?, Sealer::new(sealing.share(), new)?);
        rotate::rotate(&*inner, &old, &new).await
    }
}

/// The value of a future over a blocking store.
fn settled<T>(future: impl Future<Output = Result<T, EncryptedError>>) -> Result<T, EncryptedError> {
    ready(future).unwrap_or_else(|| Err(StorageError::new(StorageErrorKind::Other).into()))
}

fn at_once<T>(future: impl Future<Output = Result<T, StorageError>>) -> Result<T, StorageError> {
    ready(future).unwrap_or_else(|| Err(StorageError::new(StorageErrorKind::Other)))
}

impl<S: ?Sized> Encrypted<S> {
    fn of(inner: Arc<S>, sealer: Sealer, stored: &StoredHeader) -> Result<Self, EncryptedError>
    where
        S: Sized,
    {
        let entry = stored.header.keys.iter().find(|entry| entry.is_of(&sealer)).ok_or(EncryptedError::WrongKey)?;
        let app = Arc::new(AppSealer { sealing: sealer.sealing.share(), key: entry.app_key(&sealer)? });
        Ok(Self { inner, sealer, app, header: stored.bytes.duplicate() })
    }

    async fn read_from(
        &self,
        inner: &dyn AsyncStorage,
        keys: &[RecordKey],
    ) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        match self.try_read(inner, keys).await {
            Err(error) => Err(self.explained(inner, error).await),
            read => read,
        }
    }

    async fn scan_in(&self, inner: &dyn AsyncStorage, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        match self.try_scan(inner, prefix).await {
            Err(error) => Err(self.explained(inner, error).await),
            found => found,
        }
    }

    /// What does not open may be sound, and sealed with a key that the store has got since.
    async fn explained(&self, inner: &dyn AsyncStorage, error: StorageError) -> StorageError {
        if error.kind() != StorageErrorKind::Corrupt {
            return error;
        }
        match inner.read(&[header_key()]).await.map(|mut read| read.pop().flatten()) {
            Ok(Some(header)) if header.ct_eq(self.header.as_bytes()) => error,
            Ok(_) => StorageError::new(StorageErrorKind::Conflict).with_source(Box::new(EncryptedError::WrongKey)),
            Err(_) => error,
        }
    }

    async fn try_read(
        &self,
        inner: &dyn AsyncStorage,
        keys: &[RecordKey],
    ) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        let below = keys.iter().map(|key| self.sealer.key(key)).collect::<Result<Vec<_>, _>>()?;
        let sealed = inner.read(&below).await?;
        keys.iter()
            .zip(&below)
            .zip(sealed)
            .map(|((key, below), sealed)| sealed.map(|sealed| self.value(key, below, &sealed)).transpose())
            .collect()
    }

    fn value(&self, key: &RecordKey, below: &RecordKey, sealed: &SecretBytes) -> Result<SecretBytes, StorageError> {
        match self.sealer.open(below, sealed.as_bytes()) {
            Ok((true_key, value)) if true_key == *key => Ok(value),
            Ok(_) => Err(StorageError::at(StorageErrorKind::Corrupt, key.clone()).with_source(Box::new(NotSealed))),
            Err(error) if error.kind() == StorageErrorKind::Corrupt => {
                Err(StorageError::at(StorageErrorKind::Corrupt, key.clone()).with_source(Box::new(NotSealed)))
            }
            Err(error) => Err(error),
        }
    }

    async fn try_scan(&self, inner: &dyn AsyncStorage, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        let mut found = RecordSet::new();
        for (below, sealed) in inner.scan(&self.sealer.prefix(prefix)?).await?.iter() {
            if *below == header_key() {
                continue;
            }
            let (key, value) = self.sealer.open(&below, sealed)?;
            found.push(key, value.as_bytes());
        }
        found.sort();
        Ok(found)
    }

    /// The delta as the store below gets it. A condition on a record's value is checked here and handed on as one on its
    /// sealed value as it was read: nobody can have written between.
    async fn sealed_delta(&self, inner: &dyn AsyncStorage, delta: &Delta) -> Result<Delta, StorageError> {
        let mut below = delta.instead(self.conditions(inner, delta).await?);
        for write in delta.writes() {
            match write {
                Write::DeletePrefix(prefix) => {
                    below.delete_prefix(self.sealer.prefix(prefix)?);
                    // The header stands among the pre-shared keys, and stays.
                    if prefix.covers(&header_key()) {
                        below.put(header_key(), self.header.duplicate());
                    }
                }
                Write::Delete(key) => below.delete(self.sealer.key(key)?),
                Write::Put(key, value) => {
                    let name = self.sealer.key(key)?;
                    let sealed = self.sealer.seal(key, &name, value)?;
                    below.put(name, sealed);
                }
                _ => return Err(StorageError::new(StorageErrorKind::Unsupported)),
            }
        }
        Ok(below)
    }

    async fn conditions(&self, inner: &dyn AsyncStorage, delta: &Delta) -> Result<Vec<Precondition>, StorageError> {
        let mut conditions = vec![Precondition::Equals(header_key(), self.header.duplicate())];
        for condition in delta.preconditions() {
            conditions.push(match condition {
                Precondition::Present(key) => Precondition::Present(self.sealer.key(key)?),
                Precondition::Absent(key) => Precondition::Absent(self.sealer.key(key)?),
                Precondition::Equals(key, want) => {
                    let name = self.sealer.key(key)?;
                    let sealed = inner.read(core::slice::from_ref(&name)).await?.pop().flatten();
                    let conflict = || StorageError::at(StorageErrorKind::Conflict, key.clone());
                    let sealed = sealed.ok_or_else(conflict)?;
                    if !self.value(key, &name, &sealed)?.ct_eq(want.as_bytes()) {
                        return Err(conflict());
                    }
                    Precondition::Equals(name, sealed)
                }
                _ => return Err(StorageError::new(StorageErrorKind::Unsupported)),
            });
        }
        Ok(conditions)
    }

    async fn commit_to(
        &self,
        inner: &dyn AsyncStorage,
        delta: &Delta,
        app: Option<AppWrites>,
    ) -> Result<Durable, StorageError> {
        let below = self.sealed_delta(inner, delta).await?;
        let stored = match app {
            Some(app) => inner.commit_with(&below, self.app.wrap(app)).await,
            None => inner.commit(&below).await,
        };
        stored.map_err(|error| self.named(error, delta))
    }

    /// An error that names the record as it is known above.
    fn named(&self, error: StorageError, delta: &Delta) -> StorageError {
        let Some(below) = error.record() else { return error };
        let conditions = delta.preconditions().iter().filter_map(|condition| match condition {
            Precondition::Equals(key, _) | Precondition::Present(key) | Precondition::Absent(key) => Some(key),
            _ => None,
        });
        let writes = delta.writes().filter_map(|write| match write {
            Write::Put(key, _) | Write::Delete(key) => Some(key),
            _ => None,
        });
        let known = conditions.chain(writes).find(|key| self.sealer.key(key).is_ok_and(|name| name == *below));
        match known {
            Some(key) => StorageError::at(error.kind(), key.clone()).with_source(Box::new(error)),
            None => error,
        }
    }
}

impl<S: Storage + ?Sized + 'static> Storage for Encrypted<S> {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        at_once(self.read_from(&Blocking::new(Arc::clone(&self.inner)), keys))
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        at_once(self.scan_in(&Blocking::new(Arc::clone(&self.inner)), prefix))
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        at_once(self.commit_to(&Blocking::new(Arc::clone(&self.inner)), delta, None))
    }

    fn commit_with(&self, delta: &Delta, app: AppWrites) -> Result<Durable, StorageError> {
        at_once(self.commit_to(&Blocking::new(Arc::clone(&self.inner)), delta, Some(app)))
    }
}

impl<S: AsyncStorage> AsyncStorage for Encrypted<S> {
    fn read<'a>(&'a self, keys: &'a [RecordKey]) -> BoxFuture<'a, Result<Vec<Option<SecretBytes>>, StorageError>> {
        Box::pin(self.read_from(&*self.inner, keys))
    }

    fn scan<'a>(&'a self, prefix: &'a RecordPrefix) -> BoxFuture<'a, Result<RecordSet, StorageError>> {
        Box::pin(self.scan_in(&*self.inner, prefix))
    }

    fn commit<'a>(&'a self, delta: &'a Delta) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(self.commit_to(&*self.inner, delta, None))
    }

    fn commit_with<'a>(&'a self, delta: &'a Delta, app: AppWrites) -> BoxFuture<'a, Result<Durable, StorageError>> {
        Box::pin(self.commit_to(&*self.inner, delta, Some(app)))
    }
}

impl<S: ?Sized> core::fmt::Debug for Encrypted<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { inner: _, sealer: _, app: _, header: _ } = self;
        f.debug_struct("Encrypted").finish_non_exhaustive()
    }
}
