//! What a record is called.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader, encode_opaque, opaque_len};
use mls_crypto_traits::SignaturePublicKey;

use crate::key_package::KeyPackageRef;
use crate::proposal::ProposalRef;
use crate::secret_tree::RatchetType;
use crate::tree::math::{LeafIndex, NodeIndex};

/// A group's identifier: bytes that its creator chose (RFC 9420 section 8.1). `clone` is O(1): it stands in the name of
/// each record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(Arc<[u8]>);

impl GroupId {
    /// The identifier's bytes as they stand on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for GroupId {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&[u8]> for GroupId {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl Encode for GroupId {
    fn encoded_len(&self) -> usize {
        opaque_len(&self.0)
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        encode_opaque(&self.0, out)
    }
}

impl Decode for GroupId {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.opaque().map(Self::from)
    }
}

/// The name of one record.
///
/// A store may keep each variant in a table of its own, with the fields as columns, or use [`Self::to_bytes`] as the
/// key of a key-value store: the bytes of a [`RecordPrefix`] are a prefix of those of every key that it covers, and of
/// no other's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordKey {
    /// The current epoch of a group: context, transcript hashes and epoch secrets.
    Group(GroupId),
    /// The group's revision and what changes with it: 12 bytes or so, rewritten by each step.
    Status(GroupId),
    /// One non-blank node of the ratchet tree.
    TreeNode(GroupId, NodeIndex),
    /// The private keys of the own leaf and its ancestors.
    PathKeys(GroupId),
    /// A cached proposal.
    Proposal(GroupId, Box<ProposalRef>),
    /// The own commit that waits to be accepted, with the bytes that were sent.
    PendingCommit(GroupId),
    /// What a retained epoch keeps for late messages.
    Epoch(GroupId, u64),
    /// What is left of the nodes that the split of a node of an epoch's secret tree made.
    SecretNode(GroupId, u64, NodeIndex),
    /// A ratchet of an epoch.
    Ratchet(GroupId, u64, LeafIndex, RatchetType),
    /// The key of a generation that was skipped.
    SkippedKey(GroupId, u64, LeafIndex, RatchetType, u32),
    /// Which generations of an epoch were skipped and have a key.
    SkippedIndex(GroupId, u64),
    /// The resumption PSK of an epoch.
    ResumptionPsk(GroupId, u64),
    /// An external commit of ours that waits to be accepted.
    ExternalJoin(GroupId),
    /// A group that we founded to succeed another, by its own identifier, until it is known to stand.
    Successor(GroupId),
    /// The private part of a key package.
    KeyPackage(Box<KeyPackageRef>),
    /// An external pre-shared key, by its `psk_id`.
    Psk(Vec<u8>),
    /// A signature key pair, by its public key.
    Signer(SignaturePublicKey),
}

/// A set of records that are scanned or deleted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordPrefix {
    /// All records of a group but a pending external join, and but a successor that is not accepted.
    Group(GroupId),
    /// The ratchet tree of a group.
    Tree(GroupId),
    /// The cached proposals of a group.
    Proposals(GroupId),
    /// All records of one epoch, its resumption PSK apart.
    Epoch(GroupId, u64),
    /// The headers of all groups; their keys name the groups.
    Groups,
    /// All pending external joins; their keys name the groups.
    ExternalJoins,
    /// All successors that are not accepted; their keys name the groups.
    Successors,
    /// All key packages.
    KeyPackages,
    /// All signature key pairs.
    Signers,
    /// All external pre-shared keys.
    Psks,
}

/// Records that an operation needs and that are not resident: read them all, then [`admit`](crate::group::Group::admit)
/// them and call the operation again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Records to read singly; those that do not exist are answered as absent.
    pub keys: Vec<RecordKey>,
    /// Sets of records to read whole.
    pub prefixes: Vec<RecordPrefix>,
}

const GROUP: u8 = 1;
const EXTERNAL_JOIN: u8 = 2;
const KEY_PACKAGE: u8 = 3;
const PSK: u8 = 4;
const SIGNER: u8 = 5;
const HEADER: u8 = 6;
const SUCCESSOR: u8 = 7;

const STATUS: u8 = 2;
const TREE: u8 = 3;
const PATH_KEYS: u8 = 4;
const PROPOSAL: u8 = 5;
const PENDING: u8 = 6;
const EPOCH: u8 = 7;
const RESUMPTION: u8 = 8;

