//! The memory store against the suite that every store runs, and the suite against stores that are wrong.
#![allow(clippy::unwrap_used, clippy::unwrap_in_result, clippy::indexing_slicing, reason = "tests")]

use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use mls_client::mls_core::record::{Delta, Durable, Precondition, RecordKey, RecordPrefix, RecordSet, Write};
use mls_client::mls_core::storage::conformance::{self, StoreFactory};
use mls_client::mls_core::storage::{AppWrites, StorageError, StorageErrorKind};
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{MemoryStorage, Storage};

/// A memory store that outlives its handles.
struct Kept(Arc<MemoryStorage>);

impl Storage for Kept {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        self.0.read(keys)
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.0.scan(prefix)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        self.0.commit(delta)
    }

    fn commit_with(&self, delta: &Delta, app: AppWrites) -> Result<Durable, StorageError> {
        self.0.commit_with(delta, app)
    }
}

#[derive(Default)]
struct Keeper(Arc<MemoryStorage>);

impl StoreFactory for Keeper {
    fn create(&mut self) -> Box<dyn Storage> {
        self.0 = Arc::default();
        Box::new(Kept(Arc::clone(&self.0)))
    }

    fn reopen(&mut self) -> Option<Box<dyn Storage>> {
        self.open_beside()
    }

    fn open_beside(&mut self) -> Option<Box<dyn Storage>> {
        Some(Box::new(Kept(Arc::clone(&self.0))))
    }
}

#[test]
fn the_memory_store_conforms() {
    let report = conformance::run(&mut || -> Box<dyn Storage> { Box::new(MemoryStorage::new()) });
    report.assert_ok();
    assert_eq!((report.passed().len(), report.skipped().len()), (24, 5));
    let report = conformance::run(&mut Keeper::default());
    report.assert_ok();
    assert_eq!((report.passed().len(), report.skipped().len()), (29, 0));
}

/// One thing that a store does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fault {
    #[default]
    None,
    ReadsSorted,
    ScansUnsorted,
    ScansByStartOfName,
    PrefixLast,
    IgnoresEquals,
    IgnoresPresent,
    IgnoresAbsent,
    NamesNoRecord,
    WritesInSpite,
    EmptyIsAbsent,
    Cuts,
    ForgetsToDelete,
    ReadsApart,
    Races,
}

/// A store of its own making, wrong in one way.
#[derive(Default)]
struct Faulty {
    fault: Fault,
    /// Commits that have got as far as another may have to wait for.
    progress: AtomicUsize,
    table: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
}

fn name(key: &RecordKey) -> Vec<u8> {
    key.to_bytes().unwrap()
}

impl Faulty {
    fn holds(&self, condition: &Precondition) -> (RecordKey, bool) {
        let table = self.table.lock().unwrap();
        match condition {
            Precondition::Equals(key, want) => {
                let equal = table.get(&name(key)).is_some_and(|value| value == want.as_bytes());
                (key.clone(), equal || self.fault == Fault::IgnoresEquals)
            }
            Precondition::Present(key) => {
                (key.clone(), table.contains_key(&name(key)) || self.fault == Fault::IgnoresPresent)
            }
            Precondition::Absent(key) => {
                (key.clone(), !table.contains_key(&name(key)) || self.fault == Fault::IgnoresAbsent)
            }
            _ => (RecordKey::Psk(vec![]), false),
        }
    }

    fn write(&self, delta: &Delta) {
        let mut table = self.table.lock().unwrap();
        let mut writes: Vec<_> = delta.writes().collect();
        if self.fault == Fault::PrefixLast {
            writes.reverse();
        }
        for write in writes {
            match write {
                Write::DeletePrefix(prefix) => {
                    table.retain(|name, _| !prefix.covers(&RecordKey::from_bytes(name).unwrap()));
                }
                Write::Put(key, value) => {
                    let length = if self.fault == Fault::Cuts { value.len().min(65_535) } else { value.len() };
                    table.insert(name(key), value[..length].to_vec());
                }
                Write::Delete(key) if self.fault != Fault::ForgetsToDelete => {
                    table.remove(&name(key));
                }
                _ => {}
            }
        }
    }

    /// Lets another commit happen in between, if there is one.
    fn dawdle(&self) {
        let before = self.progress.load(Ordering::SeqCst);
        let moved = || self.progress.load(Ordering::SeqCst) != before;
        for _ in 0..2000 {
            if moved() {
                break;
            }
            std::thread::yield_now();
        }
    }

