use core::error::Error;

use mls_core::group::{CreateError as EngineError, Disposition, Fault, Missing, Stale};
use mls_core::identity::{IdentityError, IdentityErrorKind};
use mls_core::storage::{StorageError, StorageErrorKind};
use mls_crypto_traits::CryptoError;

use super::{CreateError, DriverError, LoadError, ReceiveError};

#[test]
fn each_failure_around_the_engine_says_what_to_do_next() {
    let storage = |kind| DriverError::from(StorageError::new(kind)).disposition();
    assert_eq!(storage(StorageErrorKind::Conflict), Disposition::Reload);
    assert_eq!(storage(StorageErrorKind::Busy), Disposition::Reload);
    assert_eq!(storage(StorageErrorKind::Full), Disposition::FixCaller);
    assert_eq!(storage(StorageErrorKind::Corrupt), Disposition::FixCaller);
    let identity = |kind| DriverError::from(IdentityError::new(kind)).disposition();
    assert_eq!(identity(IdentityErrorKind::Rejected), Disposition::Discard);
    assert_eq!(identity(IdentityErrorKind::Unavailable), Disposition::Retry(Missing::Identity));
    assert_eq!(DriverError::from(Stale).disposition(), Disposition::Reload);
    assert_eq!(DriverError::NotReady.disposition(), Disposition::FixCaller);
    assert_eq!(DriverError::Unsettled.disposition(), Disposition::FixCaller);
}

#[test]
fn the_engines_disposition_is_passed_through() {
    let fault = Fault::NotAMember;
    assert_eq!(LoadError::from(fault.clone()).disposition(), fault.disposition());
    assert_eq!(LoadError::from(fault).disposition(), Disposition::Rejoin);
    assert_eq!(LoadError::NoSuchGroup.disposition(), Disposition::FixCaller);
}

#[test]
fn causes_are_kept() {
    let cause = std::io::Error::other("the disk is on fire");
    let storage = StorageError::new(StorageErrorKind::Other).with_source(Box::new(cause));
    let error = CreateError::from(DriverError::from(storage));
    let mut chain = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        chain.push(cause.to_string());
        next = cause.source();
    }
    assert_eq!(chain, ["it could not be made", "the store failed", "the store failed", "the disk is on fire"]);

    let engine = CreateError::from(EngineError::from(CryptoError::Randomness));
    assert!(engine.source().is_some());
    let malformed = mls_codec::DecodeError::new(mls_codec::DecodeErrorKind::UnexpectedEnd, 3);
    assert_eq!(ReceiveError::Malformed(malformed).source().map(ToString::to_string), Some(malformed.to_string()));
}
