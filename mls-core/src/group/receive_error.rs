//! Why a message was refused.

use alloc::boxed::Box;
use core::fmt;

use mls_crypto_traits::CryptoError;

use crate::framing::{FramingError, Sender};
use crate::group::answers::AnswerError;
use crate::group::commit::CommitError;
use crate::group::disposition::Missing;
use crate::group::fault::from_fault;
use crate::group::{Disposition, Fault};
use crate::limits::LimitExceeded;
use crate::proposal::ProposalRef;
use crate::proposal::list::ProposalListError;
use crate::secret_tree::SecretTreeError;
use crate::tree::math::LeafIndex;
use crate::tree::path::PathError;
use crate::tree::validate::LeafNodeError;

/// Why a message was refused. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiveError {
    /// Something that has nothing to do with the message.
    Fault(Fault),
    /// The message is of another version of the protocol (RFC 9420 section 6).
    UnsupportedVersion,
    /// The message is not one that a group handles: a Welcome, a GroupInfo, a key package.
    NotForAGroup,
    /// The message belongs to another group.
    WrongGroup,
    /// The message belongs to an epoch that has not been entered yet.
    FutureEpoch(u64),
    /// The message belongs to an epoch whose secrets are gone, or is a handshake message of a past epoch.
    PastEpoch(u64),
    /// The sender's leaf is blank or outside the tree (section 6.1).
    SenderNotMember(LeafIndex),
    /// The policy lets no proposal like this in from outside (section 12.1.8), or a sender of this type may not do
    /// that.
    SenderNotAllowed(Sender),
    /// The group context has no external sender with this index (section 12.1.8.1).
    NoExternalSender(u32),
    /// The message is our own; what it says was done when it was sent.
    OwnMessage,
    /// The framing is wrong: a tag, the signature, the encryption (section 6).
    Framing(FramingError),
    /// The key of the message was used before, or its time is over (section 9.2).
    KeyConsumed,
    /// The message is further ahead of the last one of its sender than
    /// [`Limits::max_forward`](crate::limits::Limits::max_forward) allows (section 15.3).
    TooFarAhead,
    /// An external commit without a path (section 12.4.3.2).
    ExternalCommitWithoutPath,
    /// The proposal is cached already.
    DuplicateProposal(ProposalRef),
    /// As many proposals are cached as [`Limits::cached_proposals`](crate::limits::Limits::cached_proposals) allows.
    TooManyProposals,
    /// Another of the [`Limits`](crate::limits::Limits) is exceeded.
    Limit(LimitExceeded),
    /// A proposal that its sender signed is invalid.
    InvalidProposal {
        /// Who proposed.
        sender: Sender,
        /// The rule that is broken.
        rule: Box<ProposalListError>,
    },
    /// The commit refers to a proposal that never arrived (erratum 8815 to section 12.2): obtain it and try again.
    MissingProposal(ProposalRef),
    /// A commit that its sender signed is invalid.
    InvalidCommit {
        /// Who committed.
        sender: Sender,
        /// The rule that is broken.
        rule: Box<CommitRule>,
    },
    /// What was asked was not answered, or not rightly.
    Answer(AnswerError),
}

/// A rule that a commit may break (RFC 9420 section 12.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitRule {
    /// The list of proposals is valid (section 12.2).
    Proposals(ProposalListError),
    /// The application's policy accepts the proposals (section 12.2).
    Policy,
    /// The leaf of the path is valid (section 7.3).
    PathLeaf(LeafNodeError),
    /// The path is valid (section 7.6).
    Path(PathError),
    /// The key encapsulation of an `ExternalInit` is valid (section 8.3).
    ExternalInit(CryptoError),
    /// The confirmation tag is that of the new epoch (section 6.1).
    ConfirmationTag,
}

from_fault!(ReceiveError);

impl ReceiveError {
    /// The records to read, where that is all that stands in the way.
    #[must_use]
    pub const fn missing(&self) -> Option<&crate::record::Missing> {
        match self {
            Self::Fault(fault) => fault.missing(),
            _ => None,
        }
    }

    /// What to do about the error.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Fault(fault) => fault.disposition(),
            Self::FutureEpoch(epoch) => Disposition::AwaitEpoch(*epoch),
            Self::OwnMessage | Self::KeyConsumed | Self::DuplicateProposal(_) => Disposition::Duplicate,
            Self::MissingProposal(reference) => Disposition::Retry(Missing::Proposal(*reference)),
            Self::InvalidProposal { sender, .. } => Disposition::Blame(*sender),
            Self::InvalidCommit { sender, rule } => rule.disposition(*sender),
            Self::Answer(error) => error.disposition(),
            Self::UnsupportedVersion
            | Self::NotForAGroup
            | Self::WrongGroup
            | Self::PastEpoch(_)
            | Self::SenderNotMember(_)
            | Self::SenderNotAllowed(_)
            | Self::NoExternalSender(_)
            | Self::Framing(_)
            | Self::TooFarAhead
            | Self::ExternalCommitWithoutPath
            | Self::TooManyProposals
            | Self::Limit(_) => Disposition::Discard,
        }
    }
}

