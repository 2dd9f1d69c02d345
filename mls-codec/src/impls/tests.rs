use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Debug;

use super::*;

fn round_trip<T: Encode + Decode + PartialEq + Debug>(value: &T, bytes: &[u8]) {
    assert_eq!(value.to_bytes(), Ok(bytes.to_vec()));
    assert_eq!(value.encoded_len(), bytes.len());
    assert_eq!(T::from_bytes(bytes).as_ref(), Ok(value));
    // Cut anywhere, it is refused.
    for end in 0..bytes.len() {
        assert!(T::from_bytes(&bytes[..end]).is_err(), "{end} of {bytes:x?}");
    }
}

#[test]
fn integers_are_big_endian() {
    round_trip(&0x12u8, &[0x12]);
    round_trip(&0x1234u16, &[0x12, 0x34]);
    round_trip(&0x1234_5678u32, &[0x12, 0x34, 0x56, 0x78]);
    round_trip(&0x1234_5678_9abc_def0u64, &[0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0]);
    let error = DecodeError::new(DecodeErrorKind::UnexpectedEnd, 0);
    assert_eq!(u64::from_bytes(&[0; 7]), Err(error));
}

#[test]
fn arrays_have_no_header() {
    round_trip(&[1u8, 2, 3], &[1, 2, 3]);
    round_trip(&[0u8; 0], &[]);
    round_trip(&vec![[1u8, 2], [3, 4]], &[4, 1, 2, 3, 4]);
    assert_eq!(Vec::<[u8; 2]>::from_bytes(&[3, 1, 2, 3]).unwrap_err().offset(), 3);
}

#[test]
fn vectors_count_bytes_not_elements() {
    round_trip(&vec![1u8, 2], &[2, 1, 2]);
    round_trip(&vec![1u16, 2], &[4, 0, 1, 0, 2]);
    round_trip(&vec![1u32], &[4, 0, 0, 0, 1]);
    round_trip(&vec![1u64], &[8, 0, 0, 0, 0, 0, 0, 0, 1]);
    round_trip(&vec![vec![1u8], vec![], vec![2, 3]], &[6, 1, 1, 0, 2, 2, 3]);
    round_trip(&Vec::<Vec<Vec<u8>>>::new(), &[0]);
}

#[test]
fn the_header_of_a_vector_grows_with_its_body() {
    for (len, header) in [(31, &[62][..]), (32, &[0x40, 64]), (8192, &[0x80, 0, 0x40, 0])] {
        let items: Vec<u16> = (0..len).collect();
        let bytes = items.to_bytes().unwrap();
        assert!(bytes.starts_with(header));
        assert_eq!(bytes.len(), header.len() + 2 * items.len());
        assert_eq!(items.encoded_len(), bytes.len());
        assert_eq!(Vec::from_bytes(&bytes), Ok(items));
    }
}

// req: R-2.1.1-01
#[test]
fn optional_values_begin_with_their_presence() {
    round_trip(&None::<u16>, &[0]);
    round_trip(&Some(5u16), &[1, 0, 5]);
    round_trip(&Some(()), &[1]);
    round_trip(&Some(None::<u8>), &[1, 0]);
    round_trip(&vec![Some(1u8), None, Some(2)], &[5, 1, 1, 0, 1, 2]);
}

// req: R-2.1.1-02
// bad: codec-04
#[test]
fn other_presence_octets_are_refused() {
    for octet in 2..=255u8 {
        let error = DecodeError::new(DecodeErrorKind::InvalidPresence, 1);
        assert_eq!(<(u8, Option<u8>)>::from_bytes(&[9, octet, 1]), Err(error));
        assert_eq!(<(u8, Option<u8>)>::from_bytes(&[9, octet]), Err(error));
    }
    let error = DecodeError::new(DecodeErrorKind::UnexpectedEnd, 1);
    assert_eq!(Option::<u8>::from_bytes(&[1]), Err(error));
    assert_eq!(Option::<()>::from_bytes(&[0, 0]).unwrap_err().offset(), 1);
}

#[test]
fn owned_slices_are_opaque() {
    round_trip(&Box::<[u8]>::from([1, 2]), &[2, 1, 2]);
    round_trip(&Arc::<[u8]>::from([]), &[0]);
    let error = DecodeError::new(DecodeErrorKind::LengthOverflow, 0);
    assert_eq!(Box::<[u8]>::from_bytes(&[2, 1]), Err(error));
    assert_eq!(Arc::<[u8]>::from_bytes(&[2, 1]), Err(error));
}

#[test]
fn pointers_encode_what_they_point_to() {
    round_trip(&Box::new(7u16), &[0, 7]);
    round_trip(&Arc::new(vec![7u8]), &[1, 7]);
    let slice: &[u16] = &[1, 2];
    assert_eq!(slice.to_bytes(), Ok(vec![4, 0, 1, 0, 2]));
    assert_eq!((&slice).to_bytes(), Ok(vec![4, 0, 1, 0, 2]));
    assert_eq!(vec![&1u8, &2].to_bytes(), Ok(vec![2, 1, 2]));
}

#[test]
fn tuples_are_structs() {
    round_trip(&(), &[]);
    round_trip(&(1u8,), &[1]);
    round_trip(&(1u8, 2u16), &[1, 0, 2]);
    round_trip(&(1u8, 2u16, vec![3u8]), &[1, 0, 2, 1, 3]);
    round_trip(&(1u8, 2u16, vec![3u8], Some(4u8)), &[1, 0, 2, 1, 3, 1, 4]);
}
