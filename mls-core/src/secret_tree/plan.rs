//! Finding a message's key without touching the tree (RFC 9420 sections 9.1, 9.2 and 15.3).

use alloc::vec::Vec;

use mls_crypto_traits::Suite;

use super::{
    RatchetMove, RatchetState, RatchetType, SecretTree, SecretTreeEdit, SecretTreeError, SecretTreeKey,
    SecretTreeLimits, SkippedIndex, SkippedRun,
    expand::FirstUse,
    moves::{Sent, Stored},
    ratchet::Advanced,
    slots::Slot,
};
use crate::tree::math::LeafIndex;

impl SecretTree {
    /// Plans the use of our own ratchet's next generation, and reserves no other.
    ///
    /// # Errors
    /// As [`Self::plan_send_ahead`].
    ///
    /// # Security
    /// As [`Self::plan_send_ahead`].
    pub fn plan_next_send(
        &self,
        suite: Suite<'_>,
        own: LeafIndex,
        ratchet_type: RatchetType,
    ) -> Result<RatchetMove, SecretTreeError> {
        self.plan_send_ahead(suite, own, ratchet_type, 1)
    }

    /// Plans the use of our own ratchet's next generation. Where none is reserved any more, that and `reserve - 1` more
    /// are: what is stored is the ratchet behind them, so the moves to them ask nothing of storage. One that is loaded
    /// goes on behind the reserved generations and repeats none.
    ///
    /// # Errors
    /// [`SecretTreeError::GenerationsExhausted`] after generation 2^32 - 1, [`SecretTreeError::LeafErased`],
    /// [`SecretTreeError::LeafOutOfTree`], [`SecretTreeError::NotResident`], [`SecretTreeError::Crypto`].
    ///
    /// # Security
    /// The move must be applied, and its changes stored, before anything sealed with its key goes out: a key that
    /// seals two messages protects neither. Reserved generations belong to this value: nobody else may hold them, which
    /// they do not where the write that reserves is conditional on the state that it was computed from.
    // req: R-9.1-02
    // req: R-9.1-03
    // req: R-15.2-01
    pub fn plan_send_ahead(
        &self,
        suite: Suite<'_>,
        own: LeafIndex,
        ratchet_type: RatchetType,
        reserve: u32,
    ) -> Result<RatchetMove, SecretTreeError> {
        self.check_leaf(own)?;
        let id = (own, ratchet_type);
        let mut edit = SecretTreeEdit::default();
        let fresh;
        let state = match self.ratchets.get(&id) {
            Slot::Present(state) => state,
            Slot::Absent => {
                fresh = edit.take_expansion(self.expand(suite, own)?, own, ratchet_type);
                &fresh
            }
            Slot::Unknown => return Err(SecretTreeError::NotResident(self.unknown_to_send(own, ratchet_type))),
        };
        let generation = state.generation().ok_or(SecretTreeError::GenerationsExhausted)?;
        let Advanced { state, key, .. } = state.advance(suite, generation, generation)?;
        edit.sent = Some(match self.reserved.get(&id) {
            Some(last) if generation <= *last => Sent { id, last: *last, stored: Stored::Already },
            _ if reserve <= 1 => Sent { id, last: generation, stored: Stored::Same },
            _ => {
                let last = generation.saturating_add(reserve.saturating_sub(1));
                Sent { id, last, stored: Stored::Ahead(state.after(suite, last)?) }
            }
        });
        // req: R-6.3.1-05, R-6.3.1-06
        edit.ratchets.push((id, Some(state)));
        Ok(RatchetMove { leaf: own, ratchet_type, key, edit })
    }

