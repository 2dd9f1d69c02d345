//! Assembles an epoch from what a commit or a Welcome gives (RFC 9420 section 8).

use alloc::boxed::Box;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::SignaturePublicKey;

use crate::group::Fault;
use crate::group::epoch::{Epoch, LiveSecrets};
use crate::group_context::GroupContext;
use crate::key_schedule::EpochSecrets;
use crate::proposal::ReInit;
use crate::secret_tree::SecretTree;
use crate::tree::math::{LeafIndex, TreeSize};

/// What an epoch is made of besides its secrets.
pub(crate) struct EpochParts {
    pub(crate) context: GroupContext,
    pub(crate) interim_transcript_hash: Vec<u8>,
    pub(crate) confirmation_tag: Vec<u8>,
    pub(crate) own_leaf: LeafIndex,
    pub(crate) own_signature_key: SignaturePublicKey,
    pub(crate) size: TreeSize,
    pub(crate) re_init: Option<ReInit>,
}

/// The epoch of these secrets.
pub(crate) fn assemble(parts: EpochParts, secrets: EpochSecrets) -> Result<Box<Epoch>, Fault> {
    let EpochParts { context, interim_transcript_hash, confirmation_tag, own_leaf, own_signature_key, size, re_init } =
        parts;
    let EpochSecrets {
        sender_data,
        encryption,
        exporter,
        external,
        confirmation_key: _,
        membership_key,
        resumption_psk,
        epoch_authenticator,
        init,
    } = secrets;
    Ok(Box::new(Epoch {
        context_bytes: context.to_bytes()?,
        context,
        interim_transcript_hash,
        confirmation_tag,
        own_leaf,
        own_signature_key,
        re_init,
        secrets: LiveSecrets {
            sender_data,
            exporter,
            external,
            membership: membership_key,
            resumption: resumption_psk,
            authenticator: epoch_authenticator,
            init,
        },
        secret_tree: SecretTree::new(size, encryption),
    }))
}
