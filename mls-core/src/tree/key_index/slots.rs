//! A sorted hash table: entries stand at or soon behind the slot that their leading bits name, in ascending order.

use core::iter;

use alloc::vec;
use alloc::vec::Vec;

/// A set of `u64` other than 0, found by their upper half, which is evenly distributed.
///
/// A lookup reads one place of memory, and a change moves the few entries between its slot and the next empty one. Since
/// all is in order, many equal upper halves, which only a hostile tree has, cost no more to build than others.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    /// 0 where there is no entry. The last ones may stand behind the slots that have names.
    slots: Vec<u64>,
    /// Two to the power of this is the number of slots that have names.
    bits: u32,
    count: usize,
}

impl Default for Slots {
    fn default() -> Self {
        Self { slots: vec![0], bits: 0, count: 0 }
    }
}

impl Slots {
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// All entries, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.slots.iter().copied().filter(|entry| *entry != 0)
    }

    /// The entries whose upper half is that of `fingerprint`, ascending.
    pub(crate) fn like(&self, fingerprint: u64) -> impl Iterator<Item = u64> + '_ {
        let from = self.lower_bound(fingerprint);
        let rest = self.slots.get(from..).unwrap_or_default();
        rest.iter().copied().take_while(move |entry| *entry != 0 && entry >> 32 == fingerprint >> 32)
    }

    /// The set without `removed` and then with `added`, both ascending.
    pub(crate) fn change(&mut self, removed: &[u64], added: &[u64]) {
        let changes = removed.len().saturating_add(added.len());
        // One pass over everything where that is less work, and where there is to be more or much less room.
        let bits = bits_for(self.count.saturating_add(added.len()).saturating_sub(removed.len()));
        if changes.saturating_mul(4) > self.count || bits > self.bits || bits < self.bits.saturating_sub(2) {
            *self = Self::build(merged(self.iter(), removed, added));
            return;
        }
        removed.iter().for_each(|entry| self.remove(*entry));
        added.iter().for_each(|entry| self.insert(*entry));
    }

    /// The table of these, in any order.
    ///
    /// Since they are evenly distributed, putting each to those that name the same slot nearly sorts them.
    pub(crate) fn of(entries: &[u64]) -> Self {
        let bits = bits_for(entries.len());
        let named = |entry| slot(entry, bits);
        // Where the entries of each slot end, and then, filled from their end, where they begin.
        let mut ends = vec![0_u32; 1_usize.checked_shl(bits).unwrap_or_default()];
        for entry in entries {
            if let Some(count) = ends.get_mut(named(*entry)) {
                *count = count.saturating_add(1);
            }
        }
        let mut sum = 0_u32;
        for end in &mut ends {
            sum = sum.saturating_add(*end);
            *end = sum;
        }
        let mut sorted = vec![0; entries.len()];
        for entry in entries {
            let Some(end) = ends.get_mut(named(*entry)) else { continue };
            *end = end.saturating_sub(1);
            if let Some(place) = sorted.get_mut(number(u64::from(*end))) {
                *place = *entry;
            }
        }
        let alike = sorted.chunk_by_mut(|a, b| named(*a) == named(*b));
        alike.filter(|alike| alike.len() > 1).for_each(<[u64]>::sort_unstable);
        sorted.dedup();
        Self::build(sorted)
    }

    /// The table of these, which ascend.
    pub(crate) fn build(entries: Vec<u64>) -> Self {
        let bits = bits_for(entries.len());
        let named = 1_usize.checked_shl(bits).unwrap_or_default();
        let mut table = Self { slots: vec![0; named], bits, count: entries.len() };
        let mut next = 0_usize;
        for entry in entries {
            let at = table.named(entry).max(next);
            if at >= table.slots.len() {
                table.slots.resize(at.saturating_add(1), 0);
            }
            if let Some(slot) = table.slots.get_mut(at) {
                *slot = entry;
            }
            next = at.saturating_add(1);
        }
        table
    }

    fn insert(&mut self, entry: u64) {
        let at = self.lower_bound(entry);
        if self.at(at) == Some(entry) {
            return;
        }
        let free = self.slots.iter().skip(at).position(|slot| *slot == 0).map(|further| at.saturating_add(further));
        let free = free.unwrap_or(self.slots.len());
        if free >= self.slots.len() {
            self.slots.resize(free.saturating_add(1), 0);
        }
        if let Some(moved) = self.slots.get_mut(at..=free) {
            moved.rotate_right(1);
            moved.iter_mut().take(1).for_each(|slot| *slot = entry);
            self.count = self.count.saturating_add(1);
        }
    }

    fn remove(&mut self, entry: u64) {
        let at = self.lower_bound(entry);
        if self.at(at) != Some(entry) {
            return;
        }
        // Those that stand behind their slot come one closer.
        let displaced = (at.saturating_add(1)..)
            .map_while(|place| Some((place, self.at(place)?)))
            .take_while(|(place, other)| *other != 0 && self.named(*other) < *place);
        let end = at.saturating_add(1).saturating_add(displaced.count());
        if let Some(moved) = self.slots.get_mut(at..end) {
            moved.rotate_left(1);
            moved.iter_mut().rev().take(1).for_each(|slot| *slot = 0);
            self.count = self.count.saturating_sub(1);
        }
    }

    /// Where the first entry stands that is not below `bound`, or would stand.
    fn lower_bound(&self, bound: u64) -> usize {
        let named = self.named(bound);
        let rest = self.slots.get(named..).unwrap_or_default();
        named.saturating_add(rest.iter().take_while(|entry| **entry != 0 && **entry < bound).count())
    }

    fn at(&self, place: usize) -> Option<u64> {
        self.slots.get(place).copied()
    }

    /// The slot that an entry's leading bits name.
    fn named(&self, entry: u64) -> usize {
        slot(entry, self.bits)
    }
}

