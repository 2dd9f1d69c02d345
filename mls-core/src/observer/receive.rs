//! Taking in what members and others send (RFC 9420 sections 6 and 12.1).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_crypto_traits::Suite;

use crate::env::Env;
use crate::framing::{
    Content, ContentType, Framed, MlsMessage, MlsMessageBody, ProtocolVersion, PublicMessage, Sender,
};
use crate::group::admission::{admit, check_cache, known_key, stranger_key};
use crate::group::answers::{Answers, QuestionTag};
use crate::group::cache::CachedProposal;
use crate::group::{Fault, ProposalReceived, ReceiveError};
use crate::identity::CredentialCheck;
use crate::observer::commit::ObservedCommit;
use crate::observer::{ObservedExternalProposal, Observer, ObserverStep};
use crate::proposal::apply::{ApplyContext, apply_alone};
use crate::proposal::list::ListedProposal;
use crate::proposal::{Proposal, ProposalRef};
use crate::record::{RecordKey, ToRecord};

/// What a message turned out to be.
#[derive(Debug)]
#[non_exhaustive]
pub enum Observed {
    /// A proposal. It may bring in a credential to be vouched for.
    Proposal(Box<ObservedProposal>),
    /// A proposal of somebody outside the group. The policy is asked first.
    ExternalProposal(Box<ObservedExternalProposal>),
    /// A commit.
    Commit(Box<ObservedCommit>),
    /// An encrypted message. Where it is a commit, and members take it, the group goes where it cannot be followed.
    Hidden(HiddenMessage),
}

/// What shows of an encrypted message of the current epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HiddenMessage {
    /// The epoch that it belongs to.
    pub epoch: u64,
    /// What it contains.
    pub content_type: ContentType,
}

/// A proposal that arrived, verified but for its credential.
#[derive(Debug)]
#[must_use]
pub struct ObservedProposal {
    tag: QuestionTag,
    epoch: u64,
    reference: ProposalRef,
    listed: ListedProposal,
    checks: Vec<CredentialCheck>,
}

impl HiddenMessage {
    /// Whether the group leaves the observer behind with this message, if members take it.
    #[must_use]
    pub const fn ends_epoch(&self) -> bool {
        matches!(self.content_type, ContentType::Commit)
    }
}

impl Observer {
    /// Takes in a message of the group.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing has changed.
    pub fn receive(&self, message: &MlsMessage, env: &mut Env<'_>) -> Result<Observed, ReceiveError> {
        // req: R-6-05
        if message.version != ProtocolVersion::MLS10 {
            return Err(ReceiveError::UnsupportedVersion);
        }
        let peek = message.peek();
        let (Some(group), Some(epoch), Some(content_type)) = (peek.group_id, peek.epoch, peek.content_type) else {
            return Err(ReceiveError::NotForAGroup);
        };
        // req: R-6-10
        if group != self.id {
            return Err(ReceiveError::WrongGroup);
        }
        if epoch > self.epoch() {
            return Err(ReceiveError::FutureEpoch(epoch));
        }
        if epoch < self.epoch() {
            return Err(ReceiveError::PastEpoch(epoch));
        }
        match &message.body {
            MlsMessageBody::PublicMessage(message) => self.receive_public(message, env),
            MlsMessageBody::PrivateMessage(_) => Ok(Observed::Hidden(HiddenMessage { epoch, content_type })),
            _ => Err(ReceiveError::NotForAGroup),
        }
    }

    fn receive_public(&self, message: &PublicMessage, env: &mut Env<'_>) -> Result<Observed, ReceiveError> {
        self.check_open()?;
        let suite = self.suite(env)?;
        let member = |leaf| Ok(self.member(leaf).map(|member| member.signature_key));
        let key = known_key(message.content.sender, &self.context, member)?;
        let content = message.clone().without_membership()?;
        let key = match key {
            Some(key) => key,
            None => stranger_key(&content)?,
        };
        let reference = admit(&self.proposals, suite, &content, env)?;
        let content = Framed::new(content)?;
        // req: R-6.1-12
        content.verify_signature(suite, &key, Some(&self.context_bytes))?;
        let sender = content.content().content.sender;
        let proposal = match &content.content().content.content {
            Content::Application(_) => return Err(ReceiveError::NotForAGroup),
            Content::Commit(_) => return Ok(Observed::Commit(Box::new(ObservedCommit::new(self, content, env)?))),
            Content::Proposal(proposal) => proposal.as_ref().clone(),
        };
        let reference = reference.ok_or(ReceiveError::NotForAGroup)?;
        let listed = ListedProposal { sender, proposal, reference: None, member: None };
        if !matches!(sender, Sender::Member(_)) {
            let pending = ObservedExternalProposal::new(self, reference, listed, env)?;
            return Ok(Observed::ExternalProposal(Box::new(pending)));
        }
        Ok(Observed::Proposal(Box::new(self.proposal_arrives(suite, reference, listed, env)?)))
    }

    pub(super) fn proposal_arrives(
        &self,
        suite: Suite<'_>,
        reference: ProposalRef,
        listed: ListedProposal,
        env: &mut Env<'_>,
    ) -> Result<ObservedProposal, ReceiveError> {
        let sender = listed.sender;
        let newcomers = apply_alone(ApplyContext::new(suite, &self.tree, &self.context, env), &listed)
            .map_err(|rule| ReceiveError::InvalidProposal { sender, rule: Box::new(rule) })?;
        let tag = QuestionTag::draw(env.rng)?;
        Ok(ObservedProposal { tag, epoch: self.epoch(), reference, listed, checks: tag.ask(newcomers, env.now) })
    }
}

impl ObservedProposal {
    /// The credentials that the proposal brings in.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialCheck] {
        &self.checks
    }

    /// What is proposed.
    #[must_use]
    pub const fn proposal(&self) -> &Proposal {
        &self.listed.proposal
    }

    /// Who proposes.
    #[must_use]
    pub const fn sender(&self) -> Sender {
        self.listed.sender
    }

    /// Keeps the proposal until it is committed or the epoch ends.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing has changed.
    pub fn resume(
        self,
        observer: &Observer,
        answers: &Answers,
        env: &mut Env<'_>,
    ) -> Result<ObserverStep<ProposalReceived>, ReceiveError> {
        observer.check_open()?;
        if self.epoch != observer.epoch() {
            return Err(Fault::EpochOver.into());
        }
        if observer.proposals.get(&self.reference).is_some() {
            return Err(ReceiveError::DuplicateProposal(self.reference));
        }
        // Others may have come in meanwhile.
        check_cache(&observer.proposals, self.listed.sender, &self.listed.proposal, env)?;
        let members = answers.members(self.tag, &self.checks)?;
        let ListedProposal { sender, proposal, .. } = self.listed;
        let cached = CachedProposal {
            order: observer.proposals.next_order(),
            sender,
            proposal: proposal.clone(),
            member: members.into_iter().next(),
            leaf_key: None,
            message: None,
        };
        let record = cached.to_record().map_err(Fault::from)?;
        let key = RecordKey::Proposal(observer.id.clone(), self.reference.into());
        let mut next = observer.clone();
        next.proposals.insert(self.reference, Arc::new(cached));
        let output = ProposalReceived { reference: self.reference, sender, proposal };
        let step = ObserverStep::new(observer, next, output, env, |delta, _| {
            delta.put(key, record);
            Ok(())
        });
        Ok(step?)
    }
}
