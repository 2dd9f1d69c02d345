//! Stored values of which some are resident.

use alloc::collections::BTreeMap;
use core::fmt;

/// What is known about one stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot<T> {
    /// It is this.
    Present(T),
    /// There is none.
    Absent,
    /// It is not resident; storage knows.
    Unknown,
}

/// Values by key. Where they are complete, what is not here does not exist; else it is unknown.
pub(super) struct Slots<K, V> {
    /// `None` is known to be absent.
    entries: BTreeMap<K, Option<V>>,
    complete: bool,
}

impl<K: Ord + Copy, V> Slots<K, V> {
    /// No values, and none in storage.
    pub(super) const fn complete() -> Self {
        Self { entries: BTreeMap::new(), complete: true }
    }

    /// No values resident.
    pub(super) const fn cold() -> Self {
        Self { entries: BTreeMap::new(), complete: false }
    }

    pub(super) fn get(&self, key: &K) -> Slot<&V> {
        match self.entries.get(key) {
            Some(Some(value)) => Slot::Present(value),
            Some(None) => Slot::Absent,
            None if self.complete => Slot::Absent,
            None => Slot::Unknown,
        }
    }

    /// Puts `slot` in place of what was known, which is returned.
    pub(super) fn replace(&mut self, key: K, slot: Slot<V>) -> Slot<V> {
        let old = match slot {
            Slot::Present(value) => self.entries.insert(key, Some(value)),
            Slot::Absent if !self.complete => self.entries.insert(key, None),
            Slot::Absent | Slot::Unknown => self.entries.remove(&key),
        };
        match old {
            Some(Some(value)) => Slot::Present(value),
            Some(None) => Slot::Absent,
            None if self.complete => Slot::Absent,
            None => Slot::Unknown,
        }
    }

    /// The resident values, in the keys' order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.entries.iter().filter_map(|(key, value)| value.as_ref().map(|value| (*key, value)))
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Slots<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, complete } = self;
        f.debug_struct("Slots").field("entries", entries).field("complete", complete).finish()
    }
}
