//! The backends that have a suite, keys for them, and the count of what they say.

use core::fmt::Debug;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
use mls_crypto_traits::{
    CipherSuite, CryptoError, CryptoProvider, HpkeKeyPair, Rng, SignatureKeyPair, SignatureScheme, Suite,
};

use crate::draw::Draw;

static AWSLC: AwsLcProvider = AwsLcProvider::new();
static OPENSSL: LazyLock<OpenSslProvider> = LazyLock::new(|| OpenSslProvider::new().unwrap());
static RUSTCRYPTO: RustCryptoProvider = RustCryptoProvider::new();

/// How many pairs of each kind the cases share.
const KEYS: usize = 12;
/// The share of accepted and of refused cases that each property has at the least, in percent.
const LEAST_OF_EITHER: usize = 8;

/// What is known of a verdict before it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Accepted,
    Refused,
    /// Nothing, but that it is one.
    Same,
}

/// Bytes to judge.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// What was done to them.
    pub(crate) kind: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) due: Due,
}

impl Mutant {
    pub(crate) const fn new(kind: &'static str, bytes: Vec<u8>, due: Due) -> Self {
        Self { kind, bytes, due }
    }
}

/// One suite on all backends that have it, with keys.
pub(crate) struct Panel {
    pub(crate) id: u16,
    suites: Vec<(&'static str, Suite<'static>)>,
    pub(crate) signature_keys: Vec<SignatureKeyPair>,
    pub(crate) hpke_keys: Vec<HpkeKeyPair>,
    tally: BTreeMap<&'static str, Count>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    accepted: usize,
    refused: usize,
}

impl Panel {
    fn new(id: u16) -> Self {
        let suite = CipherSuite::from(id);
        let backends: [(_, &'static dyn CryptoProvider); 3] =
            [("RustCrypto", &RUSTCRYPTO), ("OpenSSL", &*OPENSSL), ("AWS-LC", &AWSLC)];
        let suites: Vec<_> =
            backends.iter().filter_map(|(name, backend)| Some((*name, backend.suite(suite)?))).collect();
        assert_eq!(suites.len(), if matches!(id, 4 | 6) { 2 } else { 3 }, "backends of suite {id}");
        let first = suites[0].1;
        let draw = &mut Draw::new(u64::from(id));
        Self {
            id,
            signature_keys: (0..KEYS).map(|_| first.generate_signature_key_pair(draw).unwrap()).collect(),
            hpke_keys: (0..KEYS).map(|_| first.generate_hpke_key_pair(draw).unwrap()).collect(),
            suites,
            tally: BTreeMap::new(),
        }
    }

    /// The backend that makes what is then changed: its signatures follow from their input, so that a seed gives the
    /// same case again.
    pub(crate) fn suite(&self) -> Suite<'static> {
        self.suites[0].1
    }

    pub(crate) fn suites(&self) -> impl Iterator<Item = (&'static str, Suite<'static>)> {
        self.suites.iter().copied()
    }

    pub(crate) fn scheme(&self) -> SignatureScheme {
        self.suite().provider().params().signature
    }

    /// SHA-512, which suite 5 has.
    pub(crate) fn sha512(parts: &[&[u8]]) -> Vec<u8> {
        let suite = RUSTCRYPTO.suite(CipherSuite::from(5)).unwrap();
        suite.hash(parts).unwrap().as_bytes().to_vec()
    }

    /// Asks every backend; what all of them answer.
    #[track_caller]
    pub(crate) fn same<T: PartialEq + Debug>(
        &self,
        ask: impl Fn(Suite<'static>) -> Result<T, CryptoError>,
    ) -> Result<T, CryptoError> {
        let mut answers = self.suites().map(|(name, suite)| (name, ask(suite)));
        let (first, answer) = answers.next().unwrap();
        for (name, other) in answers {
            assert_eq!(answer, other, "{first} on the left, {name} on the right, suite {}", self.id);
        }
        answer
    }

    /// Asks every backend about a mutant, and counts the verdict.
    #[track_caller]
    pub(crate) fn judge<T: PartialEq + Debug>(
        &mut self,
        mutant: &Mutant,
        ask: impl Fn(Suite<'static>, &[u8]) -> Result<T, CryptoError>,
    ) -> Result<T, CryptoError> {
        let verdict = self.same(|suite| ask(suite, &mutant.bytes));
        let good = match mutant.due {
            Due::Accepted => verdict.is_ok(),
            Due::Refused => verdict.is_err(),
            Due::Same => true,
        };
        assert!(good, "suite {}: {mutant:02x?} gives {verdict:?}", self.id);
        let count = self.tally.entry(mutant.kind).or_default();
        *if verdict.is_ok() { &mut count.accepted } else { &mut count.refused } += 1;
        verdict
    }
}

/// Says of which seed a case was that panics.
struct Case<'a> {
    property: &'a str,
    suite: u16,
    seed: u64,
}

impl Drop for Case<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { property, suite, seed } = self;
            println!("{property}, suite {suite}: MLS_BACKENDS_SEED={seed} MLS_BACKENDS_CASES=1 gives this case");
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    let number = text.parse();
    assert!(number.is_ok(), "{variable}={text} is no number");
    number.ok()
}

fn fresh_seed() -> u64 {
    let mut bytes = [0; 8];
    OsRng.fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}

/// Runs `percent` of a suite's cases through `check`.
pub(crate) fn property(id: u16, name: &str, percent: u64, check: impl Fn(&mut Panel, &mut Draw)) {
    let seed = number("MLS_BACKENDS_SEED").unwrap_or_else(fresh_seed);
    let cases = (number("MLS_BACKENDS_CASES").unwrap_or(10_000) * percent).div_ceil(100);
    println!("{name}, suite {id}: MLS_BACKENDS_SEED={seed}, {cases} cases");
    let mut panel = Panel::new(id);
    for number in 0..cases {
        let seed = seed.wrapping_add(number);
        let _case = Case { property: name, suite: id, seed };
        check(&mut panel, &mut Draw::new(seed));
    }
    let (mut accepted, mut refused) = (0, 0);
    for (kind, count) in &panel.tally {
        println!("{kind:<36} {:>6} accepted {:>6} refused", count.accepted, count.refused);
        accepted += count.accepted;
        refused += count.refused;
    }
    if cases >= 100 {
        let least = usize::try_from(cases).unwrap() * LEAST_OF_EITHER / 100;
        assert!(accepted > least && refused > least, "{name}, suite {id}: {accepted} accepted, {refused} refused");
    }
}
