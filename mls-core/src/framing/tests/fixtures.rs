//! One small value of each wire structure, and the keys to sign with.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{CipherSuite, Digest, HpkeCiphertext, SecretBytes, SigningKey, Suite};

use crate::commit::{Commit, EncryptedPathSecrets, UpdatePath, UpdatePathNode};
use crate::credential::{Certificate, Credential, CredentialType};
use crate::extension::{Extension, ExtensionType, Extensions};
use crate::framing::{
    AuthenticatedContent, Content, FramedContent, FramedContentAuthData, PrivateMessage, ProtocolVersion,
    PublicMessage, Sender, WireFormat,
};
use crate::group_context::GroupContext;
use crate::key_package::{KeyPackage, KeyPackageRef};
use crate::key_schedule::JoinerSecret;
use crate::key_schedule::tests::test_vectors;
use crate::proposal::{Proposal, ProposalOrRef, ProposalRef, ProposalType, ReInit};
use crate::psk::{PreSharedKeyId, Psk, ResumptionPskUsage};
use crate::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource, Lifetime};
use crate::tree::math::LeafIndex;
use crate::tree::node::{Node, RatchetTreeArray};
use crate::tree::parent_node::ParentNode;
use crate::welcome::{EncryptedGroupSecrets, GroupInfo, GroupSecrets, Welcome};

/// The suite that tests sign with.
pub(crate) fn suite() -> Suite<'static> {
    test_vectors::suite(1).unwrap()
}

/// A signing key that depends on `seed` alone.
pub(crate) fn signing_key(suite: Suite<'_>, seed: u8) -> Arc<dyn SigningKey> {
    let pair = suite.derive_signature_key_pair(&[seed; 64]).unwrap();
    suite.signing_key(&pair.private).unwrap()
}

pub(crate) fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

pub(crate) fn extensions() -> Extensions {
    Extensions(vec![Extension { extension_type: ExtensionType(0xff00), extension_data: vec![1, 2] }])
}

pub(crate) fn leaf_node(leaf_node_source: LeafNodeSource) -> LeafNode {
    LeafNode {
        encryption_key: vec![1; 3].into(),
        signature_key: vec![2; 3].into(),
        credential: Credential::basic(*b"alice"),
        capabilities: Capabilities {
            versions: vec![ProtocolVersion::MLS10],
            cipher_suites: vec![CipherSuite::from(1), CipherSuite::from(0x0a0a)],
            extensions: vec![ExtensionType(0xff00)],
            proposals: vec![ProposalType(0xff01)],
            credentials: vec![CredentialType::BASIC],
        },
        leaf_node_source,
        extensions: extensions(),
        signature: vec![3; 4],
    }
}

pub(crate) const LIFETIME: Lifetime = Lifetime { not_before: 7, not_after: 9 };

pub(crate) fn leaf_nodes() -> Vec<LeafNode> {
    let mut x509 = leaf_node(LeafNodeSource::Update);
    x509.credential = Credential::X509 { certificates: vec![Certificate { cert_data: vec![0x30, 0] }] };
    let mut other = leaf_node(LeafNodeSource::Commit { parent_hash: vec![4; 5] });
    other.credential = Credential::Other { credential_type: CredentialType(0xf00d), body: vec![6] };
    vec![leaf_node(LeafNodeSource::KeyPackage(LIFETIME)), x509, other]
}

pub(crate) fn key_package() -> KeyPackage {
    KeyPackage {
        version: ProtocolVersion::MLS10,
        cipher_suite: CipherSuite::from(1),
        init_key: vec![5; 3].into(),
        leaf_node: leaf_node(LeafNodeSource::KeyPackage(LIFETIME)),
        extensions: extensions(),
        signature: vec![6; 4],
    }
}

pub(crate) fn psk_ids() -> Vec<PreSharedKeyId> {
    vec![
        PreSharedKeyId { psk: Psk::External { psk_id: vec![1] }, psk_nonce: vec![2; 3] },
        PreSharedKeyId {
            psk: Psk::Resumption { usage: ResumptionPskUsage::Application, psk_group_id: vec![3], psk_epoch: 4 },
            psk_nonce: vec![5; 3],
        },
    ]
}

/// A proposal of each kind.
pub(crate) fn proposals() -> Vec<Proposal> {
    let reinit = ReInit {
        group_id: vec![9],
        version: ProtocolVersion::MLS10,
        cipher_suite: CipherSuite::from(2),
        extensions: extensions(),
    };
    let mut all = vec![
        Proposal::Add(Arc::new(key_package())),
        Proposal::Update(Arc::new(leaf_node(LeafNodeSource::Update))),
        Proposal::Remove(leaf(3).into()),
        Proposal::ReInit(reinit),
        Proposal::ExternalInit { kem_output: vec![8; 3] },
        Proposal::GroupContextExtensions(extensions()),
        Proposal::Custom { proposal_type: ProposalType(0xff01), body: vec![7; 2] },
    ];
    all.extend(psk_ids().into_iter().map(Proposal::PreSharedKey));
    all
}

pub(crate) fn digest(fill: u8) -> Digest {
    Digest::from_slice(&[fill; 32]).unwrap()
}

pub(crate) fn hpke_ciphertext() -> HpkeCiphertext {
    HpkeCiphertext { kem_output: vec![1, 2], ciphertext: vec![3, 4, 5] }
}

