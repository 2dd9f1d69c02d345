//! Messages of a member that lies: made as the engine makes them, without any of its checks, with one thing changed.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::{Encode, encode_opaque};
use mls_crypto_traits::{HpkePublicKey, SecretBytes, SignaturePublicKey, Suite};

use super::common::{Peer, World};
use crate::commit::{Commit, UpdatePath, UpdatePathNode};
use crate::extension::Extensions;
use crate::framing::{
    AuthenticatedContent, Content, ContentType, FramedContent, FramedContentAuthData, MlsMessage, MlsMessageBody,
    PrivateMessage, ProtocolVersion, PublicMessage, Sender, SenderData, WireFormat, confirmed_transcript_hash,
};
use crate::group::Group;
use crate::key_schedule::{CommitSecret, InitSecret, JoinerSecret, PskSecret, confirmation_tag};
use crate::proposal::list::{ListedProposal, psks};
use crate::proposal::{Proposal, ProposalOrRef};
use crate::psk::{PreSharedKeyId, Psk, PskValue, psk_secret};
use crate::secret_tree::{RatchetType, SecretTreeLimits};
use crate::tree::leaf_node::{LeafNode, LeafNodeSource};
use crate::tree::math::LeafIndex;
use crate::tree::node_bytes::NodeBytes;
use crate::tree::parent_hash::path_parent_hashes;
use crate::tree::parent_node::ParentNode;
use crate::tree::path::generate_path;
use crate::tree::ratchet_tree::RatchetTree;

pub(super) type Lie<'a, T> = Box<dyn FnOnce(&mut T) + 'a>;
type NodesLie<'a> = Box<dyn FnOnce(&mut Vec<UpdatePathNode>, &PathKit<'_>) + 'a>;

/// What is changed of a message, in the order in which it is made. What follows a change is computed from it.
pub(super) struct Lies<'a> {
    pub(super) with_path: bool,
    pub(super) encrypt: bool,
    /// The public keys of the path's nodes.
    pub(super) path_keys: Lie<'a, Vec<HpkePublicKey>>,
    /// The leaf of the path before it is signed, and after.
    pub(super) leaf: Lie<'a, LeafNode>,
    pub(super) leaf_signed: Lie<'a, LeafNode>,
    /// The group and the place that the leaf is signed for.
    pub(super) leaf_position: Option<(Vec<u8>, LeafIndex)>,
    /// The path's nodes, encrypted.
    pub(super) nodes: NodesLie<'a>,
    /// The content before it is signed.
    pub(super) content: Lie<'a, FramedContent>,
    pub(super) sign_for: Option<WireFormat>,
    pub(super) sign_context: Option<Vec<u8>>,
    pub(super) sign_with: Option<SignaturePublicKey>,
    /// The signature.
    pub(super) signature: Lie<'a, Vec<u8>>,
    pub(super) confirmation_tag: Lie<'a, Option<Vec<u8>>>,
    /// What is sent in the clear.
    pub(super) public: Lie<'a, PublicMessage>,
    /// What is encrypted, who it says sent it, and what goes out.
    pub(super) key_of: Option<LeafIndex>,
    pub(super) generation: Option<u32>,
    pub(super) sender_data: Lie<'a, SenderData>,
    pub(super) plaintext: Lie<'a, Vec<u8>>,
    pub(super) private: Lie<'a, PrivateMessage>,
}

/// What path secrets are encrypted with.
pub(super) struct PathKit<'a> {
    pub(super) suite: Suite<'a>,
    pub(super) context: Vec<u8>,
    pub(super) before: RatchetTree,
}

impl Lies<'_> {
    pub(super) fn none() -> Self {
        Self {
            with_path: true,
            encrypt: false,
            path_keys: Box::new(|_| {}),
            leaf: Box::new(|_| {}),
            leaf_signed: Box::new(|_| {}),
            leaf_position: None,
            nodes: Box::new(|_, _| {}),
            content: Box::new(|_| {}),
            sign_for: None,
            sign_context: None,
            sign_with: None,
            signature: Box::new(|_| {}),
            confirmation_tag: Box::new(|_| {}),
            public: Box::new(|_| {}),
            key_of: None,
            generation: None,
            sender_data: Box::new(|_| {}),
            plaintext: Box::new(|_| {}),
            private: Box::new(|_| {}),
        }
    }
}

