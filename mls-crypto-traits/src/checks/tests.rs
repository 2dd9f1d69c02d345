#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::{collections::BTreeSet, vec, vec::Vec};

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};

use super::*;
use crate::tests::mock::ToyKdf;

const P256: SignatureScheme = SignatureScheme::EcdsaP256;
const P521: SignatureScheme = SignatureScheme::EcdsaP521;
const ED25519: SignatureScheme = SignatureScheme::Ed25519;
const ED448: SignatureScheme = SignatureScheme::Ed448;
const BAD_KEY: Result<(), CryptoError> = Err(CryptoError::InvalidPublicKey);
const BAD_SIGNATURE: Result<(), CryptoError> = Err(CryptoError::InvalidSignature);

fn integer(content: &[u8]) -> Vec<u8> {
    [&[0x02, u8::try_from(content.len()).unwrap()], content].concat()
}

fn sequence(r: &[u8], s: &[u8]) -> Vec<u8> {
    let body = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
}

// req: R-5.1.2-02
// bad: key-07
#[test]
fn ecdsa_signatures_are_strict_der() {
    assert_eq!(signature(P256, &sequence(&[1], &[0x7f])), Ok(()));
    assert_eq!(signature(P256, &sequence(&[0, 0x80], &[1])), Ok(()));
    let bad: &[&[u8]] = &[
        &[],
        &[0x30],
        &[0x30, 0],
        &sequence(&[], &[1]),
        &sequence(&[0], &[1]),
        &sequence(&[1], &[0]),
        &sequence(&[0, 1], &[1]),
        &sequence(&[0, 0, 0x80], &[1]),
        &sequence(&[0x80], &[1]),
        &sequence(&[1], &[0xff]),
        &[&sequence(&[1], &[1])[..], &[0]].concat(),
        // A third integer, and bytes behind the second inside the sequence.
        &[0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1],
        &[0x30, 7, 2, 1, 1, 2, 1, 1, 0],
        // Long forms of lengths that fit into the short one, and the indefinite form.
        &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1],
        &[0x30, 0x82, 0, 6, 2, 1, 1, 2, 1, 1],
        &[0x30, 6, 2, 0x81, 1, 1, 2, 1],
        &[0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0],
        // Other tags.
        &[0x31, 6, 2, 1, 1, 2, 1, 1],
        &[0x30, 6, 3, 1, 1, 2, 1, 1],
        // Lengths beyond the input.
        &[0x30, 7, 2, 1, 1, 2, 1, 1],
        &[0x30, 6, 2, 1, 1, 2, 2, 1],
    ];
    for der in bad {
        assert_eq!(signature(P256, der), BAD_SIGNATURE, "{der:02x?}");
    }
}

#[test]
fn ecdsa_scalars_are_below_the_order() {
    for scheme in [P256, SignatureScheme::EcdsaP384, P521] {
        let order = match scheme {
            SignatureScheme::EcdsaP384 => ecdsa::P384.order,
            SignatureScheme::EcdsaP521 => ecdsa::P521.order,
            _ => ecdsa::P256.order,
        };
        let content = |number: &[u8]| match number {
            [0x80..=0xff, ..] => [&[0], number].concat(),
            _ => number.to_vec(),
        };
        let mut largest = order.to_vec();
        *largest.last_mut().unwrap() -= 1;
        let der = |r: &[u8], s: &[u8]| {
            let body = [integer(&content(r)), integer(&content(s))].concat();
            let len = u8::try_from(body.len()).unwrap();
            let header = if len < 0x80 { vec![0x30, len] } else { vec![0x30, 0x81, len] };
            [header, body].concat()
        };
        assert_eq!(signature(scheme, &der(&largest, &largest)), Ok(()));
        assert_eq!(signature(scheme, &der(order, &largest)), BAD_SIGNATURE);
        assert_eq!(signature(scheme, &der(&largest, order)), BAD_SIGNATURE);
        let longer = [&[1][..], order].concat();
        assert_eq!(signature(scheme, &der(&longer, &[1])), BAD_SIGNATURE);
    }
}

// req: R-5.1.1-02, R-5.1.1-03
#[test]
fn points_are_uncompressed_and_their_coordinates_below_p() {
    let below = [&[4][..], &[0x7f; 64]].concat();
    assert_eq!(signature_public_key(P256, &below), Ok(()));
    assert_eq!(hpke_public_key(DhCurve::P256, &below), Ok(()));
    for form in [0, 2, 3, 5, 6, 7] {
        let other = [&[form][..], &[0x7f; 64]].concat();
        assert_eq!(signature_public_key(P256, &other), BAD_KEY);
        assert_eq!(hpke_public_key(DhCurve::P256, &other), BAD_KEY);
    }
    for len in [0, 1, 33, 64, 66, 97] {
        assert_eq!(signature_public_key(P256, &vec![4; len]), BAD_KEY, "{len}");
    }
    let p = [&[0x01][..], &[0xff; 65]].concat();
    let (mut largest, zero) = (p.clone(), vec![0; 66]);
    *largest.last_mut().unwrap() = 0xfe;
    let point = |x: &[u8], y: &[u8]| [&[4], x, y].concat();
    assert_eq!(signature_public_key(P521, &point(&largest, &zero)), Ok(()));
    assert_eq!(signature_public_key(P521, &point(&p, &zero)), BAD_KEY);
    assert_eq!(signature_public_key(P521, &point(&zero, &p)), BAD_KEY);
}

