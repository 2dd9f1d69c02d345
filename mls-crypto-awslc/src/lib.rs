//! The MLS cipher suites on AWS-LC, through aws-lc-rs: the fastest backend.
//!
//! [`AwsLcProvider`] is a [`CryptoProvider`](mls_crypto_traits::CryptoProvider) for suites 1, 2, 3, 5
//! and 7 of RFC 9420 (AWS-LC has neither X448 nor Ed448). It has no state: it is a value that can stand
//! in a `const`.
//!
//! ```
//! use mls_crypto_awslc::{AwsLcProvider, AwsLcRng};
//! use mls_crypto_traits::{CipherSuite, CryptoProvider};
//!
//! let provider = AwsLcProvider::new();
//! let suite = provider
//!     .suite(CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519)
//!     .ok_or("not supported")?;
//!
//! let keys = suite.generate_signature_key_pair(&mut AwsLcRng)?;
//! let signer = suite.signing_key(&keys.private)?;
//! let signature = suite.sign_with_label(&*signer, b"Example", &[b"content"])?;
//! suite.verify_with_label(&keys.public, b"Example", &[b"content"], &signature)?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Randomness
//! ECDSA signatures are randomised: AWS-LC draws the nonce from its own generator, and offers no
//! deterministic nonce (RFC 6979). A run that is replayed therefore gives other ECDSA signatures in
//! suites 2, 5 and 7. Nothing else here draws.
//!
//! # Security
//! Buffers of this crate that held secrets are wiped. Within AWS-LC, heap memory is wiped when it is
//! freed; what its functions leave on the stack is out of this crate's reach.
#![forbid(unsafe_code)]

mod aead;
mod bytes;
mod certificate;
mod dh;
mod hash;
mod provider;
mod rng;
mod signature;
mod suite;

pub use provider::AwsLcProvider;
pub use rng::AwsLcRng;

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
