//! Queries: what a group tells, gives out and deletes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_in_result,
    missing_docs,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;
mod exports;
#[cfg(feature = "hazmat")]
mod hazmat;
mod members;
mod published;
mod trees;

use mls_crypto_traits::CipherSuite;

pub(crate) const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

pub(crate) fn leaf(index: u32) -> mls_core::tree::math::LeafIndex {
    mls_core::tree::math::LeafIndex::new(index).unwrap()
}
