//! Inputs that come in parts, for functions that take them whole.

use mls_crypto_traits::SecretBytes;
use zeroize::Zeroize;

/// So much is a parent of a ratchet tree when it is hashed, of which there are many.
const NODE: usize = 192;

/// What fits is gathered on the stack.
pub(crate) const STACK: usize = 512;

/// So is a message of a few paragraphs, whose like an allocator takes longer to find room for than to copy.
const MESSAGE: usize = 2_048;

/// And the path of a commit in a large group.
const COMMIT: usize = 4_096;

/// Calls `then` with the concatenation of `parts`; the copy, where one is made, is wiped.
pub(crate) fn with_whole<R>(parts: &[&[u8]], then: impl FnOnce(&[u8]) -> R) -> R {
    match parts {
        [] => then(&[]),
        [whole] => then(whole),
        _ => match whole_len(parts) {
            Some(len) if len <= NODE => on_stack::<NODE, _>(parts, len, then),
            Some(len) if len <= STACK => on_stack::<STACK, _>(parts, len, then),
            Some(len) if len <= MESSAGE => on_stack::<MESSAGE, _>(parts, len, then),
            Some(len) if len <= COMMIT => on_stack::<COMMIT, _>(parts, len, then),
            _ => on_heap(parts, then),
        },
    }
}

/// How long the concatenation is; `None` where no `usize` holds it.
pub(crate) fn whole_len(parts: &[&[u8]]) -> Option<usize> {
    parts.iter().try_fold(0_usize, |len, part| len.checked_add(part.len()))
}

/// Of `len` bytes, which are no more than `ROOM`.
fn on_stack<const ROOM: usize, R>(parts: &[&[u8]], len: usize, then: impl FnOnce(&[u8]) -> R) -> R {
    let mut buffer = [0_u8; ROOM];
    let (whole, _) = buffer.split_at_mut_checked(len).unwrap_or_default();
    let mut rest = &mut *whole;
    for part in parts {
        let (to, behind) = rest.split_at_mut_checked(part.len()).unwrap_or_default();
        // Of one length, as `len` is the sum.
        to.copy_from_slice(part);
        rest = behind;
    }
    let result = then(whole);
    whole.zeroize();
    result
}

fn on_heap<R>(parts: &[&[u8]], then: impl FnOnce(&[u8]) -> R) -> R {
    then(SecretBytes::concat(parts).as_bytes())
}

#[cfg(test)]
mod tests;
