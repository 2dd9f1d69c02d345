#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::{format, vec};

use super::*;
use crate::tests::mock::{ToyDh, ToyKdf};

fn kem() -> DhKem<ToyDh, ToyKdf> {
    DhKem::new(ToyDh, ToyKdf)
}

#[test]
fn decapsulation_finds_what_encapsulation_made() {
    let pair = kem().derive_key_pair(b"receiver").unwrap();
    let sent = kem().encap(pair.public.as_bytes(), b"ephemeral").unwrap();
    let received = kem().decap(pair.private.as_bytes(), &sent.kem_output).unwrap();
    assert!(sent.shared_secret.ct_eq(received.as_bytes()));
    assert_eq!(sent.kem_output.len(), kem().enc_len());
    assert_eq!(received.len(), kem().shared_secret_len());
    let again = kem().encap(pair.public.as_bytes(), b"ephemeral").unwrap();
    assert_eq!(again.kem_output, sent.kem_output);
}

#[test]
fn the_shared_secret_binds_both_public_keys() {
    let pair = kem().derive_key_pair(b"receiver").unwrap();
    let sent = kem().encap(pair.public.as_bytes(), b"ephemeral").unwrap();
    // The toy ignores all but eight bytes of a key: same Diffie-Hellman result, other bytes.
    let mut other = sent.kem_output.clone();
    *other.last_mut().unwrap() ^= 1;
    let received = kem().decap(pair.private.as_bytes(), &other).unwrap();
    assert!(!sent.shared_secret.ct_eq(received.as_bytes()));
}

// bad: key-01
#[test]
fn all_zero_results_are_refused() {
    let pair = kem().derive_key_pair(b"receiver").unwrap();
    let zero = kem().decap(pair.private.as_bytes(), &[0; 32]);
    assert_eq!(zero.unwrap_err(), CryptoError::SharedSecretZero);
    // Of good form for the checks, and zero in the toy's group.
    let zero = [&[0; 8][..], &[0x55; 24]].concat();
    assert_eq!(kem().check_public_key(&zero), Ok(()));
    assert_eq!(kem().encap(&zero, b"e").unwrap_err(), CryptoError::SharedSecretZero);
}

// req: R-5.1.1-03
#[test]
fn malformed_keys_are_refused() {
    let pair = kem().derive_key_pair(b"receiver").unwrap();
    let bad = CryptoError::InvalidPublicKey;
    for key in [vec![], vec![9; 31], vec![9; 33]] {
        assert_eq!(kem().check_public_key(&key), Err(bad));
        assert_eq!(kem().encap(&key, b"e").unwrap_err(), bad);
        assert_eq!(kem().decap(pair.private.as_bytes(), &key).unwrap_err(), bad);
        assert_eq!(kem().public_key(&key).unwrap_err(), CryptoError::InvalidPrivateKey);
    }
    assert_eq!(kem().check_public_key(&[0; 32]), Err(bad));
}

#[test]
fn a_pair_is_loaded_with_the_public_key_that_is_given() {
    let pair = kem().derive_key_pair(b"receiver").unwrap();
    let sent = kem().encap(pair.public.as_bytes(), b"ephemeral").unwrap();
    let loaded = kem().load_key_pair(pair.private.as_bytes(), pair.public.as_bytes()).unwrap();
    assert_eq!(*loaded.public_key(), pair.public);
    assert!(loaded.decap(&sent.kem_output).unwrap().ct_eq(sent.shared_secret.as_bytes()));

    let other = kem().derive_key_pair(b"other").unwrap().public;
    let wrong = kem().load_key_pair(pair.private.as_bytes(), other.as_bytes()).unwrap();
    assert!(!wrong.decap(&sent.kem_output).unwrap().ct_eq(sent.shared_secret.as_bytes()));
    let refused = kem().load_key_pair(pair.private.as_bytes(), &[0; 32]).unwrap_err();
    assert_eq!(refused, CryptoError::InvalidPublicKey);
    let refused = kem().load_key_pair(&[1; 31], pair.public.as_bytes()).unwrap_err();
    assert_eq!(refused, CryptoError::InvalidPrivateKey);
}

#[test]
fn loaded_keys_show_no_secret() {
    let pair = kem().derive_key_pair(b"receiver").unwrap();
    let private = kem().load_private(pair.private.as_bytes()).unwrap();
    assert_eq!(*private.public_key(), pair.public);
    assert_eq!(format!("{private:?}"), "KemPrivateKey(X25519, ..)");
    let public = kem().load_public(pair.public.as_bytes()).unwrap();
    assert_eq!(format!("{public:?}"), "KemPublicKey(X25519)");
}
