#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use super::*;

// RFC 8032 section 7.1, test 3.
const ED25519_SEED: &str = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
const ED25519_PUBLIC: &str = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
const ED25519_SIGNATURE: &str = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
    18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";

// RFC 8032 section 7.4, the test with a message of one octet.
const ED448_SEED: &str = "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463a\
    fbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e";
const ED448_PUBLIC: &str = "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c086\
    6aea01eb00742802b8438ea4cb82169c235160627b4c3a9480";
const ED448_SIGNATURE: &str = "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435\
    2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cb\
    cee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f\
    f3348ab21aa4adafd1d234441cf807c03a00";

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn signatures_are_those_of_rfc_8032() {
    let cases: [(_, _, _, _, &[&[u8]]); 2] = [
        (Eddsa::Ed25519, ED25519_SEED, ED25519_PUBLIC, ED25519_SIGNATURE, &[&[0xaf], &[0x82]]),
        (Eddsa::Ed448, ED448_SEED, ED448_PUBLIC, ED448_SIGNATURE, &[&[], &[3]]),
    ];
    for (algorithm, seed, public, signature, message) in cases {
        let signer = algorithm.load_signing_key(&bytes(seed)).unwrap();
        assert_eq!(hex::encode(signer.public_key().as_bytes()), public);
        assert_eq!(hex::encode(signer.sign(message).unwrap()), signature);

        let verifier = algorithm.load_verify_key(&bytes(public)).unwrap();
        assert_eq!(verifier.verify(message, &bytes(signature)), Ok(()));
        let other = verifier.verify(&[&[4]], &bytes(signature));
        assert_eq!(other, Err(CryptoError::InvalidSignature));
        assert_eq!(algorithm.verify(&bytes(public), message, &bytes(signature)), Ok(()));
        let other = algorithm.verify(&bytes(public), &[&[4]], &bytes(signature));
        assert_eq!(other, Err(CryptoError::InvalidSignature));
    }
}

#[test]
fn components_of_small_order_do_not_count() {
    // Made with the scalar of ED448_SEED and r = 12345678901234567890: keys and R with the point (1, 0) of
    // order 4 or (0, -1) of order 2 added. [S]B = R + [k]A holds for the first only; with the cofactor
    // it holds for all. OpenSSL accepts the three.
    let key_of_order_4 = "a817f1c54d59522c462502f00d438b2458a488d90d429646394d15877f9f6f3d\
        cc73dacc5b540e1debf5fdb7fd3097e0eb00c4c24a26002d80";
    let common = "019340ff563ea4b783c24f2d50b962d8a11c4cb8af65f5bc0c462dc254ce24d8\
        5c6487cc71936f74fe8d8979b33f4fefd368c7a2e9403b0380";
    let cases = [
        (
            key_of_order_4,
            b"4",
            [
                common,
                "00e0b4c19f76d69a094ecebc7231d2222a454020df306f7253afb8f95be1a9fc\
                 4a2d857c2858df81679163de09869d424fe69f0335a2181400",
            ]
            .concat(),
        ),
        (
            key_of_order_4,
            b"0",
            [
                common,
                "b008151a03db1d9243baec1e3fb4f2c4b721eb7baf7b99fa10e5dd7121b362be\
                 1b434a23f4e7cd381dda464243d7fc7dea5c9529ef548a0100",
            ]
            .concat(),
        ),
        (
            ED448_PUBLIC,
            b"r",
            "fe6cbf00a9c15b487c3db0d2af469d275ee3b347509a0a43f3b9d23daa31db27\
             a39b78338e6c908b017276864cc0b0102c97385d16bfc4fc00\
             68a3c3c6cdcd0c1266f1d1cb1b5d0ca5783495ec99f817237bc2a75ffa2d4c49\
             97504e873fbb5d9cf7d3913fbe409457b17e61889b5c1b1600"
                .into(),
        ),
    ];
    for (public, message, signature) in cases {
        let verifier = Eddsa::Ed448.load_verify_key(&bytes(public)).unwrap();
        let signature = bytes(&signature);
        assert_eq!(verifier.verify(&[message], &signature), Ok(()));
        let other = verifier.verify(&[b"x"], &signature);
        assert_eq!(other, Err(CryptoError::InvalidSignature));
    }
}

#[test]
fn bytes_that_are_no_point_are_refused() {
    // y = 2 has no x.
    for (algorithm, len) in [(Eddsa::Ed25519, 32), (Eddsa::Ed448, 57)] {
        let mut no_point = vec![0; len];
        no_point[0] = 2;
        assert_eq!(algorithm.load_verify_key(&no_point).map(|_| ()), Err(CryptoError::InvalidPublicKey));
        let signature = vec![1; 2 * len];
        assert_eq!(algorithm.verify(&no_point, &[b"message"], &signature), Err(CryptoError::InvalidPublicKey));
    }
}

#[test]
fn s_must_be_reduced_and_r_a_point() {
    let verifier = Eddsa::Ed448.load_verify_key(&bytes(ED448_PUBLIC)).unwrap();
    let refused = Err(CryptoError::InvalidSignature);

    // S plus the group order.
    let order = "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffff\
        ffffffffffffffffffffffffffffffffffffffffffffff3f";
    let mut larger = bytes(ED448_SIGNATURE);
    let mut carry = 0;
    for (byte, add) in larger[57..].iter_mut().zip(bytes(order)) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(verifier.verify(&[&[3]], &larger), refused);

    let mut last_octet = bytes(ED448_SIGNATURE);
    last_octet[113] = 1;
    assert_eq!(verifier.verify(&[&[3]], &last_octet), refused);

    let mut no_point = bytes(ED448_SIGNATURE);
    no_point[..57].fill(0);
    no_point[0] = 2;
    assert_eq!(verifier.verify(&[&[3]], &no_point), refused);
}
