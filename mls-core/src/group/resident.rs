//! Loading a group, granularly: its header first, other records as they are needed.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_codec::{DecodeError, DecodeErrorKind};
use mls_crypto_traits::{SecretBytes, Suite};

use crate::env::Env;
use crate::group::cache::{CachedProposal, ProposalCache};
use crate::group::clients::Clients;
use crate::group::epoch::{Epoch, PastEpoch};
use crate::group::header::{path_keys_from_record, secret_tree_record};
use crate::group::leaf_epochs::{LeafEpochs, StoredNode, node_from_record};
use crate::group::pending::PendingCommit;
use crate::group::state::{Lifecycle, PastSlot, Status};
use crate::group::{Fault, Group};
use crate::key_schedule::ResumptionPsk;
use crate::record::{GroupId, Missing, RecordKey, RecordPrefix, RecordSet, Records, open_record};
use crate::secret_tree::{RatchetType, SecretTreeKey};
use crate::tree::key_index::IndexSeed;
use crate::tree::math::{LeafIndex, NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::ratchet_tree::build::NodeSource as _;

impl Group {
    /// The two records that [`Self::load`] takes, to be read at one point in time.
    #[must_use]
    pub fn records_to_load(id: &GroupId) -> [RecordKey; 2] {
        [RecordKey::Group(id.clone()), RecordKey::Status(id.clone())]
    }

    /// The group from the records of [`Self::records_to_load`], with nothing else resident.
    ///
    /// # Errors
    /// [`Fault::Damaged`].
    pub fn load(id: &GroupId, header: &[u8], status: &[u8]) -> Result<Self, Fault> {
        let damaged = |key: RecordKey| move |error: DecodeError| Fault::from(error).at(&key);
        let (epoch, retention) = Epoch::from_record(header).map_err(damaged(RecordKey::Group(id.clone())))?;
        let status = Status::from_record(status).map_err(damaged(RecordKey::Status(id.clone())))?;
        Ok(Self {
            id: id.clone(),
            lifecycle: Lifecycle::Active,
            epoch: Box::new(epoch),
            tree: None,
            leaf_epochs: LeafEpochs::default(),
            clients: Clients::default(),
            leaves: BTreeMap::new(),
            path_keys: None,
            proposals: (status.proposals == 0).then(ProposalCache::default),
            pending: None,
            past: retention.past.into_iter().map(|(at, ended)| (at, PastSlot { ended, state: None })).collect(),
            resumption: retention.resumption.into_iter().map(|at| (at, None)).collect(),
            abandoned: retention.abandoned,
            status,
        })
    }

    /// Makes records resident that an operation found [`Missing`]. They must be of the revision that the group is at.
    ///
    /// Not a transition: what the group is, and what is stored of it, does not change.
    ///
    /// # Errors
    /// [`Fault::Damaged`] where a record does not decode or one that must exist does not; [`Fault::Corrupt`] where the
    /// tree is not the one that the header names; [`Fault::TreeOutside`] where it is not kept in the store; [`Fault::Tree`],
    /// [`Fault::UnsupportedSuite`], [`Fault::Crypto`].
    pub fn admit(&mut self, records: Records, env: &mut Env<'_>) -> Result<(), Fault> {
        let suite = self.suite(env)?;
        let Records { records, sets } = records;
        for (prefix, set) in sets {
            match prefix {
                RecordPrefix::Tree(_) if self.tree.is_none() => self.admit_tree_records(suite, &set, env)?,
                RecordPrefix::Proposals(_) if self.proposals.is_none() => {
                    let mut cache = ProposalCache::default();
                    for (key, value) in set.iter() {
                        let RecordKey::Proposal(_, reference) = &*key else { continue };
                        let proposal = CachedProposal::of_record(value).map_err(|error| Fault::from(error).at(&key))?;
                        cache.insert(**reference, proposal);
                    }
                    self.proposals = Some(cache);
                }
                _ => {}
            }
        }
        let (first, later): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|(key, _)| !matches!(key, RecordKey::PendingCommit(_)));
        for (key, value) in first.into_iter().chain(later) {
            self.admit_one(suite, &key, value).map_err(|fault| fault.at(&key))?;
        }
        Ok(())
    }

    fn admit_tree_records(&mut self, suite: Suite<'_>, set: &RecordSet, env: &mut Env<'_>) -> Result<(), Fault> {
        if self.is_tree_outside() {
            return Err(Fault::TreeOutside);
        }
        let mut nodes = Vec::with_capacity(set.len());
        nodes.extend(set.nodes().map(StoredNode::new));
        // A store may give a set in any order.
        nodes.sort_unstable_by_key(StoredNode::node);
        // Before the tree is made: hashing a blank one of any size would take for ever.
        let size = self.epoch.secret_tree.size();
        if size_for(nodes.iter().map(StoredNode::node)) != Some(size) {
            return Err(corrupt().into());
        }
        let last = nodes.iter().rfind(|stored| stored.node().is_leaf());
        let blank = last.map(StoredNode::blank).transpose()?.unwrap_or_default();
        let tree = RatchetTree::build(suite, index_seed(env)?, size, &mut nodes, &blank)?;
        self.epoch.check_tree(&tree)?;
        self.tree = Some(tree);
        let leaves = || nodes.iter().filter_map(|stored| Some((stored.node().leaf()?, stored.notes)));
        self.leaf_epochs = LeafEpochs::from_records(leaves().map(|(leaf, notes)| (leaf, notes.since)));
        self.clients = Clients::of_leaves(leaves().map(|(leaf, notes)| (leaf, notes.client)));
        self.leaves.clear();
        Ok(())
    }

    fn admit_one(&mut self, suite: Suite<'_>, key: &RecordKey, value: Option<SecretBytes>) -> Result<(), Fault> {
        match (key, value) {
            (RecordKey::TreeNode(_, node), value) => {
                if let (None, Some(leaf)) = (&self.tree, node.leaf()) {
                    if self.is_tree_outside() {
                        return Err(Fault::TreeOutside);
                    }
                    let leaf_record =
                        value.as_ref().map(|value| node_from_record(*node, value.as_bytes())).transpose()?;
                    let bytes = leaf_record.map(|(bytes, _)| NodeBytes::from(bytes));
                    self.leaves.insert(leaf, bytes);
                }
            }
            (RecordKey::PathKeys(_), Some(value)) if self.path_keys.is_none() => {
                self.path_keys = Some(path_keys_from_record(value.as_bytes())?);
            }
            (RecordKey::PendingCommit(_), Some(value)) if self.pending.is_none() => {
                let Some(tree) = &self.tree else { return Ok(()) };
                self.pending = Some(read_pending(suite, tree, &value)?);
            }
            (RecordKey::Epoch(_, epoch), Some(value)) => {
                if let Some(slot) = self.past.get_mut(epoch)
                    && slot.state.is_none()
                {
                    slot.state = Some(Box::new(PastEpoch::from_record(value.as_bytes())?));
                }
            }
            (RecordKey::ResumptionPsk(_, epoch), Some(value)) => {
                if let Some(slot @ None) = self.resumption.get_mut(epoch) {
                    let psk = SecretBytes::from_slice(open_record(value.as_bytes())?.rest());
                    *slot = Some(ResumptionPsk::from_bytes(psk));
                }
            }
            // What the group knows to be there is not there.
            (RecordKey::PathKeys(_), None) if self.path_keys.is_none() => return Err(corrupt().into()),
            (RecordKey::PendingCommit(_), None) if self.pending.is_none() => return Err(corrupt().into()),
            (RecordKey::Epoch(_, epoch), None) if self.past.get(epoch).is_some_and(|slot| slot.state.is_none()) => {
                return Err(corrupt().into());
            }
            (RecordKey::ResumptionPsk(_, epoch), None) if matches!(self.resumption.get(epoch), Some(None)) => {
                return Err(corrupt().into());
            }
            (key, value) => {
                let Some((epoch, name)) = secret_tree_key(key) else { return Ok(()) };
                let bytes =
                    value.as_ref().map(|value| open_record(value.as_bytes())).transpose()?.map(|mut r| r.rest());
                if let Some(tree) = self.secret_tree_mut(epoch) {
                    tree.admit(name, bytes)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn suite<'a>(&self, env: &Env<'a>) -> Result<Suite<'a>, Fault> {
        let id = self.epoch.context.cipher_suite;
        env.suite(id).ok_or(Fault::UnsupportedSuite(id))
    }

    /// A ratchet is gone that must be there.
    pub(crate) fn lost_ratchet(&self, epoch: u64, leaf: LeafIndex, kind: RatchetType) -> Fault {
        Fault::Damaged(Box::new(RecordKey::Ratchet(self.id.clone(), epoch, leaf, kind)))
    }

    /// The records of a secret tree as a store names them.
    pub(crate) fn missing_secrets(&self, epoch: u64, keys: Vec<SecretTreeKey>) -> Missing {
        Missing {
            keys: keys.into_iter().map(|key| secret_tree_record(&self.id, epoch, key)).collect(),
            prefixes: Vec::new(),
        }
    }
}

impl Epoch {
    /// Whether a stored tree is this epoch's.
    pub(crate) fn check_tree(&self, tree: &RatchetTree) -> Result<(), DecodeError> {
        let fits = tree.size() == self.secret_tree.size() && tree.root_hash().as_bytes() == self.context.tree_hash;
        if fits { Ok(()) } else { Err(corrupt()) }
    }
}

/// A commit of ours whose tree was written as what it changes of `tree`.
pub(crate) fn read_pending(
    suite: Suite<'_>,
    tree: &RatchetTree,
    record: &SecretBytes,
) -> Result<Box<PendingCommit>, Fault> {
    PendingCommit::from_record(record.as_bytes(), |size, edits| {
        let grown = size_for(edits.iter().filter(|(_, bytes)| bytes.is_some()).map(|(node, _)| *node));
        if size > tree.size() && Some(size) != grown {
            return Err(corrupt().into());
        }
        tree.clone().edit_resized(suite, size, edits).map_err(Fault::from)
    })
}

/// The size of the tree whose last leaf is the last one of these nodes.
pub(crate) fn size_for(nodes: impl Iterator<Item = NodeIndex>) -> Option<TreeSize> {
    let last = nodes.filter_map(NodeIndex::leaf).max()?;
    TreeSize::for_leaves(last.as_u32().checked_add(1)?)
}

/// Records decode and do not belong together.
pub(crate) const fn corrupt() -> DecodeError {
    DecodeError::new(DecodeErrorKind::InvalidValue, 0)
}

const fn secret_tree_key(key: &RecordKey) -> Option<(u64, SecretTreeKey)> {
    match key {
        RecordKey::SecretNode(_, epoch, node) => Some((*epoch, SecretTreeKey::Node(*node))),
        RecordKey::Ratchet(_, epoch, leaf, kind) => Some((*epoch, SecretTreeKey::Ratchet(*leaf, *kind))),
        RecordKey::SkippedKey(_, epoch, leaf, kind, generation) => {
            Some((*epoch, SecretTreeKey::Skipped(*leaf, *kind, *generation)))
        }
        RecordKey::SkippedIndex(_, epoch) => Some((*epoch, SecretTreeKey::SkippedIndex)),
        _ => None,
    }
}

/// A fresh seed for a tree's key index.
pub(crate) fn index_seed(env: &mut Env<'_>) -> Result<IndexSeed, Fault> {
    let mut seed = [0; 16];
    env.rng.fill(&mut seed)?;
    Ok(IndexSeed::new(seed))
}
