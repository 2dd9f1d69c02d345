//! The least that RFC 9420 lets an operation cost: the cryptography that it demands, each at the price of the fastest
//! library.
//!
//! Prices are taken where the operations run, on the same core, before, between and after them: how fast a machine is
//! changes by the minute. Of each primitive the backend counts that is the fastest at first; ours cost at most 5 % or
//! 300 ns more than the libraries beneath (`make bench-crypto`). One thread; signatures are verified one by one.

use core::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};

use mls_codec::header_len;
use mls_crypto_rustcrypto::OsRng;
use mls_crypto_traits::{CipherSuite, CryptoProvider, SecretBytes, Suite};

use crate::count::count;
use crate::row::{Row, median};

/// What a byte costs is the difference that so many more of them make: enough that noise does not.
const LONG: usize = 65_536;
const LONG_BYTES: f64 = 65_536.0;

/// What prices are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Primitive {
    Derive,
    Sign,
    Verify,
    Seal,
    Open,
    Expand,
    Hash,
    Aead,
}

const PRIMITIVES: [Primitive; 8] = [
    Primitive::Derive,
    Primitive::Sign,
    Primitive::Verify,
    Primitive::Seal,
    Primitive::Open,
    Primitive::Expand,
    Primitive::Hash,
    Primitive::Aead,
];

/// What a primitive costs, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Price {
    call: f64,
    /// A byte more, where that counts.
    byte: f64,
}

/// The prices of a suite's primitives, as they are in a part of what runs.
pub struct Floor {
    suite: CipherSuite,
    /// With the primitives that it is the fastest for.
    backends: Vec<(Arc<dyn CryptoProvider>, Vec<Primitive>)>,
    /// The last before the part, and those since.
    taken: Mutex<Vec<Prices>>,
    /// How long a sealed path secret is in a message, in bytes.
    sealed: f64,
    /// How long a commit was whose path was sealed to one key for each level.
    warm: Mutex<f64>,
}

