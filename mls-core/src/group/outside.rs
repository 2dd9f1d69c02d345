//! Proposals from outside the group: those of external senders, and of clients that would be members (RFC 9420 section
//! 12.1.8).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{CipherSuite, SignaturePublicKey, Suite};

use crate::env::Env;
use crate::extension::{ExternalSender, ExternalSenders};
use crate::framing::{
    AuthenticatedContent, Content, FramedContent, FramingError, MlsMessage, MlsMessageBody, PublicMessage, Sender,
    WireFormat,
};
use crate::group::answers::QuestionTag;
use crate::group::create::signer;
use crate::group::process::{check_epoch, check_tag};
use crate::group::propose::{OutgoingProposal, ProposeError};
use crate::group::receive::{PendingProposal, proposal_arrives};
use crate::group::receive_error::ReceiveError;
use crate::group::{Fault, Group};
use crate::group_context::GroupContext;
use crate::key_package::{KeyPackage, KeyPackageError};
use crate::proposal::apply::check_context_extensions;
use crate::proposal::list::{ListedProposal, ProposalListError, check_custom, check_psk};
use crate::proposal::{Proposal, ProposalRef};
use crate::record::GroupId;
use crate::rules::{ExternalProposalQuestion, Ruling};

/// What an external sender proposes to a group that it is not in (RFC 9420 section 12.1.8.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalProposal {
    /// The group.
    pub group_id: GroupId,
    /// The group's current epoch: the proposal is good in no other.
    pub epoch: u64,
    /// The group's cipher suite.
    pub cipher_suite: CipherSuite,
    /// Our place in the group's `external_senders`, from 0.
    pub sender_index: u32,
    /// The public key that stands there.
    pub signature_key: SignaturePublicKey,
    /// An Add, Remove, `PreSharedKey`, `ReInit` or `GroupContextExtensions`, or a custom type that its registration lets
    /// external senders use.
    pub proposal: Proposal,
    /// Data that is authenticated and not encrypted.
    pub authenticated_data: Vec<u8>,
}

/// The wish of a client to be added (RFC 9420 section 12.1.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMemberProposal {
    /// The group.
    pub group_id: GroupId,
    /// The group's current epoch: the proposal is good in no other.
    pub epoch: u64,
    /// Our key package, of the group's cipher suite.
    pub key_package: Arc<KeyPackage>,
    /// Data that is authenticated and not encrypted.
    pub authenticated_data: Vec<u8>,
}

/// A proposal from outside the group whose framing and signature are verified. Nothing is validated yet: first the
/// policy is asked.
#[derive(Debug)]
#[must_use]
pub struct PendingExternalProposal {
    epoch: u64,
    reference: ProposalRef,
    listed: ListedProposal,
    question: ExternalProposalQuestion,
}

/// Makes a proposal as an external sender. No group is needed, and nothing changes anywhere.
///
/// # Errors
/// [`ProposeError`]: the type is not one that external senders may propose, or everybody would find it invalid. What
/// only members can judge is left to them.
pub fn propose_from_outside(plan: &ExternalProposal, env: &Env<'_>) -> Result<OutgoingProposal, ProposeError> {
    let ExternalProposal { group_id, epoch, cipher_suite, sender_index, signature_key, proposal, authenticated_data } =
        plan;
    let suite = env.suite(*cipher_suite).ok_or(Fault::UnsupportedSuite(*cipher_suite))?;
    env.limits.check_proposal(proposal).map_err(ProposeError::Limit)?;
    match proposal {
        Proposal::PreSharedKey(id) => check_psk(id, suite.hash_len()),
        Proposal::GroupContextExtensions(extensions) => check_context_extensions(extensions, env.custom),
        Proposal::ReInit(re_init) => check_context_extensions(&re_init.extensions, env.custom),
        Proposal::Custom { proposal_type, .. } => {
            check_custom(*proposal_type, Sender::External(*sender_index), env.custom).map(drop)
        }
        Proposal::Add(key_package) => check_suite(key_package, *cipher_suite),
        _ => Ok(()),
    }
    .map_err(ProposeError::Invalid)?;
    let content = FramedContent {
        group_id: group_id.as_bytes().to_vec(),
        epoch: *epoch,
        sender: Sender::External(*sender_index),
        authenticated_data: authenticated_data.clone(),
        content: Content::Proposal(Box::new(proposal.clone())),
    };
    publish(suite, content, signature_key, env)
}