/// An entry of the upper half of `fingerprint`, and a number below the highest, so that it is never 0.
pub(crate) const fn entry(fingerprint: u64, number: u32) -> u64 {
    let [a, b, c, d, ..] = fingerprint.to_be_bytes();
    let [e, f, g, h] = number.saturating_add(1).to_be_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The number in an entry.
pub(crate) const fn number_in(entry: u64) -> u32 {
    let [.., a, b, c, d] = entry.to_be_bytes();
    u32::from_be_bytes([a, b, c, d]).wrapping_sub(1)
}

/// The slot that the leading bits of an entry name, of two to the power of `bits`.
fn slot(entry: u64, bits: u32) -> usize {
    number(entry.checked_shr(64_u32.saturating_sub(bits)).unwrap_or_default())
}

fn number(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Room for so many entries with a quarter of the slots empty at least.
fn bits_for(count: usize) -> u32 {
    let slots = count.saturating_add(count / 3).saturating_add(1).checked_next_power_of_two();
    slots.unwrap_or(usize::MAX).ilog2()
}

/// `entries` without `removed` and then with `added`. All three ascend, and so does what results, each once.
pub(crate) fn merged(entries: impl Iterator<Item = u64>, removed: &[u64], added: &[u64]) -> Vec<u64> {
    let mut merged = Vec::with_capacity(entries.size_hint().0.saturating_add(added.len()));
    let (mut removed, mut added) = (removed.iter().copied().peekable(), added.iter().copied().peekable());
    let mut put = |entry| {
        if merged.last() != Some(&entry) {
            merged.push(entry);
        }
    };
    for entry in entries {
        iter::from_fn(|| added.next_if(|added| *added < entry)).for_each(&mut put);
        while removed.next_if(|removed| *removed < entry).is_some() {}
        if removed.peek() != Some(&entry) {
            put(entry);
        }
    }
    added.for_each(put);
    merged
}
