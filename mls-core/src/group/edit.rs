//! What a step changes in memory. Each edit is a swap: performing it yields its inverse.

use alloc::boxed::Box;

use crate::group::Group;
use crate::group::cache::CachedProposal;
use crate::group::epoch::{EpochEnd, EpochUndo, NewEpoch};
use crate::group::pending::PendingCommit;
use crate::group::prune::{Prune, PruneUndo};
use crate::group::rewind_edit::{RewindTo, RewindUndo};
use crate::group::state::{Held, Status};
use crate::key_schedule::ExporterSecret;
use crate::proposal::ProposalRef;
use crate::secret_tree::{RatchetMove, RatchetUndo};

pub(crate) enum Edit {
    /// Moves a ratchet of the current or a retained epoch.
    MoveRatchet(u64, RatchetMove),
    /// Takes that back.
    RestoreRatchet(u64, RatchetUndo),
    /// Adds a proposal to the cache.
    CacheProposal(ProposalRef, Box<CachedProposal>),
    /// Drops it.
    ForgetProposal(ProposalRef),
    /// Sets or clears the own pending commit.
    SetPending(Option<Box<PendingCommit>>),
    /// Moves to the next epoch.
    EnterEpoch(Box<NewEpoch>),
    /// Moves to the epoch that the own pending commit leads to.
    EnterPending(Box<EpochEnd>),
    /// Takes either back.
    LeaveEpoch(Box<EpochUndo>),
    /// Goes back to a retained epoch.
    Rewind(Box<RewindTo>),
    /// Takes that back.
    UndoRewind(Box<RewindUndo>),
    /// Drops what was retained for too long.
    Prune(Box<Prune>),
    /// Takes that back.
    UndoPrune(Box<PruneUndo>),
    /// Replaces the exporter secret.
    SwapExporter(ExporterSecret),
    /// Replaces revision and counters.
    SetStatus(Status),
    /// Ends the membership: takes all that is held; or gives it back.
    SwapHeld(Box<Held>),
    /// Nothing: the inverse of an edit that found nothing to do.
    Nothing,
}

impl Edit {
    /// Performs the edit. Runs no check and no cryptography: what could fail was done when the step was computed.
    pub(crate) fn perform(self, group: &mut Group) -> Self {
        match self {
            Self::MoveRatchet(epoch, change) => match group.secret_tree_mut(epoch) {
                Some(tree) => Self::RestoreRatchet(epoch, tree.apply(change)),
                None => Self::Nothing,
            },
            Self::RestoreRatchet(epoch, undo) => {
                if let Some(tree) = group.secret_tree_mut(epoch) {
                    tree.undo(undo);
                }
                Self::Nothing
            }
            Self::CacheProposal(reference, proposal) => {
                if let Some(cache) = &mut group.proposals {
                    cache.insert(reference, *proposal);
                }
                Self::ForgetProposal(reference)
            }
            Self::ForgetProposal(reference) => {
                match group.proposals.as_mut().and_then(|cache| cache.remove(&reference)) {
                    Some(proposal) => Self::CacheProposal(reference, Box::new(proposal)),
                    None => Self::Nothing,
                }
            }
            Self::SetPending(pending) => Self::SetPending(core::mem::replace(&mut group.pending, pending)),
            Self::EnterEpoch(new) => Self::LeaveEpoch(Box::new(group.enter_epoch(*new))),
            Self::EnterPending(end) => match group.enter_pending(*end) {
                Some(undo) => Self::LeaveEpoch(Box::new(undo)),
                None => Self::Nothing,
            },
            Self::LeaveEpoch(undo) => {
                group.leave_epoch(*undo);
                Self::Nothing
            }
            Self::Rewind(to) => Self::UndoRewind(Box::new(group.go_back(*to))),
            Self::UndoRewind(undo) => {
                group.go_forward_again(*undo);
                Self::Nothing
            }
            Self::Prune(prune) => Self::UndoPrune(Box::new(group.drop_retained(*prune))),
            Self::UndoPrune(undo) => {
                group.retain_again(*undo);
                Self::Nothing
            }
            Self::SwapExporter(exporter) => {
                Self::SwapExporter(core::mem::replace(&mut group.epoch.secrets.exporter, exporter))
            }
            Self::SetStatus(status) => Self::SetStatus(core::mem::replace(&mut group.status, status)),
            Self::SwapHeld(mut held) => {
                held.swap(group);
                Self::SwapHeld(held)
            }
            Self::Nothing => Self::Nothing,
        }
    }
}
