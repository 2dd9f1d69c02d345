//! What stays on the stack.

use core::hint::black_box;

/// Does `work` and overwrites `DEPTH` bytes of the stack from where its frames began; for backends.
///
/// Libraries wipe a value when it is dropped, not what it was moved out of or passed on the way: a key schedule, the
/// output of an HMAC. Whoever reserves stack afterwards has it in uninitialised bytes, and may copy it to the heap with
/// the unused bytes of an enum.
///
/// ```
/// use mls_crypto_traits::wiping_stack;
///
/// let tag = wiping_stack::<4096, _>(|| [1_u8, 2, 3].iter().sum::<u8>());
/// assert_eq!(tag, 6);
/// ```
///
/// # Security
/// As good as can be done without `unsafe`: frames deeper than `DEPTH`, as those of a build without optimisation may
/// be, and registers are left alone. What `work` returns by value stands in the caller's frame.
pub fn wiping_stack<const DEPTH: usize, T>(work: impl FnOnce() -> T) -> T {
    let out = framed(work);
    overwrite::<DEPTH>();
    out
}

/// Keeps the frames of `work` below those of the caller, where [`overwrite`] reaches them.
#[inline(never)]
fn framed<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite<const DEPTH: usize>() {
    // Mutable, lest it be a constant elsewhere.
    black_box(&mut [0_u8; DEPTH]);
}
