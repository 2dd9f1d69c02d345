//! No deleted key is left anywhere: not in a live value, not in a stored record, not in memory that was freed, and
//! nothing that is left gives it again.
//!
//! Bob lives in an arena that can be searched; whom he talks to lives outside. His crypto provider tells of every
//! secret that passes, and of what it was made from. Stacks and registers are not searched.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests; a global allocator cannot be written without unsafe code"
)]

mod common;
mod heap;
mod observed;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::{Event, Peer, agree};
use heap::{Found, Searchable, Watch, clear, listen, owned, rest};
use mls_codec::Decode;
use mls_core::env::Env;
use mls_core::framing::MlsMessage;
use mls_core::group::{
    Answers, CommitPlan, Group, GroupInfoOptions, Inbound, LeafChange, Proposing, ReceiveError, SendOptions,
    drop_commit, group_info, receive,
};
use mls_core::psk::Psk;
use mls_core::tree::math::LeafIndex;
use mls_crypto_traits::CipherSuite;
use observed::Observed;

#[global_allocator]
static ALLOCATOR: Searchable = Searchable;

/// One scene at a time: the arena and the list are shared.
static STAGE: Mutex<()> = Mutex::new(());

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;
const ERIN: usize = 4;

struct Scene {
    peers: Vec<Peer>,
    /// Whether Bob is restarted before whatever he does.
    cold: bool,
    /// The secrets of scenes before.
    since: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Scene {
    fn new(suite: CipherSuite, cold: bool) -> Self {
        let alone = STAGE.lock().unwrap_or_else(PoisonError::into_inner);
        let since = Watch::begin();
        let mut peers: Vec<Peer> = ["alice", "bob", "carol", "dave", "erin"]
            .iter()
            .enumerate()
            .map(|(i, name)| {
                // Keys that no other scene has.
                let seed = since as u64 * 1000 + i as u64;
                if i == BOB {
                    owned(|| Peer::with_crypto(name, suite, seed, Observed::new(Some(listen))))
                } else {
                    Peer::new(name, suite, seed)
                }
            })
            .collect();
        peers[ALICE].create(b"group");
        let bob = owned(|| peers[BOB].key_package().key_package);
        let proposals = (1..5)
            .map(|i| Proposing::Add(Arc::new(if i == BOB { bob.clone() } else { peers[i].key_package().key_package })))
            .collect();
        let output = peers[ALICE].commit(&CommitPlan { proposals, ..CommitPlan::default() });
        peers[ALICE].accept();
        for (i, peer) in peers.iter_mut().enumerate().skip(1) {
            let welcome = output.welcome.as_deref().unwrap();
            if i == BOB { owned(|| peer.join(welcome, None)) } else { peer.join(welcome, None) }
        }
        agree(&peers);
        Self { peers, cold, since, _alone: alone }
    }

    /// Bob does something.
    fn bob<T>(&mut self, work: impl FnOnce(&mut Peer) -> T) -> T {
        let peer = &mut self.peers[BOB];
        if self.cold && peer.group().is_active() {
            owned(|| peer.restart());
        }
        clear();
        let out = owned(|| work(peer));
        let rest = rest();
        let found: Vec<String> = Watch::within(&rest).into_iter().map(|found| found.names).collect();
        assert_eq!(found, [""; 0], "on the stack");
        out
    }

    /// Everybody but the sender handles a message.
    fn deliver(&mut self, from: usize, message: &[u8]) {
        for i in (0..self.peers.len()).filter(|i| *i != from) {
            if i == BOB {
                self.bob(|bob| drop(bob.receive(message)));
            } else {
                self.peers[i].receive(message);
            }
        }
    }

    fn commit(&mut self, from: usize, plan: &CommitPlan) {
        let output = if from == BOB { self.bob(|bob| bob.commit(plan)) } else { self.peers[from].commit(plan) };
        self.deliver(from, &output.message);
        if from == BOB {
            self.bob(Peer::accept)
        } else {
            self.peers[from].accept()
        };
        agree(&self.peers);
    }

    /// Bob reads a message; the key that he read it with.
    fn consume(&mut self, message: &[u8], data: &[u8]) -> usize {
        let before = Watch::named(self.since, "opened with");
        assert_eq!(self.bob(|bob| bob.receive(message)).data(), data);
        let mut keys = Watch::named(self.since, "opened with");
        keys.retain(|key| !before.contains(key));
        // That of the sender data can be had as long as the epoch is retained; it opens no content.
        assert_eq!(keys.len(), 2);
        keys.retain(|key| !Watch::is_made_from(*key, "sender data"));
        assert_eq!(keys.len(), 1);
        keys[0]
    }

    fn competing(&mut self, from: usize) -> Vec<u8> {
        self.peers[from].commit(&CommitPlan::default()).message
    }
}

/// Searches, and lets nothing be found that must not be there whatever happens. `ahead` epochs are prepared and not
/// entered, `past` are retained.
fn search(scene: &Scene, ahead: usize, past: usize, what: &str) -> Watch {
    let watch = Watch::search();
    let of_scene = |found: &&Found| found.number >= scene.since;
    let freed: Vec<&str> = watch.freed.iter().filter(of_scene).map(|found| found.names.as_str()).collect();
    assert!(freed.is_empty(), "{what}: in freed memory: {freed:?}");
    let count = |name: &str| watch.live_named(name).into_iter().filter(|number| *number >= scene.since).count();
    let momentary = ["joiner", "epoch", "confirm", "welcome", "path", "node", "extract", "hpke", "shared secret"];
    for name in momentary {
        assert_eq!(count(name), 0, "{what}: {name}");
    }
    // Of epochs in which nothing was said yet.
    assert!(count("encryption") <= 1 + ahead + past, "{what}: encryption");
    for name in ["init", "membership", "external", "exporter"] {
        assert_eq!(count(name), 1 + ahead, "{what}: {name}");
    }
    for name in ["sender data", "authentication"] {
        assert_eq!(count(name), 1 + ahead + past, "{what}: {name}");
    }
    watch
}

/// How many epochs' encryption secrets there are: of those in which nothing was said, as the first message's splits it.
fn unsplit(scene: &Scene, watch: &Watch) -> usize {
    watch.live_named("encryption").into_iter().filter(|number| *number >= scene.since).count()
}

fn assert_gone(watch: &Watch, keys: &[usize], what: &str) {
    for key in keys {
        assert!(!watch.is_derivable(*key), "{what}: a key that is used up can be had again");
    }
}

/// Stages a commit of somebody else without entering its epoch.
fn stage(peer: &mut Peer, message: &[u8]) -> mls_core::group::Step<mls_core::group::EpochChange> {
    let message = MlsMessage::from_bytes(message).unwrap();
    let inbound =
        peer.run(|e: &ReceiveError| e.missing().cloned(), |group, env| receive(group, &message, env)).unwrap();
    let Inbound::Commit(pending) = inbound else { panic!() };
    peer.stage(*pending).unwrap()
}

fn consumed_keys_are_gone(suite: CipherSuite, cold: bool) {
    let mut scene = Scene::new(suite, cold);
    let watch = search(&scene, 0, 0, "joined");
    assert_eq!(unsplit(&scene, &watch), 1);
    let (mut late, mut used_up) = (Vec::new(), Vec::new());
    for epoch in 0..3_u8 {
        // Everybody is heard in every epoch; one message each is still to come.
        for from in [ALICE, CAROL, DAVE, ERIN] {
            let texts = [[epoch, 0], [epoch, 1], [epoch, 2]];
            let messages = texts.map(|text| scene.peers[from].send(&text));
            used_up.push(scene.consume(&messages[0], &texts[0]));
            let watch = search(&scene, 0, epoch.into(), "first");
            assert_gone(&watch, &used_up, "first");
            assert_eq!(unsplit(&scene, &watch), 0);
            used_up.push(scene.consume(&messages[2], &texts[2]));
            assert_gone(&search(&scene, 0, epoch.into(), "jump"), &used_up, "jump");
            late.push((messages[1].clone(), texts[1]));
        }
        scene.bob(|bob| bob.send(b"own"));
        let mut sealed = Watch::named(scene.since, "sealed with");
        sealed.retain(|key| !Watch::is_made_from(*key, "sender data"));
        assert!(!sealed.is_empty());
        assert_gone(&search(&scene, 0, epoch.into(), "sent"), &sealed, "sent");
        scene.commit([CAROL, BOB, ALICE][usize::from(epoch)], &CommitPlan::default());
        let watch = search(&scene, 0, usize::from(epoch) + 1, "epoch");
        assert_eq!(unsplit(&scene, &watch), 1);
    }
    let mut now = Vec::new();
    for from in [ALICE, CAROL, DAVE, ERIN] {
        let texts: Vec<[u8; 2]> = (0..4).map(|i| [9, i]).collect();
        let messages: Vec<Vec<u8>> = texts.iter().map(|text| scene.peers[from].send(text)).collect();
        used_up.push(scene.consume(&messages[0], &texts[0]));
        used_up.push(scene.consume(&messages[2], &texts[2]));
        now.push((messages[1].clone(), texts[1]));
        now.push((messages[3].clone(), texts[3]));
    }
    // A commit of his own waits, and two of others are staged.
    scene.bob(|bob| bob.commit(&CommitPlan::default()));
    let commits = [ALICE, ERIN].map(|from| scene.competing(from));
    let staged = commits.each_ref().map(|message| scene.bob(|bob| stage(bob, message)));
    search(&scene, 3, 3, "staged");
    for (message, text) in now.iter().chain(&late) {
        used_up.push(scene.consume(message, text));
        let watch = search(&scene, 3, 3, "beside staged commits");
        assert_gone(&watch, &used_up, "beside staged commits");
        assert!(scene.bob(|bob| bob.try_receive(message)).is_err());
    }
    owned(|| drop(staged));
    search(&scene, 1, 3, "steps dropped");
    // Alice wins. What Bob had in store for his own commit goes with it, and the oldest epoch.
    scene.peers[ERIN].apply_drop();
    scene.peers[ALICE].accept();
    for i in [BOB, CAROL, DAVE, ERIN] {
        if i == BOB {
            scene.bob(|bob| drop(bob.receive(&commits[0])))
        } else {
            drop(scene.peers[i].receive(&commits[0]))
        }
    }
    agree(&scene.peers);
    let watch = search(&scene, 0, 3, "Alice won");
    assert_gone(&watch, &used_up, "Alice won");
}

#[test]
fn consumed_keys_are_gone_from_memory() {
    consumed_keys_are_gone(CipherSuite(1), false);
}

#[test]
fn consumed_keys_are_gone_from_records() {
    consumed_keys_are_gone(CipherSuite(1), true);
}

#[test]
fn consumed_keys_are_gone_on_another_curve() {
    consumed_keys_are_gone(CipherSuite(2), true);
}

/// A commit that waits for answers holds no ratchet: its sender's messages are forgotten beside it. A step computed
/// from it does, until it is dropped.
// bad: trap-08
#[test]
fn continuations_hold_no_ratchet() {
    let mut scene = Scene::new(CipherSuite(1), false);
    let messages = [b"0", b"1"].map(|text| scene.peers[ALICE].send(text));
    let commit = scene.competing(ALICE);
    // Bob has not heard Alice in this epoch: the commit's ratchet is to be made from the tree.
    let parsed = MlsMessage::from_bytes(&commit).unwrap();
    let vetted = scene.bob(|bob| {
        let op = |group: &Group, env: &mut Env<'_>| receive(group, &parsed, env);
        let Ok(Inbound::Commit(pending)) = bob.run(|e: &ReceiveError| e.missing().cloned(), op) else { panic!() };
        let ruling = pending.question().accept();
        let group = bob.group.take().unwrap();
        let vetted = pending.rule(ruling, &group, &mut bob.world.env()).unwrap();
        bob.group = Some(group);
        vetted
    });
    let first = scene.consume(&messages[0], b"0");
    assert_gone(&search(&scene, 0, 0, "vetted"), &[first], "vetted");
    let step = scene.bob(|bob| {
        let group = bob.group.take().unwrap();
        let step = vetted.resume(&group, &Answers::new(), &mut bob.world.env()).unwrap();
        bob.group = Some(group);
        step
    });
    let second = scene.consume(&messages[1], b"1");
    owned(|| drop(step));
    assert_gone(&search(&scene, 0, 0, "dropped"), &[first, second], "dropped");
    scene.bob(|bob| drop(bob.receive(&commit)));
    assert_gone(&search(&scene, 0, 1, "entered"), &[first, second], "entered");
}

/// Keys of the tree go when they are replaced, whoever replaces them.
// bad: trap-08
#[test]
fn replaced_keys_are_gone() {
    for cold in [false, true] {
        let mut scene = Scene::new(CipherSuite(1), cold);
        scene.commit(ALICE, &CommitPlan::default());
        scene.commit(DAVE, &CommitPlan::default());
        // His own commit replaces his leaf's key and his whole path.
        let old = Watch::named(scene.since, "private key");
        scene.commit(BOB, &CommitPlan::default());
        let watch = search(&scene, 0, 3, "own path");
        assert_gone(&watch, &old, "own path");
        let kept = watch.live_named("private key").len();
        assert!((1..=4).contains(&kept), "{kept}");

        // An Update that somebody commits replaces his leaf's key; one that nobody commits leaves nothing behind.
        let old = Watch::named(scene.since, "private key");
        let update = scene.bob(|bob| bob.propose(Proposing::Update(LeafChange::default()), &SendOptions::default()));
        scene.deliver(BOB, &update);
        scene.commit(CAROL, &CommitPlan::default());
        assert_gone(&search(&scene, 0, 3, "updated"), &old, "updated");
        let before = Watch::named(scene.since, "private key");
        let update = scene.bob(|bob| bob.propose(Proposing::Update(LeafChange::default()), &SendOptions::default()));
        scene.deliver(BOB, &update);
        let proposed: Vec<usize> =
            Watch::named(scene.since, "private key").into_iter().filter(|key| !before.contains(key)).collect();
        assert!(!proposed.is_empty());
        scene.commit(CAROL, &CommitPlan { include_pending: false, ..CommitPlan::default() });
        assert_gone(&search(&scene, 0, 3, "not committed"), &proposed, "not committed");

        // A commit that is dropped.
        let before = Watch::count();
        scene.bob(|bob| bob.commit(&CommitPlan::default()));
        search(&scene, 1, 3, "own commit waits");
        scene.bob(Peer::apply_drop);
        let watch = search(&scene, 0, 3, "own commit dropped");
        assert_gone(&watch, &Watch::named(before, "private key"), "own commit dropped");
        assert_gone(&watch, &Watch::named(before, "resumption"), "own commit dropped");
    }
}

/// Adding, pre-shared keys and external commits pass through more buffers.
#[test]
fn other_operations_leave_nothing_behind() {
    let mut scene = Scene::new(CipherSuite(1), true);
    let value = b"a pre-shared key of forty bytes or nearly".to_vec();
    let psk = Psk::External { psk_id: b"psk".to_vec() };
    for (i, peer) in scene.peers.iter_mut().enumerate() {
        if i == BOB {
            owned(|| peer.psks.insert(psk.clone(), value.to_vec()));
        } else {
            peer.psks.insert(psk.clone(), value.clone());
        }
    }
    let mut frank = Peer::new("frank", CipherSuite(1), 901);
    let add = Proposing::Add(Arc::new(frank.key_package().key_package));
    let output = scene.bob(|bob| bob.commit(&CommitPlan { proposals: vec![add.clone()], ..CommitPlan::default() }));
    search(&scene, 1, 0, "an add is made");
    scene.deliver(BOB, &output.message);
    scene.bob(Peer::accept);
    search(&scene, 0, 1, "an add");
    frank.join(output.welcome.as_deref().unwrap(), None);
    scene.peers.push(frank);
    for from in [ALICE, BOB] {
        let proposals = vec![
            Proposing::ExternalPsk(b"psk".to_vec()),
            Proposing::ResumptionPsk { group_id: b"group".to_vec(), epoch: 2 },
        ];
        if from == BOB {
            scene.commit(from, &CommitPlan { proposals, ..CommitPlan::default() });
        } else {
            let proposals = proposals[..1].to_vec();
            let output = scene.peers[from].commit(&CommitPlan { proposals, ..CommitPlan::default() });
            for i in 1..scene.peers.len() {
                if i == BOB {
                    scene.bob(|bob| drop(bob.receive(&output.message)));
                } else {
                    scene.peers[i].psks.insert(psk.clone(), value.clone());
                    scene.peers[i].receive(&output.message);
                }
            }
            scene.peers[from].accept();
            agree(&scene.peers);
        }
        assert!(Watch::search().live_named("derived psk").is_empty());
    }
    search(&scene, 0, 3, "pre-shared keys");
    // Bob comes back as if he had lost his state.
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    let info = {
        let peer = &mut scene.peers[ALICE];
        let group = peer.group.take().unwrap();
        let info = group_info(&group, options, &mut peer.world.env()).unwrap();
        peer.group = Some(group);
        info
    };
    let before = Watch::count();
    let message = scene.bob(|bob| bob.join_external(&info, None, Some(1)));
    for i in (0..scene.peers.len()).filter(|i| *i != BOB) {
        scene.peers[i].receive(&message);
    }
    agree(&scene.peers);
    let watch = search(&scene, 0, 0, "resync");
    let older: BTreeSet<&str> = watch
        .live
        .iter()
        .filter(|found| (scene.since..before).contains(&found.number))
        .map(|found| found.names.as_str())
        .collect();
    // His signature key, and the pre-shared key that the application keeps.
    assert_eq!(older, BTreeSet::from(["signature key", "source"]));
}

/// When an epoch is no longer retained, its resumption PSK is all that is left of it; when we are removed, nothing is.
// bad: trap-08
#[test]
fn epochs_and_memberships_end() {
    for cold in [false, true] {
        let mut scene = Scene::new(CipherSuite(1), cold);
        let message = scene.peers[CAROL].send(b"skipped");
        let second = scene.peers[CAROL].send(b"read");
        scene.consume(&second, b"read");
        let before = Watch::count();
        for _ in 0..4 {
            scene.commit(DAVE, &CommitPlan::default());
        }
        assert!(matches!(scene.bob(|bob| bob.try_receive(&message)), Err(ReceiveError::PastEpoch(1))));
        let watch = search(&scene, 0, 3, "epoch dropped");
        let names: BTreeSet<&str> = watch
            .live
            .iter()
            .filter(|found| (scene.since..before).contains(&found.number))
            .map(|found| found.names.as_str())
            .collect();
        // Bob has not renewed his own leaf.
        assert_eq!(names, BTreeSet::from(["signature key", "private key", "resumption"]));

        scene.bob(|bob| bob.commit(&CommitPlan::default()));
        let remove =
            CommitPlan { proposals: vec![Proposing::Remove(LeafIndex::new(1).unwrap())], ..CommitPlan::default() };
        let output = scene.peers[ALICE].commit(&remove);
        let event = scene.bob(|bob| bob.receive(&output.message));
        assert!(matches!(event, Event::Epoch(change) if change.removed_self));
        let watch = Watch::search();
        let left = |found: &[Found]| {
            found
                .iter()
                .filter(|found| found.number >= scene.since)
                .map(|found| found.names.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(left(&watch.live), ["signature key"]);
        assert_eq!(left(&watch.freed), [""; 0]);
    }
}

impl Peer {
    fn apply_drop(&mut self) {
        let step = self.run(|e: &mls_core::group::CommitError| e.missing().cloned(), drop_commit).unwrap();
        self.apply(step);
    }
}
