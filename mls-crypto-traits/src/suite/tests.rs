#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::{vec, vec::Vec};

use mls_codec::Encode;

use super::*;
use crate::{
    HpkePublicKey, SignaturePrivateKey, SignaturePublicKey, SignatureScheme, VerifyRequest, random_bytes,
    tests::mock::{Counter, Mock},
};

fn opaque(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec().to_bytes().unwrap()
}

// req: R-8-01, R-8-02, R-9.1-01
#[test]
fn labelled_kdfs_expand_the_structure_of_rfc_9420() {
    let mock = Mock::new();
    let suite = mock.suite();
    let context = [9; 70];
    let info = [&[0x01, 0x02][..], &opaque(b"MLS 1.0 label"), &opaque(&context)].concat();
    let want = mock.hkdf_expand(b"secret", &[&info], 0x102).unwrap();
    let got = suite.expand_with_label(b"secret", b"label", &context, 0x102).unwrap();
    assert!(got.ct_eq(want.as_bytes()));

    let want = suite.expand_with_label(b"secret", b"label", b"", 32).unwrap();
    assert!(suite.derive_secret(b"secret", b"label").unwrap().ct_eq(want.as_bytes()));

    let want = suite.expand_with_label(b"secret", b"key", &[0, 0, 1, 2], 16).unwrap();
    let got = suite.derive_tree_secret(b"secret", b"key", 0x102, 16).unwrap();
    assert!(got.ct_eq(want.as_bytes()));
    let long = suite.expand_with_label(b"secret", b"label", b"", 0x1_0000);
    assert_eq!(long.unwrap_err(), CryptoError::TooLong);
}

// req: R-5.2-01
#[test]
fn references_hash_two_vectors() {
    let mock = Mock::new();
    let label = b"MLS 1.0 KeyPackage Reference";
    let value = [3; 100];
    let input = [opaque(label), opaque(&value)].concat();
    let got = mock.suite().ref_hash(label, &value).unwrap();
    assert_eq!(got, mock.hash(&[&input]).unwrap());
}

// req: R-5.1.2-03, R-5.1.2-04
#[test]
fn signatures_are_over_sign_content() {
    let mock = Mock::new();
    let suite = mock.suite();
    let pair = suite.derive_signature_key_pair(b"ikm").unwrap();
    let key = suite.signing_key(&pair.private).unwrap();
    let content = [5; 100];
    let (head, tail) = content.split_at(30);
    let signature = suite.sign_with_label(&*key, b"LeafNodeTBS", &[head, tail]).unwrap();
    let message = [opaque(b"MLS 1.0 LeafNodeTBS"), opaque(&content)].concat();
    assert_eq!(signature, key.sign(&[&message]).unwrap());

    let verify = |label: &[u8], content: &[u8]| suite.verify_with_label(&pair.public, label, &[content], &signature);
    assert_eq!(verify(b"LeafNodeTBS", &content), Ok(()));
    assert_eq!(verify(b"KeyPackageTBS", &content), Err(CryptoError::InvalidSignature));
    assert_eq!(verify(b"LeafNodeTBS", head), Err(CryptoError::InvalidSignature));
    let other = SignaturePublicKey::from(vec![1]);
    let verdict = suite.verify_with_label(&other, b"LeafNodeTBS", &[&content], &signature);
    assert_eq!(verdict, Err(CryptoError::InvalidSignature));
}

#[test]
fn batches_give_the_verdicts_of_single_calls_in_order() {
    let mock = Mock::new();
    let suite = mock.suite();
    let pair = suite.derive_signature_key_pair(b"ikm").unwrap();
    let signer = suite.signing_key(&pair.private).unwrap();
    let good = suite.sign_with_label(&*signer, b"L", &[b"content"]).unwrap();
    let key = suite.verify_key(pair.public.as_bytes()).unwrap();
    let content: &[&[u8]] = &[b"con", b"tent"];
    let requests: Vec<_> = [&good[..], b"bad", &good]
        .into_iter()
        .map(|signature| VerifyRequest { key: &key, label: b"L", content, signature })
        .collect();
    let bad = Err(CryptoError::InvalidSignature);
    assert_eq!(suite.verify_batch(&requests), [Ok(()), bad, Ok(())]);
}

