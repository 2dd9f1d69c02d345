//! Sending: application data, and the framing of all that a member sends (RFC 9420 sections 6.3 and 12.4).

use alloc::vec::Vec;
use core::fmt;

use mls_crypto_traits::Suite;

use crate::env::Env;
use crate::framing::{
    AuthenticatedContent, Content, ContentType, Framed, FramedContent, FramingError, Padding, Sealing, Sender,
    WireFormat,
};
use crate::group::builder::StepBuilder;
use crate::group::create::signer;
use crate::group::fault::from_fault;
use crate::group::{Disposition, Fault, Group, Standing, Step};
use crate::proposal::ProposalRef;
use crate::secret_tree::{RatchetMove, RatchetType, SecretTreeError};

/// How application data is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncryptOptions {
    /// Data that is authenticated and not encrypted.
    pub authenticated_data: Vec<u8>,
    /// How much the ciphertext hides of the length.
    pub padding: Padding,
    /// Whether to send although proposals wait to be committed, against RFC 9420 section 12.4.
    pub allow_pending_proposals: bool,
}

/// An encrypted message: send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The encoded `MLSMessage`.
    pub message: Vec<u8>,
    /// The epoch that it belongs to.
    pub epoch: u64,
    /// Which message of ours it is in this epoch, from 0.
    pub generation: u32,
}

/// Why nothing was encrypted. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptError {
    /// Something that has nothing to do with the data.
    Fault(Fault),
    /// These proposals have to be committed first (section 12.4). Commit them, or say that the data may go out
    /// nevertheless.
    CommitFirst(Vec<ProposalRef>),
    /// The ratchet has no generation left in this epoch (section 9.1). Commit.
    GenerationsExhausted,
    /// The data cannot be framed.
    Framing(FramingError),
}

from_fault!(EncryptError);

/// Encrypts application data for the current epoch, using up one generation of our application ratchet (RFC 9420
/// section 6.3).
///
/// Every so many messages ([`reserved_generations`](crate::limits::Limits::reserved_generations)) the ratchet is stored
/// at the generation behind the next so many; between, a step's delta is empty.
///
/// # Errors
/// [`EncryptError`]; nothing has changed.
///
/// # Security
/// The ciphertext comes out of the step only when its delta is stored: a crash must not bring the generation back.
/// Reserved generations are this value's: whoever loads the group beside it goes on behind them.
pub fn encrypt(
    group: &Group,
    data: &[u8],
    options: &EncryptOptions,
    env: &mut Env<'_>,
) -> Result<Step<Outgoing>, EncryptError> {
    group.check_sends()?;
    // req: R-12.4-04, R-15.2-02
    if group.pending_proposals() > 0 && !options.allow_pending_proposals {
        let refs = group.proposals()?.in_order().into_iter().map(|(reference, _)| *reference).collect();
        return Err(EncryptError::CommitFirst(refs));
    }
    let suite = group.suite(env)?;
    let content = own_content(group, &options.authenticated_data, Content::Application(data.to_vec()));
    let content = sign(group, suite, WireFormat::PrivateMessage, content, env)?;
    // Drawn at once: a system call is a good part of what a message costs.
    let mut drawn = [0; 20];
    env.rng.fill(&mut drawn)?;
    let [a, b, c, d, delta @ ..] = drawn;
    let (message, ratchet) = protect_private(group, suite, content.content(), options.padding, [a, b, c, d], env)?;
    let mut builder = StepBuilder::drawn(group, delta)?;
    let generation = ratchet.message_key().generation();
    builder.move_ratchet(group, group.epoch(), ratchet)?;
    let outgoing = Outgoing { message, epoch: group.epoch(), generation };
    if builder.delta.is_empty() {
        // The generation is reserved: what is stored is past it.
        return Ok(builder.finish_unwritten(group, outgoing));
    }
    Ok(builder.finish(group, outgoing)?)
}

/// Content of our own for the current epoch.
pub(crate) fn own_content(group: &Group, authenticated_data: &[u8], content: Content) -> FramedContent {
    FramedContent {
        group_id: group.id.as_bytes().to_vec(),
        epoch: group.epoch(),
        sender: Sender::Member(group.own_leaf()),
        authenticated_data: authenticated_data.to_vec(),
        content,
    }
}

