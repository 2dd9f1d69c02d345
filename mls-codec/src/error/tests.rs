use alloc::string::ToString;

use super::*;

#[test]
fn a_decode_error_says_what_and_where() {
    let error = DecodeError::new(DecodeErrorKind::InvalidPresence, 12);
    assert_eq!((error.kind(), error.offset()), (DecodeErrorKind::InvalidPresence, 12));
    assert_eq!(error.to_string(), "presence octet is neither 0 nor 1 at byte 12");
}

#[test]
fn an_encode_error_says_what() {
    let shown = EncodeError::VectorTooLong.to_string();
    assert_eq!(shown, "vector is longer than 2^30-1 bytes");
}
