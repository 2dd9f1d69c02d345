#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::vec::Vec;

use curve25519_dalek::edwards::CompressedEdwardsY;

use super::*;

#[test]
fn symbols_are_those_of_small_primes() {
    for prime in [3_u64, 5, 7, 11, 13, 17, 19, 23, 41, 97, 101, 65_537] {
        let squares: Vec<_> = (0..prime).map(|root| root * root % prime).collect();
        for number in 0..3 * prime.min(200) {
            let is_square = squares.contains(&(number % prime));
            assert_eq!(is_non_residue([number, 0], [prime, 0]), !is_square, "{number} modulo {prime}");
            assert_eq!(is_non_residue([0, number], [prime, 0]), !is_square, "{number} 2^64 modulo {prime}");
        }
    }
}

#[test]
fn products_are_reduced() {
    // (p - 1)² = 1, as p + 1.
    let one = EDWARDS25519.multiply_add(&EDWARDS25519.minus_one, &EDWARDS25519.minus_one, &[0; 4]);
    assert_eq!(one, [0xffff_ffff_ffff_ffee, u64::MAX, u64::MAX, 0x7fff_ffff_ffff_ffff]);
    let top = EDWARDS448.multiply_add(&[u64::MAX; 7], &[u64::MAX; 7], &[u64::MAX; 7]);
    // (f - 1)² + f - 1 = f² - f, for f = 2^224 + 1; f² - f = 2^448 + 2^224 = 2^225 + 1.
    assert_eq!(top, [1, 0, 0, 0x2_0000_0000, 0, 0, 0]);
}

#[test]
fn the_verdict_is_that_of_a_decoder() {
    let mut counts = [0_u32; 2];
    let mut y = [7_u8; 32];
    for round in 0..2_000_u32 {
        for (byte, add) in y.iter_mut().zip(round.to_le_bytes().iter().cycle()) {
            *byte = byte.wrapping_mul(197).wrapping_add(*add).rotate_left(3);
        }
        let mut canonical = y;
        canonical[30] &= 0x7f;
        let decodes = CompressedEdwardsY(canonical).decompress().is_some();
        assert_eq!(decodes_25519(&canonical), decodes, "{canonical:02x?}");
        counts[usize::from(decodes)] += 1;
    }
    assert!(counts.iter().all(|count| *count > 900), "{counts:?}");
}

#[test]
fn keys_of_ed448_decode() {
    // RFC 8032 section 7.4, "Blank"; and `y` with no `x`.
    let key = "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778\
        edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180";
    let key: Vec<_> = (0..57).map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert!(decodes_448(&key));
    let with = |low: u8, last: u8| {
        let mut key = [0; 57];
        (key[0], key[56]) = (low, last);
        decodes_448(&key)
    };
    // x is 1 and -1 for y = 0, and 0 for y = 1.
    assert!(with(0, 0) && with(0, 0x80) && with(1, 0));
    let decode: Vec<_> = (2..20).filter(|low| with(*low, 0)).collect();
    assert_eq!(decode, [3, 4, 5, 7, 8, 9, 12, 13, 19]);
    assert!(!with(0, 1));
}

#[test]
fn other_lengths_do_not_decode() {
    for len in [0, 8, 31, 33, 56, 58, 64] {
        let zeros = alloc::vec![0; len];
        assert!(!decodes_25519(&zeros) && !decodes_448(&zeros), "{len} bytes");
    }
}
