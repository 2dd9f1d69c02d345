//! Going back to a retained epoch, in memory.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::group::Group;
use crate::group::cache::ProposalCache;
use crate::group::clients::ClientChanges;
use crate::group::epoch::Epoch;
use crate::group::leaf_epochs::LeafEpochsUndo;
use crate::group::pending::PendingCommit;
use crate::group::state::PastSlot;
use crate::key_schedule::ResumptionPsk;
use crate::secret_tree::{RatchetUndo, SecretTree, SecretTreeEdit};
use crate::tree::math::LeafIndex;
use crate::tree::path::OwnPathKeys;
use crate::tree::ratchet_tree::RatchetTree;

/// The epoch to go back to. Its secret tree lies in the retained epoch, as far as that has been read since.
pub(crate) struct RewindTo {
    pub(crate) epoch: Box<Epoch>,
    pub(crate) tree: RatchetTree,
    pub(crate) path_keys: OwnPathKeys,
    pub(crate) proposals: ProposalCache,
    /// Gives our own ratchets back, where they stood.
    pub(crate) ratchets: Vec<SecretTreeEdit>,
    pub(crate) leaf_epochs: Vec<(LeafIndex, u64)>,
    pub(crate) clients: ClientChanges,
    pub(crate) abandoned: Vec<(u64, Vec<u8>)>,
}

/// What going back took away, to take it back while a batch is open.
pub(crate) struct RewindUndo {
    epoch: Box<Epoch>,
    tree: Option<RatchetTree>,
    path_keys: Option<OwnPathKeys>,
    proposals: Option<ProposalCache>,
    pending: Option<Box<PendingCommit>>,
    past: BTreeMap<u64, PastSlot>,
    resumption: BTreeMap<u64, Option<ResumptionPsk>>,
    ratchets: Vec<RatchetUndo>,
    leaf_epochs: LeafEpochsUndo,
    clients: ClientChanges,
    abandoned: Vec<(u64, Vec<u8>)>,
}

impl Group {
    pub(crate) fn go_back(&mut self, to: RewindTo) -> RewindUndo {
        let RewindTo { mut epoch, tree, path_keys, proposals, ratchets, leaf_epochs, clients, abandoned } = to;
        let number = epoch.context.epoch;
        // The live secret tree of that epoch: what it has given since stays given.
        let mut past = self.past.split_off(&number);
        if let Some(PastSlot { state: Some(state), .. }) = past.get_mut(&number) {
            let size = state.secret_tree.size();
            epoch.secret_tree = core::mem::replace(&mut state.secret_tree, SecretTree::cold(size));
        }
        let ratchets = ratchets.into_iter().map(|edit| epoch.secret_tree.apply(edit)).collect();
        self.leaves.clear();
        RewindUndo {
            epoch: core::mem::replace(&mut self.epoch, epoch),
            tree: self.tree.replace(tree),
            path_keys: self.path_keys.replace(path_keys),
            proposals: self.proposals.replace(proposals),
            pending: self.pending.take(),
            past,
            resumption: self.resumption.split_off(&number),
            ratchets,
            leaf_epochs: leaf_epochs
                .into_iter()
                .flat_map(|(leaf, since)| self.leaf_epochs.enter(since, core::iter::once(leaf)))
                .collect(),
            clients: self.clients.change(&clients),
            abandoned: core::mem::replace(&mut self.abandoned, abandoned),
        }
    }

    /// Takes [`Self::go_back`] back.
    pub(crate) fn go_forward_again(&mut self, undo: RewindUndo) {
        let RewindUndo {
            epoch,
            tree,
            path_keys,
            proposals,
            pending,
            mut past,
            mut resumption,
            ratchets,
            leaf_epochs,
            clients,
            abandoned,
        } = undo;
        let mut back = core::mem::replace(&mut self.epoch, epoch);
        for undo in ratchets.into_iter().rev() {
            back.secret_tree.undo(undo);
        }
        if let Some(PastSlot { state: Some(state), .. }) = past.get_mut(&back.context.epoch) {
            state.secret_tree = back.secret_tree;
        }
        self.tree = tree;
        self.path_keys = path_keys;
        self.proposals = proposals;
        self.pending = pending;
        self.past.append(&mut past);
        self.resumption.append(&mut resumption);
        self.leaf_epochs.undo(leaf_epochs);
        drop(self.clients.change(&clients));
        self.abandoned = abandoned;
    }
}