/// Signs content of our own with the key that our leaf has in this epoch.
pub(crate) fn sign(
    group: &Group,
    suite: Suite<'_>,
    wire_format: WireFormat,
    content: FramedContent,
    env: &Env<'_>,
) -> Result<Framed, EncryptError> {
    let signer = signer(env, &group.epoch.own_signature_key)?;
    let context = Some(group.epoch.context_bytes.as_slice());
    // req: R-12.4.1-10
    Framed::sign(suite, signer.as_ref(), wire_format, content, context).map_err(EncryptError::from)
}

/// A message ready to be sent, and the ratchet move that a private one takes.
pub(crate) struct Protected {
    pub(crate) message: Vec<u8>,
    pub(crate) ratchet: Option<RatchetMove>,
}

/// Frames signed content of our own in the wire format that it was signed for.
pub(crate) fn protect(
    group: &Group,
    suite: Suite<'_>,
    content: Framed,
    padding: Padding,
    env: &mut Env<'_>,
) -> Result<Protected, EncryptError> {
    let epoch = &group.epoch;
    // req: R-12.4.1-12
    if content.content().wire_format == WireFormat::PublicMessage {
        let key = Some(&epoch.secrets.membership);
        let message = content.protect_public(suite, key, Some(&epoch.context_bytes))?;
        return Ok(Protected { message, ratchet: None });
    }
    let mut guard = [0; 4];
    env.rng.fill(&mut guard)?;
    let (message, ratchet) = protect_private(group, suite, content.content(), padding, guard, env)?;
    Ok(Protected { message, ratchet: Some(ratchet) })
}

/// Encrypts signed content of our own. `guard` is fresh randomness.
fn protect_private(
    group: &Group,
    suite: Suite<'_>,
    content: &AuthenticatedContent,
    padding: Padding,
    guard: [u8; 4],
    env: &Env<'_>,
) -> Result<(Vec<u8>, RatchetMove), EncryptError> {
    let epoch = &group.epoch;
    // req: R-6.3.1-04
    let kind = match content.content.content_type() {
        ContentType::Application => RatchetType::Application,
        ContentType::Proposal | ContentType::Commit => RatchetType::Handshake,
    };
    // What carries a proposal or a commit is stored anyway.
    let reserve = if kind == RatchetType::Application { env.limits.reserved_generations } else { 1 };
    let planned = epoch.secret_tree.plan_send_ahead(suite, epoch.own_leaf, kind, reserve);
    let ratchet = planned.map_err(|error| match error {
        SecretTreeError::NotResident(keys) => group.missing_secrets(group.epoch(), keys).into(),
        SecretTreeError::Crypto(error) => error.into(),
        // The own leaf's secrets are there from the beginning of an epoch to its end: as ratchets, or in the tree.
        SecretTreeError::LeafErased => group.lost_ratchet(group.epoch(), epoch.own_leaf, kind).into(),
        _ => EncryptError::GenerationsExhausted,
    })?;
    let key = ratchet.message_key();
    let sender_data_secret = &epoch.secrets.sender_data;
    let message = Sealing { suite, content, key, reuse_guard: guard, sender_data_secret, padding }.message()?;
    Ok((message, ratchet))
}

impl Group {
    pub(crate) const fn check_active(&self) -> Result<(), Fault> {
        match (self.is_active(), self.status.standing) {
            (false, _) => Err(Fault::NotAMember),
            (true, Standing::Moved) => Err(Fault::Moved),
            (true, Standing::Here | Standing::Imported) => Ok(()),
        }
    }

    /// Whether we may send: nothing that went out elsewhere used the same ratchets.
    pub(crate) fn check_sends(&self) -> Result<(), Fault> {
        match (self.check_open(), self.status.standing) {
            (Ok(()), Standing::Imported) => Err(Fault::Imported(self.epoch())),
            (checked, _) => checked,
        }
    }

    /// Whether anything can still happen in the group but reading what came late.
    pub(crate) fn check_open(&self) -> Result<(), Fault> {
        match (self.check_active(), &self.epoch.re_init) {
            // req: R-12.4.2-18, R-12.4.2-19
            (Ok(()), Some(_)) => Err(Fault::ReInitialized),
            (checked, _) => checked,
        }
    }
}

impl From<FramingError> for EncryptError {
    fn from(error: FramingError) -> Self {
        match error {
            FramingError::Crypto(error) => Self::Fault(error.into()),
            FramingError::Encode(error) => Self::Fault(error.into()),
            error => Self::Framing(error),
        }
    }
}

impl EncryptError {
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

impl fmt::Display for EncryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::CommitFirst(refs) => write!(f, "{} proposals have to be committed first", refs.len()),
            Self::GenerationsExhausted => f.write_str("the ratchet has no generation left"),
            Self::Framing(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for EncryptError {}
