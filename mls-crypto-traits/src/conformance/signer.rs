//! A signing key by itself: one that a provider loaded, or the face of a device that keeps it.

use std::vec::Vec;

use super::report::Recorder;
use crate::{CryptoError, SignatureScheme, SigningKey, Suite};

const LABEL: &[u8] = b"Label";

pub(super) fn run(suite: Suite<'_>, key: &dyn SigningKey, recorder: &mut Recorder<'_>) {
    let public = key.public_key().clone();
    let Ok(verifier) = suite.verify_key(public.as_bytes()) else {
        return recorder.check("the public key is good", false);
    };
    // Around the block lengths of hashes; empty; more than a device takes in one transfer.
    for len in [0, 1, 63, 64, 127, 128, 5_000, 70_000] {
        let content: Vec<u8> = (0..=250).cycle().take(len).collect();
        let (head, tail) = content.split_at(len / 3);
        for parts in [&[&content[..]][..], &[head, tail], &[head, &[], tail]] {
            let signature = suite.sign_with_label(key, LABEL, parts);
            let verdict = signature.and_then(|signature| {
                verifier.verify_with_label(LABEL, &[&content], &signature)?;
                let other = verifier.verify_with_label(LABEL, &[&content, b"!"], &signature);
                if other == Err(CryptoError::InvalidSignature) { Ok(()) } else { Err(CryptoError::Backend) }
            });
            recorder.check(std::format!("{len} bytes in {} parts", parts.len()), verdict.is_ok());
        }
        // What is signed is what was given, neither hashed before nor framed.
        let bare = key.sign(&[&content]).and_then(|signature| verifier.verify(&[&content], &signature));
        recorder.check(std::format!("{len} bare bytes"), bare.is_ok());
    }
    if matches!(suite.provider().params().signature, SignatureScheme::Ed25519 | SignatureScheme::Ed448) {
        let [first, second] = [key.sign(&[b"twice"]), key.sign(&[b"tw", b"ice"])];
        recorder.check("the same bytes give the same signature", first.is_ok() && first == second);
    }
    recorder.check("the public key stays", *key.public_key() == public);
}
