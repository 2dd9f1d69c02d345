//! Leaf nodes (RFC 9420 section 7.2).

use alloc::vec::Vec;

use mls_codec::{Decode, Encode, EncodeError, encode_opaque, opaque_len};
use mls_crypto_traits::{
    CipherSuite, CryptoError, CryptoProvider, HpkePublicKey, SignaturePublicKey, SigningKey, Suite,
};

use crate::credential::{Credential, CredentialType};
use crate::extension::{ExtensionType, Extensions};
use crate::framing::ProtocolVersion;
use crate::proposal::ProposalType;
use crate::tree::math::LeafIndex;

#[cfg(test)]
mod tests;

const SIGNATURE_LABEL: &[u8] = b"LeafNodeTBS";

/// One member's place in the tree (RFC 9420 section 7.2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LeafNode {
    /// Path secrets are encrypted to it.
    pub encryption_key: HpkePublicKey,
    /// Verifies what the member signs, this leaf included.
    pub signature_key: SignaturePublicKey,
    /// The member's identity.
    pub credential: Credential,
    /// What the member supports.
    pub capabilities: Capabilities,
    /// How the leaf came into the tree.
    pub leaf_node_source: LeafNodeSource,
    /// The leaf's own extensions.
    pub extensions: Extensions,
    /// Over all the other fields and, except in a key package, the leaf's position.
    pub signature: Vec<u8>,
}

/// How a leaf came into the tree, with what only that source carries (RFC 9420 section 7.2).
// req: R-7.2-01
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
// req: R-7.2-02
#[mls(repr = "u8")]
#[expect(clippy::exhaustive_enums, reason = "the RFC closes the set")]
pub enum LeafNodeSource {
    /// In a key package.
    #[mls(value = 1)]
    KeyPackage(Lifetime),
    /// In an Update proposal.
    #[mls(value = 2)]
    Update,
    /// In the path of a Commit.
    #[mls(value = 3)]
    Commit {
        /// Binds the leaf to its path (section 7.9): a hash, or nothing above a one-leaf tree.
        parent_hash: Vec<u8>,
    },
}

/// What a client supports (RFC 9420 section 7.2). Unknown values are kept and mean nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Capabilities {
    /// Protocol versions.
    pub versions: Vec<ProtocolVersion>,
    /// Cipher suites.
    pub cipher_suites: Vec<CipherSuite>,
    /// Extension types beyond the default ones.
    pub extensions: Vec<ExtensionType>,
    /// Proposal types beyond the default ones.
    pub proposals: Vec<ProposalType>,
    /// Credential types.
    pub credentials: Vec<CredentialType>,
}

/// When a key package may be used, in seconds since the Unix epoch, both ends included
/// (RFC 9420 section 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Lifetime {
    /// The first second.
    pub not_before: u64,
    /// The last second.
    pub not_after: u64,
}

impl Lifetime {
    /// Whether `now` lies between the ends.
    #[must_use]
    pub const fn contains(&self, now: u64) -> bool {
        // req: R-7.2-10
        self.not_before <= now && now <= self.not_after
    }

    /// `not_after - not_before`; `None` when the ends are the wrong way round.
    // req: R-7.2-12
    #[must_use]
    pub const fn span(&self) -> Option<u64> {
        self.not_after.checked_sub(self.not_before)
    }
}

impl Capabilities {
    /// What this engine supports with these cipher suites: the protocol's one version, basic credentials, and the
    /// extensions and proposals of RFC 9420, which are not listed. Where an identity provider takes other credentials,
    /// add their types.
    #[must_use]
    pub fn of_engine(crypto: &dyn CryptoProvider) -> Self {
        Self {
            versions: alloc::vec![ProtocolVersion::MLS10],
            // req: R-13.4-01
            cipher_suites: crypto.cipher_suites(),
            extensions: Vec::new(),
            proposals: Vec::new(),
            credentials: alloc::vec![CredentialType::BASIC],
        }
    }

    /// Whether extensions of this type are supported: listed, or a default.
    #[must_use]
    // req: R-7.2-08
    pub fn supports_extension(&self, extension_type: ExtensionType) -> bool {
        extension_type.is_default() || self.extensions.contains(&extension_type)
    }

