//! Going back, telling a fork, coming back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_in_result,
    missing_docs,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;

use mls_codec::Decode;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::*;
use mls_core::record::RecordKey;
use mls_crypto_traits::CipherSuite;

use common::{Event, Peer, agree, group_of};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

fn leaf(index: u32) -> mls_core::tree::math::LeafIndex {
    mls_core::tree::math::LeafIndex::new(index).unwrap()
}

fn try_rewind(peer: &mut Peer, epoch: u64) -> Result<Rewound, RewindError> {
    let step = peer.run(|e: &RewindError| e.missing().cloned(), |group, env| rewind(group, epoch, env))?;
    Ok(peer.apply(step))
}

/// Members who keep what it takes to go back.
fn rewinding(names: &[&str]) -> Vec<Peer> {
    let mut peers = group_of(names, SUITE);
    for peer in &mut peers {
        peer.world.limits.rewind = true;
    }
    peers
}

fn commit(peer: &mut Peer) -> Vec<u8> {
    let message = peer.commit(&CommitPlan::default()).message;
    peer.accept();
    message
}

fn secret(peer: &mut Peer) -> Vec<u8> {
    peer.run(|e: &ExportError| e.missing().cloned(), |group, env| export_secret(group, b"l", b"", 32, env))
        .unwrap()
        .as_bytes()
        .to_vec()
}

/// What a group is, as far as it can be seen.
fn looks(peer: &mut Peer) -> (String, Vec<u8>, Vec<u8>, Vec<u8>) {
    let tree = peer.run(|e: &ExportError| e.missing().cloned(), |group, _| export_ratchet_tree(group)).unwrap();
    let exported = secret(peer);
    let group = peer.group();
    let seen = format!("{:?} {:?} {:?}", group.context(), group.own_leaf(), group.stale_members(0).unwrap());
    (seen, group.epoch_authenticator().to_vec(), tree, exported)
}

#[test]
fn a_group_goes_back_and_takes_the_other_commit() {
    for restart in [false, true] {
        let mut peers = rewinding(&["alice", "bob", "carol"]);
        let before = looks(&mut peers[2]);
        // Carol is told that Alice's commit is the one, and goes on from there; then Bob's turns out to be.
        let wrong = commit(&mut peers[0]);
        let right = commit(&mut peers[1]);
        peers[2].receive(&wrong);
        let further = commit(&mut peers[0]);
        peers[2].receive(&further);
        assert_eq!(peers[2].group().epoch(), 3);
        if restart {
            peers[2].restart();
        }
        let rewound = try_rewind(&mut peers[2], 1).unwrap();
        assert_eq!((rewound.epoch, rewound.left), (1, 3));
        assert_eq!(looks(&mut peers[2]), before);
        if restart {
            peers[2].restart();
            assert_eq!(looks(&mut peers[2]), before);
        }
        let Event::Epoch(change) = peers[2].receive(&right) else { panic!() };
        assert_eq!(change.epoch, 2);
        // Alice goes back over her own commits.
        try_rewind(&mut peers[0], 1).unwrap();
        peers[0].receive(&right);
        agree(&peers);
        let text = peers[0].send(b"together");
        for who in [1, 2] {
            assert_eq!(peers[who].receive(&text).data(), b"together");
        }
        // And the group goes on, from each.
        for from in 0..3 {
            let next = commit(&mut peers[from]);
            for who in (0..3).filter(|who| *who != from) {
                peers[who].receive(&next);
            }
            agree(&peers);
        }
    }
}

#[test]
fn ratchets_do_not_go_back() {
    let mut peers = rewinding(&["alice", "bob", "carol"]);
    let texts: Vec<_> = (0..3).map(|_| peers[0].send(b"text")).collect();
    peers[1].receive(&texts[0]);
    let wrong = commit(&mut peers[2]);
    for who in [0, 1] {
        peers[who].receive(&wrong);
    }
    // A late one is read in the retained epoch.
    peers[1].receive(&texts[2]);
    for who in [0, 1] {
        try_rewind(&mut peers[who], 1).unwrap();
    }
    // What was read stays read, before the epoch's end and after; what was not can be.
    for read in [0, 2] {
        assert_eq!(peers[1].try_receive(&texts[read]).err(), Some(ReceiveError::KeyConsumed));
    }
    assert_eq!(peers[1].receive(&texts[1]).data(), b"text");
    // Our own ratchet goes on.
    let step = peers[0]
        .run(|e: &EncryptError| e.missing().cloned(), |g, env| encrypt(g, b"next", &EncryptOptions::default(), env))
        .unwrap();
    let sent = peers[0].apply(step);
    assert_eq!((sent.epoch, sent.generation), (1, 3));
    assert_eq!(peers[1].receive(&sent.message).data(), b"next");
}

