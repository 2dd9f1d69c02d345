//! What holds of every value and of every input.

mod common;

use common::{Node, Registry, Tree, leaf, nearly, tree};
use mls_codec::{Decode, Encode, Reader, decode_header};
use proptest::collection::vec;
use proptest::prelude::*;

/// Decodes arbitrary input; what is accepted is the one encoding of what it means.
fn total<T: Decode + Encode>(bytes: &[u8]) {
    match T::from_bytes(bytes) {
        Ok(value) => assert_eq!(value.to_bytes().as_deref(), Ok(bytes)),
        Err(error) => assert!(error.offset() <= bytes.len(), "{error}"),
    }
}

fn all(bytes: &[u8]) {
    total::<Tree>(bytes);
    total::<Node>(bytes);
    total::<Vec<u8>>(bytes);
    total::<Vec<Vec<Option<Registry>>>>(bytes);
    total::<Vec<()>>(bytes);
    total::<Vec<Option<()>>>(bytes);
    total::<(Option<Box<u64>>, std::sync::Arc<[u8]>)>(bytes);
    total::<[u8; 3]>(bytes);
}

proptest! {
    #[test]
    fn values_survive(value in tree()) {
        let bytes = value.to_bytes().unwrap();
        prop_assert_eq!(bytes.len(), value.encoded_len());
        prop_assert_eq!(bytes.capacity(), bytes.len());
        prop_assert_eq!(Tree::from_bytes(&bytes), Ok(value));
    }

    #[test]
    fn values_follow_one_another(a in tree(), b in leaf()) {
        let bytes = (&a, &b).to_bytes().unwrap();
        let mut r = Reader::new(&bytes);
        let (decoded, raw) = r.with_raw(Tree::decode).unwrap();
        prop_assert_eq!(raw, a.to_bytes().unwrap());
        prop_assert_eq!(decoded, a);
        prop_assert_eq!(common::Leaf::decode(&mut r), Ok(b));
        prop_assert!(r.is_empty());
    }

    #[test]
    fn arbitrary_input_is_refused_or_canonical(bytes in vec(any::<u8>(), 0..200)) {
        all(&bytes);
    }

    // bad: codec-05
    #[test]
    fn nearly_right_input_is_refused_or_canonical(bytes in nearly()) {
        all(&bytes);
    }

    #[test]
    fn every_proper_prefix_is_refused(value in tree(), cut in any::<prop::sample::Index>()) {
        let bytes = value.to_bytes().unwrap();
        prop_assert!(Tree::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
    }

    #[test]
    fn headers_survive(len in 0usize..1 << 30) {
        let mut out = Vec::new();
        mls_codec::encode_header(len, &mut out).unwrap();
        prop_assert_eq!(out.len(), mls_codec::header_len(len));
        prop_assert_eq!(decode_header(&mut Reader::new(&out)), Ok(len));
    }
}

#[test]
fn every_short_input_is_refused_or_canonical() {
    all(&[]);
    for a in 0..=u8::MAX {
        all(&[a]);
        for b in 0..=u8::MAX {
            all(&[a, b]);
        }
    }
}
