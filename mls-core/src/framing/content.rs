//! Content and who sends it (RFC 9420 section 6).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader, encode_opaque, opaque_len};

use super::FramingError;
use crate::commit::Commit;
use crate::proposal::{Proposal, ProposalType};
use crate::tree::math::LeafIndex;

/// What a message contains (RFC 9420 section 6).
// req: R-6-07
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[mls(repr = "u8")]
#[expect(clippy::exhaustive_enums, reason = "the RFC closes the set")]
pub enum ContentType {
    /// Application data.
    #[mls(value = 1)]
    Application,
    /// A proposal.
    #[mls(value = 2)]
    Proposal,
    /// A Commit.
    #[mls(value = 3)]
    Commit,
}

/// Who sends a message, and thereby which key verifies it (RFC 9420 section 6).
// req: R-6-07
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[mls(repr = "u8")]
#[expect(clippy::exhaustive_enums, reason = "the RFC closes the set")]
pub enum Sender {
    /// The member at this leaf.
    #[mls(value = 1)]
    Member(LeafIndex),
    /// The entry of `external_senders` with this index.
    #[mls(value = 2)]
    External(u32),
    /// A client that proposes its own addition.
    #[mls(value = 3)]
    NewMemberProposal,
    /// A client that joins by its own Commit.
    #[mls(value = 4)]
    NewMemberCommit,
}

/// The content of a message by its type (RFC 9420 section 6).
#[derive(Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the RFC closes the set")]
pub enum Content {
    /// Application data.
    Application(Vec<u8>),
    /// A proposal.
    Proposal(Box<Proposal>),
    /// A Commit.
    Commit(Arc<Commit>),
}

/// What a member signs (RFC 9420 section 6).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FramedContent {
    /// The group it belongs to.
    pub group_id: Vec<u8>,
    /// The epoch it belongs to.
    pub epoch: u64,
    /// Who sends it.
    pub sender: Sender,
    /// The application's own data, authenticated and never encrypted.
    pub authenticated_data: Vec<u8>,
    /// The content itself.
    pub content: Content,
}

impl FramedContent {
    /// The type of the content.
    #[must_use]
    pub const fn content_type(&self) -> ContentType {
        self.content.content_type()
    }

    /// Checks that a sender of this type may send this content (RFC 9420 section 6.1).
    ///
    /// A proposal type outside RFC 9420 passes: whether an external sender may use it, its
    /// registration says.
    ///
    /// # Errors
    /// [`FramingError::ExternalSenderContent`], [`FramingError::ExternalSenderProposal`],
    /// [`FramingError::NewMemberProposalContent`], [`FramingError::NewMemberCommitContent`].
    pub fn check_sender(&self) -> Result<(), FramingError> {
        match (self.sender, &self.content) {
            (Sender::Member(_), _) => Ok(()),
            // req: R-6.1-08
            (Sender::External(_), Content::Proposal(proposal)) => {
                let proposal_type = proposal.proposal_type();
                // req: R-12.1.2-04, R-12.1.8-04
                if proposal_type.is_default() && !proposal_type.allowed_from_external_sender() {
                    return Err(FramingError::ExternalSenderProposal(proposal_type));
                }
                Ok(())
            }
            // req: R-6.1-07
            (Sender::External(_), _) => Err(FramingError::ExternalSenderContent),
            // req: R-6.1-10, R-6.1-11
            (Sender::NewMemberProposal, Content::Proposal(proposal))
                if proposal.proposal_type() == ProposalType::ADD =>
            {
                Ok(())
            }
            (Sender::NewMemberProposal, _) => Err(FramingError::NewMemberProposalContent),
            // req: R-6.1-09
            (Sender::NewMemberCommit, Content::Commit(_)) => Ok(()),
            (Sender::NewMemberCommit, _) => Err(FramingError::NewMemberCommitContent),
        }
    }
}

impl Content {
    /// The type that stands before the body on the wire.
    #[must_use]
    pub const fn content_type(&self) -> ContentType {
        match self {
            Self::Application(_) => ContentType::Application,
            Self::Proposal(_) => ContentType::Proposal,
            Self::Commit(_) => ContentType::Commit,
        }
    }

    /// The length of the body without its type, as a `PrivateMessage` encrypts it.
    pub(super) fn body_len(&self) -> usize {
        match self {
            Self::Application(data) => opaque_len(data),
            Self::Proposal(proposal) => proposal.as_ref().encoded_len(),
            Self::Commit(commit) => commit.as_ref().encoded_len(),
        }
    }

    /// Appends the body without its type.
    pub(super) fn encode_body(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Application(data) => encode_opaque(data, out),
            Self::Proposal(proposal) => proposal.as_ref().encode(out),
            Self::Commit(commit) => commit.as_ref().encode(out),
        }
    }

    /// Reads the body of a content of this type.
    pub(super) fn decode_body(content_type: ContentType, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match content_type {
            ContentType::Application => Self::Application(r.opaque()?.to_vec()),
            ContentType::Proposal => Self::Proposal(Box::new(Proposal::decode(r)?)),
            ContentType::Commit => Self::Commit(Arc::new(Commit::decode(r)?)),
        })
    }
}

impl Encode for Content {
    fn encoded_len(&self) -> usize {
        self.body_len().saturating_add(self.content_type().encoded_len())
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.content_type().encode(out)?;
        self.encode_body(out)
    }
}

impl Decode for Content {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let content_type = ContentType::decode(r)?;
        Self::decode_body(content_type, r)
    }
}

// Application data is the user's plaintext: only its length shows.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application(data) => write!(f, "Application(<{} bytes>)", data.len()),
            Self::Proposal(proposal) => f.debug_tuple("Proposal").field(proposal).finish(),
            Self::Commit(commit) => f.debug_tuple("Commit").field(commit).finish(),
        }
    }
}
