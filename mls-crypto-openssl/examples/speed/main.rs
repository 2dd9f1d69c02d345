//! What the suites cost, and what the same work costs in bare calls of the crate `openssl`: nanoseconds, the
//! least of many rounds. Run with `--release`; a name as argument picks the operations that contain it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a measurement")]

use core::{hint::black_box, time::Duration};
use std::{env, time::Instant};

use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_traits::{CipherSuite, CryptoError, CryptoProvider, Rng, Suite};

mod bare;

use bare::Bare;

/// How long one side of a comparison is measured.
const BUDGET: Duration = Duration::from_millis(400);

fn main() {
    let provider = OpenSslProvider::new().unwrap();
    let wanted = env::args().nth(1).unwrap_or_default();
    println!("{}", openssl::version::version());
    println!("| suite | operation | ours ns | bare ns | more ns | more % |");
    println!("|---|---|---|---|---|---|");
    for id in provider.cipher_suites() {
        let suite = provider.suite(id).unwrap();
        measure_suite(id, suite, &wanted);
    }
}

/// The same bytes again and again.
struct Same;

impl Rng for Same {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.fill(0x51);
        Ok(())
    }
}

fn measure_suite(id: CipherSuite, suite: Suite<'_>, wanted: &str) {
    let bare = Bare::new(u16::from(id));
    let row = |name: &str, mut ours: Box<dyn FnMut() + '_>, mut theirs: Box<dyn FnMut() + '_>| {
        if name.contains(wanted) {
            let (ours, theirs) = least(&mut ours, &mut theirs);
            let more = ours - theirs;
            let percent = 100.0 * more / theirs;
            println!("| {} | {name} | {ours:.0} | {theirs:.0} | {more:.0} | {percent:.1} |", u16::from(id));
        }
    };

    let message = [0x61; 256];
    let pair = suite.derive_signature_key_pair(&[7; 64]).unwrap();
    let signer = suite.signing_key(&pair.private).unwrap();
    let verifier = suite.verify_key(pair.public.as_bytes()).unwrap();
    let signature = suite.sign_with_label(&*signer, b"label", &[&message]).unwrap();
    let (sign_key, verify_key) = (bare.signing_key(pair.private.as_bytes()), bare.verify_key(pair.public.as_bytes()));
    let framed = framed(&message);
    row(
        "sign",
        Box::new(|| drop(black_box(suite.sign_with_label(&*signer, b"label", &[&message]).unwrap()))),
        Box::new(|| drop(black_box(bare.sign(&sign_key, &framed)))),
    );
    row(
        "verify",
        Box::new(|| verifier.verify_with_label(b"label", &[&message], &signature).unwrap()),
        Box::new(|| assert!(bare.verify(&verify_key, &framed, &signature))),
    );
    row(
        "load verify key",
        Box::new(|| drop(black_box(suite.verify_key(pair.public.as_bytes()).unwrap()))),
        Box::new(|| drop(black_box(bare.verify_key(pair.public.as_bytes())))),
    );

    let plaintext = [0x62; 32];
    let receiver = suite.derive_key_pair(&[9; 64]).unwrap();
    let context = suite.encrypt_context(b"label", b"context").unwrap();
    let sealed = context.seal(&receiver.public, &plaintext, &mut Same).unwrap();
    let ephemeral = suite.derive_key_pair(&[0x51; 66][..suite.provider().kem().encap_ikm_len()]).unwrap();
    let (e_private, public) = (ephemeral.private.as_bytes(), receiver.public.as_bytes());
    row(
        "HPKE seal",
        Box::new(|| drop(black_box(context.seal(&receiver.public, &plaintext, &mut Same).unwrap()))),
        Box::new(|| bare.hpke(e_private, public, &plaintext, true)),
    );
    row(
        "HPKE open",
        Box::new(|| drop(black_box(context.open(&receiver.private, &sealed).unwrap()))),
        Box::new(|| bare.hpke(receiver.private.as_bytes(), &sealed.kem_output, &plaintext, false)),
    );
    row(
        "derive key pair",
        Box::new(|| drop(black_box(suite.derive_key_pair(&[9; 64]).unwrap()))),
        Box::new(|| bare.derive_key_pair(receiver.private.as_bytes())),
    );

    row(
        "hash 256",
        Box::new(|| {
            black_box(suite.hash(&[&message]).unwrap());
        }),
        Box::new(|| drop(black_box(bare.hash(&message)))),
    );
    row(
        "HMAC 64",
        Box::new(|| drop(black_box(suite.provider().hmac(&message[..32], &[&message[..64]]).unwrap()))),
        Box::new(|| drop(black_box(bare.hmac(&message[..32], &message[..64])))),
    );
    let (key, nonce, kib) = (&message[..suite.aead_key_len()], &message[..12], [0x63; 1024]);
    let ciphertext = suite.aead_seal(key, nonce, b"aad", &kib).unwrap();
    row(
        "AEAD seal 1 KiB",
        Box::new(|| drop(black_box(suite.aead_seal(key, nonce, b"aad", &kib).unwrap()))),
        Box::new(|| drop(black_box(bare.seal(key, nonce, b"aad", &kib)))),
    );
    row(
        "AEAD open 1 KiB",
        Box::new(|| drop(black_box(suite.aead_open(key, nonce, b"aad", &ciphertext).unwrap()))),
        Box::new(|| drop(black_box(bare.open(key, nonce, b"aad", &ciphertext)))),
    );
}

/// What `SignWithLabel` signs.
fn framed(message: &[u8]) -> Vec<u8> {
    [&[13][..], b"MLS 1.0 label", &[0x41, 0], message].concat()
}

/// The least time of a call of each, in turns, so that both see the same machine.
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn least<'a>(ours: &mut (dyn FnMut() + 'a), theirs: &mut (dyn FnMut() + 'a)) -> (f64, f64) {
    let mut best = [f64::MAX; 2];
    let mut sides: [&mut (dyn FnMut() + 'a); 2] = [ours, theirs];
    let start = Instant::now();
    let mut calls = 1_u32;
    while start.elapsed() < BUDGET * 2 {
        for (best, call) in best.iter_mut().zip(&mut sides) {
            let begin = Instant::now();
            for _ in 0..calls {
                call();
            }
            let time = begin.elapsed();
            *best = best.min(time.as_secs_f64() * 1e9 / f64::from(calls));
            // Rounds of some 100 microseconds: short enough to fall between interruptions.
            if time < Duration::from_micros(50) {
                calls = calls.saturating_mul(2);
            }
        }
    }
    (best[0], best[1])
}
