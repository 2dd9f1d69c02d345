//! A group that was moved out of a store: its records, without the secrets in them unless these are wanted.

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Reader};
use mls_core::credential::Credential;
use mls_core::framing::Sender;
use mls_core::group::Standing;
use mls_core::group_context::GroupContext;
use mls_core::proposal::{Proposal, ReInit};
use mls_core::record::{GroupId, RECORD_VERSION, RecordKey};
use mls_core::tree::leaf_node::LeafNode;
use mls_core::tree::math::{LeafIndex, NodeIndex, TreeSize};
use mls_core::tree::node::{Node as TreeNode, RatchetTreeArray};
use mls_core::tree::parent_node::ParentNode;
use mls_crypto_traits::{CipherSuite, SignaturePublicKey};

use super::fields::{Node, Show, bytes, debug, readable, text};

/// The places of a tree that is drawn, at most: a record's name costs nothing, and may say any number.
const MAX_NODES: u32 = 1 << 21;

/// A group that was moved out of a store, as [`export_group`](mls_core::group::export_group) writes it.
pub(super) struct Export {
    group_id: GroupId,
    pub(super) context: GroupContext,
    records: Vec<(RecordKey, Vec<u8>)>,
    fields: Node,
}

/// How secrets are shown: as they are, or by their length.
#[derive(Clone, Copy)]
struct Secrets(bool);

impl Secrets {
    fn show(self, secret: &[u8]) -> Node {
        if self.0 { bytes(secret) } else { Node::Text(format!("secret, {} bytes", secret.len())) }
    }

    fn read(self, r: &mut Reader<'_>) -> Result<Node, DecodeError> {
        Ok(self.show(r.opaque()?))
    }
}

impl Export {
    /// Reads an export, with each record's fields.
    pub(super) fn read(input: &[u8], secrets: bool) -> Result<Self, DecodeError> {
        let secrets = Secrets(secrets);
        let mut r = Reader::new(input);
        version(&mut r)?;
        let group_id = GroupId::decode(&mut r)?;
        let (mut records, mut shown, mut context) = (Vec::new(), Vec::new(), None);
        while !r.is_empty() {
            let at = r.offset();
            let key = RecordKey::from_bytes(r.opaque()?).map_err(|error| DecodeError::new(error.kind(), at))?;
            if key.group_id().is_some_and(|id| *id != group_id) {
                return Err(DecodeError::new(DecodeErrorKind::UnknownValue, at));
            }
            let value = r.opaque()?;
            let start = r.offset().saturating_sub(value.len());
            let inside = |error: DecodeError| DecodeError::new(error.kind(), start.saturating_add(error.offset()));
            if matches!(key, RecordKey::Group(_)) {
                let mut header = Reader::new(value);
                version(&mut header).map_err(inside)?;
                context = Some(GroupContext::decode(&mut header).map_err(inside)?);
            }
            shown.push(record(&key, value, secrets).map_err(inside)?);
            records.push((key, value.to_vec()));
        }
        let context = context.ok_or_else(|| DecodeError::new(DecodeErrorKind::UnexpectedEnd, input.len()))?;
        let list = vec![("group_id", readable(group_id.as_bytes())), ("records", Node::List(shown))];
        Ok(Self { group_id, context, records, fields: Node::Fields(list, input.len()) })
    }

    pub(super) fn show(&self) -> Node {
        self.fields.clone()
    }

    /// The ratchet tree that the records of nodes make.
    pub(super) fn tree(&self) -> Option<RatchetTreeArray> {
        let mut nodes = Vec::new();
        for (key, value) in &self.records {
            let RecordKey::TreeNode(group_id, index) = key else { continue };
            debug_assert_eq!(*group_id, self.group_id);
            let place = usize::try_from(index.as_u32()).ok().filter(|_| index.as_u32() < MAX_NODES)?;
            if nodes.len() <= place {
                nodes.resize(place.saturating_add(1), None);
            }
            let (node, _) = tree_node(*index, value).ok()?;
            *nodes.get_mut(place)? = Some(node);
        }
        RatchetTreeArray::new(nodes).ok()
    }
}

fn version(r: &mut Reader<'_>) -> Result<(), DecodeError> {
    let at = r.offset();
    match u8::decode(r)? {
        RECORD_VERSION => Ok(()),
        _ => Err(DecodeError::new(DecodeErrorKind::UnknownValue, at)),
    }
}

