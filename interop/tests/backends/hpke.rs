//! Messages of `EncryptWithLabel`, whole and changed.

use mls_crypto_traits::{HpkeCiphertext, HpkePrivateKey, Suite};

use crate::bytes::mutate;
use crate::draw::Draw;
use crate::kem::mutate_key;
use crate::panel::{Due, Mutant, Panel};

pub(crate) fn check(panel: &mut Panel, draw: &mut Draw) {
    let [key, other] = [0; 2].map(|_| draw.below(panel.hpke_keys.len()));
    let (context, plaintext, seed) =
        (draw.some_bytes(80), draw.some_bytes(200), u64::from_le_bytes(draw.bytes(8).try_into().unwrap()));
    let seal = |panel: &Panel, to: usize, seed: u64| {
        let public = panel.hpke_keys[to].public.clone();
        let sealed = |suite: Suite<'_>| {
            suite.encrypt_with_label(&public, b"backends", &context, &plaintext, &mut Draw::new(seed))
        };
        // One in four by all of them: encapsulation has a property of its own.
        if seed.is_multiple_of(4) { panel.same(sealed).unwrap() } else { sealed(panel.suite()).unwrap() }
    };
    let sealed = seal(panel, key, seed);
    let private = panel.hpke_keys[key].private.duplicate();
    let open = |suite: Suite<'_>, private: &HpkePrivateKey, context: &[u8], kem_output: &[u8], ciphertext: &[u8]| {
        let sealed = HpkeCiphertext { kem_output: kem_output.to_vec(), ciphertext: ciphertext.to_vec() };
        Ok(suite.decrypt_with_label(private, b"backends", context, &sealed)?.as_bytes().to_vec())
    };
    let (kem_output, ciphertext) = (&sealed.kem_output, &sealed.ciphertext);
    let (mutant, opened) = match draw.below(8) {
        0 | 1 => {
            let mutant = Mutant::new("whole", ciphertext.clone(), Due::Accepted);
            let opened = panel.judge(&mutant, |suite, bytes| open(suite, &private, &context, kem_output, bytes));
            (mutant, opened)
        }
        2 | 3 => {
            let mutant = mutate(draw, ciphertext, Due::Refused);
            let opened = panel.judge(&mutant, |suite, bytes| open(suite, &private, &context, kem_output, bytes));
            (mutant, opened)
        }
        4 | 5 => {
            let mut mutant = mutate_key(panel, draw, kem_output);
            // The key schedule hashes it as it came: another encoding of the same key is another message.
            mutant.due = if mutant.bytes == *kem_output { Due::Accepted } else { Due::Refused };
            let opened = panel.judge(&mutant, |suite, bytes| open(suite, &private, &context, bytes, ciphertext));
            (mutant, opened)
        }
        6 => {
            let mutant = mutate(draw, &context, Due::Refused);
            let opened = panel.judge(&mutant, |suite, bytes| open(suite, &private, bytes, kem_output, ciphertext));
            (mutant, opened)
        }
        _ => {
            // Half of another message.
            let second = seal(panel, other, seed.wrapping_add(1));
            let mutant = Mutant::new("halves of two", second.ciphertext, Due::Refused);
            let opened = panel.judge(&mutant, |suite, bytes| open(suite, &private, &context, kem_output, bytes));
            (mutant, opened)
        }
    };
    if let Ok(opened) = opened {
        assert_eq!(opened, plaintext, "{mutant:02x?}");
    }
}
