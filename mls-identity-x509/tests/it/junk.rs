//! Mutated certificates: whatever is refused has a name, and nothing panics.

use mls_core::identity::MemberId;
use mls_identity_x509::{RevocationLists, TrustAnchors, X509Error, credential};
use proptest::prelude::*;

use crate::support::*;

fn cases() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_changed_certificate_is_never_accepted(
        suite in 0_usize..5,
        index in 0_usize..2,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..4),
    ) {
        let mut pki = Pki::new(SUITES[suite]);
        let mut chain = pki.chain();
        let good = chain.clone();
        for (at, change) in edits {
            let at = at.index(chain[index].len());
            chain[index][at] ^= change;
        }
        prop_assume!(chain != good);
        let verdict = pki.verdict(chain);
        prop_assert!(verdict.is_err(), "{:?}", verdict);
        prop_assert_ne!(verdict, Err(X509Error::Refused));
    }

    #[test]
    fn cut_and_stretched_certificates_are_refused(
        index in 0_usize..2,
        at in any::<prop::sample::Index>(),
        inserted in prop::collection::vec(any::<u8>(), 0..40),
        removed in 0_usize..40,
    ) {
        let mut pki = Pki::new(SUITES[1]);
        let mut chain = pki.chain();
        let good = chain.clone();
        let at = at.index(chain[index].len());
        let end = (at + removed).min(chain[index].len());
        chain[index].splice(at..end, inserted);
        prop_assume!(chain != good);
        prop_assert!(pki.verdict(chain).is_err());
    }

    #[test]
    fn junk_is_refused_everywhere(bytes in prop::collection::vec(any::<u8>(), 0..16_384)) {
        let pki = Pki::new(SUITES[0]);
        let provider = pki.provider().build().unwrap();
        let verdict = verify(&provider, &credential([bytes.clone()]), pki.device.public_key());
        let malformed = matches!(verdict, Err(X509Error::Malformed { .. } | X509Error::TrailingData { .. }));
        prop_assert!(malformed);
        prop_assert!(TrustAnchors::new().add_der(&bytes).is_err());
        prop_assert!(TrustAnchors::new().add_pem(&bytes).is_err());
        prop_assert!(RevocationLists::new().add_der(&bytes).is_err());
    }
}

/// Every byte of a chain, changed in two ways: accepted is only what was issued.
#[test]
fn every_byte_counts() {
    let mut pki = Pki::new(SUITES[0]);
    let good = pki.chain();
    let provider = pki.provider().build().unwrap();
    let mut accepted = Vec::<MemberId>::new();
    for index in [0, 1] {
        for at in 0..good[index].len() {
            for change in [1, 0x80] {
                let mut chain = good.clone();
                chain[index][at] ^= change;
                accepted.extend(verify(&provider, &credential(chain), pki.device.public_key()));
            }
        }
    }
    assert_eq!(accepted, []);
}
