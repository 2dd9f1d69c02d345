#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

// RFC 8032 section 7.4, the test with a message of one octet.
const SEED: &str = "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463a\
    fbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e";
const PUBLIC: &str = "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c086\
    6aea01eb00742802b8438ea4cb82169c235160627b4c3a9480";
const SIGNATURE: &str = "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435\
    2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cb\
    cee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f\
    f3348ab21aa4adafd1d234441cf807c03a00";

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn signature_is_that_of_rfc_8032() {
    let signer = load_signing_key(&bytes(SEED)).unwrap();
    assert_eq!(hex::encode(signer.public_key().as_bytes()), PUBLIC);
    let signature = signer.sign(&[&[], &[3]]).unwrap();
    assert_eq!(hex::encode(&signature), SIGNATURE);
}

#[test]
fn published_signature_verifies() {
    let verifier = load_verify_key(&bytes(PUBLIC)).unwrap();
    let signature = bytes(SIGNATURE);
    assert_eq!(verifier.verify(&[&[3]], &signature), Ok(()));
    let other = verifier.verify(&[&[4]], &signature);
    assert_eq!(other, Err(CryptoError::InvalidSignature));
}

#[test]
fn keys_outside_the_prime_order_subgroup_are_refused() {
    // The public key above plus the points of order 2 and 4, then these alone and the neutral point.
    let order_2 = "bc45d70bcf3200ba951aceaba08132f537cb5aa26ca73fc8d405f39397673f79\
        9515fe14ff8bd7fd47bc715b347de963dcae9f9d84b3c56b00";
    let order_4 = "a817f1c54d59522c462502f00d438b2458a488d90d429646394d15877f9f6f3d\
        cc73dacc5b540e1debf5fdb7fd3097e0eb00c4c24a26002d80";
    let mut neutral = [0; 57];
    neutral[0] = 1;
    let zero = [0; 57];
    for key in [&bytes(order_2), &bytes(order_4), zero.as_slice(), &neutral] {
        assert_eq!(
            load_verify_key(key).map(|_| ()),
            Err(CryptoError::InvalidPublicKey)
        );
    }
}

#[test]
fn s_must_be_reduced_and_r_a_point() {
    let verifier = load_verify_key(&bytes(PUBLIC)).unwrap();
    let refused = Err(CryptoError::InvalidSignature);

    // S plus the group order.
    let order = "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffff\
        ffffffffffffffffffffffffffffffffffffffffffffff3f";
    let mut larger = bytes(SIGNATURE);
    let mut carry = 0;
    for (byte, add) in larger[57..].iter_mut().zip(bytes(order)) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(verifier.verify(&[&[3]], &larger), refused);

    let mut last_octet = bytes(SIGNATURE);
    last_octet[113] = 1;
    assert_eq!(verifier.verify(&[&[3]], &last_octet), refused);

    let mut no_point = bytes(SIGNATURE);
    no_point[..57].fill(0);
    no_point[0] = 2;
    assert_eq!(verifier.verify(&[&[3]], &no_point), refused);
}