impl Floor {
    /// Finds the fastest backend for each primitive. `None` where no backend has the suite.
    pub fn new(backends: &[(&'static str, Arc<dyn CryptoProvider>)], suite: CipherSuite) -> Option<Self> {
        let mut backends: Vec<_> = backends
            .iter()
            .filter(|(_, crypto)| crypto.suite(suite).is_some())
            .map(|(_, crypto)| (Arc::clone(crypto), Vec::new()))
            .collect();
        for primitive in PRIMITIVES {
            let call = |crypto: &dyn CryptoProvider| price_of(crypto.suite(suite).unwrap(), primitive, 7).call;
            let (_, fastest) =
                backends.iter_mut().map(|(crypto, best)| (call(&**crypto), best)).min_by(|a, b| a.0.total_cmp(&b.0))?;
            fastest.push(primitive);
        }
        let sealed = backends.first().map(|(crypto, _)| sealed_len(crypto.suite(suite).unwrap()))?;
        let floor = Self { suite, backends, taken: Mutex::default(), sealed, warm: Mutex::default() };
        floor.take();
        Some(floor)
    }

    /// Forgets all prices but the last.
    pub fn begin_part(&self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = taken.pop().into_iter().collect();
    }

    /// Takes the prices once more.
    pub fn take(&self) {
        let mut prices = Prices::default();
        for (crypto, primitives) in &self.backends {
            for primitive in primitives {
                *prices.of(*primitive) = price_of(crypto.suite(self.suite).unwrap(), *primitive, 15);
            }
        }
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(prices);
    }

    /// The medians of those of the part; of two, or of the two in the middle, the lower.
    pub fn prices(&self) -> Prices {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut prices = Prices::default();
        for primitive in PRIMITIVES {
            let mut of = |part: fn(&Price) -> f64| {
                let mut all: Vec<f64> = taken.iter_mut().map(|prices| part(prices.of(primitive))).collect();
                all.sort_unstable_by(f64::total_cmp);
                all[(all.len() - 1) / 2]
            };
            *prices.of(primitive) = Price { call: of(|price| price.call), byte: of(|price| price.byte) };
        }
        prices
    }

    /// The floor of an operation that was measured.
    pub fn of_row(&self, row: &Row) -> Option<f64> {
        #[allow(clippy::cast_precision_loss, reason = "bytes of a message")]
        let len = row.message.unwrap_or(0) as f64;
        let mut warm = self.warm.lock().unwrap_or_else(PoisonError::into_inner);
        if row.operation == "path commit, warm" {
            *warm = len;
        }
        // The rest of what such a commit is longer by is the proposal to remove.
        let more = ((len - *warm - 7.0) / self.sealed).max(0.0);
        self.prices().floor(&row.operation, row.members, len, more)
    }
}

/// How long a sealed path secret is in a message.
fn sealed_len(suite: Suite<'_>) -> f64 {
    let (context, keys) = (suite.encrypt_context(b"", &[]).unwrap(), suite.derive_key_pair(&[1; 32]).unwrap());
    let sealed = context.seal(&keys.public, &vec![5; suite.hash_len()], &mut OsRng).unwrap();
    let vectors = [sealed.kem_output.len(), sealed.ciphertext.len()];
    let len: usize = vectors.iter().map(|len| header_len(*len) + len).sum();
    f64::from(u32::try_from(len).unwrap())
}

/// What each primitive costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prices {
    /// A key pair, from random bytes or from a secret.
    derive: Price,
    sign: Price,
    verify: Price,
    /// HPKE of a path secret, the context hashed beforehand.
    seal: Price,
    open: Price,
    /// HKDF-Expand with a label.
    expand: Price,
    /// A hash of 100 bytes, as a parent hash is.
    hash: Price,
    /// An AEAD of 64 bytes.
    aead: Price,
}

/// Measures a primitive: the median of so many rounds.
fn price_of(suite: Suite<'_>, primitive: Primitive, rounds: usize) -> Price {
    let (short, long) = (vec![8; 64], vec![8; 64 + LONG]);
    let (node, more_node) = (vec![8; 100], vec![8; 100 + LONG]);
    let (content, more): (&[&[u8]], &[&[u8]]) = (&[&[3; 256]], &[&[3; 256 + LONG]]);
    let signature_keys = || suite.derive_signature_key_pair(&[2; 64]).unwrap();
    let keys = || suite.derive_key_pair(&[1; 32]).unwrap();
    let call = |call| Price { call, byte: 0.0 };
    let both = |call, more: f64| Price { call, byte: (more - call) / LONG_BYTES };
    match primitive {
        Primitive::Derive => call(price(rounds, || suite.derive_key_pair(&[1; 32]).unwrap())),
        Primitive::Sign => {
            let signer = suite.signing_key(&signature_keys().private).unwrap();
            let sign = |content| price(rounds, || suite.sign_with_label(&*signer, b"x", content).unwrap());
            both(sign(content), sign(more))
        }
        Primitive::Verify => {
            let keys = signature_keys();
            let signer = suite.signing_key(&keys.private).unwrap();
            let verify = |content| {
                let signature = suite.sign_with_label(&*signer, b"x", content).unwrap();
                price(rounds, || suite.verify_with_label(&keys.public, b"x", content, &signature).unwrap())
            };
            both(verify(content), verify(more))
        }
        Primitive::Seal => {
            let (context, keys) = (suite.encrypt_context(b"UpdatePathNode", &[4; 100]).unwrap(), keys());
            call(price(rounds, || context.seal(&keys.public, &[5; 32], &mut OsRng).unwrap()))
        }
        Primitive::Open => {
            let (context, keys) = (suite.encrypt_context(b"UpdatePathNode", &[4; 100]).unwrap(), keys());
            let sealed = context.seal(&keys.public, &[5; 32], &mut OsRng).unwrap();
            let loaded = suite.hpke_key_pair(&keys.private, &keys.public).unwrap();
            call(price(rounds, || context.open_with(&*loaded, &sealed).unwrap()))
        }
        Primitive::Expand => {
            let secret = SecretBytes::from_slice(&vec![9; suite.hash_len()]);
            call(price(rounds, || suite.derive_secret(secret.as_bytes(), b"x").unwrap()))
        }
        Primitive::Hash => {
            let hash = |data: &[u8]| price(rounds, || suite.hash(&[data]).unwrap());
            both(hash(&node), hash(&more_node))
        }
        Primitive::Aead => {
            let (key, nonce) = (vec![6; suite.aead_key_len()], vec![7; suite.aead_nonce_len()]);
            let aead = |data: &[u8]| price(rounds, || suite.aead_seal(&key, &nonce, &[], data).unwrap());
            both(aead(&short), aead(&long))
        }
    }
}

/// The median of some rounds, in nanoseconds.
fn price<T>(rounds: usize, mut work: impl FnMut() -> T) -> f64 {
    let mut calls = 1_u32;
    while count(|| (0..calls).for_each(|_| _ = black_box(work()))).1.cpu < 2e5 {
        calls *= 2;
    }
    median((0..rounds).map(|_| count(|| (0..calls).for_each(|_| _ = black_box(work()))).1.cpu / f64::from(calls)))
}

impl Prices {
    const fn of(&mut self, primitive: Primitive) -> &mut Price {
        match primitive {
            Primitive::Derive => &mut self.derive,
            Primitive::Sign => &mut self.sign,
            Primitive::Verify => &mut self.verify,
            Primitive::Seal => &mut self.seal,
            Primitive::Open => &mut self.open,
            Primitive::Expand => &mut self.expand,
            Primitive::Hash => &mut self.hash,
            Primitive::Aead => &mut self.aead,
        }
    }

