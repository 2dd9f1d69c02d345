//! What the backends free, they have wiped: an allocator looks through every block that is given back while they work,
//! for the secrets that they were given or made. So is the stack looked through, after each operation.
//!
//! It sees what is allocated by Rust's allocator: the buffers of our crates and of the Rust libraries beneath. OpenSSL's
//! and AWS-LC's own memory are out of its sight.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]
#![allow(unsafe_code, reason = "an allocator")]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::panic::Location;
use std::alloc::System;
use std::sync::{Mutex, RwLock};

#[path = "../../mls-core/tests/heap/stack.rs"]
#[allow(unreachable_pub, reason = "of other tests")]
mod stack;
use stack::{clear, rest};

use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{
    CipherSuite, CryptoError, CryptoProvider, HpkeKeyPair, Rng, SecretBytes, SignatureKeyPair, Suite, hpke,
    wiping_stack,
};

/// How much of a secret has to stand in a freed block: not there by chance.
const PART: usize = 12;
/// Keeps the list of secrets from matching itself.
const MASK: u8 = 0xa5;

struct Watching;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// A secret's name, and its first and last bytes, masked.
type Needle = (&'static str, [[u8; PART]; 2]);

static NEEDLES: RwLock<Vec<Needle>> = RwLock::new(Vec::new());
static FOUND: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: it is the system's allocator; a block is read before it is given back.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract. Zeros: a block that is only partly written can be read.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WATCHED.try_with(|watched| watched.replace(false)).unwrap_or(false) {
            // SAFETY: the block is alive until the end of this call, and was initialised in whole.
            search(unsafe { core::slice::from_raw_parts(block, layout.size()) }, "");
            WATCHED.with(|watched| watched.set(true));
        }
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(block, layout) }
    }
    // `realloc` is the default: a new block, a copy, and the old one given back above.
}

/// Notes the secrets that stand in `bytes`.
fn search(bytes: &[u8], at: &str) {
    let needles = NEEDLES.read().unwrap();
    let mut firsts = [false; 256];
    for part in needles.iter().flat_map(|(_, parts)| parts) {
        firsts[usize::from(part[0] ^ MASK)] = true;
    }
    let mut held = vec![false; needles.len()];
    for window in bytes.windows(PART).filter(|window| firsts[usize::from(window[0])]) {
        let is = |part: &[u8; PART]| window.iter().zip(part).all(|(byte, masked)| byte ^ MASK == *masked);
        for ((_, parts), held) in needles.iter().zip(&mut held) {
            *held |= parts.iter().any(is);
        }
    }
    let names = needles.iter().zip(held).filter(|(_, held)| *held).map(|((name, _), _)| format!("{name}{at}"));
    FOUND.lock().unwrap().extend(names);
}

fn watch(name: &'static str, secret: &[u8]) {
    if secret.len() >= PART {
        let part = |bytes: &[u8]| -> [u8; PART] { core::array::from_fn(|at| bytes[at] ^ MASK) };
        NEEDLES.write().unwrap().push((name, [part(secret), part(&secret[secret.len() - PART..])]));
    }
}

/// Runs `work` and says what it left: freed unwiped, or on the stack. What it returns is not freed in it.
fn watched<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    WATCHED.with(|watched| watched.set(true));
    let result = work();
    WATCHED.with(|watched| watched.set(false));
    (result, core::mem::take(&mut FOUND.lock().unwrap()))
}

/// Bytes that look random, other ones for other seeds.
fn stream(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        })
        .collect()
}

struct Same(u64);

impl Rng for Same {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for (at, byte) in out.iter_mut().enumerate() {
            *byte = (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> (at % 57)).to_be_bytes()[7];
        }
        Ok(())
    }
}

/// What is given to a backend, and what it is known to make of it.
struct Secrets {
    signature: SignatureKeyPair,
    receiver: HpkeKeyPair,
    message: Vec<u8>,
    plaintext: Vec<u8>,
    key: Vec<u8>,
    ikm: Vec<u8>,
}

