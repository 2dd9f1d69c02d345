//! Encrypting to one member, outside the group's messages.

use alloc::vec::Vec;
use core::fmt;

use mls_codec::Encode;
use mls_crypto_traits::hpke::{self, Mode};
use mls_crypto_traits::{CryptoError, HpkeCiphertext, HpkePublicKey, SecretBytes, Suite};

use crate::env::Env;
use crate::group::export::ExportError;
use crate::group::exporter::exporter;
use crate::group::fault::from_fault;
use crate::group::{Disposition, Fault, Group};
use crate::tree::math::LeafIndex;

/// Tells these ciphertexts from all that RFC 9420 encrypts to a leaf's key: no label of its own begins like this.
const DOMAIN: &[u8] = b"mls-core 1.0 to member";
/// The exporter label of the pre-shared key, and its identifier in HPKE.
const PSK: &[u8] = b"mls-core 1.0 to member psk";

/// How a message to one member is authenticated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberMode {
    /// Not at all: whoever knows the tree can encrypt to a member (HPKE's base mode).
    #[default]
    Base,
    /// By a pre-shared key from the epoch's exporter secret: only members of the epoch can encrypt (HPKE's PSK mode).
    Psk,
}

/// What a message to one member is for, and what it is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberPurpose<'a> {
    /// The use: each has a label of its own.
    pub label: &'a [u8],
    /// What both sides must agree on besides group, epoch and recipient.
    pub context: &'a [u8],
    /// How the sender is authenticated.
    pub mode: MemberMode,
}

/// Why a message to one member was not encrypted or decrypted. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberError {
    /// Something that has nothing to do with the message.
    Fault(Fault),
    /// The leaf is blank, or outside the tree.
    NoSuchMember(LeafIndex),
    /// The exporter secret of this epoch has been deleted, and the mode takes it.
    ExporterDeleted,
    /// The ciphertext does not decrypt: it is junk, or for another member, epoch, label or context.
    CannotDecrypt,
}

from_fault!(MemberError);

/// What HPKE's key schedule is bound to: `info`.
#[derive(Encode)]
struct Binding<'a> {
    domain: &'a [u8],
    label: &'a [u8],
    group_id: &'a [u8],
    epoch: u64,
    recipient: LeafIndex,
    context: &'a [u8],
}

/// Encrypts `plaintext` to the key that the member at `recipient` has in this epoch, with `authenticated_data` beside
/// it.
///
/// The ciphertext is bound to label, group, epoch, recipient and context: it decrypts nowhere else. The member reads
/// it with [`open_as_member`] as long as it is in this epoch.
///
/// # Errors
/// [`MemberError`]; nothing has changed.
///
/// # Security
/// No forward secrecy within the epoch: the key is the leaf's own, and lasts until the member replaces it. The sender
/// is not told apart from other members; sign within, where that matters.
pub fn seal_to_member(
    group: &Group,
    recipient: LeafIndex,
    purpose: MemberPurpose<'_>,
    authenticated_data: &[u8],
    plaintext: &[u8],
    env: &mut Env<'_>,
) -> Result<HpkeCiphertext, MemberError> {
    group.check_active()?;
    let suite = group.suite(env)?;
    let leaf = group.leaf_node(recipient)?.ok_or(MemberError::NoSuchMember(recipient))?;
    let key: HpkePublicKey = leaf.encryption_key;
    let psk = psk(group, suite, purpose)?;
    let info = binding(group, recipient, purpose)?;
    Ok(hpke::seal(suite, mode(psk.as_ref()), &key, &info, authenticated_data, plaintext, env.rng)?)
}

/// Decrypts what a member of this epoch encrypted to us with [`seal_to_member`].
///
/// # Errors
/// [`MemberError`]; nothing has changed.
pub fn open_as_member(
    group: &Group,
    purpose: MemberPurpose<'_>,
    authenticated_data: &[u8],
    ciphertext: &HpkeCiphertext,
    env: &Env<'_>,
) -> Result<SecretBytes, MemberError> {
    group.check_active()?;
    let suite = group.suite(env)?;
    let key = &group.path_keys()?.leaf;
    let psk = psk(group, suite, purpose)?;
    let info = binding(group, group.own_leaf(), purpose)?;
    hpke::open(suite, mode(psk.as_ref()), key, &info, authenticated_data, ciphertext).map_err(|error| match error {
        CryptoError::InvalidCiphertext | CryptoError::InvalidPublicKey | CryptoError::SharedSecretZero => {
            MemberError::CannotDecrypt
        }
        error => error.into(),
    })
}

fn psk(group: &Group, suite: Suite<'_>, purpose: MemberPurpose<'_>) -> Result<Option<SecretBytes>, MemberError> {
    match purpose.mode {
        MemberMode::Base => Ok(None),
        MemberMode::Psk => {
            let exporter = exporter(group).map_err(|error| match error {
                ExportError::Fault(fault) => MemberError::Fault(fault),
                _ => MemberError::ExporterDeleted,
            })?;
            Ok(Some(exporter.export(suite, PSK, purpose.label, suite.hash_len())?))
        }
    }
}

fn mode(psk: Option<&SecretBytes>) -> Mode<'_> {
    match psk {
        None => Mode::Base,
        Some(psk) => Mode::Psk { psk: psk.as_bytes(), psk_id: PSK },
    }
}

fn binding(group: &Group, recipient: LeafIndex, purpose: MemberPurpose<'_>) -> Result<Vec<u8>, MemberError> {
    let MemberPurpose { label, context, mode: _ } = purpose;
    let binding =
        Binding { domain: DOMAIN, label, group_id: group.id.as_bytes(), epoch: group.epoch(), recipient, context };
    Ok(binding.to_bytes()?)
}

impl MemberError {
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
            Self::CannotDecrypt => Disposition::Discard,
            Self::NoSuchMember(_) | Self::ExporterDeleted => Disposition::FixCaller,
        }
    }
}

impl fmt::Display for MemberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::NoSuchMember(leaf) => write!(f, "no member at leaf {leaf}"),
            Self::ExporterDeleted => f.write_str("the exporter secret of this epoch has been deleted"),
            Self::CannotDecrypt => f.write_str("the ciphertext does not decrypt"),
        }
    }
}

impl core::error::Error for MemberError {}
