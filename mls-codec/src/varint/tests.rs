use alloc::vec::Vec;

use super::*;

/// Lengths on both sides of every boundary, with their headers.
const HEADERS: &[(usize, &[u8])] = &[
    (0, &[0x00]),
    (1, &[0x01]),
    (0x3f, &[0x3f]),
    (0x40, &[0x40, 0x40]),
    (0x3fff, &[0x7f, 0xff]),
    (0x4000, &[0x80, 0x00, 0x40, 0x00]),
    (0x0012_3456, &[0x80, 0x12, 0x34, 0x56]),
    (0x3fff_ffff, &[0xbf, 0xff, 0xff, 0xff]),
];

fn decode(bytes: &[u8]) -> Result<(usize, usize), DecodeError> {
    let mut r = Reader::new(bytes);
    let len = decode_header(&mut r)?;
    Ok((len, r.offset()))
}

fn fails(bytes: &[u8]) -> (DecodeErrorKind, usize) {
    let error = decode(bytes).unwrap_err();
    (error.kind(), error.offset())
}

// req: R-2.1.2-01, R-2.1.2-02
// bad: codec-01
#[test]
fn each_length_has_its_shortest_header() {
    for &(len, header) in HEADERS {
        let mut out = Vec::new();
        assert_eq!(encode_header(len, &mut out), Ok(()));
        assert_eq!(out, header, "{len:#x}");
        assert_eq!(header_len(len), header.len(), "{len:#x}");
        assert_eq!(decode(header), Ok((len, header.len())), "{len:#x}");
    }
}

// req: R-2.1.2-05
#[test]
fn longer_than_30_bits_is_not_encoded() {
    for len in [0x4000_0000, usize::MAX] {
        let mut out = alloc::vec![7];
        assert_eq!(encode_header(len, &mut out), Err(EncodeError::VectorTooLong));
        assert_eq!(out, [7]);
        assert_eq!(header_len(len), 4);
    }
    // One more than fits in 32 bits: the length must not be cut to 0.
    if let Ok(len) = usize::try_from(u64::from(u32::MAX) + 1) {
        assert_eq!(encode_header(len, &mut Vec::new()), Err(EncodeError::VectorTooLong));
    }
}

// req: R-2.1.2-03
// bad: codec-01
#[test]
fn a_longer_header_than_needed_is_refused() {
    for header in [
        &[0x40, 0x00][..],
        &[0x40, 0x3f],
        &[0x80, 0x00, 0x00, 0x00],
        &[0x80, 0x00, 0x00, 0x3f],
        &[0x80, 0x00, 0x00, 0x40],
        &[0x80, 0x00, 0x3f, 0xff],
    ] {
        assert_eq!(fails(header), (DecodeErrorKind::NonMinimalLength, 0), "{header:x?}");
    }
}

// req: R-2.1.2-04
#[test]
fn the_prefix_11_is_refused_whatever_follows() {
    for first in 0xc0..=0xff {
        assert_eq!(fails(&[first]), (DecodeErrorKind::InvalidLengthPrefix, 0));
        assert_eq!(fails(&[first, 0, 0, 0, 0, 0, 0, 1]), (DecodeErrorKind::InvalidLengthPrefix, 0));
    }
}

// req: R-2.1.2-07
#[test]
fn a_cut_header_is_reported_where_it_begins() {
    assert_eq!(fails(&[]), (DecodeErrorKind::UnexpectedEnd, 0));
    for &(_, header) in HEADERS {
        for end in 0..header.len() {
            assert_eq!(fails(&header[..end]), (DecodeErrorKind::UnexpectedEnd, 0));
        }
    }
    let mut r = Reader::new(&[9, 9, 0x80, 0, 0x40]);
    r.take(2).unwrap();
    let error = DecodeError::new(DecodeErrorKind::UnexpectedEnd, 2);
    assert_eq!(decode_header(&mut r), Err(error));
}
