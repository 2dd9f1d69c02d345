//! How much stack is wiped behind an operation, as the crates beneath leave keys there.

pub(crate) use mls_crypto_traits::wiping_stack as wiped;

/// Bytes that a keyed hash's frames take, with room: 2 to 3 KiB were seen.
pub(crate) const HASH: usize = 4 << 10;
/// The same of an AEAD: up to 8 KiB.
pub(crate) const AEAD: usize = 12 << 10;
/// The same of a curve: up to 9 KiB, P-521.
pub(crate) const CURVE: usize = 16 << 10;
