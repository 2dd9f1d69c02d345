//! Events for `tracing`, where the feature of that name is on: how each operation ended, and how much was written.
//!
//! They hold names of operations and outcomes, epochs and counts. Nothing of what is sent, of who is in a group, or of
//! which group it is; an event is safe to keep where the messages are not.

use core::future::Future;

use mls_core::group::Disposition;
use mls_core::record::Delta;

use crate::event::Event;

/// An error that says what to do next.
pub(crate) trait Failed {
    fn disposition(&self) -> Disposition;
}

/// Awaits an operation and tells how it ended. `epoch` is the group's before it.
pub(crate) async fn traced<T, E: Failed>(
    operation: &'static str,
    epoch: Option<u64>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let ended = work.await;
    let outcome = ended.as_ref().err().map_or("done", |error| outcome(&error.disposition()));
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "mls_client", operation, epoch, outcome, "ended");
    #[cfg(not(feature = "tracing"))]
    let _ = (operation, epoch, outcome);
    ended
}

/// Tells what a message turned out to be, and of which epoch it is or to which it leads.
pub(crate) fn received(event: &Event) {
    let (kind, epoch) = match event {
        Event::Message(received) => ("message", Some(received.epoch)),
        Event::Proposal(_) => ("proposal", None),
        Event::Epoch(change) => ("epoch", Some(change.epoch)),
        Event::Removed(change) => ("removed", Some(change.epoch)),
    };
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "mls_client", kind, epoch, "received");
    #[cfg(not(feature = "tracing"))]
    let _ = (kind, epoch);
}

/// Tells how a batch of a backlog went.
pub(crate) fn batch(messages: usize, failed: usize) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "mls_client", messages, failed, "batch");
    #[cfg(not(feature = "tracing"))]
    let _ = (messages, failed);
}

/// Tells how much is about to be written.
pub(crate) fn stores(delta: &Delta) {
    #[cfg(feature = "tracing")]
    tracing::trace!(target: "mls_client", writes = delta.writes().count(), "stores");
    #[cfg(not(feature = "tracing"))]
    let _ = delta;
}

/// A disposition without what it speaks of: that names senders and records.
const fn outcome(disposition: &Disposition) -> &'static str {
    match disposition {
        Disposition::Discard => "discard",
        Disposition::Duplicate => "duplicate",
        Disposition::Retry(_) => "retry",
        Disposition::AwaitEpoch(_) => "await_epoch",
        Disposition::Reload => "reload",
        Disposition::Rejoin => "rejoin",
        Disposition::Blame(_) => "blame",
        Disposition::FixCaller => "fix_caller",
        _ => "other",
    }
}
