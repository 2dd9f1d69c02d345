#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPublicKeyCompressedBin, PublicKeyX509Der};

use super::*;

const ALL: [&Ecdsa; 3] = [&P256, &P384, &P521];

#[test]
fn signature_of_rfc_6979_verifies_in_both_halves() {
    // Appendix A.2.5, SHA-256, message "sample", and the same with n - s: FIPS 186-5 knows no "low s".
    let private = hex::decode("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").unwrap();
    let signer = P256.load_signing_key(&private).unwrap();
    let verifier = P256.load_verify_key(signer.public_key().as_bytes()).unwrap();
    let r = "022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
    for (frame, s) in [
        ("3046", "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
        ("3045", "02200834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"),
    ] {
        let signature = hex::decode(format!("{frame}{r}{s}")).unwrap();
        assert_eq!(verifier.verify(&[b"sam", b"ple"], &signature), Ok(()));
        assert_eq!(verifier.verify(&[b"Sample"], &signature), Err(CryptoError::InvalidSignature));
    }
}

#[test]
fn signatures_are_randomised() {
    for ecdsa in ALL {
        let mut private = vec![7; ecdsa.curve.private_key_len()];
        private[0] = 0;
        let signer = ecdsa.load_signing_key(&private).unwrap();
        assert_ne!(signer.sign(&[b"message"]).unwrap(), signer.sign(&[b"message"]).unwrap());
    }
}

#[test]
fn scalars_out_of_range_are_refused() {
    for ecdsa in ALL {
        for byte in [0, 0xff] {
            let result = ecdsa.load_signing_key(&vec![byte; ecdsa.curve.private_key_len()]).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPrivateKey));
        }
    }
}

#[test]
fn other_forms_of_a_point_are_refused() {
    // req: R-5.1.1-02
    for ecdsa in ALL {
        let refused = |bytes: &[u8]| {
            let result = ecdsa.load_verify_key(bytes).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPublicKey), "{}", hex::encode(bytes));
        };
        let pair = EcdsaKeyPair::generate(ecdsa.signing).unwrap();
        let key = pair.public_key();
        assert!(ecdsa.load_verify_key(key.as_ref()).is_ok());
        let compressed: EcPublicKeyCompressedBin<'_> = key.as_be_bytes().unwrap();
        refused(compressed.as_ref());
        let x509: PublicKeyX509Der<'_> = key.as_der().unwrap();
        refused(x509.as_ref());
        for tag in [0, 2, 3, 5, 6, 7] {
            let mut other = key.as_ref().to_vec();
            other[0] = tag;
            refused(&other);
        }
        let mut off_curve = key.as_ref().to_vec();
        off_curve[ecdsa.curve.private_key_len()] ^= 1;
        refused(&off_curve);
        refused(&[0]);
    }
}
