//! The least that RFC 9420 lets an operation cost: the cryptography that it demands, each at the price of the fastest
//! library.
//!
//! Prices are measured in the same run, on every backend, and the cheapest is taken; our backends cost at most 5 % or
//! 300 ns more than the libraries beneath (`make bench-crypto`). One thread; signatures are verified one by one.

use core::hint::black_box;
use std::sync::Arc;

use mls_crypto_rustcrypto::OsRng;
use mls_crypto_traits::{CipherSuite, CryptoProvider, SecretBytes, Suite};

use crate::count::count;
use crate::row::{Row, Sheet, median};

/// What a byte costs is the difference that so many more of them make: enough that noise does not.
const LONG: usize = 65_536;
const LONG_BYTES: f64 = 65_536.0;

/// What each primitive costs, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    /// A key pair, from random bytes or from a secret.
    derive: f64,
    sign: f64,
    verify: f64,
    /// A byte more in what is signed, and verified.
    sign_byte: f64,
    verify_byte: f64,
    /// HPKE of a path secret, the context hashed beforehand.
    seal: f64,
    open: f64,
    /// HKDF-Expand with a label.
    expand: f64,
    /// A hash of 100 bytes, as of a tree node.
    hash: f64,
    /// A byte more in a hash.
    hash_byte: f64,
    /// An AEAD of 64 bytes, and a byte more.
    aead: f64,
    aead_byte: f64,
}