/// Who makes a commit: a member, or somebody from outside.
struct Author {
    sender: Sender,
    signature_key: SignaturePublicKey,
    /// The leaf that the path replaces or adds.
    leaf: LeafNode,
    init: Option<InitSecret>,
}

/// A commit of a member, public unless `lies` says otherwise.
pub(super) fn forge_commit(peer: &mut Peer, list: &[ListedProposal], lies: Lies<'_>) -> MlsMessage {
    let Peer { world, group, psks, .. } = peer;
    let group = group.as_ref().unwrap();
    let own = group.own_leaf();
    let author = Author {
        sender: Sender::Member(own),
        signature_key: group.epoch.own_signature_key.clone(),
        leaf: group.tree().unwrap().leaf(own).unwrap(),
        init: None,
    };
    make_commit(group, world, psks, author, list, lies)
}

/// An external commit of `joiner` to the group of `member`; `list` makes its proposals from the key encapsulation.
pub(super) fn forge_external(
    member: &Peer,
    joiner: &mut Peer,
    list: impl FnOnce(Vec<u8>) -> Vec<ListedProposal>,
    lies: Lies<'_>,
) -> MlsMessage {
    let group = member.group();
    let spec = joiner.leaf();
    let Peer { world, psks, .. } = joiner;
    let crypto = Arc::clone(&world.crypto);
    let suite = crypto.suite(group.cipher_suite()).unwrap();
    let keys = group.epoch.secrets.external.key_pair(suite).unwrap();
    let (kem_output, init) = InitSecret::for_external_sender(suite, &keys.public, &mut world.rng).unwrap();
    let leaf = LeafNode {
        encryption_key: HpkePublicKey::from(Vec::new()),
        signature_key: spec.signature_key.clone(),
        credential: spec.credential,
        capabilities: spec.capabilities,
        leaf_node_source: LeafNodeSource::Commit { parent_hash: Vec::new() },
        extensions: spec.extensions,
        signature: Vec::new(),
    };
    let author = Author { sender: Sender::NewMemberCommit, signature_key: spec.signature_key, leaf, init: Some(init) };
    make_commit(group, world, psks, author, &list(kem_output), lies)
}

/// Other content of a member: a proposal or application data.
pub(super) fn forge_content(peer: &mut Peer, content: Content, lies: Lies<'_>) -> MlsMessage {
    let Peer { world, group, .. } = peer;
    let group = group.as_ref().unwrap();
    let signature_key = group.epoch.own_signature_key.clone();
    let content = content_of(group, Sender::Member(group.own_leaf()), content);
    let signed = sign(group, world, &signature_key, content, lies);
    frame(group, world, signed.0, signed.1)
}

pub(super) fn forge_proposal(peer: &mut Peer, proposal: Proposal, lies: Lies<'_>) -> MlsMessage {
    forge_content(peer, Content::Proposal(Box::new(proposal)), lies)
}

pub(super) fn forge_data(peer: &mut Peer, data: &[u8], lies: Lies<'_>) -> MlsMessage {
    forge_content(peer, Content::Application(data.to_vec()), Lies { encrypt: true, ..lies })
}

fn content_of(group: &Group, sender: Sender, content: Content) -> FramedContent {
    let (group_id, epoch) = (group.id.as_bytes().to_vec(), group.epoch());
    FramedContent { group_id, epoch, sender, authenticated_data: Vec::new(), content }
}

/// A group with proposals applied, whatever they are.
struct Provisional {
    tree: RatchetTree,
    extensions: Extensions,
    added: Vec<LeafIndex>,
}

