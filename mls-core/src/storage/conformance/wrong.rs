//! What a case saw that it should not have seen.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use mls_codec::EncodeError;
use mls_crypto_traits::{CryptoError, SecretBytes};

use crate::record::{RecordKey, RecordPrefix};
use crate::storage::{Storage, StorageError, StorageErrorKind};

#[derive(Debug)]
pub(super) struct Wrong(pub(super) String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<StorageError> for Wrong {
    fn from(error: StorageError) -> Self {
        let mut text = error.to_string();
        let mut source = core::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self(text)
    }
}

impl From<CryptoError> for Wrong {
    fn from(error: CryptoError) -> Self {
        Self(error.to_string())
    }
}

impl From<EncodeError> for Wrong {
    fn from(error: EncodeError) -> Self {
        Self(error.to_string())
    }
}

pub(super) fn ensure(holds: bool, seen: impl FnOnce() -> String) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong(seen())) }
}

/// Whether the record is there with exactly these bytes, or absent.
pub(super) fn expect(store: &dyn Storage, key: &RecordKey, want: Option<&[u8]>) -> Result<(), Wrong> {
    let read = store.read(core::slice::from_ref(key))?;
    ensure(read.len() == 1, || format!("{} answers to one question", read.len()))?;
    let found = read.first().and_then(Option::as_ref).map(SecretBytes::as_bytes);
    ensure(found == want, || format!("{key:?}: {:?} bytes, not {:?}", found.map(<[u8]>::len), want.map(<[u8]>::len)))
}

/// Whether the set is exactly `want`, in order.
pub(super) fn expect_set(
    store: &dyn Storage,
    prefix: &RecordPrefix,
    want: &[(&RecordKey, Vec<u8>)],
) -> Result<(), Wrong> {
    let found = store.scan(prefix)?;
    for ((key, value), (want_key, want_value)) in found.iter().zip(want) {
        ensure(*key == **want_key, || format!("{prefix:?}: {key:?} in the place of {want_key:?}"))?;
        ensure(value == want_value, || format!("{prefix:?}: the value of {key:?} is another's"))?;
    }
    ensure(found.len() == want.len(), || format!("{prefix:?}: {} records, not {}", found.len(), want.len()))
}

/// Whether the outcome is a conflict at the record.
pub(super) fn expect_conflict<T>(outcome: Result<T, StorageError>, at: &RecordKey) -> Result<(), Wrong> {
    match outcome {
        Ok(_) => Err(Wrong(format!("committed in spite of {at:?}"))),
        Err(error) => {
            ensure(error.kind() == StorageErrorKind::Conflict, || format!("{:?}, not a conflict", error.kind()))?;
            ensure(error.record() == Some(at), || format!("names {:?}, not {at:?}", error.record()))
        }
    }
}
