//! Bytes that are wiped when they are dropped.

use alloc::{vec, vec::Vec};
use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Secret bytes on the heap: wiped on drop, redacted in `Debug`, compared in constant time.
///
/// There is no `Clone` and no `PartialEq`: a copy is made with [`duplicate`](Self::duplicate), a
/// comparison with [`ct_eq`](Self::ct_eq).
///
/// ```
/// use mls_crypto_traits::SecretBytes;
///
/// let secret = SecretBytes::from(vec![1, 2, 3]);
/// assert_eq!(format!("{secret:?}"), "SecretBytes(..)");
/// assert!(secret.ct_eq(&[1, 2, 3]));
/// ```
#[derive(Default)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// An owned copy of `bytes`.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// `len` zero bytes.
    #[must_use]
    #[allow(clippy::slow_vector_initialization, reason = "faster where it is short")]
    pub fn zeros(len: usize) -> Self {
        // glibc before 2.41 serves `calloc`, which `vec![0; len]` calls, past the cache of freed blocks that each thread
        // has.
        if len > 1_024 {
            return Self(vec![0; len]);
        }
        let mut bytes = Vec::with_capacity(len);
        bytes.resize(len, 0);
        Self(bytes)
    }

    /// The concatenation of `parts`, in one allocation.
    #[must_use]
    pub fn concat(parts: &[&[u8]]) -> Self {
        Self(parts.concat())
    }

    /// The secret.
    ///
    /// # Security
    /// A copy made of it is the caller's to wipe.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret, to be written in place.
    #[must_use]
    pub fn as_mut_bytes(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the first `len` bytes. The others stay in its memory until it is wiped with them.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// A second copy, which lives and is wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// Whether `other` holds the same bytes, in time that depends on the lengths alone.
    #[must_use]
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        self.0.ct_eq(other).into()
    }
}

impl Zeroize for SecretBytes {
    fn zeroize(&mut self) {
        // All of the capacity, as `Vec::zeroize` does it, but as slices: that one goes byte by byte.
        if self.0.len() < self.0.capacity() {
            self.0.spare_capacity_mut().zeroize();
        }
        self.0.as_mut_slice().zeroize();
        self.0.clear();
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for SecretBytes {}

impl From<Vec<u8>> for SecretBytes {
    /// Takes the bytes over without copying them.
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("SecretBytes(..)")
    }
}

#[cfg(test)]
mod tests;
