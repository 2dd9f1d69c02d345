use alloc::format;

use super::*;
use crate::decode::Decode;

fn error(kind: DecodeErrorKind, offset: usize) -> DecodeError {
    DecodeError::new(kind, offset)
}

#[test]
fn reads_advance_the_offset() {
    let mut r = Reader::new(b"abcdef");
    assert_eq!(r.take(2), Ok(&b"ab"[..]));
    assert_eq!(r.array(), Ok(*b"c"));
    assert_eq!((r.offset(), r.remaining(), r.is_empty()), (3, 3, false));
    assert_eq!(r.rest(), b"def");
    assert_eq!((r.offset(), r.remaining(), r.is_empty()), (6, 0, true));
    assert_eq!(r.rest(), b"");
    assert_eq!(r.take(0), Ok(&b""[..]));
    assert_eq!(r.finish(), Ok(()));
}

// req: R-2.1.2-07
#[test]
fn a_failed_read_takes_nothing() {
    let mut r = Reader::new(b"abc");
    r.take(1).unwrap();
    assert_eq!(r.take(3), Err(error(DecodeErrorKind::UnexpectedEnd, 1)));
    assert_eq!(r.take(usize::MAX), Err(error(DecodeErrorKind::UnexpectedEnd, 1)));
    assert_eq!(r.array::<3>(), Err(error(DecodeErrorKind::UnexpectedEnd, 1)));
    assert_eq!(r.take(2), Ok(&b"bc"[..]));
}

// req: R-2.1.2-06, R-2.1.2-07
// bad: codec-02
#[test]
fn a_vector_longer_than_the_input_is_an_overflow_at_its_header() {
    for input in [
        &[9, 0x01][..],
        &[9, 0x03, 1, 2],
        &[9, 0x40, 0x40, 1],
        &[9, 0x80, 0x00, 0x40, 0x00, 1],
        &[9, 0xbf, 0xff, 0xff, 0xff, 1],
    ] {
        let mut r = Reader::new(input);
        r.take(1).unwrap();
        assert_eq!(r.clone().opaque(), Err(error(DecodeErrorKind::LengthOverflow, 1)));
        assert_eq!(r.vector().unwrap_err(), error(DecodeErrorKind::LengthOverflow, 1));
    }
}

// bad: codec-05
#[test]
fn a_vector_is_a_reader_of_its_own_with_absolute_offsets() {
    let mut outer = Reader::new(&[9, 3, 1, 5, 6, 7]);
    outer.take(1).unwrap();
    let mut body = outer.vector().unwrap();
    assert_eq!((outer.offset(), outer.remaining()), (5, 1));
    assert_eq!((body.offset(), body.remaining()), (2, 3));
    let inner = body.vector().unwrap();
    assert_eq!((inner.offset(), inner.remaining()), (3, 1));
    assert_eq!(inner.finish(), Err(error(DecodeErrorKind::TrailingBytes, 3)));
    // The outer input has one byte more, the vector has not.
    assert_eq!(body.take(2), Err(error(DecodeErrorKind::UnexpectedEnd, 4)));
}

// bad: codec-05
#[test]
fn an_inner_vector_may_not_leave_the_outer_one() {
    // The outer body is [2, 5]; two bytes follow it, but they are not the inner vector's.
    let mut outer = Reader::new(&[2, 2, 5, 6, 7]);
    let mut body = outer.vector().unwrap();
    assert_eq!(body.opaque(), Err(error(DecodeErrorKind::LengthOverflow, 1)));
}

// req: R-6-11
#[test]
fn finishing_early_is_reported_at_the_first_byte_left() {
    let mut r = Reader::new(b"abc");
    r.take(2).unwrap();
    assert_eq!(r.finish(), Err(error(DecodeErrorKind::TrailingBytes, 2)));
}

#[test]
fn with_raw_returns_what_was_read() {
    let mut r = Reader::new(&[9, 0, 7, 1, 8, 5]);
    r.take(1).unwrap();
    let (value, raw) = r.with_raw(|r| <(u16, Option<u8>)>::decode(r)).unwrap();
    assert_eq!((value, raw), ((7, Some(8)), &[0, 7, 1, 8][..]));
    assert_eq!(r.with_raw(|_| Ok(())), Ok(((), &[][..])));
    let result = r.with_raw(|r| u32::decode(r));
    assert_eq!(result, Err(error(DecodeErrorKind::UnexpectedEnd, 5)));
}

#[test]
fn with_raw_refuses_a_reader_that_grew() {
    let mut r = Reader::new(&[1]);
    let result = r.with_raw(|r| {
        *r = Reader::new(&[1, 2, 3]);
        Ok(())
    });
    assert_eq!(result, Err(error(DecodeErrorKind::InvalidValue, 0)));
}

#[test]
fn debug_shows_no_bytes() {
    let mut r = Reader::new(b"secret");
    r.take(2).unwrap();
    assert_eq!(format!("{r:?}"), "Reader { offset: 2, remaining: 4 }");
}
