#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::{format, vec};

use mls_codec::{Decode, DecodeErrorKind, Encode};

use super::{Digest, Tag};

#[test]
fn digests_are_opaque_vectors_on_the_wire() {
    let digest = Digest::from_slice(&[7; 32]).unwrap();
    let bytes = digest.to_bytes().unwrap();
    assert_eq!(bytes, [&[32][..], &[7; 32]].concat());
    assert_eq!(digest.encoded_len(), 33);
    assert_eq!(Digest::from_bytes(&bytes), Ok(digest));
    let longest = Digest::from_slice(&[1; 64]).unwrap().to_bytes().unwrap();
    assert_eq!(longest[..2], [0x40, 0x40]);
    assert_eq!(Digest::EMPTY.to_bytes().unwrap(), [0]);
}

#[test]
fn more_than_64_bytes_are_no_digest() {
    assert_eq!(Digest::from_slice(&[0; 65]), None);
    assert!(Tag::from_slice(&[0; 65]).is_none());
    let bytes = vec![0_u8; 65].to_bytes().unwrap();
    let error = Digest::from_bytes(&bytes).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (DecodeErrorKind::InvalidValue, 0));
}

#[test]
fn digests_compare_as_byte_strings() {
    let digest = |bytes: &[u8]| Digest::from_slice(bytes).unwrap();
    assert!(digest(b"ab") < digest(b"b"));
    assert!(digest(b"a") < digest(b"a\0"));
    assert_ne!(digest(b"a"), digest(b"a\0"));
    assert_eq!(format!("{:?}", digest(b"\x01\xff")), "Digest(01ff)");
    assert_eq!(digest(b"abc").len(), 3);
}

// req: R-6.2-03
#[test]
fn tags_compare_length_and_bytes() {
    let tag = Tag::from_slice(b"tag").unwrap();
    assert!(tag.ct_eq(b"tag"));
    for other in [&b"ta"[..], b"", b"tag\0", b"tah", b"Tag"] {
        assert!(!tag.ct_eq(other));
    }
    assert_eq!(format!("{tag:?}"), "Tag(..)");
    assert_eq!(tag.to_bytes().unwrap(), b"\x03tag");
}
