//! The structure of proposals (RFC 9420 section 12.1).

use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader, encode_opaque, opaque_len};
use mls_crypto_traits::CipherSuite;

use crate::extension::Extensions;
use crate::framing::ProtocolVersion;
use crate::key_package::KeyPackage;
use crate::proposal::ProposalType;
use crate::psk::PreSharedKeyId;
use crate::tree::leaf_node::LeafNode;
use crate::tree::math::LeafIndex;

/// A change that a Commit can apply (RFC 9420 section 12.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proposal {
    /// Adds the client of this key package (section 12.1.1).
    Add(Arc<KeyPackage>),
    /// Replaces the sender's leaf (section 12.1.2).
    Update(Arc<LeafNode>),
    /// Removes this member (section 12.1.3).
    Remove(RemovedLeaf),
    /// Mixes this pre-shared key into the key schedule (section 12.1.4).
    PreSharedKey(PreSharedKeyId),
    /// Closes the group in favour of a successor (section 12.1.5).
    ReInit(ReInit),
    /// Brings the init secret of an external joiner (section 12.1.6).
    ExternalInit {
        /// Encapsulated to the group's external public key.
        kem_output: Vec<u8>,
    },
    /// Replaces the group's extensions (section 12.1.7).
    GroupContextExtensions(Extensions),
    /// A type that the engine does not know: its body is one `opaque<V>`.
    Custom {
        /// None of the types above.
        proposal_type: ProposalType,
        /// The content of the body's `opaque<V>`.
        body: Vec<u8>,
    },
}

/// The leaf that a Remove names (RFC 9420 section 12.1.3): any 32-bit number stands on the wire, in a tree or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct RemovedLeaf(pub u32);

impl RemovedLeaf {
    /// The leaf, if a tree can have one with that index.
    #[must_use]
    pub const fn leaf(self) -> Option<LeafIndex> {
        LeafIndex::new(self.0)
    }
}

impl From<LeafIndex> for RemovedLeaf {
    fn from(leaf: LeafIndex) -> Self {
        Self(leaf.as_u32())
    }
}

/// The parameters of a successor group (RFC 9420 section 12.1.5).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReInit {
    /// The successor's id.
    pub group_id: Vec<u8>,
    /// The successor's protocol version, not lower than the group's.
    pub version: ProtocolVersion,
    /// The successor's cipher suite.
    pub cipher_suite: CipherSuite,
    /// The successor's group context extensions.
    pub extensions: Extensions,
}

impl Proposal {
    /// The type that stands before the body on the wire.
    #[must_use]
    pub const fn proposal_type(&self) -> ProposalType {
        match self {
            Self::Add(_) => ProposalType::ADD,
            Self::Update(_) => ProposalType::UPDATE,
            Self::Remove(_) => ProposalType::REMOVE,
            Self::PreSharedKey(_) => ProposalType::PSK,
            Self::ReInit(_) => ProposalType::REINIT,
            Self::ExternalInit { .. } => ProposalType::EXTERNAL_INIT,
            Self::GroupContextExtensions(_) => ProposalType::GROUP_CONTEXT_EXTENSIONS,
            Self::Custom { proposal_type, .. } => *proposal_type,
        }
    }
}

impl Encode for Proposal {
    fn encoded_len(&self) -> usize {
        let body = match self {
            Self::Add(key_package) => key_package.as_ref().encoded_len(),
            Self::Update(leaf_node) => leaf_node.as_ref().encoded_len(),
            Self::Remove(removed) => removed.encoded_len(),
            Self::PreSharedKey(psk) => psk.encoded_len(),
            Self::ReInit(reinit) => reinit.encoded_len(),
            Self::GroupContextExtensions(extensions) => extensions.encoded_len(),
            Self::ExternalInit { kem_output: body } | Self::Custom { body, .. } => opaque_len(body),
        };
        body.saturating_add(self.proposal_type().encoded_len())
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.proposal_type().encode(out)?;
        match self {
            Self::Add(key_package) => key_package.as_ref().encode(out),
            Self::Update(leaf_node) => leaf_node.as_ref().encode(out),
            Self::Remove(removed) => removed.encode(out),
            Self::PreSharedKey(psk) => psk.encode(out),
            Self::ReInit(reinit) => reinit.encode(out),
            Self::GroupContextExtensions(extensions) => extensions.encode(out),
            Self::ExternalInit { kem_output: body } | Self::Custom { body, .. } => encode_opaque(body, out),
        }
    }
}

impl Decode for Proposal {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match ProposalType::decode(r)? {
            ProposalType::ADD => Self::Add(Arc::new(KeyPackage::decode(r)?)),
            ProposalType::UPDATE => Self::Update(Arc::new(LeafNode::decode(r)?)),
            ProposalType::REMOVE => Self::Remove(RemovedLeaf::decode(r)?),
            ProposalType::PSK => Self::PreSharedKey(PreSharedKeyId::decode(r)?),
            ProposalType::REINIT => Self::ReInit(ReInit::decode(r)?),
            ProposalType::EXTERNAL_INIT => Self::ExternalInit { kem_output: r.opaque()?.to_vec() },
            ProposalType::GROUP_CONTEXT_EXTENSIONS => Self::GroupContextExtensions(Extensions::decode(r)?),
            proposal_type => Self::Custom { proposal_type, body: r.opaque()?.to_vec() },
        })
    }
}
