//! Points of the Edwards curves and signatures with them, at the edges of what is taken.

use curve25519_dalek::{
    EdwardsPoint, Scalar,
    constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION},
};
use ed448_goldilocks::{CompressedEdwardsY, EdwardsPoint as Point448, EdwardsScalar, WideEdwardsScalarBytes};
use mls_crypto_traits::SignatureScheme;
use shake::{
    Shake256,
    digest::{ExtendableOutput, Update, XofReader},
};

use crate::bytes::{add, mutate, reversed, subtract, unhex};
use crate::draw::Draw;
use crate::panel::{Due, Mutant, Panel};

/// edwards25519 or edwards448; numbers are little-endian, as on the wire.
pub(crate) struct Curve {
    scheme: SignatureScheme,
    field: Vec<u8>,
    order: Vec<u8>,
}

/// A signature with its key, made at the edges.
#[derive(Debug)]
pub(crate) struct Forged {
    pub(crate) public: Vec<u8>,
    pub(crate) mutant: Mutant,
}

pub(crate) fn curve(scheme: SignatureScheme) -> Option<Curve> {
    let (field, order) = match scheme {
        SignatureScheme::Ed25519 => (
            ["7f", &"f".repeat(60), "ed"].concat(),
            "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed".to_owned(),
        ),
        SignatureScheme::Ed448 => (
            ["00", &"f".repeat(55), "e", &"f".repeat(56)].concat(),
            ["003f", &"f".repeat(54), "7cca23e9c44edb49aed63690216cc2728dc58f552378c292ab5844f3"].concat(),
        ),
        _ => return None,
    };
    Some(Curve { scheme, field: reversed(&unhex(&field)), order: reversed(&unhex(&order)) })
}

impl Curve {
    fn len(&self) -> usize {
        self.field.len()
    }

    /// Points whose order divides the cofactor, in all encodings that some library takes for one.
    fn small_order(&self, draw: &mut Draw) -> Vec<u8> {
        let mut y = match (self.scheme, draw.below(5)) {
            (_, 0) => vec![0; self.len()],
            (_, 1) => [&[1][..], &vec![0; self.len() - 1]].concat(),
            (_, 2) => plus(&self.field, 1, true),
            (SignatureScheme::Ed25519, 3) => draw.pick(&EIGHT_TORSION).compress().to_bytes().to_vec(),
            _ => plus(&self.field, draw.byte() % 2, false),
        };
        let last = self.len() - 1;
        y[last] ^= if draw.one_in(2) { 0x80 } else { 0 };
        y
    }

    /// `y + p`: where `y` is small, the same point in a form that is not canonical.
    fn non_canonical(&self, draw: &mut Draw) -> Vec<u8> {
        let mut y = plus(&self.field, draw.byte() % 19, false);
        let last = self.len() - 1;
        y[last] ^= if draw.one_in(2) { 0x80 } else { 0 };
        y
    }

    /// Another encoding, another point, or none, for a good one.
    pub(crate) fn mutate_point(&self, draw: &mut Draw, point: &[u8]) -> Mutant {
        let last = self.len() - 1;
        let changed = |at: usize, with: u8| {
            let mut new = point.to_vec();
            new[at] ^= with;
            new
        };
        let (kind, bytes, due) = match draw.below(10) {
            0 | 1 => ("the same", point.to_vec(), Due::Accepted),
            2 => ("negated", changed(last, 0x80), Due::Accepted),
            3 => ("of small order", self.small_order(draw), Due::Refused),
            4 => ("not canonical", self.non_canonical(draw), Due::Refused),
            5 => ("a high bit set", changed(last, 1 << (draw.byte() % 7)), Due::Same),
            6 => ("a small y", [&[2 + draw.byte() % 60][..], &vec![0; last]].concat(), Due::Same),
            7 => ("with a part of small order", self.mixed_key(draw), Due::Accepted),
            _ => return mutate(draw, point, Due::Same),
        };
        Mutant::new(kind, bytes, due)
    }

    /// Another signature over the same, or none.
    pub(crate) fn mutate_signature(&self, draw: &mut Draw, signature: &[u8]) -> Mutant {
        let (r, s) = signature.split_at(self.len());
        let (kind, r, s, due) = match draw.below(14) {
            0..=2 => ("the same", r.to_vec(), s.to_vec(), Due::Accepted),
            3 => ("S + L", r.to_vec(), le(add, s, &self.order), Due::Refused),
            4 => ("S + 2 L", r.to_vec(), le(add, &le(add, s, &self.order), &self.order), Due::Refused),
            5 => ("L - S", r.to_vec(), le(subtract, &self.order, s), Due::Refused),
            6 => {
                let edge = match draw.below(4) {
                    0 => vec![0; self.len()],
                    1 => self.order.clone(),
                    2 => plus(&self.order, 1, true),
                    _ => vec![0xff; self.len()],
                };
                ("S at an edge", r.to_vec(), edge, Due::Refused)
            }
            7 => ("R of small order", self.small_order(draw), s.to_vec(), Due::Refused),
            8 => ("R not canonical", self.non_canonical(draw), s.to_vec(), Due::Refused),
            9 => ("R negated", plus_sign(r), s.to_vec(), Due::Refused),
            10 => ("R and S swapped", s.to_vec(), r.to_vec(), Due::Refused),
            11 => ("R and S of zeros", vec![0; self.len()], vec![0; self.len()], Due::Refused),
            _ => return mutate(draw, signature, Due::Refused),
        };
        Mutant::new(kind, [r, s].concat(), due)
    }

