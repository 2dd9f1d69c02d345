//! Key packages (RFC 9420 section 10).

use alloc::vec::Vec;

use mls_codec::{Decode, Encode, EncodeError};
use mls_crypto_traits::{CipherSuite, CryptoError, Digest, HpkePublicKey, SigningKey, Suite};

use crate::extension::Extensions;
use crate::framing::ProtocolVersion;
use crate::tree::leaf_node::LeafNode;

mod last_resort;
mod validate;

pub use last_resort::LastResort;
pub use validate::{KeyPackageContext, KeyPackageError, validate_key_package};

#[cfg(test)]
mod tests;

const SIGNATURE_LABEL: &[u8] = b"KeyPackageTBS";
const REFERENCE_LABEL: &[u8] = b"MLS 1.0 KeyPackage Reference";

/// What a client publishes so that others can add it (RFC 9420 section 10).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct KeyPackage {
    /// The protocol version.
    pub version: ProtocolVersion,
    /// The cipher suite that all its keys belong to.
    pub cipher_suite: CipherSuite,
    /// The Welcome is encrypted to it.
    pub init_key: HpkePublicKey,
    /// The leaf that enters the tree; its source is `key_package`.
    pub leaf_node: LeafNode,
    /// The key package's own extensions.
    pub extensions: Extensions,
    /// Over all the other fields, by `leaf_node.signature_key`.
    pub signature: Vec<u8>,
}

/// The hash that names a key package (RFC 9420 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct KeyPackageRef(pub Digest);

impl KeyPackageRef {
    /// The reference of an encoded key package of `suite`.
    ///
    /// # Errors
    /// [`CryptoError`] of the provider's hash.
    // req: R-5.2-01, R-5.2-02
    pub fn of_bytes(suite: Suite<'_>, key_package: &[u8]) -> Result<Self, CryptoError> {
        suite.ref_hash(REFERENCE_LABEL, key_package).map(Self)
    }

    /// The hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl KeyPackage {
    /// The bytes that the signature covers: `KeyPackageTBS`.
    ///
    /// # Errors
    /// [`EncodeError`] when a vector is too long.
    // req: R-10-06
    pub fn tbs(&self) -> Result<Vec<u8>, EncodeError> {
        let Self { version, cipher_suite, init_key, leaf_node, extensions, signature: _ } = self;
        let fixed = (version, cipher_suite);
        let rest = (init_key, leaf_node, extensions);
        let mut out = Vec::with_capacity(fixed.encoded_len().saturating_add(rest.encoded_len()));
        fixed.encode(&mut out)?;
        rest.encode(&mut out)?;
        Ok(out)
    }

    /// Signs all the other fields into `signature`.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] when a vector is too long; otherwise the signing key's error.
    // req: R-10-06, R-17.6-01
    pub fn sign(&mut self, suite: Suite<'_>, key: &dyn SigningKey) -> Result<(), CryptoError> {
        let tbs = self.tbs()?;
        self.signature = suite.sign_with_label(key, SIGNATURE_LABEL, &[&tbs])?;
        Ok(())
    }

    /// Verifies `signature` under `leaf_node.signature_key`. The leaf's own signature is another
    /// matter: [`LeafNode::verify_signature`].
    ///
    /// # Errors
    /// [`CryptoError::InvalidSignature`], [`CryptoError::InvalidPublicKey`].
    // req: R-10-07, R-10.1-05
    pub fn verify_signature(&self, suite: Suite<'_>) -> Result<(), CryptoError> {
        let tbs = self.tbs()?;
        suite.verify_with_label(&self.leaf_node.signature_key, SIGNATURE_LABEL, &[&tbs], &self.signature)
    }

    /// The hash by which Welcomes name this key package. `suite` is that of `cipher_suite`.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] when a vector is too long; otherwise the provider's error.
    // req: R-5.2-02
    pub fn reference(&self, suite: Suite<'_>) -> Result<KeyPackageRef, CryptoError> {
        let bytes = self.to_bytes()?;
        KeyPackageRef::of_bytes(suite, &bytes)
    }
}
