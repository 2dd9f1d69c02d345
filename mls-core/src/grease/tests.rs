#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use super::*;
use crate::credential::Credential;
use crate::extension::Extensions;
use crate::tree::leaf_node::{Capabilities, Lifetime};

/// Counts up from a number.
struct Counter(u8);

impl Rng for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for byte in out {
            self.0 = self.0.wrapping_mul(5).wrapping_add(3);
            *byte = self.0;
        }
        Ok(())
    }
}

fn spec() -> KeyPackageSpec {
    let leaf = LeafSpec {
        credential: Credential::basic("alice"),
        signature_key: Vec::new().into(),
        capabilities: Capabilities { credentials: alloc::vec![CredentialType::BASIC], ..Capabilities::default() },
        extensions: Extensions::new(),
        lifetime: Lifetime { not_before: 0, not_after: 0 },
    };
    KeyPackageSpec { cipher_suite: CipherSuite(1), leaf, extensions: Extensions::new() }
}

fn reserved(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff && value < 0xf000
}

// req: R-7.2-09, R-13.5-01, R-13.5-02, R-13.5-04, R-13.5-05
#[test]
fn reserved_values_stand_in_every_list_and_what_is_used_is_declared() {
    let mut seen = BTreeSet::new();
    for seed in 0..=255 {
        let mut spec = spec();
        grease_key_package(&mut spec, &mut Counter(seed)).unwrap();
        let KeyPackageSpec { leaf, extensions, .. } = spec;
        let capabilities = &leaf.capabilities;
        assert!(capabilities.cipher_suites.iter().all(|suite| reserved(suite.0)));
        assert!(capabilities.proposals.iter().all(|kind| reserved(kind.0)));
        assert!(capabilities.extensions.iter().all(|kind| reserved(kind.0)));
        assert_eq!(capabilities.cipher_suites.len(), 1);
        assert_eq!(capabilities.credentials.iter().filter(|kind| reserved(kind.0)).count(), 1);
        assert!(capabilities.credentials.contains(&CredentialType::BASIC));
        for list in [&leaf.extensions, &extensions] {
            let [one] = &list.0[..] else { panic!("{list:?}") };
            assert!(capabilities.extensions.contains(&one.extension_type));
            assert!(one.extension_data.len() <= 8);
        }
        assert_eq!(leaf.credential, Credential::basic("alice"));
        seen.insert(capabilities.proposals[0].0);
    }
    assert_eq!(seen.len(), 15, "{seen:x?}");
}

#[test]
fn greasing_twice_repeats_nothing() {
    let mut spec = spec();
    for seed in 0..=255 {
        grease_key_package(&mut spec, &mut Counter(seed)).unwrap();
    }
    assert_eq!(spec.leaf.capabilities.proposals.len(), 15);
    assert!(!spec.leaf.extensions.has_duplicates() && !spec.extensions.has_duplicates());
}

// req: R-13.5-03
#[test]
fn what_a_greased_extension_holds_is_drawn() {
    let mut seen = [BTreeSet::new(), BTreeSet::new()];
    for seed in 0..=255 {
        let mut spec = spec();
        grease_key_package(&mut spec, &mut Counter(seed)).unwrap();
        for (seen, list) in seen.iter_mut().zip([spec.leaf.extensions, spec.extensions]) {
            seen.insert(list.0[0].extension_data.clone());
        }
    }
    assert!(seen.iter().all(|seen| seen.len() > 20), "{seen:?}");
}
