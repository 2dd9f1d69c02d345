//! Events for `tracing`, where the feature of that name is on: how each operation ended, and how much was written.
//!
//! They hold names of operations and outcomes, epochs and counts. Nothing of what is sent, of who is in a group, or of
//! which group it is; an event is safe to keep where the messages are not.

use core::future::Future;

use mls_core::group::Disposition;
use mls_core::record::Delta;

use crate::event::Event;

/// An event, whose fields are made where somebody listens.
#[cfg(feature = "tracing")]
macro_rules! event {
    ($level:ident, $message:literal, $($field:ident = $value:expr),+) => {
        tracing::$level!(target: "mls_client", $($field = $value,)+ $message)
    };
}

#[cfg(not(feature = "tracing"))]
macro_rules! event {
    ($level:ident, $message:literal, $($field:ident = $value:expr),+) => {
        _ = || { $(_ = &$value;)+ }
    };
}

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
    event!(debug, "ended", operation = operation, epoch = epoch, outcome = outcome);
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
    event!(debug, "received", kind = kind, epoch = epoch);
}

/// Tells how a batch of a backlog went.
pub(crate) fn batch(messages: usize, failed: usize) {
    event!(debug, "batch", messages = messages, failed = failed);
}

/// Tells how much is about to be written.
pub(crate) fn stores(delta: &Delta) {
    event!(trace, "stores", writes = delta.writes().count());
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