impl Secrets {
    fn new(suite: Suite<'_>) -> Self {
        let seed = u64::from(u16::from(suite.id()));
        let secrets = Self {
            signature: suite.derive_signature_key_pair(&stream(seed, 60)).unwrap(),
            receiver: suite.derive_key_pair(&stream(seed + 10, 60)).unwrap(),
            message: stream(seed + 20, 3000),
            plaintext: stream(seed + 30, 700),
            key: stream(seed + 40, suite.aead_key_len()),
            ikm: stream(seed + 50, 64),
        };
        watch("the signature private key", secrets.signature.private.as_bytes());
        watch("the HPKE private key", secrets.receiver.private.as_bytes());
        watch("the message that is signed", &secrets.message);
        watch("the plaintext", &secrets.plaintext);
        watch("the AEAD key", &secrets.key);
        watch("key material", &secrets.ikm);
        let made = suite.derive_key_pair(&secrets.ikm).unwrap();
        watch("a derived HPKE key", made.private.as_bytes());
        let made = suite.derive_signature_key_pair(&secrets.ikm).unwrap();
        watch("a derived signature key", made.private.as_bytes());
        let provider = suite.provider();
        watch("an HMAC", provider.hmac(&secrets.key, &[&secrets.ikm]).unwrap().as_bytes());
        watch("an expanded secret", provider.hkdf_expand(&secrets.ikm, &[b"info"], 150).unwrap().as_bytes());
        // Of an exchange: what the KEM gives, the ephemeral key, the AEAD key above it.
        let kem = provider.kem();
        let mut ikm_e = vec![0; kem.encap_ikm_len()];
        Same(seed).fill(&mut ikm_e).unwrap();
        watch("key material of the ephemeral key", &ikm_e);
        watch("the ephemeral key", kem.derive_key_pair(&ikm_e).unwrap().private.as_bytes());
        let sent = kem.encap(secrets.receiver.public.as_bytes(), &ikm_e).unwrap();
        watch("the shared secret", sent.shared_secret.as_bytes());
        watch("the Diffie-Hellman result", &diffie_hellman(suite, &secrets.receiver, &sent.kem_output));
        secrets
    }
}

/// Before the KEM hashes it.
fn diffie_hellman(suite: Suite<'_>, pair: &HpkeKeyPair, public: &[u8]) -> Vec<u8> {
    let private = pair.private.as_bytes();
    match u16::from(suite.id()) {
        1 | 3 => {
            let private = x25519_dalek::StaticSecret::from(<[u8; 32]>::try_from(private).unwrap());
            let public = x25519_dalek::PublicKey::from(<[u8; 32]>::try_from(public).unwrap());
            private.diffie_hellman(&public).as_bytes().to_vec()
        }
        2 => {
            let private = p256::SecretKey::from_bytes(private.try_into().unwrap()).unwrap();
            let public = p256::PublicKey::from_sec1_bytes(public).unwrap();
            private.diffie_hellman(&public).raw_secret_bytes().to_vec()
        }
        5 => {
            let private = p521::SecretKey::from_bytes(private.try_into().unwrap()).unwrap();
            let public = p521::PublicKey::from_sec1_bytes(public).unwrap();
            private.diffie_hellman(&public).raw_secret_bytes().to_vec()
        }
        7 => {
            let private = p384::SecretKey::from_bytes(private.try_into().unwrap()).unwrap();
            let public = p384::PublicKey::from_sec1_bytes(public).unwrap();
            private.diffie_hellman(&public).raw_secret_bytes().to_vec()
        }
        _ => {
            let private = x448::StaticSecret::from(<[u8; 56]>::try_from(private).unwrap());
            let public = x448::PublicKey::from_bytes(public).unwrap();
            private.diffie_hellman(&public).as_bytes().to_vec()
        }
    }
}