const EPOCH_HEADER: u8 = 1;
const NODE: u8 = 2;
const RATCHET: u8 = 3;
const SKIPPED: u8 = 4;
const SKIPPED_INDEX: u8 = 5;

impl RecordKey {
    /// The key as bytes: injective, and grouped as [`RecordPrefix`] says.
    ///
    /// # Errors
    /// [`EncodeError::VectorTooLong`] for a name of 2^30 bytes or more.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        // A group's identifier, and what stands beside it.
        let mut out = Vec::with_capacity(self.group_id().map_or(48, |id| id.0.len().saturating_add(28)));
        self.append_to(&mut out)?;
        Ok(out)
    }

    /// Appends what [`Self::to_bytes`] gives.
    ///
    /// # Errors
    /// [`EncodeError::VectorTooLong`] for a name of 2^30 bytes or more, of which the beginning has been appended.
    pub fn append_to(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Group(id) => (HEADER, id).encode(out)?,
            Self::Status(id) => (GROUP, id, STATUS).encode(out)?,
            Self::TreeNode(id, node) => ((GROUP, id, TREE), node).encode(out)?,
            Self::PathKeys(id) => (GROUP, id, PATH_KEYS).encode(out)?,
            Self::Proposal(id, reference) => ((GROUP, id, PROPOSAL), **reference).encode(out)?,
            Self::PendingCommit(id) => (GROUP, id, PENDING).encode(out)?,
            Self::Epoch(id, epoch) => ((GROUP, id, EPOCH), *epoch, EPOCH_HEADER).encode(out)?,
            Self::SecretNode(id, epoch, node) => ((GROUP, id, EPOCH), *epoch, NODE, node.as_u32()).encode(out)?,
            Self::Ratchet(id, epoch, leaf, kind) => ((GROUP, id, EPOCH), *epoch, RATCHET, (leaf, kind)).encode(out)?,
            Self::SkippedKey(id, epoch, leaf, kind, generation) => {
                ((GROUP, id, EPOCH), *epoch, SKIPPED, (leaf, kind, *generation)).encode(out)?;
            }
            Self::SkippedIndex(id, epoch) => ((GROUP, id, EPOCH), *epoch, SKIPPED_INDEX).encode(out)?,
            Self::ResumptionPsk(id, epoch) => ((GROUP, id, RESUMPTION), *epoch).encode(out)?,
            Self::ExternalJoin(id) => (EXTERNAL_JOIN, id).encode(out)?,
            Self::Successor(id) => (SUCCESSOR, id).encode(out)?,
            Self::KeyPackage(reference) => (KEY_PACKAGE, **reference).encode(out)?,
            Self::Psk(id) => (PSK, id).encode(out)?,
            Self::Signer(key) => (SIGNER, key).encode(out)?,
        }
        Ok(())
    }

    /// The key that [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// A [`DecodeError`] where the bytes are no key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let key = match u8::decode(&mut r)? {
            HEADER => Self::Group(GroupId::decode(&mut r)?),
            GROUP => Self::decode_of_group(&mut r)?,
            EXTERNAL_JOIN => Self::ExternalJoin(GroupId::decode(&mut r)?),
            SUCCESSOR => Self::Successor(GroupId::decode(&mut r)?),
            KEY_PACKAGE => Self::KeyPackage(Box::new(KeyPackageRef::decode(&mut r)?)),
            PSK => Self::Psk(Vec::decode(&mut r)?),
            SIGNER => Self::Signer(SignaturePublicKey::decode(&mut r)?),
            _ => return Err(DecodeError::new(DecodeErrorKind::UnknownValue, 0)),
        };
        r.finish()?;
        Ok(key)
    }

    fn decode_of_group(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let id = GroupId::decode(r)?;
        let at = r.offset();
        Ok(match u8::decode(r)? {
            STATUS => Self::Status(id),
            TREE => Self::TreeNode(id, NodeIndex::decode(r)?),
            PATH_KEYS => Self::PathKeys(id),
            PROPOSAL => Self::Proposal(id, Box::new(ProposalRef::decode(r)?)),
            PENDING => Self::PendingCommit(id),
            EPOCH => {
                let epoch = u64::decode(r)?;
                let at = r.offset();
                match u8::decode(r)? {
                    EPOCH_HEADER => Self::Epoch(id, epoch),
                    SKIPPED_INDEX => Self::SkippedIndex(id, epoch),
                    NODE => Self::SecretNode(id, epoch, NodeIndex::decode(r)?),
                    RATCHET => Self::Ratchet(id, epoch, LeafIndex::decode(r)?, RatchetType::decode(r)?),
                    SKIPPED => {
                        Self::SkippedKey(id, epoch, LeafIndex::decode(r)?, RatchetType::decode(r)?, u32::decode(r)?)
                    }
                    _ => return Err(DecodeError::new(DecodeErrorKind::UnknownValue, at)),
                }
            }
            RESUMPTION => Self::ResumptionPsk(id, u64::decode(r)?),
            _ => return Err(DecodeError::new(DecodeErrorKind::UnknownValue, at)),
        })
    }

    /// The group that the record belongs to; `None` for key packages, PSKs and signers.
    #[must_use]
    pub const fn group_id(&self) -> Option<&GroupId> {
        match self {
            Self::Group(id)
            | Self::Status(id)
            | Self::TreeNode(id, _)
            | Self::PathKeys(id)
            | Self::Proposal(id, _)
            | Self::PendingCommit(id)
            | Self::Epoch(id, _)
            | Self::SecretNode(id, ..)
            | Self::Ratchet(id, ..)
            | Self::SkippedKey(id, ..)
            | Self::SkippedIndex(id, _)
            | Self::ResumptionPsk(id, _)
            | Self::ExternalJoin(id)
            | Self::Successor(id) => Some(id),
            Self::KeyPackage(_) | Self::Psk(_) | Self::Signer(_) => None,
        }
    }
}

