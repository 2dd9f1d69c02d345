//! This backend against `mls-crypto-rustcrypto`: the same bytes and the same verdicts on whatever input.
//!
//! `PROPTEST_CASES` sets how many cases each property has in each suite; a failure prints its seed.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

mod ecdsa_forms;
mod kem;
mod mixed_orders;
mod mutate;
mod primitives;
mod signatures;

use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CipherSuite, CryptoError, CryptoProvider, Rng, SecretBytes, Suite};
use proptest::prelude::*;

static OURS: AwsLcProvider = AwsLcProvider::new();
static OTHER: RustCryptoProvider = RustCryptoProvider::new();

/// One suite on both backends.
#[derive(Clone, Copy)]
pub(crate) struct Both {
    pub(crate) ours: Suite<'static>,
    pub(crate) other: Suite<'static>,
}

impl Both {
    fn new(id: u16) -> Self {
        let id = CipherSuite::from(id);
        Self { ours: OURS.suite(id).unwrap(), other: OTHER.suite(id).unwrap() }
    }

    /// What both give: the same value, or the same error.
    pub(crate) fn same<T: PartialEq + core::fmt::Debug>(
        self,
        run: impl Fn(Suite<'static>) -> Result<T, CryptoError>,
    ) -> Result<T, CryptoError> {
        let ours = run(self.ours);
        assert_eq!(ours, run(self.other), "ours is left");
        ours
    }
}

pub(crate) fn exposed(secret: SecretBytes) -> Vec<u8> {
    secret.as_bytes().to_vec()
}

/// Draws the same bytes again and again, different ones for different draws.
pub(crate) struct Replay {
    pub(crate) seed: u64,
}

impl Rng for Replay {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for byte in out {
            self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.seed >> 56) as u8;
        }
        Ok(())
    }
}

macro_rules! properties {
    ($($suite:ident = $id:literal),*) => {$(
        mod $suite {
            use super::*;

            proptest! {
                #[test]
                fn primitives(input in primitives::input()) {
                    primitives::check(Both::new($id), &input);
                }

                #[test]
                fn aead(input in primitives::aead_input()) {
                    primitives::check_aead(Both::new($id), &input);
                }

                #[test]
                fn key_encapsulation(input in kem::input()) {
                    kem::check(Both::new($id), &input);
                }

                #[test]
                fn encryption_with_labels(input in kem::sealed_input()) {
                    kem::check_sealed(Both::new($id), &input);
                }

                #[test]
                fn signatures(input in signatures::input()) {
                    signatures::check(Both::new($id), &input);
                }
            }
        }
    )*};
}

properties!(suite_1 = 1, suite_2 = 2, suite_3 = 3, suite_5 = 5, suite_7 = 7);

macro_rules! ecdsa_properties {
    ($($suite:ident = $id:literal),*) => {$(
        proptest! {
            #[test]
            fn $suite(input in ecdsa_forms::input()) {
                ecdsa_forms::check(Both::new($id), &input);
            }
        }
    )*};
}

ecdsa_properties!(ecdsa_forms_2 = 2, ecdsa_forms_5 = 5, ecdsa_forms_7 = 7);

proptest! {
    #[test]
    fn eddsa_of_mixed_orders(input in mixed_orders::input()) {
        mixed_orders::check(Both::new(1), &input);
    }
}
