//! Proposals from outside the group, and making one (RFC 9420 section 12.1.8).

use alloc::vec::Vec;

use crate::env::Env;
use crate::extension::ExternalSenders;
use crate::framing::Sender;
use crate::group::answers::QuestionTag;
use crate::group::outside::external_sender;
use crate::group::process::check_tag;
use crate::group::{ExternalProposal, OutgoingProposal, ProposeError, ReceiveError, propose_from_outside};
use crate::observer::{ObservedProposal, Observer};
use crate::proposal::apply::{ApplyContext, apply_alone};
use crate::proposal::list::ListedProposal;
use crate::proposal::{Proposal, ProposalRef};
use crate::rules::{ExternalProposalQuestion, Ruling};

use mls_crypto_traits::SignaturePublicKey;

/// A proposal from outside the group whose framing and signature are verified. Nothing is validated yet: first the
/// policy is asked.
#[derive(Debug)]
#[must_use]
pub struct ObservedExternalProposal {
    epoch: u64,
    reference: ProposalRef,
    listed: ListedProposal,
    question: ExternalProposalQuestion,
}

impl ObservedExternalProposal {
    pub(super) fn new(
        observer: &Observer,
        reference: ProposalRef,
        listed: ListedProposal,
        env: &mut Env<'_>,
    ) -> Result<Self, ReceiveError> {
        let external_sender = match listed.sender {
            Sender::External(index) => Some(external_sender(&observer.context, index)?),
            _ => None,
        };
        let question = ExternalProposalQuestion {
            question: QuestionTag::draw(env.rng)?.0,
            sender: listed.sender,
            external_sender,
            proposal: listed.proposal.clone(),
        };
        Ok(Self { epoch: observer.epoch(), reference, listed, question })
    }

    /// The question to the policy.
    #[must_use]
    pub const fn question(&self) -> &ExternalProposalQuestion {
        &self.question
    }

    /// Goes on with the policy's answer: validates the proposal.
    ///
    /// An observer that refuses what members keep cannot follow the commit that refers to it.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing has changed. [`ReceiveError::SenderNotAllowed`] where the policy refuses.
    pub fn rule(
        self,
        ruling: Ruling,
        observer: &Observer,
        env: &mut Env<'_>,
    ) -> Result<ObservedProposal, ReceiveError> {
        check_tag(&self.question.question, &ruling)?;
        if !ruling.accepted {
            return Err(ReceiveError::SenderNotAllowed(self.listed.sender));
        }
        observer.check_epoch(self.epoch)?;
        let suite = observer.suite(env)?;
        observer.proposal_arrives(suite, self.reference, self.listed, env)
    }
}

impl Observer {
    /// Proposes a change as the external sender of `signature_key`, which the group must list (RFC 9420 section
    /// 12.1.8.1). Nothing changes; the observer takes its own proposal in as it does others'.
    ///
    /// # Errors
    /// [`ProposeError::NotAnExternalSender`] where the group does not list the key, [`ProposeError::Invalid`] where
    /// the proposal would not be valid by itself, what else stands in the way; nothing has changed.
    pub fn propose(
        &self,
        signature_key: &SignaturePublicKey,
        proposal: Proposal,
        authenticated_data: Vec<u8>,
        env: &Env<'_>,
    ) -> Result<OutgoingProposal, ProposeError> {
        self.check_open()?;
        // req: R-12.1.8-01
        let senders = self.context.extensions.read::<ExternalSenders>().ok().flatten().unwrap_or_default();
        let place = senders.0.iter().position(|sender| sender.signature_key == *signature_key);
        let sender_index =
            place.and_then(|place| u32::try_from(place).ok()).ok_or(ProposeError::NotAnExternalSender)?;
        let suite = self.suite(env)?;
        let sender = Sender::External(sender_index);
        let listed = ListedProposal { sender, proposal: proposal.clone(), reference: None, member: None };
        let at = ApplyContext::new(suite, &self.tree, &self.context, env);
        apply_alone(at, &listed).map_err(ProposeError::Invalid)?;
        let plan = ExternalProposal {
            group_id: self.id.clone(),
            epoch: self.epoch(),
            cipher_suite: self.cipher_suite(),
            sender_index,
            signature_key: signature_key.clone(),
            proposal,
            authenticated_data,
        };
        propose_from_outside(&plan, env)
    }
}
