//! The blocking face's way to run the driver: adapters whose futures are always ready, polled once.

mod adapters;

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

pub use adapters::Blocking;

use crate::error::DriverError;

/// Runs a future whose parts are all ready.
///
/// # Errors
/// [`DriverError::NotReady`] where it is not: there is nobody to wait for.
pub(crate) fn run<T, E: From<DriverError>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(DriverError::NotReady.into()),
    }
}

#[cfg(test)]
mod tests;
