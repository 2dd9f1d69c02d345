//! What decodes is encoded as it came, and names of records are told apart by their first bytes.

use core::fmt::Debug;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use mls_codec::{Decode, Encode};
use mls_core::commit::{Commit, UpdatePath};
use mls_core::credential::Credential;
use mls_core::extension::{Extension, Extensions, ExternalPub, ExternalSenders, RequiredCapabilities};
use mls_core::framing::{Content, FramedContent, MlsMessage, MlsMessageBody};
use mls_core::group_context::GroupContext;
use mls_core::key_package::{KeyPackage, KeyPackageRef};
use mls_core::proposal::{Proposal, ProposalOrRef, ProposalRef};
use mls_core::psk::PreSharedKeyId;
use mls_core::record::{RecordKey, RecordPrefix};
use mls_core::secret_tree::{RatchetType, SkippedIndex};
use mls_core::tree::leaf_node::{Capabilities, LeafNode};
use mls_core::tree::math::{LeafIndex, NodeIndex, TreeSize};
use mls_core::tree::node::{Node, RatchetTreeArray};
use mls_core::tree::parent_node::ParentNode;
use mls_core::tree::path::OwnPathKeys;
use mls_core::welcome::{GroupInfo, GroupSecrets, Welcome};
use mls_crypto_traits::Digest;

use crate::input::{Edit, Input, Seed, Seeds};
use crate::life::{LIFE, group_id};

/// In the second byte: what is decoded is the rest of the input.
const RAW: u8 = 0xff;
/// Set in the second byte: what is edited may be of another type.
const ANY: u8 = 0x80;

/// What is promised of bytes as one type.
type Check = fn(&[u8]);

/// What the first byte picks.
const TYPES: &[(&str, Check)] = &[
    ("MlsMessage", message),
    ("KeyPackage", round_trip::<KeyPackage>),
    ("Welcome", round_trip::<Welcome>),
    ("GroupInfo", round_trip::<GroupInfo>),
    ("ratchet_tree", round_trip::<RatchetTreeArray>),
    ("LeafNode", round_trip::<LeafNode>),
    ("Commit", round_trip::<Commit>),
    ("Proposal", round_trip::<Proposal>),
    ("UpdatePath", round_trip::<UpdatePath>),
    ("GroupContext", round_trip::<GroupContext>),
    ("Credential", round_trip::<Credential>),
    ("Extensions", round_trip::<Extensions>),
    ("PreSharedKeyID", round_trip::<PreSharedKeyId>),
    ("record key", record_key),
    ("FramedContent", round_trip::<FramedContent>),
    ("ProposalOrRef", round_trip::<ProposalOrRef>),
    ("ProposalRef", round_trip::<ProposalRef>),
    ("ParentNode", round_trip::<ParentNode>),
    ("Node", round_trip::<Node>),
    ("Capabilities", round_trip::<Capabilities>),
    ("Extension", round_trip::<Extension>),
    ("external_pub", round_trip::<ExternalPub>),
    ("external_senders", round_trip::<ExternalSenders>),
    ("required_capabilities", round_trip::<RequiredCapabilities>),
    ("SkippedIndex", round_trip::<SkippedIndex>),
    ("LeafIndex", round_trip::<LeafIndex>),
    ("NodeIndex", round_trip::<NodeIndex>),
    ("TreeSize", round_trip::<TreeSize>),
    ("secrets", secrets),
];

/// The first byte picks a type, the second something encoded that the others edit; or the others are what is decoded.
///
/// Promises: no panic. What decodes is encoded to the same bytes, as many as `encoded_len` says, and decodes again to the
/// same value. `MlsMessage::peek` tells what the message says. A `RecordKey` is in the set of a `RecordPrefix` where one
/// of its byte prefixes is the beginning of the key's bytes, and in no other.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (name, decode) = TYPES[input.pick(TYPES.len())];
    let which = input.byte();
    if which == RAW {
        return decode(input.rest());
    }
    let of_type: Vec<&Material> = MATERIAL.iter().filter(|(of, _)| which & ANY == 0 && *of == name).collect();
    let choice = usize::from(which & !ANY);
    let material =
        if of_type.is_empty() { &MATERIAL[choice % MATERIAL.len()] } else { of_type[choice % of_type.len()] };
    let mut bytes = material.1.clone();
    input.edit_one(&mut bytes);
    decode(&bytes);
}

fn round_trip<T: Encode + Decode + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(value) = T::from_bytes(bytes) {
        let encoded = value.to_bytes().expect("what decodes can be encoded");
        assert!(encoded == bytes, "{value:?} came as {bytes:?} and goes as {encoded:?}");
        assert_eq!(value.encoded_len(), bytes.len(), "{value:?} announces another length");
        assert_eq!(T::from_bytes(&encoded).as_ref(), Ok(&value));
    }
}