// req: R-6.2-03
#[test]
fn macs_compare_by_length_and_bytes() {
    let mock = Mock::new();
    let suite = mock.suite();
    let tag = suite.mac(b"key", &[b"mes", b"sage"]).unwrap();
    let verify = |tag: &[u8]| suite.verify_mac(b"key", &[b"message"], tag).unwrap();
    assert!(verify(tag.as_bytes()));
    for len in 0..32 {
        assert!(!verify(&tag.as_bytes()[..len]));
    }
    assert!(!verify(&[tag.as_bytes(), &[0]].concat()));
    for at in 0..32 {
        let mut other = tag.as_bytes().to_vec();
        other[at] ^= 0x10;
        assert!(!verify(&other));
    }
}

// req: R-5.1.3-01, R-5.1.3-02
#[test]
fn encryption_binds_label_and_context() {
    let mock = Mock::new();
    let suite = mock.suite();
    let pair = suite.derive_key_pair(b"receiver").unwrap();
    let rng = &mut Counter::from(1);
    let sealed = suite.encrypt_with_label(&pair.public, b"Welcome", b"info", b"p", rng).unwrap();
    let open = |label: &[u8], context: &[u8]| suite.decrypt_with_label(&pair.private, label, context, &sealed);
    assert_eq!(open(b"Welcome", b"info").unwrap().as_bytes(), b"p");
    let bad = CryptoError::InvalidCiphertext;
    assert_eq!(open(b"UpdatePathNode", b"info").unwrap_err(), bad);
    assert_eq!(open(b"Welcome", b"").unwrap_err(), bad);
    let info = [opaque(b"MLS 1.0 Welcome"), opaque(b"info")].concat();
    let base = crate::hpke::Mode::Base;
    let plain = crate::hpke::open(suite, base, &pair.private, &info, b"", &sealed);
    assert_eq!(plain.unwrap().as_bytes(), b"p");
}

#[test]
fn sealing_in_a_batch_is_sealing_one_by_one() {
    let mock = Mock::new();
    let suite = mock.suite();
    let context = suite.encrypt_context(b"label", b"context").unwrap();
    let first = suite.derive_key_pair(b"1").unwrap().public;
    let second = suite.derive_key_pair(b"2").unwrap().public;
    let broken = HpkePublicKey::from(vec![1]);
    let items: [(&HpkePublicKey, &[u8]); 3] = [(&first, b"a"), (&broken, b"b"), (&second, b"c")];
    let batch = context.seal_batch(&items, &mut Counter::from(7)).unwrap();
    let rng = &mut Counter::from(7);
    let single: Vec<_> = items.iter().map(|(public, plaintext)| context.seal(public, plaintext, rng)).collect();
    assert_eq!(batch, single);
    assert_eq!(batch[1], Err(CryptoError::InvalidPublicKey));
}

// req: R-8.3-01, R-8.3-02
#[test]
fn external_init_exports_from_empty_info() {
    let mock = Mock::new();
    let suite = mock.suite();
    let pair = suite.derive_key_pair(b"external").unwrap();
    let (kem_output, sent) = suite.external_init_sender(&pair.public, &mut Counter::from(1)).unwrap();
    let received = suite.external_init_receiver(&pair.private, &kem_output).unwrap();
    assert!(sent.ct_eq(received.as_bytes()));
    let base = crate::hpke::Mode::Base;
    let context = crate::hpke::setup_receiver(suite, base, &pair.private, &kem_output, b"");
    let exported = context.unwrap().export(b"MLS 1.0 external init secret", 32).unwrap();
    assert!(sent.ct_eq(exported.as_bytes()));
}

#[test]
fn failing_randomness_is_reported() {
    let mock = Mock::new();
    let suite = mock.suite();
    let mut dry = Counter { next: 0, limit: 31 };
    let failed = CryptoError::Randomness;
    assert_eq!(random_bytes(&mut dry, 32).unwrap_err(), failed);
    assert_eq!(suite.generate_hpke_key_pair(&mut dry).unwrap_err(), failed);
    assert_eq!(suite.generate_signature_key_pair(&mut dry).unwrap_err(), failed);
    let pair = suite.derive_key_pair(b"receiver").unwrap();
    let context = suite.encrypt_context(b"", b"").unwrap();
    assert_eq!(context.seal(&pair.public, b"", &mut dry).unwrap_err(), failed);
    let items: [(&HpkePublicKey, &[u8]); 1] = [(&pair.public, b"")];
    assert_eq!(context.seal_batch(&items, &mut dry).unwrap_err(), failed);
}

