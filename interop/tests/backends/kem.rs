//! Encapsulation to, and decapsulation of, changed keys.

use mls_crypto_traits::CryptoError;

use crate::bytes::{mutate, reversed, unhex};
use crate::draw::Draw;
use crate::nist;
use crate::panel::{Due, Mutant, Panel};

/// A changed key of the KEM. Whether it is for encapsulation or is an encapsulated key makes no difference here.
pub(crate) fn mutate_key(panel: &Panel, draw: &mut Draw, public: &[u8]) -> Mutant {
    match nist::curve(panel.id) {
        Some(curve) => curve.mutate_point(draw, public),
        None => mutate_montgomery(draw, public),
    }
}

/// RFC 7748: every string of the length is a key, and those of small order give zero.
fn mutate_montgomery(draw: &mut Draw, public: &[u8]) -> Mutant {
    let x25519 = public.len() == 32;
    let field = reversed(&unhex(&if x25519 {
        ["7f", &"f".repeat(60), "ed"].concat()
    } else {
        ["f".repeat(55), "e".to_owned(), "f".repeat(56)].concat()
    }));
    let small = |number: u8| [&[number], &vec![0; public.len() - 1][..]].concat();
    let last = public.len() - 1;
    let (kind, mut bytes, due) = match draw.below(9) {
        0 | 1 => ("the same", public.to_vec(), Due::Accepted),
        2 => {
            let mut beyond = field;
            // No carry: the low byte of the prime is the highest but for what is added here.
            beyond[0] = beyond[0].wrapping_add(draw.byte() % if x25519 { 19 } else { 1 });
            ("p and above", beyond, Due::Same)
        }
        3 => {
            let mut beyond = vec![0xff; public.len()];
            if x25519 {
                beyond[0] = 0xef + draw.byte() % 16;
            } else {
                beyond[..28].copy_from_slice(&draw.bytes(28));
            }
            ("not canonical", beyond, Due::Accepted)
        }
        4 => ("0 or 1", small(draw.byte() % 2), Due::Refused),
        5 => {
            let mut minus_one = field;
            minus_one[0] -= 1;
            ("p - 1", minus_one, Due::Refused)
        }
        6 if x25519 => {
            let order_8 = draw.pick(&[
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            ]);
            ("of order 8", unhex(order_8), Due::Refused)
        }
        6 | 7 => ("a small u", small(2 + draw.byte() % 250), Due::Accepted),
        _ => return mutate(draw, public, Due::Same),
    };
    if x25519 && draw.one_in(3) {
        // RFC 7748 section 5: it is ignored.
        bytes[last] ^= 0x80;
    }
    Mutant::new(kind, bytes, due)
}

pub(crate) fn check_encap(panel: &mut Panel, draw: &mut Draw) {
    let key = draw.below(panel.hpke_keys.len());
    let public = panel.hpke_keys[key].public.as_bytes().to_vec();
    let mutant = mutate_key(panel, draw, &public);
    let ikm_e = draw.some_bytes(80);
    let sealed = panel.judge(&mutant, |suite, public| {
        let encapsulation = suite.provider().kem().encap(public, &ikm_e)?;
        Ok((encapsulation.kem_output, encapsulation.shared_secret.as_bytes().to_vec()))
    });
    let checked = panel.same(|suite| suite.check_hpke_public_key(&mutant.bytes));
    assert_eq!(sealed.as_ref().map(drop), checked.as_ref().map(drop), "{mutant:02x?} is checked otherwise");
    if let (Ok((kem_output, shared)), true) = (sealed, mutant.bytes == public) {
        let private = panel.hpke_keys[key].private.as_bytes();
        let opened = panel.same(|suite| Ok(suite.provider().kem().decap(private, &kem_output)?.as_bytes().to_vec()));
        assert_eq!(opened, Ok(shared));
    }
}

pub(crate) fn check_decap(panel: &mut Panel, draw: &mut Draw) {
    let [key, other] = [0; 2].map(|_| draw.below(panel.hpke_keys.len()));
    // Any public key is an encapsulated key.
    let kem_output = panel.hpke_keys[other].public.as_bytes().to_vec();
    let private = panel.hpke_keys[key].private.duplicate();
    let mutant = mutate_key(panel, draw, &kem_output);
    let opened = panel.judge(&mutant, |suite, kem_output| {
        Ok(suite.provider().kem().decap(private.as_bytes(), kem_output)?.as_bytes().to_vec())
    });
    let refusals = [CryptoError::InvalidPublicKey, CryptoError::SharedSecretZero];
    assert!(opened.as_ref().err().is_none_or(|error| refusals.contains(error)), "{mutant:02x?}: {opened:?}");
    if draw.one_in(2) {
        let external = panel.hpke_keys[key].private.duplicate();
        let exported =
            panel.same(|suite| Ok(suite.external_init_receiver(&external, &mutant.bytes)?.as_bytes().to_vec()));
        assert_eq!(exported.map(drop), opened.map(drop));
    }
}
