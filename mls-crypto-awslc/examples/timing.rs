//! What each operation takes through `Suite`, beside the bare calls of aws-lc-rs that it comes down to.
//!
//! `cargo run --release -p mls-crypto-awslc --example timing`
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a measurement")]
#![expect(clippy::disallowed_methods, reason = "a measurement")]

use core::{hint::black_box, time::Duration};
use std::time::Instant;

use aws_lc_rs::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{self, ParsedPublicKey, PrivateKey, UnparsedPublicKey},
    digest, hkdf, hmac,
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use mls_crypto_awslc::{AwsLcProvider, AwsLcRng};
use mls_crypto_traits::{CipherSuite, CryptoProvider, Suite};

/// The library's algorithms of one suite.
struct Bare {
    id: u16,
    digest: &'static digest::Algorithm,
    hkdf: hkdf::Algorithm,
    aead: &'static aead::Algorithm,
    agreement: &'static agreement::Algorithm,
    /// Signing and verifying; Ed25519 where there is none.
    ecdsa: Option<(&'static signature::EcdsaSigningAlgorithm, &'static signature::EcdsaVerificationAlgorithm)>,
    private_len: usize,
}

fn suites() -> [Bare; 5] {
    let x25519 = |id, aead| Bare {
        id,
        digest: &digest::SHA256,
        hkdf: hkdf::HKDF_SHA256,
        aead,
        agreement: &agreement::X25519,
        ecdsa: None,
        private_len: 32,
    };
    [
        x25519(1, &aead::AES_128_GCM),
        Bare {
            agreement: &agreement::ECDH_P256,
            ecdsa: Some((&signature::ECDSA_P256_SHA256_ASN1_SIGNING, &signature::ECDSA_P256_SHA256_ASN1)),
            ..x25519(2, &aead::AES_128_GCM)
        },
        x25519(3, &aead::CHACHA20_POLY1305),
        Bare {
            id: 5,
            digest: &digest::SHA512,
            hkdf: hkdf::HKDF_SHA512,
            aead: &aead::AES_256_GCM,
            agreement: &agreement::ECDH_P521,
            ecdsa: Some((&signature::ECDSA_P521_SHA512_ASN1_SIGNING, &signature::ECDSA_P521_SHA512_ASN1)),
            private_len: 66,
        },
        Bare {
            id: 7,
            digest: &digest::SHA384,
            hkdf: hkdf::HKDF_SHA384,
            aead: &aead::AES_256_GCM,
            agreement: &agreement::ECDH_P384,
            ecdsa: Some((&signature::ECDSA_P384_SHA384_ASN1_SIGNING, &signature::ECDSA_P384_SHA384_ASN1)),
            private_len: 48,
        },
    ]
}

fn main() {
    println!("| suite | operation | ours, us | bare, us | more, ns | more, % |");
    println!("|---|---|---|---|---|---|");
    let provider = AwsLcProvider::new();
    for bare in suites() {
        let suite = provider.suite(CipherSuite::from(bare.id)).unwrap();
        signatures(&bare, suite);
        keys_and_hpke(&bare, suite);
        symmetric(&bare, suite);
    }
}

/// Prints the fastest of many rounds of either, taken in turn.
fn compare(id: u16, name: &str, mut ours: impl FnMut(), mut bare: impl FnMut()) {
    let count = rounds(&mut ours);
    let (mut best_ours, mut best_bare) = (f64::MAX, f64::MAX);
    for _ in 0..40 {
        best_ours = best_ours.min(time(count, &mut ours));
        best_bare = best_bare.min(time(count, &mut bare));
    }
    let more = best_ours - best_bare;
    println!(
        "| {id} | {name} | {:.2} | {:.2} | {more:.0} | {:.1} |",
        best_ours / 1000.0,
        best_bare / 1000.0,
        100.0 * more / best_bare
    );
}

/// How often a call fits into two milliseconds.
fn rounds(run: &mut impl FnMut()) -> u32 {
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < Duration::from_millis(2) {
        run();
        count += 1;
    }
    count
}

