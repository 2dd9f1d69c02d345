//! Receiving: from bytes to a transition (RFC 9420 sections 6, 12.1 and 12.4.2).

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{SignaturePublicKey, Suite};

use crate::credential::Credential;
use crate::env::Env;
use crate::framing::{
    Content, ContentType, Framed, FramedContent, MlsMessage, MlsMessageBody, PrivateMessage, ProtocolVersion,
    PublicMessage, Sender,
};
use crate::group::admission::{admit, check_cache, known_key, stranger_key};
use crate::group::answers::{Answers, QuestionTag};
use crate::group::builder::StepBuilder;
use crate::group::cache::CachedProposal;
use crate::group::commit_merge::accept_commit;
use crate::group::epoch::{Epoch, PastEpoch};
use crate::group::outside::PendingExternalProposal;
use crate::group::process::{EpochChange, PendingCommit};
use crate::group::propose::cache;
use crate::group::receive_error::ReceiveError;
use crate::group::{Fault, Group, Incoming, Member, Step};
use crate::identity::CredentialCheck;
use crate::key_schedule::SenderDataSecret;
use crate::proposal::apply::{ApplyContext, apply_alone};
use crate::proposal::list::ListedProposal;
use crate::proposal::{Proposal, ProposalRef};
use crate::secret_tree::{RatchetMove, RatchetType, SecretTree, SecretTreeError};
use crate::tree::math::LeafIndex;

/// What a message turned out to be.
#[derive(Debug)]
#[non_exhaustive]
pub enum Inbound {
    /// Application data.
    Application(Step<Received>),
    /// A proposal. It may bring in a credential to be vouched for.
    Proposal(Box<PendingProposal>),
    /// A proposal of somebody outside the group. The policy is asked first.
    ExternalProposal(Box<PendingExternalProposal>),
    /// A commit of somebody else.
    Commit(Box<PendingCommit>),
    /// Our own pending commit come back: it is accepted.
    OwnCommit(Step<EpochChange>),
}

/// Application data that was received.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// The data.
    pub data: Vec<u8>,
    /// What the sender authenticated beside it.
    pub authenticated_data: Vec<u8>,
    /// Who sent it, as the epoch of the message had them.
    pub sender: Member,
    /// The epoch that it was sent in: the current one, or one before.
    pub epoch: u64,
    /// Which message of its sender it is in that epoch, from 0. Not signed: any member could have changed it.
    pub generation: u32,
    /// Whether the leaf still has that credential in the current epoch.
    pub still_member: bool,
}

impl Incoming for Received {}

/// A proposal that was received, verified but for its credential.
#[derive(Debug)]
#[must_use]
pub struct PendingProposal {
    tag: QuestionTag,
    epoch: u64,
    reference: ProposalRef,
    listed: ListedProposal,
    checks: Vec<CredentialCheck>,
    ratchet: Option<(LeafIndex, u32)>,
}

/// A proposal that was received and waits to be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalReceived {
    /// What a commit refers to it by.
    pub reference: ProposalRef,
    /// Who proposes.
    pub sender: Sender,
    /// What is proposed.
    pub proposal: Proposal,
}

impl Incoming for ProposalReceived {}

