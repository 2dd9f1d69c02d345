//! Going back to a retained epoch.
//!
//! A delivery service may turn out to have chosen another commit than the one that was followed. A member that kept
//! what it takes goes back to the epoch before, and follows the right one.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, DecodeError};
use mls_crypto_traits::{SecretBytes, Suite};

use crate::env::Env;
use crate::group::builder::StepBuilder;
use crate::group::cache::{CachedProposal, ProposalCache};
use crate::group::edit::Edit;
use crate::group::epoch::Epoch;
use crate::group::fault::from_fault;
use crate::group::header::{PathKeysAfter, Retention, path_keys_from_record, secret_tree_record};
use crate::group::leaf_epochs::{LeafNotes, StoredAs};
use crate::group::rewind_edit::RewindTo;
use crate::group::state::PastSlot;
use crate::group::{Disposition, Fault, Group, Step};
use crate::proposal::ProposalRef;
use crate::record::{Missing, RECORD_VERSION, RecordKey, RecordPrefix, SecretWriter, ToRecord, open_record};
use crate::secret_tree::{RatchetType, SecretTreeEdit, SecretTreeKey};
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::path::{OwnPathKeys, PathKeysUpdate};
use crate::tree::ratchet_tree::RatchetTree;

/// Why the group did not go back. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RewindError {
    /// Something that has nothing to do with the epoch.
    Fault(Fault),
    /// The epoch is not before the current one, or not retained any more, or was retained without what it takes to go
    /// back to it: [`Limits::rewind`](crate::limits::Limits::rewind) must have been set when it ended.
    NotRetained(u64),
}

from_fault!(RewindError);

/// The group has gone back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rewound {
    /// The epoch that is current again.
    pub epoch: u64,
    /// The epoch that was left. It and those between are never entered again.
    pub left: u64,
}

/// Goes back to `epoch`, which must be retained: as it was when it ended, with the proposals that waited in it.
///
/// What the epoch's ratchets have given since is not given again: our own go on where they stood, and what others sent
/// in the epoch and we read, then or later, stays read. The epochs that are left are forgotten, with a pending commit of
/// our own. They can never be entered again ([`Fault::EpochAbandoned`]), not even by the same commit: keys there have
/// been used. Whoever went back in error has to [rejoin](crate::group::ExternalJoinPlan).
///
/// A membership that has ended cannot be brought back so.
///
/// # Errors
/// [`RewindError`]; nothing has changed.
///
/// # Security
/// Going back is possible only where [`Limits::rewind`](crate::limits::Limits::rewind) makes the engine keep all
/// secrets of past epochs. It gives up, for as long as they are kept, forward secrecy of those epochs *and* the healing
/// that their ends brought: whoever gets the state gets them, too. Do not go back on the word of the delivery service
/// alone, which could so keep a removed member in: compare [authenticators](Group::compare_epoch) with other members.
pub fn rewind(group: &Group, epoch: u64, env: &mut Env<'_>) -> Result<Step<Rewound>, RewindError> {
    group.check_active()?;
    let left = group.epoch();
    if epoch >= left || group.is_past_retention(epoch, env) {
        return Err(RewindError::NotRetained(epoch));
    }
    let suite = group.suite(env)?;
    let Walk { point, tree, nodes, abandoned } = walk_back(group, suite, epoch)?;
    let RewindPoint { epoch: header, own, path_keys, proposals, leaf_notes: _, edits: _ } = point;
    header.check_tree(&tree)?;
    let mut builder = StepBuilder::new(group, env.rng)?;
    let id = &group.id;
    let delta = &mut builder.delta;
    for gone in (epoch.saturating_add(1)..=left).map(|at| RecordPrefix::Epoch(id.clone(), at)) {
        delta.delete_prefix(gone);
    }
    delta.delete_prefix(RecordPrefix::Proposals(id.clone()));
    delta.delete(RecordKey::Epoch(id.clone(), epoch));
    for at in group.resumption.range(epoch..).map(|(at, _)| *at) {
        delta.delete(RecordKey::ResumptionPsk(id.clone(), at));
    }
    let retention = Retention {
        past: group.past.range(..epoch).map(|(at, slot)| (*at, slot.ended)).collect(),
        resumption: group.resumption.range(..epoch).map(|(at, _)| *at).collect(),
        abandoned: abandoned.clone(),
    };
    delta.write(RecordKey::Group(id.clone()), &header.header(&retention))?;
    let mut ratchets = Vec::new();
    for (kind, record) in own {
        let leaf = header.own_leaf;
        let key = secret_tree_record(id, epoch, SecretTreeKey::Ratchet(leaf, kind));
        delta.write(key, record.as_bytes())?;
        ratchets.push(SecretTreeEdit::ratchet(leaf, kind, record.as_bytes())?);
    }
    delta.write(RecordKey::PathKeys(id.clone()), &PathKeysAfter::new(&path_keys, &PathKeysUpdate::default()))?;
    let (mut leaf_epochs, mut clients) = (Vec::new(), Vec::new());
    for (node, NodeBefore { notes, bytes }) in nodes {
        leaf_epochs.extend(node.leaf().map(|leaf| (leaf, notes.since)));
        clients.extend(node.leaf().map(|leaf| (leaf, notes.client)));
        if group.is_tree_outside() {
            continue;
        }
        let key = RecordKey::TreeNode(id.clone(), node);
        match bytes {
            Some(bytes) => delta.write(key, &StoredAs::new(&tree, node, &bytes, notes))?,
            None => delta.delete(key),
        }
    }
    let mut cache = ProposalCache::default();
    for (reference, proposal) in proposals {
        delta.write(RecordKey::Proposal(id.clone(), reference.into()), &proposal)?;
        cache.insert(reference, proposal);
    }
    if group.has_pending_commit() {
        delta.delete(RecordKey::PendingCommit(id.clone()));
    }
    builder.status.proposals = u32::try_from(cache.in_order().len()).unwrap_or(u32::MAX);
    builder.status.pending_commit = 0;
    // What closed the group, and so whatever succeeded it, is left with the epoch.
    builder.status.succeeded = 0;
    let to = RewindTo { epoch: header, tree, path_keys, proposals: cache, ratchets, leaf_epochs, clients, abandoned };
    builder.edit(Edit::Rewind(Box::new(to)));
    Ok(builder.finish(group, Rewound { epoch, left })?)
}

