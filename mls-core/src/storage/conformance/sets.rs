//! Sets of records.

use alloc::format;
use alloc::vec;

use super::TestDelta;
use super::keys::Names;
use super::wrong::{Wrong, ensure, expect, expect_set};
use crate::record::{GroupId, RecordKey, RecordPrefix};
use crate::storage::Storage;

pub(super) fn scanned(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    names.fill(store)?;
    for prefix in &names.prefixes {
        expect_set(store, prefix, &names.sorted(|key| prefix.covers(key))?)?;
    }
    Ok(())
}

pub(super) fn deleted(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    for prefix in &names.prefixes {
        names.fill(store)?;
        drop(store.commit(&TestDelta::new().delete_prefix(prefix.clone()).build()?)?);
        for (key, found) in names.keys.iter().zip(store.read(&names.keys)?) {
            ensure(found.is_none() == prefix.covers(key), || {
                format!("{prefix:?} was deleted, and {key:?} is gone or kept wrongly")
            })?;
        }
        expect_set(store, prefix, &[])?;
    }
    Ok(())
}

pub(super) fn prefix_first(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    for prefix in &names.prefixes {
        names.fill(store)?;
        let Some(put) = names.keys.iter().find(|key| prefix.covers(key)) else {
            continue;
        };
        let delta = TestDelta::new().delete_prefix(prefix.clone()).put(put.clone(), b"new").build()?;
        drop(store.commit(&delta)?);
        expect_set(store, prefix, &[(put, b"new".to_vec())])?;
    }
    Ok(())
}

pub(super) fn several_prefixes(store: &dyn Storage, names: &Names) -> Result<(), Wrong> {
    names.fill(store)?;
    let id = GroupId::from(vec![1, 2]);
    let prefixes = [
        RecordPrefix::Epoch(id.clone(), 1),
        RecordPrefix::Epoch(id.clone(), u64::MAX),
        RecordPrefix::Proposals(id.clone()),
        RecordPrefix::Group(GroupId::from(vec![])),
        RecordPrefix::KeyPackages,
    ];
    let delta = prefixes.iter().fold(TestDelta::new(), |delta, prefix| delta.delete_prefix(prefix.clone()));
    let delta = delta.put(RecordKey::Epoch(id.clone(), 1), b"new").delete(RecordKey::Status(id.clone()));
    drop(store.commit(&delta.build()?)?);
    let kept = RecordKey::Epoch(id.clone(), 1);
    for (key, found) in names.keys.iter().zip(store.read(&names.keys)?) {
        let covered = prefixes.iter().any(|prefix| prefix.covers(key)) || *key == RecordKey::Status(id.clone());
        ensure(found.is_none() == (covered && *key != kept), || format!("{key:?} is gone or kept wrongly"))?;
    }
    expect(store, &kept, Some(b"new"))
}
