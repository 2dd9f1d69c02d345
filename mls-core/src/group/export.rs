//! What a member gives out of a group: GroupInfo, the tree, exported secrets (RFC 9420 sections 8.5 and 12.4.3).

use core::fmt;

use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::SecretBytes;

use crate::env::Env;
use crate::extension::{ExtensionType, Extensions};
use crate::framing::{MlsMessage, MlsMessageBody};
use crate::group::exporter::exporter;
use crate::group::external::external_pub_extension;
use crate::group::fault::from_fault;
use crate::group::welcome_make::{InfoExtensionError, check_own_info, sign_group_info, tree_extension};
use crate::group::{Disposition, Fault, Group};

/// What a GroupInfo contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupInfoOptions {
    /// Whether others can join by an external commit with it.
    pub external_pub: bool,
    /// Whether it contains the tree.
    pub ratchet_tree: bool,
}

/// Why nothing was given out. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError {
    /// Something that has nothing to do with what was asked for.
    Fault(Fault),
    /// The exporter secret of this epoch has been deleted ([`delete_exporter`](crate::group::delete_exporter)).
    ExporterDeleted,
    /// An extension type is repeated in the GroupInfo (section 13.4).
    DuplicateExtension,
    /// An extension has no place in a GroupInfo (section 17.3), or it is one that [`GroupInfoOptions`] speak of.
    MisplacedExtension(ExtensionType),
}

from_fault!(ExportError);

/// A GroupInfo of the current epoch, as an encoded `MLSMessage` (RFC 9420 section 12.4.3).
///
/// # Errors
/// [`ExportError`]; nothing has changed.
///
/// # Security
/// With `external_pub`, whoever gets it can ask to join; the members' policy decides.
pub fn group_info(group: &Group, options: GroupInfoOptions, env: &mut Env<'_>) -> Result<Vec<u8>, ExportError> {
    group_info_with(group, options, &Extensions::new(), env)
}

/// As [`group_info`], with further extensions in the GroupInfo.
///
/// # Errors
/// [`ExportError`]; nothing has changed.
///
/// # Security
/// As for [`group_info`]; and the extensions are in the clear.
pub fn group_info_with(
    group: &Group,
    options: GroupInfoOptions,
    further: &Extensions,
    env: &mut Env<'_>,
) -> Result<Vec<u8>, ExportError> {
    group.check_active()?;
    check_own_info(further, env).map_err(|error| match error {
        InfoExtensionError::Duplicate => ExportError::DuplicateExtension,
        InfoExtensionError::Misplaced(kind) => ExportError::MisplacedExtension(kind),
    })?;
    let suite = group.suite(env)?;
    let mut extensions = Extensions::new();
    if options.ratchet_tree {
        extensions = tree_extension(group.tree()?)?;
    }
    // req: R-12.4.1-14
    if options.external_pub {
        let keys = group.epoch.secrets.external.key_pair(suite)?;
        external_pub_extension(&mut extensions, keys.public)?;
    }
    // req: R-12.4.3-03
    extensions.0.extend(further.iter().cloned());
    let epoch = &group.epoch;
    let info = sign_group_info(
        suite,
        &epoch.context,
        extensions,
        &epoch.confirmation_tag,
        epoch.own_leaf,
        &epoch.own_signature_key,
        env,
    )?;
    Ok(MlsMessage::new(MlsMessageBody::GroupInfo(info)).to_bytes()?)
}

/// The tree of the current epoch: the data of a `ratchet_tree` extension (RFC 9420 section 12.4.3.3).
///
/// # Errors
/// [`ExportError`]; nothing has changed.
pub fn export_ratchet_tree(group: &Group) -> Result<Vec<u8>, ExportError> {
    Ok(group.tree()?.to_extension()?)
}

/// A secret that all members of the epoch can derive, and nobody else (RFC 9420 section 8.5).
///
/// # Errors
/// [`ExportError`]; nothing has changed.
pub fn export_secret(
    group: &Group,
    label: &[u8],
    context: &[u8],
    len: usize,
    env: &Env<'_>,
) -> Result<SecretBytes, ExportError> {
    group.check_active()?;
    let suite = group.suite(env)?;
    Ok(exporter(group)?.export(suite, label, context, len)?)
}

impl ExportError {
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

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::ExporterDeleted => f.write_str("the exporter secret of this epoch has been deleted"),
            Self::DuplicateExtension => f.write_str("an extension type is repeated"),
            Self::MisplacedExtension(kind) => write!(f, "extension {kind:?} has no place in a GroupInfo"),
        }
    }
}

impl core::error::Error for ExportError {}
