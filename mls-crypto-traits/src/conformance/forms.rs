//! Wrong lengths and degenerate keys, round trips, batches: for suites of any algorithms.

use std::vec::Vec;

use super::report::{Recorder, SkipReason};
use crate::{
    CryptoError, HpkeKeyPair, HpkePublicKey, Rng, SignaturePrivateKey, SignatureScheme, Suite, VerifyRequest, checks,
    hpke,
};

pub(super) fn run(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let kem = keys(suite, recorder);
    recorder.check("HPKE keys", kem.is_ok());
    let sealed = sealing(suite, recorder);
    recorder.check("HPKE round trips", sealed.is_ok());
    let signed = signing(suite, recorder);
    recorder.check("signatures", signed.is_ok());
    signature_keys(suite, recorder);
}

/// Reproducible bytes.
struct Stream(u64);

impl Rng for Stream {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for byte in out {
            self.0 ^= self.0.wrapping_shl(13);
            self.0 ^= self.0.wrapping_shr(7);
            self.0 ^= self.0.wrapping_shl(17);
            let [first, ..] = self.0.to_be_bytes();
            *byte = first;
        }
        Ok(())
    }
}

fn shortened(bytes: &[u8]) -> Vec<u8> {
    bytes.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default()
}

fn lengthened(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[0]].concat()
}

fn keys(suite: Suite<'_>, recorder: &mut Recorder<'_>) -> Result<(), CryptoError> {
    let kem = suite.provider().kem();
    let HpkeKeyPair { private, public } = suite.generate_hpke_key_pair(&mut Stream(1))?;
    let again = suite.generate_hpke_key_pair(&mut Stream(1))?;
    if again.public == public {
        recorder.check("the same material gives the same key", true);
    } else {
        recorder.skip(SkipReason::OwnRandomness, 1);
    }
    recorder.check("Npk bytes", public.as_bytes().len() == kem.public_key_len());
    recorder.check("Nsk bytes", private.as_bytes().len() == kem.private_key_len());
    recorder.gives("the public key", &kem.public_key(private.as_bytes()), public.as_bytes());
    let loaded = kem.load_private(private.as_bytes())?;
    recorder.check("a loaded key knows its public key", *loaded.public_key() == public);
    let pair = kem.load_key_pair(private.as_bytes(), public.as_bytes())?;
    recorder.check("a loaded pair knows its public key", *pair.public_key() == public);
    let other = suite.generate_hpke_key_pair(&mut Stream(9))?.public;
    let [first, second] = [&loaded, &pair].map(|key| key.decap(other.as_bytes()));
    let want = kem.decap(private.as_bytes(), other.as_bytes())?;
    recorder.gives("a loaded key", &first, want.as_bytes());
    recorder.gives("a loaded pair", &second, want.as_bytes());
    recorder.check("a good key", suite.check_hpke_public_key(public.as_bytes()).is_ok());
    let bad = CryptoError::InvalidPublicKey;
    for (case, key) in [
        ("an empty public key", Vec::new()),
        ("a short public key", shortened(public.as_bytes())),
        ("a long public key", lengthened(public.as_bytes())),
    ] {
        recorder.refuses(case, &suite.check_hpke_public_key(&key), bad);
        recorder.refuses(case, &kem.decap(private.as_bytes(), &key), bad);
        recorder.refuses(case, &kem.encap(&key, &[7; 66]), bad);
    }
    let bad = CryptoError::InvalidPrivateKey;
    for (case, key) in [
        ("an empty private key", Vec::new()),
        ("a short private key", shortened(private.as_bytes())),
        ("a long private key", lengthened(private.as_bytes())),
    ] {
        recorder.refuses(case, &kem.public_key(&key), bad);
        recorder.refuses(case, &kem.decap(&key, public.as_bytes()), bad);
    }
    if public.as_bytes().first() == Some(&4) && kem.kem_id() < 0x20 {
        points(public.as_bytes(), |case, point| {
            let bad = CryptoError::InvalidPublicKey;
            recorder.refuses(case, &suite.check_hpke_public_key(point), bad);
            recorder.refuses(case, &kem.decap(private.as_bytes(), point), bad);
        });
        let zero = std::vec![0; kem.private_key_len()];
        recorder.refuses("a private key of zero", &kem.public_key(&zero), bad);
        let large = std::vec![0xff; kem.private_key_len()];
        recorder.refuses("a private key beyond the order", &kem.public_key(&large), bad);
    }
    Ok(())
}