impl RecordPrefix {
    /// Whether the set contains the record.
    #[must_use]
    pub fn covers(&self, key: &RecordKey) -> bool {
        match self {
            Self::Group(id) => {
                !matches!(key, RecordKey::ExternalJoin(_) | RecordKey::Successor(_)) && key.group_id() == Some(id)
            }
            Self::Tree(id) => matches!(key, RecordKey::TreeNode(other, _) if other == id),
            Self::Proposals(id) => matches!(key, RecordKey::Proposal(other, _) if other == id),
            Self::Epoch(id, epoch) => match key {
                RecordKey::Epoch(other, at)
                | RecordKey::SkippedIndex(other, at)
                | RecordKey::SecretNode(other, at, _)
                | RecordKey::Ratchet(other, at, ..)
                | RecordKey::SkippedKey(other, at, ..) => other == id && at == epoch,
                _ => false,
            },
            Self::Groups => matches!(key, RecordKey::Group(_)),
            Self::ExternalJoins => matches!(key, RecordKey::ExternalJoin(_)),
            Self::Successors => matches!(key, RecordKey::Successor(_)),
            Self::KeyPackages => matches!(key, RecordKey::KeyPackage(_)),
            Self::Signers => matches!(key, RecordKey::Signer(_)),
            Self::Psks => matches!(key, RecordKey::Psk(_)),
        }
    }

    /// The byte prefixes of the keys that the set contains: a record is in the set where one of them is a prefix of
    /// its [`RecordKey::to_bytes`].
    ///
    /// # Errors
    /// [`EncodeError::VectorTooLong`] for a name of 2^30 bytes or more.
    pub fn to_byte_prefixes(&self) -> Result<Vec<Vec<u8>>, EncodeError> {
        Ok(match self {
            Self::Group(id) => alloc::vec![(HEADER, id).to_bytes()?, (GROUP, id).to_bytes()?],
            Self::Tree(id) => alloc::vec![(GROUP, id, TREE).to_bytes()?],
            Self::Proposals(id) => alloc::vec![(GROUP, id, PROPOSAL).to_bytes()?],
            Self::Epoch(id, epoch) => alloc::vec![((GROUP, id, EPOCH), *epoch).to_bytes()?],
            Self::Groups => alloc::vec![alloc::vec![HEADER]],
            Self::ExternalJoins => alloc::vec![alloc::vec![EXTERNAL_JOIN]],
            Self::Successors => alloc::vec![alloc::vec![SUCCESSOR]],
            Self::KeyPackages => alloc::vec![alloc::vec![KEY_PACKAGE]],
            Self::Signers => alloc::vec![alloc::vec![SIGNER]],
            Self::Psks => alloc::vec![alloc::vec![PSK]],
        })
    }
}

impl Missing {
    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.prefixes.is_empty()
    }
}
