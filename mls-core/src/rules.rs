//! The questions to an application's policy (RFC 9420 section 12.2, last item of each list).
//!
//! Each commit, received or about to be made, asks twice: first whether its proposals are welcome, then, with the list
//! applied, for credentials and pre-shared keys. Neither can be skipped.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::extension::ExternalSender;
use crate::framing::Sender;
use crate::group::{CommitPlan, EncryptOptions, SendOptions};
use crate::proposal::{Effect, Proposal};
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

/// Is this proposal, which somebody outside the group signed, welcome (RFC 9420 section 12.1.8)?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalProposalQuestion {
    pub(crate) question: [u8; 16],
    /// Who proposes: an external sender, or a client that would be a member.
    pub sender: Sender,
    /// The entry of the group's `external_senders` that signed; `None` for a client that would be a member, whose key
    /// package is in the proposal.
    pub external_sender: Option<ExternalSender>,
    /// The proposal.
    pub proposal: Proposal,
}

/// The answer to one [`ProposalQuestion`] or [`ExternalProposalQuestion`], and to no other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Ruling {
    pub(crate) question: [u8; 16],
    pub(crate) accepted: bool,
    pub(crate) effects: Vec<(usize, Effect)>,
}

/// How a client sends where the caller does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendingDefaults {
    /// Application messages.
    pub application: EncryptOptions,
    /// Proposals.
    pub proposal: SendOptions,
    /// Commits; what the caller proposes is added to it.
    pub commit: CommitPlan,
}

impl ProposalQuestion {
    /// The proposals are welcome.
    pub const fn accept(&self) -> Ruling {
        Ruling { question: self.question, accepted: true, effects: Vec::new() }
    }

    /// The proposals are welcome, and those of registered custom types do this: each effect with the place of its
    /// proposal in [`proposals`](Self::proposals). Effects are validated like standard proposals.
    ///
    /// # Security
    /// The effects must follow from the state of the group and the proposals alone, or members part ways.
    // req: R-12.2-18
    pub fn accept_with(&self, effects: Vec<(usize, Effect)>) -> Ruling {
        Ruling { question: self.question, accepted: true, effects }
    }

    /// They are not: the commit is invalid.
    ///
    /// # Security
    /// Members whose policies differ on a commit part ways there. Refuse only what every member refuses.
    pub const fn refuse(&self) -> Ruling {
        Ruling { question: self.question, accepted: false, effects: Vec::new() }
    }
}

impl ExternalProposalQuestion {
    /// The proposal is welcome: it is validated, and then waits to be committed.
    pub const fn accept(&self) -> Ruling {
        Ruling { question: self.question, accepted: true, effects: Vec::new() }
    }

    /// It is not, and is dropped.
    ///
    /// # Security
    /// Whoever drops a proposal cannot take in a commit that refers to it: refuse only what every member refuses.
    pub const fn refuse(&self) -> Ruling {
        Ruling { question: self.question, accepted: false, effects: Vec::new() }
    }
}

/// An application's policy.
///
/// Registered types of the application's own are not asked about but declared:
/// [`CustomTypes`](crate::custom::CustomTypes).
pub trait MlsRules: Send + Sync {
    /// How we send where the caller does not say: encryption, padding, when a commit has a path.
    fn sending(&self) -> SendingDefaults {
        SendingDefaults::default()
    }

    /// Whether the proposals of a commit are welcome: [`accept`](ProposalQuestion::accept) or
    /// [`refuse`](ProposalQuestion::refuse) the question.
    fn judge(&self, question: &ProposalQuestion) -> Ruling;

    /// Whether a proposal that comes from outside the group is welcome (RFC 9420 section 12.1.8).
    ///
    /// No, unless told otherwise: proposals of external senders and new members are off until a policy turns them on.
    fn judge_external_proposal(&self, question: &ExternalProposalQuestion) -> Ruling {
        question.refuse()
    }

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
    /// See [`MlsRules::sending`]; there is nothing to wait for.
    fn sending(&self) -> SendingDefaults {
        SendingDefaults::default()
    }

    /// See [`MlsRules::judge`].
    fn judge<'a>(&'a self, question: &'a ProposalQuestion) -> BoxFuture<'a, Ruling>;

    /// See [`MlsRules::judge_external_proposal`].
    fn judge_external_proposal<'a>(&'a self, question: &'a ExternalProposalQuestion) -> BoxFuture<'a, Ruling> {
        Box::pin(core::future::ready(question.refuse()))
    }

    /// See [`MlsRules::allows_psk_of_another_group`].
    fn allows_psk_of_another_group<'a>(&'a self, psk: &'a PreSharedKeyId) -> BoxFuture<'a, bool> {
        let _ = psk;
        Box::pin(core::future::ready(false))
    }
}