    /// Whether proposals of this type are supported: listed, or a default.
    #[must_use]
    pub fn supports_proposal(&self, proposal_type: ProposalType) -> bool {
        proposal_type.is_default() || self.proposals.contains(&proposal_type)
    }

    /// Whether credentials of this type are supported: listed.
    #[must_use]
    pub fn supports_credential(&self, credential_type: CredentialType) -> bool {
        self.credentials.contains(&credential_type)
    }
}

impl LeafNode {
    /// The bytes that the signature covers: `LeafNodeTBS`.
    ///
    /// `position` is the group id and leaf index of an `update` or `commit` leaf, and is left out
    /// for a `key_package` leaf whatever is passed.
    ///
    /// # Errors
    /// [`EncodeError`] when a vector is too long.
    // req: R-7.2-14
    pub fn tbs(&self, position: Option<(&[u8], LeafIndex)>) -> Result<Vec<u8>, EncodeError> {
        let Self {
            encryption_key,
            signature_key,
            credential,
            capabilities,
            leaf_node_source,
            extensions,
            signature: _,
        } = self;
        let keys = (encryption_key, signature_key, credential);
        let rest = (capabilities, leaf_node_source, extensions);
        let position = position.filter(|_| !self.is_of_key_package());
        let len = keys
            .encoded_len()
            .saturating_add(rest.encoded_len())
            .saturating_add(position.map_or(0, |(group_id, _)| opaque_len(group_id).saturating_add(4)));
        let mut out = Vec::with_capacity(len);
        keys.encode(&mut out)?;
        rest.encode(&mut out)?;
        if let Some((group_id, leaf_index)) = position {
            encode_opaque(group_id, &mut out)?;
            leaf_index.encode(&mut out)?;
        }
        Ok(out)
    }

    /// Signs all the other fields into `signature`; `position` as for [`Self::tbs`].
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] when a vector is too long; otherwise the signing key's error.
    // req: R-7.2-15, R-17.6-01
    pub fn sign(
        &mut self,
        suite: Suite<'_>,
        key: &dyn SigningKey,
        position: Option<(&[u8], LeafIndex)>,
    ) -> Result<(), CryptoError> {
        let tbs = self.tbs(position)?;
        self.signature = suite.sign_with_label(key, SIGNATURE_LABEL, &[&tbs])?;
        Ok(())
    }

    /// [`Self::verify_signature`] of a leaf that was decoded from `encoded`, which is not encoded again.
    pub(crate) fn verify_encoded(
        &self,
        suite: Suite<'_>,
        encoded: &[u8],
        position: Option<(&[u8], LeafIndex)>,
    ) -> Result<(), CryptoError> {
        // There is one encoding, and the signature ends it.
        let len = encoded.len().saturating_sub(opaque_len(&self.signature));
        let fields = encoded.get(..len).unwrap_or_default();
        let mut place = Vec::new();
        if let (Some((group_id, leaf_index)), false) = (position, self.is_of_key_package()) {
            encode_opaque(group_id, &mut place)?;
            leaf_index.encode(&mut place)?;
        }
        suite.verify_with_label(&self.signature_key, SIGNATURE_LABEL, &[fields, &place], &self.signature)
    }

    const fn is_of_key_package(&self) -> bool {
        matches!(self.leaf_node_source, LeafNodeSource::KeyPackage(_))
    }

    /// Verifies `signature` under the leaf's own `signature_key`; `position` as for [`Self::tbs`].
    ///
    /// # Errors
    /// [`CryptoError::InvalidSignature`], also for a leaf signed for another place;
    /// [`CryptoError::InvalidPublicKey`].
    // req: R-7.2-14, R-7.2-16
    pub fn verify_signature(&self, suite: Suite<'_>, position: Option<(&[u8], LeafIndex)>) -> Result<(), CryptoError> {
        let tbs = self.tbs(position)?;
        suite.verify_with_label(&self.signature_key, SIGNATURE_LABEL, &[&tbs], &self.signature)
    }
}