/// Handles a message for the group.
///
/// # Errors
/// [`ReceiveError`]; nothing has changed: no key is used up, no proposal kept.
pub fn receive(group: &Group, message: &MlsMessage, env: &mut Env<'_>) -> Result<Inbound, ReceiveError> {
    group.check_active()?;
    // req: R-6-05
    if message.version != ProtocolVersion::MLS10 {
        return Err(ReceiveError::UnsupportedVersion);
    }
    let (group_id, epoch, content_type) = match &message.body {
        MlsMessageBody::PublicMessage(m) => (&m.content.group_id, m.content.epoch, m.content.content_type()),
        MlsMessageBody::PrivateMessage(m) => (&m.group_id, m.epoch, m.content_type),
        _ => return Err(ReceiveError::NotForAGroup),
    };
    // req: R-6-10
    if *group_id != group.id.as_bytes() {
        return Err(ReceiveError::WrongGroup);
    }
    // req: R-6.3-02
    if epoch > group.epoch() {
        return Err(ReceiveError::FutureEpoch(epoch));
    }
    if content_type != ContentType::Application {
        // req: R-12.4.2-01, R-12.1-02
        if epoch != group.epoch() {
            return Err(ReceiveError::PastEpoch(epoch));
        }
        group.check_open()?;
        let missing = group.missing_for_handshake();
        if !missing.is_empty() {
            return Err(Fault::NotResident(missing).into());
        }
        if is_own_commit(group, message)? {
            return Ok(Inbound::OwnCommit(accept_commit(group, env)?));
        }
    }
    match &message.body {
        MlsMessageBody::PublicMessage(message) => receive_public(group, message, env),
        MlsMessageBody::PrivateMessage(message) => receive_private(group, message, env),
        _ => Err(ReceiveError::NotForAGroup),
    }
}

/// Whether the message is the own commit that waits to be accepted.
fn is_own_commit(group: &Group, message: &MlsMessage) -> Result<bool, Fault> {
    match &group.pending {
        Some(pending) => Ok(message.to_bytes()? == pending.sent.message),
        None => Ok(false),
    }
}

fn receive_public(group: &Group, message: &PublicMessage, env: &mut Env<'_>) -> Result<Inbound, ReceiveError> {
    let suite = group.suite(env)?;
    let epoch = &group.epoch;
    let context = Some(epoch.context_bytes.as_slice());
    let member = |leaf| Ok(group.sender_at(group.epoch(), leaf)?.map(|(key, _)| key));
    let key = known_key(message.content.sender, group.context(), member)?;
    // req: R-6.2-03, R-6.2-04, R-12.4.2-02
    let content = Framed::unprotect_public(message, suite, Some(&epoch.secrets.membership), context)?;
    let key = match key {
        Some(key) => key,
        None => stranger_key(content.content())?,
    };
    let reference = admit(group.proposals()?, suite, content.content(), env)?;
    // req: R-6.1-12, R-12.1-01, R-12.4.2-03, R-6.1-03
    content.verify_signature(suite, &key, context)?;
    handshake(group, suite, content, reference, None, env)
}

/// What of an epoch reading a private message takes.
struct Reading<'a> {
    context_bytes: &'a [u8],
    sender_data: &'a SenderDataSecret,
    secret_tree: &'a SecretTree,
    own_leaf: LeafIndex,
}

impl<'a> Reading<'a> {
    fn of(group: &'a Group, epoch: u64, env: &Env<'_>) -> Result<Self, ReceiveError> {
        // req: R-15-01
        if epoch == group.epoch() {
            let Epoch { context_bytes, own_leaf, secrets, secret_tree, .. } = &*group.epoch;
            let sender_data = &secrets.sender_data;
            return Ok(Self { context_bytes, sender_data, secret_tree, own_leaf: *own_leaf });
        }
        if group.is_past_retention(epoch, env) {
            return Err(ReceiveError::PastEpoch(epoch));
        }
        // req: R-6.3-02
        let past = group.past_epoch(epoch)?.ok_or(ReceiveError::PastEpoch(epoch))?;
        let PastEpoch { context_bytes, own_leaf, sender_data, secret_tree, .. } = past;
        Ok(Self { context_bytes, sender_data, secret_tree, own_leaf: *own_leaf })
    }
}

