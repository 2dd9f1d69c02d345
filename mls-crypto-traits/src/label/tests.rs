#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::vec::Vec;

use super::Header;
use crate::CryptoError;

#[test]
fn headers_are_those_of_the_codec() {
    for len in [0, 1, 0x3f, 0x40, 0x3fff, 0x4000, 0x1234_5678, 0x3fff_ffff] {
        let mut want = Vec::new();
        mls_codec::encode_header(len, &mut want).unwrap();
        assert_eq!(Header::new(len).unwrap().as_bytes(), want);
    }
}

#[test]
fn vectors_end_at_30_bits() {
    assert_eq!(Header::new(0x4000_0000).unwrap_err(), CryptoError::TooLong);
    assert_eq!(Header::new(usize::MAX).unwrap_err(), CryptoError::TooLong);
    assert_eq!(Header::of(&[b"ab", b"", b"c"]).unwrap().as_bytes(), [3]);
}
