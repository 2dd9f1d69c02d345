#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::tests::mock::ToyKdf;

#[test]
fn expand_chains_blocks_and_counts_from_one() {
    let hmac =
        |key: &[u8], parts: &[&[u8]]| Ok(SecretBytes::from([b"<", &parts.concat()[..], b"@", key, b">"].concat()));
    let okm = hkdf_expand_with(hmac, b"k", &[b"i", b"nfo"], 13).unwrap();
    // T(1) = <info 01 @k>, T(2) = <T(1) info 02 @k>, cut at 13 bytes.
    assert_eq!(okm.as_bytes(), b"<info\x01@k><<info"[..13].to_vec());
}

#[test]
fn expand_ends_at_255_blocks() {
    assert_eq!(ToyKdf.expand(b"prk", &[], 255 * 32).unwrap().len(), 255 * 32);
    assert_eq!(ToyKdf.expand(b"prk", &[], 255 * 32 + 1).unwrap_err(), CryptoError::TooLong);
    assert!(ToyKdf.expand(b"prk", &[], 0).unwrap().is_empty());
}

#[test]
fn an_hmac_of_nothing_does_not_loop() {
    let broken = |_: &[u8], _: &[&[u8]]| Ok(SecretBytes::default());
    assert_eq!(hkdf_expand_with(broken, b"", &[], 1).unwrap_err(), CryptoError::Backend);
}

#[test]
fn labels_stand_in_the_order_of_rfc_9180() {
    let extract = labeled_extract(&ToyKdf, b"suite", b"salt", b"label", &[b"i", b"km"]).unwrap();
    let want = ToyKdf.extract(b"salt", &[b"HPKE-v1suitelabelikm"]).unwrap();
    assert!(extract.ct_eq(want.as_bytes()));
    let expand = labeled_expand(&ToyKdf, b"suite", b"prk", b"label", &[b"info"], 0x101).unwrap();
    let want = ToyKdf.expand(b"prk", &[b"\x01\x01HPKE-v1suitelabelinfo"], 0x101).unwrap();
    assert!(expand.ct_eq(want.as_bytes()));
    let long = labeled_expand(&ToyKdf, b"", b"", b"", &[], 0x1_0000);
    assert_eq!(long.unwrap_err(), CryptoError::TooLong);
}
