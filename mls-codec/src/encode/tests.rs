use alloc::boxed::Box;
use alloc::vec;
use core::cell::Cell;

use super::*;

/// Announces a length and writes nothing.
struct Announces(usize);

impl Encode for Announces {
    fn encoded_len(&self) -> usize {
        self.0
    }

    fn encode(&self, _out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Ok(())
    }
}

// req: R-2.1.2-05, R-6.3.1-12
#[test]
fn a_vector_over_30_bits_is_refused_before_anything_is_written() {
    for items in [
        vec![Announces(0x4000_0000)],
        vec![Announces(0x3fff_ffff), Announces(1)],
        vec![Announces(usize::MAX), Announces(usize::MAX)],
    ] {
        let mut out = Vec::new();
        assert_eq!(items.encode(&mut out), Err(EncodeError::VectorTooLong));
        assert_eq!(out.capacity(), 0);
    }
}

#[test]
fn lengths_saturate() {
    assert_eq!(vec![Announces(usize::MAX), Announces(1)].encoded_len(), usize::MAX);
    assert_eq!(Some(Announces(usize::MAX)).encoded_len(), usize::MAX);
    assert_eq!((1u8, Announces(usize::MAX)).encoded_len(), usize::MAX);
    assert_eq!(Announces(usize::MAX).to_bytes(), Err(EncodeError::OutOfMemory));
}

#[test]
fn a_header_never_lies() {
    assert_eq!(vec![Announces(3)].to_bytes(), Err(EncodeError::LengthMismatch));
    assert_eq!(vec![Announces(0)].to_bytes(), Ok(vec![0]));
}

/// One allocation of the exact length: no copy of a secret stays behind in freed memory.
#[test]
fn to_bytes_reserves_exactly_what_it_fills() {
    for len in [0usize, 1, 7, 63, 64, 100, 16_383, 16_384] {
        let bytes = vec![7u8; len];
        let out = bytes.to_bytes().unwrap();
        assert_eq!((out.len(), out.capacity()), (bytes.encoded_len(), bytes.encoded_len()));
    }
    let nested = (vec![vec![1u16, 2], vec![]], Some(9u64), [0u8; 5]);
    let out = nested.to_bytes().unwrap();
    assert_eq!((out.len(), out.capacity()), (21, 21));
}

/// Counts how often it is asked for its length.
struct Counted<'a>(&'a Cell<u32>);

impl Encode for Counted<'_> {
    fn encoded_len(&self) -> usize {
        self.0.update(|asked| asked.saturating_add(1));
        1
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.push(0);
        Ok(())
    }
}

#[test]
fn a_length_is_asked_once_for_each_enclosing_vector() {
    let asked = Cell::new(0);
    let nested = vec![vec![vec![Counted(&asked)]]];
    nested.encode(&mut Vec::new()).unwrap();
    assert_eq!(asked.get(), 3);
    asked.set(0);
    nested.to_bytes().unwrap();
    assert_eq!(asked.get(), 4);
}

#[test]
fn opaque_helpers_agree_with_vectors_of_bytes() {
    for len in [0, 63, 64, 16_383, 16_384] {
        let bytes = vec![3u8; len];
        let mut out = vec![];
        encode_opaque(&bytes, &mut out).unwrap();
        assert_eq!(Ok(&out), bytes.to_bytes().as_ref());
        assert_eq!(opaque_len(&bytes), out.len());
    }
}

#[test]
fn a_trait_object_encodes() {
    let parts: Vec<Box<dyn Encode>> = vec![Box::new(1u8), Box::new(vec![2u16])];
    assert_eq!(parts.to_bytes(), Ok(vec![4, 1, 2, 0, 2]));
}
