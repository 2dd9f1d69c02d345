//! The conformance kit, every case for every suite.
#![allow(clippy::unwrap_used, reason = "tests")]

use mls_crypto_openssl::OpenSslProvider;
use mls_crypto_traits::conformance::{self, Family};

#[test]
fn provider_conforms() {
    let report = conformance::run(&OpenSslProvider::new().unwrap());
    println!("{report}");
    report.assert_ok();
    // No suite was missing, and no family was empty.
    assert!(report.family(Family::Suites).skipped.is_empty());
    for family in [
        Family::Hash,
        Family::Hmac,
        Family::Hkdf,
        Family::Aead,
        Family::Dh,
        Family::Hpke,
        Family::Eddsa,
        Family::Ecdsa,
        Family::Forms,
    ] {
        let counts = report.family(family);
        assert!(counts.run > 0, "{family:?}");
        assert_eq!(counts.run, counts.passed, "{family:?}");
    }
}
