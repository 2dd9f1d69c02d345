#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

const ALL: [(AeadAlgorithm, usize); 3] =
    [(AeadAlgorithm::Aes128Gcm, 16), (AeadAlgorithm::Aes256Gcm, 32), (AeadAlgorithm::ChaCha20Poly1305, 32)];

#[test]
fn sealed_opens_and_changed_does_not() {
    for (algorithm, key_len) in ALL {
        let (key, nonce) = (vec![1; key_len], [2; 12]);
        for plaintext in [&b""[..], b"plaintext", &[3; 1000]] {
            let sealed = algorithm.seal(&key, &nonce, b"aad", plaintext).unwrap();
            assert_eq!(sealed.len(), plaintext.len() + TAG_LEN);
            let opened = algorithm.open(&key, &nonce, b"aad", &sealed).unwrap();
            assert!(opened.ct_eq(plaintext));

            let refused = |key: &[u8], aad: &[u8], sealed: &[u8]| {
                let error = algorithm.open(key, &nonce, aad, sealed).unwrap_err();
                assert_eq!(error, CryptoError::InvalidCiphertext);
            };
            for index in [0, sealed.len() / 2, sealed.len() - 1] {
                let mut changed = sealed.clone();
                changed[index] ^= 1;
                refused(&key, b"aad", &changed);
            }
            refused(&key, b"AAD", &sealed);
            refused(&vec![9; key_len], b"aad", &sealed);
            refused(&key, b"aad", &sealed[..sealed.len() - 1]);
            refused(&key, b"aad", &sealed[..TAG_LEN - 1]);
            refused(&key, b"aad", &[]);
        }
    }
}

#[test]
fn ciphertext_is_that_of_the_gcm_specification() {
    // Test case 3.
    let key = hex::decode("feffe9928665731c6d6a8f9467308308").unwrap();
    let nonce = hex::decode("cafebabefacedbaddecaf888").unwrap();
    let plaintext = hex::decode(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
         1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
    )
    .unwrap();
    let sealed = AeadAlgorithm::Aes128Gcm.seal(&key, &nonce, &[], &plaintext).unwrap();
    assert_eq!(
        hex::encode(sealed),
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
         21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985\
         4d5c2af327cd64a62cf35abd2ba6fab4"
    );
}

#[test]
fn keys_and_nonces_of_another_length_are_refused() {
    for (algorithm, key_len) in ALL {
        for (key_len, nonce_len) in
            [(0, 12), (key_len - 1, 12), (key_len + 1, 12), (24, 12), (key_len, 0), (key_len, 11), (key_len, 13)]
        {
            let (key, nonce) = (vec![1; key_len], vec![2; nonce_len]);
            let sealed = algorithm.seal(&key, &nonce, &[], b"plaintext");
            assert_eq!(sealed, Err(CryptoError::WrongLength));
            let opened = algorithm.open(&key, &nonce, &[], &[0; 32]).map(|_| ());
            assert_eq!(opened, Err(CryptoError::WrongLength));
        }
    }
}
