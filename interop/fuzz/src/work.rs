//! Everything that a member does, with whatever is stored: what comes of it does not matter, but that it ends, and how
//! errors call what is damaged.

use mls_core::group::{
    CommitError, EncryptError, ExportError, Fault, Group, GroupInfoOptions, LeafChange, ProposeError, Proposing,
    SendOptions, Step, accept_commit, drop_commit, export_group, export_ratchet_tree, export_secret, group_info,
    pending_commit, pending_proposals, propose, prune, records_to_export, waiting_proposals,
};
use mls_core::record::{Delta, Durable, Missing, Precondition};
use mls_core::tree::math::LeafIndex;

use crate::common::Peer;
use crate::driver::{Refusal, attempt, commit_all, drive, send};
use crate::life::LIFE;

/// How many kinds of work there are besides the messages.
const KINDS: usize = 14;

/// What came of a piece of work.
#[derive(Debug)]
pub(crate) enum Work {
    Done,
    Refused,
    /// Something that has nothing to do with what was asked.
    Fault(Fault),
}

/// Stores and applies a step; not where the store says that something else is there than the step began with.
fn settle<T>(peer: &mut Peer, group: &mut Group, step: Step<T>) {
    if let Some(durable) = store(peer, step.delta()) {
        drop(step.apply(group, durable).expect("a step that was just computed can be applied"));
    }
}

/// Stores a delta where its preconditions hold.
pub(crate) fn store(peer: &mut Peer, delta: &Delta) -> Option<Durable> {
    let records = &peer.store.records;
    let holds = |condition: &Precondition| match condition {
        Precondition::Equals(key, value) => records.get(key).is_some_and(|stored| stored == value.as_bytes()),
        Precondition::Present(key) => records.contains_key(key),
        Precondition::Absent(key) => !records.contains_key(key),
        _ => false,
    };
    delta.preconditions().iter().all(holds).then(|| peer.store.commit(delta))
}

/// One piece of work, by a number: a message of the life, or something of one's own.
pub(crate) fn work(peer: &mut Peer, group: &mut Group, number: u8) -> Work {
    let number = usize::from(number);
    match number.checked_sub(KINDS) {
        Some(exhibit) => take(peer, group, &LIFE.exhibits[exhibit % LIFE.exhibits.len()].bytes),
        None => own_work(peer, group, number),
    }
}

/// A message is handled and, where it is good, stored.
fn take(peer: &mut Peer, group: &mut Group, message: &[u8]) -> Work {
    match attempt(peer, group, message) {
        Ok(step) => {
            settle(peer, group, step);
            Work::Done
        }
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Work {
    refusal.fault().map_or(Work::Refused, |fault| Work::Fault(fault.clone()))
}

fn ended<T, E>(done: Result<T, Result<E, Fault>>, fault: impl Fn(E) -> Option<Fault>) -> Work {
    match done {
        Ok(_) => Work::Done,
        Err(Ok(error)) => fault(error).map_or(Work::Refused, Work::Fault),
        Err(Err(fault)) => Work::Fault(fault),
    }
}

/// What a query says that it misses.
fn query<T>(peer: &mut Peer, group: &mut Group, op: impl Fn(&Group) -> Result<T, Missing>) -> Work {
    ended(drive(peer, group, |missing: &Missing| Some(missing.clone()), |_, group| op(group)), |_| None)
}

fn of_commit(error: CommitError) -> Option<Fault> {
    if let CommitError::Fault(fault) = error { Some(fault) } else { None }
}

fn own_work(peer: &mut Peer, group: &mut Group, number: usize) -> Work {
    match number {
        0 => ended(send(peer, group), |error| if let EncryptError::Fault(fault) = error { Some(fault) } else { None }),
        1 => ended(commit_all(peer, group), of_commit),
        2 | 3 => {
            let proposing =
                if number == 2 { Proposing::Update(LeafChange::default()) } else { Proposing::Remove(LeafIndex::ZERO) };
            let done = drive(
                peer,
                group,
                |error: &ProposeError| error.missing().cloned(),
                |peer, group| propose(group, proposing.clone(), &SendOptions::default(), &mut peer.world.env()),
            );
            let done = done.map(|step| settle(peer, group, step));
            ended(done, |error| if let ProposeError::Fault(fault) = error { Some(fault) } else { None })
        }
        4 => {
            let done = drive(
                peer,
                group,
                |error: &CommitError| error.missing().cloned(),
                |peer, group| accept_commit(group, &mut peer.world.env()),
            );
            ended(done.map(|step| settle(peer, group, step)), of_commit)
        }
        5 => {
            let done = drive(
                peer,
                group,
                |error: &CommitError| error.missing().cloned(),
                |peer, group| drop_commit(group, &mut peer.world.env()),
            );
            ended(done.map(|step| settle(peer, group, step)), of_commit)
        }
        6 => query(peer, group, pending_commit),
        7 => query(peer, group, |group| Ok((group.members()?, group.tree_health()?, group.path_cost()?))),
        8 => query(peer, group, |group| Ok((pending_proposals(group)?, waiting_proposals(group)?))),
        9 => {
            let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
            let done = drive(
                peer,
                group,
                |error: &ExportError| error.missing().cloned(),
                |peer, group| group_info(group, options, &mut peer.world.env()),
            );
            ended(done, |error| if let ExportError::Fault(fault) = error { Some(fault) } else { None })
        }
        10 => query(peer, group, |group| {
            let epochs = group.epoch().saturating_sub(3)..=group.epoch();
            epochs.map(|epoch| group.resumption_psk_of(epoch)).collect::<Result<Vec<_>, _>>()
        }),
        11 => match prune(group, &mut peer.world.env()) {
            Ok(step) => {
                if let Some(step) = step {
                    settle(peer, group, step);
                }
                Work::Done
            }
            Err(fault) => Work::Fault(fault),
        },
        12 => query(peer, group, |group| Ok((group.epoch_claims()?, group.stale_members(0)?))),
        _ => {
            drop(export_secret(group, b"label", b"context", 32, &peer.world.env()));
            drop(export_ratchet_tree(group));
            let records = peer.store.read(&records_to_export(group));
            match export_group(group, records, &mut peer.world.env()) {
                // It is not moved: nothing more would be done here.
                Ok(_) => Work::Done,
                Err(fault) => Work::Fault(fault),
            }
        }
    }
}

/// A bit of everything.
pub(crate) const USUAL: [u8; 17] = [7, 10, 12, 14, 16, 17, 8, 9, 0, 4, 2, 1, 6, 5, 31, 13, 11];

/// Whether the fault is one that a damaged record may cause, and says so.
pub(crate) const fn blames_a_record(fault: &Fault) -> bool {
    matches!(fault, Fault::Damaged(_) | Fault::Corrupt(_))
}
