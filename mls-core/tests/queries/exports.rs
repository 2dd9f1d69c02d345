//! Deleting the exporter secret.

use mls_core::group::*;
use mls_core::record::RecordKey;

use crate::common::{Peer, group_of};
use crate::{SUITE, leaf};

fn exported(peer: &mut Peer) -> Result<Vec<u8>, ExportError> {
    let group = peer.group.take().unwrap();
    let secret = export_secret(&group, b"label", b"context", 32, &peer.world.env());
    peer.group = Some(group);
    secret.map(|secret| secret.as_bytes().to_vec())
}

#[test]
fn a_deleted_exporter_secret_is_gone_until_the_next_epoch() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let before = exported(&mut peers[0]).unwrap();
    assert_eq!(exported(&mut peers[1]).unwrap(), before);
    let authenticator = peers[0].group().epoch_authenticator().to_vec();

    let step = peers[0].run(|e: &ExportError| e.missing().cloned(), delete_exporter).unwrap();
    // Until the step is applied, the secret is there.
    assert_eq!(exported(&mut peers[0]).unwrap(), before);
    peers[0].apply(step);
    assert_eq!(exported(&mut peers[0]), Err(ExportError::ExporterDeleted));
    let again = peers[0].run(|e: &ExportError| e.missing().cloned(), delete_exporter);
    assert_eq!(again.err(), Some(ExportError::ExporterDeleted));

    // Nor is it on disk; all else is.
    peers[0].restart();
    assert_eq!(exported(&mut peers[0]), Err(ExportError::ExporterDeleted));
    assert_eq!(peers[0].group().epoch_authenticator(), authenticator);
    let purpose = MemberPurpose { label: b"l", context: b"", mode: MemberMode::Psk };
    let sealed = peers[0].run(
        |e: &MemberError| e.missing().cloned(),
        |group, env| seal_to_member(group, leaf(1), purpose, b"", b"x", env),
    );
    assert_eq!(sealed, Err(MemberError::ExporterDeleted));
    assert_eq!(exported(&mut peers[1]).unwrap(), before);

    let output = peers[0].commit(&CommitPlan::default());
    peers[0].accept();
    peers[1].receive(&output.message);
    let after = exported(&mut peers[0]).unwrap();
    assert_ne!(after, before);
    assert_eq!(exported(&mut peers[1]).unwrap(), after);
}

#[test]
fn a_batch_gives_the_exporter_secret_back_if_it_fails() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let before = exported(&mut peers[0]).unwrap();
    let step = peers[0].run(|e: &ExportError| e.missing().cloned(), delete_exporter).unwrap();
    let group = peers[0].group.as_mut().unwrap();
    let mut batch = Batch::new(group);
    batch.push(step).unwrap();
    drop(batch);
    assert_eq!(exported(&mut peers[0]).unwrap(), before);
}

// req: R-8.6-01
#[test]
fn resumption_secrets_of_past_epochs_are_had_as_long_as_they_are_kept() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    peers[0].world.limits.resumption_psks = 2;
    let first = peers[0].group().resumption_psk();
    for _ in 0..2 {
        let output = peers[0].commit(&CommitPlan::default());
        peers[0].accept();
        peers[1].receive(&output.message);
    }
    let of = |peer: &Peer, epoch| peer.group().resumption_psk_of(epoch).unwrap();
    assert_eq!(of(&peers[0], 1).unwrap().as_bytes(), first.as_bytes());
    assert_eq!(of(&peers[0], 3).unwrap().as_bytes(), peers[1].group().resumption_psk().as_bytes());
    assert_eq!(of(&peers[0], 2).unwrap().as_bytes(), of(&peers[1], 2).unwrap().as_bytes());
    assert!(of(&peers[0], 0).is_none() && of(&peers[0], 4).is_none());
    peers[0].restart();
    let missing = peers[0].group().resumption_psk_of(1).unwrap_err();
    assert_eq!(missing.keys, [RecordKey::ResumptionPsk(peers[0].group().id().clone(), 1)]);
}