    /// Plans the use of the key for a received message.
    ///
    /// # Errors
    /// [`SecretTreeError::KeyConsumed`] for a repeated or too old generation, [`SecretTreeError::TooFarAhead`]
    /// before anything is hashed, [`SecretTreeError::LeafErased`], [`SecretTreeError::LeafOutOfTree`],
    /// [`SecretTreeError::NotResident`], [`SecretTreeError::Crypto`].
    // req: R-9.2-07
    // req: R-9.2-08
    // req: R-15.3-03
    pub fn plan_open(
        &self,
        suite: Suite<'_>,
        leaf: LeafIndex,
        ratchet_type: RatchetType,
        generation: u32,
        limits: &SecretTreeLimits,
    ) -> Result<RatchetMove, SecretTreeError> {
        self.check_leaf(leaf)?;
        match self.ratchets.get(&(leaf, ratchet_type)) {
            Slot::Present(state) => match state.generation() {
                Some(next) if next <= generation => {
                    check_jump(next, generation, limits)?;
                    if generation > next && self.index.is_none() {
                        let keys = Vec::from([SecretTreeKey::SkippedIndex]);
                        return Err(SecretTreeError::NotResident(keys));
                    }
                    let edit = SecretTreeEdit::default();
                    self.open_ahead(suite, state, (leaf, ratchet_type, generation), limits, edit)
                }
                _ => self.open_skipped(leaf, ratchet_type, generation),
            },
            Slot::Absent => {
                check_jump(0, generation, limits)?;
                if generation > 0 && self.index.is_none() {
                    let mut keys = self.unknown_path(leaf);
                    keys.push(SecretTreeKey::SkippedIndex);
                    return Err(SecretTreeError::NotResident(keys));
                }
                let mut edit = SecretTreeEdit::default();
                let state = edit.take_expansion(self.expand(suite, leaf)?, leaf, ratchet_type);
                self.open_ahead(suite, &state, (leaf, ratchet_type, generation), limits, edit)
            }
            Slot::Unknown => {
                let mut keys = self.unknown_path(leaf);
                keys.push(SecretTreeKey::Ratchet(leaf, ratchet_type));
                keys.extend(self.unknown_skipped(leaf, ratchet_type, generation));
                Err(SecretTreeError::NotResident(keys))
            }
        }
    }

    /// Plans the erasure of a leaf's ratchets and skipped keys.
    ///
    /// Our own leaf's go when an epoch is retained for late messages only. Where it has none, nothing was ever sealed
    /// with what could be derived for it, and the edit is empty.
    ///
    /// # Errors
    /// [`SecretTreeError::LeafOutOfTree`], [`SecretTreeError::NotResident`].
    // req: R-9.2-01
    pub fn plan_erase(&self, leaf: LeafIndex) -> Result<SecretTreeEdit, SecretTreeError> {
        self.check_leaf(leaf)?;
        let mut unknown = Vec::new();
        let mut edit = SecretTreeEdit::default();
        for kind in [RatchetType::Handshake, RatchetType::Application] {
            match self.ratchets.get(&(leaf, kind)) {
                Slot::Present(_) => edit.ratchets.push(((leaf, kind), None)),
                Slot::Absent => {}
                Slot::Unknown => unknown.push(SecretTreeKey::Ratchet(leaf, kind)),
            }
        }
        let Some(index) = self.index.as_ref().filter(|_| unknown.is_empty()) else {
            if self.index.is_none() {
                unknown.push(SecretTreeKey::SkippedIndex);
            }
            return Err(SecretTreeError::NotResident(unknown));
        };
        if index.count_of(leaf) > 0 {
            let mut index = index.clone();
            edit.drop_skipped(index.evict_oldest(u32::MAX, |run| run.leaf == leaf));
            edit.index = Some(index);
        }
        Ok(edit)
    }

    const fn check_leaf(&self, leaf: LeafIndex) -> Result<(), SecretTreeError> {
        if self.size.contains_leaf(leaf) { Ok(()) } else { Err(SecretTreeError::LeafOutOfTree) }
    }

    /// The ratchet has not passed the generation yet.
    fn open_ahead(
        &self,
        suite: Suite<'_>,
        state: &RatchetState,
        (leaf, ratchet_type, generation): (LeafIndex, RatchetType, u32),
        limits: &SecretTreeLimits,
        mut edit: SecretTreeEdit,
    ) -> Result<RatchetMove, SecretTreeError> {
        let next = state.generation().ok_or(SecretTreeError::GenerationsExhausted)?;
        let kept = generation.saturating_sub(next).min(limits.max_skipped_per_sender).min(limits.max_skipped_per_epoch);
        let keep_from = generation.saturating_sub(kept);
        if let Some(last) = generation.checked_sub(1).filter(|last| keep_from <= *last) {
            let mut index = self.index.clone().unwrap_or_default();
            edit.make_room(&mut index, leaf, kept, limits);
            index.push(SkippedRun { leaf, ratchet_type, first: keep_from, last });
            edit.index = Some(index);
        }
        let Advanced { state, skipped, key } = state.advance(suite, generation, keep_from)?;
        edit.ratchets.push(((leaf, ratchet_type), Some(state)));
        // req: R-9.2-02
        edit.skipped.extend(skipped.into_iter().map(|key| ((leaf, ratchet_type, key.generation()), Some(key))));
        Ok(RatchetMove { leaf, ratchet_type, key, edit })
    }

