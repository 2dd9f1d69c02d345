//! What a run found.

use core::fmt;
use std::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};

use crate::{CipherSuite, CryptoError};

/// A family of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Family {
    /// Which suites there are.
    Suites,
    /// FIPS 180-4.
    Hash,
    /// HMAC: Wycheproof.
    Hmac,
    /// HKDF: RFC 5869 and Wycheproof.
    Hkdf,
    /// AEAD: Wycheproof.
    Aead,
    /// Diffie-Hellman inside the KEM: RFC 7748 and Wycheproof.
    Dh,
    /// HPKE: RFC 9180 Appendix A.
    Hpke,
    /// EdDSA: RFC 8032, Wycheproof, "Taming the many EdDSAs", mixed orders on Ed448.
    Eddsa,
    /// ECDSA: Wycheproof.
    Ecdsa,
    /// Wrong lengths, degenerate keys, round trips, batches.
    Forms,
    /// A signing key by itself: [`run_signer`](super::run_signer).
    Signer,
}

/// Why cases were not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// The provider does not have this registered suite.
    MissingSuite,
    /// The kit has no cases for the suite's algorithm, or the family is not for it.
    OtherAlgorithm,
    /// The case is for another key, nonce or tag length than the suite's.
    OtherParameters,
    /// The provider draws its own randomness, so what it sends cannot be compared.
    OwnRandomness,
}

/// How many cases were run, and how they went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Cases that were run.
    pub run: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that were not run, by reason.
    pub skipped: BTreeMap<SkipReason, usize>,
}

/// One case that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The suite.
    pub suite: CipherSuite,
    /// The family of the case.
    pub family: Family,
    /// Which case.
    pub case: String,
}

/// What a run found. `Display` is a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    counts: BTreeMap<(CipherSuite, Family), Counts>,
    failures: Vec<Failure>,
}

impl Report {
    /// The counts by suite and family.
    pub fn counts(&self) -> impl Iterator<Item = (CipherSuite, Family, &Counts)> {
        self.counts.iter().map(|((suite, family), counts)| (*suite, *family, counts))
    }

    /// The sums of one family over all suites.
    #[must_use]
    pub fn family(&self, family: Family) -> Counts {
        let mut sum = Counts::default();
        for (_, _, counts) in self.counts().filter(|(_, f, _)| *f == family) {
            sum.run = sum.run.saturating_add(counts.run);
            sum.passed = sum.passed.saturating_add(counts.passed);
            for (reason, number) in &counts.skipped {
                let entry = sum.skipped.entry(*reason).or_default();
                *entry = entry.saturating_add(*number);
            }
        }
        sum
    }

    /// What failed.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Whether something ran and nothing failed.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failures.is_empty() && self.counts.values().any(|counts| counts.run > 0)
    }

    /// Fails a test with the list of failures.
    ///
    /// # Panics
    /// Unless [`is_ok`](Self::is_ok).
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.is_ok(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<52} {:<7} {:>6} {:>6}  skipped", "suite", "family", "run", "passed")?;
        for (suite, family, counts) in self.counts() {
            let suite = std::format!("{suite:?}");
            let family = std::format!("{family:?}");
            write!(f, "{suite:<52} {family:<7} {:>6} {:>6} ", counts.run, counts.passed)?;
            for (reason, number) in &counts.skipped {
                write!(f, " {number} {reason:?}")?;
            }
            writeln!(f)?;
        }
        for Failure { suite, family, case } in &self.failures {
            writeln!(f, "FAILED {suite:?} {family:?}: {case}")?;
        }
        Ok(())
    }
}

/// Writes the cases of one suite and family into a report.
pub(super) struct Recorder<'a> {
    report: &'a mut Report,
    suite: CipherSuite,
    family: Family,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(report: &'a mut Report, suite: CipherSuite, family: Family) -> Self {
        Self { report, suite, family }
    }

    fn counts(&mut self) -> &mut Counts {
        self.report.counts.entry((self.suite, self.family)).or_default()
    }

    /// One case.
    pub(super) fn check(&mut self, case: impl fmt::Display, passed: bool) {
        let counts = self.counts();
        counts.run = counts.run.saturating_add(1);
        if passed {
            counts.passed = counts.passed.saturating_add(1);
        } else {
            self.report.failures.push(Failure { suite: self.suite, family: self.family, case: case.to_string() });
        }
    }

    /// One case: a call has to give these bytes.
    pub(super) fn gives<T: AsBytes>(&mut self, case: impl fmt::Display, got: &Result<T, CryptoError>, want: &[u8]) {
        match got {
            Ok(got) => self.check(case, got.bytes() == want),
            Err(error) => self.check(std::format!("{case}: {error}"), false),
        }
    }

    /// One case: a call has to fail so.
    pub(super) fn refuses<T>(&mut self, case: impl fmt::Display, got: &Result<T, CryptoError>, want: CryptoError) {
        match got {
            Ok(_) => self.check(std::format!("{case}: accepted"), false),
            Err(error) => self.check(std::format!("{case}: {error}"), *error == want),
        }
    }

    /// Cases that are not run.
    pub(super) fn skip(&mut self, reason: SkipReason, number: usize) {
        let entry = self.counts().skipped.entry(reason).or_default();
        *entry = entry.saturating_add(number);
    }
}

/// What a primitive gives, as bytes.
pub(super) trait AsBytes {
    fn bytes(&self) -> &[u8];
}

impl AsBytes for crate::SecretBytes {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsBytes for crate::Digest {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsBytes for crate::HpkePublicKey {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsBytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}
