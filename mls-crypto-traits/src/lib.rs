//! What an MLS cipher suite is: provider traits, HPKE and the labelled functions of RFC 9420 above
//! them, and a conformance kit.
//!
//! A backend implements [`CipherSuiteProvider`] (primitives only) and [`CryptoProvider`]. Everything
//! that RFC 9420 builds from the primitives is written once, in [`Suite`]; HPKE (RFC 9180) is in
//! [`hpke`], the Diffie-Hellman KEMs are in [`DhKem`]. What is accepted as a key or a signature is one
//! set on every backend, stated in [`checks`].
//!
//! ```
//! use mls_crypto_traits::{CipherSuite, CryptoError, CryptoProvider, Rng};
//!
//! /// Encrypts to a fresh key and signs the result, with whatever provider there is.
//! fn seal_and_sign(crypto: &dyn CryptoProvider, rng: &mut dyn Rng) -> Result<(), CryptoError> {
//!     let id = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
//!     let suite = crypto.suite(id).ok_or(CryptoError::Unsupported)?;
//!
//!     let receiver = suite.generate_hpke_key_pair(rng)?;
//!     let context = suite.encrypt_context(b"Example", b"context")?;
//!     let sealed = context.seal(&receiver.public, b"path secret", rng)?;
//!     let opened = context.open(&receiver.private, &sealed)?;
//!     assert!(opened.ct_eq(b"path secret"));
//!
//!     let pair = suite.generate_signature_key_pair(rng)?;
//!     let signer = suite.signing_key(&pair.private)?;
//!     let signature = suite.sign_with_label(&*signer, b"Example", &[&sealed.ciphertext])?;
//!     suite.verify_with_label(&pair.public, b"Example", &[&sealed.ciphertext], &signature)
//! }
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(feature = "conformance", feature = "parallel"))]
extern crate std;

mod batch;
mod certificate;
pub mod checks;
mod cipher_suite;
#[cfg(feature = "conformance")]
pub mod conformance;
mod digest;
mod error;
pub mod hpke;
mod kdf;
mod kem;
mod keys;
mod label;
mod provider;
mod rng;
mod secret;
mod signature;
mod stack;
mod suite;

pub mod parallel;
#[cfg(test)]
mod tests;

pub use batch::{SealItem, VerifyItem};
pub use certificate::{CertificateSignature, CertificateSignatures};
pub use cipher_suite::{CipherSuite, SignatureScheme, SuiteParams, aead_id, kdf_id};
pub use digest::{Digest, Tag};
pub use error::CryptoError;
pub use kdf::{Kdf, Okm, hkdf_expand_each_with, hkdf_expand_with, hkdf_extract_with};
pub use kem::{Dh, DhCurve, DhKem, Encapsulation, Kem, KemPrivateKey, KemPublicKey};
pub use keys::{
    HpkeCiphertext, HpkeKeyPair, HpkePrivateKey, HpkePublicKey, SignatureKeyPair, SignaturePrivateKey,
    SignaturePublicKey,
};
pub use provider::{CipherSuiteProvider, CryptoProvider};
pub use rng::{Rng, random_bytes};
pub use secret::SecretBytes;
pub use signature::{SigningKey, VerifyKey};
pub use stack::wiping_stack;
pub use suite::{CheckedVerifyKey, EncryptContext, Expansion, Suite, VerifyRequest};
