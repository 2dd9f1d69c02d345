//! Changes to the secret tree as values.

use alloc::vec::Vec;
use core::fmt;

use super::{
    MessageKey, NodePack, RatchetId, RatchetState, RatchetType, SecretTree, SkippedId, SkippedIndex, slots::Slot,
};
use crate::tree::math::{LeafIndex, NodeIndex};

/// One write to a secret tree's records.
#[derive(Debug)]
#[non_exhaustive]
pub enum SecretTreeChange<'a> {
    /// A node is split, or another one taken out of what the split of this one left.
    PutPack(NodeIndex, &'a NodePack),
    /// The last node is taken out of what the split of this one left.
    DeletePack(NodeIndex),
    /// A ratchet appears or moves.
    PutRatchet(LeafIndex, RatchetType, &'a RatchetState),
    /// A ratchet is erased.
    DeleteRatchet(LeafIndex, RatchetType),
    /// A skipped generation's key is kept.
    PutSkipped(LeafIndex, RatchetType, &'a MessageKey),
    /// A skipped generation's key is consumed or dropped.
    DeleteSkipped(LeafIndex, RatchetType, u32),
    /// The index of skipped keys changes.
    PutSkippedIndex(&'a SkippedIndex),
}

/// A change to a secret tree that has not happened yet.
#[derive(Default)]
pub struct SecretTreeEdit {
    pub(super) packs: Vec<(NodeIndex, Option<NodePack>)>,
    pub(super) ratchets: Vec<(RatchetId, Option<RatchetState>)>,
    pub(super) skipped: Vec<(SkippedId, Option<MessageKey>)>,
    pub(super) index: Option<SkippedIndex>,
    pub(super) sent: Option<Sent>,
}

/// That one of our own generations is used.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) id: RatchetId,
    /// The last generation that is reserved.
    pub(super) last: u32,
    pub(super) stored: Stored,
}

/// The ratchet behind the last reserved generation.
#[derive(Debug)]
pub(super) enum Stored {
    /// It is in storage already.
    Already,
    /// It is the one that the edit puts here: no generation is reserved.
    Same,
    /// Storage gets this one.
    Ahead(RatchetState),
}

impl SecretTreeEdit {
    /// The writes that this edit asks of storage, each record at most once.
    pub fn changes(&self) -> impl Iterator<Item = SecretTreeChange<'_>> {
        let Self { packs, ratchets, skipped, index, sent } = self;
        let packs = packs.iter().map(|(split, pack)| match pack {
            Some(pack) => SecretTreeChange::PutPack(*split, pack),
            None => SecretTreeChange::DeletePack(*split),
        });
        let ratchets = ratchets.iter().filter_map(move |(id @ (leaf, kind), state)| match (sent, state) {
            (Some(Sent { id: own, stored: Stored::Already, .. }), _) if own == id => None,
            (Some(Sent { id: own, stored: Stored::Ahead(stored), .. }), _) if own == id => {
                Some(SecretTreeChange::PutRatchet(*leaf, *kind, stored))
            }
            (_, Some(state)) => Some(SecretTreeChange::PutRatchet(*leaf, *kind, state)),
            (_, None) => Some(SecretTreeChange::DeleteRatchet(*leaf, *kind)),
        });
        let skipped = skipped.iter().map(|((leaf, kind, generation), key)| match key {
            Some(key) => SecretTreeChange::PutSkipped(*leaf, *kind, key),
            None => SecretTreeChange::DeleteSkipped(*leaf, *kind, *generation),
        });
        let index = index.iter().map(SecretTreeChange::PutSkippedIndex);
        packs.chain(ratchets).chain(skipped).chain(index)
    }
}

impl fmt::Debug for SecretTreeEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { packs, ratchets, skipped, index, sent } = self;
        f.debug_struct("SecretTreeEdit")
            .field("packs", packs)
            .field("ratchets", ratchets)
            .field("skipped", skipped)
            .field("index", index)
            .field("sent", sent)
            .finish()
    }
}

/// The use of one generation: its key, and what becomes of the tree once the message is good (RFC 9420 section
/// 9.2).
///
/// Dropped without [`SecretTree::apply`], it burns nothing.
#[derive(Debug)]
pub struct RatchetMove {
    pub(super) leaf: LeafIndex,
    pub(super) ratchet_type: RatchetType,
    pub(super) key: MessageKey,
    pub(super) edit: SecretTreeEdit,
}

impl RatchetMove {
    /// The leaf whose ratchet moves.
    #[must_use]
    pub const fn leaf(&self) -> LeafIndex {
        self.leaf
    }

