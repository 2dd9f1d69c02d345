//! The tree: looked at, and kept outside the store.

use mls_core::group::*;
use mls_core::record::{RecordKey, RecordPrefix};
use mls_core::tree::hash::blank_tree_hash;
use mls_core::tree::inspect::NodeContent;
use mls_core::tree::math::NodeIndex;
use mls_crypto_traits::CryptoProvider;
use std::sync::Arc;

use crate::common::{Event, Peer, group_of};
use crate::{SUITE, leaf};

#[test]
fn every_node_can_be_looked_at() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    let mut dave = Peer::new("dave", SUITE, 9);
    let mut erin = Peer::new("erin", SUITE, 10);
    // A path of Alice's fills her parents; then Dave is added without one, and is unmerged there.
    let output = peers[0].commit(&CommitPlan::default());
    peers[0].accept();
    peers[1].receive(&output.message);
    let add = |package| Proposing::Add(Arc::new(package));
    let proposals = vec![add(dave.key_package().key_package), add(erin.key_package().key_package)];
    peers[1].commit(&CommitPlan { proposals, path: PathPolicy::WhenRequired, ..CommitPlan::default() });
    peers[1].accept();

    let crypto = mls_crypto_rustcrypto::RustCryptoProvider::new();
    let suite = crypto.suite(SUITE).unwrap();
    let tree = peers[1].group().tree().unwrap();
    let views: Vec<_> = tree.inspect_all(suite).map(Result::unwrap).collect();
    assert_eq!(views.len(), 15);
    assert!(views.iter().enumerate().all(|(place, view)| view.index.as_u32() as usize == place));
    assert!(matches!(&views[0].content, NodeContent::Leaf(node) if node.credential == peers[0].leaf().credential));
    let NodeContent::Parent { unmerged_leaves, parent_hash, encryption_key } = &views[3].content else { panic!() };
    assert_eq!((unmerged_leaves.as_slice(), parent_hash.len()), ([leaf(3)].as_slice(), 0));
    assert_eq!(tree.encryption_key(views[3].index), Some(encryption_key.as_bytes()));
    assert_eq!(views[7].content, NodeContent::Blank);
    assert_eq!(&views[7].tree_hash, tree.root_hash());
    // Inside a blank subtree, hashes are not kept but computed.
    assert_eq!(tree.node_hash(NodeIndex::new(12).unwrap()), None);
    assert_eq!(views[12].tree_hash, blank_tree_hash(suite, views[12].index).unwrap());
    assert_eq!(tree.inspect(suite, NodeIndex::new(15).unwrap()), Ok(None));

    let health = peers[1].group().tree_health().unwrap();
    assert_eq!((health.members, health.leaves, health.depth, health.blank_leaves), (5, 8, 3, 3));
    // Nodes 5 and 7 are blank with members on either side; Dave is unmerged at node 3 alone.
    assert_eq!((health.blank_parents, health.unmerged, health.root_resolution), (2, 1, 3));
    // Bob's copath: Alice; Carol and Dave under a blank node; Erin.
    let cost = peers[1].group().path_cost().unwrap();
    assert_eq!((cost.nodes, cost.seals), (3, 4));
}

fn outside(peer: &mut Peer) {
    let step = peer.run(|e: &Fault| e.missing().cloned(), keep_tree_outside).unwrap();
    peer.apply(step);
}

fn tree_records(peer: &Peer) -> usize {
    let prefix = RecordPrefix::Tree(peer.group().id().clone());
    peer.store.records.keys().filter(|key| prefix.covers(key)).count()
}

/// What admitting the records says that receiving `message` asks for.
fn fault(peer: &mut Peer, message: &[u8]) -> Option<Fault> {
    let message = <mls_core::framing::MlsMessage as mls_codec::Decode>::from_bytes(message).unwrap();
    let group = peer.group.as_mut().unwrap();
    let error = receive(group, &message, &mut peer.world.env()).err().unwrap();
    let records = peer.store.read(error.missing().unwrap());
    group.admit(records, &mut peer.world.env()).err()
}

#[test]
fn a_tree_is_kept_outside_the_store() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    assert!(tree_records(&peers[0]) > 0);
    outside(&mut peers[0]);
    assert_eq!(tree_records(&peers[0]), 0);
    let again = peers[0].run(|e: &Fault| e.missing().cloned(), keep_tree_outside);
    assert_eq!(again.err(), Some(Fault::TreeOutside));
    // In memory it is there still, and goes on.
    let output = peers[0].commit(&CommitPlan::default());
    peers[0].accept();
    peers[1].receive(&output.message);
    assert_eq!(tree_records(&peers[0]), 0);

    peers[0].restart();
    assert!(peers[0].group().is_tree_outside());
    // Sending takes no tree; receiving does.
    let text = peers[0].send(b"text");
    assert_eq!(peers[1].receive(&text).data(), b"text");
    let text = peers[1].send(b"back");
    let commit = peers[1].commit(&CommitPlan::default()).message;
    peers[1].accept();
    assert_eq!(fault(&mut peers[0], &text), Some(Fault::TreeOutside));
    assert_eq!(fault(&mut peers[0], &commit), Some(Fault::TreeOutside));
    assert_eq!(Fault::TreeOutside.disposition(), Disposition::Retry(Missing::Tree));

    // The next epoch's tree is not this one's.
    let next = export_ratchet_tree(peers[1].group()).unwrap();
    let peer = &mut peers[0];
    let refused = peer.group.as_mut().unwrap().admit_tree(&next, &mut peer.world.env());
    assert_eq!(refused, Err(Fault::WrongTree));
    let cut = peer.group.as_mut().unwrap().admit_tree(&next[..next.len() - 1], &mut peer.world.env());
    assert!(matches!(cut, Err(Fault::Tree(_))));
}

#[test]
fn a_tree_from_outside_serves_as_well() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    outside(&mut peers[0]);
    let tree = export_ratchet_tree(peers[1].group()).unwrap();
    peers[0].restart();
    let peer = &mut peers[0];
    peer.group.as_mut().unwrap().admit_tree(&tree, &mut peer.world.env()).unwrap();
    let commit = peers[1].commit(&CommitPlan::default()).message;
    peers[1].accept();
    let Event::Epoch(_) = peers[0].receive(&commit) else { panic!() };
    assert_eq!(peers[0].group().context(), peers[1].group().context());
    assert_eq!(tree_records(&peers[0]), 0);

    // And back into the store.
    let step = peers[0].run(|e: &Fault| e.missing().cloned(), keep_tree_inside).unwrap();
    peers[0].apply(step);
    assert_eq!(tree_records(&peers[0]), peers[0].group().tree().unwrap().nodes().count());
    peers[0].restart();
    let text = peers[1].send(b"text");
    assert_eq!(peers[0].receive(&text).data(), b"text");
    assert!(peers[0].store.records.contains_key(&RecordKey::TreeNode(peers[0].group().id().clone(), leaf(0).node())));
}
