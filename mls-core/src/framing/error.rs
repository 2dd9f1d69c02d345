//! What can be wrong with a framed message (RFC 9420 section 6).

use core::fmt;

use mls_codec::{DecodeError, EncodeError};
use mls_crypto_traits::CryptoError;

use crate::proposal::ProposalType;

/// Why content was not framed or a message not opened (RFC 9420 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FramingError {
    /// Application data is only sent encrypted (section 6).
    ApplicationDataInPublicMessage,
    /// The provider failed otherwise than by a verdict on the message.
    Crypto(CryptoError),
    /// The ciphertext of a `PrivateMessage` does not open (section 6.3); nothing more is said.
    DecryptionFailed,
    /// The content does not encode.
    Encode(EncodeError),
    /// An external sender may only send proposals (section 6.1).
    ExternalSenderContent,
    /// An external sender may not propose this (sections 6.1 and 12.1.8).
    ExternalSenderProposal(ProposalType),
    /// What was decrypted does not decode; offsets count in the plaintext (section 6.3.1).
    Malformed(DecodeError),
    /// A Commit lacks its confirmation tag (section 6.1).
    MissingConfirmationTag,
    /// This sender signs over the group context, and none was given (section 6.1).
    MissingGroupContext,
    /// A member's `PublicMessage` lacks its membership tag (section 6.2).
    MissingMembershipTag,
    /// A member's `PublicMessage` needs the membership key, and none was given (section 6.2).
    MissingMembershipKey,
    /// A `new_member_commit` sender may only send a Commit (section 6.1).
    NewMemberCommitContent,
    /// A `new_member_proposal` sender may only send an Add proposal (section 6.1).
    NewMemberProposalContent,
    /// Only members send `PrivateMessage`s (section 6.3.2).
    NonMemberInPrivateMessage,
    /// Padding is all zero (section 6.3.1).
    NonZeroPadding,
    /// Only a Commit carries a confirmation tag (section 6.1).
    UnexpectedConfirmationTag,
    /// Only a member's `PublicMessage` carries a membership tag (section 6.2).
    UnexpectedMembershipTag,
    /// The membership tag does not verify (section 6.2).
    WrongMembershipTag,
    /// The signature does not verify (section 6.1).
    WrongSignature,
    /// The content was signed for another wire format, or for one that carries no content
    /// (section 6.1).
    WrongWireFormat,
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Crypto(error) => return write!(f, "cryptographic operation failed: {error}"),
            Self::Encode(error) => return write!(f, "content does not encode: {error}"),
            Self::Malformed(error) => return write!(f, "decrypted content is malformed: {error}"),
            Self::ExternalSenderProposal(proposal_type) => {
                return write!(f, "an external sender may not propose {proposal_type:?}");
            }
            Self::ApplicationDataInPublicMessage => "application data in a PublicMessage",
            Self::DecryptionFailed => "decryption failed",
            Self::ExternalSenderContent => "an external sender may only send proposals",
            Self::MissingConfirmationTag => "a Commit without confirmation tag",
            Self::MissingGroupContext => "the group context is needed for this sender",
            Self::MissingMembershipTag => "a member's PublicMessage without membership tag",
            Self::MissingMembershipKey => "the membership key is needed for this sender",
            Self::NewMemberCommitContent => "a new_member_commit sender may only send a Commit",
            Self::NewMemberProposalContent => "a new_member_proposal sender may only send an Add",
            Self::NonMemberInPrivateMessage => "only members send PrivateMessages",
            Self::NonZeroPadding => "padding is not all zero",
            Self::UnexpectedConfirmationTag => "a confirmation tag on content that is no Commit",
            Self::UnexpectedMembershipTag => "a membership tag of a sender that is no member",
            Self::WrongMembershipTag => "wrong membership tag",
            Self::WrongSignature => "wrong signature",
            Self::WrongWireFormat => "content for another wire format",
        };
        f.write_str(text)
    }
}

impl core::error::Error for FramingError {}

impl From<CryptoError> for FramingError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<EncodeError> for FramingError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}
