//! One verdict on every backend: keys, signatures, points, ciphertexts and HPKE messages, good and bad, are put to all
//! of them, which have to give the same bytes and the same errors.
//!
//! Each property takes its share of `MLS_BACKENDS_CASES` cases a suite (10 000). A case follows from its seed, which a
//! failure prints: `MLS_BACKENDS_SEED=.. MLS_BACKENDS_CASES=1` runs it alone.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

mod aead;
mod bytes;
mod draw;
mod eddsa;
mod hpke;
mod kem;
mod nist;
mod panel;
mod private_keys;
mod signatures;

use panel::property;

macro_rules! suites {
    ($($suite:ident = $id:literal),* $(,)?) => {$(
        mod $suite {
            use super::*;

            #[test]
            fn signatures() {
                property($id, "signatures", 30, signatures::check);
            }

            #[test]
            fn signature_keys() {
                property($id, "signature keys", 15, signatures::check_key);
            }

            #[test]
            fn private_keys() {
                property($id, "private keys", 10, private_keys::check);
            }

            #[test]
            fn encapsulation() {
                property($id, "encapsulation", 10, kem::check_encap);
            }

            #[test]
            fn decapsulation() {
                property($id, "decapsulation", 10, kem::check_decap);
            }

            #[test]
            fn hpke_messages() {
                property($id, "HPKE messages", 15, hpke::check);
            }

            #[test]
            fn aead() {
                property($id, "AEAD", 10, aead::check);
            }
        }
    )*};
}

suites!(suite_1 = 1, suite_2 = 2, suite_3 = 3, suite_4 = 4, suite_5 = 5, suite_6 = 6, suite_7 = 7);

/// A part of the above under a name of its own.
// bad: trap-07
#[test]
fn keys_and_signatures_have_one_verdict() {
    for id in 1..=7 {
        property(id, "signatures", 1, signatures::check);
        property(id, "signature keys", 1, signatures::check_key);
        property(id, "encapsulation", 1, kem::check_encap);
    }
}
