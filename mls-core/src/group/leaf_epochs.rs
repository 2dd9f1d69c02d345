//! When each leaf changed last, and the records that say so.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader};
use mls_crypto_traits::Digest;

use crate::group::clients::ClientTag;
use crate::group::{Fault, Group};
use crate::record::{Missing, NodeRecord, SecretWriter, ToRecord, open_record};
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::ratchet_tree::build::NodeSource;
use crate::tree::ratchet_tree::edge::BlankSubtree;

/// The epoch since which each leaf is known to be as it is. Only those that changed since the oldest are listed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LeafEpochs {
    oldest: u64,
    later: BTreeMap<LeafIndex, u64>,
}

/// A member whose leaf has not changed for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StaleMember {
    /// The member's leaf.
    pub index: LeafIndex,
    /// The epoch that the leaf has been the same since, as far as we know: that of our joining, if it was there before.
    pub since: u64,
}

/// What [`LeafEpochs::enter`] replaced.
pub(crate) type LeafEpochsUndo = Vec<(LeafIndex, Option<u64>)>;

impl LeafEpochs {
    /// All leaves known since `epoch`.
    pub(crate) const fn all_since(epoch: u64) -> Self {
        Self { oldest: epoch, later: BTreeMap::new() }
    }

    /// From what stands in the leaves' records.
    pub(crate) fn from_records(all: impl Iterator<Item = (LeafIndex, u64)> + Clone) -> Self {
        let oldest = all.clone().map(|(_, since)| since).min().unwrap_or_default();
        Self { oldest, later: all.filter(|(_, since)| *since != oldest).collect() }
    }

    pub(crate) fn get(&self, leaf: LeafIndex) -> u64 {
        self.later.get(&leaf).copied().unwrap_or(self.oldest)
    }

    /// The leaves have changed with the beginning of `epoch`. What comes back undoes it.
    pub(crate) fn enter(&mut self, epoch: u64, changed: impl Iterator<Item = LeafIndex>) -> LeafEpochsUndo {
        changed.map(|leaf| (leaf, self.later.insert(leaf, epoch))).collect()
    }

    pub(crate) fn undo(&mut self, undo: LeafEpochsUndo) {
        for (leaf, before) in undo {
            match before {
                Some(before) => drop(self.later.insert(leaf, before)),
                None => drop(self.later.remove(&leaf)),
            }
        }
    }
}

impl Group {
    /// The epoch since which the member's leaf is known to be the same; `None` where the leaf is blank.
    ///
    /// The keys of a leaf that does not change protect nothing from whoever has a copy of that member's state. For a
    /// leaf that was there when we joined, it is the epoch of our joining.
    ///
    /// # Errors
    /// What is [`Missing`] where the tree is not resident.
    pub fn leaf_changed_in(&self, leaf: LeafIndex) -> Result<Option<u64>, Missing> {
        let tree = self.tree()?;
        Ok((!tree.is_blank(leaf.node())).then(|| self.leaf_epochs.get(leaf)))
    }

    /// The members whose leaves have been the same for `epochs` epochs or more, the stalest first: those to be asked
    /// for an update, or removed.
    ///
    /// # Errors
    /// What is [`Missing`] where the tree is not resident.
    pub fn stale_members(&self, epochs: u64) -> Result<Vec<StaleMember>, Missing> {
        let now = self.epoch();
        let mut stale: Vec<_> = self
            .tree()?
            .leaves()
            .map(|(index, _)| StaleMember { index, since: self.leaf_epochs.get(index) })
            .filter(|member| now.saturating_sub(member.since) >= epochs)
            .collect();
        stale.sort_by_key(|member| (member.since, member.index));
        Ok(stale)
    }
}

/// What stands beside a leaf in its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct LeafNotes {
    /// The epoch since which the leaf is the same.
    pub(crate) since: u64,
    /// Who sits there, where that is known.
    pub(crate) client: Option<ClientTag>,
}

/// A tree node as it is stored: a leaf with its notes and, the last one, what is blank behind it.
pub(crate) struct StoredAs<'a> {
    bytes: &'a [u8],
    leaf: Option<(LeafNotes, Vec<BlankSubtree>)>,
    hash: Option<Digest>,
}

impl<'a> StoredAs<'a> {
    pub(crate) fn new(tree: &RatchetTree, node: NodeIndex, bytes: &'a [u8], notes: LeafNotes) -> Self {
        let leaf = node.leaf().map(|leaf| (notes, tree.blank_after(leaf)));
        let hash = leaf.as_ref().and_then(|_| tree.node_hash(node));
        Self { bytes, leaf, hash }
    }
}

impl ToRecord for StoredAs<'_> {
    fn room(&self) -> usize {
        let Self { bytes, leaf, hash: _ } = self;
        leaf.as_ref().map_or(0, Encode::encoded_len).saturating_add(bytes.len())
    }

    fn leaf_hash(&self) -> &[u8] {
        self.hash.as_ref().map_or(&[], Digest::as_bytes)
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        let Self { bytes, leaf, hash: _ } = self;
        if let Some((notes, blank)) = leaf {
            w.put(notes)?;
            w.put(blank)?;
        }
        w.raw(bytes);
        Ok(())
    }
}

/// What [`StoredAs`] wrote.
pub(crate) fn node_from_record(node: NodeIndex, record: &[u8]) -> Result<(&[u8], LeafNotes), DecodeError> {
    let mut r: Reader<'_> = open_record(record)?;
    let mut notes = LeafNotes::default();
    if node.is_leaf() {
        notes = LeafNotes::decode(&mut r)?;
        r.vector()?;
    }
    Ok((r.rest(), notes))
}

/// One record of a tree, on its way into memory.
pub(crate) struct StoredNode<'a> {
    record: NodeRecord<'a>,
    /// What stood beside a leaf, once the node is taken.
    pub(crate) notes: LeafNotes,
}

impl<'a> StoredNode<'a> {
    pub(crate) const fn new(record: NodeRecord<'a>) -> Self {
        Self { record, notes: LeafNotes { since: 0, client: None } }
    }

    /// What was blank behind a leaf when it was written. Whether it is the last one still does not matter.
    pub(crate) fn blank(&self) -> Result<Vec<BlankSubtree>, Fault> {
        let read = || {
            let mut r = open_record(self.record.value())?;
            LeafNotes::decode(&mut r)?;
            Vec::decode(&mut r)
        };
        read().map_err(|error: DecodeError| Fault::from(error).at(&self.record.key()))
    }
}

impl NodeSource for StoredNode<'_> {
    type Error = Fault;

    fn node(&self) -> NodeIndex {
        self.record.node
    }

    fn take(&mut self) -> Result<NodeBytes, Fault> {
        let read = node_from_record(self.record.node, self.record.value());
        let (bytes, notes) = read.map_err(|error| Fault::from(error).at(&self.record.key()))?;
        self.notes = notes;
        Ok(self.record.tail(bytes.len()))
    }

    fn is_hashed(&self) -> bool {
        self.record.hashed
    }
}