/// What an epoch keeps so that the group can go back to it.
struct RewindPoint {
    /// The epoch with a secret tree of which nothing is resident.
    epoch: Box<Epoch>,
    own: Vec<(RatchetType, SecretBytes)>,
    path_keys: OwnPathKeys,
    proposals: Vec<(ProposalRef, CachedProposal)>,
    /// What stood beside the leaves that the epoch's end replaced.
    leaf_notes: BTreeMap<LeafIndex, LeafNotes>,
    /// What makes this epoch's tree of the next one's.
    edits: Vec<(NodeIndex, Option<NodeBytes>)>,
}

/// A node as it was, and what stood beside it.
struct NodeBefore {
    notes: LeafNotes,
    bytes: Option<NodeBytes>,
}

/// Where a walk back arrives.
struct Walk {
    point: RewindPoint,
    tree: RatchetTree,
    nodes: BTreeMap<NodeIndex, NodeBefore>,
    /// The epochs that are left, with their confirmation tags; and those that were left before.
    abandoned: Vec<(u64, Vec<u8>)>,
}

/// Goes back epoch by epoch: each knows how its tree differs from the next one's.
fn walk_back(group: &Group, suite: Suite<'_>, epoch: u64) -> Result<Walk, RewindError> {
    let mut tree = group.tree()?.clone();
    let mut missing = Missing::default();
    let mut kept = Vec::new();
    for at in (epoch..group.epoch()).rev() {
        match group.past.get(&at) {
            None => return Err(RewindError::NotRetained(epoch)),
            Some(PastSlot { state: None, .. }) => missing.keys.push(RecordKey::Epoch(group.id.clone(), at)),
            Some(PastSlot { state: Some(state), .. }) => match &state.rewind {
                Some(record) => kept.push(record),
                None => return Err(RewindError::NotRetained(epoch)),
            },
        }
    }
    if !missing.is_empty() {
        return Err(Fault::NotResident(missing).into());
    }
    let mut nodes = BTreeMap::new();
    let mut abandoned = group.abandoned.clone();
    let mut tag = (group.epoch(), group.epoch.confirmation_tag.clone());
    let mut arrived = None;
    for record in kept {
        let mut point = RewindPoint::from_record(record.as_bytes())?;
        for (node, bytes) in &point.edits {
            let notes = node.leaf().and_then(|leaf| point.leaf_notes.get(&leaf).copied()).unwrap_or_default();
            nodes.insert(*node, NodeBefore { notes, bytes: bytes.clone() });
        }
        tree = tree.edit_resized(suite, point.epoch.secret_tree.size(), core::mem::take(&mut point.edits))?;
        let before = (point.epoch.context.epoch, point.epoch.confirmation_tag.clone());
        abandoned.push(core::mem::replace(&mut tag, before));
        arrived = Some(point);
    }
    let point = arrived.ok_or(RewindError::NotRetained(epoch))?;
    Ok(Walk { point, tree, nodes, abandoned })
}

