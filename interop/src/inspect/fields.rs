//! The fields of objects, with their names in the RFC.

use core::fmt::Debug;

use mls_codec::{Decode, Encode};
use mls_core::commit::{Commit, UpdatePath};
use mls_core::credential::Credential;
use mls_core::extension::{ExtensionType, Extensions, ExternalSenders, RequiredCapabilities};
use mls_core::framing::{Content, FramedContent, MlsMessage, MlsMessageBody, PrivateMessage, PublicMessage};
use mls_core::group_context::GroupContext;
use mls_core::key_package::KeyPackage;
use mls_core::proposal::{Proposal, ProposalOrRef, ReInit};
use mls_core::psk::{PreSharedKeyId, Psk};
use mls_core::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource};
use mls_core::tree::node::{Node as TreeNode, RatchetTreeArray};
use mls_core::tree::parent_node::ParentNode;
use mls_core::welcome::{GroupInfo, Welcome};
use serde_json::Value;

/// A value with its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Node {
    /// One that has no parts.
    Text(String),
    /// Named fields, in the order of the encoding; with the length of the encoding, where it is known.
    Fields(Vec<(&'static str, Self)>, usize),
    /// A list.
    List(Vec<Self>),
}

impl Node {
    /// How long the encoding is.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        if let Self::Fields(_, bytes) = self { *bytes } else { 0 }
    }

    /// A line each, indented.
    #[must_use]
    pub fn text(&self, indent: usize) -> String {
        let pad = " ".repeat(indent.saturating_mul(2));
        let line = |name: &str, value: &Self| match value {
            Self::Text(text) => format!("{pad}{name}: {text}\n"),
            Self::List(list) if list.is_empty() => format!("{pad}{name}: none\n"),
            value => format!("{pad}{name}:\n{}", value.text(indent.saturating_add(1))),
        };
        match self {
            Self::Text(text) => format!("{pad}{text}\n"),
            Self::Fields(fields, _) => fields.iter().map(|(name, value)| line(name, value)).collect(),
            Self::List(list) => list.iter().enumerate().map(|(at, value)| line(&format!("[{at}]"), value)).collect(),
        }
    }

    /// The same for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Fields(fields, _) => {
                Value::Object(fields.iter().map(|(name, value)| ((*name).to_owned(), value.json())).collect())
            }
            Self::List(list) => list.iter().map(Self::json).collect(),
        }
    }
}

/// What has fields to show.
pub(super) trait Show {
    fn show(&self) -> Node;
}