    fn get(&self, key: &RecordKey) -> Option<SecretBytes> {
        let value = self.table.lock().unwrap().get(&name(key)).map(|value| SecretBytes::from_slice(value))?;
        (self.fault != Fault::EmptyIsAbsent || !value.is_empty()).then_some(value)
    }
}

impl Storage for Faulty {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        let mut keys = keys.to_vec();
        match self.fault {
            Fault::ReadsSorted => keys.sort(),
            Fault::ReadsApart => {
                let first = keys.first().map(|key| self.get(key));
                if keys.len() > 1 {
                    self.dawdle();
                }
                return Ok(first.into_iter().chain(keys.iter().skip(1).map(|key| self.get(key))).collect());
            }
            _ => {}
        }
        let table = self.table.lock().unwrap();
        Ok(keys
            .iter()
            .map(|key| table.get(&name(key)).map(|value| SecretBytes::from_slice(value)))
            .map(|value| value.filter(|value| self.fault != Fault::EmptyIsAbsent || !value.is_empty()))
            .collect())
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        let starts = prefix.to_byte_prefixes().unwrap();
        let table = self.table.lock().unwrap();
        let mut found: Vec<_> = table
            .iter()
            .filter(|(name, _)| match self.fault {
                Fault::ScansByStartOfName => starts.iter().any(|start| name.starts_with(&start[..start.len().min(3)])),
                _ => starts.iter().any(|start| name.starts_with(start)),
            })
            .map(|(name, value)| (RecordKey::from_bytes(name).unwrap(), SecretBytes::from_slice(value)))
            .collect();
        if self.fault == Fault::ScansUnsorted {
            found.reverse();
        }
        Ok(found.into_iter().collect())
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let guard = (self.fault != Fault::Races).then(|| ONE_AT_A_TIME.lock());
        for condition in delta.preconditions() {
            let (key, holds) = self.holds(condition);
            if !holds {
                if self.fault == Fault::WritesInSpite {
                    self.write(delta);
                }
                return Err(match self.fault {
                    Fault::NamesNoRecord => StorageError::new(StorageErrorKind::Conflict),
                    _ => StorageError::at(StorageErrorKind::Conflict, key),
                });
            }
        }
        if guard.is_none() {
            self.progress.fetch_add(1, Ordering::SeqCst);
            self.dawdle();
        }
        self.write(delta);
        if guard.is_some() {
            self.progress.fetch_add(1, Ordering::SeqCst);
        }
        drop(guard);
        Ok(Durable::i_stored(delta))
    }
}

fn failures(fault: Fault) -> Vec<&'static str> {
    let report = conformance::run(&mut || -> Box<dyn Storage> { Box::new(Faulty { fault, ..Faulty::default() }) });
    report.failures().iter().map(|failure| failure.case).collect()
}

#[test]
fn a_store_that_is_wrong_in_one_way_is_found() {
    assert!(failures(Fault::None).is_empty());
    for (fault, case) in [
        (Fault::ReadsSorted, "records are read in the order asked for, absent ones and repeated ones too"),
        (Fault::ScansUnsorted, "a set is exact and in order"),
        (Fault::ScansByStartOfName, "a set is exact and in order"),
        (Fault::PrefixLast, "deletions by prefix stand before other writes"),
        (Fault::IgnoresEquals, "of two that compare and swap, one wins"),
        (
            Fault::IgnoresPresent,
            "a precondition that does not hold is a conflict at its record, and nothing is written",
        ),
        (Fault::IgnoresAbsent, "preconditions are about what was there before the delta"),
        (Fault::NamesNoRecord, "one unmet precondition among others stops every write"),
        (Fault::WritesInSpite, "one unmet precondition among others stops every write"),
        (Fault::EmptyIsAbsent, "a record of no byte is not an absent one"),
        (Fault::Cuts, "a record of a mebibyte and every octet comes back"),
        (Fault::Races, "of two that compare and swap, one wins"),
        (Fault::ReadsApart, "records are read at one point in time"),
        (Fault::ForgetsToDelete, "a deletion takes one record, and none where there is none"),
    ] {
        let found = failures(fault);
        assert!(found.contains(&case), "{fault:?}: {found:?}");
    }
}