fn message(bytes: &[u8]) {
    round_trip::<MlsMessage>(bytes);
    let Ok(message) = MlsMessage::from_bytes(bytes) else { return };
    let peek = message.peek();
    assert_eq!(peek.wire_format, message.wire_format());
    assert_eq!(peek.epoch, message.epoch());
    assert_eq!(peek.group_id.as_ref().map(mls_core::record::GroupId::as_bytes), message.group_id());
    let framed = matches!(message.body, MlsMessageBody::PublicMessage(_) | MlsMessageBody::PrivateMessage(_));
    assert_eq!(peek.content_type.is_some(), framed);
    assert_eq!(peek.cipher_suite.is_some(), !framed);
    assert_eq!(peek.sender.is_some(), matches!(message.body, MlsMessageBody::PublicMessage(_)));
}

fn secrets(bytes: &[u8]) {
    drop(GroupSecrets::from_bytes(bytes));
    drop(OwnPathKeys::from_stored(bytes));
}

fn record_key(bytes: &[u8]) {
    let Ok(key) = RecordKey::from_bytes(bytes) else { return };
    let encoded = key.to_bytes().expect("what decodes can be encoded");
    assert!(encoded == bytes, "{key:?} came as {bytes:?} and goes as {encoded:?}");
    let mut appended = vec![7];
    key.append_to(&mut appended).unwrap();
    assert_eq!(appended[1..], encoded);
    let prefixes = prefixes_about(&key);
    for key in KEYS.iter().chain([&key]) {
        let bytes = key.to_bytes().unwrap();
        for prefix in &prefixes {
            let begins = prefix.to_byte_prefixes().unwrap().iter().any(|prefix| bytes.starts_with(prefix));
            assert_eq!(prefix.covers(key), begins, "{prefix:?} and {key:?}");
        }
    }
}

/// A key of each kind, all of one group.
static KEYS: LazyLock<Vec<RecordKey>> = LazyLock::new(|| {
    let (id, leaf, node) = (group_id(), LeafIndex::new(1).unwrap(), NodeIndex::new(2).unwrap());
    let digest = Digest::from_slice(&[7; 32]).unwrap();
    vec![
        RecordKey::Group(id.clone()),
        RecordKey::Status(id.clone()),
        RecordKey::TreeNode(id.clone(), node),
        RecordKey::PathKeys(id.clone()),
        RecordKey::Proposal(id.clone(), Box::new(ProposalRef(digest))),
        RecordKey::PendingCommit(id.clone()),
        RecordKey::Epoch(id.clone(), 1),
        RecordKey::SecretNode(id.clone(), 1, node),
        RecordKey::Ratchet(id.clone(), 1, leaf, RatchetType::Handshake),
        RecordKey::SkippedKey(id.clone(), 1, leaf, RatchetType::Application, 3),
        RecordKey::SkippedIndex(id.clone(), 1),
        RecordKey::ResumptionPsk(id.clone(), 1),
        RecordKey::ExternalJoin(id.clone()),
        RecordKey::Successor(id),
        RecordKey::KeyPackage(Box::new(KeyPackageRef(digest))),
        RecordKey::Psk(b"psk".to_vec()),
        RecordKey::Signer(b"signer".to_vec().into()),
    ]
});

/// Sets that the key might be in, by its own group and epoch and by another.
fn prefixes_about(key: &RecordKey) -> BTreeSet<RecordPrefix> {
    let epoch = match key {
        RecordKey::Epoch(_, epoch)
        | RecordKey::SecretNode(_, epoch, _)
        | RecordKey::Ratchet(_, epoch, ..)
        | RecordKey::SkippedKey(_, epoch, ..)
        | RecordKey::SkippedIndex(_, epoch)
        | RecordKey::ResumptionPsk(_, epoch) => *epoch,
        _ => 1,
    };
    let mut prefixes: BTreeSet<RecordPrefix> = [
        RecordPrefix::Groups,
        RecordPrefix::ExternalJoins,
        RecordPrefix::Successors,
        RecordPrefix::KeyPackages,
        RecordPrefix::Signers,
        RecordPrefix::Psks,
    ]
    .into();
    for id in key.group_id().cloned().into_iter().chain([group_id()]) {
        prefixes.extend([
            RecordPrefix::Group(id.clone()),
            RecordPrefix::Tree(id.clone()),
            RecordPrefix::Proposals(id.clone()),
            RecordPrefix::Epoch(id.clone(), epoch),
            RecordPrefix::Epoch(id, epoch ^ 1),
        ]);
    }
    prefixes
}

