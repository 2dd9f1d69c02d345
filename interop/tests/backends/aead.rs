//! AEAD, with one of its inputs changed; hash, HMAC and HKDF beside it.

use crate::bytes::mutate;
use crate::draw::Draw;
use crate::panel::{Due, Mutant, Panel};

pub(crate) fn check(panel: &mut Panel, draw: &mut Draw) {
    let suite = panel.suite();
    let [key, nonce] = [suite.aead_key_len(), suite.aead_nonce_len()].map(|len| draw.bytes(len));
    let (aad, plaintext) = (draw.some_bytes(100), draw.some_bytes(700));
    let sealed = panel.same(|suite| suite.aead_seal(&key, &nonce, &aad, &plaintext)).unwrap();
    let open = |suite: mls_crypto_traits::Suite<'_>, [key, nonce, aad, sealed]: [&[u8]; 4]| {
        Ok(suite.aead_open(key, nonce, aad, sealed)?.as_bytes().to_vec())
    };
    let opened = match draw.below(7) {
        0 | 1 => {
            let mutant = Mutant::new("whole", sealed.clone(), Due::Accepted);
            panel.judge(&mutant, |suite, bytes| open(suite, [&key, &nonce, &aad, bytes]))
        }
        2 | 3 => {
            let mutant = mutate(draw, &sealed, Due::Refused);
            panel.judge(&mutant, |suite, bytes| open(suite, [&key, &nonce, &aad, bytes]))
        }
        4 => {
            let mutant = mutate(draw, &key, Due::Refused);
            panel.judge(&mutant, |suite, bytes| open(suite, [bytes, &nonce, &aad, &sealed]))
        }
        5 => {
            let mutant = mutate(draw, &nonce, Due::Refused);
            panel.judge(&mutant, |suite, bytes| open(suite, [&key, bytes, &aad, &sealed]))
        }
        _ => {
            let mutant = mutate(draw, &aad, Due::Refused);
            panel.judge(&mutant, |suite, bytes| open(suite, [&key, &nonce, bytes, &sealed]))
        }
    };
    if let Ok(opened) = opened {
        assert_eq!(opened, plaintext);
    }
    one_way(panel, draw, &key, &[&aad, &plaintext]);
}

/// Nothing is refused here but a length.
fn one_way(panel: &Panel, draw: &mut Draw, key: &[u8], parts: &[&[u8]]) {
    let key = if draw.one_in(2) { draw.some_bytes(200) } else { key.to_vec() };
    assert!(panel.same(|suite| suite.hash(parts)).is_ok());
    assert!(panel.same(|suite| Ok(suite.provider().hmac(&key, parts)?.as_bytes().to_vec())).is_ok());
    assert!(panel.same(|suite| Ok(suite.provider().hkdf_extract(&key, parts)?.as_bytes().to_vec())).is_ok());
    let most = 255 * panel.suite().hash_len();
    let len = if draw.one_in(50) { most - 1 + draw.below(3) } else { draw.below(200) };
    let expanded = panel.same(|suite| Ok(suite.provider().hkdf_expand(&key, parts, len)?.as_bytes().to_vec()));
    assert_eq!(expanded.is_ok(), len <= most);
}
