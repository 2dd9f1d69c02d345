#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::{format, vec, vec::Vec};

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::SecretBytes;

fn is_wiped_on_drop<T: ZeroizeOnDrop>() {}

#[test]
fn secrets_are_wiped_on_drop() {
    is_wiped_on_drop::<SecretBytes>();
    let mut secret = SecretBytes::from_slice(b"secret");
    secret.zeroize();
    assert!(secret.is_empty());
}

#[test]
fn from_vec_does_not_copy() {
    let bytes = vec![1, 2, 3];
    let address = bytes.as_ptr();
    assert_eq!(SecretBytes::from(bytes).as_bytes().as_ptr(), address);
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", SecretBytes::from_slice(b"\x2a\x2b")), "SecretBytes(..)");
}

#[test]
fn comparison_sees_every_byte_and_the_length() {
    let secret = SecretBytes::concat(&[b"ab", b"", b"c"]);
    assert_eq!(secret.len(), 3);
    assert!(secret.ct_eq(b"abc"));
    assert!(secret.duplicate().ct_eq(b"abc"));
    for other in [&b"ab"[..], b"abcd", b"Abc", b"abC", b""] {
        assert!(!secret.ct_eq(other));
    }
}

#[test]
fn zeros_are_written_in_place() {
    let mut secret = SecretBytes::zeros(2);
    assert_eq!(secret.as_bytes(), [0, 0]);
    secret.as_mut_bytes()[1] = 7;
    assert_eq!(secret.as_bytes(), [0, 7]);
    assert_eq!(SecretBytes::default().as_bytes(), Vec::<u8>::new());
}