fn apply(suite: Suite<'_>, group: &Group, author: Sender, list: &[ListedProposal]) -> Provisional {
    let tree = group.tree().unwrap();
    let mut extensions = group.epoch.context.extensions.clone();
    let (mut updates, mut removes, mut adds) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    for listed in list {
        match (&listed.proposal, listed.sender) {
            (Proposal::Update(leaf), Sender::Member(at)) => {
                updates.insert(at, NodeBytes::from(leaf.to_bytes().unwrap()));
            }
            (Proposal::Remove(removed), _) => {
                let at = removed.leaf().filter(|at| tree.leaf(*at).is_some() && Sender::Member(*at) != author);
                removes.extend(at);
            }
            (Proposal::Add(package), _) => adds.push(NodeBytes::from(package.leaf_node.to_bytes().unwrap())),
            (Proposal::GroupContextExtensions(new), _) => extensions = new.clone(),
            _ => {}
        }
    }
    updates.retain(|at, _| !removes.contains(at));
    let (updates, removes): (Vec<_>, Vec<_>) = (updates.into_iter().collect(), removes.into_iter().collect());
    let (tree, added) = tree.apply_changes(suite, &updates, &removes, &adds).unwrap();
    Provisional { tree, extensions, added }
}

fn make_commit(
    group: &Group,
    world: &mut World,
    values: &BTreeMap<Psk, Vec<u8>>,
    author: Author,
    list: &[ListedProposal],
    mut lies: Lies<'_>,
) -> MlsMessage {
    let crypto = Arc::clone(&world.crypto);
    let suite = crypto.suite(group.cipher_suite()).unwrap();
    let applied = apply(suite, group, author.sender, list);
    let mut context = group.epoch.context.clone();
    context.epoch = context.epoch.saturating_add(1);
    context.extensions = applied.extensions.clone();
    context.tree_hash = applied.tree.root_hash().as_bytes().to_vec();
    let mut path = None;
    let mut commit_secret = CommitSecret::zeros(suite);
    if lies.with_path {
        let (wire, secret) = make_path(suite, group, world, &author, &applied, &mut context, &mut lies);
        (path, commit_secret) = (Some(wire), secret);
    }
    let proposals = list
        .iter()
        .map(|listed| match listed.reference {
            Some(reference) => ProposalOrRef::Reference(reference),
            None => ProposalOrRef::Proposal(Box::new(listed.proposal.clone())),
        })
        .collect();
    let commit = Content::Commit(Arc::new(Commit { proposals, path }));
    let content = content_of(group, author.sender, commit);
    let (mut content, mut lies) = sign(group, world, &author.signature_key, content, lies);
    let confirmed = confirmed_transcript_hash(suite, &group.epoch.interim_transcript_hash, &content).unwrap();
    context.confirmed_transcript_hash = confirmed.as_bytes().to_vec();
    let bytes = context.to_bytes().unwrap();
    let psk = mix(suite, group, values, &psks(list));
    let init = author.init.as_ref().unwrap_or(&group.epoch.secrets.init);
    let joiner = JoinerSecret::derive(suite, init, &commit_secret, &bytes).unwrap();
    let secrets = joiner.mix_psk(suite, &psk).unwrap().enter_epoch(suite, &bytes).unwrap();
    let tag = confirmation_tag(suite, &secrets.confirmation_key, &context.confirmed_transcript_hash).unwrap();
    content.auth.confirmation_tag = Some(tag.as_bytes().to_vec());
    core::mem::replace(&mut lies.confirmation_tag, Box::new(|_| {}))(&mut content.auth.confirmation_tag);
    frame(group, world, content, lies)
}

