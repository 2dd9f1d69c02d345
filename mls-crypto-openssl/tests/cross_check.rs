//! The same bytes and the same verdicts from this backend and from RustCrypto, on inputs that are good,
//! mutated or degenerate. `PROPTEST_CASES` says how many of each for every suite.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use std::sync::LazyLock;

use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{
    CipherSuite, CryptoError, CryptoProvider, HpkeCiphertext, HpkePrivateKey, SecretBytes, SignaturePrivateKey,
    SignaturePublicKey, Suite,
};
use proptest::{collection::vec, prelude::*, sample::Index};

static OPENSSL: LazyLock<OpenSslProvider> = LazyLock::new(|| OpenSslProvider::new().unwrap());
static RUSTCRYPTO: RustCryptoProvider = RustCryptoProvider::new();

/// What a backend answered.
type Answer = Result<Vec<u8>, CryptoError>;

fn bytes(secret: SecretBytes) -> Vec<u8> {
    secret.as_bytes().to_vec()
}

/// Asks both backends, who have to agree; the answer.
#[track_caller]
fn same<T: PartialEq + core::fmt::Debug>(suite: u16, ask: impl Fn(Suite<'static>) -> T) -> T {
    let id = CipherSuite::from(suite);
    let ours = ask(OPENSSL.suite(id).unwrap());
    let theirs = ask(RUSTCRYPTO.suite(id).unwrap());
    assert_eq!(ours, theirs, "OpenSSL and RustCrypto, suite {suite}");
    ours
}

fn both(suite: u16) -> [Suite<'static>; 2] {
    let id = CipherSuite::from(suite);
    [OPENSSL.suite(id).unwrap(), RUSTCRYPTO.suite(id).unwrap()]
}

/// A change to some bytes.
#[derive(Clone, Debug)]
enum Edit {
    Flip(Index, u8),
    Set(Index, u8),
    Remove(Index),
    Insert(Index, u8),
    Truncate(Index),
    /// All bytes but the first: the first says what form a point has.
    Fill(u8),
    Last(u8),
    /// As many bytes of these.
    Random(Vec<u8>),
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        match self {
            Self::Insert(at, byte) => bytes.insert(at.index(len + 1), *byte),
            _ if len == 0 => {}
            Self::Flip(at, bit) => bytes[at.index(len)] ^= 1 << (bit % 8),
            Self::Set(at, byte) => bytes[at.index(len)] = *byte,
            Self::Remove(at) => drop(bytes.remove(at.index(len))),
            Self::Truncate(at) => bytes.truncate(at.index(len)),
            Self::Fill(byte) => bytes[1..].fill(*byte),
            Self::Last(byte) => bytes[len - 1] = *byte,
            Self::Random(new) => bytes.iter_mut().zip(new).for_each(|(byte, new)| *byte = *new),
        }
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let edge = || prop_oneof![Just(0), Just(1), Just(0x7f), Just(0x80), Just(0xfe), Just(0xff), any::<u8>()];
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        2 => (any::<Index>(), edge()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        1 => any::<Index>().prop_map(Edit::Remove),
        1 => (any::<Index>(), edge()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        1 => any::<Index>().prop_map(Edit::Truncate),
        1 => edge().prop_map(Edit::Fill),
        1 => edge().prop_map(Edit::Last),
        2 => vec(any::<u8>(), 133).prop_map(Edit::Random),
    ]
}

/// None, one or more changes.
#[derive(Clone, Debug)]
struct Edits(Vec<Edit>);

impl Edits {
    fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        self.0.iter().for_each(|edit| edit.apply(&mut bytes));
        bytes
    }
}

fn edits() -> impl Strategy<Value = Edits> {
    vec(edit(), 0..3).prop_map(Edits)
}

fn data(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..most)
}

/// Hash, HMAC, HKDF, AEAD.
fn symmetric(suite: u16, key: &[u8], input: &[Vec<u8>], len: usize, change: &Edits) {
    let parts: Vec<&[u8]> = input.iter().map(Vec::as_slice).collect();
    same(suite, |s| s.hash(&parts).map(|digest| digest.as_bytes().to_vec())).unwrap();
    same(suite, |s| s.provider().hmac(key, &parts).map(bytes)).unwrap();
    same(suite, |s| s.provider().hkdf_extract(key, &parts).map(bytes)).unwrap();
    same(suite, |s| s.provider().hkdf_expand(key, &parts, len).map(bytes)).unwrap();

    let [openssl, _] = both(suite);
    let okm = openssl.expand_with_label(key, b"aead", &[], 44).unwrap();
    let (aead_key, nonce) = (&okm.as_bytes()[12..][..openssl.aead_key_len()], &okm.as_bytes()[..12]);
    let (aad, plaintext) = (parts.first().copied().unwrap_or_default(), parts.concat());
    let sealed = same(suite, |s| s.aead_seal(aead_key, nonce, aad, &plaintext)).unwrap();
    let opened = same(suite, |s| s.aead_open(aead_key, nonce, aad, &sealed).map(bytes));
    assert_eq!(opened, Ok(plaintext.clone()));
    same(suite, |s| s.aead_open(aead_key, nonce, aad, &change.of(&sealed)).map(bytes)).ok();
    same(suite, |s| s.aead_open(aead_key, nonce, &change.of(aad), &sealed).map(bytes)).ok();
    same(suite, |s| s.aead_open(aead_key, &change.of(nonce), aad, &sealed).map(bytes)).ok();
    same(suite, |s| s.aead_open(&change.of(aead_key), nonce, aad, &sealed).map(bytes)).ok();
    same(suite, |s| s.aead_seal(&change.of(aead_key), nonce, aad, &plaintext)).ok();
}

