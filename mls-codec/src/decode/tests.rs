use alloc::vec;

use super::*;

fn error<T>(kind: DecodeErrorKind, offset: usize) -> Result<T, DecodeError> {
    Err(DecodeError::new(kind, offset))
}

// req: R-6-11
// bad: codec-03
#[test]
fn from_bytes_refuses_what_follows_the_value() {
    assert_eq!(u16::from_bytes(&[1, 2]), Ok(0x0102));
    assert_eq!(u16::from_bytes(&[1, 2, 3]), error(DecodeErrorKind::TrailingBytes, 2));
    assert_eq!(<()>::from_bytes(&[0]), error(DecodeErrorKind::TrailingBytes, 0));
    assert_eq!(Vec::<u8>::from_bytes(&[1, 5, 6]), error(DecodeErrorKind::TrailingBytes, 2));
}

/// Reads nothing where a value of some length is expected.
#[test]
fn elements_of_no_length_do_not_loop() {
    assert_eq!(Vec::<()>::from_bytes(&[0]), Ok(vec![]));
    assert_eq!(Vec::<()>::from_bytes(&[1, 7]), error(DecodeErrorKind::InvalidValue, 1));
    assert_eq!(Vec::<[u8; 0]>::from_bytes(&[2, 7, 7]), error(DecodeErrorKind::InvalidValue, 1));
}

// req: R-2.1.2-07
#[test]
fn an_element_that_leaves_its_vector_is_cut_short() {
    assert_eq!(Vec::<u16>::from_bytes(&[3, 0, 1, 2]), error(DecodeErrorKind::UnexpectedEnd, 3));
    // The bytes that follow the vector do not help.
    let result = <(Vec<u16>, u32)>::from_bytes(&[3, 0, 1, 2, 0, 0, 0, 9]);
    assert_eq!(result, error(DecodeErrorKind::UnexpectedEnd, 3));
    let result = Vec::<(u8, u16)>::from_bytes(&[5, 1, 0, 2, 3, 0]);
    assert_eq!(result, error(DecodeErrorKind::UnexpectedEnd, 5));
}

/// Claims to have read a vector's body and leaves a part of it.
#[derive(Debug, PartialEq)]
struct Lazy;

impl Decode for Lazy {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.take(1).map(|_| Self)
    }

    fn decode_vec(r: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        Ok(vec![Self::decode(r)?])
    }
}

#[test]
fn a_vector_must_be_read_to_its_end() {
    assert_eq!(Vec::<Lazy>::from_bytes(&[1, 7]), Ok(vec![Lazy]));
    assert_eq!(Vec::<Lazy>::from_bytes(&[2, 7, 7]), error(DecodeErrorKind::TrailingBytes, 2));
}
