//! A group that was moved out of a store, and what one observer hands to another.

use std::sync::LazyLock;

use mls_codec::Decode;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{Standing, export_group, import_group, records_to_export};
use mls_core::observer::{Observed, Observer, observe};
use mls_core::record::{Durable, RecordKey};
use mls_crypto_traits::SecretBytes;

use crate::common::{Peer, Store};
use crate::driver::{answers, attempt, load, rewind_rng};
use crate::input::{Edit, Input, Seed, Seeds};
use crate::life::{LIFE, bob_and_group, group_id};
use crate::stage::{Stage, on_stage};
use crate::work::{USUAL, Work, store, work};

/// What comes from elsewhere.
struct Parcels {
    group: Vec<u8>,
    snapshot: Vec<u8>,
}

static PARCELS: LazyLock<Parcels> = LazyLock::new(pack);

thread_local! {
    static BOB: Stage<Peer> = const { Stage::new(None) };
}

fn pack() -> Parcels {
    let (mut bob, group) = bob_and_group(&LIFE);
    let records = bob.store.read(&records_to_export(&group));
    let step = export_group(&group, records, &mut bob.world.env()).unwrap();
    let mut group = group;
    let durable = bob.store.commit(step.delta());
    let exported = step.apply(&mut group, durable).unwrap();

    let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&LIFE.infos[0]).unwrap().body else { unreachable!() };
    let pending = observe(&info, None, &mut bob.world.env()).unwrap();
    let asked = answers(&bob, pending.credentials(), &[]);
    let fresh = pending.resume(&asked, &mut bob.world.env()).unwrap();
    let durable = Durable::i_stored(fresh.delta());
    let observer = fresh.release(durable).unwrap();
    Parcels { group: exported.as_bytes().to_vec(), snapshot: observer.snapshot().unwrap() }
}

fn prepare() -> Peer {
    let mut peer = bob_and_group(&LIFE).0;
    peer.store = Store::default();
    peer
}

/// An even first byte: a group that was moved out; an odd one: an observer's snapshot. From 128 on it is the rest of the
/// input; else that edits a good one.
///
/// Promises: no panic. What is unaltered is taken in: a group reads, and sends nothing; an observer follows what is sent in
/// the clear, and its own snapshot is the one that it came from. What is refused has changed nothing; what is taken in works
/// without a panic, and an observer's snapshot is taken in again.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let first = input.byte();
    let good = if first.is_multiple_of(2) { &PARCELS.group } else { &PARCELS.snapshot };
    let bytes = if first >= 128 {
        input.rest().to_vec()
    } else {
        let mut bytes = good.clone();
        input.edit_one(&mut bytes);
        bytes
    };
    on_stage(&BOB, prepare, |peer| {
        peer.store.records.clear();
        rewind_rng(peer);
        if first.is_multiple_of(2) {
            take_group(peer, &bytes, bytes == *good);
        } else {
            take_snapshot(peer, &bytes, bytes == *good);
        }
        true
    });
}

fn take_group(peer: &mut Peer, bytes: &[u8], unaltered: bool) {
    let Ok(fresh) = import_group(&SecretBytes::from_slice(bytes), &mut peer.world.env()) else {
        assert!(!unaltered, "a group that was moved is refused");
        return;
    };
    let durable = store(peer, fresh.delta()).expect("nothing is there");
    let id = fresh.release(durable).unwrap();
    let mut group = load(peer, &id).expect("what is taken in can be loaded");
    assert_eq!(group.standing(), Standing::Imported);
    if unaltered {
        assert_eq!(id, group_id());
        assert!(attempt(peer, &mut group, &LIFE.exhibits[0].bytes).is_ok(), "a group that was moved does not read");
    }
    for number in USUAL {
        let epoch = group.epoch();
        let done = work(peer, &mut group, number);
        let sends = matches!(number, 0..=3) && matches!(done, Work::Done);
        assert!(
            !sends || group.epoch() != epoch || group.standing() != Standing::Imported,
            "a group that was moved sends"
        );
    }
}

