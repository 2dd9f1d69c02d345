//! What entering an epoch writes (RFC 9420 sections 8, 9.2 and 12.4.2).

use alloc::vec::Vec;

use crate::env::Env;
use crate::group::builder::StepBuilder;
use crate::group::clients::ClientTag;
use crate::group::epoch::{Epoch, EpochEnd, Replaced};
use crate::group::header::{EndedEpoch, PathKeysAfter, Retention, write_secret_tree};
use crate::group::leaf_epochs::{LeafNotes, StoredAs};
use crate::group::pending::StagedEpoch;
use crate::group::rewind::rewind_point;
use crate::group::{Fault, Group, Standing};
use crate::record::{Delta, GroupId, RecordKey, RecordPrefix};
use crate::secret_tree::{RatchetType, SecretTreeEdit, SecretTreeError};
use crate::tree::math::LeafIndex;
use crate::tree::ratchet_tree::{NodeEdit, RatchetTree};

/// Writes the move from the group's epoch to `staged`, and says how the old epoch ends.
pub(crate) fn write_epoch_change(
    builder: &mut StepBuilder,
    group: &Group,
    staged: &StagedEpoch,
    env: &Env<'_>,
) -> Result<EpochEnd, Fault> {
    let id = &group.id;
    let old = group.epoch.context.epoch;
    let tree = group.tree()?;
    let tag = (staged.epoch.context.epoch, &staged.epoch.confirmation_tag);
    // Keys of that epoch have been used: its ratchets would begin anew.
    if group.abandoned.iter().any(|(epoch, left)| (*epoch, left) == tag) {
        return Err(Fault::EpochAbandoned(tag.0));
    }
    let edits = tree.diff(&staged.tree);
    let replaced = replaced_leaves(tree, &edits);
    let end = EpochEnd {
        replaced,
        now: env.now.0,
        // The epoch that ends now takes a place, too.
        expired: expired_epochs(group, 1, env),
        expired_psks: expired_psks(group, Some(old), env),
        retain: if env.limits.past_epochs > 0 { Some(own_ratchets(group)?) } else { None },
        rewind: None,
        abandoned: Vec::new(),
    };
    let rewind = env.limits.rewind && end.retain.is_some();
    let end = EpochEnd {
        rewind: if rewind { Some(rewind_point(group, &staged.tree)?) } else { None },
        abandoned: still_abandoned(group, &end.expired, tag.0),
        ..end
    };
    let delta = &mut builder.delta;
    match &end.retain {
        Some(erase) => {
            write_secret_tree(delta, id, old, erase.changes())?;
            let ended = EndedEpoch { epoch: &group.epoch, replaced: &end.replaced, rewind: end.rewind.as_ref() };
            delta.write(RecordKey::Epoch(id.clone(), old), &ended)?;
        }
        None => delta.delete_prefix(RecordPrefix::Epoch(id.clone(), old)),
    }
    for expired in &end.expired {
        delta.delete_prefix(RecordPrefix::Epoch(id.clone(), *expired));
    }
    write_resumption(delta, group, &end)?;
    if !group.is_tree_outside() {
        write_nodes(delta, id, (&staged.tree, &edits), staged.epoch.context.epoch, |leaf| {
            staged.client_at(group, leaf)
        })?;
        write_names(delta, group, staged, &end)?;
    }
    delta.write(RecordKey::PathKeys(id.clone()), &PathKeysAfter::new(group.path_keys()?, &staged.path_keys))?;
    write_epoch(delta, id, &staged.epoch, &retention(group, &end))?;
    if group.status.proposals > 0 {
        delta.delete_prefix(RecordPrefix::Proposals(id.clone()));
    }
    if group.has_pending_commit() {
        delta.delete(RecordKey::PendingCommit(id.clone()));
    }
    builder.status.proposals = 0;
    builder.status.pending_commit = 0;
    // Where it was moved from, nobody enters this epoch.
    builder.status.standing = Standing::Here;
    Ok(end)
}

/// Writes the header and the secret tree of an epoch.
pub(crate) fn write_epoch(delta: &mut Delta, id: &GroupId, epoch: &Epoch, retention: &Retention) -> Result<(), Fault> {
    delta.write(RecordKey::Group(id.clone()), &epoch.header(retention))?;
    for (key, value) in epoch.secret_tree.records()? {
        let key = super::header::secret_tree_record(id, epoch.context.epoch, key);
        delta.write(key, value.as_bytes())?;
    }
    Ok(())
}

/// Writes nodes of a tree, as they are in it, one record each: they are what they are since `since`.
pub(crate) fn write_nodes(
    delta: &mut Delta,
    id: &GroupId,
    (tree, edits): (&RatchetTree, &[NodeEdit]),
    since: u64,
    client_at: impl Fn(LeafIndex) -> Option<ClientTag>,
) -> Result<(), Fault> {
    for (node, bytes) in edits {
        let key = RecordKey::TreeNode(id.clone(), *node);
        let notes = LeafNotes { since, client: node.leaf().and_then(&client_at) };
        match bytes {
            Some(bytes) => delta.write(key, &StoredAs::new(tree, *node, bytes, notes))?,
            None => delta.delete(key),
        }
    }
    Ok(())
}

