#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn all() -> [Hash; 3] {
    [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512].map(|name| Hash::fetch(name).unwrap())
}

#[test]
fn hash_of_abc_is_that_of_fips_180() {
    let want = [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ];
    for (hash, want) in all().into_iter().zip(want) {
        let whole = hash.hash(&[b"abc"]).unwrap();
        assert_eq!(hex::encode(whole.as_bytes()), want);
        let parts = hash.hash(&[b"a", b"", b"bc"]).unwrap();
        assert_eq!(parts.as_bytes(), whole.as_bytes());
    }
}

#[test]
fn hmac_is_that_of_rfc_4231() {
    // Test case 2, and test case 6 with a key longer than a block.
    let want = [
        (
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
        ),
        (
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
             9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352\
             6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
        ),
    ];
    let long_key = [0xaa; 131];
    for (hash, (short, long)) in all().into_iter().zip(want) {
        let tag = hash.hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"]).unwrap();
        assert_eq!(hex::encode(tag.as_bytes()), short);
        let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let tag = hash.hmac(&long_key, &[message]).unwrap();
        assert_eq!(hex::encode(tag.as_bytes()), long);
    }
}

#[test]
fn hkdf_is_that_of_rfc_5869() {
    // Test case 2: three blocks, the last not whole.
    let range = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
    let prk = Hash::fetch(HashAlgorithm::Sha256)
        .unwrap()
        .extract(&range(0x60, 0xaf), &[&range(0, 0x0f), &range(0x10, 0x4f)])
        .unwrap();
    assert_eq!(hex::encode(prk.as_bytes()), "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244");
    let okm = Hash::fetch(HashAlgorithm::Sha256)
        .unwrap()
        .expand(prk.as_bytes(), &[&range(0xb0, 0xb0), &range(0xb1, 0xff)], 82)
        .unwrap();
    assert_eq!(
        hex::encode(okm.as_bytes()),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
         59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71\
         cc30c58179ec3e87c14c01d5c1f3434f1d87"
    );
}

#[test]
fn hkdf_expand_gives_at_most_255_blocks() {
    for hash in all() {
        let most = 255 * hash.hash_len();
        let okm = hash.expand(b"key", &[b"info"], most).unwrap();
        assert_eq!(okm.len(), most);
        let begin = hash.expand(b"key", &[b"info"], 1).unwrap();
        assert_eq!(begin.as_bytes(), okm.as_bytes().get(..1).unwrap());
        let more = hash.expand(b"key", &[b"info"], most + 1).map(|_| ());
        assert_eq!(more, Err(CryptoError::TooLong));
        assert!(hash.expand(b"key", &[b"info"], 0).unwrap().is_empty());
    }
}

#[test]
fn debug_names_the_algorithm() {
    assert_eq!(format!("{:?}", all()), "[Hash(Sha256), Hash(Sha384), Hash(Sha512)]");
}
