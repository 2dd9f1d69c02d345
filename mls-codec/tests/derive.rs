//! The derives on every form of type.

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, open_enum};

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct Named {
    epoch: u64,
    group_id: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct Tuple(u8, Box<Named>);

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[mls(repr = "u16")]
enum Tagged {
    #[mls(value = 1)]
    Unit,
    #[mls(value = 0x0203)]
    Tuple(u8, Option<u16>),
    #[mls(value = Kind::NAMED.0)]
    Named { inner: Named },
}

open_enum! {
    /// Tags.
    struct Kind: u16 {
        /// Named.
        NAMED = 9,
    }
}

#[derive(Debug, PartialEq, Encode, Decode)]
struct Generic<T, U: Clone, const N: usize>
where
    T: PartialEq,
{
    items: Vec<T>,
    one: U,
    raw: [u8; N],
}

#[derive(Clone, Copy, Encode)]
struct Borrowed<'a, T: ?Sized> {
    label: &'a [u8],
    context: &'a T,
}

fn round_trip<T: Encode + Decode + PartialEq + core::fmt::Debug>(value: &T, bytes: &[u8]) {
    assert_eq!(value.to_bytes(), Ok(bytes.to_vec()));
    assert_eq!(value.encoded_len(), bytes.len());
    assert_eq!(T::from_bytes(bytes).as_ref(), Ok(value));
}

#[test]
fn structs_encode_their_fields_in_order() {
    let named = Named { epoch: 1, group_id: vec![7] };
    round_trip(&named, &[0, 0, 0, 0, 0, 0, 0, 1, 1, 7]);
    round_trip(&Tuple(5, Box::new(named)), &[5, 0, 0, 0, 0, 0, 0, 0, 1, 1, 7]);
    round_trip(&Unit, &[]);
}

#[test]
fn enums_encode_the_tag_then_the_fields() {
    round_trip(&Tagged::Unit, &[0, 1]);
    round_trip(&Tagged::Tuple(4, Some(5)), &[2, 3, 4, 1, 0, 5]);
    let inner = Named { epoch: 2, group_id: vec![] };
    round_trip(&Tagged::Named { inner }, &[0, 9, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
}

#[test]
fn an_unknown_tag_is_reported_where_it_stands() {
    let error = DecodeError::new(DecodeErrorKind::UnknownValue, 1);
    assert_eq!(<(u8, Tagged)>::from_bytes(&[0, 0, 2, 0]), Err(error));
}

/// Names such as the generated code might use.
#[derive(Debug, PartialEq, Encode, Decode)]
struct Names {
    r#type: u8,
    out: u16,
    r: Option<u8>,
    at: (),
}

#[test]
fn field_names_do_not_matter() {
    round_trip(&Names { r#type: 1, out: 2, r: Some(3), at: () }, &[1, 0, 2, 1, 3]);
}

/// A tag of each width.
#[test]
fn tags_have_the_width_of_their_type() {
    #[derive(Debug, PartialEq, Encode, Decode)]
    #[mls(repr = "u32")]
    enum Four {
        #[mls(value = u32::MAX)]
        A,
    }

    #[derive(Debug, PartialEq, Encode, Decode)]
    #[mls(repr = "u64")]
    enum Eight {
        #[mls(value = 1)]
        A { inner: Four },
    }

    let bytes = [0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255];
    round_trip(&Eight::A { inner: Four::A }, &bytes);
    let error = DecodeError::new(DecodeErrorKind::UnknownValue, 8);
    assert_eq!(Eight::from_bytes(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]), Err(error));
}

#[test]
fn generics_and_lifetimes() {
    let value = Generic { items: vec![1u16, 2], one: 3u8, raw: [4, 5] };
    round_trip(&value, &[4, 0, 1, 0, 2, 3, 4, 5]);
    let borrowed = Borrowed::<[u8]> { label: b"x", context: b"yz" };
    assert_eq!(borrowed.to_bytes(), Ok::<_, EncodeError>(vec![1, b'x', 2, b'y', b'z']));
    assert_eq!(Borrowed { label: b"x", context: &borrowed }.encoded_len(), 7);
}
