#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::{dh::nist::NistCurve, hash::HashAlgorithm};

/// RFC 6979 appendix A.2.5 to A.2.7, message "sample", each with the hash of its suite.
struct Case {
    curve: NistCurve,
    hash: HashAlgorithm,
    private: &'static str,
    public_x: &'static str,
    signature: &'static str,
}

impl Case {
    fn algorithm(&self) -> Ecdsa {
        Ecdsa::new(Nist::new(self.curve).unwrap(), Hash::fetch(self.hash).unwrap())
    }
}

const CASES: [Case; 3] = [
    Case {
        curve: NistCurve::P256,
        hash: HashAlgorithm::Sha256,
        private: "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
        public_x: "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
        signature: "3046\
            022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
            022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    },
    Case {
        curve: NistCurve::P384,
        hash: HashAlgorithm::Sha384,
        private: "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8\
            96d5724e4c70a825f872c9ea60d2edf5",
        public_x: "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64\
            def8f0ea9055866064a254515480bc13",
        signature: "3066\
            02310094edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c\
            81a648152e44acf96e36dd1e80fabe46\
            02310099ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f\
            a329c145786e679e7b82c71a38628ac8",
    },
    Case {
        curve: NistCurve::P521,
        hash: HashAlgorithm::Sha512,
        private: "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa8\
            96eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538",
        public_x: "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd3711\
            23d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4",
        signature: "308187\
            024200c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f17\
            4e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa\
            0241617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af2826\
            23eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a",
    },
];

#[test]
fn signature_is_that_of_rfc_6979_in_der() {
    for case in &CASES {
        let private = hex::decode(case.private).unwrap();
        let signer = case.algorithm().load_signing_key(&private).unwrap();
        let public = signer.public_key().as_bytes();
        assert_eq!(public[0], 4);
        assert_eq!(hex::encode(&public[1..=private.len()]), case.public_x);
        let signature = signer.sign(&[b"sam", b"ple"]).unwrap();
        if cfg!(deterministic_ecdsa) {
            assert_eq!(hex::encode(&signature), case.signature);
        }

        let verifier = case.algorithm().load_verify_key(public).unwrap();
        assert_eq!(verifier.verify(&[b"sample"], &signature), Ok(()));
        assert_eq!(verifier.verify(&[b"sample"], &hex::decode(case.signature).unwrap()), Ok(()));
    }
}

#[test]
fn both_halves_of_s_are_accepted() {
    // n - s of the P-256 signature above, whose s is in the high half: FIPS 186-5 knows no "low s" rule.
    let signature = hex::decode(
        "3045\
        022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
        0220\
        0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9",
    )
    .unwrap();
    let private = hex::decode(CASES[0].private).unwrap();
    let signer = CASES[0].algorithm().load_signing_key(&private).unwrap();
    let verifier = CASES[0].algorithm().load_verify_key(signer.public_key().as_bytes()).unwrap();
    assert_eq!(verifier.verify(&[b"sample"], &signature), Ok(()));
}

#[test]
fn points_in_another_form_or_off_the_curve_are_refused() {
    // req: R-5.1.1-02
    for case in &CASES {
        let private = hex::decode(case.private).unwrap();
        let signer = case.algorithm().load_signing_key(&private).unwrap();
        let public = signer.public_key().as_bytes();
        let refused = |bytes: &[u8]| {
            let result = case.algorithm().load_verify_key(bytes).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPublicKey), "{}", hex::encode(bytes));
        };
        for tag in [0, 2, 3, 5, 6, 7] {
            let mut other = public.to_vec();
            other[0] = tag;
            refused(&other);
        }
        let mut compressed = public[..=private.len()].to_vec();
        compressed[0] = 2 | (public[public.len() - 1] & 1);
        refused(&compressed);
        let mut off_curve = public.to_vec();
        off_curve[private.len()] ^= 1;
        refused(&off_curve);
        refused(&[0]);
        let mut origin = vec![0; public.len()];
        origin[0] = 4;
        refused(&origin);
    }
}

#[test]
fn scalars_out_of_range_are_refused() {
    let order_p256 = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order_p256 = hex::decode(order_p256).unwrap();
    for bytes in [order_p256.as_slice(), &[0; 32], &[0xff; 32]] {
        let result = CASES[0].algorithm().load_signing_key(bytes).map(|_| ());
        assert_eq!(result, Err(CryptoError::InvalidPrivateKey));
    }
    let mut last = order_p256;
    last[31] -= 1;
    assert!(CASES[0].algorithm().load_signing_key(&last).is_ok());
    for (case, len) in CASES[1..].iter().zip([48, 66]) {
        for byte in [0, 0xff] {
            let result = case.algorithm().load_signing_key(&vec![byte; len]).map(|_| ());
            assert_eq!(result, Err(CryptoError::InvalidPrivateKey));
        }
    }
}
