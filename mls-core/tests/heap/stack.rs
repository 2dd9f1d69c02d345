//! What is left below the frames in use.

use core::hint::black_box;

/// How deep is looked.
const DEPTH: usize = 128 << 10;

/// Overwrites the unused stack, twice as deep as [`rest`] looks.
#[inline(never)]
pub fn clear() {
    black_box(&mut [0_u8; 2 * DEPTH]);
}

/// The unused stack, as deep as it was used: what is left of the calls since [`clear`], if the same function calls both.
#[inline(never)]
pub fn rest() -> Vec<u8> {
    let mut bytes = vec![0; DEPTH];
    let end = core::ptr::from_mut(&mut bytes).cast::<u8>().cast_const();
    // SAFETY: these pages are the thread's, `clear` had them, and nothing but a copying function's own frame is written
    // there meanwhile; `bytes` is on the heap.
    unsafe { core::ptr::copy_nonoverlapping(end.wrapping_sub(DEPTH), bytes.as_mut_ptr(), DEPTH) };
    let unused = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.split_off(unused)
}
