//! An observer's transition as a value.

use alloc::boxed::Box;
use core::fmt;

use crate::env::Env;
use crate::group::state::Status;
use crate::group::{Fault, Stale};
use crate::observer::Observer;
use crate::record::{Delta, Durable, Precondition, RecordKey, ToRecord};

/// A transition of an observer that has been computed and not happened yet; see [`Step`](crate::group::Step), whose
/// counterpart it is.
#[must_use = "a step does nothing until it is stored and applied"]
pub struct ObserverStep<T> {
    base: Status,
    delta: Delta,
    next: Box<Observer>,
    output: T,
}

impl<T> ObserverStep<T> {
    /// From `observer` to `next`, which is at the revision after it. `write` adds what changes besides the status.
    pub(super) fn new(
        observer: &Observer,
        mut next: Observer,
        output: T,
        env: &mut Env<'_>,
        write: impl FnOnce(&mut Delta, &Observer) -> Result<(), Fault>,
    ) -> Result<Self, Fault> {
        let status = RecordKey::Status(observer.id.clone());
        let mut delta = Delta::new(env.rng)?;
        delta.require(Precondition::Equals(status.clone(), observer.status.to_record()?));
        next.status.revision = observer.status.revision.wrapping_add(1);
        next.status.proposals = u32::try_from(next.proposals.len()).unwrap_or(u32::MAX);
        write(&mut delta, &next)?;
        delta.write(status, &next.status)?;
        Ok(Self { base: observer.status, delta, next: Box::new(next), output })
    }

    /// What must be stored before the step may be applied.
    #[must_use]
    pub const fn delta(&self) -> &Delta {
        &self.delta
    }

    /// Makes the transition happen in memory and yields what comes out of it.
    ///
    /// # Errors
    /// [`Stale`] where the observer is not at the revision that the step was computed from, or `durable` is about
    /// another delta; the observer is unchanged.
    pub fn apply(self, observer: &mut Observer, durable: Durable) -> Result<T, Stale> {
        let Self { base, delta, next, output } = self;
        if !durable.names(&delta) || observer.id != next.id || observer.status != base {
            return Err(Stale);
        }
        *observer = *next;
        // The tree that it replaced is gone.
        observer.tree.settle();
        Ok(output)
    }
}

impl<T> fmt::Debug for ObserverStep<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, delta, next, output: _ } = self;
        f.debug_struct("ObserverStep")
            .field("base", base)
            .field("delta", delta)
            .field("next", next)
            .finish_non_exhaustive()
    }
}