fn take_snapshot(peer: &mut Peer, bytes: &[u8], unaltered: bool) {
    let Ok(fresh) = Observer::from_snapshot(bytes, &mut peer.world.env()) else {
        assert!(!unaltered, "a snapshot is refused");
        return;
    };
    let durable = store(peer, fresh.delta()).expect("nothing is there");
    let mut observer = fresh.release(durable).unwrap();
    let tree_hash = observer.tree().root_hash().as_bytes();
    assert!(tree_hash == observer.context().tree_hash, "the tree is not the group's");
    let again = observer.snapshot().expect("an observer has a snapshot");
    assert!(!unaltered || again == bytes, "a snapshot of a snapshot is another");
    assert!(Observer::from_snapshot(&again, &mut peer.world.env()).is_ok(), "a snapshot is refused");
    let id = mls_core::record::GroupId::from(observer.context().group_id.as_slice());
    let records = peer.store.read(&Observer::records_to_load(&id));
    let loaded = Observer::load(&id, records, &mut peer.world.env()).expect("what is taken in can be loaded");
    assert_eq!(loaded.snapshot().as_ref(), Ok(&again), "what is loaded is another");
    drop((observer.members(), observer.ratchet_tree(), observer.pending_proposals()));
    let mut followed = 0;
    for exhibit in &LIFE.exhibits {
        followed += u32::from(follow(peer, &mut observer, &exhibit.bytes).is_some());
    }
    assert!(!unaltered || followed > 3, "an observer follows only {followed} messages");
}

/// Takes in a message, all questions answered with yes.
fn follow(peer: &mut Peer, observer: &mut Observer, bytes: &[u8]) -> Option<()> {
    let message = MlsMessage::from_bytes(bytes).ok()?;
    let observed = observer.receive(&message, &mut peer.world.env()).ok()?;
    let proposal = match observed {
        Observed::Commit(commit) => {
            let ruling = commit.question().accept();
            let vetted = commit.rule(ruling, observer, &mut peer.world.env()).ok()?;
            let asked = answers(peer, vetted.credentials(), &[]);
            let step = vetted.resume(observer, &asked, &mut peer.world.env()).ok()?;
            let durable = store(peer, step.delta())?;
            step.apply(observer, durable).ok()?;
            return Some(());
        }
        Observed::ExternalProposal(proposal) => {
            let ruling = proposal.question().accept();
            Box::new(proposal.rule(ruling, observer, &mut peer.world.env()).ok()?)
        }
        Observed::Proposal(proposal) => proposal,
        _ => return None,
    };
    let asked = answers(peer, proposal.credentials(), &[]);
    let step = proposal.resume(observer, &asked, &mut peer.world.env()).ok()?;
    let durable = store(peer, step.delta())?;
    step.apply(observer, durable).ok().map(drop)
}

/// Both as they are; edits of each kind; raw bytes.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    for (first, name) in [(0, "group"), (1, "snapshot")] {
        seeds.add(name, [first]);
        seeds.edits(name, &[first], 0);
    }
    // The last byte of the status says where the group lives.
    let status = RecordKey::Status(group_id()).to_bytes().unwrap();
    let at = PARCELS.group.windows(status.len()).position(|window| window == status).unwrap() + status.len();
    let mut here = vec![0];
    Edit::Xor { at: at + usize::from(PARCELS.group[at]), with: 1 }.write(0, &mut here);
    seeds.add("group that was never moved", here);
    // The tree's hash stands behind the group's identifier and its epoch.
    let mut other = vec![1];
    Edit::Xor { at: 30, with: 1 }.write(0, &mut other);
    seeds.add("snapshot of another tree", other);
    seeds.add("raw snapshot", [129, 0, 0xff, 0xff, 0, 1, 0, 1, 1, b'g', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    seeds.done()
}
