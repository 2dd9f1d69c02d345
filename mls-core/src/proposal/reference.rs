//! Proposals by value or by reference (RFC 9420 sections 5.2 and 12.4).

use alloc::boxed::Box;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CryptoError, Digest, Suite};

use crate::framing::AuthenticatedContent;
use crate::proposal::Proposal;

const REFERENCE_LABEL: &[u8] = b"MLS 1.0 Proposal Reference";

/// The hash that names a proposal that was sent before (RFC 9420 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ProposalRef(pub Digest);

/// A proposal as a Commit lists it (RFC 9420 section 12.4).
// req: R-12.4-03
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[mls(repr = "u8")]
#[expect(clippy::exhaustive_enums, reason = "the RFC closes the set")]
pub enum ProposalOrRef {
    /// The committer's own proposal.
    #[mls(value = 1)]
    Proposal(Box<Proposal>),
    /// One that was sent before, by anyone.
    #[mls(value = 2)]
    Reference(ProposalRef),
}

impl ProposalRef {
    /// The reference of the proposal in `content`: over wire format, content and signature.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] when a vector is too long; otherwise the provider's error.
    // req: R-5.2-01, R-5.2-03
    pub fn new(suite: Suite<'_>, content: &AuthenticatedContent) -> Result<Self, CryptoError> {
        suite.ref_hash(REFERENCE_LABEL, &content.to_bytes()?).map(Self)
    }

    /// The hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
