//! Many steps, one transaction.

use core::fmt;

use alloc::vec::Vec;

use crate::group::edit::Edit;
use crate::group::{Group, Incoming, Stale, Step};
use crate::record::{Delta, Durable};

/// Runs steps over a provisional state of a group and yields one delta for them all.
///
/// [`push`](Self::push) performs a step on the group at once, so that the next one can be computed from
/// [`group`](Self::group); the outputs come out when the whole delta is stored. A batch that is dropped, or that cannot
/// be stored, leaves the group as it was before.
///
/// # Security
/// Until the batch is applied it holds on to the keys that its steps have used up, to be able to take them back.
#[must_use = "a batch is taken back unless it is stored and applied"]
pub struct Batch<'g, T> {
    group: &'g mut Group,
    delta: Option<Delta>,
    undo: Vec<Edit>,
    outputs: Vec<T>,
}

impl<'g, T> Batch<'g, T> {
    /// An empty batch over `group`.
    pub const fn new(group: &'g mut Group) -> Self {
        Self { group, delta: None, undo: Vec::new(), outputs: Vec::new() }
    }

    /// The group with all steps so far performed.
    #[must_use]
    pub const fn group(&self) -> &Group {
        self.group
    }

    /// The group with all steps so far performed, to [admit](Group::admit) records to.
    pub const fn group_mut(&mut self) -> &mut Group {
        self.group
    }

    /// Performs a step provisionally.
    ///
    /// # Errors
    /// [`Stale`] where the step was not computed from [`Self::group`] as it is now; the batch is unchanged.
    pub fn push(&mut self, step: Step<T>) -> Result<(), Stale> {
        let (output, delta, mut undo) = step.perform(self.group)?;
        match &mut self.delta {
            Some(sum) => sum.then(delta),
            none => *none = Some(delta),
        }
        // The last step is the first to be taken back.
        undo.append(&mut self.undo);
        self.undo = undo;
        self.outputs.push(output);
        Ok(())
    }

    /// What must be stored; `None` for an empty batch.
    #[must_use]
    pub const fn delta(&self) -> Option<&Delta> {
        self.delta.as_ref()
    }

    /// What has come in by the steps, in order, to be written in the same transaction as [`delta`](Self::delta).
    ///
    /// # Security
    /// As for [`Step::incoming`].
    #[must_use]
    pub fn incoming(&self) -> &[T]
    where
        T: Incoming,
    {
        &self.outputs
    }

    /// Makes the steps final and yields their outputs in order.
    ///
    /// # Errors
    /// [`Stale`] where `durable` is about another delta; the group is then as before the batch.
    pub fn apply(mut self, durable: Durable) -> Result<Vec<T>, Stale> {
        if !self.delta.as_ref().is_some_and(|delta| durable.names(delta)) {
            return Err(Stale);
        }
        self.undo.clear();
        self.group.settle();
        Ok(core::mem::take(&mut self.outputs))
    }
}

impl<T> Drop for Batch<'_, T> {
    fn drop(&mut self) {
        for edit in self.undo.drain(..) {
            drop(edit.perform(self.group));
        }
    }
}

impl<T> fmt::Debug for Batch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, delta, undo: _, outputs } = self;
        f.debug_struct("Batch")
            .field("group", &group.id)
            .field("delta", delta)
            .field("steps", &outputs.len())
            .finish_non_exhaustive()
    }
}