/// Nanoseconds a call.
fn time(count: u32, run: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        run();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

fn signatures(bare: &Bare, suite: Suite<'_>) {
    let pair = suite.generate_signature_key_pair(&mut AwsLcRng).unwrap();
    let signer = suite.signing_key(&pair.private).unwrap();
    let verifier = suite.verify_key(pair.public.as_bytes()).unwrap();
    let content = [7; 256];
    let signature = suite.sign_with_label(&*signer, b"FramedContentTBS", &[&content]).unwrap();
    let sign =
        || drop(black_box(suite.sign_with_label(&*signer, b"FramedContentTBS", &[black_box(&content)]).unwrap()));
    let verify = || verifier.verify_with_label(b"FramedContentTBS", &[black_box(&content)], &signature).unwrap();

    // As long as the content with its label.
    let message = [7; 283];
    let private = pair.private.as_bytes();
    let Some((signing, verification)) = bare.ecdsa else {
        let key = Ed25519KeyPair::from_seed_unchecked(private).unwrap();
        compare(bare.id, "sign 256 B", sign, || drop(black_box(key.sign(black_box(&message)).as_ref().to_vec())));
        let signature = key.sign(&message);
        let public = signature::ParsedPublicKey::new(&signature::ED25519, key.public_key()).unwrap();
        let bare_verify = || public.verify_sig(black_box(&message), signature.as_ref()).unwrap();
        return compare(bare.id, "verify 256 B", verify, bare_verify);
    };
    let key = EcdsaKeyPair::from_private_key_and_public_key(signing, private, pair.public.as_bytes()).unwrap();
    let rng = SystemRandom::new();
    let bare_sign = || drop(black_box(key.sign(&rng, black_box(&message)).unwrap().as_ref().to_vec()));
    compare(bare.id, "sign 256 B", sign, bare_sign);
    let signature = key.sign(&rng, &message).unwrap();
    let public = signature::ParsedPublicKey::new(verification, key.public_key()).unwrap();
    let bare_verify = || public.verify_sig(black_box(&message), signature.as_ref()).unwrap();
    compare(bare.id, "verify 256 B", verify, bare_verify);
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Bare {
    /// HKDF-Extract as an HMAC.
    fn extract(&self, ikm: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        let key = hmac::Key::new(self.hkdf.hmac_algorithm(), &[]);
        hmac::sign_to_buffer(&key, black_box(ikm), &mut out).unwrap();
        out
    }

    fn expand<const N: usize>(&self, prk: &[u8; 64], info: &[u8], len: usize) -> [u8; N] {
        let mut out = [0; N];
        let prk = hkdf::Prk::new_less_safe(self.hkdf, &prk[..self.digest.output_len()]);
        prk.expand(&[black_box(info)], Length(len)).unwrap().fill(&mut out[..len]).unwrap();
        out
    }

    /// What `DeriveKeyPair` comes down to, on a key that is there already.
    fn derive(&self, private: &[u8]) -> (PrivateKey, agreement::PublicKey) {
        let prk = self.extract(&[1; 60]);
        black_box(self.expand::<66>(&prk, &[2; 23], self.private_len));
        let key = PrivateKey::from_private_key(self.agreement, private).unwrap();
        let public = key.compute_public_key().unwrap();
        (key, public)
    }

    /// Diffie-Hellman and the key schedule up to the AEAD key.
    fn key(&self, private: &PrivateKey, public: &[u8]) -> LessSafeKey {
        let public = ParsedPublicKey::try_from(UnparsedPublicKey::new(self.agreement, public)).unwrap();
        let secret = agreement::agree(private, public, (), |shared| {
            let prk = self.extract(&[shared, &[0; 20]].concat());
            Ok(self.expand::<64>(&prk, &[3; 160], 32))
        });
        let prk = self.extract(&secret.unwrap());
        let key = self.expand::<32>(&prk, &[4; 85], self.aead.key_len());
        black_box(self.expand::<12>(&prk, &[5; 90], 12));
        LessSafeKey::new(UnboundKey::new(self.aead, &key[..self.aead.key_len()]).unwrap())
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([9; 12])
}

fn keys_and_hpke(bare: &Bare, suite: Suite<'_>) {
    let pair = suite.generate_hpke_key_pair(&mut AwsLcRng).unwrap();
    let (private, public) = (pair.private.as_bytes(), pair.public.as_bytes());
    let ikm = [6; 32];
    compare(
        bare.id,
        "derive key pair",
        || drop(black_box(suite.derive_key_pair(black_box(&ikm)).unwrap())),
        || drop(black_box(bare.derive(private))),
    );

    let context = suite.encrypt_context(b"UpdatePathNode", &[8; 200]).unwrap();
    let plaintext = [1; 32];
    let sealed = context.seal(&pair.public, &plaintext, &mut AwsLcRng).unwrap();
    compare(
        bare.id,
        "HPKE seal 32 B",
        || drop(black_box(context.seal(&pair.public, black_box(&plaintext), &mut AwsLcRng).unwrap())),
        || {
            let mut ikm = [0; 66];
            aws_lc_rs::rand::fill(&mut ikm[..bare.private_len]).unwrap();
            let (ephemeral, enc) = bare.derive(private);
            let mut out = plaintext.to_vec();
            bare.key(&ephemeral, public).seal_in_place_append_tag(nonce(), Aad::empty(), &mut out).unwrap();
            black_box((out, enc));
        },
    );
    let open = || {
        let key = PrivateKey::from_private_key(bare.agreement, private).unwrap();
        black_box(key.compute_public_key().unwrap());
        // Not what was sealed: the AEAD does the same work and then refuses.
        let mut out = sealed.ciphertext.clone();
        assert!(bare.key(&key, &sealed.kem_output).open_in_place(nonce(), Aad::empty(), &mut out).is_err());
        black_box(out);
    };
    let ours = || drop(black_box(context.open(&pair.private, black_box(&sealed)).unwrap()));
    compare(bare.id, "HPKE open 32 B", ours, open);
}

fn symmetric(bare: &Bare, suite: Suite<'_>) {
    let input = [1; 256];
    let ours = || _ = black_box(suite.hash(&[black_box(&input)]).unwrap());
    compare(bare.id, "hash 256 B", ours, || _ = black_box(digest::digest(bare.digest, black_box(&input))));
    let ours = || _ = black_box(suite.hash(&black_box(&input).chunks(64).collect::<Vec<_>>()).unwrap());
    compare(bare.id, "hash 4 x 64 B", ours, || _ = black_box(digest::digest(bare.digest, black_box(&input))));

    let key = vec![2; bare.aead.key_len()];
    let ours = || _ = black_box(suite.mac(&key, &[black_box(&input)]).unwrap());
    let bare_mac = || {
        let key = hmac::Key::new(bare.hkdf.hmac_algorithm(), &key);
        black_box(hmac::sign(&key, black_box(&input)));
    };
    compare(bare.id, "MAC 256 B", ours, bare_mac);
    let prk = [3; 64];
    let ours = || drop(black_box(suite.derive_secret(&prk[..bare.digest.output_len()], b"exporter").unwrap()));
    let bare_expand = || _ = black_box(bare.expand::<64>(&prk, &[4; 20], bare.digest.output_len()));
    compare(bare.id, "derive secret", ours, bare_expand);

    let plaintext = vec![5; 1024];
    let sealed = suite.aead_seal(&key, &[9; 12], b"aad", &plaintext).unwrap();
    let ours = || drop(black_box(suite.aead_seal(&key, &[9; 12], b"aad", black_box(&plaintext)).unwrap()));
    let keyed = || LessSafeKey::new(UnboundKey::new(bare.aead, &key).unwrap());
    let seal = || {
        let mut out = Vec::with_capacity(plaintext.len() + 16);
        out.extend_from_slice(black_box(&plaintext));
        keyed().seal_in_place_append_tag(nonce(), Aad::from(b"aad"), &mut out).unwrap();
        drop(black_box(out));
    };
    compare(bare.id, "AEAD seal 1 KiB", ours, seal);
    let ours = || drop(black_box(suite.aead_open(&key, &[9; 12], b"aad", black_box(&sealed)).unwrap()));
    let open = || {
        let mut out = black_box(&sealed).clone();
        keyed().open_in_place(nonce(), Aad::from(b"aad"), &mut out).unwrap();
        drop(black_box(out));
    };
    compare(bare.id, "AEAD open 1 KiB", ours, open);
}
