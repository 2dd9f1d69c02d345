//! Cases that every provider has to pass before it is used.
//!
//! [`run`] takes each suite that the provider has through the cases that fit its algorithms: published
//! vectors (RFC 5869, 7748, 8032, 9180), Wycheproof, "Taming the many EdDSAs", and what
//! [`checks`](crate::checks) refuses. Registered suites and private ones are treated alike: cases are
//! chosen by the identifiers in [`SuiteParams`](crate::SuiteParams) and the KEM's.
//!
//! ```no_run
//! use mls_crypto_traits::{CryptoProvider, conformance};
//!
//! fn check(provider: &dyn CryptoProvider) {
//!     let report = conformance::run(provider);
//!     println!("{report}");
//!     report.assert_ok();
//! }
//! ```
//!
//! Where the verdict that is asked for differs from Wycheproof's: "acceptable" compressed points are
//! refused, "acceptable" X25519 and X448 keys are taken unless the result is zero.

use std::{string::String, vec::Vec};

use crate::{CipherSuite, CryptoProvider, SigningKey, Suite};

mod aead;
mod dh;
mod ecdsa;
mod eddsa;
mod eddsa_vectors;
mod forms;
mod hash;
mod hpke;
mod hpke_vectors;
mod report;
mod signer;

pub use report::{Counts, Failure, Family, Report, SkipReason};

use report::Recorder;

/// Runs every case that fits, for every suite that `provider` has.
#[must_use]
pub fn run(provider: &dyn CryptoProvider) -> Report {
    let mut report = Report::default();
    let mut ids: Vec<_> = (1..=7).map(CipherSuite::from).collect();
    ids.extend(provider.cipher_suites());
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        match provider.suite(id) {
            Some(suite) => run_suite(suite, &mut report),
            None => Recorder::new(&mut report, id, Family::Suites).skip(SkipReason::MissingSuite, 1),
        }
    }
    let listed = provider.cipher_suites();
    let mut recorder = Recorder::new(&mut report, CipherSuite::from(0), Family::Suites);
    for id in listed {
        let honest = provider.suite(id).is_some_and(|suite| suite.id() == id);
        recorder.check("every listed suite is there under its own identifier", honest);
    }
    report
}

/// Runs the cases of a signing key, of which nothing is known but that it signs: one that a device keeps.
///
/// ```no_run
/// use mls_crypto_traits::{SigningKey, Suite, conformance};
///
/// fn check(suite: Suite<'_>, key: &dyn SigningKey) {
///     conformance::run_signer(suite, key).assert_ok();
/// }
/// ```
#[must_use]
pub fn run_signer(suite: Suite<'_>, key: &dyn SigningKey) -> Report {
    let mut report = Report::default();
    signer::run(suite, key, &mut Recorder::new(&mut report, suite.id(), Family::Signer));
    report
}

fn run_suite(suite: Suite<'_>, report: &mut Report) {
    let id = suite.id();
    hash::run(suite, &mut Recorder::new(report, id, Family::Hash));
    hash::run_hmac(suite, &mut Recorder::new(report, id, Family::Hmac));
    hash::run_hkdf(suite, &mut Recorder::new(report, id, Family::Hkdf));
    aead::run(suite, &mut Recorder::new(report, id, Family::Aead));
    dh::run(suite, &mut Recorder::new(report, id, Family::Dh));
    hpke::run(suite, &mut Recorder::new(report, id, Family::Hpke));
    eddsa::run(suite, &mut Recorder::new(report, id, Family::Eddsa));
    ecdsa::run(suite, &mut Recorder::new(report, id, Family::Ecdsa));
    forms::run(suite, &mut Recorder::new(report, id, Family::Forms));
}

/// The bytes of a hexadecimal constant of this kit.
fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|digit| digit.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte: u8, digit| byte.wrapping_shl(4) | digit)).collect()
}

/// A name for a Wycheproof case.
fn wycheproof_name(id: usize, comment: &str) -> String {
    std::format!("Wycheproof {id} {comment}")
}

#[cfg(test)]
mod tests;