/// Everything that a backend does with secrets, in parts where it can come in parts.
fn work(suite: Suite<'_>, secrets: &Secrets) {
    let provider = suite.provider();
    drop(step(|| suite.derive_key_pair(&secrets.ikm).unwrap()));
    drop(step(|| suite.derive_signature_key_pair(&secrets.ikm).unwrap()));
    drop(step(|| provider.hmac(&secrets.key, &[&secrets.ikm]).unwrap()));
    drop(step(|| provider.hkdf_extract(&secrets.ikm, &[&secrets.key, &secrets.plaintext]).unwrap()));
    drop(step(|| provider.hkdf_expand(&secrets.ikm, &[b"info"], 150).unwrap()));
    // Of public input in MLS: the stack is left as it is.
    suite.hash(&[&secrets.ikm, &secrets.plaintext]).unwrap();

    let signer = step(|| suite.signing_key(&secrets.signature.private).unwrap());
    let verifier = suite.verify_key(secrets.signature.public.as_bytes()).unwrap();
    for parts in [&[&secrets.message[..]][..], &[&secrets.message[..300]], &[&secrets.ikm, &secrets.message]] {
        let signature = step(|| suite.sign_with_label(&*signer, b"label", parts).unwrap());
        step(|| verifier.verify_with_label(b"label", parts, &signature).unwrap());
    }
    drop(signer);

    let nonce = vec![7; suite.aead_nonce_len()];
    let sealed = step(|| suite.aead_seal(&secrets.key, &nonce, b"aad", &secrets.plaintext).unwrap());
    drop(step(|| suite.aead_open(&secrets.key, &nonce, b"aad", &sealed).unwrap()));
    // The plaintext may be there already when the tag is found wrong.
    assert!(step(|| suite.aead_open(&secrets.key, &nonce, b"other", &sealed)).is_err());

    let mut rng = Same(u64::from(u16::from(suite.id())));
    let context = suite.encrypt_context(b"label", b"context").unwrap();
    let sealed = step(|| context.seal(&secrets.receiver.public, &secrets.plaintext, &mut rng).unwrap());
    drop(step(|| context.open(&secrets.receiver.private, &sealed).unwrap()));
    let key = step(|| suite.hpke_key(&secrets.receiver.private).unwrap());
    drop(step(|| context.open_with(&*key, &sealed).unwrap()));
    drop(key);
    let mode = hpke::Mode::Psk { psk: &secrets.ikm, psk_id: b"id" };
    let (kem_output, mut sender) =
        step(|| hpke::setup_sender(suite, mode, &secrets.receiver.public, b"", &mut rng).unwrap());
    let sealed = step(|| sender.seal(b"", &secrets.plaintext).unwrap());
    let mut receiver = step(|| hpke::setup_receiver(suite, mode, &secrets.receiver.private, &kem_output, b"").unwrap());
    drop(step(|| receiver.open(b"", &sealed).unwrap()));
    drop(step(|| receiver.export(b"", 32).unwrap()));
}

/// One operation, after which the stack is looked through too, where it is watched.
#[inline(never)]
#[track_caller]
fn step<T>(operation: impl FnOnce() -> T) -> T {
    if !WATCHED.get() {
        return operation();
    }
    clear();
    let result = operation();
    WATCHED.set(false);
    // Here, and not a frame deeper: it would stand on what is looked for.
    let rest = rest();
    search(&rest, &format!(" on the stack of line {}", Location::caller().line()));
    drop(rest);
    WATCHED.set(true);
    result
}

#[test]
fn backends_wipe_what_they_free() {
    let openssl = OpenSslProvider::new().unwrap();
    let backends: [(&str, &dyn CryptoProvider); 3] =
        [("RustCrypto", &RustCryptoProvider::new()), ("OpenSSL", &openssl), ("AWS-LC", &AwsLcProvider::new())];
    for id in (1..=7).map(CipherSuite::from) {
        let secrets = Secrets::new(RustCryptoProvider::new().suite(id).unwrap());
        for (name, backend) in backends {
            if let Some(suite) = backend.suite(id) {
                // What is made once, as tables are, is made before.
                work(suite, &secrets);
                let ((), found) = watched(|| work(suite, &secrets));
                assert!(found.is_empty(), "{name}, suite {}, left behind: {found:?}", u16::from(id));
            }
        }
        NEEDLES.write().unwrap().clear();
    }

    // The watch finds what is not wiped, and takes no wiped secret for one: not even behind the end of a vector.
    let secret = stream(99, 64);
    watch("a secret", &secret);
    let copy = secret.clone();
    let ((), found) = watched(move || drop(copy));
    assert_eq!(found, ["a secret"]);
    let (grown, found) = watched(|| {
        let mut grown = secret.clone();
        grown.push(1);
        grown
    });
    assert_eq!(found, ["a secret"]);
    let mut shortened = grown;
    shortened.truncate(3);
    let ((), found) = watched(move || drop(SecretBytes::from(shortened)));
    assert!(found.is_empty());

    // So does the look at the stack, and overwriting it helps.
    let ((), found) = watched(|| step(|| leave(&secret)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a secret on the stack"), "{found:?}");
    let ((), found) = watched(|| step(|| wiping_stack::<8192, _>(|| leave(&secret))));
    assert_eq!(found, [""; 0]);
    NEEDLES.write().unwrap().clear();
}

/// Leaves a secret on the stack.
#[inline(never)]
fn leave(secret: &[u8]) {
    let mut frame = [0_u8; 4096];
    frame[1024..1024 + secret.len()].copy_from_slice(secret);
    core::hint::black_box(&mut frame);
}