impl CommitRule {
    /// What to do about a commit that breaks the rule. One that the application itself refuses is dropped.
    const fn disposition(&self, sender: Sender) -> Disposition {
        match self {
            Self::Policy => Disposition::Discard,
            // req: R-16.12-01
            _ => Disposition::Blame(sender),
        }
    }
}

impl AnswerError {
    /// What to do about the error.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::MissingPsk(id) => Disposition::Retry(Missing::Psk(Box::new(id.clone()))),
            Self::WrongAnswer | Self::NotVouched(_) | Self::EffectWithoutCause(_) => Disposition::FixCaller,
        }
    }
}

impl From<FramingError> for ReceiveError {
    fn from(error: FramingError) -> Self {
        match error {
            FramingError::Crypto(error) => Self::Fault(error.into()),
            FramingError::Encode(error) => Self::Fault(error.into()),
            error => Self::Framing(error),
        }
    }
}

impl From<SecretTreeError> for ReceiveError {
    fn from(error: SecretTreeError) -> Self {
        match error {
            SecretTreeError::Crypto(error) => Self::Fault(error.into()),
            SecretTreeError::TooFarAhead { .. } => Self::TooFarAhead,
            // A leaf outside the secret tree is outside the ratchet tree, and was refused before.
            _ => Self::KeyConsumed,
        }
    }
}

impl From<LimitExceeded> for ReceiveError {
    fn from(error: LimitExceeded) -> Self {
        Self::Limit(error)
    }
}

impl From<AnswerError> for ReceiveError {
    fn from(error: AnswerError) -> Self {
        Self::Answer(error)
    }
}

impl From<CommitError> for ReceiveError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Fault(fault) => Self::Fault(fault),
            CommitError::Answer(error) => Self::Answer(error),
            _ => Self::OwnMessage,
        }
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::UnsupportedVersion => f.write_str("another version of the protocol"),
            Self::NotForAGroup => f.write_str("not a message that a group handles"),
            Self::WrongGroup => f.write_str("the message belongs to another group"),
            Self::FutureEpoch(epoch) => write!(f, "epoch {epoch} has not been entered yet"),
            Self::PastEpoch(epoch) => write!(f, "epoch {epoch} is over"),
            Self::SenderNotMember(leaf) => write!(f, "no member at leaf {}", leaf.as_u32()),
            Self::SenderNotAllowed(sender) => write!(f, "sender {sender:?} is not let in"),
            Self::NoExternalSender(index) => write!(f, "the group has no external sender {index}"),
            Self::OwnMessage => f.write_str("the message is our own"),
            Self::Framing(error) => error.fmt(f),
            Self::KeyConsumed => f.write_str("the key of the message is gone"),
            Self::TooFarAhead => f.write_str("the message is too far ahead"),
            Self::ExternalCommitWithoutPath => f.write_str("an external commit without a path"),
            Self::DuplicateProposal(_) => f.write_str("the proposal is known"),
            Self::TooManyProposals => f.write_str("too many proposals are cached"),
            Self::Limit(error) => error.fmt(f),
            Self::InvalidProposal { rule, .. } => write!(f, "the proposal is invalid: {rule}"),
            Self::MissingProposal(_) => f.write_str("the commit refers to a proposal that never arrived"),
            Self::InvalidCommit { rule, .. } => write!(f, "the commit is invalid: {rule}"),
            Self::Answer(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for CommitRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proposals(error) => error.fmt(f),
            Self::Policy => f.write_str("the policy refuses the proposals"),
            Self::PathLeaf(error) => error.fmt(f),
            Self::Path(error) => error.fmt(f),
            Self::ExternalInit(error) => error.fmt(f),
            Self::ConfirmationTag => f.write_str("wrong confirmation tag"),
        }
    }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongAnswer => "an answer belongs to another question",
            Self::NotVouched(_) => "a credential was not vouched for",
            Self::EffectWithoutCause(_) => "an effect belongs to no custom proposal",
            Self::MissingPsk(_) => "a pre-shared key is missing",
        })
    }
}

impl core::error::Error for ReceiveError {}
impl core::error::Error for CommitRule {}
impl core::error::Error for AnswerError {}
