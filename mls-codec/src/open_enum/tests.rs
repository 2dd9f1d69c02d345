use alloc::collections::BTreeSet;
use alloc::{format, vec, vec::Vec};

use crate::{Decode, DecodeError, DecodeErrorKind, Encode};

crate::open_enum! {
    /// Two bytes.
    pub(crate) struct Wide: u16 {
        /// One.
        ONE = 1,
        /// The last.
        LAST = u16::MAX,
    }
}

crate::open_enum! {
    /// One byte, nothing named.
    struct Narrow: u8 {}
}

#[test]
fn every_value_survives() {
    for value in 0..=u16::MAX {
        let bytes = value.to_be_bytes();
        let decoded = Wide::from_bytes(&bytes).unwrap();
        assert_eq!(decoded, Wide(value));
        assert_eq!(decoded.to_bytes(), Ok(bytes.to_vec()));
        assert_eq!((u16::from(decoded), Wide::from(value)), (value, decoded));
    }
}

#[test]
fn names() {
    assert_eq!(Wide::ONE.name(), Some("ONE"));
    assert_eq!(Wide(2).name(), None);
    assert_eq!(Wide::named(), [Wide::ONE, Wide::LAST]);
    assert_eq!(Narrow::named(), []);
    let shown = format!("{:?} {:?} {:?}", Wide::LAST, Wide(0xa), Narrow(0xa));
    assert_eq!(shown, "LAST Wide(0x000a) Narrow(0x0a)");
}

#[test]
fn vectors_of_them() {
    let values = vec![Wide::LAST, Wide(2)];
    let bytes = [4, 0xff, 0xff, 0, 2];
    assert_eq!(values.encoded_len(), 5);
    assert_eq!(values.to_bytes(), Ok(bytes.to_vec()));
    assert_eq!(Vec::from_bytes(&bytes), Ok(values));
    let error = DecodeError::new(DecodeErrorKind::UnexpectedEnd, 3);
    assert_eq!(Vec::<Wide>::from_bytes(&[3, 0, 1, 0]), Err(error));
}

#[test]
fn they_order_by_number() {
    let set: BTreeSet<_> = [Wide(3), Wide::LAST, Wide::ONE].into();
    assert!(set.into_iter().eq([Wide(1), Wide(3), Wide(65_535)]));
}

#[test]
fn they_stand_in_patterns() {
    assert!(matches!(Wide(1), Wide::ONE));
    assert!(!matches!(Wide(2), Wide::ONE | Wide::LAST));
}