/// A path, and the tree hash that it leads to.
fn make_path(
    suite: Suite<'_>,
    group: &Group,
    world: &mut World,
    author: &Author,
    applied: &Provisional,
    context: &mut crate::group_context::GroupContext,
    lies: &mut Lies<'_>,
) -> (UpdatePath, CommitSecret) {
    let (before, own) = match author.sender {
        Sender::Member(own) => (applied.tree.clone(), own),
        _ => {
            // A leaf with a key of its own holds the place.
            let key = suite.generate_hpke_key_pair(&mut world.rng).unwrap().public;
            let place = LeafNode { encryption_key: key, ..author.leaf.clone() };
            let (tree, placed) =
                applied.tree.apply_changes(suite, &[], &[], &[NodeBytes::from(place.to_bytes().unwrap())]).unwrap();
            (tree, placed[0])
        }
    };
    let path = generate_path(suite, &before, own, &mut world.rng).unwrap();
    let mut keys: Vec<HpkePublicKey> = path.public_keys().cloned().collect();
    core::mem::replace(&mut lies.path_keys, Box::new(|_| {}))(&mut keys);
    let hashes = path_parent_hashes(suite, &before, own, &keys).unwrap();
    let mut leaf = LeafNode {
        encryption_key: path.leaf_public().clone(),
        leaf_node_source: LeafNodeSource::Commit { parent_hash: hashes.leaf.clone() },
        ..author.leaf.clone()
    };
    core::mem::replace(&mut lies.leaf, Box::new(|_| {}))(&mut leaf);
    let position = lies.leaf_position.take().unwrap_or_else(|| (group.id.as_bytes().to_vec(), own));
    let signer = world.signers.0.get(&leaf.signature_key).or_else(|| world.signers.0.get(&author.signature_key));
    leaf.sign(suite, signer.unwrap().as_ref(), Some((&position.0, position.1))).unwrap();
    core::mem::replace(&mut lies.leaf_signed, Box::new(|_| {}))(&mut leaf);
    let steps = before.filtered_direct_path(own);
    let parents: Vec<_> = steps
        .iter()
        .zip(&keys)
        .zip(&hashes.parents)
        .map(|((step, key), hash)| {
            let (encryption_key, parent_hash) = (key.clone(), hash.as_bytes().to_vec());
            let parent = ParentNode { encryption_key, parent_hash, unmerged_leaves: Vec::new() };
            (step.node, NodeBytes::from(parent.to_bytes().unwrap()))
        })
        .collect();
    let after = before.set_path(suite, own, NodeBytes::from(leaf.to_bytes().unwrap()), &parents).unwrap();
    context.tree_hash = after.root_hash().as_bytes().to_vec();
    let kit = PathKit { suite, context: context.to_bytes().unwrap(), before };
    let excluded = applied.added.iter().copied().collect();
    let mut nodes = path.encrypt(suite, &kit.before, &excluded, &kit.context, &mut world.rng).unwrap();
    for (node, key) in nodes.iter_mut().zip(keys) {
        node.encryption_key = key;
    }
    core::mem::replace(&mut lies.nodes, Box::new(|_, _| {}))(&mut nodes, &kit);
    (UpdatePath { leaf_node: leaf, nodes }, path.into_private().1)
}

fn mix(suite: Suite<'_>, group: &Group, values: &BTreeMap<Psk, Vec<u8>>, ids: &[PreSharedKeyId]) -> PskSecret {
    let value = |id: &PreSharedKeyId| match &id.psk {
        Psk::Resumption { psk_group_id, psk_epoch, .. } if *psk_group_id == group.id.as_bytes() => {
            let held = group.resumption.get(psk_epoch).and_then(Option::as_ref);
            held.map_or_else(|| group.epoch.secrets.resumption.as_bytes().to_vec(), |psk| psk.as_bytes().to_vec())
        }
        psk => values.get(psk).cloned().unwrap_or_default(),
    };
    let values: Vec<_> = ids.iter().map(|id| PskValue::from_bytes(SecretBytes::from_slice(&value(id)))).collect();
    let pairs: Vec<_> = ids.iter().zip(&values).collect();
    psk_secret(suite, &pairs).unwrap()
}

fn sign<'a>(
    group: &Group,
    world: &World,
    signature_key: &SignaturePublicKey,
    mut content: FramedContent,
    mut lies: Lies<'a>,
) -> (AuthenticatedContent, Lies<'a>) {
    let suite = world.crypto.suite(group.cipher_suite()).unwrap();
    core::mem::replace(&mut lies.content, Box::new(|_| {}))(&mut content);
    let wire_format = if lies.encrypt { WireFormat::PrivateMessage } else { WireFormat::PublicMessage };
    let tbs = (ProtocolVersion::MLS10, lies.sign_for.unwrap_or(wire_format), &content).to_bytes().unwrap();
    let context = lies.sign_context.as_deref().unwrap_or(&group.epoch.context_bytes);
    let signer = world.signers.0.get(lies.sign_with.as_ref().unwrap_or(signature_key)).unwrap();
    let mut signature = suite.sign_with_label(signer.as_ref(), b"FramedContentTBS", &[&tbs, context]).unwrap();
    core::mem::replace(&mut lies.signature, Box::new(|_| {}))(&mut signature);
    let auth = FramedContentAuthData { signature, confirmation_tag: None };
    (AuthenticatedContent { wire_format, content, auth }, lies)
}