/// Other forms of a point, and points off the curve.
fn points(good: &[u8], mut refused: impl FnMut(&str, &[u8])) {
    let len = good.len() / 2;
    let x = good.get(1..=len).unwrap_or_default();
    let parity = good.last().map_or(0, |last| last & 1);
    refused("a compressed point", &[&[2 | parity], x].concat());
    let rest = good.get(1..).unwrap_or_default();
    refused("a hybrid point", &[&[6 | parity], rest].concat());
    refused("the point at infinity", &[0]);
    let mut off = good.to_vec();
    if let Some(last) = off.last_mut() {
        *last ^= 1;
    }
    refused("a point off the curve", &off);
    let zeros = [&[4][..], &std::vec![0; rest.len()]].concat();
    refused("the point (0, 0)", &zeros);
    let ones = [&[4][..], &std::vec![0xff; rest.len()]].concat();
    refused("coordinates beyond p", &ones);
}

fn sealing(suite: Suite<'_>, recorder: &mut Recorder<'_>) -> Result<(), CryptoError> {
    let pair = suite.generate_hpke_key_pair(&mut Stream(2))?;
    let other = suite.generate_hpke_key_pair(&mut Stream(3))?;
    let rng = &mut Stream(4);
    let sealed = suite.encrypt_with_label(&pair.public, b"label", b"context", b"plain", rng)?;
    let open = |label: &[u8], context: &[u8]| suite.decrypt_with_label(&pair.private, label, context, &sealed);
    recorder.gives("EncryptWithLabel", &open(b"label", b"context"), b"plain");
    let bad = CryptoError::InvalidCiphertext;
    recorder.refuses("another label", &open(b"Label", b"context"), bad);
    recorder.refuses("another context", &open(b"label", b""), bad);
    let wrong = suite.decrypt_with_label(&other.private, b"label", b"context", &sealed);
    recorder.refuses("another key", &wrong, bad);

    let context = suite.encrypt_context(b"label", b"context")?;
    let key = suite.hpke_key_pair(&pair.private, &pair.public)?;
    recorder.gives("EncryptWithLabel to a loaded pair", &context.open_with(&*key, &sealed), b"plain");
    let key = suite.hpke_key(&other.private)?;
    recorder.refuses("another loaded key", &context.open_with(&*key, &sealed), bad);
    for len in [0, suite.aead_tag_len().saturating_sub(1)] {
        let mut short = sealed.clone();
        short.ciphertext.truncate(len);
        recorder.refuses("a truncated HPKE ciphertext", &context.open(&pair.private, &short), bad);
    }
    let broken = HpkePublicKey::from(shortened(pair.public.as_bytes()));
    let items: [(&HpkePublicKey, &[u8]); 3] = [(&pair.public, b"one"), (&broken, b"two"), (&other.public, b"three")];
    let batch = context.seal_batch(&items, &mut Stream(5))?;
    recorder.check("a batch has a result for each item", batch.len() == items.len());
    let rng = &mut Stream(5);
    for ((public, plaintext), sealed) in items.iter().zip(&batch) {
        let single = context.seal(public, plaintext, rng);
        recorder.check("same verdict in a batch", single.is_ok() == sealed.is_ok());
        let private = if *public == &pair.public { &pair.private } else { &other.private };
        match sealed {
            Ok(sealed) => {
                recorder.gives("a batch opens", &context.open(private, sealed), plaintext);
            }
            Err(error) => {
                recorder.check("only the broken key fails", *public == &broken);
                recorder.check("with its error", *error == CryptoError::InvalidPublicKey);
            }
        }
    }

    let (kem_output, sent) = suite.external_init_sender(&pair.public, &mut Stream(6))?;
    let received = suite.external_init_receiver(&pair.private, &kem_output);
    recorder.gives("external init", &received, sent.as_bytes());
    recorder.check("Nh bytes of init secret", sent.len() == suite.hash_len());
    let mode = hpke::Mode::Psk { psk: &[1; 31], psk_id: b"id" };
    let short = hpke::seal(suite, mode, &pair.public, b"", b"", b"", &mut Stream(7));
    recorder.refuses("a PSK of 31 bytes", &short, CryptoError::InvalidPsk);
    Ok(())
}

