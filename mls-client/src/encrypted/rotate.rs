//! Changing the key of a store.

use mls_core::record::{Delta, Precondition, RecordKey, RecordPrefix, RecordSet};
use mls_core::storage::{AsyncStorage, StorageErrorKind};
use mls_crypto_traits::SecretBytes;

use super::error::EncryptedError;
use super::header::{self, Header, KeyEntry, OUTSIDE_GROUPS, header_key};
use super::sealer::Sealer;

/// Moves every record from one key to another: a group in one transaction, then each kind of record that belongs to
/// none. What stands under an old name has not been moved yet, so that nothing else has to be remembered to go on.
pub(super) async fn rotate(inner: &dyn AsyncStorage, old: &Sealer, new: &Sealer) -> Result<(), EncryptedError> {
    let Some(stored) = header::read(inner).await? else {
        return Err(EncryptedError::WrongKey);
    };
    let entry_of = |sealer: &Sealer| stored.header.keys.iter().find(|entry| entry.is_of(sealer));
    let both = match (entry_of(old), entry_of(new), stored.header.keys.len()) {
        (Some(_), Some(_), 2) => stored.bytes,
        // It is done already.
        (_, Some(_), 1) => return Ok(()),
        (Some(entry), None, 1) => {
            let added = KeyEntry::new(new, &entry.app_key(old)?)?;
            let header = Header::of(vec![entry.clone(), added]).to_record()?;
            put_header(inner, new, &stored.bytes, &header).await?;
            header
        }
        (None, None, _) => return Err(EncryptedError::WrongKey),
        _ => return Err(EncryptedError::RotationUnfinished),
    };
    let mover = Mover { inner, old, new, header: &both };
    for (below, sealed) in inner.scan(&RecordPrefix::Groups).await? {
        let (RecordKey::Group(pseudonym), Some(_)) = (&below, mover.opened(&below, &sealed)?) else {
            continue;
        };
        let set = RecordPrefix::Group(pseudonym.clone());
        let records = inner.scan(&set).await?;
        mover.move_all(records, Some(set)).await?;
    }
    for set in &OUTSIDE_GROUPS {
        mover.move_all(inner.scan(set).await?, None).await?;
    }
    let Some(stored) = header::read(inner).await? else {
        return Err(EncryptedError::WrongKey);
    };
    let last = stored.header.keys.into_iter().filter(|entry| entry.is_of(new)).collect();
    put_header(inner, new, &both, &Header::of(last).to_record()?).await
}

async fn put_header(
    inner: &dyn AsyncStorage,
    sealer: &Sealer,
    from: &SecretBytes,
    to: &SecretBytes,
) -> Result<(), EncryptedError> {
    let unchanged = Precondition::Equals(header_key(), from.duplicate());
    let mut delta = Delta::of_store(sealer.sealing.random()?, vec![unchanged]);
    delta.put(header_key(), to.duplicate());
    let _ = inner.commit(&delta).await?;
    Ok(())
}

struct Mover<'a> {
    inner: &'a dyn AsyncStorage,
    old: &'a Sealer,
    new: &'a Sealer,
    header: &'a SecretBytes,
}

impl Mover<'_> {
    /// A record that is sealed with the old key; `None` for one that has been moved.
    fn opened(
        &self,
        below: &RecordKey,
        sealed: &SecretBytes,
    ) -> Result<Option<(RecordKey, SecretBytes)>, EncryptedError> {
        match self.old.open(below, sealed.as_bytes()) {
            Ok(opened) => Ok(Some(opened)),
            Err(error) if error.kind() == StorageErrorKind::Corrupt => match self.new.open(below, sealed.as_bytes()) {
                Ok(_) => Ok(None),
                Err(_) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    async fn move_all(&self, records: RecordSet, whole: Option<RecordPrefix>) -> Result<(), EncryptedError> {
        let condition = Precondition::Equals(header_key(), self.header.duplicate());
        let mut delta = Delta::of_store(self.new.sealing.random()?, vec![condition]);
        for (below, sealed) in records {
            if below == header_key() {
                continue;
            }
            let Some((key, value)) = self.opened(&below, &sealed)? else { continue };
            let renamed = self.new.key(&key)?;
            delta.put(renamed.clone(), self.new.seal(&key, &renamed, value.as_bytes())?);
            if whole.is_none() {
                delta.delete(below);
            }
        }
        if let Some(set) = whole {
            delta.delete_prefix(set);
        }
        if !delta.is_empty() {
            let _ = self.inner.commit(&delta).await?;
        }
        Ok(())
    }
}
