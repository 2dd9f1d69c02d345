//! What operations cost in groups of 10 to 10 000, counted and not timed.
//!
//! Crypto calls are counted by a provider that is watched, records and bytes by the store, allocations by the
//! allocator. A bound here is a promise; the measured numbers stand beside it.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests; a global allocator cannot be written without unsafe code"
)]

mod common;
mod observed;
mod warm;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::fmt::Write as _;
use std::alloc::System;
use std::borrow::Cow;
use std::sync::Arc;

use common::Peer;
use mls_codec::Decode;
use mls_core::env::Env;
use mls_core::framing::MlsMessage;
use mls_core::group::{CommitPlan, EncryptOptions, Fault, Group, Inbound, ReceiveError, encrypt, receive};
use mls_core::record::{Missing, RecordKey, RecordPrefix, RecordSet, Records};
use mls_core::tree::hash::leaf_tree_hash;
use mls_core::tree::math::LeafIndex;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CipherSuite, CryptoProvider};
use observed::{Counts, Observed, calls, total};
use warm::warm_group;

/// Where the figures are published, if the repository is there.
const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../mls-storage-sqlite/README.md");

const SIZES: [u32; 4] = [10, 100, 1_000, 10_000];

/// log2 of the leaves of the tree.
const fn depth(members: u32) -> usize {
    members.next_power_of_two().ilog2() as usize
}

