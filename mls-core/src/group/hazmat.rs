//! Message keys for transports of one's own. Hazardous: see each function's section on security.
//!
//! A real-time media transport, say, encrypts frames itself and wants a key that group members share and that is used
//! up as message keys are. [`export_secret`](crate::group::export_secret) is the better way wherever it will do: it
//! disturbs nothing.

use core::fmt;

use mls_crypto_traits::SecretBytes;

use crate::env::Env;
use crate::group::builder::StepBuilder;
use crate::group::fault::from_fault;
use crate::group::{Disposition, Fault, Group, Step};
use crate::record::Missing;
use crate::secret_tree::{RatchetMove, RatchetType, SecretTreeError};
use crate::tree::math::LeafIndex;

/// The key and nonce of one generation of a leaf's application ratchet (RFC 9420 section 9.1), taken out of the group.
pub struct TakenMessageKey {
    /// Whose ratchet it is of.
    pub leaf: LeafIndex,
    /// The epoch.
    pub epoch: u64,
    /// The generation, to be told to the other side.
    pub generation: u32,
    /// The AEAD key, `AEAD.Nk` bytes.
    pub key: SecretBytes,
    /// The nonce, `AEAD.Nn` bytes, without a reuse guard.
    pub nonce: SecretBytes,
}

/// Why no message key was taken. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TakeKeyError {
    /// Something that has nothing to do with the key.
    Fault(Fault),
    /// The leaf is our own, blank, or outside the tree.
    NoSuchSender(LeafIndex),
    /// The key has been used up, by a message or by having been taken, or its time is over.
    KeyConsumed,
    /// The generation is too far ahead (section 15.3).
    TooFarAhead,
    /// Our ratchet has no generation left in this epoch (section 9.1).
    GenerationsExhausted,
}

from_fault!(TakeKeyError);

/// Takes the next key of our own application ratchet, which is used up with it: no message is sent with that
/// generation.
///
/// # Errors
/// [`TakeKeyError`]; nothing has changed.
///
/// # Security
/// - Seal one message with key and nonce, and never two. The engine adds a reuse guard to the nonce for the case that
///   a state comes back from a backup; here it is the caller's to do something of the kind.
/// - Nothing that is sealed with it is signed: every member can derive every sender's keys, and so pass for any other.
/// - Nothing binds it to group, epoch and sender but the key itself, and nothing is padded.
/// - A step that is applied against a false [`Durable`](crate::record::Durable) gives the same key again.
pub fn take_next_message_key(group: &Group, env: &mut Env<'_>) -> Result<Step<TakenMessageKey>, TakeKeyError> {
    group.check_open()?;
    let suite = group.suite(env)?;
    let tree = &group.epoch.secret_tree;
    let planned = tree.plan_next_send(suite, group.own_leaf(), RatchetType::Application);
    let ratchet = planned.map_err(|error| taken(group, error))?;
    finish(group, ratchet, env)
}

/// Takes the key of a generation of another member's application ratchet in this epoch, to read what was sealed with
/// [its own](take_next_message_key). It is used up, and the generations before it are kept as for messages.
///
/// # Errors
/// [`TakeKeyError`]; nothing has changed.
///
/// # Security
/// See [`take_next_message_key`]. And: the key goes whether or not what it is for is authentic. Whoever can make the
/// caller take keys (a forged generation will do) makes the messages of those generations unreadable; check first what
/// can be checked.
pub fn take_message_key(
    group: &Group,
    sender: LeafIndex,
    generation: u32,
    env: &mut Env<'_>,
) -> Result<Step<TakenMessageKey>, TakeKeyError> {
    group.check_active()?;
    let suite = group.suite(env)?;
    if sender == group.own_leaf() || group.current_leaf(sender)?.is_none() {
        return Err(TakeKeyError::NoSuchSender(sender));
    }
    let limits = env.limits.secret_tree();
    let planned = group.epoch.secret_tree.plan_open(suite, sender, RatchetType::Application, generation, &limits);
    let ratchet = planned.map_err(|error| taken(group, error))?;
    finish(group, ratchet, env)
}

fn finish(group: &Group, ratchet: RatchetMove, env: &mut Env<'_>) -> Result<Step<TakenMessageKey>, TakeKeyError> {
    let key = ratchet.message_key();
    let taken = TakenMessageKey {
        leaf: ratchet.leaf(),
        epoch: group.epoch(),
        generation: key.generation(),
        key: key.key().duplicate(),
        nonce: key.nonce().duplicate(),
    };
    let mut builder = StepBuilder::new(group, env.rng)?;
    builder.move_ratchet(group, group.epoch(), ratchet)?;
    Ok(builder.finish(group, taken)?)
}

fn taken(group: &Group, error: SecretTreeError) -> TakeKeyError {
    match error {
        SecretTreeError::NotResident(keys) => group.missing_secrets(group.epoch(), keys).into(),
        SecretTreeError::Crypto(error) => error.into(),
        SecretTreeError::TooFarAhead { .. } => TakeKeyError::TooFarAhead,
        SecretTreeError::GenerationsExhausted => TakeKeyError::GenerationsExhausted,
        _ => TakeKeyError::KeyConsumed,
    }
}

impl TakeKeyError {
    /// The records to read, where that is all that stands in the way.
    #[must_use]
    pub const fn missing(&self) -> Option<&Missing> {
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
            Self::KeyConsumed => Disposition::Duplicate,
            Self::TooFarAhead => Disposition::Discard,
            Self::NoSuchSender(_) | Self::GenerationsExhausted => Disposition::FixCaller,
        }
    }
}

impl fmt::Display for TakeKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::NoSuchSender(leaf) => write!(f, "no other member at leaf {leaf}"),
            Self::KeyConsumed => f.write_str("the message key is gone"),
            Self::TooFarAhead => f.write_str("the generation is too far ahead"),
            Self::GenerationsExhausted => f.write_str("the ratchet has no generation left"),
        }
    }
}

impl core::error::Error for TakeKeyError {}

impl fmt::Debug for TakenMessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { leaf, epoch, generation, key: _, nonce: _ } = self;
        f.debug_struct("TakenMessageKey")
            .field("leaf", leaf)
            .field("epoch", epoch)
            .field("generation", generation)
            .finish_non_exhaustive()
    }
}
