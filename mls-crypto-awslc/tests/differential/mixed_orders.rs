//! Ed25519 keys and signatures with components of small order: where libraries part.

use curve25519_dalek::{
    Scalar,
    constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION},
};
use mls_crypto_traits::SignaturePublicKey;
use proptest::prelude::*;

use crate::Both;

#[derive(Clone, Debug)]
pub(crate) struct Input {
    private: [u8; 32],
    nonce: [u8; 32],
    key_torsion: usize,
    nonce_torsion: usize,
    label: Vec<u8>,
}

pub(crate) fn input() -> impl Strategy<Value = Input> {
    (any::<[u8; 32]>(), any::<[u8; 32]>(), 0..8_usize, 0..8_usize, proptest::collection::vec(any::<u8>(), 0..8))
        .prop_map(|(private, nonce, key_torsion, nonce_torsion, label)| Input {
            private,
            nonce,
            key_torsion,
            nonce_torsion,
            label,
        })
}

pub(crate) fn check(both: Both, input: &Input) {
    let private = Scalar::from_bytes_mod_order(input.private);
    let nonce = Scalar::from_bytes_mod_order(input.nonce);
    let public = &private * ED25519_BASEPOINT_TABLE + EIGHT_TORSION[input.key_torsion];
    let r = &nonce * ED25519_BASEPOINT_TABLE + EIGHT_TORSION[input.nonce_torsion];
    let (public, r) = (public.compress().to_bytes(), r.compress().to_bytes());

    // SignContent of RFC 9420 section 5.1.2, with the label's and the content's lengths in one byte each.
    let label = [b"MLS 1.0 ", input.label.as_slice()].concat();
    let message = [&[label.len() as u8], label.as_slice(), &[7], b"content"].concat();
    let digest = sha512(&[&r, &public, &message]);
    let k = Scalar::from_bytes_mod_order_wide(&digest);
    let s = nonce + k * private;
    let signature = [r, s.to_bytes()].concat();

    let public = SignaturePublicKey::from(public.to_vec());
    let verdict = both.same(|suite| suite.verify_with_label(&public, &input.label, &[b"content"], &signature));
    // Without cofactor: R and [k]A have to lose their small components to each other.
    let left = EIGHT_TORSION[input.nonce_torsion] + EIGHT_TORSION[input.key_torsion] * k;
    assert_eq!(verdict.is_ok(), left == EIGHT_TORSION[0]);
}

/// Of suite 5, which both backends have.
fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let digest = Both::new(5).same(|suite| suite.hash(parts)).unwrap();
    digest.as_bytes().try_into().unwrap()
}
