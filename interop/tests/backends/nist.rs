//! Points of the NIST curves, and ECDSA signatures taken apart and put together again.

use crate::bytes::{add, mutate, reversed, subtract, unhex};
use crate::draw::Draw;
use crate::panel::{Due, Mutant};

/// A curve's constants, big-endian at full length.
pub(crate) struct Curve {
    field: Vec<u8>,
    pub(crate) order: Vec<u8>,
    /// The `y` of a point with `x = 0`.
    y_of_zero: Vec<u8>,
}

/// The curve of a suite; none where it has another kind.
pub(crate) fn curve(suite: u16) -> Option<Curve> {
    let (field, order, y_of_zero) = match suite {
        2 => (
            "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff".to_owned(),
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
            "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
        ),
        7 => (
            [&"f".repeat(63), "effffffff0000000000000000ffffffff"].concat(),
            "ffffffffffffffffffffffffffffffffffffffffffffffff\
             c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
            "c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42d\
             ea2c4b4f75550793406d80d2b91ad54f9048bd487af1ade1",
        ),
        5 => (
            ["01", &"f".repeat(130)].concat(),
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa\
             51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
            "012df13601594a883ef2d935e44bb90bf4d6619b74e52af7552f97769011c0719eb4\
             39cfab2a88d40fe59a2bed1f43557169a2d0a2ccd280c607b92bbf51ffe0b078",
        ),
        _ => return None,
    };
    Some(Curve { field: unhex(&field), order: unhex(order), y_of_zero: unhex(y_of_zero) })
}

impl Curve {
    /// Another encoding, another point, or none, for a good one.
    pub(crate) fn mutate_point(&self, draw: &mut Draw, point: &[u8]) -> Mutant {
        let len = self.field.len();
        let (x, y) = (&point[1..=len], &point[1 + len..]);
        let parity = y[len - 1] & 1;
        let whole = |x: &[u8], y: &[u8]| [&[4], x, y].concat();
        let zero = vec![0; len];
        let (kind, bytes, due) = match draw.below(16) {
            0 | 1 => ("the same", point.to_vec(), Due::Accepted),
            2 => ("negated", whole(x, &subtract(&self.field, y)), Due::Accepted),
            3 => ("x = 0", whole(&zero, &self.y_of_zero), Due::Accepted),
            4 => ("x = p", whole(&self.field, &self.y_of_zero), Due::Refused),
            5 => ("compressed", [&[2 | parity], x].concat(), Due::Refused),
            6 => ("hybrid", [&[6 | (parity ^ draw.byte() & 1)], x, y].concat(), Due::Refused),
            7 => ("infinity", draw.pick(&[&[0][..], &vec![0; 1 + len], &vec![0; 1 + 2 * len]]).to_vec(), Due::Refused),
            8 => ("(0, 0)", whole(&zero, &zero), Due::Refused),
            9 => ("x + p", whole(&add(x, &self.field), y), Due::Refused),
            10 => ("y + p", whole(x, &add(y, &self.field)), Due::Refused),
            11 => {
                let edge = match draw.below(3) {
                    0 => self.field.clone(),
                    1 => add(&self.field, &[1]),
                    _ => vec![0xff; len],
                };
                ("a coordinate at p", if draw.one_in(2) { whole(&edge, y) } else { whole(x, &edge) }, Due::Refused)
            }
            12 => ("bare x and y", [x, y].concat(), Due::Refused),
            13 => ("x and y swapped", whole(y, x), Due::Same),
            _ => return mutate(draw, point, Due::Same),
        };
        Mutant::new(kind, bytes, due)
    }