fn auth_bytes(auth: &FramedContentAuthData) -> Vec<u8> {
    let mut out = Vec::new();
    encode_opaque(&auth.signature, &mut out).unwrap();
    if let Some(tag) = &auth.confirmation_tag {
        encode_opaque(tag, &mut out).unwrap();
    }
    out
}

fn frame(group: &Group, world: &World, content: AuthenticatedContent, lies: Lies<'_>) -> MlsMessage {
    let suite = world.crypto.suite(group.cipher_suite()).unwrap();
    let AuthenticatedContent { wire_format, content, auth } = content;
    if wire_format == WireFormat::PrivateMessage {
        return MlsMessage::new(MlsMessageBody::PrivateMessage(seal(suite, group, &content, &auth, lies)));
    }
    let head = (ProtocolVersion::MLS10, wire_format, &content).to_bytes().unwrap();
    let parts = [&head[..], &group.epoch.context_bytes, &auth_bytes(&auth)];
    let tag = suite.mac(group.epoch.secrets.membership.as_bytes(), &parts).unwrap();
    let membership_tag = matches!(content.sender, Sender::Member(_)).then(|| tag.as_bytes().to_vec());
    let mut message = PublicMessage { content, auth, membership_tag };
    (lies.public)(&mut message);
    MlsMessage::new(MlsMessageBody::PublicMessage(message))
}

fn seal(
    suite: Suite<'_>,
    group: &Group,
    content: &FramedContent,
    auth: &FramedContentAuthData,
    lies: Lies<'_>,
) -> PrivateMessage {
    let content_type = content.content_type();
    let kind = match content_type {
        ContentType::Application => RatchetType::Application,
        _ => RatchetType::Handshake,
    };
    let own = lies.key_of.unwrap_or_else(|| group.own_leaf());
    let tree = &group.epoch.secret_tree;
    let generation = lies.generation.or_else(|| tree.next_generation(own, kind)).unwrap_or(0);
    let mut limits = SecretTreeLimits::DEFAULT;
    limits.max_forward = u32::MAX;
    let ratchet = tree.plan_open(suite, own, kind, generation, &limits).unwrap();
    let key = ratchet.message_key();
    // The content without its type, which travels outside.
    let mut plaintext = content.content.to_bytes().unwrap().split_off(1);
    plaintext.extend(auth_bytes(auth));
    (lies.plaintext)(&mut plaintext);
    let FramedContent { group_id, epoch, authenticated_data, .. } = content;
    let aad = (&group_id[..], *epoch, content_type, &authenticated_data[..]).to_bytes().unwrap();
    let guard = [7; 4];
    let nonce = key.guarded_nonce(guard);
    let ciphertext = suite.aead_seal(key.key().as_bytes(), nonce.as_bytes(), &aad, &plaintext).unwrap();
    let sealer = group.epoch.secrets.sender_data.key_and_nonce(suite, &ciphertext).unwrap();
    let mut sender_data = SenderData { leaf_index: own, generation, reuse_guard: guard };
    (lies.sender_data)(&mut sender_data);
    let aad = (&group_id[..], *epoch, content_type).to_bytes().unwrap();
    let encrypted_sender_data = suite
        .aead_seal(sealer.key.as_bytes(), sealer.nonce.as_bytes(), &aad, &sender_data.to_bytes().unwrap())
        .unwrap();
    let mut message = PrivateMessage {
        group_id: group_id.clone(),
        epoch: *epoch,
        content_type,
        authenticated_data: authenticated_data.clone(),
        encrypted_sender_data,
        ciphertext,
    };
    (lies.private)(&mut message);
    message
}