fn receive_private(group: &Group, message: &PrivateMessage, env: &mut Env<'_>) -> Result<Inbound, ReceiveError> {
    let suite = group.suite(env)?;
    let epoch = message.epoch;
    let reading = Reading::of(group, epoch, env)?;
    let sender_data = message.open_sender_data(suite, reading.sender_data)?;
    let leaf = sender_data.leaf_index;
    if leaf == reading.own_leaf {
        return Err(ReceiveError::OwnMessage);
    }
    // req: R-15-01
    let kind = match message.content_type {
        ContentType::Application => RatchetType::Application,
        ContentType::Proposal | ContentType::Commit => RatchetType::Handshake,
    };
    let limits = env.limits.secret_tree();
    // What is missing is asked for in one go: the ratchet's records and the sender's leaf.
    let sender = group.sender_at(epoch, leaf);
    let planned = reading.secret_tree.plan_open(suite, leaf, kind, sender_data.generation, &limits);
    let (ratchet, sender) = match (planned, sender) {
        (Err(SecretTreeError::NotResident(keys)), sender) => {
            let mut missing = group.missing_secrets(epoch, keys);
            if let Err(more) = sender {
                missing.extend(more);
            }
            return Err(Fault::NotResident(missing).into());
        }
        (_, Err(missing)) => return Err(Fault::NotResident(missing).into()),
        // req: R-6.3.2-05, R-6.1-13
        (_, Ok(None)) => return Err(ReceiveError::SenderNotMember(leaf)),
        // Only our own leaf is ever erased.
        (Err(SecretTreeError::LeafErased), _) => return Err(group.lost_ratchet(epoch, leaf, kind).into()),
        (Err(error), _) => return Err(error.into()),
        (Ok(ratchet), Ok(Some(sender))) => (ratchet, sender),
    };
    let content = message.open_content(suite, ratchet.message_key(), &sender_data)?;
    let reference = match content.content.content {
        Content::Application(_) => None,
        _ => admit(group.proposals()?, suite, &content, env)?,
    };
    let content = Framed::new(content)?;
    // req: R-6.3.1-11
    content.verify_signature(suite, &sender.0, Some(reading.context_bytes))?;
    if message.content_type == ContentType::Application {
        return application(group, content.into_content().content, ratchet, leaf, sender, env);
    }
    handshake(group, suite, content, reference, Some((leaf, sender_data.generation)), env)
}

fn application(
    group: &Group,
    content: FramedContent,
    ratchet: RatchetMove,
    leaf: LeafIndex,
    (signature_key, credential): (SignaturePublicKey, Credential),
    env: &mut Env<'_>,
) -> Result<Inbound, ReceiveError> {
    let Content::Application(data) = content.content else {
        return Err(ReceiveError::NotForAGroup);
    };
    let epoch = content.epoch;
    let still_member =
        epoch == group.epoch() || group.sender_at(group.epoch(), leaf)?.is_some_and(|(_, now)| now == credential);
    let received = Received {
        data,
        authenticated_data: content.authenticated_data,
        sender: Member { index: leaf, credential, signature_key },
        epoch,
        generation: ratchet.message_key().generation(),
        still_member,
    };
    let mut builder = StepBuilder::new(group, env.rng)?;
    builder.move_ratchet(group, epoch, ratchet)?;
    Ok(Inbound::Application(builder.finish(group, received)?))
}

/// A proposal or commit whose framing is verified. `ratchet` names the generation that a private one used.
fn handshake(
    group: &Group,
    suite: Suite<'_>,
    content: Framed,
    reference: Option<ProposalRef>,
    ratchet: Option<(LeafIndex, u32)>,
    env: &mut Env<'_>,
) -> Result<Inbound, ReceiveError> {
    let signed = &content.content().content;
    match &signed.content {
        Content::Application(_) => Err(ReceiveError::NotForAGroup),
        Content::Proposal(proposal) => {
            let listed = ListedProposal {
                sender: signed.sender,
                proposal: proposal.as_ref().clone(),
                reference: None,
                member: None,
            };
            let reference = reference.ok_or(ReceiveError::NotForAGroup)?;
            if !matches!(listed.sender, Sender::Member(_)) {
                let pending = PendingExternalProposal::new(group, reference, listed, env)?;
                return Ok(Inbound::ExternalProposal(Box::new(pending)));
            }
            Ok(Inbound::Proposal(Box::new(proposal_arrives(group, suite, reference, listed, ratchet, env)?)))
        }
        Content::Commit(_) => Ok(Inbound::Commit(Box::new(PendingCommit::new(group, content, ratchet, env)?))),
    }
}

