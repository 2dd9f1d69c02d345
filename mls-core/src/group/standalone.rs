//! Checking what is published, outside any group: key packages and group information (RFC 9420 sections 10.1 and 12.4.3).

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::env::Env;
use crate::extension::RequiredCapabilities;
use crate::framing::ProtocolVersion;
use crate::group::join::{check_group_alone, received_tree};
use crate::group::join_error::JoinError;
use crate::group::query::members_of;
use crate::group::{Fault, Member};
use crate::key_package::{KeyPackage, KeyPackageContext, KeyPackageError, validate_key_package};
use crate::tree::ratchet_tree::RatchetTree;
use crate::welcome::GroupInfo;

/// A GroupInfo whose signature and tree are verified. That the group exists, and is in this epoch, it does not show.
#[derive(Clone, Debug)]
pub struct VerifiedGroupInfo {
    info: Box<GroupInfo>,
    tree: RatchetTree,
}

/// Verifies a GroupInfo and its tree by themselves, without joining anything (RFC 9420 sections 12.4.3 and 12.4.3.1).
///
/// `ratchet_tree` is the data of a `ratchet_tree` extension, where the tree is not in the GroupInfo.
///
/// # Errors
/// [`JoinError`]: what would also stand in the way of joining, but for what our own leaf supports.
///
/// # Security
/// What is verified is that the member at `signer` signed this, and that the tree is consistent. Whether the members
/// are who they say is for an authentication service to tell; that the confirmation tag is right, only members can.
pub fn verify_group_info(
    info: &GroupInfo,
    ratchet_tree: Option<&[u8]>,
    env: &mut Env<'_>,
) -> Result<VerifiedGroupInfo, JoinError> {
    let id = info.group_context.cipher_suite;
    let suite = env.suite(id).ok_or(Fault::UnsupportedSuite(id))?;
    let tree = received_tree(suite, info, ratchet_tree, env)?;
    check_group_alone(suite, info, &tree, env)?;
    Ok(VerifiedGroupInfo { info: Box::new(info.clone()), tree })
}

impl VerifiedGroupInfo {
    /// The GroupInfo.
    #[must_use]
    pub const fn group_info(&self) -> &GroupInfo {
        &self.info
    }

    /// The tree.
    #[must_use]
    pub const fn tree(&self) -> &RatchetTree {
        &self.tree
    }

    /// The members in the order of their leaves.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        members_of(&self.tree).collect()
    }

    pub(crate) fn into_parts(self) -> (Box<GroupInfo>, RatchetTree) {
        (self.info, self.tree)
    }
}

/// Checks a key package by itself, as a directory does before it takes it in: form, signatures, lifetime (RFC 9420
/// section 10.1).
///
/// A group that it is added to may ask for more: [`validate_key_package`].
///
/// # Errors
/// The first rule that is broken; [`KeyPackageError::UnsupportedSuite`] where that cannot be told.
///
/// # Security
/// Whether the credential may have that signature key is for an authentication service to tell.
pub fn check_key_package(key_package: &KeyPackage, env: &Env<'_>) -> Result<(), KeyPackageError> {
    let id = key_package.cipher_suite;
    let suite = env.suite(id).ok_or(KeyPackageError::UnsupportedSuite(id))?;
    let context = KeyPackageContext {
        version: ProtocolVersion::MLS10,
        cipher_suite: id,
        required: &RequiredCapabilities::default(),
        group_extensions: &[],
        members: None,
        now: env.now.0,
        max_lifetime: env.limits.max_lifetime,
        verified: false,
        custom: env.custom,
    };
    validate_key_package(suite, key_package, &context)
}