/// Keys, encapsulation, HPKE.
fn kem(suite: u16, ikm: &[u8], ikm_e: &[u8], plaintext: &[u8], change: &Edits) {
    let [openssl, _] = both(suite);
    let pair = openssl.derive_key_pair(ikm).unwrap();
    let (private, public) = (pair.private.as_bytes(), pair.public.as_bytes());
    let derive = |s: Suite<'_>| s.derive_key_pair(ikm).map(|p| (p.private.as_bytes().to_vec(), p.public));
    same(suite, derive).unwrap();

    let ikm_e = &ikm_e[..openssl.provider().kem().encap_ikm_len()];
    let encap = |public: &[u8]| {
        same(suite, |s| s.provider().kem().encap(public, ikm_e).map(|e| (e.kem_output, bytes(e.shared_secret))))
    };
    let decap = |private: &[u8], output: &[u8]| -> Answer {
        same(suite, |s| s.provider().kem().decap(private, output).map(bytes))
    };
    let (output, shared) = encap(public).unwrap();
    assert_eq!(decap(private, &output), Ok(shared));

    let (bad_public, bad_private, bad_output) = (change.of(public), change.of(private), change.of(&output));
    same(suite, |s| s.check_hpke_public_key(&bad_public)).ok();
    encap(&bad_public).ok();
    decap(private, &bad_output).ok();
    decap(&bad_private, &output).ok();
    same(suite, |s| s.provider().kem().public_key(&bad_private)).ok();

    let mut rng = Fixed(ikm_e.to_vec());
    let sealed = openssl.encrypt_with_label(&pair.public, b"label", b"context", plaintext, &mut rng).unwrap();
    let seal =
        |s: Suite<'_>| s.encrypt_with_label(&pair.public, b"label", b"context", plaintext, &mut Fixed(ikm_e.to_vec()));
    assert_eq!(same(suite, seal).unwrap(), sealed);
    let open = |private: &[u8], kem_output: &[u8], ciphertext: &[u8]| -> Answer {
        let private = HpkePrivateKey::from_bytes(private.to_vec());
        let sealed = HpkeCiphertext { kem_output: kem_output.to_vec(), ciphertext: ciphertext.to_vec() };
        same(suite, |s| s.decrypt_with_label(&private, b"label", b"context", &sealed).map(bytes))
    };
    assert_eq!(open(private, &sealed.kem_output, &sealed.ciphertext), Ok(plaintext.to_vec()));
    open(private, &sealed.kem_output, &change.of(&sealed.ciphertext)).ok();
    open(private, &change.of(&sealed.kem_output), &sealed.ciphertext).ok();
    open(&bad_private, &sealed.kem_output, &sealed.ciphertext).ok();
}

/// Randomness that was drawn before.
struct Fixed(Vec<u8>);

impl mls_crypto_traits::Rng for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        assert!(out.len() <= self.0.len());
        out.copy_from_slice(&self.0[..out.len()]);
        Ok(())
    }
}

/// Keys and signatures.
fn signatures(suite: u16, ikm: &[u8], message: &[u8], change: &Edits) {
    let [openssl, _] = both(suite);
    let pair = openssl.derive_signature_key_pair(ikm).unwrap();
    let derive = |s: Suite<'_>| s.derive_signature_key_pair(ikm).map(|p| (p.private.as_bytes().to_vec(), p.public));
    same(suite, derive).unwrap();

    let sign = |s: Suite<'_>| {
        let signer = s.signing_key(&pair.private).unwrap();
        s.sign_with_label(&*signer, b"label", &[message]).unwrap()
    };
    let verify = |public: &[u8], message: &[u8], signature: &[u8]| {
        let public = SignaturePublicKey::from(public);
        same(suite, |s| s.verify_with_label(&public, b"label", &[message], signature))
    };
    let public = pair.public.as_bytes();
    let eddsa = matches!(suite, 1 | 3 | 4 | 6);
    if eddsa || cfg!(deterministic_ecdsa) {
        same(suite, sign);
    }
    for signature in both(suite).map(sign) {
        assert_eq!(verify(public, message, &signature), Ok(()));
        verify(public, message, &change.of(&signature)).ok();
        verify(&change.of(public), message, &signature).ok();
        verify(public, &change.of(message), &signature).ok();
    }
    same(suite, |s| s.check_signature_public_key(&change.of(public))).ok();
    let private = SignaturePrivateKey::from_bytes(change.of(pair.private.as_bytes()));
    same(suite, |s| s.signing_key(&private).map(|key| key.public_key().clone())).ok();
}

fn config() -> ProptestConfig {
    let fixed = std::env::var_os("PROPTEST_CASES").is_some();
    if fixed { ProptestConfig::default() } else { ProptestConfig::with_cases(128) }
}

macro_rules! suites {
    ($($name:ident = $suite:literal,)*) => {$(
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(config())]

                #[test]
                fn symmetric_primitives_agree(
                    key in data(200), input in vec(data(300), 0..4), len in 0_usize..400, change in edits()
                ) {
                    symmetric($suite, &key, &input, len, &change);
                }

                #[test]
                fn kems_agree(
                    ikm in data(80), ikm_e in vec(any::<u8>(), 66), plaintext in data(100), change in edits()
                ) {
                    kem($suite, &ikm, &ikm_e, &plaintext, &change);
                }

                #[test]
                fn signatures_agree(ikm in data(80), message in data(300), change in edits()) {
                    signatures($suite, &ikm, &message, &change);
                }
            }
        }
    )*};
}

suites! {
    suite_1 = 1,
    suite_2 = 2,
    suite_3 = 3,
    suite_4 = 4,
    suite_5 = 5,
    suite_6 = 6,
    suite_7 = 7,
}
