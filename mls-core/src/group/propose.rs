//! Proposing (RFC 9420 section 12.1).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use mls_crypto_traits::{HpkePrivateKey, HpkePublicKey, SignaturePublicKey, Suite};

use crate::credential::Credential;
use crate::env::Env;
use crate::extension::Extensions;
use crate::framing::{Content, Padding, Sender, WireFormat};
use crate::group::admission::check_cache;
use crate::group::builder::StepBuilder;
use crate::group::cache::CachedProposal;
use crate::group::create::signer;
use crate::group::edit::Edit;
use crate::group::encrypt::{EncryptError, own_content, protect, sign};
use crate::group::fault::from_fault;
use crate::group::{Disposition, Fault, Group, Step};
use crate::key_package::KeyPackage;
use crate::limits::LimitExceeded;
use crate::proposal::apply::{ApplyContext, apply_alone};
use crate::proposal::list::{ListedProposal, ProposalListError};
use crate::proposal::{Proposal, ProposalRef, ProposalType, ReInit};
use crate::psk::{PreSharedKeyId, Psk, PskError, ResumptionPskUsage};
use crate::record::RecordKey;
use crate::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource};
use crate::tree::math::LeafIndex;

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proposing {
    /// To add the client of a key package.
    Add(Arc<KeyPackage>),
    /// To replace our own leaf. Not in a commit: its path does the same.
    Update(LeafChange),
    /// To remove the member at a leaf.
    Remove(LeafIndex),
    /// To mix in a pre-shared key that the application provides, by its name.
    ExternalPsk(Vec<u8>),
    /// To mix in the resumption PSK of an epoch of this group, or of another one.
    ResumptionPsk {
        /// The group.
        group_id: Vec<u8>,
        /// The epoch.
        epoch: u64,
    },
    /// To replace the extensions of the group context.
    GroupContextExtensions(Extensions),
    /// A proposal of a registered type ([`CustomTypes`](crate::custom::CustomTypes)).
    Custom {
        /// The type.
        proposal_type: ProposalType,
        /// The content of the body's `opaque<V>`.
        body: Vec<u8>,
    },
    /// To close the group in favour of one with these parameters (section 11.2). It stands alone in a commit.
    ReInit(ReInit),
}

/// What changes in our own leaf besides its encryption key. What is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeafChange {
    /// A new credential.
    pub credential: Option<Credential>,
    /// The public key of a new signer.
    pub signature_key: Option<SignaturePublicKey>,
    /// New capabilities.
    pub capabilities: Option<Capabilities>,
    /// New leaf extensions.
    pub extensions: Option<Extensions>,
}

/// How a proposal or a commit is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendOptions {
    /// Data that is authenticated and not encrypted.
    pub authenticated_data: Vec<u8>,
    /// Whether the message is encrypted. It is unless a server has to read along.
    pub encrypt: bool,
    /// How much the ciphertext hides of the length.
    pub padding: Padding,
}

impl Default for SendOptions {
    fn default() -> Self {
        // req: R-6-03
        Self { authenticated_data: Vec::new(), encrypt: true, padding: Padding::default() }
    }
}

impl SendOptions {
    pub(crate) const fn wire_format(&self) -> WireFormat {
        // req: R-6-04
        if self.encrypt { WireFormat::PrivateMessage } else { WireFormat::PublicMessage }
    }
}

/// A proposal that was made: send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingProposal {
    /// The encoded `MLSMessage`.
    pub message: Vec<u8>,
    /// What commits refer to it by.
    pub reference: ProposalRef,
}

