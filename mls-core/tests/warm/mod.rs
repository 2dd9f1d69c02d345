//! A large group whose tree is populated, with three real members in it.
//!
//! Nobody holds the keys of the others: the tree is made from paths whose secrets are forgotten, and a GroupInfo for
//! it is signed by the first leaf. The first real member joins by an external commit and adds the other two; all three
//! commit once, so that their own paths are populated too.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    reason = "test support"
)]

use std::sync::Arc;

use mls_codec::Encode;
use mls_core::credential::Credential;
use mls_core::extension::{Extension, Extensions, ExternalPub};
use mls_core::framing::{MlsMessage, MlsMessageBody, ProtocolVersion};
use mls_core::group::{CommitPlan, Proposing};
use mls_core::group_context::GroupContext;
use mls_core::tree::key_index::IndexSeed;
use mls_core::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource};
use mls_core::tree::math::LeafIndex;
use mls_core::tree::node::RatchetTreeArray;
use mls_core::tree::path::generate_path;
use mls_core::tree::ratchet_tree::RatchetTree;
use mls_core::welcome::GroupInfo;
use mls_crypto_traits::{CipherSuite, CryptoProvider, SigningKey, Suite};

use crate::common::{Peer, TestRng, agree, lifetime};
use mls_core::tree::node_bytes::NodeBytes;

const GROUP: &[u8] = b"warm";

struct Forgotten<'a> {
    suite: Suite<'a>,
    rng: TestRng,
    signers: Vec<Arc<dyn SigningKey>>,
}

impl Forgotten<'_> {
    /// The leaf of a member that nobody plays.
    fn leaf(&mut self, crypto: &dyn CryptoProvider) -> LeafNode {
        let signature = self.suite.generate_signature_key_pair(&mut self.rng).unwrap();
        let signer = self.suite.signing_key(&signature.private).unwrap();
        let number = self.signers.len();
        let mut leaf = LeafNode {
            encryption_key: self.suite.generate_hpke_key_pair(&mut self.rng).unwrap().public,
            signature_key: signature.public,
            credential: Credential::basic(format!("member {number}").into_bytes()),
            capabilities: Capabilities::of_engine(crypto),
            leaf_node_source: LeafNodeSource::KeyPackage(lifetime()),
            extensions: Extensions::new(),
            signature: Vec::new(),
        };
        leaf.sign(self.suite, signer.as_ref(), None).unwrap();
        self.signers.push(signer);
        leaf
    }

    /// The tree after a path of the member at `index`.
    fn commit(&mut self, tree: &RatchetTree, index: u32) -> RatchetTree {
        let at = LeafIndex::new(index).unwrap();
        let path = generate_path(self.suite, tree, at, &mut self.rng).unwrap();
        let mut leaf = tree.leaf(at).unwrap();
        leaf.encryption_key = path.leaf_public().clone();
        leaf.leaf_node_source = LeafNodeSource::Commit { parent_hash: path.parent_hashes().leaf.clone() };
        let signer = &self.signers[index as usize];
        leaf.sign(self.suite, signer.as_ref(), Some((GROUP, at))).unwrap();
        path.merge(self.suite, tree, &leaf).unwrap()
    }
}

/// Three members of a populated group of `members`.
pub fn warm_group(members: u32, crypto: &Arc<dyn CryptoProvider>) -> Vec<Peer> {
    let id = CipherSuite(1);
    let suite = crypto.suite(id).unwrap();
    let mut forgotten = Forgotten { suite, rng: TestRng(3), signers: Vec::new() };
    let first = forgotten.leaf(crypto.as_ref());
    let tree = RatchetTree::new(suite, IndexSeed::new([7; 16]), &first).unwrap();
    let adds: Vec<NodeBytes> =
        (1..members - 1).map(|_| forgotten.leaf(crypto.as_ref()).to_bytes().unwrap().into()).collect();
    let (mut tree, _) = tree.apply_changes(suite, &[], &[], &adds).unwrap();
    // One path for each pair of leaves gives every parent a key.
    for index in (0..members - 1).step_by(2) {
        tree = forgotten.commit(&tree, index);
    }
    // Room for two of the three, far from each other.
    let room = [members / 3, members / 3 * 2].map(|index| LeafIndex::new(index).unwrap());
    let (tree, _) = tree.apply_changes(suite, &[], &room, &[]).unwrap();
    let info = group_info(suite, &tree, forgotten.signers[0].as_ref(), &mut forgotten.rng);
    let mut peers: Vec<Peer> = ["alice", "bob", "carol"]
        .iter()
        .enumerate()
        .map(|(i, name)| Peer::with_crypto(name, id, 100 + i as u64, Arc::clone(crypto)))
        .collect();
    drop(peers[0].join_external(&info, None, None));
    let proposals = (1..3).map(|i| Proposing::Add(Arc::new(peers[i].key_package().key_package))).collect();
    let output = peers[0].commit(&CommitPlan { proposals, ..CommitPlan::default() });
    peers[0].accept();
    for peer in &mut peers[1..] {
        peer.join(output.welcome.as_ref().unwrap(), None);
    }
    for from in [1, 2, 0] {
        let output = peers[from].commit(&CommitPlan::default());
        peers[from].accept();
        for (i, peer) in peers.iter_mut().enumerate() {
            if i != from {
                peer.receive(&output.message);
            }
        }
    }
    agree(&peers);
    assert_eq!(peers[0].group().tree().unwrap().member_count(), members);
    peers
}

fn group_info(suite: Suite<'_>, tree: &RatchetTree, signer: &dyn SigningKey, rng: &mut TestRng) -> Vec<u8> {
    let external_pub = suite.generate_hpke_key_pair(rng).unwrap().public;
    let mut extensions: Vec<Extension> = vec![Extension::new(&ExternalPub { external_pub }).unwrap()];
    let extension_data = tree.to_extension().unwrap();
    let extension_type = <RatchetTreeArray as mls_core::extension::ExtensionContent>::TYPE;
    extensions.push(Extension { extension_type, extension_data });
    let mut info = GroupInfo {
        group_context: GroupContext {
            version: ProtocolVersion::MLS10,
            cipher_suite: suite.id(),
            group_id: GROUP.to_vec(),
            epoch: 40,
            tree_hash: tree.root_hash().as_bytes().to_vec(),
            confirmed_transcript_hash: vec![5; suite.hash_len()],
            extensions: Extensions::new(),
        },
        extensions: extensions.into_iter().collect(),
        confirmation_tag: vec![6; suite.hash_len()],
        signer: LeafIndex::ZERO,
        signature: Vec::new(),
    };
    info.sign(suite, signer).unwrap();
    MlsMessage::new(MlsMessageBody::GroupInfo(Box::new(info))).to_bytes().unwrap()
}