    /// A key and a signature over `message` that some libraries take and others do not.
    pub(crate) fn forge(&self, draw: &mut Draw, message: &[u8]) -> Forged {
        if draw.one_in(4) {
            // [0]B = R + [k]A wherever R and A have lost each other.
            let (r, s) = (self.small_order(draw), vec![0; self.len()]);
            let mutant = Mutant::new("A and R of small order, S = 0", [r, s].concat(), Due::Refused);
            return Forged { public: self.small_order(draw), mutant };
        }
        match self.scheme {
            SignatureScheme::Ed25519 => forge_25519(draw, message),
            _ => forge_448(draw, message),
        }
    }

    fn mixed_key(&self, draw: &mut Draw) -> Vec<u8> {
        match self.scheme {
            SignatureScheme::Ed25519 => {
                let point = &scalar_25519(draw) * ED25519_BASEPOINT_TABLE + draw.pick(&EIGHT_TORSION);
                point.compress().to_bytes().to_vec()
            }
            _ => {
                let point = Point448::GENERATOR * scalar_448(draw) + torsion_448(draw);
                point.to_affine().compress().0.to_vec()
            }
        }
    }
}

/// A little-endian number plus or minus a small one.
fn plus(number: &[u8], small: u8, minus: bool) -> Vec<u8> {
    le(if minus { subtract } else { add }, number, &[small])
}

fn le(operation: fn(&[u8], &[u8]) -> Vec<u8>, a: &[u8], b: &[u8]) -> Vec<u8> {
    reversed(&operation(&reversed(a), &reversed(b)))
}

fn plus_sign(point: &[u8]) -> Vec<u8> {
    let mut point = point.to_vec();
    *point.last_mut().unwrap() ^= 0x80;
    point
}

fn scalar_25519(draw: &mut Draw) -> Scalar {
    Scalar::from_bytes_mod_order(draw.bytes(32).try_into().unwrap())
}

/// Without cofactor: R and [k]A have to lose their parts of small order to each other.
fn forge_25519(draw: &mut Draw, message: &[u8]) -> Forged {
    let (private, nonce) = (scalar_25519(draw), scalar_25519(draw));
    let (of_key, of_nonce) = (draw.pick(&EIGHT_TORSION), draw.pick(&EIGHT_TORSION));
    let encoded = |secret: &Scalar, torsion: EdwardsPoint| (secret * ED25519_BASEPOINT_TABLE + torsion).compress().0;
    let (public, r) = (encoded(&private, of_key), encoded(&nonce, of_nonce));
    let digest = Panel::sha512(&[&r, &public, message]);
    let k = Scalar::from_bytes_mod_order_wide(&digest.try_into().unwrap());
    let s = nonce + k * private;
    let due = if of_nonce + of_key * k == EIGHT_TORSION[0] { Due::Accepted } else { Due::Refused };
    let signature = [r, s.to_bytes()].concat();
    Forged { public: public.to_vec(), mutant: Mutant::new("parts of small order", signature, due) }
}

fn scalar_448(draw: &mut Draw) -> EdwardsScalar {
    let mut bytes = WideEdwardsScalarBytes::default();
    bytes.copy_from_slice(&draw.bytes(114));
    EdwardsScalar::from_bytes_mod_order_wide(&bytes)
}

/// A point of order 1, 2 or 4.
fn torsion_448(draw: &mut Draw) -> Point448 {
    let mut y = [0; 57];
    match draw.below(3) {
        0 => y[0] = 1,
        1 => y[..56].copy_from_slice(&unhex(&["fe", &"f".repeat(54), "fe", &"f".repeat(54)].concat())),
        _ => y[56] = if draw.one_in(2) { 0x80 } else { 0 },
    }
    CompressedEdwardsY(y).decompress_unchecked().into_option().unwrap().to_edwards()
}

/// With cofactor: parts of small order do not count.
fn forge_448(draw: &mut Draw, message: &[u8]) -> Forged {
    let (private, nonce) = (scalar_448(draw), scalar_448(draw));
    let public = (Point448::GENERATOR * private + torsion_448(draw)).to_affine().compress().0;
    let r = (Point448::GENERATOR * nonce + torsion_448(draw)).to_affine().compress().0;
    let mut hash = Shake256::default();
    for part in [b"SigEd448\0\0", &r[..], &public, message] {
        hash.update(part);
    }
    let mut k = WideEdwardsScalarBytes::default();
    hash.finalize_xof().read(&mut k);
    let s = nonce + EdwardsScalar::from_bytes_mod_order_wide(&k) * private;
    let mut signature = r.to_vec();
    signature.extend_from_slice(&s.to_bytes_rfc_8032());
    Forged { public: public.to_vec(), mutant: Mutant::new("parts of small order", signature, Due::Accepted) }
}
