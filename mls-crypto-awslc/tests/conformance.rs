//! The conformance kit, every case for every suite.

use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_traits::conformance::{self, Family};

#[test]
fn provider_conforms() {
    let report = conformance::run(&AwsLcProvider::new());
    println!("{report}");
    report.assert_ok();
    // X448 and Ed448 are not there, and no family was empty.
    let missing: usize = report.family(Family::Suites).skipped.values().sum();
    assert_eq!(missing, 2);
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
