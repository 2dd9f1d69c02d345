#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use super::*;

const ALL: [HashAlgorithm; 3] = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];

#[test]
fn hash_of_abc_is_that_of_fips_180() {
    let want = [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ];
    for (algorithm, want) in ALL.into_iter().zip(want) {
        assert_eq!(hex::encode(algorithm.hash(&[b"abc"]).unwrap().as_bytes()), want);
    }
}

#[test]
fn parts_on_either_side_of_the_buffer_are_one_message() {
    let message: Vec<u8> = (0..=255).cycle().take(4 * STACK).collect();
    for algorithm in ALL {
        for len in [0, 3, STACK, STACK + 1, 4 * STACK] {
            let whole = message.get(..len).unwrap();
            let parts: Vec<&[u8]> = whole.chunks(len / 3 + 1).collect();
            assert_eq!(algorithm.hash(&parts), algorithm.hash(&[whole]));
            let tag = algorithm.hmac(b"key", &parts).unwrap();
            assert!(tag.ct_eq(algorithm.hmac(b"key", &[whole]).unwrap().as_bytes()));
            assert_eq!(tag.len(), algorithm.hash_len());
        }
    }
}

#[test]
fn extract_is_hmac_and_an_absent_salt_is_zeros() {
    for algorithm in ALL {
        let absent = algorithm.extract(&[], &[b"input"]).unwrap();
        let zeros = vec![0; algorithm.hash_len()];
        assert!(absent.ct_eq(algorithm.extract(&zeros, &[b"in", b"put"]).unwrap().as_bytes()));
        assert!(absent.ct_eq(algorithm.hmac(&[], &[b"input"]).unwrap().as_bytes()));
    }
}

#[test]
fn expand_takes_keys_of_every_length() {
    let key: Vec<u8> = (0..200).collect();
    for algorithm in ALL {
        for key_len in [0, 1, 32, MAX_PRK_LEN, MAX_PRK_LEN + 1, 128, 129, 200] {
            let key = key.get(..key_len).unwrap();
            for info in [&[][..], &[b"info".as_slice()], &[b"in".as_slice(), &[0x66; 100]]] {
                let len = 2 * algorithm.hash_len() + 1;
                let okm = algorithm.expand(key, info, len).unwrap();
                let want = hkdf_expand_with(|key, input| algorithm.hmac(key, input), key, info, len).unwrap();
                assert!(okm.ct_eq(want.as_bytes()), "{algorithm:?}, {key_len}");
            }
        }
    }
}

#[test]
fn expand_gives_at_most_255_blocks() {
    for algorithm in ALL {
        for key in [&[1; 32][..], &[1; 100]] {
            let most = 255 * algorithm.hash_len();
            assert_eq!(algorithm.expand(key, &[b"info"], most).unwrap().len(), most);
            let more = algorithm.expand(key, &[b"info"], most + 1).map(|_| ());
            assert_eq!(more, Err(CryptoError::TooLong));
            assert!(algorithm.expand(key, &[b"info"], 0).unwrap().is_empty());
        }
    }
}
