//! Several threads at one store.

use super::std::sync::Barrier;
use super::std::thread;

use core::sync::atomic::{AtomicBool, Ordering};

use alloc::format;
use alloc::vec::Vec;

use mls_crypto_traits::SecretBytes;

use super::TestDelta;
use super::keys::Names;
use super::wrong::{Wrong, ensure, expect, expect_conflict};
use crate::record::{Durable, GroupId, Precondition, RecordKey, RecordPrefix};
use crate::storage::{Storage, StorageError, StorageErrorKind};

const ROUNDS: u8 = 40;

/// Commits, and again while the store is busy.
fn commit(store: &dyn Storage, delta: TestDelta) -> Result<Result<Durable, StorageError>, Wrong> {
    let delta = delta.build()?;
    for _ in 0..10_000 {
        match store.commit(&delta) {
            Err(error) if error.kind() == StorageErrorKind::Busy => thread::yield_now(),
            done => return Ok(done),
        }
    }
    Err(Wrong("busy for ever".into()))
}

/// Reads, and again while the store is busy.
fn when_idle<T>(read: impl Fn() -> Result<T, StorageError>) -> Result<T, Wrong> {
    for _ in 0..10_000 {
        match read() {
            Err(error) if error.kind() == StorageErrorKind::Busy => thread::yield_now(),
            done => return Ok(done?),
        }
    }
    Err(Wrong("busy for ever".into()))
}

fn joined<T>(handle: thread::ScopedJoinHandle<'_, Result<T, Wrong>>) -> Result<T, Wrong> {
    handle.join().unwrap_or_else(|_| Err(Wrong("a thread panicked".into())))
}

pub(super) fn compare_and_swap(store: &dyn Storage, _: &Names) -> Result<(), Wrong> {
    race(store, store)
}

/// Two swap the same record at once, again and again.
pub(super) fn race(one: &dyn Storage, other: &dyn Storage) -> Result<(), Wrong> {
    let status = RecordKey::Status(GroupId::from(b"race".to_vec()));
    drop(one.commit(&TestDelta::new().put(status.clone(), &[0, 0]).build()?)?);
    let mut now = [0, 0];
    for round in 1..=ROUNDS {
        let barrier = Barrier::new(2);
        let swap = |store: &dyn Storage, who: u8| {
            barrier.wait();
            let condition = Precondition::Equals(status.clone(), SecretBytes::from_slice(&now));
            commit(
                store,
                TestDelta::new().require(condition).put(status.clone(), &[round, who]).put(own(who), &[round]),
            )
        };
        let (first, second) = thread::scope(|scope| {
            let first = scope.spawn(|| swap(one, 1));
            let second = scope.spawn(|| swap(other, 2));
            (joined(first), joined(second))
        });
        let winner = match (first?, second?) {
            (Ok(_), lost) => {
                expect_conflict(lost, &status)?;
                1
            }
            (lost, Ok(_)) => {
                expect_conflict(lost, &status)?;
                2
            }
            (Err(error), Err(_)) => return Err(error.into()),
        };
        now = [round, winner];
        expect(one, &status, Some(&now))?;
        expect(other, &status, Some(&now))?;
        expect(one, &own(winner), Some(&[round]))?;
        let loser = own(winner ^ 3);
        let seen = when_idle(|| other.read(core::slice::from_ref(&loser)))?;
        ensure(seen.into_iter().flatten().all(|value| value.as_bytes() != [round]), || "the loser has written".into())?;
    }
    Ok(())
}

/// What only one of the two writes.
fn own(who: u8) -> RecordKey {
    RecordKey::Epoch(GroupId::from(b"race".to_vec()), u64::from(who))
}

/// Says when it is dropped that a thread is done, whichever way.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Whether the records are all there and of one delta.
fn same(keys: &[RecordKey], seen: &[SecretBytes]) -> Result<(), Wrong> {
    ensure(seen.len() == keys.len(), || format!("{} records, not {}", seen.len(), keys.len()))?;
    let first = seen.first().map(SecretBytes::as_bytes);
    ensure(seen.iter().all(|value| Some(value.as_bytes()) == first), || {
        "some records are of one delta and some of another".into()
    })
}

/// One writes the same value under many names, again and again, while the other looks.
fn watched(
    store: &dyn Storage,
    look: impl Fn(&[RecordKey]) -> Result<Vec<SecretBytes>, StorageError> + Sync,
) -> Result<(), Wrong> {
    let id = GroupId::from(b"watched".to_vec());
    let keys: Vec<_> = (0..8_u64)
        .flat_map(|epoch| [RecordKey::Epoch(id.clone(), epoch), RecordKey::ResumptionPsk(id.clone(), epoch)])
        .collect();
    let all = |value: u8| keys.iter().fold(TestDelta::new(), |delta, key| delta.put(key.clone(), &[value]));
    drop(store.commit(&all(0).build()?)?);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut round = 0_u8;
            while !done.load(Ordering::SeqCst) {
                round = round.wrapping_add(1);
                drop(commit(store, all(round).delete_prefix(RecordPrefix::Tree(id.clone())))??);
            }
            Ok(())
        });
        let reader = scope.spawn(|| {
            let _done = Done(&done);
            (0..ROUNDS).try_for_each(|_| same(&keys, &when_idle(|| look(&keys))?))
        });
        joined(writer)?;
        joined(reader)
    })
}

pub(super) fn whole_reads(store: &dyn Storage, _: &Names) -> Result<(), Wrong> {
    watched(store, |keys| Ok(store.read(keys)?.into_iter().flatten().collect()))
}

pub(super) fn whole_scans(store: &dyn Storage, _: &Names) -> Result<(), Wrong> {
    let prefix = RecordPrefix::Group(GroupId::from(b"watched".to_vec()));
    watched(store, |_| Ok(store.scan(&prefix)?.into_iter().map(|(_, value)| value).collect()))
}
