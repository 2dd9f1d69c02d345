//! Making a Welcome and a GroupInfo (RFC 9420 sections 12.4.3 and 12.4.3.1).

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{EncryptContext, HpkePublicKey, SecretBytes, SignaturePublicKey, Suite};

use crate::env::Env;
use crate::extension::{Extension, ExtensionPlace, ExtensionType, Extensions};
use crate::framing::{MlsMessage, MlsMessageBody};
use crate::group::create::signer;
use crate::group::{Fault, Welcomes};
use crate::group_context::GroupContext;
use crate::key_schedule::{JoinerSecret, WelcomeSecret};
use crate::proposal::Proposal;
use crate::proposal::apply::AppliedList;
use crate::proposal::list::{ListedProposal, psks};
use crate::tree::math::LeafIndex;
use crate::tree::ratchet_tree::RatchetTree;
use crate::welcome::{EncryptedGroupSecrets, GroupInfo, GroupSecrets, Welcome};

/// What a Welcome is made of.
pub(crate) struct WelcomeParts<'a> {
    pub(crate) list: &'a [ListedProposal],
    pub(crate) applied: &'a AppliedList,
    pub(crate) joiner: &'a JoinerSecret,
    pub(crate) welcome_secret: &'a WelcomeSecret,
    /// One for each added member, where there is a path.
    pub(crate) path_secrets: &'a [Option<SecretBytes>],
    pub(crate) context: &'a GroupContext,
    pub(crate) confirmation_tag: &'a [u8],
    pub(crate) tree: &'a RatchetTree,
    pub(crate) tree_inside: bool,
    /// What the GroupInfo has besides the tree.
    pub(crate) extensions: &'a Extensions,
    pub(crate) shape: Welcomes,
    pub(crate) signer: LeafIndex,
    pub(crate) signature_key: &'a SignaturePublicKey,
}

/// The encoded Welcomes for those that are added, in the order of their Adds; one for all, or one each.
pub(crate) fn make_welcomes(
    suite: Suite<'_>,
    parts: WelcomeParts<'_>,
    env: &mut Env<'_>,
) -> Result<Vec<Vec<u8>>, Fault> {
    if parts.applied.added.is_empty() {
        return Ok(Vec::new());
    }
    let mut extensions = Extensions::new();
    if parts.tree_inside {
        extensions = tree_extension(parts.tree)?;
    }
    extensions.0.extend(parts.extensions.iter().cloned());
    let info = sign_group_info(
        suite,
        parts.context,
        extensions,
        parts.confirmation_tag,
        parts.signer,
        parts.signature_key,
        env,
    )?;
    // req: R-12.4.1-15
    let opener = parts.welcome_secret.key_and_nonce(suite)?;
    let encrypted_group_info =
        suite.aead_seal(opener.key.as_bytes(), opener.nonce.as_bytes(), &[], &info.to_bytes()?)?;
    // req: R-12.4.3.1-05
    let context = suite.encrypt_context(b"Welcome", &encrypted_group_info)?;
    let secrets = seal_secrets(suite, &context, &parts, env)?;
    // req: R-12.4.1-18, R-12.4.3.1-01
    let served: Vec<Vec<_>> = match parts.shape {
        Welcomes::OneForAll => alloc::vec![secrets],
        Welcomes::OneEach => secrets.into_iter().map(|one| alloc::vec![one]).collect(),
    };
    served
        .into_iter()
        .map(|secrets| {
            let encrypted_group_info = encrypted_group_info.clone();
            let welcome = Welcome { cipher_suite: suite.id(), secrets, encrypted_group_info };
            Ok(MlsMessage::new(MlsMessageBody::Welcome(welcome)).to_bytes()?)
        })
        .collect()
}

/// The group secrets, sealed to each that is added, in the order of the Adds.
fn seal_secrets(
    suite: Suite<'_>,
    context: &EncryptContext<'_>,
    parts: &WelcomeParts<'_>,
    env: &mut Env<'_>,
) -> Result<Vec<EncryptedGroupSecrets>, Fault> {
    let mut group_secrets = GroupSecrets {
        joiner_secret: JoinerSecret::from_bytes(SecretBytes::from_slice(parts.joiner.as_bytes())),
        path_secret: None,
        // req: R-12.4.1-17
        psks: psks(parts.list),
    };
    // Without a path all are sealed the same.
    let without_path = group_secrets.to_secret_bytes()?;
    let mut served = Vec::with_capacity(parts.applied.added.len());
    for ((_, place), path_secret) in parts.applied.added.iter().zip(parts.path_secrets) {
        let Some(Proposal::Add(key_package)) = parts.applied.listed(parts.list, *place).map(|listed| &listed.proposal)
        else {
            continue;
        };
        let with_path = match path_secret {
            Some(path_secret) => {
                group_secrets.path_secret = Some(path_secret.duplicate());
                Some(group_secrets.to_secret_bytes()?)
            }
            None => None,
        };
        served.push((key_package, with_path));
    }
    let items: Vec<(&HpkePublicKey, &[u8])> = served
        .iter()
        .map(|(key_package, with_path)| (&key_package.init_key, with_path.as_ref().unwrap_or(&without_path).as_slice()))
        .collect();
    let sealed = context.seal_batch(&items, env.rng)?;
    served
        .iter()
        .zip(sealed)
        .map(|((key_package, _), sealed)| {
            Ok(EncryptedGroupSecrets { new_member: key_package.reference(suite)?, encrypted_group_secrets: sealed? })
        })
        .collect()
}

/// What is wrong with the further extensions of a GroupInfo of ours.
pub(crate) enum InfoExtensionError {
    Duplicate,
    Misplaced(ExtensionType),
}

/// Whether a GroupInfo may have these beside those that the engine puts there.
pub(crate) fn check_own_info(extensions: &Extensions, env: &Env<'_>) -> Result<(), InfoExtensionError> {
    // req: R-13.4-05
    if extensions.has_duplicates() {
        return Err(InfoExtensionError::Duplicate);
    }
    let ours = |kind| matches!(kind, ExtensionType::RATCHET_TREE | ExtensionType::EXTERNAL_PUB);
    let mut types = extensions.iter().map(|extension| extension.extension_type);
    // req: R-17.3-01
    match types.find(|kind| ours(*kind) || !env.custom.allows(*kind, ExtensionPlace::GroupInfo)) {
        Some(kind) => Err(InfoExtensionError::Misplaced(kind)),
        None => Ok(()),
    }
}

/// The tree as an extension of a GroupInfo.
pub(crate) fn tree_extension(tree: &RatchetTree) -> Result<Extensions, Fault> {
    let extension_data = tree.to_extension()?;
    Ok(Extensions(alloc::vec![Extension { extension_type: ExtensionType::RATCHET_TREE, extension_data }]))
}

/// A GroupInfo of an epoch, signed with our leaf's key of that epoch.
pub(crate) fn sign_group_info(
    suite: Suite<'_>,
    context: &GroupContext,
    extensions: Extensions,
    confirmation_tag: &[u8],
    own: LeafIndex,
    signature_key: &SignaturePublicKey,
    env: &Env<'_>,
) -> Result<Box<GroupInfo>, Fault> {
    let mut info = GroupInfo {
        group_context: context.clone(),
        extensions,
        // req: R-12.4.3-01
        confirmation_tag: confirmation_tag.to_vec(),
        signer: own,
        signature: Vec::new(),
    };
    // req: R-12.4.1-13
    info.sign(suite, signer(env, signature_key)?.as_ref())?;
    Ok(Box::new(info))
}
