//! The files about messages.

use hex::encode as hex;
use mls_core::commit::{Commit, EncryptedPathSecrets, UpdatePath, UpdatePathNode};
use mls_core::extension::Extensions;
use mls_core::framing::{
    Content, ContentType, FramedContent, FramedContentAuthData, MlsMessage, MlsMessageBody, PrivateMessage,
    ProtocolVersion, PublicMessage, Sender, WireFormat,
};
use mls_core::key_package::KeyPackageRef;
use mls_core::key_schedule::{EncryptionSecret, JoinerSecret, MembershipKey, SenderDataSecret};
use mls_core::proposal::{Proposal, ProposalOrRef, ProposalRef, ReInit, RemovedLeaf};
use mls_core::psk::{PreSharedKeyId, Psk};
use mls_core::secret_tree::SecretTree;
use mls_core::tree::math::{LeafIndex, TreeSize};
use mls_core::tree::node::{Node, RatchetTreeArray};
use mls_core::welcome::{EncryptedGroupSecrets, GroupInfo, GroupSecrets, Welcome};
use mls_crypto_traits::{HpkeCiphertext, SecretBytes, SignaturePrivateKey};
use serde_json::{Value, json};
use std::sync::Arc;

use super::super::cases::{must, some};
use super::super::framing::World;
use super::source::{Source, encoded, put};

pub(super) fn message_protection(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let suite = source.suite;
    let [group_id, tree_hash, encryption, sender_data, membership] = [(); 5].map(|()| source.hash());
    let epoch = u64::from(source.below(1 << 24));
    let context = source.context(&group_id, epoch, &tree_hash);
    let signer = source.signer()?;
    let confirmed = context.confirmed_transcript_hash.clone();
    let world = World {
        suite,
        context_bytes: encoded("GroupContext", &context)?,
        context,
        public: signer.key.public_key().clone(),
        private: SignaturePrivateKey::from_bytes(signer.private.clone()),
        membership_key: MembershipKey::from_bytes(SecretBytes::from_slice(&membership)),
        sender_data: SenderDataSecret::from_bytes(SecretBytes::from_slice(&sender_data)),
        secret_tree: SecretTree::new(
            some("size", TreeSize::for_leaves(2))?,
            EncryptionSecret::from_bytes(SecretBytes::from_slice(&encryption)),
        ),
        sender: some("sender", LeafIndex::new(1))?,
    };
    let proposal = Proposal::Remove(RemovedLeaf(source.below(1000)));
    let commit = commit(source, vec![ProposalOrRef::Proposal(Box::new(proposal.clone()))])?;
    let application = source.bytes(40);
    let make = |wire_format, content: &Content| encoded("message", &world.make(wire_format, content)?).map(hex);
    let (public, private) = (WireFormat::PublicMessage, WireFormat::PrivateMessage);
    let (proposal_bytes, commit_bytes) = (encoded("proposal", &proposal)?, encoded("commit", &commit)?);
    let (proposal, commit) = (Content::Proposal(Box::new(proposal)), Content::Commit(Arc::new(commit)));
    Ok(vec![json!({
        "cipher_suite": suite.id().0,
        "group_id": hex(group_id),
        "epoch": epoch,
        "tree_hash": hex(tree_hash),
        "confirmed_transcript_hash": hex(confirmed),
        "signature_priv": hex(&signer.private),
        "signature_pub": hex(signer.key.public_key().as_bytes()),
        "encryption_secret": hex(encryption),
        "sender_data_secret": hex(sender_data),
        "membership_key": hex(membership),
        "proposal": hex(proposal_bytes),
        "proposal_pub": make(public, &proposal)?,
        "proposal_priv": make(private, &proposal)?,
        "commit": hex(commit_bytes),
        "commit_pub": make(public, &commit)?,
        "commit_priv": make(private, &commit)?,
        "application": hex(&application),
        "application_priv": make(private, &Content::Application(application))?,
    })])
}

/// A commit with a path of drawn keys and ciphertexts.
fn commit(source: &mut Source<'_>, proposals: Vec<ProposalOrRef>) -> Result<Commit, String> {
    let leaf_node = source.key_package("committer")?.key_package.leaf_node;
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let encryption_key = source.key_pair()?.public;
        let encrypted_path_secret = EncryptedPathSecrets::new(&[sealed(source)]).map_err(|error| error.to_string())?;
        nodes.push(UpdatePathNode { encryption_key, encrypted_path_secret });
    }
    Ok(Commit { proposals, path: Some(UpdatePath { leaf_node, nodes }) })
}

fn sealed(source: &mut Source<'_>) -> HpkeCiphertext {
    HpkeCiphertext { kem_output: source.bytes(32), ciphertext: source.bytes(48) }
}

