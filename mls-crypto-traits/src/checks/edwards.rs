//! Whether an encoded point of an Edwards curve has an `x` (RFC 8032 sections 5.1.3 and 5.2.3).
//!
//! `x² = u / v` has a solution modulo `p` where `u v` is a square, which the Jacobi symbol tells without
//! computing the root. All of it is public: the time may depend on it.

/// Limbs of a product of two elements of either field.
const WIDE: usize = 14;

/// What the question needs of a curve; numbers are little-endian limbs.
#[derive(Debug)]
pub(super) struct Curve<const N: usize> {
    /// The field's prime `p`.
    prime: [u64; N],
    /// `2^(64 N)` modulo `p`, by which what exceeds `N` limbs is folded back.
    fold: [u64; N],
    /// `p - 1`.
    minus_one: [u64; N],
    /// `u v`, up to a square, is `(y² - 1) (slope y² + offset)`.
    slope: [u64; N],
    offset: [u64; N],
}

impl<const N: usize> Curve<N> {
    /// Whether there is an `x` to `y`.
    fn has_x(&self, y: &[u64; N]) -> bool {
        let square = self.multiply_add(y, y, &[0; N]);
        let u = self.multiply_add(&square, &[1], &self.minus_one);
        let v = self.multiply_add(&square, &self.slope, &self.offset);
        let uv = self.multiply_add(&u, &v, &[0; N]);
        !is_non_residue(uv, self.prime)
    }

    /// `a b + c` modulo `p`, though not always below `p`.
    fn multiply_add(&self, a: &[u64; N], b: &[u64], c: &[u64; N]) -> [u64; N] {
        let mut wide = [0; WIDE];
        add_product(&mut wide, a, b);
        add_product(&mut wide, c, &[1]);
        // A fold leaves less than it found, so this ends.
        while let Some((low, high)) = wide.split_first_chunk::<N>() {
            if high.iter().all(|limb| *limb == 0) {
                return *low;
            }
            let mut folded = [0; WIDE];
            add_product(&mut folded, low, &[1]);
            add_product(&mut folded, high, &self.fold);
            wide = folded;
        }
        [0; N]
    }
}

/// Whether a canonical Ed25519 public key decodes.
pub(super) fn decodes_25519(point: &[u8]) -> bool {
    let Ok(mut y) = <[u8; 32]>::try_from(point) else {
        return false;
    };
    if let Some(last) = y.last_mut() {
        // The sign of x.
        *last &= 0x7f;
    }
    limbs(&y).is_some_and(|y| EDWARDS25519.has_x(&y))
}

/// Whether a canonical Ed448 public key decodes.
pub(super) fn decodes_448(point: &[u8]) -> bool {
    match point.split_last() {
        Some((0 | 0x80, y)) => limbs(y).is_some_and(|y| EDWARDS448.has_x(&y)),
        _ => false,
    }
}

/// Eight times `N` bytes as limbs.
fn limbs<const N: usize>(bytes: &[u8]) -> Option<[u64; N]> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut out = [0; N];
    for (limb, chunk) in out.iter_mut().zip(chunks) {
        *limb = u64::from_le_bytes(*chunk);
    }
    (rest.is_empty() && chunks.len() == N).then_some(out)
}

/// Adds `a b` to `sum`, which is long enough.
fn add_product(sum: &mut [u64; WIDE], a: &[u64], b: &[u64]) {
    for (at, &x) in a.iter().enumerate().filter(|(_, x)| **x != 0) {
        let mut carry = 0;
        let digits = b.iter().copied().chain(core::iter::repeat(0));
        for (digit, y) in sum.iter_mut().skip(at).zip(digits) {
            // At most (2^64 - 1)² + 2 (2^64 - 1) = 2^128 - 1.
            let wide = u128::from(x).wrapping_mul(u128::from(y)).wrapping_add(u128::from(*digit)).wrapping_add(carry);
            #[expect(clippy::cast_possible_truncation, reason = "the low half; the high one is carried")]
            let low = wide as u64;
            *digit = low;
            carry = wide.wrapping_shr(64);
        }
    }
}

