//! Why a group was not joined.

use alloc::boxed::Box;
use core::fmt;

use mls_codec::DecodeError;
use mls_crypto_traits::{CipherSuite, CryptoError};

use crate::extension::ExtensionType;
use crate::group::answers::AnswerError;
use crate::group::disposition::Missing;
use crate::group::fault::from_fault;
use crate::group::psks::PskFailure;
use crate::group::succession::{Predecessor, SuccessionError};
use crate::group::{Disposition, Fault};
use crate::limits::LimitExceeded;
use crate::proposal::list::ProposalListError;
use crate::tree::path::PathError;
use crate::tree::ratchet_tree::TreeError;
use crate::tree::validate::{LeafNodeError, TreeValidationError};

/// Why a group was not joined. Nothing has changed: no key package is used up (RFC 9420 sections 12.4.3.1, 12.4.3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// Something that has nothing to do with the group.
    Fault(Fault),
    /// The Welcome does not name the key package.
    NotForUs,
    /// The cipher suite is not the one of the key package.
    WrongSuite(CipherSuite),
    /// The Welcome does not decrypt: it is junk, or a pre-shared key is wrong.
    CannotDecrypt,
    /// What was decrypted does not decode.
    Malformed(DecodeError),
    /// A pre-shared key's nonce has the wrong length (section 8.4).
    PskNonceLength,
    /// More than one pre-shared key is of usage reinit or branch.
    TwoSuccessorPsks,
    /// More pre-shared keys than a 16-bit index can count (section 8.4).
    TooManyPsks,
    /// A pre-shared key of usage reinit or branch has no place in an external commit (section 12.1.4).
    PskUsage,
    /// The group succeeds another one (sections 11.2 and 11.3); it is not joined like this.
    SuccessorGroup(Box<Predecessor>),
    /// The group is not such a successor as is expected.
    Succession(SuccessionError),
    /// The ratchet tree is neither in the GroupInfo nor given.
    NoTree,
    /// The ratchet tree has not the form of one (section 12.4.3.3).
    TreeForm(TreeError),
    /// The tree's hash is not the one in the group context.
    TreeHash,
    /// The tree is invalid.
    Tree(TreeValidationError),
    /// The group has more members than [`Limits::members`](crate::limits::Limits::members) allows.
    TooManyMembers,
    /// Another of the [`Limits`](crate::limits::Limits) is exceeded.
    Limit(LimitExceeded),
    /// The group is of another version of the protocol.
    UnsupportedVersion,
    /// An extension type is repeated (section 13.4).
    DuplicateExtension,
    /// An extension of the group context or the GroupInfo has no place there (section 17.3).
    MisplacedExtension(ExtensionType),
    /// Our leaf does not support an extension of the group context (section 13.4).
    UnsupportedExtension(ExtensionType),
    /// An extension does not decode as its type says.
    MalformedExtension,
    /// The GroupInfo is signed by a blank leaf.
    BlankSigner,
    /// The GroupInfo's signature does not verify.
    GroupInfoSignature,
    /// The path secret has not the length of a secret.
    PathSecretLength,
    /// The path secret is not that of the tree's keys.
    Path(PathError),
    /// The confirmation tag is not that of the epoch.
    ConfirmationTag,
    /// The GroupInfo has no key for external joins (section 12.4.3.2).
    NoExternalPub,
    /// The key for external joins is invalid.
    ExternalPub(CryptoError),
    /// Our leaf in the group would be invalid (section 7.3).
    Leaf(LeafNodeError),
    /// The GroupInfo is of another group.
    WrongGroup,
    /// The GroupInfo is of an epoch that is over.
    OldEpoch(u64),
    /// The leaf that is to be replaced is blank.
    NothingToResync,
    /// Everybody would find the list of proposals invalid (section 12.2).
    ///
    /// [`ProposalListError::AlreadyMember`] where we are a member already and the plan does not remove our leaf: plan a
    /// resync.
    Proposals(ProposalListError),
    /// The policy refuses the proposals.
    Refused,
    /// What was asked was not answered, or not rightly.
    Answer(AnswerError),
}

from_fault!(JoinError);

impl JoinError {
    /// The records of a former group to read, where that is all that stands in the way.
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
            Self::NoTree => Disposition::Retry(Missing::Tree),
            Self::Answer(error) => error.disposition(),
            Self::Succession(error) => error.disposition(),
            Self::Leaf(_) | Self::NothingToResync | Self::Proposals(_) | Self::Refused | Self::PskUsage => {
                Disposition::FixCaller
            }
            _ => Disposition::Discard,
        }
    }
}

impl From<AnswerError> for JoinError {
    fn from(error: AnswerError) -> Self {
        Self::Answer(error)
    }
}

impl From<LimitExceeded> for JoinError {
    fn from(error: LimitExceeded) -> Self {
        Self::Limit(error)
    }
}

impl From<SuccessionError> for JoinError {
    fn from(error: SuccessionError) -> Self {
        Self::Succession(error)
    }
}

impl From<PskFailure> for JoinError {
    fn from(failure: PskFailure) -> Self {
        match failure {
            PskFailure::Fault(fault) => Self::Fault(fault),
            PskFailure::Answer(error) => Self::Answer(error),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fault(fault) => return fault.fmt(f),
            Self::Malformed(error) => return error.fmt(f),
            Self::TreeForm(error) => return error.fmt(f),
            Self::Tree(error) => return error.fmt(f),
            Self::Path(error) => return error.fmt(f),
            Self::Leaf(error) => return error.fmt(f),
            Self::Answer(error) => return error.fmt(f),
            Self::Limit(error) => return error.fmt(f),
            Self::Proposals(error) => return write!(f, "the proposals would be invalid: {error}"),
            Self::Succession(error) => return error.fmt(f),
            Self::ExternalPub(error) => return error.fmt(f),
            Self::MisplacedExtension(kind) => return write!(f, "extension {kind:?} has no place there"),
            Self::UnsupportedExtension(kind) => return write!(f, "extension {kind:?} is not supported"),
            Self::WrongSuite(suite) => return write!(f, "cipher suite {suite:?} is not the key package's"),
            Self::NotForUs => "the Welcome does not name the key package",
            Self::CannotDecrypt => "the Welcome does not decrypt",
            Self::PskNonceLength => "a PSK nonce has the wrong length",
            Self::TwoSuccessorPsks => "more than one PSK of usage reinit or branch",
            Self::TooManyPsks => "too many PSKs",
            Self::PskUsage => "a PSK of usage reinit or branch has no place there",
            Self::SuccessorGroup(_) => "the group succeeds another one",
            Self::NoTree => "the ratchet tree is missing",
            Self::TreeHash => "the tree's hash is not the one in the group context",
            Self::TooManyMembers => "the group has too many members",
            Self::UnsupportedVersion => "another version of the protocol",
            Self::DuplicateExtension => "an extension type is repeated",
            Self::MalformedExtension => "an extension is malformed",
            Self::BlankSigner => "the GroupInfo is signed by a blank leaf",
            Self::GroupInfoSignature => "the GroupInfo's signature does not verify",
            Self::PathSecretLength => "the path secret has the wrong length",
            Self::ConfirmationTag => "wrong confirmation tag",
            Self::NoExternalPub => "the GroupInfo has no key for external joins",
            Self::WrongGroup => "the GroupInfo is of another group",
            Self::OldEpoch(_) => "the GroupInfo is of an epoch that is over",
            Self::Refused => "the policy refuses the proposals",
            Self::NothingToResync => "the leaf that is to be replaced is blank",
        })
    }
}

impl core::error::Error for JoinError {}
