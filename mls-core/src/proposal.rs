//! Proposals (RFC 9420 section 12.1).

use mls_codec::open_enum;

pub(crate) mod apply;
pub(crate) mod effects;
pub(crate) mod list;
mod reference;
mod wire;

pub use effects::Effect;
pub use list::ProposalListError;
pub use reference::{ProposalOrRef, ProposalRef};
pub use wire::{Proposal, ReInit, RemovedLeaf};

#[cfg(test)]
mod tests;

open_enum! {
    /// The kind of a [`Proposal`] (RFC 9420 section 17.4). Unknown values are kept.
    // req: R-17.4-01
    pub struct ProposalType: u16 {
        /// Adds a client.
        ADD = 1,
        /// Replaces the sender's leaf.
        UPDATE = 2,
        /// Removes a member.
        REMOVE = 3,
        /// Mixes a pre-shared key into the key schedule.
        PSK = 4,
        /// Closes the group in favour of a successor.
        REINIT = 5,
        /// Brings the init secret of an external joiner.
        EXTERNAL_INIT = 6,
        /// Replaces the group's extensions.
        GROUP_CONTEXT_EXTENSIONS = 7,
    }
}

impl ProposalType {
    /// Whether this is one of the types that every implementation supports, and that capabilities
    /// therefore never list (RFC 9420 section 7.2).
    // req: R-7.2-03
    #[must_use]
    pub const fn is_default(self) -> bool {
        matches!(
            self,
            Self::ADD
                | Self::UPDATE
                | Self::REMOVE
                | Self::PSK
                | Self::REINIT
                | Self::EXTERNAL_INIT
                | Self::GROUP_CONTEXT_EXTENSIONS
        )
    }

    /// Whether a Commit that covers a proposal of this default type must have a path (RFC 9420
    /// sections 12.4 and 17.4).
    ///
    /// For other types the answer is `true`, the safe one; their registration knows better.
    // req: R-17.4-01, R-12.4-12
    #[must_use]
    pub const fn requires_path(self) -> bool {
        !matches!(self, Self::ADD | Self::PSK | Self::REINIT)
    }

    /// Whether a sender of type `external` may propose this default type (RFC 9420 sections
    /// 12.1.8 and 17.4).
    ///
    /// For other types the answer is `false`, the safe one; their registration knows better.
    // req: R-17.4-01, R-6.1-08
    #[must_use]
    pub const fn allowed_from_external_sender(self) -> bool {
        matches!(self, Self::ADD | Self::REMOVE | Self::PSK | Self::REINIT | Self::GROUP_CONTEXT_EXTENSIONS)
    }
}
