#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};

use super::*;

// RFC 8032 section 7.1, test 3.
const SEED: &str = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
const PUBLIC: &str = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
const SIGNATURE: &str = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
    18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";

#[test]
fn signature_is_that_of_rfc_8032() {
    let signer = load_signing_key(&hex::decode(SEED).unwrap()).unwrap();
    assert_eq!(hex::encode(signer.public_key().as_bytes()), PUBLIC);
    let signature = signer.sign(&[&[0xaf], &[0x82]]).unwrap();
    assert_eq!(hex::encode(&signature), SIGNATURE);
}

#[test]
fn bytes_that_are_no_point_are_refused() {
    // y = 2 has no x.
    let mut bytes = [0; 32];
    bytes[0] = 2;
    assert_eq!(load_verify_key(&bytes).map(|_| ()), Err(CryptoError::InvalidPublicKey));
    assert_eq!(verify(&bytes, &[b"message"], &[1; 64]), Err(CryptoError::InvalidPublicKey));
}

#[test]
fn a_key_that_is_not_loaded_gives_the_same_verdicts() {
    let (public, mut signature) = (hex::decode(PUBLIC).unwrap(), hex::decode(SIGNATURE).unwrap());
    assert_eq!(verify(&public, &[&[0xaf], &[0x82]], &signature), Ok(()));
    signature[40] ^= 1;
    assert_eq!(verify(&public, &[&[0xaf], &[0x82]], &signature), Err(CryptoError::InvalidSignature));
}

#[test]
fn a_key_in_x509_is_refused() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&hex::decode(SEED).unwrap()).unwrap();
    let x509: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    assert_eq!(load_verify_key(x509.as_ref()).map(|_| ()), Err(CryptoError::InvalidPublicKey));
    let signature = hex::decode(SIGNATURE).unwrap();
    assert_eq!(verify(x509.as_ref(), &[&[0xaf, 0x82]], &signature), Err(CryptoError::InvalidPublicKey));
}
