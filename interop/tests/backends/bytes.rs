//! Changes to any bytes, and numbers in bytes.

use crate::draw::Draw;
use crate::panel::{Due, Mutant};

/// A change that knows nothing of what the bytes are. `changed` is due where it did change them.
pub(crate) fn mutate(draw: &mut Draw, bytes: &[u8], changed: Due) -> Mutant {
    let mut new = bytes.to_vec();
    let len = new.len();
    let at = draw.below(len.max(1));
    let kind = match draw.below(14) {
        0..=3 if len > 0 => {
            new[at] ^= 1 << draw.below(8);
            "a bit flipped"
        }
        4 if len > 0 => {
            new[at] = draw.edge();
            "a byte set"
        }
        5 if len > 0 => {
            new[0] = draw.edge();
            "the first byte set"
        }
        6 if len > 0 => {
            new[len - 1] = draw.edge();
            "the last byte set"
        }
        7 if len > 0 => {
            new.truncate(if draw.one_in(2) { at } else { len - 1 });
            "truncated"
        }
        8 if len > 0 => {
            new.remove(if draw.one_in(2) { at } else { 0 });
            "a byte removed"
        }
        9 => {
            let front = draw.one_in(2);
            let more: Vec<u8> = (0..=draw.below(3)).map(|_| draw.edge()).collect();
            new = if front { [more, new].concat() } else { [new, more].concat() };
            "extended"
        }
        10 => {
            new.fill(0);
            "all zero"
        }
        11 => {
            new.fill(0xff);
            "all ones"
        }
        12 => {
            new = draw.bytes(len);
            "random"
        }
        _ => {
            new.clear();
            "empty"
        }
    };
    let due = if new == bytes { Due::Accepted } else { changed };
    Mutant::new(kind, new, due)
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

pub(crate) fn reversed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

/// `a + b`, big-endian, of the length of the longer; what does not fit is lost.
pub(crate) fn add(a: &[u8], b: &[u8]) -> Vec<u8> {
    let len = a.len().max(b.len());
    let mut carry = 0;
    let mut sum: Vec<u8> = digits(a, len)
        .zip(digits(b, len))
        .map(|(a, b)| {
            let digit = u16::from(a) + u16::from(b) + carry;
            carry = digit >> 8;
            digit.to_le_bytes()[0]
        })
        .collect();
    sum.reverse();
    sum
}

/// `a - b`, big-endian, of the length of the longer, modulo 256 to that.
pub(crate) fn subtract(a: &[u8], b: &[u8]) -> Vec<u8> {
    let len = a.len().max(b.len());
    let complement: Vec<u8> = {
        let mut digits: Vec<u8> = digits(b, len).map(|digit| !digit).collect();
        digits.reverse();
        digits
    };
    add(&add(a, &complement), &[1])
}

/// The digits of a number, lowest first.
fn digits(number: &[u8], len: usize) -> impl Iterator<Item = u8> {
    number.iter().rev().copied().chain(core::iter::repeat(0)).take(len)
}

#[test]
fn numbers_are_added_and_subtracted() {
    assert_eq!(add(&[1, 0xff], &[1]), [2, 0]);
    assert_eq!(subtract(&[2, 0], &[1]), [1, 0xff]);
    assert_eq!(subtract(&[0], &[1]), [0xff]);
}
