//! What an application writes with a delta.

extern crate std;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::mpsc;

use mls_crypto_traits::SecretBytes;

use super::StoreFactory;
use super::TestDelta;
use super::keys::{Names, identifiers};
use super::reopening::Outcome;
use super::wrong::{Wrong, ensure, expect, expect_conflict};
use crate::record::{Precondition, RecordKey};
use crate::storage::{AppTransaction, AppWrites, Storage, StorageError, StorageErrorKind};

fn record() -> RecordKey {
    RecordKey::Psk(b"beside".to_vec())
}

/// Commits `record()` together with what `write` does; what comes of it.
fn with<T: Send + 'static>(
    store: &dyn Storage,
    value: &[u8],
    write: impl FnOnce(&mut dyn AppTransaction) -> Result<T, StorageError> + Send + 'static,
) -> Result<T, Wrong> {
    let delta = TestDelta::new().put(record(), value).build()?;
    let (out, outcome) = mpsc::channel();
    let writes = AppWrites::new(move |transaction| {
        let written = write(transaction)?;
        // Nobody waits for it where the commit failed.
        let _ = out.send(written);
        Ok(())
    });
    let durable = store.commit_with(&delta, writes)?;
    ensure(durable.names(&delta), || "the proof is about another delta".into())?;
    expect(store, &record(), Some(value))?;
    outcome.try_recv().map_err(|_| Wrong("what the application writes was not written".into()))
}

/// What the application has under these keys.
fn found(store: &dyn Storage, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Wrong> {
    let keys = keys.to_vec();
    with(store, b"look", move |transaction| {
        let get = |key: &Vec<u8>| Ok(transaction.get(key)?.map(|value| value.as_bytes().to_vec()));
        keys.iter().map(get).collect()
    })
}

/// Whether the store has no place for what an application writes.
fn offers(store: &dyn Storage) -> Result<bool, Wrong> {
    let delta = TestDelta::new().build()?;
    match store.commit_with(&delta, AppWrites::new(|_| Ok(()))) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == StorageErrorKind::Unsupported => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Runs a case where the store offers it.
fn offered(store: &dyn Storage, case: impl FnOnce() -> Result<(), Wrong>) -> Outcome {
    match offers(store) {
        Ok(false) => None,
        Ok(true) => Some(case()),
        Err(wrong) => Some(Err(wrong)),
    }
}

pub(super) fn unsupported(store: Box<dyn Storage>, _: &mut dyn StoreFactory, _: &Names) -> Outcome {
    Some((|| {
        if offers(store.as_ref())? {
            return Ok(());
        }
        // Then nothing of the delta is written either.
        let delta = TestDelta::new().put(record(), b"new").build()?;
        drop(store.commit_with(&delta, AppWrites::new(|_| Ok(()))));
        expect(store.as_ref(), &record(), None)
    })())
}

pub(super) fn stored(store: Box<dyn Storage>, _: &mut dyn StoreFactory, names: &Names) -> Outcome {
    let store = store.as_ref();
    offered(store, || {
        names.fill(store)?;
        let keys = identifiers();
        let values: Vec<_> = keys.iter().map(|key| [&b"of "[..], key].concat()).collect();
        let pairs: Vec<_> = keys.iter().cloned().zip(values.clone()).collect();
        with(store, b"put", move |transaction| pairs.iter().try_for_each(|(key, value)| transaction.put(key, value)))?;
        let want: Vec<_> = values.into_iter().map(Some).collect();
        ensure(found(store, &keys)? == want, || "a value of the application is another's, or none".into())?;
        // They are no records.
        for (key, value) in names.keys.iter().zip(store.read(&names.keys)?) {
            ensure(value.is_some(), || format!("{key:?} is gone"))?;
        }
        Ok(())
    })
}

pub(super) fn own_writes(store: Box<dyn Storage>, _: &mut dyn StoreFactory, _: &Names) -> Outcome {
    let store = store.as_ref();
    offered(store, || {
        let seen = with(store, b"1", |transaction| {
            let mut seen = vec![];
            let mut look = |transaction: &mut dyn AppTransaction| {
                let value = transaction.get(b"key")?;
                seen.push(value.as_ref().map(SecretBytes::as_bytes).map(<[u8]>::to_vec));
                Ok::<_, StorageError>(())
            };
            look(transaction)?;
            transaction.delete(b"key")?;
            transaction.put(b"key", b"one")?;
            look(transaction)?;
            transaction.put(b"key", b"")?;
            look(transaction)?;
            transaction.delete(b"key")?;
            look(transaction)?;
            transaction.put(b"key", b"last")?;
            Ok(seen)
        })?;
        ensure(seen == [None, Some(b"one".to_vec()), Some(vec![]), None], || format!("it sees {seen:?}"))?;
        let keys = [b"key".to_vec(), b"other".to_vec()];
        ensure(found(store, &keys)? == [Some(b"last".to_vec()), None], || "what it wrote last is not there".into())
    })
}

pub(super) fn refused(store: Box<dyn Storage>, _: &mut dyn StoreFactory, _: &Names) -> Outcome {
    let store = store.as_ref();
    offered(store, || {
        with(store, b"old", |transaction| transaction.put(b"key", b"old"))?;
        let keys = [b"key".to_vec(), b"more".to_vec()];
        let old = [Some(b"old".to_vec()), None];
        let write = |transaction: &mut dyn AppTransaction| {
            transaction.put(b"key", b"new")?;
            transaction.put(b"more", b"new")
        };
        let delta = TestDelta::new().put(record(), b"new").build()?;
        let failing = AppWrites::new(move |transaction| {
            write(transaction)?;
            Err("no".to_string().into())
        });
        match store.commit_with(&delta, failing) {
            Ok(_) => return Err(Wrong("committed in spite of the application's error".into())),
            Err(error) => ensure(error.kind() == StorageErrorKind::Application, || format!("{:?}", error.kind()))?,
        }
        expect(store, &record(), Some(b"old"))?;
        ensure(found(store, &keys)? == old, || "half of it was written".into())?;
        let at = RecordKey::Psk(b"absent".to_vec());
        let delta = TestDelta::new().require(Precondition::Present(at.clone())).put(record(), b"new").build()?;
        expect_conflict(store.commit_with(&delta, AppWrites::new(move |transaction| Ok(write(transaction)?))), &at)?;
        expect(store, &record(), Some(b"look"))?;
        ensure(found(store, &keys)? == old, || "it was written in spite of a conflict".into())
    })
}

pub(super) fn survives(store: Box<dyn Storage>, factory: &mut dyn StoreFactory, _: &Names) -> Outcome {
    let written =
        offered(store.as_ref(), || with(store.as_ref(), b"put", |transaction| transaction.put(b"key", b"value")))?;
    drop(store);
    let again = factory.reopen()?;
    Some(written.and_then(|()| {
        let keys = [b"key".to_vec()];
        ensure(found(again.as_ref(), &keys)? == [Some(b"value".to_vec())], || "it is gone".into())
    }))
}
