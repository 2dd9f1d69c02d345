//! Signatures and the keys that verify them.

use mls_crypto_traits::{SignaturePublicKey, Suite, VerifyRequest};

use crate::draw::Draw;
use crate::panel::{Due, Mutant, Panel};
use crate::{eddsa, nist};

const LABEL: &[u8] = b"backends";

/// `SignContent` (RFC 9420 section 5.1.2), of short content.
fn framed(content: &[u8]) -> Vec<u8> {
    let label = [b"MLS 1.0 ", LABEL].concat();
    let lens = [label.len(), content.len()].map(|len| u8::try_from(len).unwrap());
    [&lens[..1], &label, &lens[1..], content].concat()
}

fn sign(panel: &Panel, suite: Suite<'_>, key: usize, content: &[u8]) -> Vec<u8> {
    let signer = suite.signing_key(&panel.signature_keys[key].private).unwrap();
    suite.sign_with_label(&*signer, LABEL, &[content]).unwrap()
}

/// Changed signatures, forged ones, and those of every backend.
pub(crate) fn check(panel: &mut Panel, draw: &mut Draw) {
    let content = draw.some_bytes(64);
    let key = draw.below(panel.signature_keys.len());
    let public = panel.signature_keys[key].public.clone();
    if draw.one_in(8) {
        // Each backend's own, which the others have to take.
        let signer = draw.below(panel.suites().count());
        let suite = panel.suites().nth(signer).unwrap().1;
        let signature = Mutant::new("a backend's own", sign(panel, suite, key, &content), Due::Accepted);
        return verify(panel, &public, &content, &signature);
    }
    let scheme = panel.scheme();
    if let Some(curve) = eddsa::curve(scheme) {
        if draw.one_in(4) {
            let forged = curve.forge(draw, &framed(&content));
            return verify(panel, &SignaturePublicKey::from(forged.public), &content, &forged.mutant);
        }
        let signature = sign(panel, panel.suite(), key, &content);
        let mutant = curve.mutate_signature(draw, &signature);
        return verify(panel, &public, &content, &mutant);
    }
    let signature = sign(panel, panel.suite(), key, &content);
    let mutant = nist::curve(panel.id).unwrap().mutate_signature(draw, &signature);
    verify(panel, &public, &content, &mutant);
}

/// The verdict by itself and in a batch.
fn verify(panel: &mut Panel, public: &SignaturePublicKey, content: &[u8], signature: &Mutant) {
    let verdict = panel.judge(signature, |suite, signature| {
        let single = suite.verify_with_label(public, LABEL, &[content], signature);
        if let Ok(key) = suite.verify_key(public.as_bytes()) {
            let request = VerifyRequest { key: &key, label: LABEL, content: &[content], signature };
            assert_eq!(suite.verify_batch(&[request]), [single], "a batch");
        }
        single
    });
    if verdict.is_ok() {
        let other = [content, b"!"].concat();
        let wrong = panel.same(|suite| suite.verify_with_label(public, LABEL, &[&other], &signature.bytes));
        assert!(wrong.is_err(), "{signature:02x?} is good for other content");
    }
}

/// Changed public keys, and signatures under them.
pub(crate) fn check_key(panel: &mut Panel, draw: &mut Draw) {
    let key = draw.below(panel.signature_keys.len());
    let public = panel.signature_keys[key].public.clone();
    let mutant = match eddsa::curve(panel.scheme()) {
        Some(curve) => curve.mutate_point(draw, public.as_bytes()),
        None => nist::curve(panel.id).unwrap().mutate_point(draw, public.as_bytes()),
    };
    let checked = panel.judge(&mutant, |suite, public| suite.check_signature_public_key(public));
    if draw.one_in(2) {
        let signature = sign(panel, panel.suite(), key, b"content");
        let changed = SignaturePublicKey::from(mutant.bytes);
        let verdict = panel.same(|suite| suite.verify_with_label(&changed, LABEL, &[b"content"], &signature));
        assert_eq!(verdict.is_ok(), changed == public, "{changed:?}");
        assert!(checked.is_ok() || verdict == checked, "{changed:?} is refused in two ways");
    }
}
