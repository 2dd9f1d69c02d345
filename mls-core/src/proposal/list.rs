//! Which lists of proposals a commit may have (RFC 9420 section 12.2).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use mls_crypto_traits::CryptoError;

use crate::custom::{CustomProposal, CustomTypes};
use crate::extension::ExtensionType;
use crate::framing::Sender;
use crate::identity::MemberId;
use crate::key_package::KeyPackageError;
use crate::proposal::{Proposal, ProposalRef, ProposalType, RemovedLeaf};
use crate::psk::{PreSharedKeyId, Psk, ResumptionPskUsage};
use crate::tree::math::LeafIndex;
use crate::tree::ratchet_tree::TreeError;
use crate::tree::validate::LeafNodeError;

/// A proposal of a commit with what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct ListedProposal {
    /// Who made it; the committer where it stands in the commit itself.
    pub(crate) sender: Sender,
    pub(crate) proposal: Proposal,
    /// Its reference, where the commit does not contain it.
    pub(crate) reference: Option<ProposalRef>,
    /// Who was vouched for when it arrived by itself.
    pub(crate) member: Option<MemberId>,
}

impl ListedProposal {
    /// Whether signatures in it were verified when it arrived.
    pub(crate) const fn is_verified(&self) -> bool {
        self.reference.is_some()
    }
}

/// Why a list of proposals is invalid (RFC 9420 section 12.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProposalListError {
    /// A proposal is referred to twice.
    DuplicateReference(ProposalRef),
    /// The committer commits an Update of its own.
    UpdateByCommitter,
    /// An Update was proposed by somebody who is not a member (section 12.1.2).
    UpdateByNonMember,
    /// The committer removes itself.
    RemoveOfCommitter,
    /// A blank leaf, or one outside the tree, is removed (section 12.1.3).
    RemoveOfNonMember(RemovedLeaf),
    /// One leaf is updated or removed more than once.
    ConflictingChanges(LeafIndex),
    /// Two members of the resulting group share a signature key (section 7.3).
    DuplicateSignatureKey,
    /// Two nodes of the resulting tree share an encryption key (section 7.3).
    DuplicateEncryptionKey,
    /// Two Adds have the same init key, or an Add's init key is in the tree (section 10).
    DuplicateInitKey,
    /// Two Adds are for the same client.
    SameClientTwice(MemberId),
    /// Who is added, joins or takes a new credential is a client that is a member already, at this leaf, and the list
    /// does not remove it.
    AlreadyMember(MemberId, LeafIndex),
    /// Two PSK proposals name the same `PreSharedKeyID`.
    DuplicatePsk,
    /// A PSK proposal's nonce is not as long as the suite's hash (section 12.1.4).
    PskNonceLength,
    /// A PSK proposal has a usage that is not allowed there (section 12.1.4).
    PskUsage,
    /// There are more PSKs than a 16-bit index can count (section 8.4).
    TooManyPsks,
    /// More than one `GroupContextExtensions` proposal.
    TwoGroupContextExtensions,
    /// A `GroupContextExtensions` or `ReInit` proposal repeats an extension type (section 13.4).
    DuplicateExtension,
    /// A `GroupContextExtensions` or `ReInit` proposal has an extension that has no place in a group context (section
    /// 17.3).
    MisplacedExtension(ExtensionType),
    /// An extension or capability that the new group context demands is not supported by a remaining member
    /// (sections 11.1 and 12.1.7).
    UnsupportedByMember,
    /// A credential type in use is not supported by every member (section 7.3).
    CredentialTypeNotSupportedByAll,
    /// A `ReInit` stands beside another proposal.
    ReInitNotAlone,
    /// A `ReInit` lowers the protocol version (section 12.1.5).
    ReInitVersion,
    /// An `ExternalInit` in a member's commit (section 12.1.6).
    ExternalInitByMember,
    /// An external commit without exactly one `ExternalInit`.
    ExternalInitCount(usize),
    /// An external commit refers to a proposal (section 12.4.3.2).
    ReferenceInExternalCommit,
    /// A proposal of this type has no place in an external commit.
    NotInExternalCommit(ProposalType),
    /// An external commit removes more than one leaf.
    TwoRemovesInExternalCommit,
    /// A proposal type that is not registered with this client (section 12.1).
    UnknownProposalType(ProposalType),
    /// A proposal of a registered type comes from a sender that its registration does not let propose it (section
    /// 12.1.8).
    CustomSender(ProposalType),
    /// A proposal type that a member who has to process it does not support (section 12.2).
    ProposalTypeNotSupportedByAll(ProposalType),
    /// The path that the list demands is absent (section 12.4).
    PathRequired,
    /// The key package of an Add is invalid (section 12.1.1).
    InvalidAdd(KeyPackageError),
    /// The leaf of an Update is invalid (section 12.1.2).
    InvalidUpdate(LeafNodeError),
    /// An extension of the new group context does not decode as its type says.
    MalformedExtension(ExtensionType),
    /// A value is too long to encode (section 2.1.2).
    TooLong,
    /// The tree cannot take the changes.
    Tree(TreeError),
    /// The crypto backend failed.
    Crypto(CryptoError),
}