fn signing(suite: Suite<'_>, recorder: &mut Recorder<'_>) -> Result<(), CryptoError> {
    let pair = suite.generate_signature_key_pair(&mut Stream(8))?;
    let key = suite.signing_key(&pair.private)?;
    recorder.check("the signer's public key", *key.public_key() == pair.public);
    let signature = suite.sign_with_label(&*key, b"Label", &[b"con", b"tent"])?;
    let public = suite.verify_key(pair.public.as_bytes())?;
    let verify =
        |label: &[u8], content: &[u8], signature: &[u8]| public.verify_with_label(label, &[content], signature);
    recorder.check("SignWithLabel", verify(b"Label", b"content", &signature).is_ok());
    let bad = CryptoError::InvalidSignature;
    recorder.refuses("another label", &verify(b"label", b"content", &signature), bad);
    recorder.refuses("another object", &verify(b"Label", b"contents", &signature), bad);
    recorder.refuses("an empty signature", &verify(b"Label", b"content", &[]), bad);
    let (short, long) = (shortened(&signature), lengthened(&signature));
    recorder.refuses("a short signature", &verify(b"Label", b"content", &short), bad);
    recorder.refuses("a long signature", &verify(b"Label", b"content", &long), bad);

    let signatures = [&signature, &short, &signature, &long];
    let requests: Vec<_> = signatures
        .iter()
        .zip([&b"content"[..], b"content", b"other", b"content"])
        .map(|(signature, content)| (*signature, [content]))
        .collect();
    let requests: Vec<_> = requests
        .iter()
        .map(|(signature, content)| VerifyRequest { key: &public, label: b"Label", content, signature })
        .collect();
    let single: Vec<_> = requests.iter().map(|r| public.verify_with_label(r.label, r.content, r.signature)).collect();
    recorder.check("a batch gives single verdicts", suite.verify_batch(&requests) == single);
    recorder.check("an empty batch", suite.verify_batch(&[]).is_empty());
    Ok(())
}

fn signature_keys(suite: Suite<'_>, recorder: &mut Recorder<'_>) {
    let scheme = suite.provider().params().signature;
    let Some(len) = checks::signature_private_key_len(scheme) else {
        return recorder.skip(SkipReason::OtherAlgorithm, 1);
    };
    let load = |bytes: Vec<u8>| suite.signing_key(&SignaturePrivateKey::from_bytes(bytes));
    let bad = CryptoError::InvalidPrivateKey;
    recorder.refuses("an empty private key", &load(Vec::new()), bad);
    recorder.refuses("a long private key", &load(std::vec![1; len.saturating_add(1)]), bad);
    let Ok(pair) = suite.derive_signature_key_pair(b"key material") else {
        return recorder.check("a key is derived", false);
    };
    let public = pair.public.as_bytes();
    let check = |public: &[u8]| suite.check_signature_public_key(public);
    recorder.check("a derived key is good", check(public).is_ok());
    let bad = CryptoError::InvalidPublicKey;
    recorder.refuses("an empty public key", &check(&[]), bad);
    recorder.refuses("a short public key", &check(&shortened(public)), bad);
    recorder.refuses("a long public key", &check(&lengthened(public)), bad);
    if matches!(scheme, SignatureScheme::Ed25519 | SignatureScheme::Ed448) {
        let not_a_point = not_a_point(public.len());
        recorder.refuses("a key that is no point", &check(&not_a_point), bad);
        recorder.refuses("a small-order key", &check(&std::vec![0; public.len()]), bad);
        return;
    }
    points(public, |case, point| recorder.refuses(case, &check(point), bad));
    let bad = CryptoError::InvalidPrivateKey;
    recorder.refuses("a private key of zero", &load(std::vec![0; len]), bad);
    recorder.refuses("a private key beyond the order", &load(std::vec![0xff; len]), bad);
    // A scalar that lost its leading zeros is the same key.
    let full = load([&std::vec![0; len.saturating_sub(1)][..], &[9]].concat());
    let lost = load(std::vec![9]);
    let same = full.ok().zip(lost.ok()).is_some_and(|(a, b)| a.public_key() == b.public_key());
    recorder.check("leading zeros are restored", same);
}

/// A canonical encoding that has no `x`: `y = 2` on either curve.
fn not_a_point(len: usize) -> Vec<u8> {
    let mut bytes = std::vec![0; len];
    if let Some(first) = bytes.first_mut() {
        *first = 2;
    }
    bytes
}