/// Why nothing was proposed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProposeError {
    /// Something that has nothing to do with the proposal.
    Fault(Fault),
    /// Everybody would find the proposal invalid.
    Invalid(ProposalListError),
    /// The message cannot be made.
    Encrypt(EncryptError),
    /// As many proposals are cached as [`Limits::cached_proposals`](crate::limits::Limits::cached_proposals) allows.
    TooManyProposals,
    /// We have proposed the very same in this epoch already.
    DuplicateProposal(ProposalRef),
    /// No such proposal waits.
    NoSuchProposal(ProposalRef),
    /// A bound of [`Limits`](crate::limits::Limits) on what is received is exceeded: members with the same bounds would
    /// refuse the proposal.
    Limit(LimitExceeded),
    /// The group does not list the key among those of its external senders (section 12.1.8.1).
    NotAnExternalSender,
}

from_fault!(ProposeError);

/// Proposes a change to the group.
///
/// # Errors
/// [`ProposeError`]; nothing has changed.
pub fn propose(
    group: &Group,
    proposing: Proposing,
    options: &SendOptions,
    env: &mut Env<'_>,
) -> Result<Step<OutgoingProposal>, ProposeError> {
    group.check_sends()?;
    let missing = group.missing_for_handshake();
    if !missing.is_empty() {
        return Err(Fault::NotResident(missing).into());
    }
    let suite = group.suite(env)?;
    let (proposal, leaf_key) = make_proposal(group, suite, proposing, env)?;
    // What we would not take from others, others do not take from us.
    check_cache(group.proposals()?, Sender::Member(group.own_leaf()), &proposal, env)?;
    env.limits.check_proposal(&proposal).map_err(ProposeError::Limit)?;
    let listed = ListedProposal {
        sender: Sender::Member(group.own_leaf()),
        proposal: proposal.clone(),
        reference: None,
        member: None,
    };
    let at = ApplyContext::new(suite, group.tree()?, &group.epoch.context, env);
    apply_alone(at, &listed).map_err(ProposeError::Invalid)?;
    let content = Content::Proposal(Box::new(proposal.clone()));
    let content = own_content(group, &options.authenticated_data, content);
    let content = sign(group, suite, options.wire_format(), content, env)?;
    let reference = ProposalRef::new(suite, content.content())?;
    // With a deterministic signature, saying the same again gives the same reference.
    if group.proposals()?.get(&reference).is_some() {
        return Err(ProposeError::DuplicateProposal(reference));
    }
    let protected = protect(group, suite, content, options.padding, env)?;
    let cached = CachedProposal {
        order: group.proposals()?.next_order(),
        sender: Sender::Member(group.own_leaf()),
        proposal,
        member: None,
        leaf_key,
        message: Some(protected.message.clone()),
    };
    let mut builder = StepBuilder::new(group, env.rng)?;
    if let Some(ratchet) = protected.ratchet {
        builder.move_ratchet(group, group.epoch(), ratchet)?;
    }
    cache(&mut builder, group, reference, cached)?;
    let output = OutgoingProposal { message: protected.message, reference };
    Ok(builder.finish(group, output)?)
}

/// Caches a proposal, on disk and in memory.
pub(crate) fn cache(
    builder: &mut StepBuilder,
    group: &Group,
    reference: ProposalRef,
    proposal: CachedProposal,
) -> Result<(), Fault> {
    builder.delta.write(RecordKey::Proposal(group.id.clone(), reference.into()), &proposal)?;
    builder.status.proposals = builder.status.proposals.saturating_add(1);
    builder.edit(Edit::CacheProposal(reference, Box::new(proposal)));
    Ok(())
}

