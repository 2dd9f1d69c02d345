//! Dropping what was retained for too long, without entering another epoch.
//!
//! Entering an epoch drops it, too; but a group may rest for a year, and its past secrets with it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::env::Env;
use crate::group::advance::{expired_epochs, expired_psks, still_abandoned};
use crate::group::builder::StepBuilder;
use crate::group::edit::Edit;
use crate::group::header::Retention;
use crate::group::state::PastSlot;
use crate::group::step::Fresh;
use crate::group::{Fault, Group, Step};
use crate::key_package::KeyPackageRef;
use crate::key_schedule::ResumptionPsk;
use crate::record::{Delta, RecordKey, RecordPrefix};

/// What was dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// Retained epochs: their late messages are not read any more.
    pub epochs: Vec<u64>,
    /// Epochs whose resumption PSK is gone.
    pub resumption_psks: Vec<u64>,
}

/// Drops the retained epochs that are too old or too many, with the message keys that were skipped in them, and the
/// resumption PSKs that are too many, by [`Limits`](crate::limits::Limits) as they are now; `None` where there are
/// none, and nothing is to be stored.
///
/// Skipped keys of the current epoch stay until it ends, within their bounds: nothing says when they were made.
///
/// # Errors
/// [`Fault::NotAMember`], [`Fault::Moved`], [`Fault::Encode`], [`Fault::Crypto`]; nothing has changed.
pub fn prune(group: &Group, env: &mut Env<'_>) -> Result<Option<Step<Pruned>>, Fault> {
    group.check_active()?;
    let epochs = expired_epochs(group, 0, env);
    let resumption_psks = expired_psks(group, None, env);
    if epochs.is_empty() && resumption_psks.is_empty() {
        return Ok(None);
    }
    let mut builder = StepBuilder::new(group, env.rng)?;
    let delta = &mut builder.delta;
    for epoch in &epochs {
        delta.delete_prefix(RecordPrefix::Epoch(group.id.clone(), *epoch));
    }
    for epoch in &resumption_psks {
        delta.delete(RecordKey::ResumptionPsk(group.id.clone(), *epoch));
    }
    let abandoned = still_abandoned(group, &epochs, group.epoch());
    let Retention { mut past, mut resumption, abandoned: _ } = group.retention();
    past.retain(|(epoch, _)| !epochs.contains(epoch));
    resumption.retain(|epoch| !resumption_psks.contains(epoch));
    let retention = Retention { past, resumption, abandoned: abandoned.clone() };
    delta.write(RecordKey::Group(group.id.clone()), &group.epoch.header(&retention))?;
    let pruned = Pruned { epochs, resumption_psks };
    builder.edit(Edit::Prune(Box::new(Prune { pruned: pruned.clone(), abandoned })));
    Ok(Some(builder.finish(group, pruned)?))
}

/// Forgets key packages, with their private keys: those that have expired, or were withdrawn.
///
/// A Welcome for one of them is of no use any more.
///
/// # Errors
/// [`Fault::Crypto`] where there is no randomness.
pub fn forget_key_packages(references: &[KeyPackageRef], env: &mut Env<'_>) -> Result<Fresh<()>, Fault> {
    let mut delta = Delta::new(env.rng)?;
    for reference in references {
        delta.delete(RecordKey::KeyPackage((*reference).into()));
    }
    Ok(Fresh { delta, output: () })
}

/// What is dropped.
pub(crate) struct Prune {
    pruned: Pruned,
    abandoned: Vec<(u64, Vec<u8>)>,
}

/// What dropping took away, to take it back while a batch is open.
pub(crate) struct PruneUndo {
    epochs: Vec<(u64, PastSlot)>,
    resumption_psks: Vec<(u64, Option<ResumptionPsk>)>,
    abandoned: Vec<(u64, Vec<u8>)>,
}

impl Group {
    pub(crate) fn drop_retained(&mut self, prune: Prune) -> PruneUndo {
        let Prune { pruned: Pruned { epochs, resumption_psks }, abandoned } = prune;
        PruneUndo {
            epochs: epochs.into_iter().filter_map(|at| Some((at, self.past.remove(&at)?))).collect(),
            resumption_psks: resumption_psks
                .into_iter()
                .filter_map(|at| Some((at, self.resumption.remove(&at)?)))
                .collect(),
            abandoned: core::mem::replace(&mut self.abandoned, abandoned),
        }
    }

    pub(crate) fn retain_again(&mut self, undo: PruneUndo) {
        let PruneUndo { epochs, resumption_psks, abandoned } = undo;
        self.past.extend(epochs);
        self.resumption.extend(resumption_psks);
        self.abandoned = abandoned;
    }
}
