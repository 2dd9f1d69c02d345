//! The MLS cipher suites on RustCrypto: pure Rust, `no_std`.
//!
//! [`RustCryptoProvider`] is a [`CryptoProvider`](mls_crypto_traits::CryptoProvider) for suites 1, 2, 3,
//! 5 and 7 of RFC 9420, and with the feature `curve448` for 4 and 6 too. It has no state: it is a value
//! that can stand in a `const`.
//!
#![cfg_attr(feature = "getrandom", doc = "```")]
#![cfg_attr(not(feature = "getrandom"), doc = "```ignore")]
//! use mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
//! use mls_crypto_traits::{CipherSuite, CryptoProvider};
//!
//! let provider = RustCryptoProvider::new();
//! let suite = provider
//!     .suite(CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519)
//!     .ok_or("not supported")?;
//!
//! let keys = suite.generate_signature_key_pair(&mut OsRng)?;
//! let signer = suite.signing_key(&keys.private)?;
//! let signature = suite.sign_with_label(&*signer, b"Example", &[b"content"])?;
//! suite.verify_with_label(&keys.public, b"Example", &[b"content"], &signature)?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Features
//! - `getrandom` (default): `OsRng`, the operating system's randomness.
//! - `std` (default): tables of the NIST curves' base points, built at first use. Signing and key
//!   generation on these curves are then three times as fast; nothing else changes.
//! - `curve448`: suites 4 and 6. The crates beneath are pre-releases and have not been audited.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod aead;
mod dh;
mod hash;
mod provider;
#[cfg(feature = "getrandom")]
mod rng;
mod signature;
mod stack;
mod suite;

pub use provider::RustCryptoProvider;
#[cfg(feature = "getrandom")]
pub use rng::OsRng;

// Named in Cargo.toml for their features alone.
use ctr as _;
use poly1305 as _;
#[cfg(feature = "std")]
use primeorder as _;

/// Runs the example of the README.
#[cfg(all(doctest, feature = "getrandom"))]
#[doc = include_str!("../README.md")]
struct Readme;
