//! The blocking face's way to run the driver: adapters whose futures are always ready, polled once.

mod adapters;
mod pool;

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

pub use adapters::Blocking;
pub use pool::{OnPool, ThreadPool};

use crate::error::DriverError;

/// Runs a future whose parts are all ready.
///
/// # Errors
/// [`DriverError::NotReady`] where it is not: there is nobody to wait for.
pub(crate) fn run<T, E: From<DriverError>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    ready(future).unwrap_or_else(|| Err(DriverError::NotReady.into()))
}

/// The value of a future whose parts are all ready; `None` where it is not.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[cfg(test)]
mod tests;
