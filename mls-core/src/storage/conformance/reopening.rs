//! A store that is opened again, or twice.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::keys::Names;
use super::races::race;
use super::wrong::{Wrong, ensure, expect, expect_set};
use super::{StoreFactory, TestDelta};
use crate::record::{GroupId, RecordKey, RecordPrefix};
use crate::storage::Storage;

pub(super) type Outcome = Option<Result<(), Wrong>>;

pub(super) fn survives(store: Box<dyn Storage>, factory: &mut dyn StoreFactory, names: &Names) -> Outcome {
    let filled = names.fill(store.as_ref());
    drop(store);
    let again = factory.reopen()?;
    Some(filled.and_then(|()| {
        names
            .prefixes
            .iter()
            .try_for_each(|prefix| expect_set(again.as_ref(), prefix, &names.sorted(|key| prefix.covers(key))?))
    }))
}

pub(super) fn stays_deleted(store: Box<dyn Storage>, factory: &mut dyn StoreFactory, names: &Names) -> Outcome {
    let gone = RecordPrefix::Group(GroupId::from(Vec::new()));
    let emptied = (|| {
        names.fill(store.as_ref())?;
        drop(store.commit(&TestDelta::new().delete_prefix(gone.clone()).build()?)?);
        Ok(())
    })();
    drop(store);
    let again = factory.reopen()?;
    Some(emptied.and_then(|()| {
        for (key, found) in names.keys.iter().zip(again.read(&names.keys)?) {
            ensure(found.is_none() == gone.covers(key), || alloc::format!("{key:?} is gone or there wrongly"))?;
        }
        Ok(())
    }))
}

pub(super) fn seen_beside(store: Box<dyn Storage>, factory: &mut dyn StoreFactory, _: &Names) -> Outcome {
    let beside = factory.open_beside()?;
    Some((|| {
        let key = RecordKey::Psk(b"seen".to_vec());
        for value in [&b"1"[..], b"22", b""] {
            drop(store.commit(&TestDelta::new().put(key.clone(), value).build()?)?);
            expect(beside.as_ref(), &key, Some(value))?;
            drop(beside.commit(&TestDelta::new().delete(key.clone()).build()?)?);
            expect(store.as_ref(), &key, None)?;
        }
        Ok(())
    })())
}

pub(super) fn swapped_beside(store: Box<dyn Storage>, factory: &mut dyn StoreFactory, _: &Names) -> Outcome {
    let beside = factory.open_beside()?;
    Some(race(store.as_ref(), beside.as_ref()))
}
