//! The same chains, for the suites that a backend has, on each of them.

use mls_identity_x509::{ConfigError, TrustAnchors, X509Error, X509Identity};

use crate::support::*;

#[test]
fn every_backend_validates_the_chains_of_its_suites() {
    for crypto in backends() {
        let suites = crypto.cipher_suites();
        for suite in SUITES {
            let mut pki = Pki::new(suite);
            let good = pki.chain();
            let mut broken = good.clone();
            let at = broken[0].len() - 20;
            broken[0][at] ^= 1;
            let verdicts = [good, broken].map(|chain| pki.verdict_by(pki.provider_with(crypto.clone()), chain));
            if suites.contains(&suite) {
                assert_eq!(verdicts, [alice(), Err(X509Error::InvalidSignature)], "{suite:?}, {crypto:?}");
            } else {
                let unsupported = Err(X509Error::UnsupportedAlgorithm);
                assert_eq!(verdicts, [unsupported.clone(), unsupported], "{suite:?}, {crypto:?}");
            }
        }
    }
}

#[test]
fn a_provider_needs_an_anchor() {
    let built = X509Identity::builder(rustcrypto(), TrustAnchors::new()).build();
    assert_eq!(built.map(|_| ()).unwrap_err(), ConfigError::NoTrustAnchor);
    assert_eq!(TrustAnchors::new().add_der(b"junk"), Err(ConfigError::Certificate));
    let builder = X509Identity::builder(rustcrypto(), TrustAnchors::new());
    assert_eq!(builder.intermediate(b"junk").map(|_| ()).unwrap_err(), ConfigError::Certificate);
}

#[cfg(feature = "native-roots")]
#[test]
fn the_systems_anchors_are_taken_or_said_to_be_missing() {
    let mut anchors = TrustAnchors::new();
    match anchors.add_native() {
        Ok(count) => assert_eq!(anchors.len(), count),
        Err(error) => assert_eq!(error, ConfigError::NativeRoots),
    }
}
