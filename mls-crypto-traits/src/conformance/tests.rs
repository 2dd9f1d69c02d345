#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use alloc::{collections::BTreeSet, format};

use super::*;
use crate::tests::mock::{ID, Mock};

/// The toy is a working suite of its own algorithms; as X25519 it fails.
#[test]
fn a_private_suite_runs_what_fits_it() {
    let report = run(&Mock::new());
    let failed: BTreeSet<_> = report.failures().iter().map(|failure| failure.family).collect();
    assert_eq!(failed, BTreeSet::from([Family::Dh]));
    assert!(report.failures().iter().all(|failure| failure.suite == ID));
    let forms = report.family(Family::Forms);
    assert_eq!(forms.run, forms.passed);
    assert!(forms.run > 40);
    let suites = report.family(Family::Suites);
    assert_eq!(suites.skipped[&SkipReason::MissingSuite], 7);
    assert_eq!(report.family(Family::Aead).run, 0);
}

#[test]
fn failures_are_listed_in_the_table() {
    let report = run(&Mock::new());
    assert!(!report.is_ok());
    let table = format!("{report}");
    assert!(table.contains("FAILED CipherSuite(0xf0f0) Dh: RFC 7748 1"), "{table}");
}

#[test]
#[should_panic(expected = "FAILED")]
fn a_report_with_failures_fails_a_test() {
    run(&Mock::new()).assert_ok();
}

#[test]
fn a_report_of_nothing_is_not_good() {
    assert!(!Report::default().is_ok());
}

/// Signs with a key that is not its own, or something else.
#[derive(Debug)]
struct Wrong {
    key: alloc::sync::Arc<dyn SigningKey>,
    hashes_first: bool,
}

impl SigningKey for Wrong {
    fn public_key(&self) -> &crate::SignaturePublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, crate::CryptoError> {
        let hash = Mock::new().suite().hash(message)?;
        if self.hashes_first { self.key.sign(&[&hash]) } else { self.key.sign(&message[..1]) }
    }
}

#[test]
fn a_signer_is_judged_by_itself() {
    let mock = Mock::new();
    let pair = mock.suite().derive_signature_key_pair(b"key").unwrap();
    let key = mock.suite().signing_key(&pair.private).unwrap();
    let report = run_signer(mock.suite(), &*key);
    report.assert_ok();
    assert_eq!(report.family(Family::Signer).run, 33);
    for hashes_first in [false, true] {
        let report = run_signer(mock.suite(), &Wrong { key: key.clone(), hashes_first });
        assert!(report.failures().len() > 8, "{report}");
    }
}

#[test]
fn hexadecimal_is_read() {
    assert_eq!(unhex("00ff1A"), [0, 0xff, 0x1a]);
    assert!(unhex("").is_empty());
}