// req: R-5.1.1-01
#[test]
fn ed25519_refuses_the_small_orders_that_the_curve_has() {
    let torsion: BTreeSet<[u8; 32]> = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
    assert_eq!(torsion.len(), 8);
    let good = ED25519_BASEPOINT_POINT.compress().to_bytes();
    let s = [&[1][..], &[0; 31]].concat();
    assert_eq!(signature_public_key(ED25519, &good), Ok(()));
    assert_eq!(signature(ED25519, &[&good[..], &s].concat()), Ok(()));
    for encoding in torsion {
        for sign in [0, 0x80] {
            let mut point = encoding;
            point[31] ^= sign;
            assert_eq!(signature_public_key(ED25519, &point), BAD_KEY);
            assert_eq!(signature(ED25519, &[&point[..], &s].concat()), BAD_SIGNATURE);
        }
    }
    for mixed in EIGHT_TORSION.iter().map(|point| ED25519_BASEPOINT_POINT + point) {
        assert_eq!(signature_public_key(ED25519, mixed.compress().as_bytes()), Ok(()));
    }
}

// bad: key-06
#[test]
fn ed25519_refuses_what_is_not_canonical() {
    // p - 1 is of small order; p - 2 is not, p and above are not canonical.
    for (low, good) in [(0xeb, true), (0xec, false), (0xed, false), (0xff, false)] {
        let mut y = [0xff; 32];
        (y[0], y[31]) = (low, 0x7f);
        assert_eq!(signature_public_key(ED25519, &y).is_ok(), good, "{low:x}");
    }
    let r = ED25519_BASEPOINT_POINT.compress().to_bytes();
    let verdict = |s: &[u8]| signature(ED25519, &[&r[..], s].concat());
    let mut order = [0; 32];
    order[..16].copy_from_slice(&0x14de_f9de_a2f7_9cd6_5812_631a_5cf5_d3ed_u128.to_le_bytes());
    order[31] = 0x10;
    assert_eq!(verdict(&order), BAD_SIGNATURE);
    order[0] -= 1;
    assert_eq!(verdict(&order), Ok(()));
    assert_eq!(verdict(&[0xff; 32]), BAD_SIGNATURE);
    for len in [0, 31, 33] {
        assert_eq!(verdict(&vec![0; len]), BAD_SIGNATURE);
    }
    assert_eq!(signature(ED25519, &[]), BAD_SIGNATURE);
    for len in [0, 31, 33, 57] {
        assert_eq!(signature_public_key(ED25519, &vec![2; len]), BAD_KEY);
    }
}

// bad: key-06
#[test]
fn ed448_refuses_small_orders_and_what_is_not_canonical() {
    let key = |low: u8, rest: u8, middle: u8, sign: u8| {
        let mut y = [rest; 57];
        (y[0], y[28], y[56]) = (low, middle, sign);
        signature_public_key(ED448, &y)
    };
    assert_eq!(key(2, 0, 0, 0), Ok(()));
    assert_eq!(key(2, 0, 0, 0x80), Ok(()));
    for low in [0, 1] {
        assert_eq!(key(low, 0, 0, 0), BAD_KEY);
        assert_eq!(key(low, 0, 0, 0x80), BAD_KEY);
    }
    // p - 2, p - 1, p and a bit above y.
    assert_eq!(key(0xfd, 0xff, 0xfe, 0), Ok(()));
    assert_eq!(key(0xfe, 0xff, 0xfe, 0), BAD_KEY);
    assert_eq!(key(0xff, 0xff, 0xfe, 0), BAD_KEY);
    assert_eq!(key(2, 0, 0, 0x01), BAD_KEY);
    assert_eq!(key(2, 0, 0, 0x40), BAD_KEY);

    let mut r = [0; 57];
    r[0] = 2;
    let verdict = |s: &[u8]| signature(ED448, &[&r[..], s].concat());
    let mut s = [0; 57];
    s[55] = 0x3f;
    assert_eq!(verdict(&s), Ok(()));
    s[55] = 0x40;
    assert_eq!(verdict(&s), BAD_SIGNATURE);
    (s[55], s[56]) = (0, 1);
    assert_eq!(verdict(&s), BAD_SIGNATURE);
    assert_eq!(verdict(&[0; 56]), BAD_SIGNATURE);
}