/// Who commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Committer {
    Member(LeafIndex),
    NewMember,
}

/// The rules of section 12.2 that need nothing but the list itself; `hash_len` is the suite's.
pub(crate) fn check_list(
    list: &[ListedProposal],
    committer: Committer,
    hash_len: usize,
    custom: &CustomTypes,
) -> Result<(), ProposalListError> {
    check_references(list)?;
    check_psks(list, hash_len)?;
    match committer {
        Committer::Member(leaf) => check_regular(list, leaf, custom),
        Committer::NewMember => check_external(list, custom),
    }
}

fn check_references(list: &[ListedProposal]) -> Result<(), ProposalListError> {
    let mut seen = BTreeSet::new();
    for reference in list.iter().filter_map(|listed| listed.reference.as_ref()) {
        if !seen.insert(reference) {
            return Err(ProposalListError::DuplicateReference(*reference));
        }
    }
    Ok(())
}

fn check_psks(list: &[ListedProposal], hash_len: usize) -> Result<(), ProposalListError> {
    let mut seen = BTreeSet::new();
    for listed in list {
        let Proposal::PreSharedKey(id) = &listed.proposal else { continue };
        check_psk(id, hash_len)?;
        // req: R-12.2-10
        if !seen.insert(id) {
            return Err(ProposalListError::DuplicatePsk);
        }
    }
    if seen.len() > usize::from(u16::MAX) { Err(ProposalListError::TooManyPsks) } else { Ok(()) }
}

/// Whether a PSK may be proposed (section 12.1.4).
pub(crate) fn check_psk(id: &PreSharedKeyId, hash_len: usize) -> Result<(), ProposalListError> {
    // req: R-12.1.4-03
    if id.psk_nonce.len() != hash_len {
        return Err(ProposalListError::PskNonceLength);
    }
    match &id.psk {
        // req: R-12.1.4-01, R-12.1.4-02, R-11.2-06, R-11.3-07
        Psk::Resumption { usage, .. } if *usage != ResumptionPskUsage::Application => Err(ProposalListError::PskUsage),
        _ => Ok(()),
    }
}

fn check_regular(list: &[ListedProposal], committer: LeafIndex, custom: &CustomTypes) -> Result<(), ProposalListError> {
    let mut touched = BTreeSet::new();
    let mut extensions = 0_u32;
    for listed in list {
        let leaf = match &listed.proposal {
            Proposal::Update(_) => match listed.sender {
                // req: R-12.2-04
                Sender::Member(leaf) if leaf == committer => return Err(ProposalListError::UpdateByCommitter),
                Sender::Member(leaf) => leaf,
                _ => return Err(ProposalListError::UpdateByNonMember),
            },
            // req: R-12.2-05
            Proposal::Remove(removed) => match removed.leaf() {
                Some(leaf) if leaf == committer => return Err(ProposalListError::RemoveOfCommitter),
                Some(leaf) => leaf,
                None => return Err(ProposalListError::RemoveOfNonMember(*removed)),
            },
            // req: R-12.2-12
            Proposal::ReInit(_) if list.len() > 1 => return Err(ProposalListError::ReInitNotAlone),
            // req: R-12.2-14, R-12.1.6-01
            Proposal::ExternalInit { .. } => return Err(ProposalListError::ExternalInitByMember),
            Proposal::GroupContextExtensions(_) => {
                extensions = extensions.saturating_add(1);
                continue;
            }
            Proposal::Custom { proposal_type, .. } => {
                check_custom(*proposal_type, listed.sender, custom)?;
                continue;
            }
            _ => continue,
        };
        // req: R-12.2-06
        if !touched.insert(leaf) {
            return Err(ProposalListError::ConflictingChanges(leaf));
        }
    }
    // req: R-12.2-11
    if extensions > 1 { Err(ProposalListError::TwoGroupContextExtensions) } else { Ok(()) }
}

/// Whether the type is registered, and its registration lets this sender propose it.
pub(crate) fn check_custom(
    proposal_type: ProposalType,
    sender: Sender,
    custom: &CustomTypes,
) -> Result<CustomProposal, ProposalListError> {
    // req: R-12.1-04, R-13.5-07
    let rules = custom.rules_of(proposal_type).ok_or(ProposalListError::UnknownProposalType(proposal_type))?;
    // req: R-12.1.8-07
    if rules.allows(sender) { Ok(*rules) } else { Err(ProposalListError::CustomSender(proposal_type)) }
}