#[test]
fn aead_lengths_are_checked_in_front() {
    let mock = Mock::new();
    let suite = mock.suite();
    let sealed = suite.aead_seal(&[1; 16], &[2; 12], b"aad", b"p").unwrap();
    let open = |key: &[u8], nonce: &[u8], sealed: &[u8]| suite.aead_open(key, nonce, b"aad", sealed);
    assert_eq!(open(&[1; 16], &[2; 12], &sealed).unwrap().as_bytes(), b"p");
    assert_eq!(open(&[1; 15], &[2; 12], &sealed).unwrap_err(), CryptoError::WrongLength);
    assert_eq!(open(&[1; 16], &[2; 13], &sealed).unwrap_err(), CryptoError::WrongLength);
    let bad = CryptoError::InvalidCiphertext;
    assert_eq!(open(&[1; 16], &[2; 12], &sealed[..15]).unwrap_err(), bad);
    assert_eq!(open(&[1; 16], &[2; 12], &[]).unwrap_err(), bad);
    let wrong = suite.aead_seal(&[1; 16], &[], b"", b"");
    assert_eq!(wrong.unwrap_err(), CryptoError::WrongLength);
}

// req: R-10-03, R-10-05
#[test]
fn hpke_public_keys_are_checked() {
    let mock = Mock::new();
    let suite = mock.suite();
    let bad = Err(CryptoError::InvalidPublicKey);
    assert_eq!(suite.check_hpke_public_key(&[9; 31]), bad);
    assert_eq!(suite.check_hpke_public_key(&[0; 32]), bad);
    assert_eq!(suite.check_hpke_public_key(&[9; 32]), Ok(()));
}

// req: R-5.1.1-01, R-5.1.1-02, R-5.1.2-01, R-5.1.2-02
#[test]
fn the_checks_stand_in_front_of_the_provider() {
    let mock = Mock::with_scheme(SignatureScheme::Ed25519);
    let suite = mock.suite();
    let bad = CryptoError::InvalidPublicKey;
    let p256 = [&[4][..], &[7; 64]].concat();
    for key in [&[][..], &[0; 32], &[9; 31], &p256] {
        assert_eq!(suite.verify_key(key).unwrap_err(), bad);
        assert_eq!(suite.check_signature_public_key(key), Err(bad));
        // The key is the first thing to be wrong, whatever the signature is.
        for signature in [&[][..], &[1; 64]] {
            assert_eq!(suite.verify_with_label(&key.into(), b"L", &[b"content"], signature), Err(bad));
        }
    }
    let short = SignaturePrivateKey::from_bytes(vec![9; 31]);
    assert_eq!(suite.signing_key(&short).unwrap_err(), CryptoError::InvalidPrivateKey);

    // What the toy itself would accept: 32 bytes, which are no Ed25519 signature.
    let public = [9; 32];
    let key = suite.verify_key(&public).unwrap();
    let content: &[&[u8]] = &[b"content"];
    let message = [opaque(b"MLS 1.0 L"), opaque(b"content")].concat();
    let signature = mock.hash(&[&public, &message]).unwrap();
    let verifier = mock.load_verify_key(&public).unwrap();
    assert_eq!(verifier.verify(&[&message], &signature), Ok(()));
    let bad = Err(CryptoError::InvalidSignature);
    assert_eq!(key.verify_with_label(b"L", content, &signature), bad);
    let request = VerifyRequest { key: &key, label: b"L", content, signature: &signature };
    assert_eq!(suite.verify_batch(&[request]), [bad]);
}

#[test]
fn a_signer_that_gives_another_form_has_failed() {
    let mock = Mock::with_scheme(SignatureScheme::EcdsaP256);
    let suite = mock.suite();
    let signer = suite.signing_key(&SignaturePrivateKey::from_bytes(vec![1])).unwrap();
    let signature = suite.sign_with_label(&*signer, b"L", &[b"content"]);
    assert_eq!(signature.unwrap_err(), CryptoError::Backend);
}
