//! Welcomes of a member that lies.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{SecretBytes, SignaturePublicKey, Suite};

use super::common::Peer;
use super::forge::Lie;
use crate::extension::{Extension, ExtensionType, Extensions};
use crate::framing::{MlsMessage, MlsMessageBody};
use crate::group_context::GroupContext;
use crate::key_package::KeyPackage;
use crate::key_schedule::{JoinerSecret, confirmation_tag};
use crate::psk::{PreSharedKeyId, PskValue, psk_secret};
use crate::tree::key_index::IndexSeed;
use crate::tree::leaf_node::{LeafNode, LeafNodeSource};
use crate::tree::math::NodeIndex;
use crate::tree::node_bytes::NodeBytes;
use crate::tree::path::generate_path;
use crate::tree::ratchet_tree::RatchetTree;
use crate::welcome::{EncryptedGroupSecrets, GroupInfo, GroupSecrets, Welcome};

/// What is changed of a Welcome, in the order in which it is made.
pub(super) struct WelcomeLies<'a> {
    pub(super) with_path: bool,
    pub(super) tree: Lie<'a, RatchetTree>,
    pub(super) context: Lie<'a, GroupContext>,
    pub(super) psks: Vec<(PreSharedKeyId, Vec<u8>)>,
    pub(super) tree_inside: bool,
    pub(super) info: Lie<'a, GroupInfo>,
    pub(super) sign_with: Option<SignaturePublicKey>,
    pub(super) info_signed: Lie<'a, GroupInfo>,
    /// The GroupInfo as it is encrypted.
    pub(super) info_bytes: Lie<'a, Vec<u8>>,
    pub(super) secrets: Lie<'a, GroupSecrets>,
    pub(super) secrets_bytes: Lie<'a, Vec<u8>>,
    pub(super) welcome: Lie<'a, Welcome>,
}

impl WelcomeLies<'_> {
    pub(super) fn none() -> Self {
        Self {
            with_path: false,
            tree: Box::new(|_| {}),
            context: Box::new(|_| {}),
            psks: Vec::new(),
            tree_inside: true,
            info: Box::new(|_| {}),
            sign_with: None,
            info_signed: Box::new(|_| {}),
            info_bytes: Box::new(|_| {}),
            secrets: Box::new(|_| {}),
            secrets_bytes: Box::new(|_| {}),
            welcome: Box::new(|_| {}),
        }
    }
}

/// A Welcome as an encoded message, and the tree that it is about.
pub(super) struct Forged {
    pub(super) welcome: Vec<u8>,
    pub(super) tree: Vec<u8>,
}