fn check_external(list: &[ListedProposal], custom: &CustomTypes) -> Result<(), ProposalListError> {
    let mut inits = 0_usize;
    let mut removes = 0_usize;
    for listed in list {
        let kind = listed.proposal.proposal_type();
        if listed.reference.is_some() {
            // req: R-12.4.3.2-04
            if !custom.rules_of(kind).is_some_and(|rules| rules.by_reference_in_external_commits) {
                return Err(ProposalListError::ReferenceInExternalCommit);
            }
            check_custom(kind, listed.sender, custom)?;
            continue;
        }
        match &listed.proposal {
            Proposal::Custom { .. } if custom.rules_of(kind).is_some_and(|rules| rules.in_external_commits) => {}
            Proposal::ExternalInit { .. } => inits = inits.saturating_add(1),
            Proposal::Remove(_) => removes = removes.saturating_add(1),
            // req: R-12.2-23
            Proposal::PreSharedKey(_) => {}
            // req: R-12.2-24
            _ => return Err(ProposalListError::NotInExternalCommit(kind)),
        }
    }
    // req: R-12.2-19
    if inits != 1 {
        return Err(ProposalListError::ExternalInitCount(inits));
    }
    // req: R-12.2-20
    if removes > 1 { Err(ProposalListError::TwoRemovesInExternalCommit) } else { Ok(()) }
}

/// Whether the list demands a path (section 12.4).
pub(crate) fn path_required(list: &[ListedProposal], custom: &CustomTypes) -> bool {
    // req: R-12.4-12, R-12.4-13, R-12.4-14, R-12.4-15
    list.is_empty() || list.iter().any(|listed| custom.requires_path(listed.proposal.proposal_type()))
}

/// The PSKs of the list, in its order.
pub(crate) fn psks(list: &[ListedProposal]) -> Vec<PreSharedKeyId> {
    // req: R-12.1.4-05, R-12.3-05, R-12.4.1-09, R-8.4-01
    list.iter()
        .filter_map(|listed| match &listed.proposal {
            Proposal::PreSharedKey(id) => Some(id.clone()),
            _ => None,
        })
        .collect()
}

impl From<TreeError> for ProposalListError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

impl From<CryptoError> for ProposalListError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl fmt::Display for ProposalListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DuplicateReference(_) => "a proposal is referred to twice",
            Self::UpdateByCommitter => "the committer commits its own update",
            Self::UpdateByNonMember => "an update was proposed by a non-member",
            Self::RemoveOfCommitter => "the committer removes itself",
            Self::RemoveOfNonMember(_) => "a leaf without a member is removed",
            Self::ConflictingChanges(_) => "a leaf is changed more than once",
            Self::DuplicateSignatureKey => "two members would share a signature key",
            Self::DuplicateEncryptionKey => "two nodes would share an encryption key",
            Self::DuplicateInitKey => "an init key is used twice",
            Self::SameClientTwice(_) => "one client would be added twice",
            Self::AlreadyMember(..) => "a client would be a member twice",
            Self::DuplicatePsk => "a PSK is named twice",
            Self::PskNonceLength => "a PSK nonce has the wrong length",
            Self::PskUsage => "a PSK has a usage that is not allowed here",
            Self::TooManyPsks => "too many PSKs",
            Self::TwoGroupContextExtensions => "more than one GroupContextExtensions proposal",
            Self::DuplicateExtension => "an extension type is repeated",
            Self::MisplacedExtension(_) => "an extension has no place in a group context",
            Self::UnsupportedByMember => "a remaining member lacks a capability that the group would demand",
            Self::CredentialTypeNotSupportedByAll => "a credential type in use is not supported by all members",
            Self::ReInitNotAlone => "a ReInit stands beside another proposal",
            Self::ReInitVersion => "a ReInit lowers the protocol version",
            Self::ExternalInitByMember => "an ExternalInit in a member's commit",
            Self::ExternalInitCount(_) => "an external commit without exactly one ExternalInit",
            Self::ReferenceInExternalCommit => "an external commit refers to a proposal",
            Self::NotInExternalCommit(_) => "a proposal that has no place in an external commit",
            Self::TwoRemovesInExternalCommit => "an external commit removes more than one leaf",
            Self::UnknownProposalType(_) => "a proposal type that is not registered",
            Self::CustomSender(_) => "a sender that may not propose this type",
            Self::ProposalTypeNotSupportedByAll(_) => "a proposal type that a member does not support",
            Self::PathRequired => "the required path is absent",
            Self::InvalidAdd(_) => "an added key package is invalid",
            Self::InvalidUpdate(_) => "an updated leaf is invalid",
            Self::MalformedExtension(_) => "a group context extension is malformed",
            Self::TooLong => "a value is too long to encode",
            Self::Tree(_) => "the tree cannot take the changes",
            Self::Crypto(_) => "the crypto backend failed",
        })
    }
}

impl core::error::Error for ProposalListError {}