#[test]
fn proposals_wait_again() {
    let mut peers = rewinding(&["alice", "bob", "carol"]);
    let remove = peers[0].propose(Proposing::Remove(leaf(2)), &SendOptions::default());
    peers[1].receive(&remove);
    // Bob's commit, without the proposal, loses to Alice's, which refers to it.
    let plan = CommitPlan { include_pending: false, ..CommitPlan::default() };
    peers[1].commit(&plan);
    peers[1].accept();
    assert_eq!(peers[1].group().pending_proposals(), 0);
    let right = commit(&mut peers[0]);
    try_rewind(&mut peers[1], 1).unwrap();
    assert_eq!(peers[1].group().pending_proposals(), 1);
    peers[1].restart();
    let Event::Epoch(change) = peers[1].receive(&right) else { panic!() };
    assert_eq!(change.removed, [leaf(2)]);
    agree(&peers[..2]);
}

#[test]
fn an_epoch_that_was_left_is_not_entered_again() {
    let mut peers = rewinding(&["alice", "bob"]);
    // In the clear: the key of an encrypted one is used up.
    let clear = SendOptions { encrypt: false, ..SendOptions::default() };
    let wrong = peers[0].commit(&CommitPlan { options: clear, ..CommitPlan::default() }).message;
    peers[0].accept();
    peers[1].receive(&wrong);
    drop(peers[1].send(b"with the first key of epoch 2"));
    try_rewind(&mut peers[1], 1).unwrap();
    for restart in [false, true] {
        if restart {
            peers[1].restart();
        }
        let error = peers[1].try_receive(&wrong);
        // Records may be missing at first.
        let error =
            if error.as_ref().is_err_and(|e| e.missing().is_some()) { peers[1].try_receive(&wrong) } else { error };
        let error = error.unwrap_err();
        assert_eq!(error, ReceiveError::Fault(Fault::EpochAbandoned(2)));
        assert_eq!(error.disposition(), Disposition::Rejoin);
    }
    // Nor after another epoch 2 was entered, and left.
    let other = peers[1].commit(&CommitPlan::default());
    drop(other);
    peers[1].accept();
    try_rewind(&mut peers[1], 1).unwrap();
    let mut error = peers[1].try_receive(&wrong).unwrap_err();
    if error.missing().is_some() {
        error = peers[1].try_receive(&wrong).unwrap_err();
    }
    assert_eq!(error, ReceiveError::Fault(Fault::EpochAbandoned(2)));
}

#[test]
fn there_is_no_going_back_unless_it_was_wanted() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    commit(&mut peers[0]);
    assert_eq!(try_rewind(&mut peers[0], 1), Err(RewindError::NotRetained(1)));
    peers[0].world.limits.rewind = true;
    for _ in 0..4 {
        commit(&mut peers[0]);
    }
    let id = peers[0].group().id().clone();
    // Epoch 6 retains 3 to 5.
    for epoch in [0, 1, 2, 6, 7] {
        assert_eq!(try_rewind(&mut peers[0], epoch), Err(RewindError::NotRetained(epoch)), "{epoch}");
    }
    let kept = |peer: &Peer, epoch| peer.store.records.get(&RecordKey::Epoch(id.clone(), epoch)).map(Vec::len);
    let with = kept(&peers[0], 5).unwrap();
    // What is retained for late messages alone is far less, and holds no init secret.
    peers[0].world.limits.rewind = false;
    commit(&mut peers[0]);
    assert!(kept(&peers[0], 6).unwrap() + 500 < with, "{:?} {with}", kept(&peers[0], 6));
    assert_eq!(try_rewind(&mut peers[0], 5), Err(RewindError::NotRetained(5)));
    // Nor when its time is over.
    peers[0].world.limits.rewind = true;
    commit(&mut peers[0]);
    peers[0].world.now += peers[0].world.limits.past_epoch_seconds + 1;
    assert_eq!(try_rewind(&mut peers[0], 7), Err(RewindError::NotRetained(7)));
}

#[test]
fn a_batch_that_is_dropped_undoes_going_back() {
    let mut peers = rewinding(&["alice", "bob"]);
    let text = peers[0].send(b"late");
    let wrong = commit(&mut peers[0]);
    peers[1].receive(&wrong);
    peers[1].receive(&text);
    let before = looks(&mut peers[1]);
    let step = peers[1].run(|e: &RewindError| e.missing().cloned(), |group, env| rewind(group, 1, env)).unwrap();
    let mut batch = Batch::new(peers[1].group.as_mut().unwrap());
    batch.push(step).unwrap();
    assert_eq!(batch.group_mut().epoch(), 1);
    drop(batch);
    assert_eq!(looks(&mut peers[1]), before);
    // The retained epoch is as it was, too: what was read is read, and there is still a way back.
    assert_eq!(peers[1].try_receive(&text).err(), Some(ReceiveError::KeyConsumed));
    try_rewind(&mut peers[1], 1).unwrap();
    assert_eq!(peers[1].try_receive(&text).err(), Some(ReceiveError::KeyConsumed));
}

