//! Preconditions.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use mls_crypto_traits::SecretBytes;

use super::TestDelta;
use super::keys::{Names, own_value};
use super::wrong::{Wrong, ensure, expect, expect_conflict};
use crate::record::{GroupId, Precondition, RecordKey, RecordPrefix};
use crate::storage::Storage;

fn equals(key: &RecordKey, value: &[u8]) -> Precondition {
    Precondition::Equals(key.clone(), SecretBytes::from_slice(value))
}

pub(super) fn held(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    for key in &names.keys {
        drop(store.commit(
            &TestDelta::new().require(Precondition::Absent(key.clone())).put(key.clone(), &own_value(key)?).build()?,
        )?);
    }
    let mut delta = TestDelta::new();
    for key in &names.keys {
        let present = Precondition::Present(key.clone());
        delta = delta.require(present).require(equals(key, &own_value(key)?)).put(key.clone(), b"new");
    }
    drop(store.commit(&delta.build()?)?);
    ensure(store.read(&names.keys)?.into_iter().flatten().all(|value| value.as_bytes() == b"new"), || {
        "an old value".into()
    })
}

/// The set that a delta with an unmet precondition would have touched.
fn target() -> (GroupId, RecordKey, RecordKey) {
    let id = GroupId::from(b"target".to_vec());
    (id.clone(), RecordKey::PathKeys(id.clone()), RecordKey::PendingCommit(id))
}

fn refused(store: &dyn Storage, precondition: Precondition, at: &RecordKey) -> Result<(), Wrong> {
    let (id, there, new) = target();
    drop(store.commit(&TestDelta::new().put(there.clone(), b"old").build()?)?);
    let delta = TestDelta::new()
        .require(precondition)
        .delete_prefix(RecordPrefix::Group(id))
        .put(new.clone(), b"new")
        .put(RecordKey::Psk(b"target".to_vec()), b"new");
    expect_conflict(store.commit(&delta.build()?), at)?;
    expect(store, &there, Some(b"old"))?;
    expect(store, &new, None)?;
    expect(store, &RecordKey::Psk(b"target".to_vec()), None)
}

pub(super) fn unmet(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    // One name of every kind, and an empty value, too.
    let mut seen = Vec::new();
    for key in &names.keys {
        let kind = core::mem::discriminant(key);
        if seen.contains(&kind) {
            continue;
        }
        seen.push(kind);
        refused(store, Precondition::Present(key.clone()), key)?;
        refused(store, equals(key, b"value"), key)?;
        refused(store, equals(key, b""), key)?;
        drop(store.commit(&TestDelta::new().put(key.clone(), b"value").build()?)?);
        refused(store, Precondition::Absent(key.clone()), key)?;
        for other in [&b""[..], b"valu", b"value\0", b"Value", b"valuf"] {
            refused(store, equals(key, other), key)?;
        }
        drop(store.commit(&TestDelta::new().put(key.clone(), b"").build()?)?);
        refused(store, Precondition::Absent(key.clone()), key)?;
        refused(store, equals(key, b"\0"), key)?;
        expect(store, key, Some(b""))?;
        drop(store.commit(&TestDelta::new().delete(key.clone()).build()?)?);
    }
    Ok(())
}

pub(super) fn last_unmet(store: &dyn Storage, _: &Names) -> Result<(), Wrong> {
    let key = |octet: u8| RecordKey::Psk(vec![octet]);
    drop(store.commit(&TestDelta::new().put(key(1), b"1").put(key(2), b"2").build()?)?);
    let delta = TestDelta::new()
        .require(equals(&key(1), b"1"))
        .require(Precondition::Present(key(2)))
        .require(Precondition::Absent(key(3)))
        .require(equals(&key(2), b"other"))
        .put(key(1), b"new")
        .put(key(3), b"new")
        .delete(key(2));
    expect_conflict(store.commit(&delta.build()?), &key(2))?;
    expect(store, &key(1), Some(b"1"))?;
    expect(store, &key(2), Some(b"2"))?;
    expect(store, &key(3), None)
}

pub(super) fn before_writes(store: &dyn Storage, _: &Names) -> Result<(), Wrong> {
    let id = GroupId::from(b"founded".to_vec());
    let status = RecordKey::Status(id.clone());
    let delta = |condition: Precondition, value: &[u8]| {
        TestDelta::new()
            .require(condition)
            .delete_prefix(RecordPrefix::Group(id.clone()))
            .put(status.clone(), value)
            .build()
    };
    drop(store.commit(&delta(Precondition::Absent(status.clone()), b"1")?)?);
    expect_conflict(store.commit(&delta(Precondition::Absent(status.clone()), b"2")?), &status)?;
    drop(store.commit(&delta(equals(&status, b"1"), b"2")?)?);
    expect_conflict(store.commit(&delta(equals(&status, b"1"), b"3")?), &status)?;
    expect(store, &status, Some(b"2"))?;
    ensure(store.scan(&RecordPrefix::Group(id.clone()))?.len() == 1, || format!("{id:?} has other records"))
}
