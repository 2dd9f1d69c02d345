//! The MLS cipher suites on OpenSSL.
//!
//! [`OpenSslProvider`] is a [`CryptoProvider`](mls_crypto_traits::CryptoProvider) for suites 1 to 7 of
//! RFC 9420, [`OpenSslRng`] OpenSSL's generator. OpenSSL 3.0 or later is linked: the system's, or one
//! that is built with the crate (feature `vendored`).
//!
//! ```
//! use mls_crypto_openssl::{OpenSslProvider, OpenSslRng};
//! use mls_crypto_traits::{CipherSuite, CryptoProvider};
//!
//! let provider = OpenSslProvider::new()?;
//! let suite = provider
//!     .suite(CipherSuite::MLS_256_DHKEMX448_AES256GCM_SHA512_ED448)
//!     .ok_or("not supported")?;
//!
//! let keys = suite.generate_signature_key_pair(&mut OpenSslRng)?;
//! let signer = suite.signing_key(&keys.private)?;
//! let signature = suite.sign_with_label(&*signer, b"Example", &[b"content"])?;
//! suite.verify_with_label(&keys.public, b"Example", &[b"content"], &signature)?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Features
//! - `vendored`: builds OpenSSL from source and links it statically.
//!
//! # What is and what is not
//! - Digests and ciphers are fetched once, with the provider.
//! - ECDSA signatures are deterministic (RFC 6979) with OpenSSL 3.2 or later; before, OpenSSL draws their
//!   nonces by itself.
//! - Key agreement and ECDSA on the NIST curves call OpenSSL's curves directly, not its loadable providers,
//!   which cost twice the time for a fresh key: no claim is made to run inside the FIPS module.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod aead;
mod certificate;
mod dh;
mod error;
mod hash;
mod provider;
mod rng;
mod signature;
mod suite;

pub use provider::OpenSslProvider;
pub use rng::OpenSslRng;

// Named in Cargo.toml for what its build tells ours.
use openssl_sys as _;

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
