//! A transition as a value.

use core::fmt;

use alloc::vec::Vec;

use crate::group::Group;
use crate::group::edit::Edit;
use crate::group::state::Status;
use crate::record::{Delta, Durable, GroupId};

/// A transition of a group that has been computed and not happened yet: what must be stored, and what comes out.
///
/// Store [`delta`](Self::delta), then [`apply`](Self::apply). Dropping a step is as if it had never been computed.
///
/// # Security
/// Drop a step that will not be applied any more. It holds secrets of the state that it leads to: a message ratchet
/// there may stand before keys that the group has used up since.
#[must_use = "a step does nothing until it is stored and applied"]
pub struct Step<T> {
    pub(crate) group: GroupId,
    pub(crate) base: Status,
    /// How many generations of ours were used when the step was computed: not all uses change the status.
    pub(crate) sent: u64,
    pub(crate) delta: Delta,
    pub(crate) edits: Vec<Edit>,
    pub(crate) output: T,
}

/// A transition that needs no group to start from: a group that begins, a key package that is made.
#[must_use = "this does nothing until it is stored and released"]
pub struct Fresh<T> {
    pub(crate) delta: Delta,
    pub(crate) output: T,
}

/// What comes in by a step and need not be withheld until it is stored: nobody outside learns of it.
///
/// An application writes it in the same transaction as the step ([`Step::incoming`]). What goes out is never of this
/// kind.
pub trait Incoming {}

/// The group has moved on since the step was computed, or the proof is not that this step's delta is stored. Compute
/// the step again; where the delta had been stored already, load the group again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale;

impl<T> Step<T> {
    /// What must be stored before the step may be applied.
    ///
    /// Where it [is empty](Delta::is_empty), nothing has to be, and [`Durable::i_stored`] is true as it stands: a message
    /// was sealed with a generation that is reserved. Its precondition tells whether the group is still what it was.
    #[must_use]
    pub const fn delta(&self) -> &Delta {
        &self.delta
    }

    /// What has come in, to be written in the same transaction as [`delta`](Self::delta).
    ///
    /// # Security
    /// It has not happened yet, and is computed again where the transaction fails: act upon it only afterwards.
    pub const fn incoming(&self) -> &T
    where
        T: Incoming,
    {
        &self.output
    }

    /// The step with its output changed by `f`.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Step<U> {
        let Self { group, base, sent, delta, edits, output } = self;
        Step { group, base, sent, delta, edits, output: f(output) }
    }

    /// Makes the transition happen in memory and yields what comes out of it.
    ///
    /// # Errors
    /// [`Stale`] where the group is not at the revision that the step was computed from, or `durable` is about another
    /// delta; the group is unchanged.
    pub fn apply(self, group: &mut Group, durable: Durable) -> Result<T, Stale> {
        if !durable.names(&self.delta) {
            return Err(Stale);
        }
        let (output, _, undo) = self.perform(group)?;
        drop(undo);
        group.settle();
        Ok(output)
    }

    /// Performs the edits and hands back their inverses, last first.
    pub(crate) fn perform(self, group: &mut Group) -> Result<(T, Delta, Vec<Edit>), Stale> {
        let sent = group.epoch.secret_tree.sent();
        if group.id != self.group || group.status != self.base || sent != self.sent {
            return Err(Stale);
        }
        let mut inverses: Vec<Edit> = self.edits.into_iter().map(|edit| edit.perform(group)).collect();
        inverses.reverse();
        Ok((self.output, self.delta, inverses))
    }
}

impl<T> Fresh<T> {
    /// What must be stored before the output may be had.
    #[must_use]
    pub const fn delta(&self) -> &Delta {
        &self.delta
    }

    /// The transition with its output changed by `f`.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fresh<U> {
        Fresh { delta: self.delta, output: f(self.output) }
    }

    /// Yields what comes out.
    ///
    /// # Errors
    /// [`Stale`] where `durable` is about another delta.
    pub fn release(self, durable: Durable) -> Result<T, Stale> {
        if durable.names(&self.delta) { Ok(self.output) } else { Err(Stale) }
    }
}

impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, base, sent: _, delta, edits: _, output: _ } = self;
        f.debug_struct("Step").field("group", group).field("base", base).field("delta", delta).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Fresh<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delta, output: _ } = self;
        f.debug_struct("Fresh").field("delta", delta).finish_non_exhaustive()
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the group has moved on since the step was computed")
    }
}

impl core::error::Error for Stale {}