/// Whether the Jacobi symbol `(a/n)` is -1, for an odd `n`: for a prime `n`, whether `a` is no square.
fn is_non_residue<const N: usize>(mut a: [u64; N], mut n: [u64; N]) -> bool {
    let mut minus = false;
    while a.iter().any(|limb| *limb != 0) {
        // (2/n) is -1 for n = 3, 5 modulo 8; pairs of it cancel.
        while low(&a) == 0 {
            a.rotate_left(1);
        }
        let zeros = low(&a).trailing_zeros();
        shift_right(&mut a, zeros);
        minus ^= zeros % 2 == 1 && matches!(low(&n) % 8, 3 | 5);
        if a.iter().rev().lt(n.iter().rev()) {
            // Reciprocity, for two odd numbers.
            core::mem::swap(&mut a, &mut n);
            minus ^= low(&a) % 4 == 3 && low(&n) % 4 == 3;
        }
        subtract(&mut a, &n);
    }
    // Otherwise they have a divisor in common, and the symbol is zero.
    let coprime = low(&n) == 1 && n.iter().skip(1).all(|limb| *limb == 0);
    minus && coprime
}

fn low<const N: usize>(number: &[u64; N]) -> u64 {
    number.first().copied().unwrap_or_default()
}

/// Divides by `2^bits`, fewer than 64.
fn shift_right<const N: usize>(number: &mut [u64; N], bits: u32) {
    let mut from_above = 0;
    for limb in number.iter_mut().rev() {
        let below = limb.checked_shl(64_u32.wrapping_sub(bits)).unwrap_or_default();
        *limb = limb.wrapping_shr(bits) | from_above;
        from_above = below;
    }
}

/// `a - b` into `a`, which is not less.
fn subtract<const N: usize>(a: &mut [u64; N], b: &[u64; N]) {
    let mut borrow = false;
    for (a, b) in a.iter_mut().zip(b) {
        let (difference, under) = a.overflowing_sub(*b);
        let (difference, under_again) = difference.overflowing_sub(u64::from(borrow));
        *a = difference;
        borrow = under | under_again;
    }
}

/// `x² = (y² - 1) / (d y² + 1)`, with `d = -121665 / 121666`: times `121666²`, `u v` is
/// `(y² - 1) (121666² - 121665 121666 y²)`.
static EDWARDS25519: Curve<4> = Curve {
    prime: [0xffff_ffff_ffff_ffed, u64::MAX, u64::MAX, 0x7fff_ffff_ffff_ffff],
    fold: [38, 0, 0, 0],
    minus_one: [0xffff_ffff_ffff_ffec, u64::MAX, u64::MAX, 0x7fff_ffff_ffff_ffff],
    slope: [0xffff_fffc_8db3_de2b, u64::MAX, u64::MAX, 0x7fff_ffff_ffff_ffff],
    offset: [0x3_724d_fd04, 0, 0, 0],
};

/// `x² = (y² - 1) / (d y² - 1)`, with `d = -39081`.
static EDWARDS448: Curve<7> = Curve {
    prime: [u64::MAX, u64::MAX, u64::MAX, 0xffff_fffe_ffff_ffff, u64::MAX, u64::MAX, u64::MAX],
    fold: [1, 0, 0, 0x1_0000_0000, 0, 0, 0],
    minus_one: [0xffff_ffff_ffff_fffe, u64::MAX, u64::MAX, 0xffff_fffe_ffff_ffff, u64::MAX, u64::MAX, u64::MAX],
    slope: [0xffff_ffff_ffff_6756, u64::MAX, u64::MAX, 0xffff_fffe_ffff_ffff, u64::MAX, u64::MAX, u64::MAX],
    offset: [0xffff_ffff_ffff_fffe, u64::MAX, u64::MAX, 0xffff_fffe_ffff_ffff, u64::MAX, u64::MAX, u64::MAX],
};

#[cfg(test)]
mod tests;