/// Writes the leaves that stay as they are and whose clients are known only now.
fn write_names(delta: &mut Delta, group: &Group, staged: &StagedEpoch, end: &EpochEnd) -> Result<(), Fault> {
    for (leaf, client) in staged.clients.iter().filter(|(leaf, _)| !end.replaced.contains_key(leaf)) {
        let Some(bytes) = staged.tree.leaf_bytes(*leaf) else { continue };
        let notes = LeafNotes { since: group.leaf_epochs.get(*leaf), client: *client };
        let record = StoredAs::new(&staged.tree, leaf.node(), bytes, notes);
        delta.write(RecordKey::TreeNode(group.id.clone(), leaf.node()), &record)?;
    }
    Ok(())
}

impl StagedEpoch {
    /// The client that will be at a leaf.
    fn client_at(&self, group: &Group, leaf: LeafIndex) -> Option<ClientTag> {
        match self.clients.binary_search_by_key(&leaf, |(at, _)| *at) {
            Ok(place) => self.clients.get(place).and_then(|(_, client)| *client),
            Err(_) => group.clients.get(leaf),
        }
    }
}

/// Who sat at the leaves that are changed.
fn replaced_leaves(tree: &RatchetTree, edits: &[NodeEdit]) -> Replaced {
    edits.iter().filter_map(|(node, _)| node.leaf()).map(|leaf| (leaf, tree.identity(leaf))).collect()
}

/// Whether everything is resident that ending the epoch takes, so that a commit's questions are not asked in vain.
pub(crate) fn check_epoch_end(group: &Group, env: &Env<'_>) -> Result<(), Fault> {
    if env.limits.past_epochs > 0 {
        drop(own_ratchets(group)?);
    }
    Ok(())
}

/// Whether everything is resident that encrypting a commit takes.
pub(crate) fn check_own_ratchet(group: &Group) -> Result<(), Fault> {
    let unknown = group.epoch.secret_tree.unknown_to_send(group.epoch.own_leaf, RatchetType::Handshake);
    if unknown.is_empty() { Ok(()) } else { Err(group.missing_secrets(group.epoch(), unknown).into()) }
}

/// Erases our own ratchets: nothing more is sent in an epoch that is over.
fn own_ratchets(group: &Group) -> Result<SecretTreeEdit, Fault> {
    let epoch = group.epoch.context.epoch;
    match group.epoch.secret_tree.plan_erase(group.epoch.own_leaf) {
        Ok(edit) => Ok(edit),
        Err(SecretTreeError::NotResident(keys)) => Err(group.missing_secrets(epoch, keys).into()),
        // Our own leaf is in the tree, and one without ratchets gives an empty edit.
        Err(_) => Ok(SecretTreeEdit::default()),
    }
}

/// The retained epochs that are to be dropped, where `more` are about to be retained: too many, or too old.
///
/// Those before a dropped one go with it, whatever the clock said when they ended: what they keep of the tree is the
/// difference to the epoch that follows.
pub(crate) fn expired_epochs(group: &Group, more: usize, env: &Env<'_>) -> Vec<u64> {
    let kept = usize::try_from(env.limits.past_epochs).unwrap_or(usize::MAX);
    let surplus = group.past.len().saturating_add(more).saturating_sub(kept);
    let aged = group.past.keys().enumerate().rfind(|(_, epoch)| group.is_past_retention(**epoch, env));
    let aged = aged.map_or(0, |(place, _)| place.saturating_add(1));
    group.past.keys().copied().take(surplus.max(aged)).collect()
}

/// The resumption PSKs that are to be dropped, where that of `ending` is about to be kept.
pub(crate) fn expired_psks(group: &Group, ending: Option<u64>, env: &Env<'_>) -> Vec<u64> {
    // req: R-8.6-01
    let kept = usize::try_from(env.limits.resumption_psks).unwrap_or(usize::MAX);
    let surplus = group.resumption.len().saturating_add(usize::from(ending.is_some())).saturating_sub(kept);
    group.resumption.keys().copied().chain(ending).take(surplus).collect()
}

fn write_resumption(delta: &mut Delta, group: &Group, end: &EpochEnd) -> Result<(), Fault> {
    let old = group.epoch.context.epoch;
    for expired in end.expired_psks.iter().filter(|expired| **expired != old) {
        delta.delete(RecordKey::ResumptionPsk(group.id.clone(), *expired));
    }
    if !end.expired_psks.contains(&old) {
        let psk = group.epoch.secrets.resumption.as_bytes();
        delta.write(RecordKey::ResumptionPsk(group.id.clone(), old), psk)?;
    }
    Ok(())
}

fn retention(group: &Group, end: &EpochEnd) -> Retention {
    let old = group.epoch.context.epoch;
    let mut past: Vec<(u64, u64)> = Vec::with_capacity(group.past.len().saturating_add(1));
    let retained = group.past.iter().filter(|(epoch, _)| !end.expired.contains(epoch));
    past.extend(retained.map(|(epoch, slot)| (*epoch, slot.ended)));
    if end.retain.is_some() {
        past.push((old, end.now));
    }
    let mut resumption = Vec::with_capacity(group.resumption.len().saturating_add(1));
    resumption.extend(group.resumption.keys().copied().chain([old]).filter(|at| !end.expired_psks.contains(at)));
    Retention { past, resumption, abandoned: end.abandoned.clone() }
}

/// The epochs left by going back that could be entered again: from `current`, or after going back once more.
pub(crate) fn still_abandoned(group: &Group, expired: &[u64], current: u64) -> Vec<(u64, Vec<u8>)> {
    let oldest = group.past.keys().find(|epoch| !expired.contains(epoch)).copied();
    let oldest = oldest.unwrap_or_else(|| group.epoch());
    group.abandoned.iter().filter(|(epoch, _)| *epoch > oldest.min(current)).cloned().collect()
}
