//! Shows what an MLS object is, and verifies what can be verified without its group.

mod draw;
mod export;
mod fields;
mod input;
mod verify;

use mls_codec::{Decode, DecodeError};
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::key_package::KeyPackage;
use mls_core::tree::leaf_node::LeafNode;
use mls_core::tree::node::RatchetTreeArray;
use mls_core::welcome::{GroupInfo, Welcome};
use mls_crypto_traits::{CipherSuite, CryptoProvider};
use std::sync::Arc;

pub use draw::Drawing;
pub use fields::Node;
pub use input::{Form, bytes_of};
pub use verify::Check;

use export::Export;
use fields::Show;

/// What an input can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `MLSMessage`
    Message,
    /// `optional<Node> ratchet_tree<V>`
    RatchetTree,
    /// A `KeyPackage` without the message around it.
    KeyPackage,
    /// A `GroupInfo` without the message around it.
    GroupInfo,
    /// A `Welcome` without the message around it.
    Welcome,
    /// A `LeafNode`.
    LeafNode,
    /// A group that was moved out of a store: `mls_client::Client::export_group`.
    Export,
}

impl Kind {
    /// All kinds, in the order in which they are tried.
    pub const ALL: [Self; 7] = [
        Self::Message,
        Self::RatchetTree,
        Self::KeyPackage,
        Self::GroupInfo,
        Self::Welcome,
        Self::LeafNode,
        Self::Export,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::RatchetTree => "tree",
            Self::KeyPackage => "key-package",
            Self::GroupInfo => "group-info",
            Self::Welcome => "welcome",
            Self::LeafNode => "leaf",
            Self::Export => "export",
        }
    }
}

/// What was found.
#[derive(Debug)]
pub struct Report {
    /// The kind of the outermost object.
    pub kind: Kind,
    /// Every field.
    pub fields: Node,
    /// What was verified, or cannot be.
    pub checks: Vec<Check>,
    /// The ratchet tree, where one is in it or beside it.
    pub tree: Option<RatchetTreeArray>,
}

/// Why an input is nothing that is known: for each kind where it stopped making sense, the one that got farthest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub Vec<(Kind, DecodeError)>);

/// What helps where an object does not say it itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// The kind; else all are tried.
    pub kind: Option<Kind>,
    /// The suite of a tree or leaf; else it is found by trying.
    pub suite: Option<CipherSuite>,
    /// The encoded ratchet tree of a `GroupInfo` that has none inside.
    pub tree: Option<&'a [u8]>,
    /// Whether an export's secrets are shown as they are. Else their lengths are.
    pub secrets: bool,
}

enum Object {
    Message(MlsMessage),
    Tree(RatchetTreeArray),
    KeyPackage(Arc<KeyPackage>),
    GroupInfo(Box<GroupInfo>),
    Welcome(Welcome),
    Leaf(Box<LeafNode>),
    Export(Box<Export>),
}

/// Reads an object, names its fields, and verifies what can be.
///
/// # Errors
/// [`Unreadable`] where no kind fits.
pub fn inspect(bytes: &[u8], hints: Hints<'_>, crypto: &dyn CryptoProvider) -> Result<Report, Unreadable> {
    let mut failures = Vec::new();
    for kind in Kind::ALL {
        if hints.kind.is_some_and(|wanted| wanted != kind) {
            continue;
        }
        match read(kind, bytes, hints.secrets) {
            Ok(object) => return Ok(report(kind, &object, hints, crypto)),
            Err(error) => failures.push((kind, error)),
        }
    }
    failures.sort_by_key(|(_, error)| core::cmp::Reverse(error.offset()));
    Err(Unreadable(failures))
}

fn read(kind: Kind, bytes: &[u8], secrets: bool) -> Result<Object, DecodeError> {
    Ok(match kind {
        Kind::Message => Object::Message(MlsMessage::from_bytes(bytes)?),
        Kind::RatchetTree => Object::Tree(RatchetTreeArray::from_bytes(bytes)?),
        Kind::KeyPackage => Object::KeyPackage(Arc::new(KeyPackage::from_bytes(bytes)?)),
        Kind::GroupInfo => Object::GroupInfo(Box::new(GroupInfo::from_bytes(bytes)?)),
        Kind::Welcome => Object::Welcome(Welcome::from_bytes(bytes)?),
        Kind::LeafNode => Object::Leaf(Box::new(LeafNode::from_bytes(bytes)?)),
        Kind::Export => Object::Export(Box::new(Export::read(bytes, secrets)?)),
    })
}

fn report(kind: Kind, object: &Object, hints: Hints<'_>, crypto: &dyn CryptoProvider) -> Report {
    let (fields, (checks, tree)) = match object {
        Object::Message(message) => {
            let checked = match &message.body {
                MlsMessageBody::KeyPackage(key_package) => (verify::key_package(key_package, crypto), None),
                MlsMessageBody::GroupInfo(info) => verify::group_info(info, hints.tree, crypto),
                MlsMessageBody::Welcome(_) => (verify::needs("a key package's private keys"), None),
                _ => (verify::needs("the group's state"), None),
            };
            (message.show(), checked)
        }
        Object::Tree(tree) => (tree.show(), verify::tree(tree, hints.suite, crypto)),
        Object::KeyPackage(key_package) => (key_package.show(), (verify::key_package(key_package, crypto), None)),
        Object::GroupInfo(info) => (info.show(), verify::group_info(info, hints.tree, crypto)),
        Object::Welcome(welcome) => (welcome.show(), (verify::needs("a key package's private keys"), None)),
        Object::Leaf(leaf) => (leaf.show(), (verify::leaf(leaf, hints.suite, crypto), None)),
        Object::Export(export) => (export.show(), verify::state(&export.context, export.tree(), crypto)),
    };
    Report { kind, fields, checks, tree }
}

impl Report {
    /// The report for readers.
    #[must_use]
    pub fn text(&self) -> String {
        let checks = self.checks.iter().map(|check| format!("{check}\n")).collect::<String>();
        format!("{}: {} bytes\n{}\n{checks}", self.kind.name(), self.fields.bytes(), self.fields.text(0))
    }

    /// The report for programs.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let checks: Vec<_> = self.checks.iter().map(Check::json).collect();
        serde_json::json!({"kind": self.kind.name(), "object": self.fields.json(), "checks": checks})
    }
}

/// The input around a place where it stopped making sense.
#[must_use]
pub fn surroundings(bytes: &[u8], offset: usize) -> String {
    let from = offset.saturating_sub(8);
    let before = hex::encode(bytes.get(from..offset.min(bytes.len())).unwrap_or_default());
    let after = hex::encode(bytes.get(offset..bytes.len().min(offset.saturating_add(8))).unwrap_or_default());
    let dots = |there: bool| if there { ".." } else { "" };
    let end = offset.saturating_add(8) < bytes.len();
    format!("{}{before} >{after}{}", dots(from > 0), dots(end))
}
