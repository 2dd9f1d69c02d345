#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

struct Case {
    algorithm: AeadAlgorithm,
    key: &'static str,
    nonce: &'static str,
    aad: &'static str,
    plaintext: &'static str,
    ciphertext: &'static str,
}

impl Case {
    fn aead(&self) -> Aead {
        Aead::fetch(self.algorithm).unwrap()
    }
}

const GCM_PLAINTEXT: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";

/// GCM specification, test cases 4 and 16; RFC 8439 section 2.8.2.
const CASES: [Case; 3] = [
    Case {
        algorithm: AeadAlgorithm::Aes128Gcm,
        key: "feffe9928665731c6d6a8f9467308308",
        nonce: "cafebabefacedbaddecaf888",
        aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        plaintext: GCM_PLAINTEXT,
        ciphertext: "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
            21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091\
            5bc94fbc3221a5db94fae95ae7121a47",
    },
    Case {
        algorithm: AeadAlgorithm::Aes256Gcm,
        key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        nonce: "cafebabefacedbaddecaf888",
        aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        plaintext: GCM_PLAINTEXT,
        ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
            8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
            76fc6ece0f4e1768cddf8853bb2d551b",
    },
    Case {
        algorithm: AeadAlgorithm::ChaCha20Poly1305,
        key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        nonce: "070000004041424344454647",
        aad: "50515253c0c1c2c3c4c5c6c7",
        plaintext: "4c616469657320616e642047656e746c656d656e206f662074686520636c6173\
            73206f66202739393a204966204920636f756c64206f6666657220796f75206f\
            6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73\
            637265656e20776f756c642062652069742e",
        ciphertext: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6\
            3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36\
            92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc\
            3ff4def08e4b7a9de576d26586cec64b6116\
            1ae10b594f09e26a7e902ecbd0600691",
    },
];

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn seal_and_open_give_the_published_values() {
    for case in &CASES {
        let aead = case.aead();
        let (key, nonce, aad) = (bytes(case.key), bytes(case.nonce), bytes(case.aad));
        let sealed = aead.seal(&key, &nonce, &aad, &bytes(case.plaintext)).unwrap();
        assert_eq!(sealed, bytes(case.ciphertext), "{:?}", case.algorithm);
        let opened = aead.open(&key, &nonce, &aad, &sealed).unwrap();
        assert_eq!(opened.as_bytes(), bytes(case.plaintext));
    }
}

#[test]
fn every_change_of_the_ciphertext_is_one_error() {
    for case in &CASES {
        let aead = case.aead();
        let (key, nonce, aad) = (bytes(case.key), bytes(case.nonce), bytes(case.aad));
        let sealed = bytes(case.ciphertext);
        let open = |nonce: &[u8], aad: &[u8], sealed: &[u8]| aead.open(&key, nonce, aad, sealed).map(|_| ());
        let refused = Err(CryptoError::InvalidCiphertext);
        for index in [0, sealed.len() - TAG_LEN - 1, sealed.len() - TAG_LEN, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(open(&nonce, &aad, &changed), refused);
        }
        for len in [0, TAG_LEN - 1, TAG_LEN, sealed.len() - 1] {
            assert_eq!(open(&nonce, &aad, &sealed[..len]), refused);
        }
        assert_eq!(open(&nonce, &aad[1..], &sealed), refused);
        let mut other = nonce.clone();
        other[11] ^= 1;
        assert_eq!(open(&other, &aad, &sealed), refused);
    }
}

#[test]
fn keys_and_nonces_of_another_length_are_refused() {
    for case in &CASES {
        let (key, nonce) = (bytes(case.key), bytes(case.nonce));
        let wrong = CryptoError::WrongLength;
        let aead = case.aead();
        assert_eq!(aead.seal(&key[1..], &nonce, b"", b"").unwrap_err(), wrong);
        assert_eq!(aead.seal(&key, &nonce[1..], b"", b"").unwrap_err(), wrong);
        assert_eq!(aead.seal(&[&key[..], &[0]].concat(), &nonce, b"", b"").unwrap_err(), wrong);
        assert_eq!(aead.seal(&key, &[&nonce[..], &[0]].concat(), b"", b"").unwrap_err(), wrong);
        assert_eq!(aead.open(&key[1..], &nonce, b"", &[0; 16]).unwrap_err(), wrong);
        assert_eq!(aead.open(&key, &nonce[1..], b"", &[0; 16]).unwrap_err(), wrong);
    }
}

#[test]
fn an_empty_plaintext_is_a_tag() {
    for case in &CASES {
        let (key, nonce) = (bytes(case.key), bytes(case.nonce));
        let aead = case.aead();
        let sealed = aead.seal(&key, &nonce, b"", b"").unwrap();
        assert_eq!(sealed.len(), TAG_LEN);
        assert!(aead.open(&key, &nonce, b"", &sealed).unwrap().is_empty());
    }
}
