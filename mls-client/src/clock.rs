//! Where the time comes from.

use std::time::UNIX_EPOCH;

use mls_core::env::UnixTime;

/// A source of the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> UnixTime;
}

/// The operating system's clock: the default of a [`ClientBuilder`](crate::ClientBuilder).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl Clock for SystemClock {
    /// The time now; 0 where the system's clock stands before 1970.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others are given")]
    fn now(&self) -> UnixTime {
        let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixTime(since.as_secs())
    }
}
