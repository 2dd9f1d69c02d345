//! ECDSA signatures taken apart and put together again in other ways.

use mls_crypto_traits::{SignaturePublicKey, SignatureScheme};
use proptest::{collection::vec, prelude::*};

use crate::Both;

/// What stands for `r` or for `s`.
#[derive(Clone, Debug)]
enum Number {
    Own,
    /// `n` minus its own.
    Negated,
    Zero,
    One,
    /// `n` plus this.
    Order(i8),
    /// Its own plus `n`.
    Raised,
    Arbitrary(Vec<u8>),
}

/// How an integer is written.
#[derive(Clone, Debug)]
enum Form {
    Minimal,
    /// Zero bytes in front, more than there should be.
    Padded(usize),
    /// Without the zero byte that keeps it positive.
    Bare,
    LongLength,
    Tag(u8),
    Empty,
}

#[derive(Clone, Debug)]
pub(crate) struct Input {
    ikm: [u8; 32],
    r: (Number, Form),
    s: (Number, Form),
    behind: Vec<u8>,
    inside: Vec<u8>,
    sequence: Form,
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        8 => Just(Number::Own),
        2 => Just(Number::Negated),
        1 => Just(Number::Zero),
        1 => Just(Number::One),
        2 => (-2..=2_i8).prop_map(Number::Order),
        1 => Just(Number::Raised),
        1 => vec(any::<u8>(), 0..70).prop_map(Number::Arbitrary),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![
        12 => Just(Form::Minimal),
        1 => (1..4_usize).prop_map(Form::Padded),
        1 => Just(Form::Bare),
        1 => Just(Form::LongLength),
        1 => any::<u8>().prop_map(Form::Tag),
        1 => Just(Form::Empty),
    ]
}

pub(crate) fn input() -> impl Strategy<Value = Input> {
    let extra = || prop_oneof![8 => Just(Vec::new()), 1 => vec(any::<u8>(), 1..4)];
    (any::<[u8; 32]>(), (number(), form()), (number(), form()), extra(), extra(), form())
        .prop_map(|(ikm, r, s, behind, inside, sequence)| Input { ikm, r, s, behind, inside, sequence })
}

pub(crate) fn check(both: Both, input: &Input) {
    let pair = both.ours.derive_signature_key_pair(&input.ikm).unwrap();
    let key = both.ours.signing_key(&pair.private).unwrap();
    let signature = both.ours.sign_with_label(&*key, b"forms", &[b"content"]).unwrap();
    let verify = |public: &SignaturePublicKey, signature: &[u8]| {
        both.same(|suite| suite.verify_with_label(public, b"forms", &[b"content"], signature))
    };
    let (r, s) = take_apart(&signature);
    let order = order(both.ours.provider().params().signature);
    assert_eq!(verify(&pair.public, &put_together(&Form::Minimal, &[minimal(&r), minimal(&s)].concat())), Ok(()));

    let body = [
        put_integer(&input.r.1, &input.r.0.of(&r, &order)),
        put_integer(&input.s.1, &input.s.0.of(&s, &order)),
        input.inside.clone(),
    ];
    let mut changed = put_together(&input.sequence, &body.concat());
    changed.extend_from_slice(&input.behind);
    let verdict = verify(&pair.public, &changed);

    // FIPS 186-5 knows no "low s".
    let plain = [&input.r.1, &input.s.1, &input.sequence].iter().all(|form| matches!(form, Form::Minimal));
    if plain && body[2].is_empty() && input.behind.is_empty() && matches!(input.r.0, Number::Own) {
        match input.s.0 {
            Number::Own | Number::Negated => assert_eq!(verdict, Ok(())),
            Number::Zero | Number::Raised => assert!(verdict.is_err()),
            _ => {}
        }
    }
}

impl Number {
    /// Big-endian; leading zeros may stand in it.
    fn of(&self, own: &[u8], order: &[u8]) -> Vec<u8> {
        match self {
            Self::Own => own.to_vec(),
            Self::Negated => add(order, own, true),
            Self::Zero => vec![0],
            Self::One => vec![1],
            Self::Order(by) => add(order, &[by.unsigned_abs()], *by < 0),
            Self::Raised => add(order, own, false),
            Self::Arbitrary(bytes) => bytes.clone(),
        }
    }
}

/// `a + b` or `a - b`, big-endian, with a byte to spare; `a` is the longer one.
fn add(a: &[u8], b: &[u8], subtract: bool) -> Vec<u8> {
    let mut carry = 0_i16;
    let other = b.iter().rev().chain(core::iter::repeat(&0));
    let mut sum: Vec<u8> = a
        .iter()
        .rev()
        .zip(other)
        .map(|(a, b)| {
            let b = i16::from(*b);
            let digit = i16::from(*a) + carry + if subtract { -b } else { b };
            carry = digit.div_euclid(256);
            u8::try_from(digit.rem_euclid(256)).unwrap()
        })
        .collect();
    sum.push(u8::try_from(carry).unwrap());
    sum.reverse();
    sum
}

/// The two integers of a good signature.
fn take_apart(signature: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let body = if signature[1] == 0x81 { &signature[3..] } else { &signature[2..] };
    let (r, rest) = body[2..].split_at(usize::from(body[1]));
    (r.to_vec(), rest[2..].to_vec())
}

fn minimal(number: &[u8]) -> Vec<u8> {
    put_integer(&Form::Minimal, number)
}

fn put_integer(form: &Form, number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|digit| **digit == 0).count();
    let bare = &number[zeros..];
    let positive = if bare.first().is_none_or(|first| *first >= 0x80) { &[0][..] } else { &[] };
    let content = match form {
        Form::Padded(count) => [&vec![0; *count][..], positive, bare].concat(),
        Form::Bare => bare.to_vec(),
        Form::Empty => Vec::new(),
        _ => [positive, bare].concat(),
    };
    element(0x02, form, &content)
}

fn put_together(form: &Form, body: &[u8]) -> Vec<u8> {
    element(0x30, form, body)
}

fn element(tag: u8, form: &Form, content: &[u8]) -> Vec<u8> {
    let tag = if let Form::Tag(other) = form { *other } else { tag };
    let len = u8::try_from(content.len()).unwrap();
    let len = match form {
        Form::LongLength if len < 0x80 => vec![0x81, len],
        Form::LongLength => vec![0x82, 0, len],
        Form::Padded(_) if tag == 0x30 => vec![0x80],
        _ if len < 0x80 => vec![len],
        _ => vec![0x81, len],
    };
    [&[tag], len.as_slice(), content].concat()
}

fn order(scheme: SignatureScheme) -> Vec<u8> {
    hex::decode(match scheme {
        SignatureScheme::EcdsaP256 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        SignatureScheme::EcdsaP384 => {
            "ffffffffffffffffffffffffffffffffffffffffffffffff\
             c7634d81f4372ddf581a0db248b0a77aecec196accc52973"
        }
        _ => {
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa\
             51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
        }
    })
    .unwrap()
}
