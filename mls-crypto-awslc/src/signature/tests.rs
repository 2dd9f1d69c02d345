#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use super::*;

/// The scheme, the length of a private key, the length of a public key.
const ALL: [(SignatureAlgorithm, usize, usize); 4] = [
    (ed25519::ED25519, 32, 32),
    (ecdsa::ECDSA_P256, 32, 65),
    (ecdsa::ECDSA_P384, 48, 97),
    (ecdsa::ECDSA_P521, 66, 133),
];

/// A key that is in range on every curve.
fn private(len: usize) -> Vec<u8> {
    let mut private = vec![0x51; len];
    if let Some(first) = private.first_mut() {
        *first = 0;
    }
    private
}

#[test]
fn a_message_may_come_in_any_parts() {
    for (scheme, private_len, _) in ALL {
        let signer = (scheme.load_signing_key)(&private(private_len)).unwrap();
        let verifier = (scheme.load_verify_key)(signer.public_key().as_bytes()).unwrap();
        for len in [0, 10, 512, 513, 5000] {
            let message: Vec<u8> = (0..=255).cycle().take(len).collect();
            let parts: Vec<&[u8]> = message.chunks(len / 3 + 1).collect();
            for signature in [signer.sign(&[&message]).unwrap(), signer.sign(&parts).unwrap()] {
                assert_eq!(verifier.verify(&[&message], &signature), Ok(()));
                assert_eq!(verifier.verify(&parts, &signature), Ok(()));
                let refused = Err(CryptoError::InvalidSignature);
                assert_eq!(verifier.verify(&[&message, b"!"], &signature), refused);
            }
        }
    }
}

#[test]
fn another_key_or_a_changed_signature_is_refused() {
    for (scheme, private_len, _) in ALL {
        let signer = (scheme.load_signing_key)(&private(private_len)).unwrap();
        let mut other = private(private_len);
        other[private_len - 1] ^= 4;
        let other = (scheme.load_signing_key)(&other).unwrap();
        let signature = signer.sign(&[b"message"]).unwrap();

        let refused = Err(CryptoError::InvalidSignature);
        let verifier = (scheme.load_verify_key)(other.public_key().as_bytes()).unwrap();
        assert_eq!(verifier.verify(&[b"message"], &signature), refused);

        let verifier = (scheme.load_verify_key)(signer.public_key().as_bytes()).unwrap();
        for index in [0, 10, signature.len() / 2, signature.len() - 2] {
            let mut changed = signature.clone();
            changed[index] ^= 1;
            assert_eq!(verifier.verify(&[b"message"], &changed), refused);
        }
        for len in [0, 1, signature.len() - 1] {
            assert_eq!(verifier.verify(&[b"message"], &signature[..len]), refused);
        }
        let longer = [signature.as_slice(), &[0]].concat();
        assert_eq!(verifier.verify(&[b"message"], &longer), refused);
    }
}

#[test]
fn keys_of_another_length_are_refused() {
    for (scheme, private_len, public_len) in ALL {
        let signer = (scheme.load_signing_key)(&private(private_len)).unwrap();
        let public = signer.public_key().as_bytes().to_vec();
        assert_eq!(public.len(), public_len);
        for len in [0, 1, private_len - 1, private_len + 1] {
            let result = (scheme.load_signing_key)(&private(len)).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPrivateKey), "{len} bytes");
        }
        let longer = [public.as_slice(), &[0]].concat();
        for bytes in [&[], &public[..1], &public[..public_len - 1], &longer] {
            let result = (scheme.load_verify_key)(bytes).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPublicKey));
        }
    }
}

#[test]
fn debug_shows_the_public_key_alone() {
    for (scheme, private_len, _) in ALL {
        let signer = (scheme.load_signing_key)(&private(private_len)).unwrap();
        let shown = format!("{signer:?}");
        assert!(shown.contains(&format!("{:?}", signer.public_key())), "{shown}");
        assert!(!shown.contains(&hex::encode(&private(private_len)[1..])), "{shown}");
        assert!(!shown.contains("81, 81"), "{shown}");
        assert!(shown.ends_with(", .. }"), "{shown}");
    }
}