// req: R-8.7-01
#[test]
fn a_fork_is_told_by_the_authenticators() {
    let mut peers = rewinding(&["alice", "bob", "carol"]);
    let common = commit(&mut peers[2]);
    for who in [0, 1] {
        peers[who].receive(&common);
    }
    // Two commits, each followed by its maker.
    commit(&mut peers[0]);
    commit(&mut peers[1]);
    let claims = peers[1].group().epoch_claims().unwrap();
    let epochs: Vec<_> = claims.iter().map(|claim| claim.epoch).collect();
    assert_eq!(epochs, [1, 2, 3]);
    let report = peers[0].group().compare_claims(&claims).unwrap();
    assert_eq!((report.last_common, report.first_forked), (Some(2), Some(3)));
    let group = peers[0].group();
    assert_eq!(group.compare_epoch(3, &claims[2].authenticator).unwrap(), EpochComparison::Forked);
    assert_eq!(group.compare_epoch(2, &claims[1].authenticator).unwrap(), EpochComparison::Same);
    assert_eq!(group.compare_epoch(2, &claims[1].authenticator[1..]).unwrap(), EpochComparison::Forked);
    assert_eq!(group.compare_epoch(4, &claims[2].authenticator).unwrap(), EpochComparison::Unknown);
    assert_eq!(group.compare_epoch(0, &claims[0].authenticator).unwrap(), EpochComparison::Forked);
    let report = peers[2].group().compare_claims(&claims).unwrap();
    assert_eq!((report.last_common, report.first_forked), (Some(2), None));
    // After a restart the retained epochs are read first.
    peers[0].restart();
    let missing = peers[0].group().compare_epoch(2, &claims[1].authenticator).unwrap_err();
    let peer = &mut peers[0];
    let records = peer.store.read(&missing);
    peer.group.as_mut().unwrap().admit(records, &mut peer.world.env()).unwrap();
    assert_eq!(peer.group().compare_epoch(2, &claims[1].authenticator).unwrap(), EpochComparison::Same);
}

#[test]
fn a_member_that_lost_its_state_is_added_again() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    let mut again = Peer::new("bob", SUITE, 99);
    let plan = CommitPlan::readd(leaf(1), again.key_package().key_package);
    let output = peers[0].commit(&plan);
    let change = peers[0].accept();
    assert_eq!((change.removed, change.added[0].index), (vec![leaf(1)], leaf(1)));
    peers[2].receive(&output.message);
    let Event::Epoch(change) = peers[1].receive(&output.message) else { panic!() };
    assert!(change.removed_self);
    again.join(output.welcome.as_ref().unwrap(), None);
    peers[1] = again;
    agree(&peers);
    // With its old signature key, too.
    let mut again = Peer::new("bob", SUITE, 100);
    again.world.signers = core::mem::take(&mut peers[1].world.signers);
    again.signature_key = peers[1].signature_key.clone();
    let output = peers[2].commit(&CommitPlan::readd(leaf(1), again.key_package().key_package));
    peers[2].accept();
    peers[0].receive(&output.message);
    again.join(output.welcome.as_ref().unwrap(), None);
    peers[1] = again;
    agree(&peers);
}

#[test]
fn whoever_rejoins_takes_its_old_place() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    let bytes =
        peers[0].run(|e: &ExportError| e.missing().cloned(), |group, env| group_info(group, options, env)).unwrap();
    let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&bytes).unwrap().body else { panic!() };
    let verified = verify_group_info(&info, None, &mut peers[1].world.env()).unwrap();
    // By its key, by its credential, or not at all.
    let spec = peers[1].leaf();
    assert_eq!(ExternalJoinPlan::rejoin(&verified, spec.clone()).resync, Some(leaf(1)));
    let renamed = LeafSpec { credential: peers[2].leaf().credential, ..spec.clone() };
    assert_eq!(ExternalJoinPlan::rejoin(&verified, renamed).resync, Some(leaf(1)));
    let rekeyed = LeafSpec { signature_key: b"another".to_vec().into(), ..spec.clone() };
    assert_eq!(ExternalJoinPlan::rejoin(&verified, rekeyed).resync, Some(leaf(1)));
    let stranger = Peer::new("dave", SUITE, 9).leaf();
    assert_eq!(ExternalJoinPlan::rejoin(&verified, stranger).resync, None);

    let plan = ExternalJoinPlan::rejoin(&verified, spec);
    let pending = external_join(&info, None, &plan, &mut peers[1].world.env()).unwrap();
    let ruling = pending.question().accept();
    let vetted = pending.rule(ruling, &mut peers[1].world.env()).unwrap();
    let answers = peers[1].answers(vetted.credentials(), &[]);
    let fresh = vetted.resume(&answers, &mut peers[1].world.env()).unwrap();
    let durable = peers[1].store.commit(fresh.delta());
    let join = fresh.release(durable).unwrap();
    let message = join.message().to_vec();
    let fresh = join.accept(&mut peers[1].world.env()).unwrap();
    let durable = peers[1].store.commit(fresh.delta());
    peers[1].group = Some(fresh.release(durable).unwrap());
    for who in [0, 2] {
        peers[who].receive(&message);
    }
    agree(&peers);
}
