//! Records of the secret tree: their names, and bringing them in.

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, EncodeError};
use mls_crypto_traits::SecretBytes;

use super::{
    MessageKey, NodePack, RatchetState, RatchetType, SecretTree, SecretTreeChange, SecretTreeEdit, SkippedIndex, codec,
    slots::Slot,
};
use crate::tree::math::{LeafIndex, NodeIndex};

/// Names a record of an epoch's secret tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SecretTreeKey {
    /// What is left of the nodes that the split of this one made; the root itself where it was never split.
    Node(NodeIndex),
    /// A ratchet.
    Ratchet(LeafIndex, RatchetType),
    /// The key of a skipped generation.
    Skipped(LeafIndex, RatchetType, u32),
    /// Which skipped generations there are. No record stands for none.
    SkippedIndex,
}

impl SecretTreeChange<'_> {
    /// The record that is written.
    #[must_use]
    pub const fn key(&self) -> SecretTreeKey {
        match *self {
            Self::PutPack(node, _) | Self::DeletePack(node) => SecretTreeKey::Node(node),
            Self::PutRatchet(leaf, kind, _) | Self::DeleteRatchet(leaf, kind) => SecretTreeKey::Ratchet(leaf, kind),
            Self::PutSkipped(leaf, kind, key) => SecretTreeKey::Skipped(leaf, kind, key.generation()),
            Self::DeleteSkipped(leaf, kind, generation) => SecretTreeKey::Skipped(leaf, kind, generation),
            Self::PutSkippedIndex(_) => SecretTreeKey::SkippedIndex,
        }
    }

    /// What is put, encoded as [`SecretTree::admit`] takes it; `None` for a delete.
    ///
    /// # Errors
    /// [`EncodeError::VectorTooLong`] for what no vector can hold.
    pub fn value(&self) -> Result<Option<SecretBytes>, EncodeError> {
        match self {
            Self::PutPack(_, pack) => codec::encode_pack(pack).map(Some),
            Self::PutRatchet(_, _, state) => codec::encode_ratchet(state).map(Some),
            Self::PutSkipped(_, _, key) => codec::encode_message_key(key).map(Some),
            Self::PutSkippedIndex(index) if index.count() > 0 => codec::encode_index(index).map(Some),
            Self::DeletePack(_) | Self::DeleteRatchet(..) | Self::DeleteSkipped(..) | Self::PutSkippedIndex(_) => {
                Ok(None)
            }
        }
    }
}

impl SecretTreeEdit {
    /// Sets a ratchet to what [`SecretTree::ratchets_of`] gave.
    pub(crate) fn ratchet(leaf: LeafIndex, kind: RatchetType, stored: &[u8]) -> Result<Self, DecodeError> {
        let mut edit = Self::default();
        edit.ratchets.push(((leaf, kind), Some(codec::decode_ratchet(stored)?)));
        Ok(edit)
    }
}

impl SecretTree {
    /// Makes a record resident: `stored` is its value, or `None` where storage has none. A record that is known
    /// already stays as it is, since what is here is never older.
    ///
    /// # Errors
    /// Where `stored` is not what [`SecretTreeChange::value`] writes for such a key.
    pub fn admit(&mut self, key: SecretTreeKey, stored: Option<&[u8]>) -> Result<(), DecodeError> {
        match key {
            SecretTreeKey::Node(node) => {
                if let Slot::Unknown = self.packs.get(&node) {
                    let value = stored.map(|stored| NodePack::decode(node, stored)).transpose()?;
                    let value = value.map_or(Slot::Absent, Slot::Present);
                    drop(self.packs.replace(node, value));
                }
            }
            SecretTreeKey::Ratchet(leaf, kind) => {
                if let Slot::Unknown = self.ratchets.get(&(leaf, kind)) {
                    let value = stored.map(codec::decode_ratchet).transpose()?;
                    let value = value.map_or(Slot::Absent, Slot::Present);
                    drop(self.ratchets.replace((leaf, kind), value));
                }
            }
            SecretTreeKey::Skipped(leaf, kind, generation) => {
                let id = (leaf, kind, generation);
                if let Slot::Unknown = self.skipped.get(&id) {
                    let value = stored.map(|stored| codec::decode_message_key(generation, stored)).transpose()?;
                    let value = value.map_or(Slot::Absent, Slot::Present);
                    drop(self.skipped.replace(id, value));
                }
            }
            SecretTreeKey::SkippedIndex => {
                if self.index.is_none() {
                    let index = stored.map(SkippedIndex::from_bytes).transpose()?;
                    self.index = Some(index.unwrap_or_default());
                }
            }
        }
        Ok(())
    }

    /// The resident ratchets of a leaf, encoded.
    pub(crate) fn ratchets_of(&self, leaf: LeafIndex) -> Result<Vec<(RatchetType, SecretBytes)>, EncodeError> {
        let mut records = Vec::new();
        for kind in [RatchetType::Handshake, RatchetType::Application] {
            if let Slot::Present(state) = self.ratchets.get(&(leaf, kind)) {
                records.push((kind, codec::encode_ratchet(state)?));
            }
        }
        Ok(records)
    }

    /// All resident records, encoded; of a new epoch's tree, all there are.
    ///
    /// # Errors
    /// [`EncodeError::VectorTooLong`] for what no vector can hold.
    pub fn records(&self) -> Result<Vec<(SecretTreeKey, SecretBytes)>, EncodeError> {
        let packs = self.packs.iter().map(|(split, pack): (_, &NodePack)| SecretTreeChange::PutPack(split, pack));
        let ratchets = self
            .ratchets
            .iter()
            .map(|((leaf, kind), state): (_, &RatchetState)| SecretTreeChange::PutRatchet(leaf, kind, state));
        let skipped = self
            .skipped
            .iter()
            .map(|((leaf, kind, _), key): (_, &MessageKey)| SecretTreeChange::PutSkipped(leaf, kind, key));
        let index = self.index.iter().map(SecretTreeChange::PutSkippedIndex);
        let mut records = Vec::new();
        for change in packs.chain(ratchets).chain(skipped).chain(index) {
            if let Some(value) = change.value()? {
                records.push((change.key(), value));
            }
        }
        Ok(records)
    }
}
