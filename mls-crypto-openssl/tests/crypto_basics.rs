//! The official vectors `crypto-basics.json`: every suite, through `Suite`.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{env, fs, path::PathBuf};

use mls_crypto_openssl::{OpenSslProvider, OpenSslRng};
use mls_crypto_traits::{
    CipherSuite, CryptoError, CryptoProvider, HpkeCiphertext, HpkePrivateKey, HpkePublicKey, SignaturePrivateKey,
    SignaturePublicKey, Suite,
};
use serde_json::Value;

/// The cases, by suite; `None` where the vectors are not there.
fn vectors() -> Option<Vec<Value>> {
    let dir = env::var_os("MLS_TEST_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/test-vectors"), PathBuf::from);
    let Ok(text) = fs::read_to_string(dir.join("crypto-basics.json")) else {
        println!("skipped: no crypto-basics.json; set MLS_TEST_VECTORS");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn for_each_suite(mut run: impl FnMut(Suite<'_>, &Value)) {
    let Some(cases) = vectors() else { return };
    let provider = OpenSslProvider::new().unwrap();
    let mut seen = Vec::new();
    for case in &cases {
        let id = CipherSuite::from(u16::try_from(number(case, "cipher_suite")).unwrap());
        run(provider.suite(id).unwrap(), case);
        seen.push(id);
    }
    assert_eq!(seen, provider.cipher_suites());
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).unwrap().as_u64().unwrap()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).unwrap().as_str().unwrap()
}

fn label(value: &Value) -> &[u8] {
    text(value, "label").as_bytes()
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    hex::decode(text(value, name)).unwrap()
}

fn len(value: &Value) -> usize {
    usize::try_from(number(value, "length")).unwrap()
}

#[test]
fn ref_hash() {
    // req: R-5.2-01
    for_each_suite(|suite, case| {
        let case = case.get("ref_hash").unwrap();
        let out = suite.ref_hash(label(case), &bytes(case, "value")).unwrap();
        assert_eq!(out.as_bytes(), bytes(case, "out"));
    });
}

#[test]
fn expand_with_label() {
    for_each_suite(|suite, case| {
        let case = case.get("expand_with_label").unwrap();
        let (secret, context) = (bytes(case, "secret"), bytes(case, "context"));
        let out = suite.expand_with_label(&secret, label(case), &context, len(case)).unwrap();
        assert_eq!(out.as_bytes(), bytes(case, "out"));
    });
}

#[test]
fn derive_secret() {
    for_each_suite(|suite, case| {
        let case = case.get("derive_secret").unwrap();
        let out = suite.derive_secret(&bytes(case, "secret"), label(case)).unwrap();
        assert_eq!(out.as_bytes(), bytes(case, "out"));
    });
}

#[test]
fn derive_tree_secret() {
    for_each_suite(|suite, case| {
        let case = case.get("derive_tree_secret").unwrap();
        let generation = u32::try_from(number(case, "generation")).unwrap();
        let secret = bytes(case, "secret");
        let out = suite.derive_tree_secret(&secret, label(case), generation, len(case)).unwrap();
        assert_eq!(out.as_bytes(), bytes(case, "out"));
    });
}

#[test]
fn sign_with_label() {
    // req: R-5.1.2-02, R-5.1.2-03, R-5.1.2-04
    for_each_suite(|suite, case| {
        let case = case.get("sign_with_label").unwrap();
        let (label, content) = (label(case), bytes(case, "content"));
        let public = SignaturePublicKey::from(bytes(case, "pub"));
        let given = bytes(case, "signature");
        let verify = |label: &[u8], content: &[u8], signature: &[u8]| {
            suite.verify_with_label(&public, label, &[content], signature)
        };
        assert_eq!(verify(label, &content, &given), Ok(()));

        let key = SignaturePrivateKey::from_bytes(bytes(case, "priv"));
        let signer = suite.signing_key(&key).unwrap();
        assert_eq!(*signer.public_key(), public);
        let own = suite.sign_with_label(&*signer, label, &[&content]).unwrap();
        assert_eq!(verify(label, &content, &own), Ok(()));
        if matches!(u16::from(suite.id()), 1 | 3 | 4 | 6) {
            assert_eq!(own, given, "EdDSA is deterministic");
        }

        let refused = Err(CryptoError::InvalidSignature);
        assert_eq!(verify(b"another label", &content, &given), refused);
        assert_eq!(verify(label, b"another content", &given), refused);
    });
}

#[test]
fn encrypt_with_label() {
    // req: R-5.1.3-01, R-5.1.3-02
    for_each_suite(|suite, case| {
        let case = case.get("encrypt_with_label").unwrap();
        let (label, context) = (label(case), bytes(case, "context"));
        let plaintext = bytes(case, "plaintext");
        let private = HpkePrivateKey::from_bytes(bytes(case, "priv"));
        let public = HpkePublicKey::from(bytes(case, "pub"));
        let given = HpkeCiphertext { kem_output: bytes(case, "kem_output"), ciphertext: bytes(case, "ciphertext") };
        let open = |label: &[u8], context: &[u8], ciphertext: &HpkeCiphertext| {
            suite
                .decrypt_with_label(&private, label, context, ciphertext)
                .map(|plaintext| plaintext.as_bytes().to_vec())
        };
        assert_eq!(open(label, &context, &given), Ok(plaintext.clone()));
        let derived = suite.provider().kem().public_key(private.as_bytes());
        assert_eq!(derived.as_ref(), Ok(&public));

        let own = suite.encrypt_with_label(&public, label, &context, &plaintext, &mut OpenSslRng).unwrap();
        assert_eq!(open(label, &context, &own), Ok(plaintext.clone()));

        let refused = Err(CryptoError::InvalidCiphertext);
        assert_eq!(open(b"another label", &context, &given), refused);
        assert_eq!(open(label, b"another context", &given), refused);
    });
}