fn message(body: MlsMessageBody) -> Result<String, String> {
    encoded("MLSMessage", &MlsMessage::new(body)).map(hex)
}

/// Structures with drawn contents: they are only decoded and encoded again.
pub(super) fn messages(source: &mut Source<'_>) -> Result<Vec<Value>, String> {
    let suite = source.suite;
    let own = source.key_package("somebody")?;
    let [group_id, tree_hash, tag] = [(); 3].map(|()| source.hash());
    let group_context = source.context(&group_id, 3, &tree_hash);
    let mut info = GroupInfo {
        group_context,
        extensions: Extensions::new(),
        confirmation_tag: tag,
        signer: some("leaf", LeafIndex::new(0))?,
        signature: Vec::new(),
    };
    must("sign", info.sign(suite, own.signer.key.as_ref()))?;
    let reference: KeyPackageRef = must("reference", own.key_package.reference(suite))?;
    let secrets = vec![EncryptedGroupSecrets { new_member: reference, encrypted_group_secrets: sealed(source) }];
    let welcome = Welcome { cipher_suite: suite.id(), secrets, encrypted_group_info: source.bytes(100) };
    let psk = PreSharedKeyId { psk: Psk::External { psk_id: source.bytes(8) }, psk_nonce: source.hash() };
    let group_secrets = GroupSecrets {
        joiner_secret: JoinerSecret::from_bytes(source.secret()),
        path_secret: Some(source.secret()),
        psks: vec![psk.clone()],
    };
    let tree = RatchetTreeArray::new(vec![Some(Node::Leaf(Box::new(own.key_package.leaf_node.clone())))]);
    let reinit = ReInit {
        group_id: source.hash(),
        version: ProtocolVersion::MLS10,
        cipher_suite: suite.id(),
        extensions: Extensions::new(),
    };
    let proposals = [
        ("add_proposal", Proposal::Add(Arc::new(own.key_package.clone()))),
        ("update_proposal", Proposal::Update(Arc::new(own.key_package.leaf_node.clone()))),
        ("remove_proposal", Proposal::Remove(RemovedLeaf(source.below(1 << 30)))),
        ("pre_shared_key_proposal", Proposal::PreSharedKey(psk)),
        ("re_init_proposal", Proposal::ReInit(reinit)),
        ("external_init_proposal", Proposal::ExternalInit { kem_output: source.bytes(32) }),
        ("group_context_extensions_proposal", Proposal::GroupContextExtensions(Extensions::new())),
    ];
    let commit = commit(source, vec![ProposalOrRef::Reference(ProposalRef(reference.0))])?;
    let mut case = json!({
        "mls_welcome": message(MlsMessageBody::Welcome(welcome))?,
        "mls_group_info": message(MlsMessageBody::GroupInfo(Box::new(info)))?,
        "mls_key_package": message(MlsMessageBody::KeyPackage(Arc::new(own.key_package)))?,
        "ratchet_tree": hex(encoded("tree", &must("tree", tree)?)?),
        "group_secrets": hex(must("GroupSecrets", group_secrets.to_secret_bytes())?.as_slice()),
        "commit": hex(encoded("Commit", &commit)?),
    });
    let add = Content::Proposal(Box::new(proposals[0].1.clone()));
    for (name, proposal) in proposals {
        // The file has them without their type.
        let bytes = encoded(name, &proposal)?;
        put(&mut case, name, hex(bytes.get(2..).unwrap_or_default()));
    }
    let application = Content::Application(source.bytes(20));
    for (name, content, confirmation_tag) in [
        ("public_message_application", application, None),
        ("public_message_proposal", add, None),
        ("public_message_commit", Content::Commit(Arc::new(commit)), Some(source.hash())),
    ] {
        let content = FramedContent {
            group_id: group_id.clone(),
            epoch: 3,
            sender: Sender::Member(some("leaf", LeafIndex::new(1))?),
            authenticated_data: source.bytes(4),
            content,
        };
        let auth = FramedContentAuthData { signature: source.bytes(64), confirmation_tag };
        let public = PublicMessage { content, auth, membership_tag: Some(source.hash()) };
        put(&mut case, name, message(MlsMessageBody::PublicMessage(public))?);
    }
    let private = PrivateMessage {
        group_id,
        epoch: 3,
        content_type: ContentType::Application,
        authenticated_data: source.bytes(4),
        encrypted_sender_data: source.bytes(28),
        ciphertext: source.bytes(150),
    };
    put(&mut case, "private_message", message(MlsMessageBody::PrivateMessage(private))?);
    Ok(vec![case])
}