#[test]
fn x25519_refuses_the_small_orders_that_the_curve_has() {
    let mut orders = BTreeSet::new();
    for point in EIGHT_TORSION {
        let mut u = point.to_montgomery().to_bytes();
        orders.insert(u);
        assert_eq!(hpke_public_key(DhCurve::X25519, &u), BAD_KEY);
        u[31] |= 0x80;
        assert_eq!(hpke_public_key(DhCurve::X25519, &u), BAD_KEY);
    }
    assert_eq!(orders.len(), 4);
    // p - 1, of order 4 on the twist, and p and p + 1, which are 0 and 1.
    for (low, good) in [(0xeb, true), (0xec, false), (0xed, false), (0xee, false), (0xef, true)] {
        let mut u = [0xff; 32];
        u[0] = low;
        assert_eq!(hpke_public_key(DhCurve::X25519, &u).is_ok(), good, "{low:x}");
    }
    assert_eq!(hpke_public_key(DhCurve::X25519, &[9; 31]), BAD_KEY);
    assert_eq!(kem_output(DhCurve::X25519, &[0; 32]), Ok(()));
    assert_eq!(kem_output(DhCurve::X25519, &[0; 33]), BAD_KEY);
}

#[test]
fn x448_refuses_small_orders() {
    let verdict = |low: u8, half: u8, high: u8| {
        let mut u = [half; 56];
        u[0] = low;
        u[28..].fill(high);
        u
    };
    let p = |low: u8| {
        let mut u = verdict(low, 0xff, 0xff);
        u[28] = 0xfe;
        u
    };
    for bad in [verdict(0, 0, 0), verdict(1, 0, 0), p(0xfe), p(0xff), verdict(0, 0, 0xff)] {
        assert_eq!(hpke_public_key(DhCurve::X448, &bad), BAD_KEY, "{bad:x?}");
    }
    for good in [verdict(5, 0, 0), p(0xfd), verdict(1, 0, 0xff)] {
        assert_eq!(hpke_public_key(DhCurve::X448, &good), Ok(()), "{good:x?}");
    }
    assert_eq!(hpke_public_key(DhCurve::X448, &[5; 57]), BAD_KEY);
}

#[test]
fn private_scalars_are_padded_and_in_range() {
    let load = |bytes: &[u8]| signature_private_key(P256, bytes);
    let full = load(&[1, 2]).unwrap();
    assert_eq!(full.as_bytes(), [&[0; 30][..], &[1, 2]].concat());
    let bad = CryptoError::InvalidPrivateKey;
    for key in [&[][..], &[0], &[0; 32], &[0xff; 32], &[0; 33], ecdsa::P256.order] {
        assert_eq!(load(key).unwrap_err(), bad);
    }
    assert_eq!(signature_private_key(ED25519, &[0; 31]).unwrap_err(), bad);
    assert!(signature_private_key(ED448, &[0; 57]).is_ok());
    assert_eq!(hpke_private_key(DhCurve::P256, &[1, 2]), Err(bad));
    assert_eq!(hpke_private_key(DhCurve::P256, &[1; 32]), Ok(()));
    assert_eq!(hpke_private_key(DhCurve::X448, &[0; 56]), Ok(()));
    assert_eq!(hpke_private_key(DhCurve::X448, &[0; 57]), Err(bad));
}

#[test]
fn signature_keys_are_derived_per_scheme() {
    let schemes = [ED25519, ED448, P256, SignatureScheme::EcdsaP384, P521];
    for scheme in schemes {
        let key = derive_signature_key(&ToyKdf, scheme, b"ikm").unwrap();
        assert_eq!(Some(key.as_bytes().len()), signature_private_key_len(scheme));
        assert!(signature_private_key(scheme, key.as_bytes()).is_ok());
        let other = derive_signature_key(&ToyKdf, scheme, b"other").unwrap();
        assert_ne!(key.as_bytes(), other.as_bytes());
    }
    let unknown = derive_signature_key(&ToyKdf, SignatureScheme::Other(1), b"ikm");
    assert_eq!(unknown.unwrap_err(), CryptoError::Unsupported);
}

#[test]
fn keys_without_an_x_do_not_decode() {
    for (scheme, len) in [(ED25519, 32), (ED448, 57)] {
        let decodes = |low: u8| {
            let mut key = vec![0; len];
            key[0] = low;
            eddsa_key_decodes(scheme, &key)
        };
        assert_eq!(decodes(2), BAD_KEY);
        assert_eq!(decodes(3), Ok(()));
        assert_eq!(eddsa_key_decodes(scheme, &vec![3; len - 1]), BAD_KEY);
    }
    assert_eq!(eddsa_key_decodes(P256, &[3; 32]), Err(CryptoError::Unsupported));
}

#[test]
fn unknown_schemes_pass() {
    let other = SignatureScheme::Other(1);
    assert_eq!(signature_public_key(other, &[]), Ok(()));
    assert_eq!(signature(other, &[]), Ok(()));
    assert_eq!(signature_private_key(other, &[1]).unwrap().as_bytes(), [1]);
}