/// A tree's node; of a leaf also the epoch since which it is the same.
fn tree_node(index: NodeIndex, value: &[u8]) -> Result<(TreeNode, Option<u64>), DecodeError> {
    let mut r = Reader::new(value);
    version(&mut r)?;
    let found = if index.is_leaf() {
        let since = u64::decode(&mut r)?;
        (TreeNode::Leaf(Box::new(LeafNode::decode(&mut r)?)), Some(since))
    } else {
        (TreeNode::Parent(Box::new(ParentNode::decode(&mut r)?)), None)
    };
    r.finish()?;
    Ok(found)
}

/// One record with its fields. Those of ratchets and of the secret tree are secrets as a whole.
fn record(key: &RecordKey, value: &[u8], secrets: Secrets) -> Result<Node, DecodeError> {
    let mut r = Reader::new(value);
    version(&mut r)?;
    let mut list = vec![("record", text(name(key)))];
    match key {
        RecordKey::TreeNode(_, node) | RecordKey::SecretNode(_, _, node) => list.push(("node", debug(node))),
        RecordKey::Proposal(_, reference) => list.push(("reference", bytes(reference.as_bytes()))),
        RecordKey::KeyPackage(reference) => list.push(("reference", bytes(reference.as_bytes()))),
        RecordKey::Ratchet(_, _, leaf, kind) => list.extend([("leaf", debug(leaf)), ("of", debug(kind))]),
        RecordKey::SkippedKey(_, _, leaf, kind, generation) => {
            list.extend([("leaf", debug(leaf)), ("of", debug(kind)), ("generation", debug(generation))]);
        }
        RecordKey::Signer(public) => list.push(("public_key", bytes(public.as_bytes()))),
        _ => (),
    }
    if let RecordKey::Epoch(_, epoch)
    | RecordKey::SecretNode(_, epoch, _)
    | RecordKey::Ratchet(_, epoch, ..)
    | RecordKey::SkippedKey(_, epoch, ..)
    | RecordKey::SkippedIndex(_, epoch)
    | RecordKey::ResumptionPsk(_, epoch) = key
    {
        list.push(("epoch", debug(epoch)));
    }
    match key {
        RecordKey::Group(_) => header(&mut r, secrets, &mut list)?,
        RecordKey::Status(_) => status(&mut r, &mut list)?,
        RecordKey::TreeNode(_, node) => {
            let (found, since) = tree_node(*node, value)?;
            list.extend(since.map(|since| ("same_since_epoch", debug(&since))));
            list.push(match &found {
                TreeNode::Leaf(leaf) => ("leaf_node", leaf.show()),
                TreeNode::Parent(parent) => ("parent_node", parent.show()),
            });
            r.rest();
        }
        RecordKey::PathKeys(_) => path_keys(&mut r, secrets, &mut list)?,
        RecordKey::Proposal(..) => proposal(&mut r, secrets, &mut list)?,
        RecordKey::Epoch(..) => past_epoch(&mut r, secrets, &mut list)?,
        RecordKey::SkippedIndex(..) => list.push(("generations", bytes(r.rest()))),
        RecordKey::Signer(_) => {
            list.push(("cipher_suite", debug(&CipherSuite::decode(&mut r)?)));
            list.push(("private_key", secrets.read(&mut r)?));
        }
        _ => list.push(("content", secrets.show(r.rest()))),
    }
    r.finish()?;
    Ok(Node::Fields(list, value.len()))
}

const fn name(key: &RecordKey) -> &'static str {
    match key {
        RecordKey::Group(_) => "header",
        RecordKey::Status(_) => "status",
        RecordKey::TreeNode(..) => "tree node",
        RecordKey::PathKeys(_) => "path keys",
        RecordKey::Proposal(..) => "cached proposal",
        RecordKey::PendingCommit(_) => "pending commit",
        RecordKey::Epoch(..) => "past epoch",
        RecordKey::SecretNode(..) => "secret tree node",
        RecordKey::Ratchet(..) => "ratchet",
        RecordKey::SkippedKey(..) => "skipped key",
        RecordKey::SkippedIndex(..) => "skipped generations",
        RecordKey::ResumptionPsk(..) => "resumption PSK",
        RecordKey::ExternalJoin(_) => "external join",
        RecordKey::Successor(_) => "successor",
        RecordKey::KeyPackage(_) => "key package",
        RecordKey::Psk(_) => "external PSK",
        RecordKey::Signer(_) => "signer",
        _ => "unknown",
    }
}