/// A proposal of our own, with the private key of an Update's leaf.
pub(crate) fn make_proposal(
    group: &Group,
    suite: Suite<'_>,
    proposing: Proposing,
    env: &mut Env<'_>,
) -> Result<(Proposal, Option<HpkePrivateKey>), Fault> {
    let psk = |psk: Psk, env: &mut Env<'_>| {
        // req: R-12.1.4-04
        PreSharedKeyId::with_fresh_nonce(suite, psk, env.rng).map(Proposal::PreSharedKey).map_err(Fault::from)
    };
    Ok(match proposing {
        Proposing::Add(key_package) => (Proposal::Add(key_package), None),
        Proposing::Remove(leaf) => (Proposal::Remove(leaf.into()), None),
        Proposing::GroupContextExtensions(extensions) => (Proposal::GroupContextExtensions(extensions), None),
        Proposing::Custom { proposal_type, body } => (Proposal::Custom { proposal_type, body }, None),
        Proposing::ReInit(re_init) => (Proposal::ReInit(re_init), None),
        Proposing::ExternalPsk(psk_id) => (psk(Psk::External { psk_id }, env)?, None),
        Proposing::ResumptionPsk { group_id, epoch } => {
            let usage = ResumptionPskUsage::Application;
            (psk(Psk::Resumption { usage, psk_group_id: group_id, psk_epoch: epoch }, env)?, None)
        }
        Proposing::Update(change) => {
            let keys = suite.generate_hpke_key_pair(env.rng)?;
            let leaf = own_leaf(group, suite, &change, keys.public, LeafNodeSource::Update, env)?;
            (Proposal::Update(Arc::new(leaf)), Some(keys.private))
        }
    })
}

/// Our leaf with what changes, signed by the key that it then has.
pub(crate) fn own_leaf(
    group: &Group,
    suite: Suite<'_>,
    change: &LeafChange,
    encryption_key: HpkePublicKey,
    source: LeafNodeSource,
    env: &Env<'_>,
) -> Result<LeafNode, Fault> {
    let old = group.tree()?.leaf(group.own_leaf()).ok_or(Fault::NotAMember)?;
    let mut leaf = changed_leaf(old, change, encryption_key, source);
    let signer = signer(env, &leaf.signature_key)?;
    leaf.sign(suite, signer.as_ref(), Some((group.id.as_bytes(), group.own_leaf())))?;
    Ok(leaf)
}

/// A leaf with what changes; its signature is still to be made.
pub(crate) fn changed_leaf(
    old: LeafNode,
    change: &LeafChange,
    encryption_key: HpkePublicKey,
    source: LeafNodeSource,
) -> LeafNode {
    let LeafChange { credential, signature_key, capabilities, extensions } = change.clone();
    LeafNode {
        encryption_key,
        signature_key: signature_key.unwrap_or(old.signature_key),
        credential: credential.unwrap_or(old.credential),
        capabilities: capabilities.unwrap_or(old.capabilities),
        leaf_node_source: source,
        extensions: extensions.unwrap_or(old.extensions),
        signature: Vec::new(),
    }
}

impl From<EncryptError> for ProposeError {
    fn from(error: EncryptError) -> Self {
        match error {
            EncryptError::Fault(fault) => Self::Fault(fault),
            error => Self::Encrypt(error),
        }
    }
}

impl From<PskError> for Fault {
    fn from(error: PskError) -> Self {
        match error {
            PskError::Crypto(error) => Self::Crypto(error),
            _ => Self::Crypto(mls_crypto_traits::CryptoError::WrongLength),
        }
    }
}

impl ProposeError {
    /// The records to read, where that is all that stands in the way.
    #[must_use]
    pub const fn missing(&self) -> Option<&crate::record::Missing> {
        match self {
            Self::Fault(fault) => fault.missing(),
            _ => None,
        }
    }

    /// What to do about the error.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Fault(fault) => fault.disposition(),
            _ => Disposition::FixCaller,
        }
    }
}

impl fmt::Display for ProposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Invalid(error) => write!(f, "the proposal would be invalid: {error}"),
            Self::Encrypt(error) => error.fmt(f),
            Self::TooManyProposals => f.write_str("too many proposals are cached"),
            Self::DuplicateProposal(_) => f.write_str("the same proposal waits already"),
            Self::NoSuchProposal(_) => f.write_str("no such proposal waits"),
            Self::Limit(error) => error.fmt(f),
            Self::NotAnExternalSender => f.write_str("the group does not list the key among its external senders"),
        }
    }
}

impl core::error::Error for ProposeError {}