    /// The ratchet has passed the generation: its key was kept, or it is gone.
    fn open_skipped(
        &self,
        leaf: LeafIndex,
        ratchet_type: RatchetType,
        generation: u32,
    ) -> Result<RatchetMove, SecretTreeError> {
        let id = (leaf, ratchet_type, generation);
        let Some(index) = &self.index else {
            let keys = self.unknown_skipped(leaf, ratchet_type, generation);
            return Err(SecretTreeError::NotResident(keys));
        };
        if !index.contains(id) {
            return Err(SecretTreeError::KeyConsumed);
        }
        match self.skipped.get(&id) {
            Slot::Present(key) => {
                let mut index = index.clone();
                index.remove(id);
                let mut edit = SecretTreeEdit::default();
                edit.skipped.push((id, None));
                edit.index = Some(index);
                Ok(RatchetMove { leaf, ratchet_type, key: key.duplicate(), edit })
            }
            Slot::Absent => Err(SecretTreeError::KeyConsumed),
            Slot::Unknown => {
                let keys = Vec::from([SecretTreeKey::Skipped(leaf, ratchet_type, generation)]);
                Err(SecretTreeError::NotResident(keys))
            }
        }
    }

    /// The records of a skipped generation that are not resident.
    fn unknown_skipped(&self, leaf: LeafIndex, ratchet_type: RatchetType, generation: u32) -> Vec<SecretTreeKey> {
        let mut keys = Vec::new();
        if let Slot::Unknown = self.skipped.get(&(leaf, ratchet_type, generation)) {
            keys.push(SecretTreeKey::Skipped(leaf, ratchet_type, generation));
        }
        if self.index.is_none() {
            keys.push(SecretTreeKey::SkippedIndex);
        }
        keys
    }
}

impl SecretTreeEdit {
    /// Takes the frontier's change and the ratchet that is not being used; gives the one that is.
    // req: R-9.1-04
    fn take_expansion(&mut self, expansion: FirstUse, leaf: LeafIndex, used: RatchetType) -> RatchetState {
        let FirstUse { handshake, application, packs } = expansion;
        self.packs = packs;
        let (used, other, other_type) = match used {
            RatchetType::Handshake => (handshake, application, RatchetType::Application),
            RatchetType::Application => (application, handshake, RatchetType::Handshake),
        };
        self.ratchets.push(((leaf, other_type), Some(other)));
        used
    }

    /// Drops the oldest skipped keys until `kept` more of `leaf` fit.
    // req: R-15.3-01
    fn make_room(&mut self, index: &mut SkippedIndex, leaf: LeafIndex, kept: u32, limits: &SecretTreeLimits) {
        let excess = |count: u32, limit: u32| count.saturating_add(kept).saturating_sub(limit);
        let of_sender = excess(index.count_of(leaf), limits.max_skipped_per_sender);
        self.drop_skipped(index.evict_oldest(of_sender, |run| run.leaf == leaf));
        let of_epoch = excess(index.count(), limits.max_skipped_per_epoch);
        self.drop_skipped(index.evict_oldest(of_epoch, |_| true));
    }

    fn drop_skipped(&mut self, ids: Vec<super::SkippedId>) {
        self.skipped.extend(ids.into_iter().map(|id| (id, None)));
    }
}

/// Refuses a jump that would cost more hashing than the limit allows.
// req: R-15.3-02
const fn check_jump(next: u32, generation: u32, limits: &SecretTreeLimits) -> Result<(), SecretTreeError> {
    if generation.saturating_sub(next) > limits.max_forward {
        Err(SecretTreeError::TooFarAhead { next, generation })
    } else {
        Ok(())
    }
}
