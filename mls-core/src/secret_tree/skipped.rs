//! Which skipped generations have their keys kept, oldest first.

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader};

use super::{RatchetType, SkippedId};
use crate::tree::math::LeafIndex;

/// Consecutive generations of one ratchet that were skipped together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct SkippedRun {
    /// The sender's leaf.
    pub leaf: LeafIndex,
    /// Which of its ratchets.
    pub ratchet_type: RatchetType,
    /// The first generation.
    pub first: u32,
    /// The last generation.
    pub last: u32,
}

impl SkippedRun {
    fn contains(&self, (leaf, ratchet_type, generation): SkippedId) -> bool {
        self.leaf == leaf && self.ratchet_type == ratchet_type && (self.first..=self.last).contains(&generation)
    }

    /// Number of generations. No run reaches from 0 to `u32::MAX`, since at least the last one was used.
    const fn len(&self) -> u32 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// The part below `generation` and the part above it.
    fn without(self, generation: u32) -> impl Iterator<Item = Self> {
        let below = generation.checked_sub(1).map(|last| Self { last, ..self });
        let above = generation.checked_add(1).map(|first| Self { first, ..self });
        below.into_iter().chain(above).filter(|run| run.first <= run.last)
    }
}

/// Which skipped keys there are in an epoch, in the order in which they were skipped. No secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkippedIndex {
    runs: Vec<SkippedRun>,
    count: u32,
}

impl SkippedIndex {
    /// The kept generations, oldest first.
    #[must_use]
    pub fn runs(&self) -> &[SkippedRun] {
        &self.runs
    }

    /// How many keys there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// How many keys there are of one sender, both ratchets together.
    pub(super) fn count_of(&self, leaf: LeafIndex) -> u32 {
        self.runs.iter().filter(|run| run.leaf == leaf).fold(0, |count, run| run.len().saturating_add(count))
    }

    pub(super) fn contains(&self, id: SkippedId) -> bool {
        self.runs.iter().any(|run| run.contains(id))
    }

    /// Adds the newest run.
    pub(super) fn push(&mut self, run: SkippedRun) {
        self.count = self.count.saturating_add(run.len());
        self.runs.push(run);
    }

    /// Removes one generation; what is left of its run keeps the run's age.
    pub(super) fn remove(&mut self, id: SkippedId) {
        let (_, _, generation) = id;
        if let Some(at) = self.runs.iter().position(|run| run.contains(id)) {
            let run = self.runs.remove(at);
            self.count = self.count.saturating_sub(1);
            drop(self.runs.splice(at..at, run.without(generation)));
        }
    }

    /// Removes the `excess` oldest keys among the runs that `of` picks, and names them.
    // req: R-15.3-01
    pub(super) fn evict_oldest(&mut self, mut excess: u32, of: impl Fn(&SkippedRun) -> bool) -> Vec<SkippedId> {
        let mut evicted = Vec::new();
        self.runs.retain_mut(|run| {
            if excess == 0 || !of(run) {
                return true;
            }
            let dropped = excess.min(run.len());
            excess = excess.saturating_sub(dropped);
            let SkippedRun { leaf, ratchet_type, first, last } = *run;
            let kept_from = first.saturating_add(dropped);
            evicted.extend((first..kept_from).map(|generation| (leaf, ratchet_type, generation)));
            run.first = kept_from;
            kept_from <= last
        });
        self.count = self.count.saturating_sub(u32::try_from(evicted.len()).unwrap_or(u32::MAX));
        evicted
    }
}

impl Encode for SkippedIndex {
    fn encoded_len(&self) -> usize {
        self.runs.encoded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.runs.encode(out)
    }
}

impl Decode for SkippedIndex {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut runs = r.vector()?;
        let mut index = Self::default();
        while !runs.is_empty() {
            let at = runs.offset();
            let run = SkippedRun::decode(&mut runs)?;
            if run.first > run.last || run.last.wrapping_sub(run.first) == u32::MAX {
                return Err(DecodeError::new(DecodeErrorKind::InvalidValue, at));
            }
            index.push(run);
        }
        Ok(index)
    }
}
