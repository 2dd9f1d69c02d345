//! Records and deltas.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use mls_crypto_traits::SecretBytes;

use super::TestDelta;
use super::keys::{Names, own_value};
use super::wrong::{Wrong, ensure, expect};
use crate::record::RecordKey;
use crate::storage::Storage;

pub(super) fn empty_store(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    let read = store.read(&names.keys)?;
    ensure(read.len() == names.keys.len(), || format!("{} answers to {} questions", read.len(), names.keys.len()))?;
    ensure(read.iter().all(Option::is_none), || "a record in an empty store".into())?;
    ensure(store.read(&[])?.is_empty(), || "an answer to no question".into())?;
    for prefix in &names.prefixes {
        ensure(store.scan(prefix)?.is_empty(), || format!("{prefix:?} is not empty"))?;
    }
    Ok(())
}

pub(super) fn read_order(store: &dyn Storage, _: &Names) -> Result<(), Wrong> {
    let key = |octet: u8| RecordKey::Psk(vec![octet]);
    let delta = (0..9).step_by(2).fold(TestDelta::new(), |delta, octet| delta.put(key(octet), &[octet]));
    drop(store.commit(&delta.build()?)?);
    let asked = [7_u8, 8, 0, 1, 4, 4, 3, 2, 8];
    let keys: Vec<_> = asked.iter().map(|octet| key(*octet)).collect();
    let read = store.read(&keys)?;
    let found: Vec<_> = read.iter().map(|value| value.as_ref().map(SecretBytes::as_bytes)).collect();
    let want: Vec<_> = asked.iter().map(|octet| (octet % 2 == 0).then_some(core::slice::from_ref(octet))).collect();
    ensure(found == want, || format!("{found:?}, not {want:?}"))
}

pub(super) fn own_records(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    names.fill(store)?;
    let read = store.read(&names.keys)?;
    ensure(read.len() == names.keys.len(), || format!("{} answers to {} questions", read.len(), names.keys.len()))?;
    for (key, value) in names.keys.iter().zip(&read) {
        let own = own_value(key)?;
        ensure(value.as_ref().is_some_and(|value| value.as_bytes() == own), || {
            format!("{key:?} has another's value, or none")
        })?;
    }
    Ok(())
}

pub(super) fn replaced(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    names.fill(store)?;
    for value in [&[1; 700][..], &[2], &[3; 70]] {
        let delta = names.keys.iter().fold(TestDelta::new(), |delta, key| delta.put(key.clone(), value));
        drop(store.commit(&delta.build()?)?);
        for found in store.read(&names.keys)? {
            ensure(found.is_some_and(|found| found.as_bytes() == value), || "an old value".into())?;
        }
    }
    Ok(())
}

pub(super) fn empty_value(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    let delta = names.keys.iter().fold(TestDelta::new(), |delta, key| delta.put(key.clone(), &[]));
    drop(store.commit(&delta.build()?)?);
    for (key, found) in names.keys.iter().zip(store.read(&names.keys)?) {
        ensure(found.is_some_and(|found| found.is_empty()), || format!("{key:?} is absent or not empty"))?;
    }
    Ok(())
}

pub(super) fn large_value(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    let value: Vec<u8> = (0..=255_u8).cycle().take(1 << 20).collect();
    // One name of every kind is enough.
    let mut seen = Vec::new();
    for key in &names.keys {
        let kind = core::mem::discriminant(key);
        if seen.contains(&kind) {
            continue;
        }
        seen.push(kind);
        drop(store.commit(&TestDelta::new().put(key.clone(), &value).build()?)?);
        expect(store, key, Some(&value))?;
        drop(store.commit(&TestDelta::new().delete(key.clone()).build()?)?);
        expect(store, key, None)?;
    }
    Ok(())
}

pub(super) fn deleted(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    names.fill(store)?;
    // Every third one, twice.
    let gone: Vec<_> = names.keys.iter().step_by(3).collect();
    for _ in 0..2 {
        let delta = gone.iter().fold(TestDelta::new(), |delta, key| delta.delete((*key).clone()));
        drop(store.commit(&delta.build()?)?);
    }
    for (key, found) in names.keys.iter().zip(store.read(&names.keys)?) {
        ensure(found.is_none() == gone.contains(&key), || format!("{key:?} is deleted or kept wrongly"))?;
    }
    Ok(())
}

pub(super) fn empty_delta(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    names.fill(store)?;
    drop(store.commit(&TestDelta::new().build()?)?);
    ensure(store.read(&names.keys)?.iter().all(Option::is_some), || "a record is gone".into())
}

pub(super) fn proof(store: &dyn Storage, _: &Names) -> Result<(), Wrong> {
    let delta = |octet: u8| TestDelta::new().put(RecordKey::Psk(vec![octet]), &[octet]).build();
    let (one, other) = (delta(1)?, delta(2)?);
    let durable = store.commit(&one)?;
    ensure(durable.names(&one) && !durable.names(&other), || "the proof is about another delta".into())
}
