//! The conformance kit, every case for every suite.
#![cfg(feature = "curve448")]

use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::conformance::{self, Family};
use mls_crypto_traits::{CipherSuite, CryptoProvider as _};

// req: R-17.1-01
#[test]
fn the_suite_that_everybody_implements_is_there() {
    let id = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
    let provider = RustCryptoProvider::new();
    assert!(provider.cipher_suites().contains(&id));
    assert_eq!(provider.suite(id).map(|suite| suite.id()), Some(id));
}

#[test]
fn provider_conforms() {
    let report = conformance::run(&RustCryptoProvider::new());
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