type List = Vec<(&'static str, Node)>;

/// The group's current epoch, and which others are kept.
fn header(r: &mut Reader<'_>, secrets: Secrets, list: &mut List) -> Result<(), DecodeError> {
    list.push(("group_context", GroupContext::decode(r)?.show()));
    list.push(("interim_transcript_hash", bytes(r.opaque()?)));
    list.push(("confirmation_tag", bytes(r.opaque()?)));
    list.push(("own_leaf", debug(&LeafIndex::decode(r)?)));
    list.push(("own_signature_key", bytes(SignaturePublicKey::decode(r)?.as_bytes())));
    list.push(("reinit", Option::<ReInit>::decode(r)?.map_or_else(|| text("none"), |re_init| re_init.show())));
    list.push(("tree_leaves", debug(&TreeSize::decode(r)?.leaf_count())));
    for name in [
        "sender_data_secret",
        "exporter_secret",
        "external_secret",
        "membership_key",
        "resumption_psk",
        "epoch_authenticator",
        "init_secret",
    ] {
        list.push((name, secrets.read(r)?));
    }
    let past = Vec::<(u64, u64)>::decode(r)?;
    let past = past.iter().map(|(epoch, ended)| Node::Text(format!("{epoch}, ended at {ended} s"))).collect();
    list.push(("past_epochs", Node::List(past)));
    let resumption = Vec::<u64>::decode(r)?;
    list.push(("resumption_psks_of_epochs", Node::List(resumption.iter().map(debug).collect())));
    let abandoned = Vec::<(u64, Vec<u8>)>::decode(r)?;
    let abandoned = abandoned.iter().map(|(epoch, tag)| Node::Text(format!("{epoch} {}", hex::encode(tag)))).collect();
    list.push(("abandoned_epochs", Node::List(abandoned)));
    Ok(())
}

fn status(r: &mut Reader<'_>, list: &mut List) -> Result<(), DecodeError> {
    list.push(("revision", debug(&u64::decode(r)?)));
    list.push(("membership", bytes(&r.array::<8>()?)));
    list.push(("cached_proposals", debug(&u32::decode(r)?)));
    for name in ["pending_commit", "succeeded", "tree_outside"] {
        list.push((name, debug(&(u8::decode(r)? != 0))));
    }
    list.push(("standing", debug(&Standing::decode(r)?)));
    Ok(())
}

fn path_keys(r: &mut Reader<'_>, secrets: Secrets, list: &mut List) -> Result<(), DecodeError> {
    list.push(("own_leaf", secrets.read(r)?));
    let mut parents = Vec::new();
    for _ in 0..u32::decode(r)? {
        let node = debug(&NodeIndex::decode(r)?);
        parents.push(Node::Fields(vec![("node", node), ("private_key", secrets.read(r)?)], 0));
    }
    list.push(("parents", Node::List(parents)));
    Ok(())
}

fn proposal(r: &mut Reader<'_>, secrets: Secrets, list: &mut List) -> Result<(), DecodeError> {
    list.push(("order", debug(&u32::decode(r)?)));
    list.push(("sender", debug(&Sender::decode(r)?)));
    list.push(("proposal", Proposal::decode(r)?.show()));
    let member = Option::<Vec<u8>>::decode(r)?;
    list.push(("member", member.map_or_else(|| text("none"), |member| readable(&member))));
    let own = u8::decode(r)? != 0;
    list.push(("leaf_private_key", if own { secrets.read(r)? } else { text("none") }));
    let message = Option::<Vec<u8>>::decode(r)?;
    list.push(("own_message", message.map_or_else(|| text("none"), |message| bytes(&message))));
    Ok(())
}

fn past_epoch(r: &mut Reader<'_>, secrets: Secrets, list: &mut List) -> Result<(), DecodeError> {
    let context = r.opaque()?;
    list.push(("group_context", GroupContext::from_bytes(context)?.show()));
    list.push(("own_leaf", debug(&LeafIndex::decode(r)?)));
    list.push(("tree_leaves", debug(&TreeSize::decode(r)?.leaf_count())));
    list.push(("sender_data_secret", secrets.read(r)?));
    let replaced = Vec::<(LeafIndex, Option<(SignaturePublicKey, Credential)>)>::decode(r)?.into_iter();
    let replaced = replaced.map(|(leaf, then)| {
        let then = then.map_or_else(
            || vec![("then", text("blank"))],
            |(key, credential)| vec![("signature_key", bytes(key.as_bytes())), ("credential", credential.show())],
        );
        Node::Fields([("leaf", debug(&leaf))].into_iter().chain(then).collect(), 0)
    });
    list.push(("leaves_since_replaced", Node::List(replaced.collect())));
    list.push(("epoch_authenticator", secrets.read(r)?));
    let whole = u8::decode(r)? != 0;
    list.push(("to_go_back_to", if whole { secrets.read(r)? } else { text("none") }));
    Ok(())
}
