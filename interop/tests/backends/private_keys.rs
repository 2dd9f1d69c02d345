//! Private keys of signatures and of the KEM.

use mls_crypto_traits::SignaturePrivateKey;

use crate::bytes::mutate;
use crate::draw::Draw;
use crate::nist;
use crate::panel::{Due, Mutant, Panel};

/// A changed key gives the same public key, and the same signatures where they follow from the input.
pub(crate) fn check(panel: &mut Panel, draw: &mut Draw) {
    if draw.one_in(2) { signing(panel, draw) } else { kem(panel, draw) }
}

fn changed(panel: &Panel, draw: &mut Draw, private: &[u8], signing: bool) -> Mutant {
    match nist::curve(panel.id) {
        Some(curve) => curve.mutate_scalar(draw, private, signing),
        None if draw.one_in(4) => Mutant::new("random", draw.bytes(private.len()), Due::Accepted),
        None => mutate(draw, private, Due::Same),
    }
}

fn signing(panel: &mut Panel, draw: &mut Draw) {
    let key = draw.below(panel.signature_keys.len());
    let mutant = changed(panel, draw, panel.signature_keys[key].private.as_bytes(), true);
    let ecdsa = nist::curve(panel.id).is_some();
    let loaded = panel.judge(&mutant, |suite, private| {
        let key = suite.signing_key(&SignaturePrivateKey::from_bytes(private.to_vec()))?;
        let signature = suite.sign_with_label(&*key, b"backends", &[b"content"])?;
        suite.verify_with_label(key.public_key(), b"backends", &[b"content"], &signature)?;
        Ok((key.public_key().clone(), (!ecdsa).then_some(signature)))
    });
    if mutant.bytes == panel.signature_keys[key].private.as_bytes() {
        assert_eq!(loaded.unwrap().0, panel.signature_keys[key].public);
    }
}

fn kem(panel: &mut Panel, draw: &mut Draw) {
    let key = draw.below(panel.hpke_keys.len());
    let mutant = changed(panel, draw, panel.hpke_keys[key].private.as_bytes(), false);
    let other = panel.hpke_keys[(key + 1) % panel.hpke_keys.len()].public.clone();
    let loaded = panel.judge(&mutant, |suite, private| {
        let kem = suite.provider().kem();
        let public = kem.public_key(private)?;
        let shared = kem.decap(private, other.as_bytes())?;
        Ok((public, shared.as_bytes().to_vec()))
    });
    if mutant.bytes == panel.hpke_keys[key].private.as_bytes() {
        assert_eq!(loaded.unwrap().0, panel.hpke_keys[key].public);
    }
    let ikm = draw.some_bytes(80);
    let derived = panel.same(|suite| {
        let pair = suite.derive_key_pair(&ikm)?;
        Ok((pair.private.as_bytes().to_vec(), pair.public))
    });
    assert!(derived.is_ok());
}