/// What was written in a group of one size, a row of the table.
struct Row {
    depth: usize,
    cells: Vec<(&'static str, Written)>,
}

impl Row {
    fn note(&mut self, what: &'static str, written: &Written) {
        self.cells.push((what, *written));
    }
}

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every method hands its arguments to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` came from `System` with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    let result = work();
    let after = ALLOCATIONS.with(Cell::get);
    drop(result);
    after - before
}

/// What an operation wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Written {
    records: usize,
    bytes: usize,
}

fn written<T>(peer: &mut Peer, work: impl FnOnce(&mut Peer) -> T) -> (T, Written) {
    (peer.store.writes, peer.store.bytes) = (0, 0);
    let result = work(peer);
    (result, Written { records: peer.store.writes, bytes: peer.store.bytes })
}

/// What a cold start read: how many records and sets, and which leaves and trees among them.
#[derive(Debug, Default)]
struct Read {
    records: usize,
    leaves: usize,
    trees: usize,
}

impl Read {
    fn note(&mut self, missing: &Missing) {
        self.records += missing.keys.len() + missing.prefixes.len();
        self.leaves += missing.keys.iter().filter(|key| matches!(key, RecordKey::TreeNode(..))).count();
        self.trees += missing.prefixes.iter().filter(|prefix| matches!(prefix, RecordPrefix::Tree(_))).count();
    }
}

/// Starts anew from what is stored and runs `op`, reading what it misses.
fn from_cold<T>(peer: &mut Peer, mut op: impl FnMut(&mut Peer) -> Result<T, Fault>) -> (T, Read) {
    peer.restart();
    let mut read = Read { records: 2, ..Read::default() };
    loop {
        match op(peer) {
            Ok(done) => return (done, read),
            Err(Fault::NotResident(missing)) => {
                read.note(&missing);
                let records = peer.store.read(&missing);
                peer.group.as_mut().unwrap().admit(records, &mut peer.world.env()).unwrap();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn counted(members: u32) -> (Arc<Observed>, Vec<Peer>) {
    let observed = Observed::new(None);
    let crypto: Arc<dyn CryptoProvider> = observed.clone();
    let peers = warm_group(members, &crypto);
    observed.ledger.take();
    (observed, peers)
}

/// The crypto calls of sending and of receiving a message that is not its sender's first.
fn message_calls(observed: &Observed, peers: &mut [Peer]) -> (Counts, Counts) {
    let first = peers[0].send(b"first");
    assert_eq!(peers[1].receive(&first).data(), b"first");
    observed.ledger.take();
    let second = peers[0].send(b"second");
    let sending = observed.ledger.take();
    assert_eq!(peers[1].receive(&second).data(), b"second");
    (sending, observed.ledger.take())
}

#[test]
fn a_message_costs_the_same_in_any_group() {
    let mut rows = Vec::new();
    for members in SIZES {
        let (observed, mut peers) = counted(members);
        let (sending, receiving) = message_calls(&observed, &mut peers);
        println!("{members} members: sending {sending:?}, receiving {receiving:?}");
        // Sending: three for key, nonce and next ratchet secret, two for the sender data; two AEADs; one signature.
        assert_eq!((total(&sending), total(&receiving)), (8, 9));
        let mut row = Row { depth: depth(members), cells: Vec::new() };
        messages(&mut peers, &mut row);
        cold_starts(&mut peers);
        path_commit(&observed, &mut peers, &mut row);
        rows.push(row);
    }
    let published = std::fs::read_to_string(PUBLISHED).ok();
    let mut others = Vec::new();
    for place in 0..rows[0].cells.len() {
        let mut line = format!("| {} |", rows[0].cells[place].0);
        for row in &rows {
            let Written { records, bytes } = row.cells[place].1;
            write!(line, " {records} / {bytes} |").unwrap();
        }
        println!("{line}");
        if published.as_ref().is_some_and(|text| !text.lines().any(|published| published.starts_with(&line))) {
            others.push(line);
        }
    }
    assert!(others.is_empty(), "{PUBLISHED} has other figures than {others:#?}");
}

/// Records and bytes that messages write.
fn messages(peers: &mut [Peer], row: &mut Row) {
    let message = peers[0].send(b"in order");
    let (_, in_order) = written(&mut peers[1], |peer| peer.receive(&message));
    row.note("message in order", &in_order);
    assert!(in_order.records <= 3 && in_order.bytes <= 600, "{in_order:?}");

    let (message, sent) = written(&mut peers[2], |peer| peer.send(b"first"));
    row.note("first message sent in an epoch", &sent);
    // A pack of tree secrets, two ratchets, the status.
    assert!(sent.records <= 4 && sent.bytes <= 80 * row.depth + 160, "{sent:?}");
    let (_, first) = written(&mut peers[1], |peer| peer.receive(&message));
    row.note("first message of a sender", &first);
    // Two packs of tree secrets, two ratchets, the status.
    assert!(first.records <= 5 && first.bytes <= 80 * row.depth + 160, "{first:?}");

    const JUMP: usize = 50;
    let mut late: Vec<Vec<u8>> = (0..=JUMP).map(|_| peers[0].send(b"skipped")).collect();
    let last = late.pop().unwrap();
    let (_, jump) = written(&mut peers[1], |peer| peer.receive(&last));
    row.note("message after a jump of 50", &jump);
    assert!(jump.records <= in_order.records + JUMP + 1, "{jump:?}");
    let (_, skipped) = written(&mut peers[1], |peer| peer.receive(&late[7]));
    row.note("message that was skipped", &skipped);
    assert!(skipped.records <= 3 && skipped.bytes <= 600, "{skipped:?}");

    for _ in 1..32 {
        let (_, reserved) = written(&mut peers[2], |peer| peer.send(b"reserved"));
        assert_eq!((reserved.records, reserved.bytes), (0, 0));
    }
    let (_, sent) = written(&mut peers[2], |peer| peer.send(b"the 33rd"));
    row.note("message sent, one in 32 (the others write nothing)", &sent);
    assert!(sent.records <= 3 && sent.bytes <= 600, "{sent:?}");
}

/// What a cold start reads. That no leaf is decoded follows from none being read.
fn cold_starts(peers: &mut [Peer]) {
    let send = |peer: &mut Peer| {
        let group = peer.group.as_ref().unwrap();
        encrypt(group, b"cold", &EncryptOptions::default(), &mut peer.world.env()).map_err(|error| match error {
            mls_core::group::EncryptError::Fault(fault) => fault,
            other => panic!("{other:?}"),
        })
    };
    let (step, read) = from_cold(&mut peers[0], send);
    println!("cold send: {read:?}");
    assert!(read.records <= 4 && read.leaves == 0 && read.trees == 0, "{read:?}");
    let message = peers[0].apply(step).message;

    // Bob has heard Alice in this epoch; Alice has never heard Carol.
    let read = cold_receive(&mut peers[1], &message);
    println!("cold receive: {read:?}");
    assert!(read.records <= 40 && read.leaves == 1 && read.trees == 0, "{read:?}");
    let message = peers[2].send(b"first for Alice");
    let read = cold_receive(&mut peers[0], &message);
    println!("cold receive of a first message: {read:?}");
    assert!(read.records <= 40 && read.leaves == 1 && read.trees == 0, "{read:?}");
}

fn cold_receive(peer: &mut Peer, message: &[u8]) -> Read {
    let message = MlsMessage::from_bytes(message).unwrap();
    let (inbound, read) = from_cold(peer, |peer| {
        receive(peer.group.as_ref().unwrap(), &message, &mut peer.world.env()).map_err(|error| match error {
            ReceiveError::Fault(fault) => fault,
            other => panic!("{other:?}"),
        })
    });
    let Inbound::Application(step) = inbound else { panic!() };
    drop(peer.apply(step));
    read
}

/// Allocations of the engine and of RustCrypto beneath it: of a message that is not its sender's first, and of a tree
/// that is read for each of its members.
#[test]
fn messages_and_loads_take_few_allocations() {
    let crypto: Arc<dyn CryptoProvider> = Arc::new(RustCryptoProvider::new());
    let mut peers = warm_group(1_000, &crypto);
    let first = peers[0].send(b"first");
    peers[1].receive(&first);
    let options = EncryptOptions::default();
    let sending = with_group(&mut peers[0], |group, env| drop(encrypt(group, &[7; 1_024], &options, env).unwrap()));
    let second = MlsMessage::from_bytes(&peers[0].send(&[7; 1_024])).unwrap();
    let receiving = with_group(&mut peers[1], |group, env| drop(receive(group, &second, env).unwrap()));

    peers[2].restart();
    let missing = peers[2].group().members().unwrap_err();
    let records = peers[2].store.read(&missing);
    let loading = with_group(&mut peers[2], |group, env| group.admit(records, env).unwrap());
    println!("allocations: send {sending}, receive {receiving}, load {loading}");
    // 21, 32, and up to 3 900, of which other threads have their share.
    assert!(sending <= 28 && receiving <= 34 && loading <= 4_000, "{sending}, {receiving}, {loading}");
}

/// The last leaf's record knows what is blank behind it, and is not believed.
#[test]
fn what_is_blank_behind_the_last_member_is_not_hashed() {
    let (observed, mut peers) = counted(700);
    let bob = &mut peers[1];
    let load = |peer: &mut Peer| {
        peer.restart();
        let group = peer.group.as_mut().unwrap();
        let missing = group.members().unwrap_err();
        let records = peer.store.read(&missing);
        let admitted = group.admit(records, &mut peer.world.env());
        (admitted, calls(&observed.ledger.take(), "tree hash"))
    };
    // Of 1 024 leaves the last 256 are a subtree.
    assert_eq!(load(bob), (Ok(()), 2_047 - 511));
    let last = LeafIndex::new(699).unwrap();
    let encoded = bob.group().tree().unwrap().leaf_bytes(last).unwrap().len();
    let key = RecordKey::TreeNode(bob.group().id().clone(), last.node());
    let good = bob.store.records[&key].clone();
    let end = good.len() - encoded;

    let damaged = |at: usize, value: u8| {
        let mut bytes = good.clone();
        assert_ne!(bytes[at], value);
        bytes[at] = value;
        bytes
    };
    // Another hash, another place.
    let (value, place) = (good[end - 1] ^ 1, good[end - 34] ^ 2);
    bob.store.records.insert(key.clone(), damaged(end - 1, value));
    let (admitted, hashes) = load(bob);
    assert!(matches!(admitted, Err(Fault::Corrupt(_))), "{admitted:?}");
    assert_eq!(hashes, 2_047 - 511);
    bob.store.records.insert(key.clone(), damaged(end - 34, place));
    assert_eq!(load(bob), (Ok(()), 2_047));
    // No list.
    bob.store.records.insert(key.clone(), damaged(end - 38, 39));
    assert_eq!(load(bob), (Err(Fault::Damaged(Box::new(key.clone()))), 0));
    bob.store.records.insert(key, good);
    assert_eq!(load(bob).0, Ok(()));
}

/// A store that shares its nodes has the hashes of the leaves with them, and a load computes those of the parents.
#[test]
fn a_leaf_that_a_store_shares_is_not_hashed_again() {
    let (observed, mut peers) = counted(700);
    // Alice entered by herself, the others by a Welcome, and all have entered further epochs since.
    for peer in &mut peers {
        peer.restart();
        let group = peer.group.as_mut().unwrap();
        let id = group.id().clone();
        let mut set = RecordSet::new();
        set.share_nodes(id.clone(), peer.store.nodes.values());
        assert!(set.iter().eq(peer.store.nodes.iter().map(|(key, node)| (Cow::Borrowed(key), node.value()))));
        let records = Records { records: Vec::new(), sets: vec![(RecordPrefix::Tree(id), set)] };
        group.admit(records, &mut peer.world.env()).unwrap();
        assert_eq!(calls(&observed.ledger.take(), "tree hash"), 2_047 - 511 - 700);
        // They are those that the group's own tree hash is made of.
        let tree = group.tree().unwrap();
        let suite = peer.world.crypto.suite(CipherSuite(1)).unwrap();
        for (leaf, bytes) in tree.leaves() {
            assert_eq!(tree.node_hash(leaf.node()), Some(leaf_tree_hash(suite, leaf, Some(bytes)).unwrap()), "{leaf}");
        }
        observed.ledger.take();
    }
}

/// How often `work` on a peer's group allocates.
fn with_group(peer: &mut Peer, work: impl FnOnce(&mut Group, &mut Env<'_>)) -> usize {
    let group = peer.group.as_mut().unwrap();
    let mut env = peer.world.env();
    allocations(|| work(group, &mut env))
}

/// What a commit with a path costs, on both sides, once the tree is resident.
fn path_commit(observed: &Observed, peers: &mut [Peer], row: &mut Row) {
    // A commit warms all three up.
    let output = peers[2].commit(&CommitPlan::default());
    peers[2].accept();
    peers[0].receive(&output.message);
    peers[1].receive(&output.message);
    let heard = peers[0].send(b"heard");
    peers[2].receive(&heard);

    let before = peers[1].group().tree().unwrap().clone();
    drop(observed.ledger.take());
    let clone = allocations(|| peers[1].group().tree().unwrap().clone());
    assert_eq!((clone, total(&observed.ledger.take())), (0, 0));

    let (output, made) = written(&mut peers[0], |peer| peer.commit(&CommitPlan::default()));
    let making = observed.ledger.take();
    row.note("own path commit, made", &made);
    let (_, accepted) = written(&mut peers[0], Peer::accept);
    let accepting = observed.ledger.take();
    row.note("own path commit, accepted", &accepted);
    // Bob hears Alice for the first time in this epoch, which is a cost of its own; Carol has heard her.
    let (_, received) = written(&mut peers[1], |peer| peer.receive(&output.message));
    let processing = observed.ledger.take();
    let (_, heard) = written(&mut peers[2], |peer| peer.receive(&output.message));
    row.note("path commit, processed", &heard);
    row.note("the same, its sender's first message", &received);

    let tree_hashes = 4 * row.depth + 16;
    for counts in [&making, &processing] {
        assert!((1..=tree_hashes).contains(&calls(counts, "tree hash")), "{counts:?}");
    }
    assert_eq!(calls(&accepting, "tree hash"), 0);
    let unshared = peers[1].group().tree().unwrap().unshared_nodes(&before);
    assert!((1..=tree_hashes).contains(&unshared), "{unshared}");
    for cost in [made, accepted, heard, received] {
        assert!(cost.records <= row.depth + 12 && cost.bytes <= 5 * 1024, "{cost:?}");
    }
}