impl Prices {
    /// The cheapest of all backends that have the suite.
    pub fn measure(backends: &[(&'static str, Arc<dyn CryptoProvider>)], suite: CipherSuite) -> Option<Self> {
        backends.iter().filter_map(|(_, crypto)| crypto.suite(suite).map(Self::of)).reduce(Self::cheaper)
    }

    fn of(suite: Suite<'_>) -> Self {
        let keys = suite.derive_key_pair(&[1; 32]).unwrap();
        let signature_keys = suite.derive_signature_key_pair(&[2; 64]).unwrap();
        let signer = suite.signing_key(&signature_keys.private).unwrap();
        let content: &[&[u8]] = &[&[3; 256]];
        let more: &[&[u8]] = &[&[3; 256 + LONG]];
        let more_signed = suite.sign_with_label(&*signer, b"x", more).unwrap();
        let signature = suite.sign_with_label(&*signer, b"x", content).unwrap();
        let context = suite.encrypt_context(b"UpdatePathNode", &[4; 100]).unwrap();
        let mut rng = OsRng;
        let sealed = context.seal(&keys.public, &[5; 32], &mut rng).unwrap();
        let loaded = suite.hpke_key_pair(&keys.private, &keys.public).unwrap();
        let (key, nonce) = (vec![6; suite.aead_key_len()], vec![7; suite.aead_nonce_len()]);
        let (short, long) = (vec![8; 64], vec![8; 64 + LONG]);
        let secret = SecretBytes::from_slice(&vec![9; suite.hash_len()]);
        let aead = |data: &[u8]| price(|| suite.aead_seal(&key, &nonce, &[], data).unwrap());
        let hash = |data: &[u8]| price(|| suite.hash(&[data]).unwrap());
        let sign = |content| price(|| suite.sign_with_label(&*signer, b"x", content).unwrap());
        let verify = |content, signature: &[u8]| {
            price(|| suite.verify_with_label(&signature_keys.public, b"x", content, signature).unwrap())
        };
        let (sign, sign_more) = (sign(content), sign(more));
        let (verify, verify_more) = (verify(content, &signature), verify(more, &more_signed));
        Self {
            derive: price(|| suite.derive_key_pair(&[1; 32]).unwrap()),
            sign,
            verify,
            sign_byte: (sign_more - sign) / LONG_BYTES,
            verify_byte: (verify_more - verify) / LONG_BYTES,
            seal: price(|| context.seal(&keys.public, &[5; 32], &mut OsRng).unwrap()),
            open: price(|| context.open_with(&*loaded, &sealed).unwrap()),
            expand: price(|| suite.derive_secret(secret.as_bytes(), b"x").unwrap()),
            hash: hash(&short[..]),
            hash_byte: (hash(&long) - hash(&short)) / LONG_BYTES,
            aead: aead(&short),
            aead_byte: (aead(&long) - aead(&short)) / LONG_BYTES,
        }
    }

    fn cheaper(self, other: Self) -> Self {
        Self {
            derive: self.derive.min(other.derive),
            sign: self.sign.min(other.sign),
            verify: self.verify.min(other.verify),
            sign_byte: self.sign_byte.min(other.sign_byte),
            verify_byte: self.verify_byte.min(other.verify_byte),
            seal: self.seal.min(other.seal),
            open: self.open.min(other.open),
            expand: self.expand.min(other.expand),
            hash: self.hash.min(other.hash),
            hash_byte: self.hash_byte.min(other.hash_byte),
            aead: self.aead.min(other.aead),
            aead_byte: self.aead_byte.min(other.aead_byte),
        }
    }

    /// The floor of an operation in microseconds; `len` is how long its message is. `None` where the RFC sets none.
    pub fn floor(&self, operation: &str, members: u32, len: f64) -> Option<f64> {
        let n = f64::from(members);
        let depth = n.log2().ceil();
        // Content is hashed for the transcript and the membership tag, and for the signature in a way of its own.
        let sent = len * 2.0f64.mul_add(self.hash_byte, self.sign_byte);
        let taken = len * 2.0f64.mul_add(self.hash_byte, self.verify_byte);
        let schedule = 14.0 * self.expand;
        let tree = 2.0 * n * self.hash;
        let path = |seals: f64| {
            (depth + 1.0) * self.derive
                + seals * self.seal
                + 2.0 * self.sign
                + (2.0 * depth + 1.0) * self.expand
                + 2.0 * depth * self.hash
                + schedule
                + sent
        };
        let process_path = |derived: f64| {
            2.0 * self.verify
                + self.open
                + derived * self.derive
                + (2.0 * derived + 1.0) * self.expand
                + 2.0 * depth * self.hash
                + schedule
                + taken
        };
        let add = |depth: f64| {
            2.0 * self.verify + 2.0 * self.sign + self.seal + depth * self.hash + schedule + sent + 2.0 * self.aead
        };
        let message = 5.0f64.mul_add(self.expand, 2.0 * self.aead);
        let send = |len: f64| self.sign + message + len * (self.aead_byte + self.sign_byte);
        let receive = |len: f64| self.verify + message + len * (self.aead_byte + self.verify_byte);
        let ns = match operation {
            "key package" => 2.0 * self.derive + 2.0 * self.sign,
            "create" => self.derive + self.sign + 9.0 * self.expand + 3.0 * self.hash,
            "bulk add, tree inside" | "bulk add, tree outside" => {
                let added = n - 1.0;
                added * (2.0 * self.verify + self.seal)
                    + 2.0 * self.sign
                    + tree
                    + schedule
                    + added * 330.0 * 2.0f64.mul_add(self.hash_byte, self.sign_byte)
                    + len * self.aead_byte
            }
            "join" => self.open + (n + 1.0) * self.verify + tree + schedule + len * (self.aead_byte + self.hash_byte),
            "path commit, fresh" => path(n - 1.0),
            "path commit, warm" => path(depth),
            // The path of whoever leaves is blank, so that more keys have to be sealed to: as many as there are
            // ciphertexts of 82 bytes in the message.
            "remove one" => path((len / 82.0 - 5.0).max(depth)),
            "process it, fresh" | "process it, warm, beside" | "process it, remove" => process_path(depth),
            "process it, warm, other half" => process_path(1.0),
            "add one" => add(depth),
            "process it, add" => 3.0 * self.verify + depth * self.hash + schedule + taken,
            "1 000 single adds" => (1..=1_000).map(|n| add(f64::from(n).log2().ceil() + 1.0)).sum(),
            "send 32 B" => send(32.0),
            "send 1 KiB" => send(1_024.0),
            "send 64 KiB" => send(65_536.0),
            "receive 32 B" => receive(32.0),
            "receive 1 KiB" => receive(1_024.0),
            "receive 64 KiB" => receive(65_536.0),
            _ => return None,
        };
        Some(ns / 1e3)
    }

    /// The floor of an operation that was measured.
    pub fn of_row(&self, row: &Row) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "bytes of a message")]
        let len = row.message.unwrap_or(0) as f64;
        self.floor(&row.operation, row.members, len)
    }

    /// Prints how the floor is counted.
    pub fn print(&self, suite: u16) {
        let Self { derive, sign, verify, sign_byte, verify_byte, seal, open, expand, hash, hash_byte, aead, aead_byte } =
            self;
        println!(
            "floor of suite {suite}, ns: key pair {derive:.0}, sign {sign:.0} and {sign_byte:.2} a byte, verify {verify:.0} and {verify_byte:.2}, HPKE seal {seal:.0}, \
             open {open:.0}, expand {expand:.0}, hash of a node {hash:.0}, of a byte more {hash_byte:.2}, AEAD {aead:.0}, \
             a byte more {aead_byte:.2}"
        );
        println!(
            "  path commit (f+1) key pairs, R seals, 2 signatures; process it 2 verifications, 1 open, g key pairs; add \
             one 2 verifications, 2 signatures, 1 seal; join n+1 verifications, 1 open; each with 14 expansions of the key \
             schedule, 2 expansions a path node, the hashes of the nodes that changed, and 3 hashes over the message"
        );
    }
}

/// The median of many rounds, in nanoseconds.
fn price<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut calls = 1_u32;
    while count(|| (0..calls).for_each(|_| _ = black_box(work()))).1.cpu < 2e5 {
        calls *= 2;
    }
    median((0..31).map(|_| count(|| (0..calls).for_each(|_| _ = black_box(work()))).1.cpu / f64::from(calls)))
}

/// Rows of the floor, for the plots.
pub fn sheet(suite: u16, members: u32) -> Sheet {
    Sheet { implementation: "floor", backend: "fastest", suite, members }
}