pub(super) fn fields<const N: usize>(of: &impl Encode, list: [(&'static str, Node); N]) -> Node {
    Node::Fields(list.into(), of.encoded_len())
}

pub(super) fn bytes(bytes: &[u8]) -> Node {
    if bytes.is_empty() { text("(empty)") } else { Node::Text(hex::encode(bytes)) }
}

/// Bytes that are often text.
pub(super) fn readable(value: &[u8]) -> Node {
    match core::str::from_utf8(value) {
        Ok(found) if !found.is_empty() && !found.chars().any(char::is_control) => {
            Node::Text(format!("{} ({found:?})", hex::encode(value)))
        }
        _ => bytes(value),
    }
}

pub(super) fn text(text: &str) -> Node {
    Node::Text(text.to_owned())
}

pub(super) fn debug(value: &impl Debug) -> Node {
    Node::Text(format!("{value:?}"))
}

fn all<T>(list: &[T], show: impl Fn(&T) -> Node) -> Node {
    Node::List(list.iter().map(show).collect())
}

fn words<T: Debug>(list: &[T]) -> Node {
    let words: Vec<String> = list.iter().map(|value| format!("{value:?}")).collect();
    if words.is_empty() { text("none") } else { Node::Text(words.join(", ")) }
}

impl Show for MlsMessage {
    fn show(&self) -> Node {
        let body = match &self.body {
            MlsMessageBody::PublicMessage(message) => message.show(),
            MlsMessageBody::PrivateMessage(message) => message.show(),
            MlsMessageBody::Welcome(welcome) => welcome.show(),
            MlsMessageBody::GroupInfo(info) => info.show(),
            MlsMessageBody::KeyPackage(key_package) => key_package.show(),
            other => debug(other),
        };
        fields(self, [("version", debug(&self.version)), ("wire_format", debug(&self.wire_format())), ("body", body)])
    }
}

impl Show for PublicMessage {
    fn show(&self) -> Node {
        let Self { content, auth, membership_tag } = self;
        let tag = |tag: &Option<Vec<u8>>| tag.as_ref().map_or_else(|| text("none"), |tag| bytes(tag));
        fields(
            self,
            [
                ("content", content.show()),
                ("signature", bytes(&auth.signature)),
                ("confirmation_tag", tag(&auth.confirmation_tag)),
                ("membership_tag", tag(membership_tag)),
            ],
        )
    }
}

impl Show for PrivateMessage {
    fn show(&self) -> Node {
        let Self { group_id, epoch, content_type, authenticated_data, encrypted_sender_data, ciphertext } = self;
        fields(
            self,
            [
                ("group_id", readable(group_id)),
                ("epoch", debug(epoch)),
                ("content_type", debug(content_type)),
                ("authenticated_data", bytes(authenticated_data)),
                ("encrypted_sender_data", bytes(encrypted_sender_data)),
                ("ciphertext", bytes(ciphertext)),
            ],
        )
    }
}

impl Show for FramedContent {
    fn show(&self) -> Node {
        let Self { group_id, epoch, sender, authenticated_data, content } = self;
        let inside = match content {
            Content::Application(data) => readable(data),
            Content::Proposal(proposal) => proposal.show(),
            Content::Commit(commit) => commit.show(),
        };
        fields(
            self,
            [
                ("group_id", readable(group_id)),
                ("epoch", debug(epoch)),
                ("sender", debug(sender)),
                ("authenticated_data", bytes(authenticated_data)),
                ("content_type", debug(&content.content_type())),
                ("content", inside),
            ],
        )
    }
}

impl Show for Proposal {
    fn show(&self) -> Node {
        let body = match self {
            Self::Add(key_package) => ("key_package", key_package.show()),
            Self::Update(leaf_node) => ("leaf_node", leaf_node.show()),
            Self::Remove(removed) => ("removed", debug(&removed.0)),
            Self::PreSharedKey(psk) => ("psk", psk.show()),
            Self::ReInit(reinit) => ("reinit", reinit.show()),
            Self::ExternalInit { kem_output } => ("kem_output", bytes(kem_output)),
            Self::GroupContextExtensions(extensions) => ("extensions", extensions.show()),
            Self::Custom { body, .. } => ("body", bytes(body)),
            other => ("body", debug(other)),
        };
        fields(self, [("proposal_type", debug(&self.proposal_type())), body])
    }
}

impl Show for ReInit {
    fn show(&self) -> Node {
        let Self { group_id, version, cipher_suite, extensions } = self;
        fields(
            self,
            [
                ("group_id", readable(group_id)),
                ("version", debug(version)),
                ("cipher_suite", debug(cipher_suite)),
                ("extensions", extensions.show()),
            ],
        )
    }
}

impl Show for PreSharedKeyId {
    fn show(&self) -> Node {
        let id = match &self.psk {
            Psk::External { psk_id } => readable(psk_id),
            Psk::Resumption { usage, psk_group_id, psk_epoch } => {
                Node::Text(format!("{usage:?} of epoch {psk_epoch} of group {}", hex::encode(psk_group_id)))
            }
            other => debug(other),
        };
        let nonce = bytes(&self.psk_nonce);
        fields(self, [("psktype", debug(&self.psk.psk_type())), ("psk", id), ("psk_nonce", nonce)])
    }
}

impl Show for Commit {
    fn show(&self) -> Node {
        let proposal = |proposal: &ProposalOrRef| match proposal {
            ProposalOrRef::Proposal(proposal) => proposal.show(),
            ProposalOrRef::Reference(reference) => fields(reference, [("reference", bytes(reference.0.as_bytes()))]),
        };
        let path = self.path.as_ref().map_or_else(|| text("none"), Show::show);
        fields(self, [("proposals", all(&self.proposals, proposal)), ("path", path)])
    }
}

impl Show for UpdatePath {
    fn show(&self) -> Node {
        let nodes = all(&self.nodes, |node| {
            let secrets = all(&node.encrypted_path_secret.iter().collect::<Vec<_>>(), |sealed| {
                let parts = [("kem_output", bytes(&sealed.kem_output)), ("ciphertext", bytes(&sealed.ciphertext))];
                fields(sealed, parts)
            });
            let key = bytes(node.encryption_key.as_bytes());
            fields(node, [("encryption_key", key), ("encrypted_path_secret", secrets)])
        });
        fields(self, [("leaf_node", self.leaf_node.show()), ("nodes", nodes)])
    }
}

impl Show for KeyPackage {
    fn show(&self) -> Node {
        let Self { version, cipher_suite, init_key, leaf_node, extensions, signature } = self;
        fields(
            self,
            [
                ("version", debug(version)),
                ("cipher_suite", debug(cipher_suite)),
                ("init_key", bytes(init_key.as_bytes())),
                ("leaf_node", leaf_node.show()),
                ("extensions", extensions.show()),
                ("signature", bytes(signature)),
            ],
        )
    }
}

impl Show for LeafNode {
    fn show(&self) -> Node {
        let Self { encryption_key, signature_key, credential, capabilities, leaf_node_source, extensions, signature } =
            self;
        let source = match leaf_node_source {
            LeafNodeSource::KeyPackage(lifetime) => Node::Text(format!(
                "key_package, not before {}, not after {} (seconds since 1970)",
                lifetime.not_before, lifetime.not_after
            )),
            LeafNodeSource::Update => text("update"),
            LeafNodeSource::Commit { parent_hash } => {
                Node::Text(format!("commit, parent_hash {}", hex::encode(parent_hash)))
            }
        };
        fields(
            self,
            [
                ("encryption_key", bytes(encryption_key.as_bytes())),
                ("signature_key", bytes(signature_key.as_bytes())),
                ("credential", credential.show()),
                ("capabilities", capabilities.show()),
                ("leaf_node_source", source),
                ("extensions", extensions.show()),
                ("signature", bytes(signature)),
            ],
        )
    }
}

impl Show for Credential {
    fn show(&self) -> Node {
        let (kind, body) = match self {
            Self::Basic { identity } => ("identity", readable(identity)),
            Self::X509 { certificates } => {
                ("certificates", all(certificates, |certificate| bytes(&certificate.cert_data)))
            }
            Self::Other { body, .. } => ("body", bytes(body)),
            other => ("body", debug(other)),
        };
        fields(self, [("credential_type", debug(&self.credential_type())), (kind, body)])
    }
}

impl Show for Capabilities {
    fn show(&self) -> Node {
        let Self { versions, cipher_suites, extensions, proposals, credentials } = self;
        fields(
            self,
            [
                ("versions", words(versions)),
                ("cipher_suites", words(cipher_suites)),
                ("extensions", words(extensions)),
                ("proposals", words(proposals)),
                ("credentials", words(credentials)),
            ],
        )
    }
}

impl Show for Extensions {
    fn show(&self) -> Node {
        all(&self.0, |extension| {
            let data = &extension.extension_data;
            let known = match extension.extension_type {
                ExtensionType::RATCHET_TREE => RatchetTreeArray::from_bytes(data).ok().map(|tree| tree.show()),
                ExtensionType::REQUIRED_CAPABILITIES => RequiredCapabilities::from_bytes(data).ok().map(|required| {
                    let RequiredCapabilities { extension_types, proposal_types, credential_types } = &required;
                    let list = [
                        ("extension_types", words(extension_types)),
                        ("proposal_types", words(proposal_types)),
                        ("credential_types", words(credential_types)),
                    ];
                    fields(&required, list)
                }),
                ExtensionType::EXTERNAL_SENDERS => ExternalSenders::from_bytes(data).ok().map(|senders| {
                    all(&senders.0, |sender| {
                        let key = bytes(sender.signature_key.as_bytes());
                        fields(sender, [("signature_key", key), ("credential", sender.credential.show())])
                    })
                }),
                _ => None,
            };
            let data = known.unwrap_or_else(|| bytes(data));
            fields(extension, [("extension_type", debug(&extension.extension_type)), ("extension_data", data)])
        })
    }
}

impl Show for GroupContext {
    fn show(&self) -> Node {
        let Self { version, cipher_suite, group_id, epoch, tree_hash, confirmed_transcript_hash, extensions } = self;
        fields(
            self,
            [
                ("version", debug(version)),
                ("cipher_suite", debug(cipher_suite)),
                ("group_id", readable(group_id)),
                ("epoch", debug(epoch)),
                ("tree_hash", bytes(tree_hash)),
                ("confirmed_transcript_hash", bytes(confirmed_transcript_hash)),
                ("extensions", extensions.show()),
            ],
        )
    }
}

impl Show for GroupInfo {
    fn show(&self) -> Node {
        let Self { group_context, extensions, confirmation_tag, signer, signature } = self;
        fields(
            self,
            [
                ("group_context", group_context.show()),
                ("extensions", extensions.show()),
                ("confirmation_tag", bytes(confirmation_tag)),
                ("signer", debug(&signer.as_u32())),
                ("signature", bytes(signature)),
            ],
        )
    }
}

impl Show for Welcome {
    fn show(&self) -> Node {
        let secrets = all(&self.secrets, |secrets| {
            let sealed = &secrets.encrypted_group_secrets;
            let list = [
                ("new_member", bytes(secrets.new_member.as_bytes())),
                ("kem_output", bytes(&sealed.kem_output)),
                ("ciphertext", bytes(&sealed.ciphertext)),
            ];
            fields(secrets, list)
        });
        fields(
            self,
            [
                ("cipher_suite", debug(&self.cipher_suite)),
                ("secrets", secrets),
                ("encrypted_group_info", bytes(&self.encrypted_group_info)),
            ],
        )
    }
}

impl Show for RatchetTreeArray {
    fn show(&self) -> Node {
        let nodes = all(self.nodes(), |node| match node {
            None => text("blank"),
            Some(TreeNode::Leaf(leaf)) => leaf.show(),
            Some(TreeNode::Parent(parent)) => parent.show(),
        });
        fields(self, [("nodes", nodes)])
    }
}

impl Show for ParentNode {
    fn show(&self) -> Node {
        let leaves: Vec<u32> = self.unmerged_leaves.iter().map(|leaf| leaf.as_u32()).collect();
        fields(
            self,
            [
                ("encryption_key", bytes(self.encryption_key.as_bytes())),
                ("parent_hash", bytes(&self.parent_hash)),
                ("unmerged_leaves", words(&leaves)),
            ],
        )
    }
}
