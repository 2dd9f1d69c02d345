//! Deltas without a transition.

use core::sync::atomic::{AtomicU64, Ordering};

use alloc::vec::Vec;

use mls_crypto_traits::{CryptoError, Rng, SecretBytes};

use crate::record::{Delta, Precondition, RecordKey, RecordPrefix};

/// Builds a delta of any content, to test a store with.
///
/// ```
/// use mls_core::record::RecordKey;
/// use mls_core::storage::conformance::TestDelta;
///
/// let delta = TestDelta::new().put(RecordKey::Psk(b"id".to_vec()), b"value").build()?;
/// assert_eq!(delta.len(), 1);
/// # Ok::<(), mls_crypto_traits::CryptoError>(())
/// ```
#[derive(Debug, Default)]
pub struct TestDelta {
    preconditions: Vec<Precondition>,
    writes: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Put(RecordKey, SecretBytes),
    Delete(RecordKey),
    DeletePrefix(RecordPrefix),
}

/// Numbers the deltas of a process.
struct Counter;

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Rng for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (octet, digit) in out.iter_mut().zip(number) {
            *octet = digit;
        }
        Ok(())
    }
}

impl TestDelta {
    /// Begins a delta that writes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands a precondition.
    #[must_use]
    pub fn require(mut self, precondition: Precondition) -> Self {
        self.preconditions.push(precondition);
        self
    }

    /// Puts a record.
    #[must_use]
    pub fn put(mut self, key: RecordKey, value: &[u8]) -> Self {
        self.writes.push(Change::Put(key, SecretBytes::from_slice(value)));
        self
    }

    /// Deletes a record.
    #[must_use]
    pub fn delete(mut self, key: RecordKey) -> Self {
        self.writes.push(Change::Delete(key));
        self
    }

    /// Deletes a set. Records of it that were put before are not put; those that are put later are.
    #[must_use]
    pub fn delete_prefix(mut self, prefix: RecordPrefix) -> Self {
        self.writes.push(Change::DeletePrefix(prefix));
        self
    }

    /// The delta, with a name of its own within the process.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`]; not in practice.
    pub fn build(self) -> Result<Delta, CryptoError> {
        let Self { preconditions, writes } = self;
        let mut delta = Delta::new(&mut Counter)?;
        for precondition in preconditions {
            delta.require(precondition);
        }
        for write in writes {
            match write {
                Change::Put(key, value) => delta.put(key, value),
                Change::Delete(key) => delta.delete(key),
                Change::DeletePrefix(prefix) => delta.delete_prefix(prefix),
            }
        }
        Ok(delta)
    }
}
