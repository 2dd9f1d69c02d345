#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPublicKeyCompressedBin, PublicKeyX509Der};

use super::*;

const NIST: [AwsLcDh; 3] = [AwsLcDh::P256, AwsLcDh::P384, AwsLcDh::P521];

fn private(dh: AwsLcDh, last: u8) -> PrivateKey {
    let mut bytes = vec![0; dh.curve().private_key_len()];
    *bytes.last_mut().unwrap() = last;
    dh.load_private(&bytes).unwrap()
}

fn refused(dh: AwsLcDh, public: &[u8]) {
    let result = dh.load_public(public).map(|_| ());
    assert_eq!(result, Err(CryptoError::InvalidPublicKey), "{dh:?}, {} bytes", public.len());
}

#[test]
fn both_sides_agree() {
    for dh in [AwsLcDh::P256, AwsLcDh::P384, AwsLcDh::P521, AwsLcDh::X25519] {
        let (one, other) = (private(dh, 5), private(dh, 7));
        let (one_public, other_public) = (dh.public_key(&one).unwrap(), dh.public_key(&other).unwrap());
        assert_eq!(one_public.len(), dh.curve().public_key_len());
        let other_parsed = dh.load_public(&other_public).unwrap();
        let shared = dh.agree(&one, &other_parsed).unwrap();
        assert_eq!(shared.len(), dh.curve().shared_point_len());
        assert!(shared.ct_eq(dh.agree(&other, &dh.load_public(&one_public).unwrap()).unwrap().as_bytes()));
        // A parsed key is there to be used again.
        assert!(shared.ct_eq(dh.agree(&one, &other_parsed).unwrap().as_bytes()));
    }
}

#[test]
fn shared_secret_on_nist_curves_is_the_whole_x() {
    // Five times seven times the base point, by either way; X of 35 G begins as it may.
    for dh in NIST {
        let shared = dh.agree(&private(dh, 5), &dh.load_public(&dh.public_key(&private(dh, 7)).unwrap()).unwrap());
        let point = dh.public_key(&private(dh, 35)).unwrap();
        assert!(shared.unwrap().ct_eq(&point[1..=dh.curve().shared_point_len()]));
    }
}

#[test]
fn x25519_is_that_of_rfc_7748() {
    // Section 5.2, the second vector: the top bit of the coordinate is ignored.
    let scalar = hex::decode("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d").unwrap();
    let point = hex::decode("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493").unwrap();
    let dh = AwsLcDh::X25519;
    let shared = dh.agree(&dh.load_private(&scalar).unwrap(), &dh.load_public(&point).unwrap()).unwrap();
    assert_eq!(hex::encode(shared.as_bytes()), "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

#[test]
fn a_zero_result_is_named() {
    let dh = AwsLcDh::X25519;
    let mut one = [0; 32];
    one[0] = 1;
    for point in [[0; 32], one] {
        let result = dh.agree(&private(dh, 1), &dh.load_public(&point).unwrap()).map(|_| ());
        assert_eq!(result, Err(CryptoError::SharedSecretZero));
    }
}

#[test]
fn keys_of_another_length_are_refused() {
    for dh in [AwsLcDh::P256, AwsLcDh::P384, AwsLcDh::P521, AwsLcDh::X25519] {
        let curve = dh.curve();
        for len in [0, 1, curve.private_key_len() - 1, curve.private_key_len() + 1] {
            let result = dh.load_private(&vec![1; len]).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPrivateKey), "{dh:?}, {len} bytes");
        }
        for len in [0, 1, curve.public_key_len() - 1, curve.public_key_len() + 1] {
            refused(dh, &vec![4; len]);
        }
    }
}

#[test]
fn scalars_out_of_range_are_refused() {
    for dh in NIST {
        for byte in [0, 0xff] {
            let result = dh.load_private(&vec![byte; dh.curve().private_key_len()]).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPrivateKey), "{dh:?}");
        }
    }
}

#[test]
fn other_forms_of_a_point_are_refused() {
    // req: R-5.1.1-02
    for dh in NIST {
        let key = private(dh, 9).compute_public_key().unwrap();
        let compressed: EcPublicKeyCompressedBin<'_> = key.as_be_bytes().unwrap();
        refused(dh, compressed.as_ref());
        let x509: PublicKeyX509Der<'_> = key.as_der().unwrap();
        refused(dh, x509.as_ref());
        let mut hybrid = key.as_ref().to_vec();
        hybrid[0] = 6 | (hybrid[hybrid.len() - 1] & 1);
        refused(dh, &hybrid);
        let mut off_curve = key.as_ref().to_vec();
        off_curve[dh.curve().private_key_len()] ^= 1;
        refused(dh, &off_curve);
        refused(dh, &[0]);
    }
    let key = private(AwsLcDh::X25519, 9).compute_public_key().unwrap();
    let x509: PublicKeyX509Der<'_> = key.as_der().unwrap();
    refused(AwsLcDh::X25519, x509.as_ref());
}