    /// The floor of an operation in microseconds; `len` is how long its message is, `more` to how many keys it is sealed
    /// beyond one for each level. `None` where the RFC sets none.
    fn floor(&self, operation: &str, members: u32, len: f64, more: f64) -> Option<f64> {
        let n = f64::from(members);
        let depth = n.log2().ceil();
        // Content is hashed for the transcript and the membership tag, and for the signature in a way of its own.
        let sent = len * 2.0f64.mul_add(self.hash.byte, self.sign.byte);
        let taken = len * 2.0f64.mul_add(self.hash.byte, self.verify.byte);
        // The key schedule, and the tag of the confirmation; the two transcript hashes.
        let schedule = 15.0f64.mul_add(self.expand.call, 2.0 * self.hash.call);
        // And the membership tag.
        let commit = schedule + self.expand.call;
        // The tree hash of a parent is over 135 bytes or more, its parent hash over 99.
        let node = 36.0f64.mul_add(self.hash.byte, self.hash.call);
        let tree = 2.0 * n * node;
        let path = |seals: f64| {
            (depth + 1.0) * self.derive.call
                + seals * self.seal.call
                + 2.0 * self.sign.call
                + (2.0 * depth + 1.0) * self.expand.call
                + depth * (self.hash.call + node)
                + commit
                + sent
        };
        let process_path = |derived: f64| {
            2.0 * self.verify.call
                + self.open.call
                + derived * self.derive.call
                + (2.0 * derived + 1.0) * self.expand.call
                + depth * (self.hash.call + node)
                + commit
                + taken
        };
        let add = |depth: f64| {
            2.0 * self.verify.call
                + 2.0 * self.sign.call
                + self.seal.call
                + (depth + 2.0) * node
                + commit
                + sent
                + self.aead.call
        };
        let message = 5.0f64.mul_add(self.expand.call, 2.0 * self.aead.call);
        let send = |len: f64| self.sign.call + message + len * (self.aead.byte + self.sign.byte);
        let receive = |len: f64| self.verify.call + message + len * (self.aead.byte + self.verify.byte);
        let ns = match operation {
            "key package" => 2.0 * self.derive.call + 2.0 * self.sign.call,
            "create" => self.derive.call + self.sign.call + 10.0 * self.expand.call + 3.0 * self.hash.call,
            "bulk add, tree inside" | "bulk add, tree outside" => {
                let added = n - 1.0;
                added * (2.0 * self.verify.call + self.seal.call)
                    + 2.0 * self.sign.call
                    + tree
                    + commit
                    + added * 330.0 * 2.0f64.mul_add(self.hash.byte, self.sign.byte)
                    + len * self.aead.byte
            }
            "join" => {
                self.open.call
                    + (n + 1.0) * self.verify.call
                    + tree
                    + schedule
                    + len * (self.aead.byte + self.hash.byte)
            }
            "path commit, fresh" => path(n - 1.0),
            "path commit, warm" => path(depth),
            // The path of whoever leaves is blank, so that more keys have to be sealed to.
            "remove one" => path(depth + more),
            "process it, fresh" | "process it, warm, beside" | "process it, remove" => process_path(depth),
            "process it, warm, other half" => process_path(1.0),
            "add one" => add(depth),
            "process it, add" => 3.0 * self.verify.call + (depth + 1.0) * node + commit + taken,
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
}

impl core::fmt::Display for Prices {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { derive, sign, verify, seal, open, expand, hash, aead } = self;
        write!(
            f,
            "key pair {:.0}, sign {:.0} and {:.2} a byte, verify {:.0} and {:.2}, HPKE seal {:.0}, open {:.0}, expand \
             {:.0}, hash of a node {:.0}, of a byte more {:.2}, AEAD {:.0}, a byte more {:.2}",
            derive.call,
            sign.call,
            sign.byte,
            verify.call,
            verify.byte,
            seal.call,
            open.call,
            expand.call,
            hash.call,
            hash.byte,
            aead.call,
            aead.byte
        )
    }
}

/// How the floor is counted.
pub const COUNTED: &str = "floor: path commit (f+1) key pairs, R seals, 2 signatures; process it 2 verifications, 1 open, g \
    key pairs; add one 2 verifications, 2 signatures, 1 seal; join n+1 verifications, 1 open; each with 14 expansions of \
    the key schedule, 2 tags, 2 expansions a path node, the hashes of the nodes that changed, and 3 hashes over the message";

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests")]
mod tests;
