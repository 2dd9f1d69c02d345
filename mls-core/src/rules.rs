//! The questions to an application's policy (RFC 9420 section 12.2, last item of each list).
//!
//! Each commit, received or about to be made, asks twice: first whether its proposals are welcome, then, with the list
//! applied, for credentials and pre-shared keys. Neither can be skipped.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::framing::Sender;
use crate::proposal::Proposal;
use crate::psk::PreSharedKeyId;
use crate::storage::BoxFuture;

/// A proposal of a commit, with whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedChange {
    /// Who proposed it; for one that stands in the commit itself, the committer.
    pub sender: Sender,
    /// The proposal.
    pub proposal: Proposal,
}

/// Are these proposals, committed by this sender, welcome?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalQuestion {
    pub(crate) question: [u8; 16],
    /// Who commits: a member, or a new member by an external commit.
    pub committer: Sender,
    /// Whether the commit is our own, about to be made.
    pub own: bool,
    /// The proposals in the order of the commit.
    pub proposals: Vec<ProposedChange>,
}

/// The answer to one [`ProposalQuestion`], and to no other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Ruling {
    pub(crate) question: [u8; 16],
    pub(crate) accepted: bool,
}

impl ProposalQuestion {
    /// The proposals are welcome.
    pub const fn accept(&self) -> Ruling {
        Ruling { question: self.question, accepted: true }
    }

    /// They are not: the commit is invalid.
    ///
    /// # Security
    /// Members whose policies differ on a commit part ways there. Refuse only what every member refuses.
    pub const fn refuse(&self) -> Ruling {
        Ruling { question: self.question, accepted: false }
    }
}

/// An application's policy.
pub trait MlsRules: Send + Sync {
    /// Whether the proposals of a commit are welcome: [`accept`](ProposalQuestion::accept) or
    /// [`refuse`](ProposalQuestion::refuse) the question.
    fn judge(&self, question: &ProposalQuestion) -> Ruling;

    /// Whether the resumption PSK of *another* group of ours may be mixed in where a commit or a Welcome names it.
    ///
    /// # Security
    /// No, unless told otherwise: whoever may propose PSKs could find out which groups we are in.
    fn allows_psk_of_another_group(&self, psk: &PreSharedKeyId) -> bool {
        let _ = psk;
        false
    }
}

/// An application's policy behind futures. The contract is that of [`MlsRules`].
pub trait AsyncMlsRules: Send + Sync {
    /// See [`MlsRules::judge`].
    fn judge<'a>(&'a self, question: &'a ProposalQuestion) -> BoxFuture<'a, Ruling>;

    /// See [`MlsRules::allows_psk_of_another_group`].
    fn allows_psk_of_another_group<'a>(&'a self, psk: &'a PreSharedKeyId) -> BoxFuture<'a, bool> {
        let _ = psk;
        Box::pin(core::future::ready(false))
    }
}
