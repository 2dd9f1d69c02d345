//! Hash, HMAC, HKDF and AEAD.

use proptest::{collection::vec, prelude::*};

use crate::{
    Both, exposed,
    mutate::{Changes, changes},
};

#[derive(Clone, Debug)]
pub(crate) struct Input {
    key: Vec<u8>,
    parts: Vec<Vec<u8>>,
    len: usize,
}

pub(crate) fn input() -> impl Strategy<Value = Input> {
    let parts = vec(prop_oneof![vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..700)], 0..5);
    // 255 hashes are 8160, 12240 and 16320 bytes.
    let len =
        prop_oneof![8 => 0..300_usize, 1 => 8150..8170_usize, 1 => 12_230..12_250_usize, 1 => 16_310..16_330_usize];
    (vec(any::<u8>(), 0..200), parts, len).prop_map(|(key, parts, len)| Input { key, parts, len })
}

pub(crate) fn check(both: Both, Input { key, parts, len }: &Input) {
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    both.same(|suite| suite.hash(&parts)).unwrap();
    both.same(|suite| suite.provider().hmac(key, &parts).map(exposed)).unwrap();
    both.same(|suite| suite.provider().hkdf_extract(key, &parts).map(exposed)).unwrap();
    let expanded = both.same(|suite| suite.provider().hkdf_expand(key, &parts, *len).map(exposed));
    assert_eq!(expanded.is_ok(), *len <= 255 * both.ours.hash_len());
}

#[derive(Clone, Debug)]
pub(crate) struct AeadInput {
    key: [u8; 32],
    nonce: [u8; 12],
    aad: Vec<u8>,
    plaintext: Vec<u8>,
    changes: [Changes; 4],
}

pub(crate) fn aead_input() -> impl Strategy<Value = AeadInput> {
    let changes = [changes(), changes(), changes(), changes()];
    (any::<[u8; 32]>(), any::<[u8; 12]>(), vec(any::<u8>(), 0..100), vec(any::<u8>(), 0..1000), changes)
        .prop_map(|(key, nonce, aad, plaintext, changes)| AeadInput { key, nonce, aad, plaintext, changes })
}

pub(crate) fn check_aead(both: Both, input: &AeadInput) {
    let AeadInput { key, nonce, aad, plaintext, changes: [key_changes, nonce_changes, aad_changes, sealed_changes] } =
        input;
    let key = &key[..both.ours.aead_key_len()];
    let sealed = both.same(|suite| suite.provider().aead_seal(key, nonce, aad, plaintext)).unwrap();
    let open = |key: &[u8], nonce: &[u8], aad: &[u8], sealed: &[u8]| {
        both.same(|suite| suite.provider().aead_open(key, nonce, aad, sealed).map(exposed))
    };
    assert_eq!(open(key, nonce, aad, &sealed).as_ref(), Ok(plaintext));

    let (key, nonce) = (key_changes.apply(key), nonce_changes.apply(nonce));
    let _ = both.same(|suite| suite.provider().aead_seal(&key, &nonce, aad, plaintext));
    let _ = open(&key, &nonce, &aad_changes.apply(aad), &sealed_changes.apply(&sealed));
}