    /// Another signature over the same, or none.
    pub(crate) fn mutate_signature(&self, draw: &mut Draw, signature: &[u8]) -> Mutant {
        let (r, s) = take_apart(signature);
        let minimal = |r: &[u8], s: &[u8]| sequence(&[integer(r), integer(s)].concat());
        let wide = |number: &[u8]| [&[0], number].concat();
        let order = wide(&self.order);
        let good = sequence_body(signature);
        let (kind, bytes, due) = match draw.below(24) {
            0 => ("the same", signature.to_vec(), Due::Accepted),
            1..=5 => ("n - s", minimal(&r, &subtract(&self.order, &s)), Due::Accepted),
            6 => ("s + n", minimal(&r, &add(&order, &s)), Due::Refused),
            7 => ("r + n", minimal(&add(&order, &r), &s), Due::Refused),
            8 => ("n - r", minimal(&subtract(&self.order, &r), &s), Due::Refused),
            9 => ("r and s swapped", minimal(&s, &r), Due::Refused),
            10 => ("r = 0", minimal(&[], &s), Due::Refused),
            11 => ("s = 0", minimal(&r, &[]), Due::Refused),
            12 => ("r = s = 0", minimal(&[], &[]), Due::Refused),
            13 => {
                let edge = match draw.below(4) {
                    0 => subtract(&order, &[1]),
                    1 => order,
                    2 => add(&order, &[1]),
                    _ => vec![1],
                };
                ("at n or 1", if draw.one_in(2) { minimal(&edge, &s) } else { minimal(&r, &edge) }, Due::Refused)
            }
            14 => ("a zero in front", sequence(&[padded(&r), integer(&s)].concat()), Due::Refused),
            15 => ("a zero in front", sequence(&[integer(&r), padded(&s)].concat()), Due::Refused),
            16 => {
                let mut negative = s.clone();
                negative[0] |= 0x80;
                ("negative", sequence(&[integer(&r), element(0x02, &negative)].concat()), Due::Refused)
            }
            17 => ("a long length", long_length(draw, good), Due::Refused),
            18 => ("an indefinite length", [&[0x30, 0x80], good, &[0, 0]].concat(), Due::Refused),
            19 => ("a byte behind", [signature, &[draw.edge()]].concat(), Due::Refused),
            20 => ("a byte inside", sequence(&[good, &[draw.edge()]].concat()), Due::Refused),
            21 => ("three integers", sequence(&[good, &integer(&s)].concat()), Due::Refused),
            22 => ("bare r and s", [self.full(&r), self.full(&s)].concat(), Due::Refused),
            _ => return mutate(draw, signature, Due::Refused),
        };
        Mutant::new(kind, bytes, due)
    }

    fn full(&self, number: &[u8]) -> Vec<u8> {
        add(bare(number), &vec![0; self.order.len()])
    }

    /// A private key at the edges of the range.
    pub(crate) fn mutate_scalar(&self, draw: &mut Draw, scalar: &[u8], short_is_padded: bool) -> Mutant {
        let full = |number: u8| self.full(&[number]);
        let (kind, bytes, due) = match draw.below(12) {
            0 => ("the same", scalar.to_vec(), Due::Accepted),
            1 => ("n - d", subtract(&self.order, scalar), Due::Accepted),
            2 => ("a small number", full(1 + draw.byte() % 32), Due::Accepted),
            3 => ("n - a small number", subtract(&self.order, &[1 + draw.byte() % 32]), Due::Accepted),
            4 => ("zero", full(0), Due::Refused),
            5 => ("n and above", add(&self.order, &[draw.byte() % 4]), Due::Refused),
            6 => ("d + n", add(scalar, &self.order), Due::Same),
            7 => {
                let due = if short_is_padded { Due::Accepted } else { Due::Refused };
                ("without leading zeros", vec![1 + draw.byte() % 32], due)
            }
            8 => ("a zero in front", [&[0], scalar].concat(), Due::Refused),
            9 => ("backwards", reversed(scalar), Due::Same),
            _ => return mutate(draw, scalar, Due::Same),
        };
        Mutant::new(kind, bytes, due)
    }
}

fn sequence_body(signature: &[u8]) -> &[u8] {
    if signature[1] == 0x81 { &signature[3..] } else { &signature[2..] }
}

/// `r` and `s` of a good signature.
fn take_apart(signature: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (r, rest) = sequence_body(signature)[1..].split_at(1 + usize::from(sequence_body(signature)[1]));
    (bare(&r[1..]).to_vec(), bare(&rest[2..]).to_vec())
}

/// A number without zeros in front.
fn bare(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|digit| **digit == 0).count();
    &number[zeros..]
}

/// The least content of an `INTEGER`.
fn content(number: &[u8]) -> Vec<u8> {
    let number = bare(number);
    let zero = if number.first().is_none_or(|first| *first >= 0x80) { &[0][..] } else { &[] };
    [zero, number].concat()
}

fn integer(number: &[u8]) -> Vec<u8> {
    element(0x02, &content(number))
}

fn padded(number: &[u8]) -> Vec<u8> {
    element(0x02, &[&[0], &content(number)[..]].concat())
}

fn sequence(body: &[u8]) -> Vec<u8> {
    element(0x30, body)
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u8::try_from(content.len()).unwrap();
    let header = if len < 0x80 { vec![tag, len] } else { vec![tag, 0x81, len] };
    [&header, content].concat()
}

/// A length in more bytes than it needs.
fn long_length(draw: &mut Draw, body: &[u8]) -> Vec<u8> {
    let len = u8::try_from(body.len()).unwrap();
    let header = match draw.below(3) {
        0 if len < 0x80 => vec![0x30, 0x81, len],
        0 | 1 => vec![0x30, 0x82, 0, len],
        _ => vec![0x30, 0x84, 0, 0, 0, len],
    };
    [&header, body].concat()
}