    /// Which of its ratchets moves.
    #[must_use]
    pub const fn ratchet_type(&self) -> RatchetType {
        self.ratchet_type
    }

    /// The key of the generation.
    ///
    /// # Security
    /// Seal with it only if the move is applied and stored before the ciphertext goes out; never seal twice.
    #[must_use]
    pub const fn message_key(&self) -> &MessageKey {
        &self.key
    }

    /// How many keys it uses up in storage: one, or as many as it reserves; none where its own is reserved already.
    #[must_use]
    pub const fn used_keys(&self) -> u32 {
        match &self.edit.sent {
            Some(Sent { stored: Stored::Already, .. }) => 0,
            Some(Sent { last, .. }) => last.saturating_sub(self.key.generation()).saturating_add(1),
            None => 1,
        }
    }

    /// The writes that the move asks of storage, each record at most once.
    pub fn changes(&self) -> impl Iterator<Item = SecretTreeChange<'_>> {
        self.edit.changes()
    }
}

impl From<RatchetMove> for SecretTreeEdit {
    /// Wipes the message key.
    fn from(moved: RatchetMove) -> Self {
        moved.edit
    }
}

/// What an applied change replaced. Dropping it wipes the old secrets; until then they are not erased.
pub struct RatchetUndo {
    packs: Vec<(NodeIndex, Slot<NodePack>)>,
    ratchets: Vec<(RatchetId, Slot<RatchetState>)>,
    skipped: Vec<(SkippedId, Slot<MessageKey>)>,
    /// The inner `None` is an index that was not resident.
    index: Option<Option<SkippedIndex>>,
    /// What was reserved of the ratchets that moved.
    reserved: Vec<(RatchetId, Option<u32>)>,
}

impl fmt::Debug for RatchetUndo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { packs: _, ratchets: _, skipped: _, index: _, reserved: _ } = self;
        f.debug_struct("RatchetUndo").finish_non_exhaustive()
    }
}

impl SecretTree {
    /// Takes a planned change over: a [`RatchetMove`] or a [`SecretTreeEdit`], planned on this very state.
    ///
    /// The replaced values come back; drop them as soon as the change can no longer be taken back.
    // req: R-9.2-01
    // req: R-9.2-06
    pub fn apply(&mut self, change: impl Into<SecretTreeEdit>) -> RatchetUndo {
        let SecretTreeEdit { packs, ratchets, skipped, index, sent } = change.into();
        // A ratchet that is set in another way than by sending is stored as it is here.
        let own = sent.as_ref().map(|sent| sent.id);
        let mut reserved: Vec<_> = ratchets
            .iter()
            .filter(|(id, _)| own != Some(*id))
            .filter_map(|(id, _)| Some((*id, Some(self.reserved.remove(id)?))))
            .collect();
        let packs = packs.into_iter().map(|(split, pack)| (split, self.packs.replace(split, slot(pack)))).collect();
        let ratchets = ratchets.into_iter().map(|(id, state)| (id, self.ratchets.replace(id, slot(state)))).collect();
        let skipped = skipped
            .into_iter()
            .map(|(id, key)| {
                // The index knows that a consumed key is gone: nothing needs to be remembered of it here.
                let key = key.map_or(Slot::Unknown, Slot::Present);
                (id, self.skipped.replace(id, key))
            })
            .collect();
        let index = index.map(|index| self.index.replace(index));
        if let Some(Sent { id, last, stored: _ }) = sent {
            self.sent = self.sent.wrapping_add(1);
            reserved.push((id, self.reserved.insert(id, last)));
        }
        RatchetUndo { packs, ratchets, skipped, index, reserved }
    }

    /// Takes back the change that gave `undo`, which must be the last one that still stands.
    pub fn undo(&mut self, undo: RatchetUndo) {
        let RatchetUndo { packs, ratchets, skipped, index, reserved } = undo;
        for (split, old) in packs {
            drop(self.packs.replace(split, old));
        }
        for (id, old) in ratchets {
            drop(self.ratchets.replace(id, old));
        }
        for (id, old) in skipped {
            drop(self.skipped.replace(id, old));
        }
        if let Some(old) = index {
            self.index = old;
        }
        for (id, old) in reserved {
            match old {
                Some(last) => drop(self.reserved.insert(id, last)),
                None => drop(self.reserved.remove(&id)),
            }
        }
    }
}

fn slot<T>(value: Option<T>) -> Slot<T> {
    value.map_or(Slot::Absent, Slot::Present)
}