/// What the current epoch is to keep, as it ends in favour of one with `next` as its tree.
pub(crate) fn rewind_point(group: &Group, next: &RatchetTree) -> Result<SecretBytes, Fault> {
    let mut w = SecretWriter::new(RECORD_VERSION);
    w.opaque(group.epoch.header(&Retention::default()).to_record()?.as_bytes())?;
    let own = group.epoch.secret_tree.ratchets_of(group.own_leaf())?;
    w.put(&u32::try_from(own.len()).unwrap_or(u32::MAX))?;
    for (kind, record) in &own {
        w.put(kind)?;
        w.opaque(record.as_bytes())?;
    }
    w.opaque(group.path_keys()?.to_record()?.as_bytes())?;
    let proposals = group.proposals()?.in_order();
    w.put(&u32::try_from(proposals.len()).unwrap_or(u32::MAX))?;
    for (reference, cached) in proposals {
        w.put(reference)?;
        w.opaque(cached.to_record()?.as_bytes())?;
    }
    let edits = next.diff(group.tree()?);
    let leaves: BTreeSet<_> = edits.iter().filter_map(|(node, _)| node.leaf()).collect();
    let notes = |leaf| LeafNotes { since: group.leaf_epochs.get(leaf), client: group.clients.get(leaf) };
    let leaf_notes: Vec<_> = leaves.into_iter().map(|leaf| (leaf, notes(leaf))).collect();
    w.put(&leaf_notes)?;
    w.put(&edits)?;
    Ok(w.finish())
}

impl RewindPoint {
    fn from_record(record: &[u8]) -> Result<Self, DecodeError> {
        let mut r = open_record(record)?;
        let (epoch, _) = Epoch::from_record(r.opaque()?)?;
        let mut own = Vec::new();
        for _ in 0..u32::decode(&mut r)? {
            own.push((RatchetType::decode(&mut r)?, SecretBytes::from_slice(r.opaque()?)));
        }
        let path_keys = path_keys_from_record(r.opaque()?)?;
        let mut proposals = Vec::new();
        for _ in 0..u32::decode(&mut r)? {
            let reference = ProposalRef::decode(&mut r)?;
            proposals.push((reference, CachedProposal::of_record(r.opaque()?)?));
        }
        let leaf_notes = Vec::<(LeafIndex, LeafNotes)>::decode(&mut r)?.into_iter().collect();
        let edits = Vec::decode(&mut r)?;
        r.finish()?;
        Ok(Self { epoch: Box::new(epoch), own, path_keys, proposals, leaf_notes, edits })
    }
}

impl RewindError {
    /// The records to read, where that is all that stands in the way.
    #[must_use]
    pub const fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Fault(fault) => fault.missing(),
            Self::NotRetained(_) => None,
        }
    }

    /// What to do about the error.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Fault(fault) => fault.disposition(),
            Self::NotRetained(_) => Disposition::Rejoin,
        }
    }
}

impl fmt::Display for RewindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::NotRetained(epoch) => write!(f, "there is no going back to epoch {epoch}"),
        }
    }
}

impl core::error::Error for RewindError {}
