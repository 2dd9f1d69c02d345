use core::future::{pending, ready};

use super::run;
use crate::error::DriverError;

#[test]
fn a_ready_future_yields_its_result() {
    let result: Result<u8, DriverError> = run(ready(Ok(7)));
    assert!(matches!(result, Ok(7)));
}

#[test]
fn a_pending_future_is_an_error_and_never_a_spin() {
    let result: Result<(), DriverError> = run(pending());
    assert!(matches!(result, Err(DriverError::NotReady)));
}