/// Validates a proposal and asks for the credential that it brings in.
pub(crate) fn proposal_arrives(
    group: &Group,
    suite: Suite<'_>,
    reference: ProposalRef,
    listed: ListedProposal,
    ratchet: Option<(LeafIndex, u32)>,
    env: &mut Env<'_>,
) -> Result<PendingProposal, ReceiveError> {
    let sender = listed.sender;
    let invalid = |rule| ReceiveError::InvalidProposal { sender, rule: Box::new(rule) };
    let at = ApplyContext::new(suite, group.tree().map_err(Fault::from)?, &group.epoch.context, env);
    let newcomers = apply_alone(at, &listed).map_err(invalid)?;
    let tag = QuestionTag::draw(env.rng)?;
    Ok(PendingProposal { tag, epoch: group.epoch(), reference, listed, checks: tag.ask(newcomers, env.now), ratchet })
}

impl PendingProposal {
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
        group: &Group,
        answers: &Answers,
        env: &mut Env<'_>,
    ) -> Result<Step<ProposalReceived>, ReceiveError> {
        group.check_active()?;
        if self.epoch != group.epoch() {
            return Err(Fault::EpochOver.into());
        }
        if group.proposals()?.get(&self.reference).is_some() {
            return Err(ReceiveError::DuplicateProposal(self.reference));
        }
        // Others may have come in meanwhile.
        check_cache(group.proposals()?, self.listed.sender, &self.listed.proposal, env)?;
        // req: R-7.3-04
        let members = answers.members(self.tag, &self.checks)?;
        let mut builder = StepBuilder::new(group, env.rng)?;
        use_ratchet(&mut builder, group, self.ratchet, env)?;
        let ListedProposal { sender, proposal, .. } = self.listed;
        let cached = CachedProposal {
            order: group.proposals()?.next_order(),
            sender,
            proposal: proposal.clone(),
            member: members.into_iter().next(),
            leaf_key: None,
            message: None,
        };
        cache(&mut builder, group, self.reference, cached)?;
        let output = ProposalReceived { reference: self.reference, sender, proposal };
        Ok(builder.finish(group, output)?)
    }
}

/// Uses up the generation that a private handshake message was sealed with.
pub(crate) fn use_ratchet(
    builder: &mut StepBuilder,
    group: &Group,
    ratchet: Option<(LeafIndex, u32)>,
    env: &Env<'_>,
) -> Result<(), ReceiveError> {
    let Some((leaf, generation)) = ratchet else { return Ok(()) };
    let suite = group.suite(env)?;
    let limits = env.limits.secret_tree();
    let tree = &group.epoch.secret_tree;
    match tree.plan_open(suite, leaf, RatchetType::Handshake, generation, &limits) {
        Ok(planned) => Ok(builder.move_ratchet(group, group.epoch(), planned)?),
        Err(SecretTreeError::NotResident(keys)) => {
            Err(Fault::NotResident(group.missing_secrets(group.epoch(), keys)).into())
        }
        Err(error) => Err(error.into()),
    }
}

impl core::fmt::Debug for Received {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { data, authenticated_data, sender, epoch, generation, still_member } = self;
        f.debug_struct("Received")
            .field("data", &data.len())
            .field("authenticated_data", &authenticated_data.len())
            .field("sender", sender)
            .field("epoch", epoch)
            .field("generation", generation)
            .field("still_member", still_member)
            .finish()
    }
}
