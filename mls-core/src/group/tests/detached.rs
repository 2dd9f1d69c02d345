//! Own commits that the caller keeps.

use alloc::vec;
use std::sync::Arc;

use super::common::{Event, Peer};
use super::snapshot::snapshot;
use super::support::{PUBLIC, SUITE, four, leaf};
use crate::group::{
    CommitError, CommitOutput, CommitPlan, DetachedCommit, EpochChange, PathPolicy, Proposing, ReceiveError, commit,
};
use crate::record::RecordKey;

fn detach(peer: &mut Peer, plan: &CommitPlan) -> (CommitOutput, DetachedCommit) {
    let plan = CommitPlan { detached: true, ..plan.clone() };
    let draft = peer.run(|e: &CommitError| e.missing().cloned(), |group, env| commit(group, &plan, env)).unwrap();
    let ruling = draft.question().accept();
    let group = peer.group.take().unwrap();
    let vetted = draft.rule(ruling, &group, &mut peer.world.env()).unwrap();
    let answers = peer.answers(vetted.credentials(), vetted.psks());
    let step = vetted.resume_detached(&group, &answers, &mut peer.world.env()).unwrap();
    peer.group = Some(group);
    peer.apply(step)
}

fn try_accept(peer: &mut Peer, detached: &DetachedCommit) -> Result<EpochChange, CommitError> {
    let step = peer.run(
        |error: &CommitError| error.missing().cloned(),
        |group, env| crate::group::accept_detached(group, detached, env),
    )?;
    Ok(peer.apply(step))
}

fn remove(index: u32) -> CommitPlan {
    CommitPlan { proposals: vec![Proposing::Remove(leaf(index))], ..CommitPlan::default() }
}

// req: R-14-03
#[test]
fn one_of_many_is_accepted() {
    let [mut alice, mut bob, ..] = four();
    let pending = alice.commit(&remove(3));
    let before = snapshot(alice.group());
    let (of_update, update) = detach(&mut alice, &CommitPlan::default());
    let (_, other) = detach(&mut alice, &remove(2));
    // But for the ratchet that sent them, and the revision, nothing has changed.
    let after = snapshot(alice.group());
    let changed = before.iter().filter(|(name, value)| after.get(*name) != Some(*value)).map(|(name, _)| name);
    assert_eq!(changed.collect::<vec::Vec<_>>(), ["secret tree", "status"]);
    assert!(alice.group().has_pending_commit());

    let change = try_accept(&mut alice, &update).unwrap();
    assert_eq!((change.epoch, change.removed.len()), (2, 0));
    // The pending one is gone, and what it was to do is told.
    assert!(!alice.group().has_pending_commit());
    assert!(!alice.store.records.keys().any(|key| matches!(key, RecordKey::PendingCommit(_))));
    assert_ne!(pending.message, of_update.message);
    bob.receive(&of_update.message);
    super::common::agree(&[alice, bob]);
    drop(other);
}

#[test]
fn a_detached_commit_outlives_a_restart() {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 5);
    let proposals = vec![Proposing::Add(Arc::new(erin.key_package().key_package)), Proposing::Remove(leaf(1))];
    let (output, detached) = detach(&mut alice, &CommitPlan { proposals, ..CommitPlan::default() });
    let record = detached.to_record().unwrap();
    drop(detached);
    alice.restart();
    let detached = DetachedCommit::from_record(record.as_bytes()).unwrap();
    assert_eq!(detached.message(), output.message);
    let change = try_accept(&mut alice, &detached).unwrap();
    assert_eq!((change.added.len(), change.removed), (1, vec![leaf(1)]));
    erin.join(&output.welcome.unwrap(), None);
    assert!(matches!(bob.receive(&output.message), Event::Epoch(change) if change.removed_self));
    alice.restart();
    let message = alice.send(b"on");
    assert_eq!(erin.receive(&message).data(), b"on");
}

#[test]
fn a_detached_commit_belongs_to_its_epoch_and_group() {
    let [mut alice, mut bob, ..] = four();
    let (_, detached) = detach(&mut alice, &CommitPlan::default());
    let (_, of_bob) = detach(&mut bob, &CommitPlan::default());
    assert_eq!(try_accept(&mut alice, &of_bob).unwrap_err(), CommitError::DetachedElsewhere);
    let commit = bob.commit(&CommitPlan::default()).message;
    alice.receive(&commit);
    // Another group of the same name, in the same epoch.
    let mut other = Peer::new("alice", SUITE, 77);
    other.create(b"group");
    other.commit(&CommitPlan::default());
    other.accept();
    assert_eq!(other.group().epoch(), detached.epoch());
    for peer in [&mut alice, &mut other] {
        let before = snapshot(peer.group());
        assert_eq!(try_accept(peer, &detached).unwrap_err(), CommitError::DetachedElsewhere);
        assert!(before == snapshot(peer.group()));
    }
}

#[test]
fn one_that_comes_back_is_told_by_its_bytes() {
    let [mut alice, ..] = four();
    for options in [PUBLIC, crate::group::SendOptions::default()] {
        let plan = CommitPlan { options, ..CommitPlan::default() };
        let (output, detached) = detach(&mut alice, &plan);
        assert_eq!(alice.try_receive(&output.message).unwrap_err(), ReceiveError::OwnMessage);
        assert_eq!(detached.message(), output.message);
    }
}

#[test]
fn a_detached_commit_without_a_path() {
    let [mut alice, mut bob, ..] = four();
    alice.psks.insert(crate::psk::Psk::External { psk_id: b"psk".to_vec() }, vec![5; 32]);
    bob.psks = alice.psks.clone();
    let proposals = vec![Proposing::ExternalPsk(b"psk".to_vec())];
    let plan = CommitPlan { proposals, path: PathPolicy::WhenRequired, ..CommitPlan::default() };
    let (output, detached) = detach(&mut alice, &plan);
    try_accept(&mut alice, &detached).unwrap();
    bob.receive(&output.message);
    super::common::agree(&[alice, bob]);
}
