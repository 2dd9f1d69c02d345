//! Group information (RFC 9420 section 12.4.3).

use alloc::vec::Vec;

use mls_codec::{Decode, Encode, EncodeError, encode_opaque, opaque_len};
use mls_crypto_traits::{CryptoError, SignaturePublicKey, SigningKey, Suite};

use crate::extension::Extensions;
use crate::group_context::GroupContext;
use crate::tree::math::LeafIndex;

const SIGNATURE_LABEL: &[u8] = b"GroupInfoTBS";

/// What a joiner learns about an epoch from a member (RFC 9420 section 12.4.3).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GroupInfo {
    /// The epoch's group context.
    pub group_context: GroupContext,
    /// The GroupInfo's own extensions, such as the tree.
    pub extensions: Extensions,
    /// That of the Commit which started the epoch.
    pub confirmation_tag: Vec<u8>,
    /// The member that signed.
    pub signer: LeafIndex,
    /// Over all the other fields, by the signer.
    pub signature: Vec<u8>,
}

impl GroupInfo {
    /// The bytes that the signature covers: `GroupInfoTBS`.
    ///
    /// # Errors
    /// [`EncodeError`] when a vector is too long.
    pub fn tbs(&self) -> Result<Vec<u8>, EncodeError> {
        let Self { group_context, extensions, confirmation_tag, signer, signature: _ } = self;
        let head = (group_context, extensions);
        let len = head.encoded_len().saturating_add(opaque_len(confirmation_tag)).saturating_add(signer.encoded_len());
        let mut out = Vec::with_capacity(len);
        head.encode(&mut out)?;
        encode_opaque(confirmation_tag, &mut out)?;
        signer.encode(&mut out)?;
        Ok(out)
    }

    /// Signs all the other fields into `signature`.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] when a vector is too long; otherwise the signing key's error.
    // req: R-12.4.3-06, R-17.6-01
    pub fn sign(&mut self, suite: Suite<'_>, key: &dyn SigningKey) -> Result<(), CryptoError> {
        self.signature = suite.sign_with_label(key, SIGNATURE_LABEL, &[&self.tbs()?])?;
        Ok(())
    }

    /// Verifies `signature` under `signer_key`, the signature key of the leaf at `signer`.
    ///
    /// # Errors
    /// [`CryptoError::InvalidSignature`], [`CryptoError::InvalidPublicKey`].
    // req: R-12.4.3-06, R-12.4.3.1-10
    pub fn verify_signature(&self, suite: Suite<'_>, signer_key: &SignaturePublicKey) -> Result<(), CryptoError> {
        suite.verify_with_label(signer_key, SIGNATURE_LABEL, &[&self.tbs()?], &self.signature)
    }
}
