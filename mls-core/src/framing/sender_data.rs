//! Who sent a `PrivateMessage` (RFC 9420 section 6.3.2).

use mls_codec::{Decode, Encode};

use super::{ContentType, FramingError, Sender};
use crate::tree::math::LeafIndex;

/// Who sent a `PrivateMessage`, and with which key (RFC 9420 section 6.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SenderData {
    /// The sending member.
    pub leaf_index: LeafIndex,
    /// The generation of the sender's ratchet.
    pub generation: u32,
    /// Is added by XOR to the first four bytes of the ratchet's nonce.
    pub reuse_guard: [u8; 4],
}

impl SenderData {
    /// The sender data for a message of `sender`. `reuse_guard` is fresh randomness.
    ///
    /// # Errors
    /// [`FramingError::NonMemberInPrivateMessage`].
    // req: R-6.3.2-01
    pub const fn new(sender: Sender, generation: u32, reuse_guard: [u8; 4]) -> Result<Self, FramingError> {
        match sender {
            Sender::Member(leaf_index) => Ok(Self { leaf_index, generation, reuse_guard }),
            Sender::External(_) | Sender::NewMemberProposal | Sender::NewMemberCommit => {
                Err(FramingError::NonMemberInPrivateMessage)
            }
        }
    }
}

/// What the sender data's AEAD authenticates (RFC 9420 section 6.3.2).
// req: R-6.3.2-04
#[derive(Encode)]
pub(super) struct SenderDataAad<'a> {
    pub(super) group_id: &'a [u8],
    pub(super) epoch: u64,
    pub(super) content_type: ContentType,
}