/// Welcomes whoever made `package` to an epoch that `peer` makes up.
pub(super) fn forge_welcome(peer: &mut Peer, package: &KeyPackage, lies: WelcomeLies<'_>) -> Forged {
    let crypto = Arc::clone(&peer.world.crypto);
    let group = peer.group.as_ref().unwrap();
    let suite = crypto.suite(group.cipher_suite()).unwrap();
    let own = group.own_leaf();
    let leaf = NodeBytes::from(package.leaf_node.to_bytes().unwrap());
    let (mut tree, placed) = group.tree().unwrap().apply_changes(suite, &[], &[], &[leaf]).unwrap();
    let mut path_secret = None;
    if lies.with_path {
        let path = generate_path(suite, &tree, own, &mut peer.world.rng).unwrap();
        let leaf_node_source = LeafNodeSource::Commit { parent_hash: path.parent_hashes().leaf.clone() };
        let encryption_key = path.leaf_public().clone();
        let mut leaf = LeafNode { encryption_key, leaf_node_source, ..tree.leaf(own).unwrap() };
        let signer = peer.world.signers.0.get(&leaf.signature_key).unwrap();
        leaf.sign(suite, signer.as_ref(), Some((group.id.as_bytes(), own))).unwrap();
        tree = path.merge(suite, &tree, &leaf).unwrap();
        path_secret = path.path_secret_for(placed[0]).map(|secret| SecretBytes::from_slice(secret.as_bytes()));
    }
    (lies.tree)(&mut tree);
    let mut context = group.epoch.context.clone();
    context.epoch += 1;
    context.tree_hash = tree.root_hash().as_bytes().to_vec();
    context.confirmed_transcript_hash = [7; 32].to_vec();
    (lies.context)(&mut context);
    let joiner_secret = JoinerSecret::from_bytes(SecretBytes::from_slice(&[1; 32]));
    let values: Vec<_> =
        lies.psks.iter().map(|(_, value)| PskValue::from_bytes(SecretBytes::from_slice(value))).collect();
    let pairs: Vec<_> = lies.psks.iter().map(|(id, _)| id).zip(&values).collect();
    let intermediate = joiner_secret.mix_psk(suite, &psk_secret(suite, &pairs).unwrap()).unwrap();
    let opener = intermediate.welcome_secret(suite).unwrap().key_and_nonce(suite).unwrap();
    let secrets = intermediate.enter_epoch(suite, &context.to_bytes().unwrap()).unwrap();
    let tag = confirmation_tag(suite, &secrets.confirmation_key, &context.confirmed_transcript_hash).unwrap();
    let tree_bytes = tree.to_extension().unwrap();
    let mut info = GroupInfo {
        group_context: context,
        extensions: Extensions::new(),
        confirmation_tag: tag.as_bytes().to_vec(),
        signer: own,
        signature: Vec::new(),
    };
    if lies.tree_inside {
        let extension = Extension { extension_type: ExtensionType::RATCHET_TREE, extension_data: tree_bytes.clone() };
        info.extensions.0.push(extension);
    }
    (lies.info)(&mut info);
    let key = lies.sign_with.as_ref().unwrap_or(&group.epoch.own_signature_key);
    info.sign(suite, peer.world.signers.0.get(key).unwrap().as_ref()).unwrap();
    (lies.info_signed)(&mut info);
    let mut info = info.to_bytes().unwrap();
    (lies.info_bytes)(&mut info);
    let encrypted_group_info = suite.aead_seal(opener.key.as_bytes(), opener.nonce.as_bytes(), &[], &info).unwrap();
    let psks = lies.psks.iter().map(|(id, _)| id.clone()).collect();
    let mut secrets = GroupSecrets { joiner_secret, path_secret, psks };
    (lies.secrets)(&mut secrets);
    let mut plaintext = secrets.to_secret_bytes().unwrap().to_vec();
    (lies.secrets_bytes)(&mut plaintext);
    let encryption = suite.encrypt_context(b"Welcome", &encrypted_group_info).unwrap();
    let encrypted_group_secrets = encryption.seal(&package.init_key, &plaintext, &mut peer.world.rng).unwrap();
    let new_member = package.reference(suite).unwrap();
    let secrets = Vec::from([EncryptedGroupSecrets { new_member, encrypted_group_secrets }]);
    let mut welcome = Welcome { cipher_suite: suite.id(), secrets, encrypted_group_info };
    (lies.welcome)(&mut welcome);
    let welcome = MlsMessage::new(MlsMessageBody::Welcome(welcome)).to_bytes().unwrap();
    Forged { welcome, tree: tree_bytes }
}

/// The tree with one node replaced, hashes and all else made to fit.
pub(super) fn with_node(suite: Suite<'_>, tree: &RatchetTree, at: NodeIndex, bytes: Option<Vec<u8>>) -> RatchetTree {
    let mut nodes: Vec<(NodeIndex, NodeBytes)> =
        tree.nodes().filter(|(node, _)| *node != at).map(|(node, bytes)| (node, bytes.clone())).collect();
    nodes.extend(bytes.map(|bytes| (at, NodeBytes::from(bytes))));
    RatchetTree::from_nodes(suite, IndexSeed::new([0; 16]), tree.size(), nodes).unwrap()
}