/// Makes the proposal of a client to be added itself, signed with the key of its key package.
///
/// # Errors
/// [`ProposeError`]; nothing has changed.
pub fn propose_as_new_member(plan: &NewMemberProposal, env: &Env<'_>) -> Result<OutgoingProposal, ProposeError> {
    let NewMemberProposal { group_id, epoch, key_package, authenticated_data } = plan;
    let id = key_package.cipher_suite;
    let suite = env.suite(id).ok_or(Fault::UnsupportedSuite(id))?;
    let content = FramedContent {
        group_id: group_id.as_bytes().to_vec(),
        epoch: *epoch,
        sender: Sender::NewMemberProposal,
        authenticated_data: authenticated_data.clone(),
        content: Content::Proposal(Box::new(Proposal::Add(key_package.clone()))),
    };
    publish(suite, content, &key_package.leaf_node.signature_key, env)
}

fn check_suite(key_package: &KeyPackage, cipher_suite: CipherSuite) -> Result<(), ProposalListError> {
    if key_package.cipher_suite == cipher_suite {
        return Ok(());
    }
    Err(ProposalListError::InvalidAdd(KeyPackageError::CipherSuite))
}

/// Signs and frames content from outside.
fn publish(
    suite: Suite<'_>,
    content: FramedContent,
    signature_key: &SignaturePublicKey,
    env: &Env<'_>,
) -> Result<OutgoingProposal, ProposeError> {
    let signer = signer(env, signature_key)?;
    let framing = |error: FramingError| ProposeError::from(crate::group::EncryptError::from(error));
    // req: R-12.1.8-03, R-12.1.8-05
    let content = AuthenticatedContent::sign(suite, signer.as_ref(), WireFormat::PublicMessage, content, None)
        .map_err(framing)?;
    let reference = ProposalRef::new(suite, &content)?;
    let message = PublicMessage::protect(suite, content, None, None).map_err(framing)?;
    let message = MlsMessage::new(MlsMessageBody::PublicMessage(message)).to_bytes()?;
    Ok(OutgoingProposal { message, reference })
}

/// The entry of the current epoch's `external_senders` with this index.
pub(crate) fn external_sender(context: &GroupContext, index: u32) -> Result<ExternalSender, ReceiveError> {
    let place = usize::try_from(index).ok();
    // req: R-12.1.8-01, R-12.1.8.1-01
    context
        .extensions
        .read::<ExternalSenders>()
        .ok()
        .flatten()
        .and_then(|senders| senders.0.into_iter().nth(place?))
        .ok_or(ReceiveError::NoExternalSender(index))
}

impl PendingExternalProposal {
    pub(crate) fn new(
        group: &Group,
        reference: ProposalRef,
        listed: ListedProposal,
        env: &mut Env<'_>,
    ) -> Result<Self, ReceiveError> {
        let external_sender = match listed.sender {
            Sender::External(index) => Some(external_sender(group.context(), index)?),
            _ => None,
        };
        let question = ExternalProposalQuestion {
            question: QuestionTag::draw(env.rng)?.0,
            sender: listed.sender,
            external_sender,
            proposal: listed.proposal.clone(),
        };
        Ok(Self { epoch: group.epoch(), reference, listed, question })
    }

    /// The question to the policy.
    #[must_use]
    pub const fn question(&self) -> &ExternalProposalQuestion {
        &self.question
    }

    /// Goes on with the policy's answer: validates the proposal.
    ///
    /// # Errors
    /// [`ReceiveError`]; nothing has changed. [`ReceiveError::SenderNotAllowed`] where the policy refuses.
    pub fn rule(self, ruling: Ruling, group: &Group, env: &mut Env<'_>) -> Result<PendingProposal, ReceiveError> {
        check_tag(&self.question.question, &ruling)?;
        // req: R-12.1.8-02, R-12.1.8-06
        if !ruling.accepted {
            return Err(ReceiveError::SenderNotAllowed(self.listed.sender));
        }
        check_epoch(group, self.epoch)?;
        let suite = group.suite(env)?;
        proposal_arrives(group, suite, self.reference, self.listed, None, env)
    }
}
