//! Accepting or dropping the own pending commit (RFC 9420 section 14).

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::env::Env;
use crate::framing::Sender;
use crate::group::advance::write_epoch_change;
use crate::group::builder::StepBuilder;
use crate::group::commit::{CommitError, CommitOutput};
use crate::group::edit::Edit;
use crate::group::leftovers::of_cache;
use crate::group::pending::{SentCommit, StagedEpoch};
use crate::group::process::EpochChange;
use crate::group::{Fault, Group, Member, Step};
use crate::proposal::Proposal;
use crate::record::{Missing, RecordKey};
use crate::tree::leaf_node::LeafNodeSource;

/// Enters the epoch that the own pending commit leads to: the delivery service has accepted it.
///
/// # Errors
/// [`CommitError::NoPendingCommit`], [`CommitError::Fault`]; nothing has changed.
pub fn accept_commit(group: &Group, env: &mut Env<'_>) -> Result<Step<EpochChange>, CommitError> {
    group.check_open()?;
    let missing = group.missing_for_handshake();
    if !missing.is_empty() {
        return Err(Fault::NotResident(missing).into());
    }
    let pending = group.pending.as_ref().ok_or(CommitError::NoPendingCommit)?;
    let staged = &pending.staged;
    let mut builder = StepBuilder::new(group, env.rng)?;
    let end = write_epoch_change(&mut builder, group, staged, env)?;
    builder.edit(Edit::EnterPending(Box::new(end)));
    let change = own_change(group, &pending.sent, staged)?;
    Ok(builder.finish(group, change)?)
}

/// Drops the own pending commit: it lost the race, or was never sent.
///
/// # Errors
/// [`CommitError::NoPendingCommit`], [`CommitError::Fault`]; nothing has changed.
///
/// # Security
/// If the commit has been accepted after all, the group is lost to us: the new epoch's secrets are wiped.
pub fn drop_commit(group: &Group, env: &mut Env<'_>) -> Result<Step<()>, CommitError> {
    group.check_open()?;
    if !group.has_pending_commit() {
        return Err(CommitError::NoPendingCommit);
    }
    let mut builder = StepBuilder::new(group, env.rng)?;
    builder.delta.delete(RecordKey::PendingCommit(group.id.clone()));
    builder.status.pending_commit = 0;
    builder.edit(Edit::SetPending(None));
    Ok(builder.finish(group, ())?)
}

/// The own pending commit as it was handed out, to send it again after a restart.
///
/// # Errors
/// What is [`Missing`] where it is not resident.
pub fn pending_commit(group: &Group) -> Result<Option<CommitOutput>, Missing> {
    if group.has_pending_commit() && group.pending.is_none() {
        return Err(group.missing_for_handshake());
    }
    Ok(group.pending.as_ref().map(|pending| pending.output()))
}

/// What an own commit did, read off the trees before and after it.
pub(crate) fn own_change(group: &Group, sent: &SentCommit, staged: &StagedEpoch) -> Result<EpochChange, Missing> {
    let (old, new) = (group.tree()?, &staged.tree);
    let mut change = EpochChange {
        epoch: staged.epoch.context.epoch,
        committer: Sender::Member(group.own_leaf()),
        added: Vec::new(),
        removed: Vec::new(),
        updated: Vec::new(),
        removed_self: false,
        re_init: staged.epoch.re_init.clone(),
        leftovers: of_cache(group, |reference| sent.covered.contains(reference))?
            .into_iter()
            // The commit's own path did what an Update would have done.
            .filter(|left| !matches!(left.proposal, Proposal::Update(_)))
            .collect(),
    };
    for (node, _) in old.diff(new) {
        let Some(index) = node.leaf().filter(|index| *index != group.own_leaf()) else { continue };
        let replaced = !old.is_blank(node);
        if replaced && new.leaf(index).is_some_and(|leaf| leaf.leaf_node_source == LeafNodeSource::Update) {
            change.updated.push(index);
            continue;
        }
        if replaced {
            change.removed.push(index);
        }
        let added = new.identity(index).map(|(signature_key, credential)| Member { index, credential, signature_key });
        change.added.extend(added);
    }
    Ok(change)
}
