#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use core::cell::Cell;

use super::*;

const ORDER: [u8; 3] = [0x01, 0x02, 0x03];

#[test]
fn scalars_are_between_zero_and_the_order() {
    for good in [[0, 0, 1], [1, 2, 2], [1, 1, 0xff], [0, 0xff, 0xff]] {
        assert!(is_in_range(&ORDER, &good), "{good:?}");
    }
    for bad in [[0, 0, 0], [1, 2, 3], [1, 2, 4], [1, 3, 0], [2, 0, 0], [0xff, 0xff, 0xff]] {
        assert!(!is_in_range(&ORDER, &bad), "{bad:?}");
    }
    assert!(!is_in_range(&ORDER, &[1, 1]));
    assert!(!is_in_range(&ORDER, &[0, 0, 0, 1]));
}

#[test]
fn candidates_are_masked_and_counted() {
    // Masked with 0x01: the order itself, zero, then a scalar.
    let candidates = [[0xff, 0x02, 0x03], [0xfe, 0, 0], [0xff, 0x02, 0x02]];
    let sampled = sample(&ORDER, |counter| Ok(SecretBytes::from_slice(&candidates[usize::from(counter)])));
    assert_eq!(sampled.unwrap().as_bytes(), [1, 2, 2]);
}

#[test]
fn candidates_end_after_256() {
    let calls = Cell::new(0);
    let sampled = sample(&ORDER, |_| {
        calls.set(calls.get() + 1);
        Ok(SecretBytes::zeros(3))
    });
    assert_eq!(sampled.unwrap_err(), CryptoError::KeyDerivation);
    assert_eq!(calls.get(), 256);
}
