#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::{
    dh::nist::{Nist, NistCurve},
    hash::{Hash, HashAlgorithm},
};

fn ecdsa(curve: NistCurve, hash: HashAlgorithm) -> Box<dyn SignatureAlgorithm> {
    Box::new(ecdsa::Ecdsa::new(Nist::new(curve).unwrap(), Hash::fetch(hash).unwrap()))
}

fn all() -> Vec<(Box<dyn SignatureAlgorithm>, usize, usize)> {
    // The scheme, the length of a private key, the length of a public key.
    vec![
        (Box::new(eddsa::Eddsa::Ed25519), 32, 32),
        (ecdsa(NistCurve::P256, HashAlgorithm::Sha256), 32, 65),
        (ecdsa(NistCurve::P384, HashAlgorithm::Sha384), 48, 97),
        (ecdsa(NistCurve::P521, HashAlgorithm::Sha512), 66, 133),
        (Box::new(eddsa::Eddsa::Ed448), 57, 57),
    ]
}

/// A key that is in range on every curve.
fn private(len: usize) -> Vec<u8> {
    let mut private = vec![0x51; len];
    private[0] = 0;
    private
}

#[test]
fn a_message_may_come_in_any_parts() {
    for (scheme, private_len, public_len) in all() {
        let signer = scheme.load_signing_key(&private(private_len)).unwrap();
        let whole = signer.sign(&[b"one message"]).unwrap();
        let parts = signer.sign(&[b"one", b"", b" message"]).unwrap();
        // Of ECDSA the nonce may be drawn.
        if cfg!(deterministic_ecdsa) || private_len == public_len {
            assert_eq!(whole, parts);
        }

        let verifier = scheme.load_verify_key(signer.public_key().as_bytes()).unwrap();
        assert_eq!(verifier.verify(&[b"one mes", b"sage"], &whole), Ok(()));
        assert_eq!(verifier.verify(&[b"one message"], &whole), Ok(()));
        assert_eq!(verifier.verify(&[b"one message"], &parts), Ok(()));
        let refused = Err(CryptoError::InvalidSignature);
        assert_eq!(verifier.verify(&[b"one message", b"!"], &whole), refused);
        assert_eq!(verifier.verify(&[], &whole), refused);
        let empty = signer.sign(&[]).unwrap();
        assert_eq!(verifier.verify(&[b""], &empty), Ok(()));
    }
}

#[test]
fn another_key_or_a_changed_signature_is_refused() {
    for (scheme, private_len, public_len) in all() {
        let signer = scheme.load_signing_key(&private(private_len)).unwrap();
        let mut other = private(private_len);
        other[private_len - 1] ^= 4;
        let other = scheme.load_signing_key(&other).unwrap();
        let signature = signer.sign(&[b"message"]).unwrap();

        let refused = Err(CryptoError::InvalidSignature);
        let verifier = scheme.load_verify_key(other.public_key().as_bytes()).unwrap();
        assert_eq!(verifier.verify(&[b"message"], &signature), refused);

        let verifier = scheme.load_verify_key(signer.public_key().as_bytes()).unwrap();
        for index in [0, 10, signature.len() / 2, signature.len() - 2] {
            let mut changed = signature.clone();
            changed[index] ^= 1;
            assert_eq!(verifier.verify(&[b"message"], &changed), refused);
        }
        for len in [0, 1, signature.len() - 1] {
            assert_eq!(verifier.verify(&[b"message"], &signature[..len]), refused);
        }
        // Of ECDSA, OpenSSL reads what it needs: the checks in front refuse what is longer.
        if private_len == public_len {
            let longer = [signature.as_slice(), &[0]].concat();
            assert_eq!(verifier.verify(&[b"message"], &longer), refused);
        }
    }
}

#[test]
fn keys_of_another_length_are_refused() {
    for (scheme, private_len, public_len) in all() {
        let signer = scheme.load_signing_key(&private(private_len)).unwrap();
        let public = signer.public_key().as_bytes().to_vec();
        assert_eq!(public.len(), public_len);
        for len in [0, 1, private_len - 1, private_len + 1] {
            let result = scheme.load_signing_key(&private(len.max(1))[..len]).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPrivateKey), "{len} bytes");
        }
        let longer = [public.as_slice(), &[0]].concat();
        for bytes in [&[], &public[..1], &public[..public_len - 1], &longer] {
            let result = scheme.load_verify_key(bytes).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPublicKey));
        }
    }
}

#[test]
fn debug_shows_the_public_key_alone() {
    for (scheme, private_len, _) in all() {
        let signer = scheme.load_signing_key(&private(private_len)).unwrap();
        let shown = format!("{signer:?}");
        assert!(shown.contains(&format!("{:?}", signer.public_key())), "{shown}");
        assert!(!shown.contains(&hex::encode(&private(private_len)[1..])), "{shown}");
        assert!(!shown.contains("81, 81"), "{shown}");
        assert!(shown.ends_with(", .. }"), "{shown}");
        let verifier = scheme.load_verify_key(signer.public_key().as_bytes()).unwrap();
        let shown = format!("{verifier:?}");
        assert!(shown.contains(&format!("{:?}", signer.public_key())), "{shown}");
    }
}