/// Something encoded, and the type that it is of.
type Material = (&'static str, Vec<u8>);

static MATERIAL: LazyLock<Vec<Material>> = LazyLock::new(material);

fn material() -> Vec<Material> {
    let mut material: Vec<Material> = Vec::new();
    let mut add = |name, bytes: Result<Vec<u8>, mls_codec::EncodeError>| material.push((name, bytes.unwrap()));
    for exhibit in &LIFE.exhibits {
        add("MlsMessage", Ok(exhibit.bytes.clone()));
        let MlsMessageBody::PublicMessage(message) = MlsMessage::from_bytes(&exhibit.bytes).unwrap().body else {
            continue;
        };
        add("FramedContent", message.content.to_bytes());
        match message.content.content {
            Content::Proposal(proposal) => {
                add("Proposal", proposal.to_bytes());
                if let Proposal::PreSharedKey(id) = *proposal {
                    add("PreSharedKeyID", id.to_bytes());
                }
            }
            Content::Commit(commit) => {
                add("Commit", commit.to_bytes());
                for path in commit.path.iter() {
                    add("UpdatePath", path.to_bytes());
                }
                for proposal in &commit.proposals {
                    add("ProposalOrRef", proposal.to_bytes());
                }
            }
            Content::Application(_) => {}
        }
    }
    let key_package = body_of(&LIFE.key_package);
    let key_package = KeyPackage::from_bytes(key_package).unwrap();
    add("KeyPackage", key_package.to_bytes());
    add("LeafNode", key_package.leaf_node.to_bytes());
    add("Credential", key_package.leaf_node.credential.to_bytes());
    add("Capabilities", key_package.leaf_node.capabilities.to_bytes());
    for info in &LIFE.infos {
        let info = GroupInfo::from_bytes(body_of(info)).unwrap();
        add("GroupInfo", info.to_bytes());
        add("GroupContext", info.group_context.to_bytes());
        add("Extensions", info.extensions.to_bytes());
        add("Extension", info.extensions.0[0].to_bytes());
        add("external_senders", Ok(info.group_context.extensions.0[0].extension_data.clone()));
    }
    for invitation in &LIFE.invitations {
        add("Welcome", Ok(body_of(&invitation.welcome).to_vec()));
    }
    add("ratchet_tree", Ok(LIFE.tree.clone()));
    for node in RatchetTreeArray::from_bytes(&LIFE.tree).unwrap().nodes().iter().flatten() {
        add("Node", node.to_bytes());
        if let Node::Parent(parent) = node {
            add("ParentNode", parent.to_bytes());
        }
    }
    for key in KEYS.iter() {
        add("record key", key.to_bytes());
    }
    material
}

/// A message without version and wire format.
fn body_of(message: &[u8]) -> &[u8] {
    &message[4..]
}

/// Each type with what is of it; edits of a message; lengths at the edges.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    for (number, (name, _)) in (0_u8..).zip(TYPES) {
        if MATERIAL.iter().any(|(of, _)| of == name) {
            seeds.add(name, [number, 0]);
        } else {
            seeds.add(&format!("{name} raw"), [number, RAW, 0, 1, 0, 1, 0x40, 0x40, 0]);
        }
    }
    seeds.edits("MlsMessage", &[0, 0], 0);
    // Presence is 0 or 1: the octet before a commit's path.
    let commits = MATERIAL.iter().filter(|(of, _)| *of == "Commit");
    let paths = (0..).zip(commits).filter_map(|(which, (_, bytes))| {
        let commit = Commit::from_bytes(bytes).unwrap();
        commit.path.is_some().then_some((which, commit.proposals.encoded_len()))
    });
    for (which, at) in paths.take(1) {
        let mut edited = vec![6, which];
        Edit::Xor { at, with: 2 }.write(0, &mut edited);
        seeds.add("Commit with another presence", edited);
    }
    // Lengths at the edges of their encodings, in a credential.
    seeds.add("Credential of a length in two bytes", [10, RAW, 0, 1, 0x40, 1, b'A']);
    seeds.add("Credential of a length in four bytes", [10, RAW, 0, 1, 0x80, 0, 0, 1, b'A']);
    for len in [64_usize, 16_384] {
        let mut bytes = vec![10, RAW, 0, 1];
        mls_codec::encode_header(len, &mut bytes).unwrap();
        bytes.resize(bytes.len() + len.min(64), b'A');
        seeds.add(&format!("Credential that announces {len} bytes"), bytes);
    }
    seeds.done()
}
