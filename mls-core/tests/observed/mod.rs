//! A crypto provider that is watched: every call is counted, and every secret that passes is shown to whoever listens.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "test support"
)]

mod keys;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use mls_codec::{Decode, Reader};
use mls_core::tree::math::LeafIndex;
use mls_core::tree::parent_node::ParentNode;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{
    CipherSuite, CipherSuiteProvider, CryptoError, CryptoProvider, Digest, Kem, SecretBytes, SigningKey, SuiteParams,
    VerifyKey,
};

use keys::{ObservedKem, ObservedSigner, ObservedVerifier};

static PROVIDER: RustCryptoProvider = RustCryptoProvider::new();

/// How often each primitive was called.
pub type Counts = BTreeMap<&'static str, usize>;

/// Is shown each secret, with a word about what it is and the secrets that it was made from.
pub type Listener = fn(&str, &[&[u8]], &[u8]);

/// What was seen.
#[derive(Default)]
pub struct Ledger {
    counts: Mutex<Counts>,
    listener: Option<Listener>,
}

impl Ledger {
    fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap().entry(what).or_default() += 1;
    }

    fn secret(&self, what: &str, from: &[&[u8]], bytes: &[u8]) {
        if let Some(listener) = self.listener {
            listener(what, from, bytes);
        }
    }

    /// The calls since this was last asked.
    pub fn take(&self) -> Counts {
        std::mem::take(&mut *self.counts.lock().unwrap())
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ledger")
    }
}

/// All calls of a count.
pub fn total(counts: &Counts) -> usize {
    counts.values().sum()
}

/// How often one primitive was called.
pub fn calls(counts: &Counts, what: &str) -> usize {
    counts.get(what).copied().unwrap_or(0)
}

#[derive(Debug)]
pub struct Observed {
    suites: Vec<ObservedSuite>,
    pub ledger: Arc<Ledger>,
}

impl Observed {
    pub fn new(listener: Option<Listener>) -> Arc<Self> {
        let ledger = Arc::new(Ledger { listener, ..Ledger::default() });
        let suites = PROVIDER
            .cipher_suites()
            .into_iter()
            .filter_map(|id| PROVIDER.provider(id))
            .map(|inner| ObservedSuite {
                inner,
                kem: ObservedKem { inner: inner.kem(), ledger: Arc::clone(&ledger) },
                ledger: Arc::clone(&ledger),
            })
            .collect();
        Arc::new(Self { suites, ledger })
    }
}

impl CryptoProvider for Observed {
    fn cipher_suites(&self) -> Vec<CipherSuite> {
        PROVIDER.cipher_suites()
    }

    fn provider(&self, id: CipherSuite) -> Option<&dyn CipherSuiteProvider> {
        let found = self.suites.iter().find(|suite| suite.params().cipher_suite == id)?;
        Some(found)
    }
}

#[derive(Debug)]
struct ObservedSuite {
    inner: &'static dyn CipherSuiteProvider,
    kem: ObservedKem,
    ledger: Arc<Ledger>,
}

impl CipherSuiteProvider for ObservedSuite {
    fn params(&self) -> &SuiteParams {
        self.inner.params()
    }

    fn hash(&self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        self.ledger.count(if is_tree_hash(&input.concat()) { "tree hash" } else { "hash" });
        self.inner.hash(input)
    }

    fn hmac(&self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        self.ledger.count("hmac");
        self.inner.hmac(key, input)
    }

    fn hkdf_extract(&self, salt: &[u8], ikm: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        self.ledger.count("extract");
        let secret = self.inner.hkdf_extract(salt, ikm)?;
        // What HPKE extracts from public input is no secret (RFC 9180 section 5.1).
        let public = ikm.contains(&b"psk_id_hash".as_slice()) || ikm.contains(&b"info_hash".as_slice());
        if !public {
            let mut from = vec![salt];
            from.extend_from_slice(ikm);
            self.ledger.secret("extract", &from, secret.as_bytes());
        }
        Ok(secret)
    }

    fn hkdf_expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError> {
        self.ledger.count("expand");
        let secret = self.inner.hkdf_expand(prk, info, len)?;
        self.ledger.secret(&label(&info.concat()), &[prk], secret.as_bytes());
        Ok(secret)
    }

    fn aead_seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.ledger.count("seal");
        self.ledger.secret("sealed with", &[], key);
        self.inner.aead_seal(key, nonce, aad, plaintext)
    }

    fn aead_open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.ledger.count("open");
        self.ledger.secret("opened with", &[], key);
        self.inner.aead_open(key, nonce, aad, ciphertext)
    }

    fn kem(&self) -> &dyn Kem {
        &self.kem
    }

    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        self.ledger.count("load verify key");
        let inner = self.inner.load_verify_key(public)?;
        Ok(Arc::new(ObservedVerifier { inner, ledger: Arc::clone(&self.ledger) }))
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.ledger.count("load signing key");
        let inner = self.inner.load_signing_key(private)?;
        Ok(Arc::new(ObservedSigner { inner, ledger: Arc::clone(&self.ledger) }))
    }
}

/// The label of an `ExpandWithLabel` (RFC 9420 section 8), or that it is none.
fn label(info: &[u8]) -> String {
    let mut r = Reader::new(info);
    let of_mls = u16::decode(&mut r).is_ok()
        && r.opaque().is_ok_and(|label| label.starts_with(b"MLS 1.0 "))
        && r.opaque().is_ok_and(|_| r.is_empty());
    if !of_mls {
        // Signature keys are derived under an identifier of their own.
        return if info.get(2..13) == Some(b"HPKE-v1HPKE") { "hpke" } else { "signature key" }.to_owned();
    }
    let mut r = Reader::new(info);
    let _ = u16::decode(&mut r);
    String::from_utf8_lossy(r.opaque().unwrap()).trim_start_matches("MLS 1.0 ").to_owned()
}

/// Whether this is a `TreeHashInput` (RFC 9420 section 7.8).
fn is_tree_hash(input: &[u8]) -> bool {
    let mut r = Reader::new(input);
    match u8::decode(&mut r) {
        Ok(1) => {
            let index = LeafIndex::decode(&mut r).is_ok();
            match u8::decode(&mut r) {
                Ok(0) => index && r.is_empty(),
                Ok(1) => index && mls_core::tree::leaf_node::LeafNode::decode(&mut r).is_ok() && r.is_empty(),
                _ => false,
            }
        }
        Ok(2) => {
            let node = match u8::decode(&mut r) {
                Ok(0) => true,
                Ok(1) => ParentNode::decode(&mut r).is_ok(),
                _ => false,
            };
            node && r.opaque().is_ok() && r.opaque().is_ok() && r.is_empty()
        }
        _ => false,
    }
}