pub(crate) fn commit() -> Commit {
    Commit {
        proposals: vec![
            ProposalOrRef::Proposal(Box::new(Proposal::Remove(leaf(1).into()))),
            ProposalOrRef::Reference(ProposalRef(digest(7))),
        ],
        path: Some(UpdatePath {
            leaf_node: leaf_node(LeafNodeSource::Commit { parent_hash: vec![4; 5] }),
            nodes: vec![
                UpdatePathNode {
                    encryption_key: vec![1].into(),
                    encrypted_path_secret: EncryptedPathSecrets::new(&[hpke_ciphertext(), hpke_ciphertext()]).unwrap(),
                },
                UpdatePathNode {
                    encryption_key: vec![2].into(),
                    encrypted_path_secret: EncryptedPathSecrets::new(&[]).unwrap(),
                },
            ],
        }),
    }
}

pub(crate) fn group_context() -> GroupContext {
    GroupContext {
        version: ProtocolVersion::MLS10,
        cipher_suite: CipherSuite::from(1),
        group_id: b"group".to_vec(),
        epoch: 5,
        tree_hash: vec![1; 32],
        confirmed_transcript_hash: vec![2; 32],
        extensions: extensions(),
    }
}

/// [`group_context`], encoded.
pub(crate) fn context() -> Vec<u8> {
    group_context().to_bytes().unwrap()
}

pub(crate) fn group_info() -> GroupInfo {
    GroupInfo {
        group_context: group_context(),
        extensions: extensions(),
        confirmation_tag: vec![3; 32],
        signer: leaf(2),
        signature: vec![4; 5],
    }
}

pub(crate) fn group_secrets(path_secret: Option<SecretBytes>) -> GroupSecrets {
    GroupSecrets {
        joiner_secret: JoinerSecret::from_bytes(SecretBytes::from_slice(&[0xa5; 4])),
        path_secret,
        psks: psk_ids(),
    }
}

pub(crate) fn welcome() -> Welcome {
    Welcome {
        cipher_suite: CipherSuite::from(1),
        secrets: vec![EncryptedGroupSecrets {
            new_member: KeyPackageRef(digest(3)),
            encrypted_group_secrets: hpke_ciphertext(),
        }],
        encrypted_group_info: vec![1, 2, 3],
    }
}

pub(crate) fn ratchet_tree() -> RatchetTreeArray {
    let parent =
        ParentNode { encryption_key: vec![1].into(), parent_hash: vec![2; 3], unmerged_leaves: vec![leaf(0), leaf(2)] };
    let leaf_node = || Some(Node::Leaf(Box::new(leaf_node(LeafNodeSource::Update))));
    RatchetTreeArray::new(vec![leaf_node(), Some(Node::Parent(Box::new(parent))), None, None, leaf_node()]).unwrap()
}

pub(crate) fn framed(sender: Sender, content: Content) -> FramedContent {
    FramedContent { group_id: b"group".to_vec(), epoch: 5, sender, authenticated_data: b"aad".to_vec(), content }
}

pub(crate) fn application() -> Content {
    Content::Application(b"hello".to_vec())
}

pub(crate) fn remove() -> Content {
    Content::Proposal(Box::new(Proposal::Remove(leaf(1).into())))
}

/// Every content that its sender may send in the clear, with made-up tags and signatures.
pub(crate) fn public_messages() -> Vec<PublicMessage> {
    let auth = |confirmation_tag| FramedContentAuthData { signature: vec![1; 4], confirmation_tag };
    let message = |sender, content, tag, membership_tag| PublicMessage {
        content: framed(sender, content),
        auth: auth(tag),
        membership_tag,
    };
    let commit = || Content::Commit(Arc::new(commit()));
    let tag = || Some(vec![2; 4]);
    let add = Content::Proposal(Box::new(Proposal::Add(Arc::new(key_package()))));
    vec![
        message(Sender::Member(leaf(1)), remove(), None, tag()),
        message(Sender::Member(leaf(1)), commit(), tag(), tag()),
        message(Sender::External(7), remove(), None, None),
        message(Sender::NewMemberProposal, add, None, None),
        message(Sender::NewMemberCommit, commit(), tag(), None),
    ]
}

pub(crate) fn private_message() -> PrivateMessage {
    PrivateMessage {
        group_id: b"group".to_vec(),
        epoch: 5,
        content_type: crate::framing::ContentType::Commit,
        authenticated_data: b"aad".to_vec(),
        encrypted_sender_data: vec![1; 4],
        ciphertext: vec![2; 9],
    }
}

/// A content of member 1, signed by `signing_key(1)` in the epoch of [`group_context`].
pub(crate) fn signed(wire_format: WireFormat, content: Content) -> AuthenticatedContent {
    let suite = suite();
    let framed = framed(Sender::Member(leaf(1)), content);
    let key = signing_key(suite, 1);
    AuthenticatedContent::sign(suite, &*key, wire_format, framed, Some(&context())).unwrap()
}

/// [`signed`], a Commit, with a made-up confirmation tag.
pub(crate) fn signed_commit(wire_format: WireFormat) -> AuthenticatedContent {
    let mut content = signed(wire_format, Content::Commit(Arc::new(commit())));
    content.auth.confirmation_tag = Some(vec![9; 32]);
    content
}
